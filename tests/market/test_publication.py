"""When a row becomes known, and what a dataset's columns may hold: never too early, and never a guess."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import workbench as wb
from workbench.errors import DatasetError, ParameterError, TimeError


def made(values: Any, dtype: Any = None, **options: Any) -> wb.Dataset:
    column = values if isinstance(values, pl.Series) else pl.Series("announced", values, dtype)
    return wb.Dataset.from_frame(column.alias("announced").to_frame(), known_at="announced", **options)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


NY = "America/New_York"
NS = pl.Series([1_706_218_200_000_000_001], dtype=pl.Int64)
TIMES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "aware text": (["2024-01-25T16:30-05:00"], {}, "2024-01-25 21:30:00"),
    "naive text in a zone": (["2024-01-25 16:30"], {"tz": NY}, "2024-01-25 21:30:00"),
    "naive in summer": (["2024-07-25 16:30"], {"tz": NY}, "2024-07-25 20:30:00"),
    "aware": ([datetime(2024, 1, 25, 21, 30, tzinfo=UTC)], {}, "2024-01-25 21:30:00"),
    "an epoch in ms": ([1_706_218_200_000], {}, "2024-01-25 21:30:00"),
    "an epoch in ns goes up": (NS, {}, "2024-01-25 21:30:00.000001"),
    "nanoseconds go up": (NS.cast(pl.Datetime("ns", "UTC")), {}, "2024-01-25 21:30:00.000001"),
    "whole microseconds in ns stay": ((NS - 1).cast(pl.Datetime("ns", "UTC")), {}, "2024-01-25 21:30:00.000000"),
    "a date ends in UTC": ([date(2024, 1, 25)], {}, "2024-01-26 00:00:00"),
    "a date of text": (["2024-01-25"], {}, "2024-01-26 00:00:00"),
    "a date in New York": ([date(2024, 1, 25)], {"tz": NY}, "2024-01-26 05:00:00"),
    "a date in Tokyo": ([date(2024, 1, 25)], {"tz": "Asia/Tokyo"}, "2024-01-25 15:00:00"),
    "the day the clocks go on": ([date(2024, 3, 10)], {"tz": NY}, "2024-03-11 04:00:00"),
    "a day whose end is skipped": ([date(2018, 11, 3)], {"tz": "America/Sao_Paulo"}, "2018-11-04 03:00:00"),
    "a day whose end comes twice": ([date(2023, 11, 4)], {"tz": "America/Havana"}, "2023-11-05 05:00:00"),
    "a date with a time of day": ([date(2024, 1, 25)], {"tz": NY, "known_at_time": "16:30"}, "2024-01-25 21:30:00"),
    "the same as a time": ([date(2024, 1, 25)], {"tz": NY, "known_at_time": time(16, 30)}, "2024-01-25 21:30:00"),
    "a time of day that comes twice": (
        [date(2024, 11, 3)], {"tz": NY, "known_at_time": "01:30"}, "2024-11-03 06:30:00",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("values", "options", "expected"), TIMES.values(), ids=TIMES)
def test_known_at(values: Any, options: dict[str, Any], expected: str) -> None:
    dataset = made(values, **options)
    assert dataset.frame["known_at"].to_list() == [utc(expected)]
    assert dataset.notices == ()


MIDNIGHT = datetime.fromisoformat("2024-01-25")


def test_naive_midnights_are_dates() -> None:
    """As pandas writes dates; taken as moments they would be known a day too early."""
    for dtype in (pl.Datetime("us"), pl.Datetime("ns"), pl.Datetime("ms")):
        dataset = made([MIDNIGHT], dtype, tz=NY)
        assert dataset.frame["known_at"].to_list() == [utc("2024-01-26 05:00:00")]
        (notice,) = dataset.notices
        assert notice.text == (
            "every announced is midnight without a zone and was read as a date: known when that day has ended"
        )


def test_midnights_with_a_zone_are_moments_and_said_to_be() -> None:
    dataset = made([MIDNIGHT.replace(tzinfo=UTC)])
    assert dataset.frame["known_at"].to_list() == [utc("2024-01-25 00:00:00")]
    (notice,) = dataset.notices
    assert notice.text == "every announced is midnight and was taken as that moment, the start of the day"


def test_one_time_of_day_makes_all_of_them_times() -> None:
    dataset = made([MIDNIGHT, MIDNIGHT.replace(hour=8)], tz="UTC")
    assert dataset.frame["known_at"].to_list() == [utc("2024-01-25 00:00:00"), utc("2024-01-25 08:00:00")]
    assert dataset.notices == ()


AT = ["2024-01-25T21:30Z", "2024-01-26T21:30Z"]
TWO = pl.DataFrame({"announced": AT, "eps": [1.0, 2.0]})
REFUSED: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "no known_at": (
        TWO, {}, DatasetError,
        "there is no column 'known_at' that says when each row became known; without it a strategy would see the "
        "future. Name it: known_at='announced'; there are announced, eps",
    ),
    "a misspelt known_at": (TWO, {"known_at": "anounced"}, DatasetError, "there is no column 'anounced' that says"),
    "no rows": (TWO.head(0), {"known_at": "announced"}, DatasetError, "the frame has no rows;"),
    "no frame": ([1, 2], {"known_at": "announced"}, ParameterError, "a list is no frame;"),
    "a name that is no text": (TWO, {"known_at": 3}, ParameterError, "known_at=3: give text, such as known_at='ann"),
    "an asset that is no text": (TWO, {"known_at": "announced", "asset": 3}, ParameterError, "asset=3: give text"),
    "no asset column": (
        TWO, {"known_at": "announced", "asset": "symbol"}, DatasetError,
        "there is no column asset='symbol'; there are announced, eps",
    ),
    "two known_at": (
        TWO.with_columns(known_at="announced"), {"known_at": "announced"}, DatasetError,
        "columns 'known_at' and 'announced' would both be known_at; drop or rename one",
    ),
    "two assets": (
        TWO.with_columns(asset=pl.lit("A"), symbol=pl.lit("A")), {"known_at": "announced", "asset": "symbol"},
        DatasetError, "columns 'asset' and 'symbol' would both be asset; drop or rename one",
    ),
    "one column for both": (
        TWO, {"known_at": "announced", "asset": "announced"}, DatasetError,
        "known_at and asset are both 'announced'; name two columns of announced, eps",
    ),
    "assets that are numbers": (
        TWO.with_columns(asset=1), {"known_at": "announced"}, DatasetError,
        "column 'asset' holds Int32, no names of assets; convert it to text first",
    ),
    "a missing asset": (
        TWO.with_columns(asset=pl.Series(["A", None])), {"known_at": "announced"}, DatasetError,
        "row 1: asset is missing; fill it; what concerns no single asset makes a Dataset of its own",
    ),
    "a missing time": (
        TWO.with_columns(announced=pl.Series([AT[0], None])), {"known_at": "announced", "name": "earnings"}, TimeError,
        "row 1 (earnings): announced is missing; fill it or drop the row",
    ),
    "a missing time of an asset": (
        TWO.with_columns(announced=pl.Series([AT[0], None]), asset=pl.Series(["A", "B"])), {"known_at": "announced"},
        TimeError, "row 1 (B): announced is missing; fill it or drop the row",
    ),
    "a naive time": (
        pl.DataFrame({"at": ["2024-01-25 21:30"]}), {"known_at": "at"}, TimeError,
        "column at holds naive times (2024-01-25 21:30:00); say in which zone they are",
    ),
    "a date among times": (
        pl.DataFrame({"at": ["2024-01-25T21:30Z", "2024-01-26"]}), {"known_at": "at"}, TimeError,
        "row 1 (dataset): at '2024-01-26' cannot be read; write all rows like '2024-01-25T21:30Z'",
    ),
    "a number with a fraction": (
        pl.DataFrame({"at": [1.5]}), {"known_at": "at"}, TimeError, "column at holds Float64, not times",
    ),
    "no zone": (TWO, {"known_at": "announced", "tz": "Mars"}, TimeError, "tz='Mars' is no time zone"),
    "a time of day for times": (
        TWO, {"known_at": "announced", "known_at_time": "16:30", "tz": "UTC"}, ParameterError,
        "known_at_time= is for bare dates, but announced has times of its own",
    ),
    "a time of day without zone": (
        pl.DataFrame({"at": [date(2024, 1, 25)]}), {"known_at": "at", "known_at_time": "16:30"}, TimeError,
        "known_at_time='16:30' needs its zone: tz='America/New_York'",
    ),
    "no time of day": (
        pl.DataFrame({"at": [date(2024, 1, 25)]}), {"known_at": "at", "known_at_time": "late", "tz": NY}, TimeError,
        "known_at_time='late': give a time of day such as '16:30', and its zone as tz=",
    ),
    "a time of day with a zone of its own": (
        pl.DataFrame({"at": [date(2024, 1, 25)]}), {"known_at": "at", "known_at_time": time(1, tzinfo=UTC), "tz": NY},
        TimeError, "known_at_time=datetime.time(1, 0, tzinfo=datetime.timezone.utc): give a time of day",
    ),
    "a time of day that is skipped": (
        pl.DataFrame({"at": [date(2024, 3, 10)]}), {"known_at": "at", "known_at_time": "02:30", "tz": NY}, TimeError,
        "row 0: at 2024-03-10 is a time that clocks skip in America/New_York; give times in UTC",
    ),
    "an infinite value": (
        TWO.with_columns(pe=pl.Series([1.0, float("-inf")])), {"known_at": "announced"}, DatasetError,
        "row 1: pe is -inf; make it null or drop the row",
    ),
    "a list in a row": (
        TWO.with_columns(x=pl.Series([[1], [2]])), {"known_at": "announced"}, DatasetError,
        "column 'x' holds List(Int64); a dataset takes numbers, text, dates, times, booleans and decimals, one value",
    ),
    "whole numbers of 128 bits": (
        TWO.with_columns(x=pl.Series([1, 2], dtype=pl.Int128)), {"known_at": "announced"}, DatasetError,
        "column 'x' holds Int128;",
    ),
    "another naive time": (
        TWO.with_columns(x=datetime.fromisoformat("2024-01-01T08:00")), {"known_at": "announced"}, TimeError,
        "column x holds naive times (2024-01-01 08:00:00); say in which zone they are: tz='UTC'",
    ),
    "another time that is skipped": (
        TWO.with_columns(x=datetime.fromisoformat("2024-03-10T02:30")), {"known_at": "announced", "tz": NY}, TimeError,
        "row 0: x 2024-03-10 02:30:00 is a time that clocks skip in America/New_York; give times in UTC",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(frame: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        wb.Dataset.from_frame(frame, **options)
    assert str(raised.value).startswith(message)


def column(values: Any, dtype: Any = None, **options: Any) -> pl.Series:
    frame = pl.DataFrame({"known_at": AT[: len(values)], "x": pl.Series(values, dtype=dtype)})
    return wb.Dataset.from_frame(frame, **options).frame["x"]


COLUMNS: dict[str, tuple[list[Any], Any, dict[str, Any], list[Any], Any]] = {
    "floats": ([1.5, None], None, {}, [1.5, None], pl.Float64),
    "NaN is unknown": ([1.5, float("nan")], None, {}, [1.5, None], pl.Float64),
    "short floats": ([1.5, 2.5], pl.Float32, {}, [1.5, 2.5], pl.Float32),
    "whole numbers": ([1, 2], pl.UInt8, {}, [1, 2], pl.UInt8),
    "text": (["a", None], None, {}, ["a", None], pl.String),
    "categories are text": (["a", "b"], pl.Categorical, {}, ["a", "b"], pl.String),
    "an enumeration is text": (["a", "b"], pl.Enum(["a", "b"]), {}, ["a", "b"], pl.String),
    "yes and no": ([True, None], None, {}, [True, None], pl.Boolean),
    "decimals": ([Decimal("1.50"), None], None, {}, [Decimal("1.50"), None], pl.Decimal(38, 2)),
    "dates": ([date(2024, 1, 1), None], None, {}, [date(2024, 1, 1), None], pl.Date),
    "midnights are dates": ([MIDNIGHT, None], None, {}, [date(2024, 1, 25), None], pl.Date),
    "aware times": ([utc("2024-01-01 08:00")], None, {}, [utc("2024-01-01 08:00")], pl.Datetime("us", "UTC")),
    "naive times in a zone": (
        [None, datetime.fromisoformat("2024-01-01T08:00")], None, {"tz": NY}, [None, utc("2024-01-01 13:00")],
        pl.Datetime("us", "UTC"),
    ),
    "durations": ([pd.Timedelta(hours=1)], pl.Duration("ns"), {}, [pd.Timedelta(hours=1)], pl.Duration("us")),
    "times of day": ([time(16, 30)], None, {}, [time(16, 30)], pl.Time),
    "nothing": ([None, None], None, {}, [None, None], pl.Null),
}  # fmt: skip


@pytest.mark.parametrize(("given", "dtype", "options", "expected", "becomes"), COLUMNS.values(), ids=COLUMNS)
def test_other_columns(given: Any, dtype: Any, options: dict[str, Any], expected: list[Any], becomes: Any) -> None:
    found = column(given, dtype, **options)
    assert (found.to_list(), found.dtype) == (expected, becomes)


def test_what_is_unknown_is_said() -> None:
    frame = pl.DataFrame({"known_at": AT, "x": [float("nan")] * 2, "y": [1.0, float("nan")]})
    assert [str(notice) for notice in wb.Dataset.from_frame(frame).notices] == [
        "2 values of x are NaN: null from here on: the value is unknown",
        "1 value of y is NaN: null from here on: the value is unknown",
    ]


def test_frames_of_every_library_are_the_same_dataset() -> None:
    frame = pl.DataFrame(
        {"announced": [utc("2024-01-25 21:30"), utc("2024-01-26 21:30")], "asset": ["A", "B"], "x": [1.5, 2.5]}
    )
    by_index = frame.to_pandas().set_index("announced")
    arrow = pa.Table.from_pylist(frame.to_dicts())
    found = [
        wb.Dataset.from_frame(f, known_at="announced")
        for f in (frame, frame.lazy(), frame.to_pandas(), by_index, arrow)
    ]
    assert {dataset.fingerprint for dataset in found} == {found[0].fingerprint}


def test_dates_of_pandas_are_dates() -> None:
    frame = pd.DataFrame({"announced": pd.to_datetime(["2024-01-25"]), "eps": [2.18]})
    assert wb.Dataset.from_frame(frame, known_at="announced").frame["known_at"].to_list() == [utc("2024-01-26 00:00")]


def test_two_levels_of_columns_are_for_bars() -> None:
    frame = pd.DataFrame({("eps", "A"): [1.0], ("eps", "B"): [1.0]})
    with pytest.raises(ValueError, match="no level of the columns holds open, high, low, close"):
        wb.Dataset.from_frame(frame)
