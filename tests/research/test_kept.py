"""Results on the disk: taken over where everything is the same, never where anything differs."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench.errors import StorageError
from workbench.market import simulate
from workbench.research.kept import Kept

BARS = simulate.bars("X", every="1d", n=40, seed=1)
STRATEGY = """
class Beat(wb.Strategy):
    every: int = 5
    days: int = 2
    def on_bar(self, ctx, bar):
        RAN.append(self.every)
        ctx.target(bar.asset, weight=part(bar) if len(ctx.bars()) % self.every < self.days else 0)
def part(bar):
    return SHARE
def fee(deal):
    return RATE
"""


def made(code: str = STRATEGY, share: float = 0.5, rate: float = 0.0) -> tuple[Any, list[int], dict[str, Any]]:
    """The strategy of a notebook cell, and the list that it notes its runs in."""
    ran: list[int] = []
    known: dict[str, Any] = {"wb": wb, "RAN": _Silent(ran), "SHARE": share, "RATE": rate, "__name__": "__main__"}
    exec(code, known)
    return known["Beat"], ran, known


class _Silent(list[int]):
    """A list that looks the same whatever it holds."""

    def __init__(self, kept: list[int]) -> None:
        self._kept = kept

    def append(self, value: int) -> None:
        self._kept.append(value)

    def __reduce__(self) -> tuple[object, ...]:
        return _Silent, ([],)


def ran_by(test: wb.Backtest, ran: list[int], folder: Path, every: Any) -> list[int]:
    """The parameters that a sweep had to run, given what lies in the folder."""
    ran.clear()
    test.sweep(every=every).run(workers=1, folder=folder)
    return list(dict.fromkeys(ran))


def test_what_is_there_is_taken_over_and_a_wider_range_goes_on(tmp_path: Path) -> None:
    kind, ran, _ = made()
    test = wb.Backtest(kind(), BARS)
    assert ran_by(test, ran, tmp_path, [3, 4]) == [3, 4]
    assert ran_by(test, ran, tmp_path, [3, 4]) == []
    assert ran_by(test, ran, tmp_path, range(2, 7)) == [2, 5, 6]
    again = test.sweep(every=range(2, 7)).run(folder=tmp_path)
    assert again.frame.equals(test.sweep(every=range(2, 7)).run(workers=1).frame)
    assert again[3].state_hash == test.with_params(every=5).run().state_hash
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"code": STRATEGY.replace("else 0", "else 0.1")},
        {"code": STRATEGY.replace("return SHARE", "return SHARE + 0.1")},
        {"code": STRATEGY.replace("days: int = 2", "days: int = 1")},
        {"share": 0.6},
        {"options": {"cash": 50_000}},
        {"options": {"fees": wb.fees.bps(1)}},
        {"options": {"fill": "next_close"}},
        {"options": {"end": "2020-02-05"}},
        {"options": {"seed": 1}},
        {"bars": simulate.bars("X", every="1d", n=41, seed=1)},
        {"bars": simulate.bars("X", every="1d", n=40, seed=2)},
        {"params": {"days": 1}},
    ],
    ids=str,
)
def test_nothing_else_is_mixed_in(changed: dict[str, Any], tmp_path: Path) -> None:
    kind, ran, _ = made()
    assert ran_by(wb.Backtest(kind(), BARS), ran, tmp_path, [3, 4]) == [3, 4]
    kind, ran, _ = made(changed.get("code", STRATEGY), changed.get("share", 0.5))
    test = wb.Backtest(kind(**changed.get("params", {})), changed.get("bars", BARS), **changed.get("options", {}))
    assert ran_by(test, ran, tmp_path, [3, 4]) == [3, 4]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_cost_function_counts_with_what_it_reads(tmp_path: Path) -> None:
    for rate in (0.0, 1.0):
        kind, ran, known = made(rate=rate)
        test = wb.Backtest(kind(), BARS, fees=wb.fees.custom(known["fee"]))
        assert ran_by(test, ran, tmp_path, [3]) == [3]
        assert ran_by(test, ran, tmp_path, [3]) == []


def test_a_run_that_failed_is_tried_again(tmp_path: Path) -> None:
    kind, ran, _ = made(STRATEGY.replace("RAN.append(self.every)", "RAN.append(self.every); assert self.every != 4"))
    test = wb.Backtest(kind(), BARS)
    assert ran_by(test, ran, tmp_path, [3, 4]) == [3, 4]
    assert ran_by(test, ran, tmp_path, [3, 4]) == [4]


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    kind, _, _ = made()
    test = wb.Backtest(kind(), BARS)
    test.sweep(every=[3]).run(workers=1, folder=tmp_path)
    (file,) = tmp_path.glob("*/*.parquet")
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(bytes(body))
    with pytest.raises(StorageError, match="is torn or was changed; delete it, and what it held is run again"):
        test.sweep(every=[3]).run(folder=tmp_path)


def test_a_disk_that_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kind, _, _ = made()
    with pytest.raises(StorageError, match="cannot be read or written"):
        wb.Backtest(kind(), BARS).sweep(every=[3]).run(folder=tmp_path / "file")


def test_half_a_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, _, _ = made()
    sweep = wb.Backtest(kind(), BARS).sweep(every=[3])
    kept = Kept(tmp_path, sweep._design)
    runs = sweep.run(workers=1)

    def fails(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(StorageError, match="No space left on device"):
        kept.add(runs.rows, runs._outcomes)
    assert [path.name for path in kept.place.iterdir()] == ["sweep.json"]
    assert len(kept.read()[0]) == 0


def test_a_combination_of_everything_that_can_vary(tmp_path: Path) -> None:
    kind, ran, _ = made()
    sweep = wb.Backtest(kind(), BARS).sweep(every=[3, 4]).over(assets=["X"], strategies=[kind(days=1), kind(days=2)])
    first = sweep.run(workers=1, folder=tmp_path)
    ran.clear()
    again = wb.Backtest(kind(), BARS).sweep(every=[3, 4]).over(assets=["X"], strategies=[kind(days=1), kind(days=2)])
    assert again.run(folder=tmp_path).frame.equals(first.frame)
    assert ran == []
    assert isinstance(first.frame, pl.DataFrame)


MIDDLE = """
import workbench as wb
from workbench import ta
class Middle(wb.Indicator):
    def update(self, bar):
        return bar.high * {part}
RULE = ta.sma(2, of=Middle()) > 50
"""


@pytest.mark.parametrize("over", [{"weight": [0.25, 0.5]}, {"entry": "RULE"}], ids=["a fixed rule", "a rule of many"])
def test_the_code_of_an_indicator_is_part_of_what_was_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: dict[str, Any]
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    equities = []
    for part in (0.25, 0.75):
        (tmp_path / "own_middle.py").write_text(MIDDLE.format(part=part))
        rule = _imported("own_middle").RULE
        spaces = {name: [rule] if given == "RULE" else given for name, given in over.items()}
        sweep = wb.Backtest(wb.Signals(entry=rule, weight=0.5), BARS).sweep(**spaces)
        runs = sweep.run(folder=tmp_path / "kept", progress=False)
        equities.append(runs.frame["final_equity"][-1])
        assert float(runs[-1].final_equity) == equities[-1]
    assert equities[0] != equities[1]


def _imported(name: str) -> Any:
    sys.modules.pop(name, None)
    importlib.invalidate_caches()
    return importlib.import_module(name)
