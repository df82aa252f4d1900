"""Notices of a run: nothing that was refused, trimmed or held back stays silent, and each has its remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hand_made import days, outcome, split

import workbench as wb
from workbench.market import simulate
from workbench.market.assets import Asset
from workbench.market.bars import with_frame


def noticed(bars: wb.Bars, options: dict[str, Any], ask: Any) -> list[tuple[str, int, str]]:
    """Kind, count and text of the notices of a run that asks on the first bar."""

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        if ctx.session.day == 1:
            ask(ctx)

    run = outcome(bars, options, on_slice=on_slice)
    assert all(notice.remedy for notice in run.notices)
    lines = repr(run).splitlines()
    assert lines[: len(run.notices)] == [f"! {notice}" for notice in run.notices]
    return [(notice.kind, notice.count, notice.text) for notice in run.notices]


def stepped() -> wb.Bars:
    frame = days(A=[10, 11]).frame
    return wb.Bars.from_frame(frame, assets=[Asset("A", price_digits=0, quantity_digits=0, min_notional=50)])


def thin() -> wb.Bars:
    """10 units a day; a tenth of it is one."""
    return days(volume=10, A=[10, 10, 10])


def ended(asset: str, day: int) -> dict[str, Any]:
    return {**split(asset, day, 1, 1), "kind": "delisting", "numerator": None, "denominator": None, "other": None}


UNITS = {"numerator": 1, "denominator": 1, "other": "C"}
CASES: dict[str, tuple[Any, dict[str, Any], Any, list[tuple[str, int, str]]]] = {
    "nothing to say": (lambda: days(A=[10, 11]), {}, lambda ctx: ctx.buy("A", 1), []),
    "too little cash": (
        lambda: days(A=[10, 11]), {}, lambda ctx: (ctx.buy("A", 100), ctx.buy("A", 200)),
        [("denied", 2, "2 orders were denied at 2024-01-02 00:00 because cash was too little")],
    ),
    "nothing held": (
        lambda: days(A=[10, 11]), {}, lambda ctx: ctx.sell("A", 1),
        [("denied", 1, "1 order was denied at 2024-01-02 00:00 because nothing was held to sell")],
    ),
    "nothing to reduce": (
        lambda: days(A=[10, 11]), {}, lambda ctx: ctx.sell("A", 1, reduce_only=True),
        [("denied", 1, "1 order was denied at 2024-01-02 00:00 because there was no position to reduce")],
    ),
    "post only": (
        lambda: days(A=[10, 9]), {}, lambda ctx: ctx.buy("A", 1, limit=9, post_only=True),
        [("denied", 1, "1 order was denied at 2024-01-02 00:00 because a post_only order would have traded at once")],
    ),
    "stale": (
        lambda: days(A=[10, 11], B=[None, 5]), {}, lambda ctx: ctx.target("B", quantity=1),
        [("denied", 1, "1 order was denied at 2024-01-02 00:00 because the asset had no bar in that slice")],
    ),
    "below the minimum": (
        stepped, {}, lambda ctx: ctx.buy("A", 4),
        [("denied", 1, "1 order was denied at 2024-01-02 00:00 because the minimum notional was not reached")],
    ),
    "a quantity of zero": (
        lambda: days(A=[10, 11]), {}, lambda ctx: ctx.buy("A", "0.4"),
        [("denied", 1, "1 order was denied at 2024-01-02 00:00 because the quantity was zero on the asset's step")],
    ),
    "a target that cash trims": (
        lambda: days(A=[10, 11]), {}, lambda ctx: ctx.target("A", weight=1),
        [("trimmed", 1, "1 order was reduced to what cash or the holding allowed")],
    ),
    "a sale that the holding trims": (
        lambda: days(A=[10, (10, 12, 10, 12)]), {}, lambda ctx: (ctx.buy("A", 2), ctx.sell("A", 5, limit=12)),
        [("trimmed", 1, "1 order was reduced to what cash or the holding allowed")],
    ),
    "a sale of nothing": (
        lambda: days(A=[10, 11]), {}, lambda ctx: (ctx.buy("A", 2, limit=5), ctx.sell("A", 2)),
        [
            ("canceled", 1, "1 order was canceled because nothing of it was left to trade"),
            ("unfilled", 1, "1 order was still working when the data ended"),
        ],
    ),
    "a split that leaves nothing": (
        lambda: days(A=[10, 100], actions=[split("A", 2, 1, 10)]), {}, lambda ctx: ctx.buy("A", 5),
        [("canceled", 1, "1 order was canceled because nothing of it was left to trade")],
    ),
    "ended while held or ordered": (
        lambda: days(A=[10, 11], B=[10, 11, 12, 13], C=[10, 11, 12, 13], actions=[ended("A", 3), ended("B", 5)]), {},
        lambda ctx: (ctx.buy("A", 1), ctx.buy("B", 1), ctx.buy("C", 1, limit=5)),
        [
            ("delisting", 1, "1 asset was delisted while held or ordered (A)"),
            ("unfilled", 1, "1 order was still working when the data ended"),
        ],
    ),
    "merged": (
        lambda: days(A=[10, 11], B=[10, 11], C=[10, 11, 12],
                     actions=[{**ended(name, 3), "kind": "merger", **UNITS} for name in "AB"]), {},
        lambda ctx: (ctx.buy("A", 1), ctx.buy("B", 1, limit=5)),
        [("merger", 2, "2 assets ended in a merger while held or ordered (A into C, B into C)")],
    ),
    "gone on as another": (
        lambda: days(A=[10, 11], B=[10, 11], C=[10, 11, 12],
                     actions=[{**ended(name, 3), "kind": "symbol_change", "other": "C"} for name in "AB"]), {},
        lambda ctx: (ctx.buy("A", 1), ctx.buy("B", 1)),
        [("symbol_change", 2, "2 assets went on as others while held or ordered (A into C, B into C)")],
    ),
    "called by another name": (
        lambda: days(A=[10, 11, 12], B=[10, 11, 12],
                     actions=[{**ended(name, 3), "kind": "symbol_change", "other": "C"} for name in "AB"]), {},
        lambda ctx: ctx.buy("A", 1),
        [("symbol_change", 1, "A is called C from 2024-01-03 on")],
    ),
    "a split that nobody told of": (
        lambda: days(A=[10, 10, 5, 5]), {}, lambda ctx: None,
        [("split", 1, "1 jump looks like a split without an action "
                      "(A opened 2024-01-03 at 0.5 of the close before, as if split 2:1)")],
    ),
    "a reverse split that nobody told of": (
        lambda: days(A=[2, 2, 20, 20], B=[5, 5, 5, 5]), {}, lambda ctx: None,
        [("split", 1, "1 jump looks like a split without an action "
                      "(A opened 2024-01-03 at 10 of the close before, as if split 1:10)")],
    ),
    "a split that was told of": (
        lambda: days(A=[10, 10, 5, 5], actions=[split("A", 3, 2, 1)]), {}, lambda ctx: None, [],
    ),
    "a split that was told of for another asset": (
        lambda: days(A=[10, 10, 5, 5], B=[9, 9, 9, 9], actions=[split("B", 2, 1, 1)]), {}, lambda ctx: None,
        [("split", 1, "1 jump looks like a split without an action "
                      "(A opened 2024-01-03 at 0.5 of the close before, as if split 2:1)")],
    ),
    "splits before the start and after the end": (
        lambda: days(A=[10, 10, 5, 5, 5, 5, 5, 5, 1, 1]), {"start": "2024-01-05", "end": "2024-01-08"},
        lambda ctx: None, [],
    ),
    "a split after the start": (
        lambda: days(A=[10, 10, 5, 5, 5, 5, 5, 5, 1, 1]), {"start": "2024-01-05"}, lambda ctx: None,
        [("split", 1, "1 jump looks like a split without an action "
                      "(A opened 2024-01-09 at 0.2 of the close before, as if split 5:1)")],
    ),
    "many splits": (
        lambda: days(A=[8, 8, 8, 8, 8, 4, 4, 4, 4, 4], B=[8, 4], C=[4, 8], D=[9, 3]), {}, lambda ctx: None,
        [("split", 4, "4 jumps look like splits without an action "
                      "(A opened 2024-01-06 at 0.5 of the close before, as if split 2:1; "
                      "B opened 2024-01-02 at 0.5 of the close before, as if split 2:1; "
                      "C opened 2024-01-02 at 2 of the close before, as if split 1:2; ...)")],
    ),
    "a fall that is not like a split": (lambda: days(A=[10, 10, 7.2, 7.2]), {}, lambda ctx: None, []),
    "a wrong print": (
        lambda: days(A=[10, 10, 10, (5, 10, 5, 10), 10, 10]), {}, lambda ctx: None, [],
    ),
    "a level that is no neighbour's": (lambda: days(A=[10, 10], B=[5, 5], C=[20, 20]), {}, lambda ctx: None, []),
    "the cap": (
        thin, {"volume_cap": 0.1}, lambda ctx: ctx.buy("A", 2),
        [("capped", 1, "the volume cap held back orders 1 time (A)")],
    ),
    "still working": (
        lambda: days(A=[10, 11]), {}, lambda ctx: ctx.buy("A", 1, limit=5),
        [("unfilled", 1, "1 order was still working when the data ended")],
    ),
    "same close": (
        lambda: days(A=[10, 11]), {"fill": "same_close"}, lambda ctx: None,
        [("optimistic", 1, "same_close fills at the close that the decision was made on")],
    ),
    "the gravest first": (
        thin, {"volume_cap": 0.1, "fill": "same_close"},
        lambda ctx: (ctx.buy("A", 2), ctx.buy("A", 1, limit=5), ctx.sell("A", "0.2")),
        [
            ("optimistic", 1, "same_close fills at the close that the decision was made on"),
            ("denied", 1, "1 order was denied at 2024-01-02 00:00 because the quantity was zero on the asset's step"),
            ("capped", 1, "the volume cap held back orders 1 time (A)"),
            ("unfilled", 1, "1 order was still working when the data ended"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("bars", "options", "ask", "expected"), CASES.values(), ids=CASES)
def test_notices(bars: Any, options: dict[str, Any], ask: Any, expected: list[tuple[str, int, str]]) -> None:
    assert noticed(bars(), options, ask) == expected


def test_notices_of_the_bars_are_those_of_the_run() -> None:
    bars = simulate.bars("X", every="1d", n=5)
    run = outcome(bars, on_bar=lambda *_: None)
    assert run.notices[-len(bars.notices) :] == bars.notices or not bars.notices
    assert "SYNTHETIC" in repr(run)


QUIET: dict[str, Callable[[], wb.Bars]] = {
    "the sample, with its splits": lambda: wb.sample[["AAPL", "GOOG", "IBM", "MSFT"]],
    "simulated days": lambda: simulate.bars("X", every="1d", n=500),
    "simulated minutes": lambda: simulate.bars("X", every="1m", n=5_000),
}


@pytest.mark.parametrize("bars", QUIET.values(), ids=QUIET)
def test_no_false_alarm_of_splits(bars: Callable[[], wb.Bars]) -> None:
    run = outcome(bars(), on_bar=lambda *_: None)
    assert "split" not in [notice.kind for notice in run.notices]


def test_the_sample_without_its_actions_is_warned_of_first() -> None:
    """AAPL was split 2:1 with effect from 2000-06-21 and 2005-02-28."""
    apple = wb.sample["AAPL"]
    bare = wb.Bars.from_frame(apple.frame, "AAPL", calendar="XNYS")
    run = outcome(bare, {"start": "2004-01-01", "fill": "same_close"}, on_bar=lambda *_: None)
    first, *_ = run.notices
    assert (first.kind, first.count) == ("split", 1)
    assert "AAPL opened 2005-02-28 at 0.50" in first.text
    assert "as if split 2:1" in first.text
    assert repr(run).startswith(f"! {first}")


def test_a_class_that_was_defined_again_is_named() -> None:
    """As in a notebook whose cell of the class is run once more."""
    cell = "class Cell(wb.Strategy):\n    def on_bar(self, ctx, bar): ...\n"
    names: dict[str, Any] = {"wb": wb, "__name__": "a_notebook"}
    exec(cell, names)
    test = wb.Backtest(names["Cell"](), days(A=[10, 11]))
    assert test.run().notices == ()
    exec(cell, names)
    (notice,) = test.run().notices
    assert str(notice) == (
        "Cell was defined again after this Backtest was made: make the Backtest again to run the new class"
    )


def test_finer_bars_of_another_series_are_told() -> None:
    """Of three days the highs of the second one's hours are put up by 3%; those of the day stay."""
    hours = simulate.bars("A", every="1h", n=72, seed=1, start="2024-01-01")
    same = hours.resample("1d")
    hook = {"on_bar": lambda *_: None}
    assert outcome(same, {"path": hours}, **hook).notices == hours.notices
    high = pl.when(pl.col("session").dt.day() == 2).then(pl.col("high") * 1.03).otherwise(pl.col("high"))
    other = with_frame(hours, hours.frame.with_columns(high=high))
    (notice,) = outcome(same, {"path": other}, **hook).notices
    assert (notice.kind, notice.count) == ("path", 1)
    assert notice.text == "1 bar whose finer ones of path= go beyond high or low by more than 1%"


