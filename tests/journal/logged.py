"""Runs with a journal, and what a journal says when it is read record by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from busy_cases import busy_case
from face import Seen, backtest

import workbench as wb
from workbench import journal

__all__ = ["again", "busy", "costs_of", "folded", "small"]

Books = tuple[dict[str, Decimal], dict[str, tuple[Decimal, Decimal]]]


@cache
def busy(seed: int) -> wb.Backtest:
    """A crowded case, made once: the strategy class is part of its identity."""
    return backtest(busy_case(seed), Seen())


def again(test: wb.Backtest, log: journal.Journal) -> journal.Rebuilt:
    """The run of a journal, with what is in no file given again."""
    setup = test._setup
    return log.rebuild(test._bars, finer=setup.finer, **costs_of(test))


def costs_of(test: wb.Backtest) -> dict[str, Any]:
    return {"fees": test._setup.fees, "slippage": test._setup.slippage}


class Daily(wb.Strategy):
    """Asks for something every day."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        """Buy on odd days, sell on even ones."""
        if ctx.session.day % 2:
            ctx.buy(bar.asset, 3, limit=bar.close, stop_loss_pct=0.1)
        else:
            ctx.target(bar.asset, weight=0.1)


def small(path: Path, count: int = 30, every: int = 16, mode: Any = "delta") -> tuple[wb.Backtest, journal.Journal]:
    """A journal of a few blocks."""
    from workbench.market import simulate

    bars = simulate.bars("X", every="1d", n=count, seed=4)
    test = wb.Backtest(Daily(), bars, cash="10_000 USD", volume_cap=None)
    test.run(journal=journal.File(path, mode=mode, snapshot_every=every))
    return test, journal.read(path)


def folded(log: journal.Journal) -> Iterator[tuple[journal.Entry, Books]]:
    """Every record and the books by then, by adding up legs and fills from the first record on."""
    balances: dict[str, Decimal] = {}
    held: dict[str, list[Decimal]] = {}
    for sequence in range(1, len(log) + 1):
        entry = log.seek(sequence=sequence)
        for account, asset, amount in entry.legs:
            balances[account] = balances.get(account, Decimal(0)) + amount
            if account == "position":
                held.setdefault(str(asset), [Decimal(0), Decimal(0)])[1] += amount
        _move(held, entry.name, entry.fields)
        yield entry, (dict(balances), {asset: (q, cost) for asset, (q, cost) in held.items() if q or cost})


def _move(held: dict[str, list[Decimal]], name: str, fields: Mapping[str, Any]) -> None:
    if name == "fill":
        signed = fields["quantity"] - fields["withheld"]
        held.setdefault(fields["asset"], [Decimal(0), Decimal(0)])[0] += signed if fields["side"] == "buy" else -signed
    if name == "split":
        held[fields["asset"]][0] = fields["after"]
    if "other" in fields:
        held.setdefault(fields["asset"], [Decimal(0), Decimal(0)])[0] -= fields["before"]
        if fields["other"] is not None:
            held.setdefault(fields["other"], [Decimal(0), Decimal(0)])[0] += fields["after"]
