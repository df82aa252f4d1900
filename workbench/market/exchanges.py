"""Tables of sessions by the name of a calendar: two built in, all others from `exchange_calendars`.

The one idea: this is the one place that meets pandas; what leaves it is a frame of the schema `SCHEDULE`, made for
whole years and kept.
"""

from __future__ import annotations

import warnings
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import polars as pl

from workbench.errors import TimeError
from workbench.market.hours import TIME

__all__ = ["BUILT_IN", "exchange_names", "limits", "midnight", "span", "table", "unknown"]

BUILT_IN: Final = ("24/7", "24/5")
DAY_US: Final = 86_400_000_000
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199


@lru_cache(maxsize=64)
def limits(name: str) -> tuple[date, date]:
    """First and last date that a calendar can tell of."""
    if name in BUILT_IN:
        return date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
    bounds = [bound and bound.date() for bound in _exchange_bounds(name)]
    return max(bounds[0] or date.min, date(FIRST_YEAR, 1, 1)), min(bounds[1] or date.max, date(LAST_YEAR, 12, 31))


def midnight(days: int) -> pl.Expr:
    """The start of a session's UTC day, moved by some days."""
    return (pl.col("session").cast(pl.Int64) * DAY_US + days * DAY_US).cast(TIME)


@lru_cache(maxsize=64)
def table(name: str, first_year: int, last_year: int) -> pl.DataFrame:
    """All sessions of some whole years."""
    start, end = date(first_year, 1, 1), date(last_year, 12, 31)
    known = _decades(name, first_year // 10, last_year // 10)
    return span(name, start, end) if known is None else known.filter(pl.col("session").is_between(start, end))


@lru_cache(maxsize=64)
def _decades(name: str, first: int, last: int) -> pl.DataFrame | None:
    """All sessions of some whole decades, which take no longer to make than those of a year; None if not all known."""
    try:
        return span(name, date(first * 10, 1, 1), date(last * 10 + 9, 12, 31))
    except TimeError:
        # A calendar that begins or ends inside a decade still knows years of it; the caller asks for those alone.
        return None


def span(name: str, start: date, end: date) -> pl.DataFrame:
    """All sessions of a span of days.

    Raises:
        TimeError: the calendar does not know these years.

    Example:
        >>> span("24/5", date(2024, 3, 1), date(2024, 3, 4))["session"].to_list()
        [datetime.date(2024, 3, 1), datetime.date(2024, 3, 4)]
    """
    if name not in BUILT_IN:
        return _exchange_table(name, start, end)
    days = pl.date_range(start, end, eager=True).alias("session")
    kept = days.filter(days.dt.weekday() <= (7 if name == "24/7" else 5))
    no_break = pl.lit(None, TIME)
    return pl.DataFrame({"session": kept}).select(
        "session", open_time=midnight(0), break_start=no_break, break_end=no_break, time=midnight(1), half_day=False
    )


def _exchange_table(name: str, start: date, end: date) -> pl.DataFrame:
    if start.year < FIRST_YEAR:
        raise TimeError(f"calendar {name} is known from {FIRST_YEAR} on; {start.year} was asked for")
    calendar = _exchange(name, start, end)
    frame = pl.from_pandas(calendar.schedule.rename_axis("session"), include_index=True)
    early = pl.Series(calendar.early_closes.date.tolist(), dtype=pl.Date)
    names = {"open_time": "open", "break_start": "break_start", "break_end": "break_end", "time": "close"}
    times = {ours: pl.col(theirs).cast(TIME) for ours, theirs in names.items()}
    session = pl.col("session").cast(pl.Date)
    return frame.select(session, **times, half_day=session.is_in(early.implode()))


def _exchange(name: str, start: date | None, end: date | None) -> Any:
    """The calendar of exchange_calendars; without dates that of its usual years."""
    from exchange_calendars import errors, get_calendar

    span = {key: f"{day}" for key, day in (("start", start), ("end", end)) if day is not None}
    try:
        with warnings.catch_warnings():
            # exchange_calendars 4.13 uses what pandas 3.1 deprecates; a user can do nothing about it.
            warnings.simplefilter("ignore", category=DeprecationWarning)
            warnings.simplefilter("ignore", category=FutureWarning)
            return get_calendar(name, **span)
    except (errors.CalendarError, ValueError) as error:
        years = f"{start and start.year} to {end and end.year}"
        raise TimeError(f"calendar {name} cannot give the years {years}: {error}") from error


def _exchange_bounds(name: str) -> tuple[Any, Any]:
    calendar = _exchange(name, None, None)
    return calendar.bound_min(), calendar.bound_max()


@lru_cache(maxsize=1)
def exchange_names() -> frozenset[str]:
    """Every name that `exchange_calendars` knows, other names of one calendar included."""
    from exchange_calendars import get_calendar_names

    return frozenset(get_calendar_names(include_aliases=True))


def unknown(given: object) -> str:
    """What to say of a name that is no calendar's."""
    names = [*BUILT_IN, *sorted(exchange_names())]
    near = get_close_matches(given.upper(), names, n=3, cutoff=0.5) if isinstance(given, str) else []
    hint = f"the nearest are {', '.join(near)}" if near else "allowed are '24/7', '24/5' and exchanges such as 'XNYS'"
    return f"calendar={given!r} does not exist; {hint}"
