"""Pre-market and after-hours: from when to when, by hand, in summer and winter, on half days, and for which bars."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from workbench.market import simulate
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("name", "session", "start", "end"),
    [
        # New York is UTC-4 in summer, UTC-5 in winter: 4:00 to 20:00, to 17:00 where the exchange closes at 13:00.
        pytest.param("XNYS", date(2024, 7, 2), "2024-07-02T08:00", "2024-07-03T00:00", id="summer"),
        pytest.param("XNYS", date(2024, 1, 2), "2024-01-02T09:00", "2024-01-03T01:00", id="winter"),
        pytest.param("XNAS", date(2024, 7, 3), "2024-07-03T08:00", "2024-07-03T21:00", id="a half day in summer"),
        pytest.param("XNYS", date(2024, 11, 29), "2024-11-29T09:00", "2024-11-29T22:00", id="a half day in winter"),
        # Clocks changed on Sunday 2024-03-10.
        pytest.param(
            "XNYS", date(2024, 3, 8), "2024-03-08T09:00", "2024-03-09T01:00", id="before the change of clocks"
        ),
        pytest.param("XNYS", date(2024, 3, 11), "2024-03-11T08:00", "2024-03-12T00:00", id="after it"),
        pytest.param("24/7", date(2024, 7, 4), "2024-07-04T00:00", "2024-07-05T00:00", id="around the clock"),
    ],
)
def test_extended_hours(name: str, session: date, start: str, end: str) -> None:
    assert Calendar(name).extended_hours(session) == (at(start), at(end))


@pytest.mark.parametrize(
    ("time", "regular", "extended", "session"),
    [
        pytest.param("2024-07-02T07:59", False, False, None, id="before the pre-market"),
        pytest.param("2024-07-02T08:00", False, True, 2, id="its first minute"),
        pytest.param("2024-07-02T13:30", True, True, 2, id="the open"),
        pytest.param("2024-07-02T20:00", False, True, 2, id="the close"),
        pytest.param("2024-07-02T23:59", False, True, 2, id="the last minute"),
        pytest.param("2024-07-03T00:00", False, False, None, id="after it"),
        pytest.param("2024-07-03T20:59", False, True, 3, id="a half day ends at 17:00"),
        pytest.param("2024-07-03T21:00", False, False, None, id="and not later"),
        pytest.param("2024-07-04T15:00", False, False, None, id="a holiday"),
    ],
)
def test_open_and_session(time: str, regular: bool, extended: bool, session: int | None) -> None:
    new_york = Calendar("XNYS")
    assert new_york.is_open(at(time)) is regular
    assert new_york.is_open(at(time), extended=True) is extended
    expected = None if session is None else date(2024, 7, session)
    assert new_york.session_of(pl.Series([at(time)]), extended=True).to_list() == [expected]


def test_before_they_are_on_record_hours_are_regular() -> None:
    table = Calendar("XNYS").extended(date(2005, 12, 30), date(2006, 1, 3))
    assert [f"{t:%m-%d %H:%M}" for t in table["open_time"]] == ["12-30 14:30", "01-03 09:00"]
    assert Calendar("XLON").extended(date(2024, 7, 2), date(2024, 7, 2))["open_time"].to_list() == [
        at("2024-07-02T07:00")
    ]


def test_regular_hours_of_bars() -> None:
    """Hours from 4:00 to 19:00 New York; a bar belongs where it opens, so 9:00 is the pre-market's."""
    hours = [datetime(2024, 7, 2, h, tzinfo=UTC) for h in range(8, 24)]
    prices = {name: [10.0] * 16 for name in ("open", "high", "low", "close")}
    ends = [*hours[1:], datetime(2024, 7, 3, tzinfo=UTC)]
    frame = pl.DataFrame({"open_time": hours, "time": ends, "session": [date(2024, 7, 2)] * 16, **prices})
    kept = Bars.from_frame(frame, "X", every="1h", calendar="XNYS").regular_hours()
    assert kept.frame["open_time"].dt.hour().to_list() == [14, 15, 16, 17, 18, 19]


def test_regular_hours_of_assets_of_two_markets() -> None:
    """Of two hours around the open of New York both are London's."""
    frames = []
    for name in ("A", "B"):
        hours = [datetime(2024, 7, 2, h, 30, tzinfo=UTC) for h in (12, 13)]
        prices = {column: [10.0] * 2 for column in ("open", "high", "low", "close")}
        ends = [datetime(2024, 7, 2, h, 30, tzinfo=UTC) for h in (13, 14)]
        frames.append(pl.DataFrame({"asset": name, "open_time": hours, "time": ends, **prices}))
        frames[-1] = frames[-1].with_columns(session=pl.date(2024, 7, 2))
    assets = [Asset("A", calendar="XNYS"), Asset("B", calendar="XLON")]
    kept = Bars.from_frame(pl.concat(frames), every="1h", assets=assets).regular_hours().frame
    assert kept.select("asset", pl.col("open_time").dt.hour()).rows() == [("A", 13), ("B", 12), ("B", 13)]


@pytest.mark.parametrize(("every", "calendar"), [("1d", "XNYS"), ("1h", "24/7")], ids=["daily", "around the clock"])
def test_regular_hours_leave_bars_that_have_no_others(every: str, calendar: str) -> None:
    bars = simulate.bars("X", every, n=30, calendar=calendar)
    assert bars.regular_hours().frame.equals(bars.frame)
