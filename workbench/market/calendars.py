"""When things are traded: sessions, their opens and closes, and the session a time belongs to.

The one idea: a calendar is only a name; its table of sessions is made for the years asked about and kept. "24/7" and
"24/5" are UTC days and built in, every other name comes from `exchange_calendars`, the one place that needs pandas.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

import polars as pl

from workbench.errors import ParameterError, TimeError

__all__ = ["Calendar"]

BUILT_IN: Final = ("24/7", "24/5")
TIME: Final = pl.Datetime("us", "UTC")
DAY_US: Final = 86_400_000_000
FIRST_YEAR: Final = 1900


@dataclass(frozen=True, slots=True)
class Calendar:
    """The sessions of a market, by the name of its calendar: "XNYS", "XLON", "24/7", "24/5".

    A 24/7 session is a UTC day, a 24/5 session a UTC day from Monday to Friday.

    Raises:
        ParameterError: a calendar that does not exist; the nearest names are listed.

    Example:
        >>> from datetime import date
        >>> Calendar("24/5").sessions(date(2024, 1, 5), date(2024, 1, 8))
        [datetime.date(2024, 1, 5), datetime.date(2024, 1, 8)]
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in BUILT_IN and self.name not in _exchange_names():
            raise ParameterError(_unknown(self.name))

    @property
    def annualisation(self) -> int:
        """Sessions per year that statistics count with: 365 for 24/7, else 252.

        Example:
            >>> Calendar("24/7").annualisation
            365
        """
        return 365 if self.name == "24/7" else 252

    def sessions(self, start: date, end: date) -> list[date]:
        """All sessions from `start` to `end`, both included.

        Raises:
            TimeError: `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> Calendar("XNYS").sessions(date(2024, 7, 3), date(2024, 7, 5))
            [datetime.date(2024, 7, 3), datetime.date(2024, 7, 5)]
        """
        return self.table(start, end)["session"].to_list()

    def table(self, start: date, end: date) -> pl.DataFrame:
        """Frame of session (Date), open_time and time (UTC) from `start` to `end`, both included.

        Raises:
            TimeError: `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> Calendar("24/7").table(date(2024, 2, 28), date(2024, 3, 1)).height
            3
        """
        if end < start:
            raise TimeError(f"end={end} lies before start={start}: give them in order")
        table = _table(self.name, start.year, end.year)
        return table.filter(pl.col("session").is_between(start, end))

    def open_close(self, session: date) -> tuple[int, int]:
        """Open and close of one session, in UTC nanoseconds since 1970.

        Raises:
            TimeError: the date is no session of this calendar.

        Example:
            >>> from datetime import date
            >>> Calendar("24/7").open_close(date(1970, 1, 2))
            (86400000000000, 172800000000000)
        """
        row = self.table(session, session)
        if row.is_empty():
            raise TimeError(f"{session} is no session of {self.name}; see Calendar({self.name!r}).sessions(start, end)")
        times = row.select(pl.col("open_time", "time").dt.epoch("us") * 1000).row(0)
        return int(times[0]), int(times[1])

    def bounds(self, sessions: pl.Series) -> pl.DataFrame:
        """Opens and closes of many sessions, in the order given; null where a date is no session.

        Returns:
            Frame of session (Date), open_time and time (UTC), one row for each given date.

        Example:
            >>> from datetime import date
            >>> Calendar("24/7").bounds(pl.Series([date(2024, 2, 29)])).height
            1
        """
        dates = pl.DataFrame({"session": sessions.cast(pl.Date)})
        if dates.is_empty():
            return dates.with_columns(open_time=pl.lit(None, TIME), time=pl.lit(None, TIME))
        if self.name == "24/7":
            return dates.with_columns(open_time=_midnight(0), time=_midnight(1))
        span = dates.select(first=pl.col("session").min(), last=pl.col("session").max()).row(0)
        return dates.join(self.table(*span), on="session", how="left", maintain_order="left")

    def session_of(self, times: pl.Series) -> pl.Series:
        """The session in which each UTC time lies (open included, close not); null where there is none.

        Example:
            >>> from datetime import UTC, datetime
            >>> Calendar("24/7").session_of(pl.Series([datetime(2024, 2, 29, 23, 59, tzinfo=UTC)])).to_list()
            [datetime.date(2024, 2, 29)]
        """
        frame = pl.DataFrame({"at": times.cast(TIME)})
        if self.name == "24/7" or frame.is_empty():
            return frame["at"].dt.date().alias("session")
        span = frame.select(first=pl.col("at").min().dt.date(), last=pl.col("at").max().dt.date()).row(0)
        table = self._around(*span)
        opened = frame.with_row_index().sort("at").join_asof(table, left_on="at", right_on="open_time")
        inside = opened.select("index", session=pl.when(pl.col("at") < pl.col("time")).then(pl.col("session")))
        return inside.sort("index")["session"]

    def _around(self, first: date, last: date) -> pl.DataFrame:
        """Sessions with two days to spare: an exchange in Sydney opens on the UTC day before its session."""
        return self.table(_shift(first, -2), _shift(last, 2)).sort("open_time")


def _shift(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)


def _midnight(days: int) -> pl.Expr:
    return (pl.col("session").cast(pl.Int64) * DAY_US + days * DAY_US).cast(TIME)


@lru_cache(maxsize=64)
def _table(name: str, first_year: int, last_year: int) -> pl.DataFrame:
    """All sessions of some whole years."""
    if name not in BUILT_IN:
        return _exchange_table(name, first_year, last_year)
    days = pl.date_range(date(first_year, 1, 1), date(last_year, 12, 31), eager=True).alias("session")
    kept = days.filter(days.dt.weekday() <= (7 if name == "24/7" else 5))
    return pl.DataFrame({"session": kept}).with_columns(open_time=_midnight(0), time=_midnight(1))


def _exchange_table(name: str, first_year: int, last_year: int) -> pl.DataFrame:
    from exchange_calendars import errors, get_calendar

    if first_year < FIRST_YEAR:
        raise TimeError(f"calendar {name} is known from {FIRST_YEAR} on; {first_year} was asked for")
    try:
        with warnings.catch_warnings():
            # exchange_calendars 4.13 uses what pandas 3.1 deprecates; a user can do nothing about it.
            warnings.simplefilter("ignore", category=DeprecationWarning)
            warnings.simplefilter("ignore", category=FutureWarning)
            calendar = get_calendar(name, start=f"{first_year}-01-01", end=f"{last_year}-12-31")
    except (errors.CalendarError, ValueError) as error:
        raise TimeError(f"calendar {name} cannot give the years {first_year} to {last_year}: {error}") from error
    schedule = calendar.schedule[["open", "close"]]
    frame = pl.from_pandas(schedule.rename_axis("session"), include_index=True)
    session, opened, closed = pl.col("session").cast(pl.Date), pl.col("open").cast(TIME), pl.col("close").cast(TIME)
    return frame.select(session, open_time=opened, time=closed)


@lru_cache(maxsize=1)
def _exchange_names() -> frozenset[str]:
    from exchange_calendars import get_calendar_names

    return frozenset(get_calendar_names(include_aliases=True))


def _unknown(given: object) -> str:
    names = [*BUILT_IN, *sorted(_exchange_names())]
    near = get_close_matches(given.upper(), names, n=3, cutoff=0.5) if isinstance(given, str) else []
    hint = f"the nearest are {', '.join(near)}" if near else "allowed are '24/7', '24/5' and exchanges such as 'XNYS'"
    return f"calendar={given!r} does not exist; {hint}"
