"""A journal of format 1 that was written once and is read by every version since.

It was written by `made(path)`; a later format gets a file of its own beside it, and this one stays.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hand_made import days, dividend, split, strategy

import workbench as wb
from workbench import journal

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def bars() -> wb.Bars:
    prices = [10, 12, 6, 7, 8, 9, 8]
    return days(A=prices, B=prices, actions=[split("A", 3, 2, 1), dividend("B", 4, "0.5", pay=6)])


def made(path: Path) -> wb.Run:
    """The run of the golden journal, written to a path."""

    def on_slice(self: Any, ctx: wb.Context, now: Any) -> None:
        ctx.target("A", weight="0.3" if ctx.session.day % 3 else 0)
        if ctx.session.day == 2:
            ctx.buy("B", 20, limit="11.5", stop_loss="5", take_profit_pct="0.5")
            ctx.buy("B", 1_000_000)
        if ctx.session.day == 5:
            ctx.sell("B", 5, stop="8.5")
            ctx.rebalance({"A": "0.4"}, band="0.01")

    fees, slippage = wb.fees.per_share("0.005", minimum=1), wb.slippage.bps("2.5")
    test = wb.Backtest(strategy(on_slice=on_slice), bars(), cash=1_000, volume_cap=None, fees=fees, slippage=slippage)
    return test.run(journal=journal.File(path, mode="full", snapshot_every=10))


def told(log: journal.Journal) -> list[list[Any]]:
    """All that stands in the records, as plain text."""
    entries = [log.seek(sequence=n) for n in range(1, len(log) + 1)]
    return [
        [e.sequence, str(e.time), e.kind, e.name, str(e.fields), str(e.legs), str(dict(e.positions))] for e in entries
    ]


def test_the_golden_journal_is_read() -> None:
    log = journal.read(GOLDEN / "format-1.journal")
    golden = json.loads((GOLDEN / "format-1.json").read_text(encoding="utf-8"))
    assert log.notices == ()
    assert log.verify() == golden["chain"]
    assert told(log) == golden["records"]
    assert log.header["data"]["assets"] == ["A", "B"]
    assert log.end is not None
    assert log.end.fields["equity"] == Decimal(golden["equity"])


def test_the_golden_journal_is_rebuilt() -> None:
    log = journal.read(GOLDEN / "format-1.journal")
    assert log.end is not None
    assert log.rebuild(bars()).state_hash == log.end.fields["state_hash"]


def test_its_run_still_gives_the_same_records(tmp_path: Path) -> None:
    made(tmp_path / "a")
    golden = json.loads((GOLDEN / "format-1.json").read_text(encoding="utf-8"))
    assert told(journal.read(tmp_path / "a")) == golden["records"]
