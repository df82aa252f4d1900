"""Instants against trading hours: breaks, half days, clock changes, and agreement with exchange_calendars."""

from __future__ import annotations

import random
import sys
import warnings
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from workbench.errors import TimeError, UnsupportedError
from workbench.market import simulate
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar


@pytest.mark.parametrize(
    ("name", "at", "open_now"),
    [
        pytest.param("XNYS", "2024-07-03T09:30-04:00", True, id="the open"),
        pytest.param("XNYS", "2024-07-03T12:59:59-04:00", True, id="last second of a half day"),
        pytest.param("XNYS", "2024-07-03T13:00-04:00", False, id="close of a half day"),
        pytest.param("XNYS", "2024-07-04T12:00-04:00", False, id="holiday"),
        pytest.param("XNYS", "2024-03-08T14:29Z", False, id="a minute before the open in winter"),
        pytest.param("XNYS", "2024-03-11T13:30Z", True, id="the open after the clocks went forward"),
        pytest.param("XNYS", "2024-11-01T13:30Z", True, id="the open before the clocks go back"),
        pytest.param("XNYS", "2024-11-04T13:30Z", False, id="an hour before the open after they went back"),
        pytest.param("XHKG", "2024-01-02T11:59+08:00", True, id="before lunch"),
        pytest.param("XHKG", "2024-01-02T12:00+08:00", False, id="lunch begins"),
        pytest.param("XHKG", "2024-01-02T13:00+08:00", True, id="lunch is over"),
        pytest.param("XHKG", "2024-02-09T13:00+08:00", False, id="no afternoon on a half day"),
        pytest.param("24/7", "2024-02-29T23:59Z", True, id="always"),
        pytest.param("24/5", "2024-03-02T12:00Z", False, id="Saturday"),
    ],
)
def test_is_open(name: str, at: str, open_now: bool) -> None:
    calendar = Calendar(name)
    assert calendar.is_open(at) is calendar.is_open(datetime.fromisoformat(at)) is open_now
    times = pl.Series([datetime.fromisoformat(at).astimezone(UTC), None], dtype=pl.Datetime("us", "UTC"))
    assert calendar.open_at(times).to_list() == [open_now, None]


HONG_KONG = "2024-01-02T{}+08:00"


@pytest.mark.parametrize(
    ("method", "at", "breaks", "expected"),
    [
        pytest.param("next_open", "09:29", False, "2024-01-02T09:30", id="the open is near"),
        pytest.param("next_open", "09:30", False, "2024-01-03T09:30", id="strictly after"),
        pytest.param("next_open", "12:30", False, "2024-01-03T09:30", id="lunch is no open of a session"),
        pytest.param("next_open", "12:30", True, "2024-01-02T13:00", id="the end of lunch is one with breaks"),
        pytest.param("next_close", "10:00", False, "2024-01-02T16:00", id="close"),
        pytest.param("next_close", "10:00", True, "2024-01-02T12:00", id="lunch begins"),
        pytest.param("previous_open", "14:00", False, "2024-01-02T09:30", id="previous open"),
        pytest.param("previous_open", "14:00", True, "2024-01-02T13:00", id="previous open after lunch"),
        pytest.param("previous_close", "13:30", False, "2023-12-29T16:00", id="over New Year; the 29th is a full day"),
        pytest.param("previous_close", "13:30", True, "2024-01-02T12:00", id="lunch began"),
    ],
)
def test_edges_around_lunch(method: str, at: str, breaks: bool, expected: str) -> None:
    found = getattr(Calendar("XHKG"), method)(HONG_KONG.format(at), breaks=breaks)
    assert found == datetime.fromisoformat(f"{expected}+08:00")
    assert found.tzinfo is UTC


