"""Sessions, opens and closes of exchanges and of markets that never close."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from workbench.errors import ParameterError, TimeError
from workbench.market.calendars import Calendar


def ns(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("name", "session", "opens", "closes"),
    [
        pytest.param("XNYS", date(2012, 7, 3), "2012-07-03T13:30Z", "2012-07-03T17:00Z", id="half day, summer"),
        pytest.param("XNYS", date(2012, 11, 23), "2012-11-23T14:30Z", "2012-11-23T18:00Z", id="day after Thanksgiving"),
        pytest.param("XNYS", date(2004, 11, 15), "2004-11-15T14:30Z", "2004-11-15T21:00Z", id="full day, winter"),
        pytest.param("XLON", date(2024, 6, 3), "2024-06-03T07:00Z", "2024-06-03T15:30Z", id="London, summer"),
        pytest.param("24/7", date(2024, 2, 29), "2024-02-29T00:00Z", "2024-03-01T00:00Z", id="UTC day"),
        pytest.param("24/5", date(2024, 3, 1), "2024-03-01T00:00Z", "2024-03-02T00:00Z", id="Friday"),
    ],
)
def test_open_close(name: str, session: date, opens: str, closes: str) -> None:
    assert Calendar(name).open_close(session) == (ns(opens), ns(closes))


@pytest.mark.parametrize(
    ("name", "start", "end", "count"),
    [
        # 2012: 366 days, 52 weekends and one Sunday make 261 weekdays; 9 holidays and two days of hurricane Sandy.
        pytest.param("XNYS", date(2012, 1, 1), date(2012, 12, 31), 261 - 9 - 2, id="New York in 2012"),
        pytest.param("24/7", date(2012, 1, 1), date(2012, 12, 31), 366, id="always"),
        pytest.param("24/5", date(2012, 1, 1), date(2012, 12, 31), 261, id="weekdays"),
        pytest.param("24/5", date(2024, 3, 2), date(2024, 3, 3), 0, id="a weekend"),
    ],
)
def test_sessions(name: str, start: date, end: date, count: int) -> None:
    assert len(Calendar(name).sessions(start, end)) == count


@pytest.mark.parametrize(
    ("name", "time", "session"),
    [
        pytest.param("XNYS", "2012-07-03T13:30+00:00", date(2012, 7, 3), id="the open belongs to it"),
        pytest.param("XNYS", "2012-07-03T16:59+00:00", date(2012, 7, 3), id="last minute of a half day"),
        pytest.param("XNYS", "2012-07-03T17:00+00:00", None, id="the close does not"),
        pytest.param("XNYS", "2012-07-04T15:00+00:00", None, id="holiday"),
        pytest.param("XASX", "2024-01-14T23:30+00:00", date(2024, 1, 15), id="Sydney opens on the UTC day before"),
        pytest.param("24/7", "2024-02-29T23:59+00:00", date(2024, 2, 29), id="UTC day"),
        pytest.param("24/5", "2024-03-02T10:00+00:00", None, id="Saturday"),
    ],
)
def test_session_of(name: str, time: str, session: date | None) -> None:
    times = pl.Series([datetime.fromisoformat(time)], dtype=pl.Datetime("us", "UTC"))
    assert Calendar(name).session_of(times).to_list() == [session]


def test_session_of_keeps_the_order_given() -> None:
    times = pl.Series([datetime(2024, 3, d, 15, tzinfo=UTC) for d in (6, 4, 5)])
    assert Calendar("XNYS").session_of(times).to_list() == [date(2024, 3, d) for d in (6, 4, 5)]


def test_bounds_are_null_where_there_is_no_session() -> None:
    bounds = Calendar("XNYS").bounds(pl.Series([date(2024, 3, 2), date(2024, 3, 1)]))
    assert bounds["session"].to_list() == [date(2024, 3, 2), date(2024, 3, 1)]
    assert bounds["time"].is_null().to_list() == [True, False]


def test_no_dates_have_no_bounds() -> None:
    assert Calendar("XNYS").bounds(pl.Series([], dtype=pl.Date)).columns == ["session", "open_time", "time"]


@pytest.mark.parametrize(
    ("name", "per_year"), [("24/7", 365), ("24/5", 252), ("XNYS", 252)], ids=["24/7", "24/5", "XNYS"]
)
def test_annualisation(name: str, per_year: int) -> None:
    assert Calendar(name).annualisation == per_year


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match=r"calendar='XNYC' does not exist; the nearest are .*XNYS"):
        Calendar("XNYC")
    with pytest.raises(ParameterError, match="allowed are '24/7', '24/5'"):
        Calendar("???????")


def test_times_in_the_wrong_order_and_days_off_are_refused() -> None:
    with pytest.raises(TimeError, match="end=2024-01-01 lies before start=2024-01-02"):
        Calendar("24/7").sessions(date(2024, 1, 2), date(2024, 1, 1))
    with pytest.raises(TimeError, match="2024-03-02 is no session of XNYS"):
        Calendar("XNYS").open_close(date(2024, 3, 2))
    with pytest.raises(TimeError, match="calendar XSHG cannot give the years 1980 to 1980"):
        Calendar("XSHG").sessions(date(1980, 1, 1), date(1980, 2, 1))
    with pytest.raises(TimeError, match="known from 1900 on; 1850"):
        Calendar("XNYS").sessions(date(1850, 1, 1), date(1850, 2, 1))


DATED: dict[str, Callable[[Calendar, Any], object]] = {
    "sessions": lambda calendar, day: calendar.sessions(day, day),
    "table": lambda calendar, day: calendar.table(day, day),
    "schedule": lambda calendar, day: calendar.schedule(day, day),
    "minutes": lambda calendar, day: calendar.minutes(day, day).to_list(),
    "half_days": lambda calendar, day: calendar.half_days(day, day),
    "is_session": lambda calendar, day: calendar.is_session(day),
    "next_session": lambda calendar, day: calendar.next_session(day),
    "previous_session": lambda calendar, day: calendar.previous_session(day),
    "open_close": lambda calendar, day: calendar.open_close(day),
    "extended_hours": lambda calendar, day: calendar.extended_hours(day),
    "extended": lambda calendar, day: calendar.extended(day, day),
}


@pytest.mark.parametrize("asked", DATED.values(), ids=DATED)
def test_a_date_is_also_read_from_its_text(asked: Callable[[Calendar, Any], object]) -> None:
    text, day = (asked(Calendar("XNYS"), given) for given in ("2024-07-03", date(2024, 7, 3)))
    assert text.equals(day) if isinstance(text, pl.DataFrame) else text == day


@pytest.mark.parametrize("asked", DATED.values(), ids=DATED)
@pytest.mark.parametrize("given", ["July", "2024-07-03T10:00", 20240703, None, datetime(2024, 7, 3, tzinfo=UTC)])
def test_what_is_no_date(asked: Callable[[Calendar, Any], object], given: Any) -> None:
    with pytest.raises(TimeError, match=r"write '2024-02-29'|or its text: '2024-02-29'"):
        asked(Calendar("XNYS"), given)
