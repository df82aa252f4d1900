"""Schedules: `ctx.schedule(rotate, every="1mo", on=0, at="close")` as a stream of due times.

The one idea: a schedule picks sessions of the calendar, not of the data. Its function is called in the first slice
that closes at or after the due time, so it never needs to know which bars are still to come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import count, groupby
from typing import Final, Literal

from workbench.errors import ParameterError, TimeError
from workbench.market.calendars import Calendar
from workbench.market.clock import every_us

__all__ = ["Schedule", "dues", "schedule"]

EVERY: Final = re.compile(r"([1-9]\d{0,2})(m|h|d|w|mo|y)")
AT: Final = re.compile(r"(open|close)(?:([+-])(\d{1,4})m)?")
MINUTE_US: Final = 60_000_000
COUNTED: Final = ("m", "h", "d")  # periods counted from the first session, not by the calendar
NEVER_US: Final = 2**62 // 1_000
SESSIONS_MOST: Final = {"d": 1, "w": 7, "mo": 31, "y": 366}
Unit = Literal["m", "h", "d", "w", "mo", "y"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every `step` units, in the session number `on` of the period, `offset_us` after its open or close.

    Example:
        >>> schedule("1mo", -1, "close-5m", "1m").offset_us
        -300000000
    """

    step: int
    unit: str
    on: int
    anchor: str
    offset_us: int


def schedule(every: object, on: object, at: object, bar: str) -> Schedule:
    """A schedule from what the user wrote, for bars of the length `bar`.

    Raises:
        ParameterError: an argument that makes no sense, or a time of day that bars of this length cannot meet.

    Example:
        >>> schedule("1w", 0, "close", "1d")
        Schedule(step=1, unit='w', on=0, anchor='close', offset_us=0)
    """
    period = EVERY.fullmatch(every) if isinstance(every, str) else None
    if period is None:
        raise ParameterError(f"every={every!r}: give '1d', '1w', '1mo', '1y', or within the day '15m', '1h'")
    if isinstance(on, bool) or not isinstance(on, int):
        raise ParameterError(f"on={on!r}: give a session of the period, 0 for the first, -1 for the last")
    place = AT.fullmatch(at) if isinstance(at, str) else None
    if place is None:
        raise ParameterError(f"at={at!r}: give 'close', 'open+30m' or 'close-5m'")
    offset_us = int(place[3] or 0) * MINUTE_US * (-1 if place[2] == "-" else 1)
    made = Schedule(int(period[1]), period[2], on, place[1], offset_us)
    _check_period(made, every, at)
    _check_reach(made, at, every_us(bar), bar)
    return made


def _check_period(made: Schedule, every: object, at: object) -> None:
    """A session that no period has would never come, and within the day there is no session to pick."""
    if made.unit in "mh":
        if made.on != 0 or at != "close":
            raise ParameterError(f"every={every!r} comes all day long; leave on= and at= out, or give every='1d'")
        return
    most = made.step * SESSIONS_MOST[made.unit]
    if not -most <= made.on < most:
        raise ParameterError(f"on={made.on}: every={every!r} has at most {most} sessions; give {-most} to {most - 1}")


def _check_reach(made: Schedule, at: object, bar_us: int, bar: str) -> None:
    """A time between two bars cannot be met, and one outside the session is a slip of the sign."""
    if made.unit in "mh" and made.step * MINUTE_US * (60 if made.unit == "h" else 1) < bar_us:
        raise ParameterError(f"every='{made.step}{made.unit}' is shorter than the bars ({bar}); use finer bars")
    outside = made.offset_us < 0 if made.anchor == "open" else made.offset_us > 0
    if outside:
        raise ParameterError(f"at={at!r} lies outside the session; write 'open+30m' or 'close-5m'")
    if made.anchor == "open" and bar == "1d":
        raise ParameterError(f"at={at!r} needs bars within the day; daily bars decide at the close: at='close'")
    if made.offset_us % bar_us:
        raise ParameterError(f"at={at!r} falls between two bars of {bar}; use finer bars or at='{made.anchor}'")


def dues(made: Schedule, calendar: Calendar, first: date) -> Iterator[int]:
    """Due times in UTC microseconds, rising, from the session `first` on; it never ends.

    Example:
        >>> from itertools import islice
        >>> monthly = dues(schedule("1mo", 0, "close", "1d"), Calendar("24/7"), date(1970, 1, 15))
        >>> [us // 86_400_000_000 for us in islice(monthly, 2)]
        [32, 60]
    """
    sessions = _sessions(calendar, first)
    if made.unit in COUNTED:
        sessions = (row for row in sessions if row[0] >= first)
    for _, period in groupby(sessions, key=_period(made)):
        yield from _of_period(made, list(period), first)
    yield from count(NEVER_US)


def _of_period(made: Schedule, sessions: list[tuple[date, int, int]], first: date) -> Iterator[int]:
    if not -len(sessions) <= made.on < len(sessions):
        return
    session, open_us, close_us = sessions[made.on]
    if session < first:
        return
    if made.unit in "mh":
        step_us = made.step * MINUTE_US * (60 if made.unit == "h" else 1)
        yield from range(open_us + step_us, close_us + 1, step_us)
    else:
        yield (open_us if made.anchor == "open" else close_us) + made.offset_us


def _period(made: Schedule):  # type: ignore[no-untyped-def]  # a key function for groupby
    numbers = count()
    keys = {
        "w": lambda day: (day.toordinal() - 1) // 7,
        "mo": lambda day: day.year * 12 + day.month - 1,
        "y": lambda day: day.year,
    }
    if made.unit in keys:
        return lambda row: keys[made.unit](row[0]) // made.step
    return lambda row: next(numbers) // (made.step if made.unit == "d" else 1)


def _sessions(calendar: Calendar, first: date) -> Iterator[tuple[date, int, int]]:
    """Session, open and close, year by year, from the start of the period that holds `first` as far as is known."""
    for year in count((first - timedelta(days=366)).year):
        try:
            yield from _year(calendar.name, year)
        except TimeError:
            if year >= first.year:
                return  # the calendar is known no further


@lru_cache(maxsize=256)
def _year(calendar: str, year: int) -> list[tuple[date, int, int]]:
    table = Calendar(calendar).table(date(year, 1, 1), date(year, 12, 31))
    opens, closes = table["open_time"].dt.epoch("us"), table["time"].dt.epoch("us")
    return list(zip(table["session"].to_list(), opens.to_list(), closes.to_list(), strict=True))