def dataset(name: str, asset: str, eps: float = 1.0) -> wb.Dataset:
    frame = pl.DataFrame({"known_at": ["2024-01-01T08:00Z"], "asset": [asset], "eps": [eps]})
    return wb.Dataset.from_frame(frame, name=name)


DATA: dict[str, tuple[dict[str, Any], list[str]]] = {
    "as it should be": ({"data": [dataset("earnings", "A")]}, []),
    "none to be told of": ({}, ["on_data was never called: there are no datasets: give them as data=[...]"]),
    "about others": (
        {"data": [dataset("earnings", "a"), dataset("news", "A")]},
        ["no row of dataset earnings is about an asset of this run: spell assets as in the bars; it has a"],
    ),
    "with a notice of its own": (
        {"data": [dataset("earnings", "A", float("nan"))]},
        ["1 value of eps is NaN: null from here on: the value is unknown"],
    ),
}


@pytest.mark.parametrize(("options", "expected"), DATA.values(), ids=DATA)
def test_notices_of_datasets(options: dict[str, Any], expected: list[str]) -> None:
    run = outcome(days(A=[10, 11]), options, on_data=lambda *_: None)
    assert [str(notice) for notice in run.notices] == expected


def test_a_run_that_waits_for_no_data_needs_none() -> None:
    assert outcome(days(A=[10, 11]), on_bar=lambda *_: None).notices == ()


def test_what_repeats_is_told_once_with_its_first_and_last_time() -> None:
    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        if ctx.session.day in (2, 3, 5):
            ctx.sell("A", 1)
            ctx.buy("A", 100_000)

    run = outcome(days(A=[10] * 7), {}, on_slice=on_slice)
    span = "denied from 2024-01-03 00:00 to 2024-01-06 00:00 because"
    assert [(notice.count, notice.text) for notice in run.notices] == [
        (3, f"3 orders were {span} nothing was held to sell"),
        (3, f"3 orders were {span} cash was too little"),
    ]
