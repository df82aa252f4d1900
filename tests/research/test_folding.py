"""Sweeps in the core: the rows are those of the runs alone, however the signals were made."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench import _native, ta
from workbench.analytics.metrics import RANKED
from workbench.engine.simulation import Host
from workbench.engine.simulation import rows_of as fed
from workbench.indicators.slots import Seen, Slot
from workbench.market import simulate
from workbench.research.design import Design, spaces_of
from workbench.research.folding import Folding, can_fold
from workbench.research.forms import specs
from workbench.research.workers import run_here

ROW = [*RANKED, "error"]


@wb.signals
def cross(fast: int = 3, slow: int = 10, margin: float = 0.0) -> wb.Signals:
    gap = ta.sma(fast) - ta.ema(2 * slow)
    return wb.Signals(entry=gap > margin, exit=gap < -margin, all_in=True)


@wb.signals
def looking(fast: int = 3, slow: int = 10) -> wb.Signals:
    """Looks at its parameters, so that it has to be called for each run."""
    fast, slow = min(fast, slow), max(fast, slow)
    rule = ta.sma(fast) > ta.sma(slow)
    return wb.Signals(entry=rule if fast > 4 else rule & (ta.rsi(5) < 60), exit=~rule, weight=0.5)


@wb.signals
def sized(window: int = 5, weight: float = 0.5, stop: float | None = None) -> wb.Signals:
    rule = ta.close() > ta.sma(window)
    return wb.Signals(entry=rule, exit=~rule, weight=weight, stop_loss_pct=stop)


@wb.signals
def guarded(
    window: int = 3, stop: float | None = None, target: float | None = None, trail: float | None = None
) -> wb.Signals:
    rule = ta.close() > ta.sma(window)
    protection = {"stop_loss_pct": stop, "take_profit_pct": target, "trail_pct": trail}
    return wb.Signals(entry=rule, exit=ta.rsi(window) > 90, weight=0.9, **protection)


@wb.signals
def crossing(fast: int = 3, level: float = 50.0) -> wb.Signals:
    rsi = ta.rsi(fast)
    return wb.Signals(entry=rsi.crosses_below(level) | (rsi < 20), exit=rsi.crosses_above(level).shift(1))


@wb.signals
def weekly(window: int = 2) -> wb.Signals:
    return wb.Signals(entry=ta.close() > ta.sma(window, every="1w"), exit=ta.close() < ta.sma(window, every="1w"))


@wb.signals
def picky(window: int = 5) -> wb.Signals:
    if window == 7:
        raise ValueError("seven is unlucky")
    return wb.Signals(entry=ta.close() > ta.sma(window))


@wb.signals
def told(window: int = 5) -> wb.Signals:
    return wb.Signals(entry=ta.close() > ta.sma(window).on("IBM"), exit=ta.close() < ta.sma(window).on("IBM"))


def walk(n: int = 300, **options: Any) -> wb.Bars:
    return simulate.bars("X", n=n, **{"every": "1d", **options})


def two() -> wb.Bars:
    return wb.sample[["IBM", "AAPL"]]


def five() -> wb.Bars:
    return wb.sample[["IBM", "AAPL", "MSFT", "FB", "GOOG"]].since("2004-01-01")


CASES: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any]]] = {
    "folded": (cross(), walk, {"fast": range(2, 6), "slow": [8, 12], "margin": [0.0, 0.5]}, {}),
    "called": (looking(), walk, {"fast": [2, 5, 9], "slow": [3, 7]}, {}),
    "costs": (cross(), walk, {"fast": [2, 3]}, {"fees": wb.fees.bps(7), "slippage": wb.slippage.bps(3)}),
    "next close": (cross(), walk, {"fast": [2, 3]}, {"fill": "next_close"}),
    "same close": (cross(), walk, {"fast": [2, 3]}, {"fill": "same_close"}),
    "a cap that binds": (cross(), walk, {"fast": [2, 3]}, {"cash": 50_000_000, "volume_cap": 0.01}),
    "started later": (cross(), walk, {"fast": [2, 3]}, {"start": "2020-04-01"}),
    "no warm-up": (cross(), walk, {"fast": [2, 3]}, {"warmup": False}),
    "weights": (sized(), walk, {"window": [3, 5], "weight": [0.1, 0.9]}, {}),
    "protected": (sized(), walk, {"window": [3, 5], "stop": [None, 0.02, 0.05]}, {}),
    "protected twice": (
        guarded(),
        walk,
        {"stop": [0.01, 0.03], "target": [None, 0.02, 0.05]},
        {"fees": wb.fees.bps(7)},
    ),
    "at closes": (guarded(), walk, {"stop": [0.01, 0.03], "trail": [0.02, 0.05]}, {"fill": "next_close"}),
    "at its close": (guarded(), walk, {"stop": [None, 0.03], "trail": [0.02, 0.05]}, {"fill": "same_close"}),
    "over splits": (guarded(), lambda: wb.sample["AAPL"], {"stop": [None, 0.1], "trail": [0.05, 0.2]}, {}),
    "stops in parts": (guarded(), walk, {"stop": [0.01, 0.03]}, {"volume_cap": 0.1, "cash": 20_000}),
    "an assumed path": (guarded(), walk, {"stop": [0.01, 0.03]}, {"path": "open_high_low_close"}),
    "crossings": (crossing(), walk, {"fast": [3, 4], "level": [40.0, 50.0]}, {}),
    "limits": (cross(), walk, {"fast": [2, 3]}, {"limits": wb.Limits(orders_per_day=1)}),
    "latency": (cross(), walk, {"fast": [2, 3]}, {"latency": 200_000}),
    "own costs": (cross(), walk, {"fast": [2, 3]}, {"fees": wb.fees.custom(lambda deal: deal.value / 1000)}),
    "dividends": (cross(), lambda: wb.sample["IBM"], {"fast": [5, 20]}, {"start": "2010-01-01"}),
    "two assets": (cross(), two, {"fast": [5, 20]}, {"start": "2010-01-01"}),
    "five of them": (guarded(), five, {"stop": [None, 0.05], "trail": [None, 0.1]}, {"fees": wb.fees.bps(10)}),
    "several under the usual cap": (sized(), five, {"window": [5, 20]}, {"volume_cap": 0.1, "cash": 10**10}),
    "all in one of two": (cross(), two, {"fast": [5, 20]}, {"fill": "next_close", "cash": 9_000}),
    "at their closes": (sized(), two, {"window": [5, 50], "weight": [0.3, 0.7]}, {"fill": "same_close"}),
    "longer bars": (weekly(), walk, {"window": [2, 3]}, {}),
    "fees in units": (cross(), walk, {"fast": [2, 3]}, {"fees": wb.fees.bps(10, currency="base")}),
    "another asset": (told(), two, {"window": [5, 20]}, {"start": "2010-01-01"}),
    "one fails": (picky(), walk, {"window": [6, 7, 8]}, {}),
    "within the day": (cross(), lambda: walk(2_000, every="1h"), {"fast": [2, 3]}, {}),
}


def design_of(name: str) -> Design:
    strategy, bars, spaces, options = CASES[name]
    # The volumes of a walk are small, so that most runs would be about the cap alone.
    test = wb.Backtest(strategy, bars(), **{"volume_cap": None, **options})
    return Design(test, spaces_of(test, spaces))


def rows_of(pieces: Any) -> pl.DataFrame:
    """All pieces, in the order of their combinations."""
    frames = [frame.select(ROW).with_columns(row=pl.Series(rows)) for rows, frame in pieces]
    return pl.concat(frames).sort("row")


@pytest.mark.parametrize("name", list(CASES))
def test_rows_are_those_of_the_runs_alone(name: str) -> None:
    design = design_of(name)
    assert can_fold(design)
    every = np.arange(len(design.grid))
    folded, alone = rows_of(Folding().run(design, every, None)), rows_of(run_here(design, every))
    # Undefined figures are null on both sides, and the others equal in every bit.
    assert folded.equals(alone)
    assert name == "one fails" or alone["fills"].sum() > 4


REASONS: dict[str, set[str | None]] = {
    "folded": {None},
    "called": {None},
    "a cap that binds": {None},
    "protected": {None},
    "protected twice": {None},
    "an assumed path": {"protection"},
    "limits": {"limits"},
    "latency": {"latency"},
    "own costs": {"own_costs"},
    "fees in units": {"withheld"},
    "dividends": {None},
    "two assets": {None},
    "five of them": {None},
    "several under the usual cap": {None},
    "all in one of two": {None},
    "longer bars": {"longer"},
    "another asset": {"rules"},
    "one fails": {None},
}


@pytest.mark.parametrize("name", list(REASONS))
def test_the_reason_for_a_run_that_is_driven(name: str) -> None:
    design = design_of(name)
    frames = [frame for _, frame in Folding().run(design, np.arange(len(design.grid)), None)]
    assert set(pl.concat(frames)["driven"]) == REASONS[name]


def test_a_run_again_is_the_one_of_the_sweep() -> None:
    runs = wb.Backtest(cross(), walk(), fees=wb.fees.bps(10)).sweep(fast=range(2, 6), slow=range(8, 12)).run()
    best = runs.best("sharpe")
    first = runs.order("sharpe")[0]
    assert runs.frame["sharpe"][first] == best.metrics.sharpe
    assert runs.frame["final_equity"][first] == float(best.final_equity)


def test_over_assets_and_strategies() -> None:
    test = wb.Backtest(cross(), two(), start="2010-01-01")
    sweep = test.sweep(fast=[5, 20]).over(assets=["IBM", "AAPL"], strategies=[cross(), cross(slow=30)])
    assert rows_of(Folding().run(sweep._design, np.arange(8), None)).equals(
        rows_of(run_here(sweep._design, np.arange(8)))
    )


def forms_of(name: str) -> list[Any]:
    design = design_of(name)
    made, _ = specs(design.test.parts()[0], design.test.bars, 252.0, design.grid, np.arange(len(design.grid)))
    return made


@pytest.mark.parametrize(
    ("name", "forms", "slots"),
    [("folded", 1, [4, 2, 2, 2]), ("weights", 1, [2]), ("protected", 1, [2]), ("crossings", 1, [2, 2])],
)
def test_what_differs_in_numbers_is_one_form(name: str, forms: int, slots: list[int]) -> None:
    made = forms_of(name)
    assert len(made) == forms
    assert [len(values) for values in made[0].values] == slots


def test_a_function_that_looks_has_a_form_for_each_of_its_ways() -> None:
    made = forms_of("called")
    assert sorted(len(each.runs) for each in made) == [2, 4]


@pytest.mark.parametrize(
    "look",
    [
        bool,
        int,
        float,
        str,
        repr,
        hash,
        range,
        round,
        abs,
        lambda slot: slot > 3,
        lambda slot: slot == 3,
        lambda slot: slot in (3, 5),
        lambda slot: {3: "x"}[slot],
        lambda slot: slot + slot,
        lambda slot: 1 / (slot - 3),
        lambda slot: f"{slot}",
    ],
)
def test_whoever_looks_at_a_slot_is_seen(look: Any) -> None:
    slot = Slot("fast", (3, 5))
    with pytest.raises(Seen):
        look(slot)
    assert slot.seen == ["fast"]


def test_a_slot_counts_like_its_values() -> None:
    slot = Slot("n", (2, 4))
    made = [slot + 1, 1 + slot, slot - 1, 1 - slot, slot * 3, 3 * slot, slot / 2, 8 / slot, -slot]
    wanted = [(3, 5), (3, 5), (1, 3), (-1, -3), (6, 12), (6, 12), (1.0, 2.0), (4.0, 2.0), (-2, -4)]
    assert [each.values for each in made] == wanted
    rule = slot < ta.close()
    assert rule.name == "gt"
    assert rule.inputs[1].values == (2.0, 4.0)
    assert (slot * ta.close()).inputs[0].values == (2.0, 4.0)


def test_what_hides_that_it_looked_is_called_for_each_run() -> None:
    @wb.signals
    def hiding(window: int = 5) -> wb.Signals:
        try:
            is_short = window < 6
        except Exception:  # noqa: BLE001  This is what it is about.
            is_short = True
        return wb.Signals(entry=ta.close() > ta.sma(window) if is_short else ta.close() < ta.sma(window))

    @wb.signals
    def asking(window: int = 5) -> wb.Signals:
        return wb.Signals(entry=ta.close() > ta.sma(window if isinstance(window, int) else 9))

    for strategy in (hiding(), asking()):
        test = wb.Backtest(strategy, walk())
        design = Design(test, spaces_of(test, {"window": [4, 5, 6, 7]}))
        every = np.arange(4)
        assert rows_of(Folding().run(design, every, None)).equals(rows_of(run_here(design, every)))


def test_an_interrupt_keeps_what_is_finished() -> None:
    """What waits on the way is driven bar by bar, which takes long enough to be stopped."""
    minutes = simulate.bars("A", n=20_000, every="1m")
    sweep = wb.Backtest(cross(), minutes, latency=60).sweep(fast=range(2, 60), slow=range(60, 80))
    timer = threading.Timer(1.0, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(wb.errors.Interrupted, match=r"sweep\.partial"):
        sweep.run(progress=False)
    assert 0 < len(sweep.partial) < len(sweep)


def test_forms_that_nothing_fits() -> None:
    spec = forms_of("folded")[0]
    design = design_of("folded")
    setup, bars = design.test.parts()[3], design.test.bars

    def prepared(**changes: Any) -> Any:
        return _native.Sweep(setup, Host(bars, 0), *fed(setup, bars), replace(spec, **changes))

    with pytest.raises(wb.errors.ParameterError, match="does not describe"):
        prepared(entry=("sma", (), (), "1d", 1))
    with pytest.raises(wb.errors.ParameterError, match='no field "klose"'):
        prepared(entry=("gt", (), ("klose", 1.0)))
    with pytest.raises(wb.errors.ParameterError, match="every slot of a sweep"):
        prepared(values=[[1.0]] * len(spec.values))
