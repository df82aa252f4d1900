"""Which rows of a table a cut keeps, by the kind of its times."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hand_made import at, days, dividend, split

import workbench as wb
from workbench.research.cutting import Cut, cut_bars, way_of

FIRST = [date(2024, 1, day) for day in (1, 2, 3, 4)]
TIMES = [at(day) for day in (1, 2, 3, 4)]
NAIVE = [time.replace(tzinfo=None) for time in TIMES]
NOON = Cut(at(3, 12), date(2024, 1, 3), is_over=False)
CLOSED = Cut(at(4), date(2024, 1, 3), is_over=True)
VALUES = [1.0, 2.0, 3.0, 4.0]
MIDNIGHTS = [datetime(2024, 1, day, 5, tzinfo=UTC) for day in (1, 2, 3, 4)]  # in New York

# A table, and how many of its four rows are known at noon of the third day, and at that day's close, at midnight.
TABLES: dict[str, tuple[Any, int, int]] = {
    "times": (pl.DataFrame({"time": TIMES, "x": VALUES}), 3, 4),
    "times of another zone": (pl.DataFrame({"time": pl.Series(TIMES).dt.convert_time_zone("Asia/Tokyo")}), 3, 4),
    "a bar that opens at the cut is not known": (pl.DataFrame({"open_time": TIMES}), 3, 3),
    "dates": (pl.DataFrame({"date": FIRST, "x": VALUES}), 3, 3),
    "dates of prices are known at the close": (pl.DataFrame({"Date": FIRST, "Close": VALUES}), 2, 3),
    "dates as text": (pl.DataFrame({"date": [str(day) for day in FIRST]}), 3, 3),
    "midnights without a zone are dates": (pl.DataFrame({"date": NAIVE, "volume": VALUES}), 2, 3),
    "midnights of a zone are dates": (
        pl.DataFrame({"date": pl.Series(MIDNIGHTS).dt.convert_time_zone("America/New_York"), "close": VALUES}), 2, 3),
    "a row without a time is kept": (pl.DataFrame({"time": [TIMES[0], None, TIMES[3], at(9)]}), 2, 3),
    "known_at before time": (pl.DataFrame({"time": TIMES, "known_at": [t + timedelta(days=1) for t in TIMES]}), 2, 3),
    "published, in any capitals": (pl.DataFrame({"period": FIRST, "Published": TIMES}), 3, 4),
    "a lazy frame": (pl.LazyFrame({"session": FIRST}), 3, 3),
    "an index of pandas": (pd.DataFrame({"x": VALUES}, index=pd.DatetimeIndex(TIMES)), 3, 3),
    "an index of midnights": (pd.Series(VALUES, index=pd.DatetimeIndex(NAIVE)), 3, 3),
    "a level of an index": (
        pd.DataFrame({"close": VALUES}, index=pd.MultiIndex.from_arrays([["A"] * 4, pd.DatetimeIndex(NAIVE)])), 2, 3),
    "a column of pandas": (pd.DataFrame({"timestamp": pd.DatetimeIndex(TIMES), "x": VALUES}), 3, 4),
    "Arrow": (pl.DataFrame({"time": TIMES}).to_arrow(), 3, 4),
    "a dict": (dict(zip(FIRST, VALUES, strict=True)), 3, 3),
    "a dict by times": (dict(zip(TIMES, VALUES, strict=True)), 3, 4),
    "a structured array": (np.array(list(zip(NAIVE, VALUES, strict=True)), [("date", "M8[s]"), ("x", "f8")]), 3, 3),
    "a Dataset": (wb.Dataset.from_frame(pl.DataFrame({"known_at": TIMES})), 3, 4),
    "Bars": (days(A=[10, 11, 12, 13]), 2, 3),
}  # fmt: skip


@pytest.mark.parametrize(("table", "noon", "closed"), TABLES.values(), ids=TABLES)
def test_rows_are_kept_by_their_times(table: Any, noon: int, closed: int) -> None:
    way = way_of(table)
    assert way is not None
    assert way.cut is not None
    assert [height(way.cut(cut)) for cut in (NOON, CLOSED)] == [noon, closed]
    assert type(way.cut(NOON)) is type(table)
    assert height(table) == 4


def height(table: Any) -> int:
    return table.collect().height if isinstance(table, pl.LazyFrame) else len(table)


HARMLESS: dict[str, Any] = {
    "text": "AAPL",
    "a number": 5,
    "a few weights": [0.2, 0.3, 0.5],
    "a few weights as an array": np.array([0.2, 0.8]),
    "a short series": pl.Series([1, 2]),
    "names": ["AAPL", "IBM"] * 20,
    "names as a series": pl.Series(["AAPL", "IBM"] * 20),
    "a small table of settings": pl.DataFrame({"asset": ["A", "B"], "beta": [1.0, 2.0]}),
    "a small table of pandas": pd.DataFrame({"beta": [1.0, 2.0]}),
    "holidays": {date(2024, 12, 25): "Christmas"},
    "an empty dict": {},
    "an empty list": [],
    "nothing": None,
    "an expression": pl.col("close"),
    "a type of Arrow": pl.DataFrame({"a": [1]}).to_arrow().schema,
    "a time of pandas": pd.Timestamp("2024-01-01"),
    "a class with predict": type("Model", (), {"predict": len}),
}


@pytest.mark.parametrize("value", HARMLESS.values(), ids=HARMLESS)
def test_what_holds_no_data_has_no_way(value: Any) -> None:
    assert way_of(value) is None


class Model:
    """As those of scikit-learn."""

    def predict(self, x: object) -> object:
        return x


LACKING: dict[str, tuple[Any, str]] = {
    "a fitted model": (Model(), "fit it inside the strategy"),
    "many numbers": (list(range(21)), "bare numbers"),
    "many numbers in an array": (np.zeros(21), "bare numbers"),
    "a structured array without times": (np.zeros(21, [("x", "f8")]), "bare numbers"),
    "a long table without times": (pd.DataFrame({"x": range(21)}), "no column that says when"),
    "an Arrow table without times": (pl.DataFrame({"x": range(21)}).to_arrow(), "no column that says when"),
    "epochs": (pl.DataFrame({"timestamp": [1, 2]}), "holds Int64, no times"),
    "a time of day without a zone": (pl.DataFrame({"time": [NAIVE[0] + timedelta(hours=1)]}), "without a zone"),
    "some of a dict": ({"a": list(range(30))}, "bare numbers"),
}


@pytest.mark.parametrize(("value", "why"), LACKING.values(), ids=LACKING)
def test_what_cannot_be_cut_says_why(value: Any, why: str) -> None:
    way = way_of(value)
    assert way is not None
    assert way.cut is None
    assert why in way.lack


MADE: dict[str, tuple[Any, str]] = {
    "prices": (pl.DataFrame({"time": TIMES, "asset": ["A"] * 4, "Open": VALUES, "close": VALUES}), ""),
    "what is made of prices": (
        pl.DataFrame({"time": TIMES, "close": VALUES, "signal": VALUES}), "how signal came about"),
    "adjusted prices": (pl.DataFrame({"date": FIRST, "Adj Close": VALUES}), "how Adj Close came about"),
    "many columns": (pl.DataFrame({"date": FIRST, **dict.fromkeys("abcd", VALUES)}), "how a, b, c came about"),
    "what says when it was known": (pl.DataFrame({"announced": TIMES, "eps": VALUES}), ""),
    "a Dataset": (wb.Dataset.from_frame(pl.DataFrame({"known_at": TIMES, "eps": VALUES})), ""),
    "a dict": (dict(zip(FIRST, VALUES, strict=True)), "how values came about"),
    "a series": (pd.Series(VALUES, index=pd.DatetimeIndex(TIMES), name="score"), "how score came about"),
    "a series of closes": (pd.Series(VALUES, index=pd.DatetimeIndex(TIMES), name="Close"), ""),
    "two levels": (
        pd.DataFrame([[1.0]], pd.DatetimeIndex(TIMES[:1]), pd.MultiIndex.from_tuples([("Close", "AAPL")])), ""),
    "Arrow": (pl.DataFrame({"time": TIMES, "x": VALUES}).to_arrow(), "how x came about"),
}  # fmt: skip


@pytest.mark.parametrize(("value", "lack"), MADE.values(), ids=MADE)
def test_values_that_were_made_before_are_cut_and_told(value: Any, lack: str) -> None:
    way = way_of(value)
    assert way is not None
    assert way.cut is not None
    assert way.lack.partition(";")[0] == lack


def test_containers_are_cut_inside_and_say_what_they_lack() -> None:
    frame = pl.DataFrame({"time": TIMES, "close": VALUES})
    way = way_of({"a": [frame, "text"], "b": (frame, list(range(30)))})
    assert way is not None
    assert way.cut is not None
    made: Any = way.cut(NOON)
    assert [len(made["a"][0]), made["a"][1], len(made["b"][0]), len(made["b"][1])] == [3, "text", 3, 30]
    assert type(made["b"]) is tuple
    assert (way.by, "bare numbers" in way.lack) == ("'time'", True)


def test_actions_are_cut_when_they_were_announced() -> None:
    announced = {**split("A", 4, 2, 1), "known": at(2)}
    late = {**dividend("A", 2, "1"), "known": at(4)}
    bars = days(A=[10, 10, 10, 10], actions=[announced, late, dividend("A", 3, "2"), dividend("A", 4, "3")])
    kept = cut_bars(bars, Cut(at(4) - timedelta(seconds=1), date(2024, 1, 3), is_over=False))
    assert kept.actions.select("ex", "kind").rows() == [(date(2024, 1, 3), "dividend"), (date(2024, 1, 4), "split")]
    assert kept.assets == bars.assets


def test_assets_without_a_bar_yet_stay() -> None:
    bars = days(A=[10, 11, 12], B=[None, None, 5])
    kept = cut_bars(bars, Cut(at(2), date(2024, 1, 1), is_over=True))
    assert (kept.assets, len(kept)) == (bars.assets, 1)
