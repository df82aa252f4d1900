"""Sweeps over splits and dividends in the core: the rows are those of the runs alone, to the last bit."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hand_made import days

import workbench as wb
from workbench import ta
from workbench.analytics.metrics import RANKED
from workbench.market import simulate
from workbench.research.design import Design, spaces_of
from workbench.research.folding import Folding
from workbench.research.workers import run_here

FIRST = date(2020, 1, 1)
RATIOS = ((2, 1), (3, 2), (7, 1), (1, 2), (3, 7), (1, 2_000))
FILLS = ("next_open", "next_close", "same_close")


@wb.signals
def cross(fast: int = 3, slow: int = 10) -> wb.Signals:
    gap = ta.sma(fast) - ta.ema(slow)
    return wb.Signals(entry=gap > 0, exit=gap < 0, all_in=True)


@wb.signals
def nested(fast: int = 3, slow: int = 6) -> wb.Signals:
    """Formulas of formulas and of rules, which read the history anew behind each split."""
    smooth, falling = ta.sma(slow, of=ta.close() - ta.ema(fast)), ta.close() < ta.sma(slow)
    return wb.Signals(entry=(smooth > 0) & falling.shift(1), exit=ta.close().crosses_below(ta.sma(fast)), weight=0.9)


@wb.signals
def by_volume(fast: int = 3, slow: int = 9) -> wb.Signals:
    rule = ta.obv() > ta.sma(slow, of=ta.obv())
    return wb.Signals(entry=rule, exit=~rule & (ta.rsi(fast) < 60), quantity=25)


STRATEGIES = {"cross": cross(), "nested": nested(), "by volume": by_volume()}


def happened(rng: random.Random, bars: wb.Bars, count: int) -> wb.Bars:
    """The same bars with random splits and dividends; some fall on one day, some pay much later, or never in time."""
    rows = []
    for _ in range(count):
        ex = FIRST + timedelta(days=rng.randrange(len(bars)))
        if rng.random() < 0.4:
            new, old = rng.choice(RATIOS)
            rows.append({"ex": ex, "kind": "split", "numerator": new, "denominator": old})
            continue
        pay = rng.choice([None, ex, ex + timedelta(days=9), ex + timedelta(days=500)])
        rows.append({"ex": ex, "kind": "dividend", "amount": rng.choice(["0.05", "1.25", "0.333333"]), "pay": pay})
    actions = pl.DataFrame([{"asset": "X", **row} for row in rows], infer_schema_length=None)
    return wb.Bars.from_frame(bars.frame.drop("time", "session"), "X", every="1d", calendar="24/7", actions=actions)


def rows_of(pieces: Any) -> pl.DataFrame:
    frames = [frame.select(*RANKED, "driven", "error").with_columns(row=rows) for rows, frame in pieces]
    return pl.concat(frames).sort("row")


def both(test: wb.Backtest, **spaces: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a sweep gives, and each run alone; the sweep has folded them all."""
    design = Design(test, spaces_of(test, spaces))
    every = np.arange(len(design.grid))
    folded, alone = rows_of(Folding().run(design, every, None)), rows_of(run_here(design, every))
    assert folded["driven"].null_count() == len(every)
    return folded, alone


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("asset", ["AAPL", "IBM"])
def test_real_splits_and_dividends(asset: str, fill: Any) -> None:
    test = wb.Backtest(cross(), wb.sample[asset], fill=fill, fees=wb.fees.bps(10))
    folded, alone = both(test, fast=[2, 5, 20], slow=[30, 100])
    assert folded.equals(alone)
    assert folded["fills"].min() > 20


@pytest.mark.parametrize("name", list(STRATEGIES))
@pytest.mark.parametrize("seed", range(6))
def test_random_splits_and_dividends(name: str, seed: int) -> None:
    rng = random.Random(f"{name} {seed}")
    bars = happened(rng, simulate.bars("X", every="1d", n=250, seed=seed), rng.choice([3, 12, 40]))
    options = {
        "fill": rng.choice(FILLS),
        "lots": rng.choice(["average", "fifo", "lifo"]),
        "cash": rng.choice([5_000, 100_000]),
        "volume_cap": rng.choice([None, 0.1]),
        "start": rng.choice([None, "2020-03-01"]),
    }
    folded, alone = both(wb.Backtest(STRATEGIES[name], bars, **options), fast=[2, 4], slow=[5, 9])
    assert folded.equals(alone)
    assert folded["fills"].sum() > 4


def test_an_asset_that_ends_behind_its_last_bar() -> None:
    frame = simulate.bars("X", every="1d", n=60).frame.drop("time", "session")
    ends = pl.DataFrame({"asset": ["X"], "ex": [FIRST + timedelta(days=61)], "kind": ["delisting"]})
    bars = wb.Bars.from_frame(frame, "X", every="1d", calendar="24/7", actions=ends)
    folded, alone = both(wb.Backtest(cross(), bars), fast=[2, 3], slow=[5, 9])
    assert folded.equals(alone)


def test_one_of_two_assets_that_ends_is_driven_and_told() -> None:
    gone = {**dict.fromkeys(("numerator", "denominator", "amount", "pay")), "kind": "delisting"}
    prices = [10.0, 11.0, 12.0, 11.0, 10.0, 9.0, 10.0, 11.0]
    bars = days(A=prices[:5], B=prices, actions=[{"asset": "A", "ex": date(2024, 1, 6), **gone}])
    runs = wb.Backtest(wb.Signals(entry=ta.close() > ta.sma(2)), bars).sweep(weight=[0.2, 0.5]).run()
    assert [notice.text for notice in runs.notices if notice.kind == "driven"] == [
        "2 of 2 runs were driven bar by bar because an asset ends, expires or is renamed"
    ]
    assert runs.frame["final_equity"].to_list() == [float(run.final_equity) for run in runs]


def test_a_split_between_an_order_and_its_fill() -> None:
    """Five days at 8, then 2:1 and 4: an entry for a weight of one asks for 100 units, and the Open sells 200."""
    prices = [8.0, 8.0, 8.0, 9.0, 4.5, 4.5, 4.0]
    frame = pl.DataFrame({"date": [FIRST + timedelta(days=day) for day in range(7)], "close": prices})
    frame = frame.with_columns(open="close", high="close", low="close", volume=pl.lit(1e6))
    act = {"asset": ["X"], "ex": [FIRST + timedelta(days=4)], "kind": ["split"], "numerator": [2], "denominator": [1]}
    bars = wb.Bars.from_frame(frame, "X", calendar="24/7", actions=pl.DataFrame(act))
    risen = wb.Signals(entry=ta.close() > ta.sma(2), exit=ta.close() < ta.sma(2), weight=1)
    runs = wb.Backtest(risen, bars, cash=900).sweep(weight=[0.5, 1]).run()
    # Asked at 9 for 50 and 100, filled at 4.5 as 100 and 200, sold by nobody: the last close leaves 0.5 a unit less.
    assert runs.frame["final_equity"].to_list() == [850.0, 800.0]
    assert runs.driven.null_count() == 2