@pytest.mark.parametrize("name", ["XNYS", "XHKG", "XLON", "XASX", "CMES", "XTKS", "24/7", "24/5"])
def test_edges_agree_with_exchange_calendars(name: str) -> None:
    """Three instants in each of many weeks, some of them exactly at an open or a close."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd
        from exchange_calendars import get_calendar

        theirs = get_calendar(name, start="2007-01-01", end="2024-12-31")
        ours, draw = Calendar(name), random.Random(7)
        marks = [t.to_pydatetime() for t in (*theirs.opens[20:-20:97], *theirs.closes[20:-20:97])]
        span = int(timedelta(days=17 * 365).total_seconds() // 60)
        first = datetime(2007, 2, 1, tzinfo=UTC)
        for at in (*marks, *(first + timedelta(minutes=draw.randrange(span)) for _ in range(150))):
            for method in ("next_open", "next_close", "previous_open", "previous_close"):
                assert getattr(ours, method)(at) == getattr(theirs, method)(at).to_pydatetime(), (method, at)
            assert ours.is_open(at) is bool(theirs.is_open_at_time(pd.Timestamp(at), side="left")), at


@pytest.mark.parametrize(
    ("name", "days", "count"),
    [
        pytest.param("XNYS", ("2024-07-02", "2024-07-05"), 390 + 210 + 390, id="a half day and a holiday"),
        pytest.param("XHKG", ("2024-02-08", "2024-02-09"), 330 + 150, id="lunch, and a morning only"),
        pytest.param("24/5", ("2024-03-01", "2024-03-04"), 2880, id="over a weekend"),
    ],
)
def test_minutes(name: str, days: tuple[str, str], count: int) -> None:
    minutes = Calendar(name).minutes(*map(date.fromisoformat, days))
    assert len(minutes) == count
    assert Calendar(name).open_at(minutes).all()


def test_sessions_before_and_after() -> None:
    calendar = Calendar("XNYS")
    assert calendar.next_session(date(2024, 7, 3)) == date(2024, 7, 5)
    assert calendar.previous_session(date(2024, 7, 7)) == date(2024, 7, 5)
    assert [calendar.is_session(date(2024, 7, d)) for d in (3, 4, 5, 6)] == [True, False, True, False]
    assert calendar.next_session(date(2019, 12, 31)) == date(2020, 1, 2)


def test_the_end_of_what_is_known_is_said() -> None:
    shanghai = Calendar("XSHG")
    assert shanghai.next_session(date(2026, 12, 1)) == date(2026, 12, 2)
    with pytest.raises(TimeError, match=r"calendar XSHG knows sessions from .* to 2026-12-31, none beyond 2026-12-31"):
        shanghai.next_session(date(2026, 12, 31))
    with pytest.raises(TimeError, match=r"calendar XSHG knows sessions from 1990-12-03 to .*, none beyond 1990-01-01"):
        shanghai.is_open("1990-01-01T03:00Z")
    with pytest.raises(TimeError, match="calendar XSHG is known from 1990-12-03 to 2026-12-31"):
        shanghai.is_session(date(2050, 1, 3))


@pytest.mark.parametrize("given", ["2024-01-02T10:00", "soon", date(2024, 1, 2), datetime(2024, 1, 2)])  # noqa: DTZ001
def test_times_must_be_aware(given: Any) -> None:
    with pytest.raises(TimeError, match="time="):
        Calendar("24/7").is_open(given)


def test_extended_hours_are_refused_where_they_are_unknown() -> None:
    with pytest.raises(UnsupportedError, match="extended hours of XLON are not on record; keep bars of regular hours"):
        Calendar("XLON").extended_hours(date(2024, 7, 3))
    with pytest.raises(UnsupportedError, match="extended hours of XNAS are on record from 2013-04-01 on"):
        Calendar("XNAS").is_open("2013-03-28T08:00-04:00", extended=True)
    with pytest.raises(TimeError, match="2024-07-04 is no session of XNYS"):
        Calendar("XNYS").extended_hours(date(2024, 7, 4))
    assert Calendar("24/5").extended_hours(date(2024, 3, 1))[0] == datetime(2024, 3, 1, tzinfo=UTC)


def test_an_instant_costs_little() -> None:
    """Once the sessions of a decade are known, a question runs no line of pandas or of exchange_calendars."""
    calendar, at = Calendar("XNYS"), datetime(2024, 7, 3, 15, tzinfo=UTC)
    calendar.is_open(at)
    files: set[str] = set()
    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: files.add(frame.f_code.co_filename))
    try:
        assert calendar.is_open(at)
    finally:
        sys.settrace(before)
    assert any("hours.py" in file for file in files)
    assert not [file for file in files if "pandas" in file or "exchange_calendars" in file]


def test_bars_end_before_lunch() -> None:
    """Hours of Hong Kong: 9:30, 10:30, 11:30 to 12:00, 13:00, 14:00, 15:00; six in a day, 330 minutes."""
    hours = simulate.bars("700", every="1h", n=12, start="2024-01-02", calendar="XHKG")
    local = hours.frame.select(pl.col("open_time", "time").dt.convert_time_zone("Asia/Hong_Kong").dt.strftime("%H:%M"))
    assert local["open_time"].to_list()[:6] == ["09:30", "10:30", "11:30", "13:00", "14:00", "15:00"]
    assert local["time"].to_list()[:6] == ["10:30", "11:30", "12:00", "14:00", "15:00", "16:00"]
    assert hours.gaps == {"700": 0}
    again = Bars.from_frame(hours.frame.drop("time", "session"), calendar="XHKG", every="1h")
    assert again.frame["time"].to_list() == hours.frame["time"].to_list()


def test_lunch_is_no_gap() -> None:
    minutes = simulate.bars("700", every="1m", n=660, start="2024-01-02", calendar="XHKG")
    assert minutes.gaps == {"700": 0}
    assert minutes.frame["session"].unique().to_list() == [date(2024, 1, 2), date(2024, 1, 3)]
