"""A trade of a run can be gone to, and the frame of trades is a Polars frame in every way."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import workbench as wb
from workbench.errors import ParameterError
from workbench.research.trades import Trade, Trades


class Turns(wb.Strategy):
    """In and out of both assets every ten bars."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.n = getattr(self, "n", -1) + 1
        ctx.target(bar.asset, weight=0.4 if self.n // 10 % 2 else 0)


@pytest.fixture(scope="module")
def run() -> wb.Run:
    return wb.Backtest(Turns(), wb.sample["AAPL", "IBM"].between("2005-01-01", "2005-07-01")).run()


@pytest.mark.parametrize("fill", ["next_open", "next_close", "same_close"])
def test_each_trade_opens_at_the_bar_that_knows_of_its_entry(fill: str) -> None:
    """The first bar at which the asset is held, over a split; filled at the same close it is held after it."""
    bars = wb.sample["AAPL", "IBM"].between("2005-01-01", "2005-07-01")
    run = wb.Backtest(Turns(), bars, fill=fill).run()  # type: ignore[arg-type]
    assert run.trades.height > 8
    for number, (asset, time) in enumerate(run.trades.select("asset", "entry_time").iter_rows()):
        replay = run.trades[number].replay()
        assert replay.asset == asset
        assert replay.at.session == time.date()
        held = replay.at.position(asset).quantity
        assert (held > 0) == (fill != "same_close")


def test_a_row_of_a_frame_made_from_it_goes_to_replay(run: wb.Run) -> None:
    worst = run.trades.sort("profit")[0]
    replay = run.replay(trade=worst)
    assert (replay.asset, replay.at.session) == (worst["asset"][0], worst["entry_time"][0].date())
    last = run.replay(trade=-1)
    assert last.at.now == run.trades[-1].replay().at.now


SAME: dict[str, Callable[[pl.DataFrame], Any]] = {
    "filter": lambda frame: frame.filter(pl.col("profit") > 0),
    "sort": lambda frame: frame.sort("profit"),
    "select": lambda frame: frame.select("asset", pl.col("profit").sum()),
    "with_columns": lambda frame: frame.with_columns(half=pl.col("profit") / 2),
    "group_by": lambda frame: frame.group_by("asset", maintain_order=True).agg(pl.col("profit").mean()),
    "head": lambda frame: frame.head(3),
    "slice": lambda frame: frame[1:3],
    "rows": lambda frame: frame[[0, 2]],
    "one row": lambda frame: frame[2],
    "columns": lambda frame: frame["asset", "profit"],
    "join": lambda frame: frame.join(frame, on="entry_time"),
    "concat": lambda frame: pl.concat([frame, frame]),
    "lazy": lambda frame: frame.lazy().collect(),
    "clone": lambda frame: frame.clone(),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda frame: pickle.loads(pickle.dumps(frame)),
    "vstack": lambda frame: frame.vstack(frame),
    "unique": lambda frame: frame.unique("asset", maintain_order=True),
}


@pytest.mark.parametrize("does", SAME.values(), ids=SAME)
def test_it_is_a_frame_like_any_other(run: wb.Run, does: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    plain = run._read("trades", False)
    assert type(plain) is pl.DataFrame
    assert_frame_equal(does(run.trades), does(plain))


def test_cells_and_columns_are_what_they_are(run: wb.Run) -> None:
    assert isinstance(run.trades, pl.DataFrame)
    assert isinstance(run.trades["profit"], pl.Series)
    assert run.trades[0, "asset"] == run.trades["asset"][0]
    assert repr(run.trades) == repr(run._read("trades", False))
    assert isinstance(run.trades[0], Trade)
    with pytest.raises(IndexError):
        run.trades[run.trades.height]


def test_a_copy_that_forgot_its_run_says_how_to_go_on(run: wb.Run) -> None:
    assert type(pickle.loads(pickle.dumps(run.trades))) is Trades
    with pytest.raises(AttributeError, match=r"write run\.replay\(trade=trade\); this copy has forgotten its run"):
        pickle.loads(pickle.dumps(run.trades[0])).replay()


def test_a_trade_that_changed_its_symbol_opens_at_its_entry(run: wb.Run) -> None:
    """A merger or a change of symbol leaves no fill of that asset at that time: the slice is found by time."""
    row = run.trades[0].with_columns(asset=pl.lit("IBM" if run.trades[0, "asset"] == "AAPL" else "AAPL"))
    moved = row.with_columns(pl.col("entry_time").dt.offset_by("-1h"))
    assert run.replay(trade=moved).at.session == run.trades[0, "entry_time"].date()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param(
            {"assets": "IBM"},
            "replay has no argument 'assets'; it takes indicators, asset, trade, hidden; did you mean asset=?",
            id="name",
        ),
        pytest.param({"trade": 99}, "trade=99: the run has 24 trades, numbered from 0", id="number"),
        pytest.param({"trade": True}, "trade=True: give the number of a trade", id="bool"),
        pytest.param({"trade": "AAPL"}, "trade='AAPL': give the number of a trade", id="text"),
        pytest.param({"trade": pl.DataFrame({"a": [1]})}, "a frame of 1 rows: give", id="another frame"),
        pytest.param({"trade": 0, "asset": "IBM"}, "leave asset= and hidden= out", id="asset"),
        pytest.param({"trade": 0, "hidden": True}, "leave asset= and hidden= out", id="hidden"),
    ],
)
def test_what_is_no_trade(run: wb.Run, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        run.replay(**asked)


def test_more_rows_than_one_are_no_trade(run: wb.Run) -> None:
    with pytest.raises(ParameterError, match=r"trade=a frame of 2 rows"):
        run.replay(trade=run.trades.head(2))


def test_a_trade_that_is_not_there(run: wb.Run) -> None:
    for number in (24, -25):
        with pytest.raises(IndexError, match=rf"trades\[{number}\]: there are 24, numbered from 0"):
            run.trades[number]
    assert run.trades[-24].equals(run.trades[0])
