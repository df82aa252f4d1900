"""Words for why runs were driven bar by bar: every reason has some, and a user finds them where the time is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.market import simulate
from workbench.research.driving import WHY, driven_notices, way

PLAIN = simulate.bars("X", every="1d", n=300, seed=5)


@wb.signals
def cross(fast: int = 5, slow: int = 20) -> wb.Signals:
    return wb.Signals(entry=ta.sma(fast) > ta.sma(slow), exit=ta.sma(fast) < ta.sma(slow))


@wb.signals
def framed(bars: wb.Bars, window: int = 5) -> wb.Signals:
    made = bars.with_columns(ta.sma(window)).select("asset", "time", entry=pl.col("close") > pl.col(f"sma_{window}"))
    return wb.Signals.from_frame(made.with_columns(exit=~pl.col("entry")).drop_nulls())


@wb.signals
def both(fast: int = 5, slow: int = 20, shorts: bool = True) -> wb.Signals:
    up, down = ta.sma(fast) > ta.sma(slow), ta.sma(fast) < ta.sma(slow)
    return wb.Signals(entry=up, exit=down, short_entry=down if shorts else None)


def reasons(*given: str | None) -> pl.Series:
    return pl.Series(given, dtype=pl.String)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (reasons(), "folded"),
        (reasons(None, None), "folded"),
        (reasons("ends"), "bar by bar because an asset ends, expires or is renamed"),
        (reasons(None, "longer"), "partly bar by bar because a rule reads longer bars"),
        (
            reasons("limits", "range", "limits"),
            "bar by bar because limits= watches every order and an amount is too large to be counted",
        ),
    ],
    ids=["none", "folded", "one", "partly", "two"],
)
def test_the_way_in_a_few_words(given: pl.Series, text: str) -> None:
    assert way(given) == text


def test_a_notice_for_each_reason_the_most_frequent_first() -> None:
    found = list(driven_notices(reasons("longer", None, "protection", "protection")))
    assert [(each.kind, each.count) for each in found] == [("driven", 2), ("driven", 1)]
    assert found[0].text == "2 of 4 runs were driven bar by bar because a path= or the volume of a bar decides on stops"
    assert found[1].text == "1 of 4 runs was driven bar by bar because a rule reads longer bars"
    assert all(each.remedy for each in found)
    assert not list(driven_notices(reasons(None)))


@pytest.mark.parametrize(
    ("strategy", "options", "spaces", "reason"),
    [
        (cross(), {}, {"fast": [2, 5]}, None),
        (cross(), {"limits": wb.Limits(orders_per_day=9)}, {"fast": [2, 5]}, "limits"),
        (framed(), {}, {"window": [3, 4]}, "bars"),
        (both(), {"account": wb.Margin()}, {"fast": [2, 5]}, "shorts"),
        (both(), {"account": wb.Margin()}, {"shorts": [True, False]}, "shorts"),
    ],
    ids=["folded", "limits", "made from the bars", "shorts", "shorts by a parameter"],
)
def test_a_sweep_tells_before_and_after(strategy: Any, options: Any, spaces: Any, reason: str | None) -> None:
    sweep = wb.Backtest(strategy, PLAIN, **options).sweep(**spaces)
    told = "folded" if reason is None else f"bar by bar because {WHY[reason][0]}"
    assert repr(sweep).splitlines()[0].endswith(f", {told}")
    runs = sweep.run(workers=1, progress=False)
    assert [each.text for each in runs.notices if each.kind == "driven"] == (
        [] if reason is None else [f"2 of 2 runs were driven {told}"]
    )


def test_what_only_some_of_the_runs_do_is_said_of_those() -> None:
    """Short rules of some combinations, and in a cash account: each says what its own run says."""
    test = wb.Backtest(both(shorts=False), PLAIN, account=wb.Margin())
    assert test.sweep(shorts=[False, True], fast=[2, 5]).run(progress=False).driven.to_list() == [
        *("margin", "margin"),
        *("shorts", "shorts"),
    ]
    runs = wb.Backtest(both(shorts=False), PLAIN).sweep(shorts=[False, True]).run(progress=False)
    assert runs.driven.to_list() == [None, None]
    assert "short_entry and short_exit open short positions" in runs.failed["error"].item()


def test_a_sweep_of_callbacks_has_only_one_way() -> None:
    class Buys(wb.Strategy):
        size: int = 1

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            ctx.target(bar.asset, quantity=self.size)

    sweep = wb.Backtest(Buys(), PLAIN).sweep(size=[1, 2])
    assert "bar by bar" not in repr(sweep)
    assert sweep.run(workers=1, progress=False).driven.to_list() == [None, None]


def test_a_sweep_that_was_stopped_tells_what_it_has_seen() -> None:
    sweep = wb.Backtest(cross(), PLAIN, latency=60).sweep(fast=range(2, 12))

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(wb.errors.Interrupted):
        sweep.run(progress=stop)
    first = repr(sweep).splitlines()[0]
    assert first.endswith(("10 finished", f"bar by bar because {WHY['latency'][0]}"))


def test_the_reason_is_kept_on_the_disk(tmp_path: Path) -> None:
    test = wb.Backtest(cross(), PLAIN, latency=60)
    test.sweep(fast=[2, 3]).run(folder=tmp_path)
    again = test.sweep(fast=[2, 3]).run(folder=tmp_path)
    assert again.driven.to_list() == ["latency", "latency"]
