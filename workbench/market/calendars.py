"""When things are traded: sessions, their opens and closes, and the session a time belongs to.

The one idea: a calendar is only a name; its table of sessions is made for the years asked about and kept. "24/7" and
"24/5" are UTC days and built in, every other name comes from `exchange_calendars` (see `exchanges`).
Questions about one instant are answered by a binary search in plain lists of whole microseconds, kept by decade.

A session is [open, close). A break (Hong Kong's lunch) belongs to its session, but the market is closed in it: the
session consists of two unbroken parts, and no bar spans both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import polars as pl

from workbench.errors import ParameterError, TimeError, UnsupportedError
from workbench.market.exchanges import BUILT_IN, exchange_names, limits, midnight, span, table, unknown
from workbench.market.extended import KNOWN, widened
from workbench.market.hours import EPOCH, MICROSECOND, SCHEDULE, TIME, Hours, dated, found, hours, instant, parts

__all__ = ["Calendar"]

MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """The sessions of a market, by the name of its calendar: "XNYS", "XLON", "24/7", "24/5".

    A 24/7 session is a UTC day, a 24/5 session a UTC day from Monday to Friday.

    Raises:
        ParameterError: a calendar that does not exist; the nearest names are listed.

    Example:
        >>> Calendar("24/5").sessions("2024-01-05", "2024-01-08")
        [datetime.date(2024, 1, 5), datetime.date(2024, 1, 8)]
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in BUILT_IN and self.name not in exchange_names():
            raise ParameterError(unknown(self.name))

    @property
    def annualisation(self) -> int:
        """Sessions per year that statistics count with: 365 for 24/7, else 252.

        Example:
            >>> Calendar("24/7").annualisation
            365
        """
        return 365 if self.name == "24/7" else 252

    @property
    def limits(self) -> tuple[date, date]:
        """First and last date that this calendar can tell of.

        Example:
            >>> str(Calendar("XSHG").limits[0])
            '1990-12-03'
        """
        return limits(self.name)

    def sessions(self, start: date | str, end: date | str) -> list[date]:
        """All sessions from `start` to `end`, both included.

        Raises:
            TimeError: no dates, or `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> Calendar("XNYS").sessions(date(2024, 7, 3), date(2024, 7, 5))
            [datetime.date(2024, 7, 3), datetime.date(2024, 7, 5)]
        """
        return self.table(start, end)["session"].to_list()

    def table(self, start: date | str, end: date | str) -> pl.DataFrame:
        """Frame of session (Date), open_time and time (UTC) from `start` to `end`, both included.

        Raises:
            TimeError: no dates, or `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> Calendar("24/7").table(date(2024, 2, 28), date(2024, 3, 1)).height
            3
        """
        return self.schedule(start, end).select("session", "open_time", "time")

    def schedule(self, start: date | str, end: date | str) -> pl.DataFrame:
        """All there is to know of the sessions from `start` to `end`, both included.

        Returns:
            Frame of session (Date), open_time, break_start, break_end, time (UTC; breaks are null where there is none)
            and half_day (true where the exchange closes early).

        Raises:
            TimeError: no dates, or `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> Calendar("XHKG").schedule(date(2024, 2, 8), date(2024, 2, 9))["half_day"].to_list()
            [False, True]
        """
        first, last = dated("start", start), dated("end", end)
        if last < first:
            raise TimeError(f"end={last} lies before start={first}: give them in order")
        return table(self.name, first.year, last.year).filter(pl.col("session").is_between(first, last))

    def parts(self, start: date | str, end: date | str) -> pl.DataFrame:
        """Unbroken parts of the sessions from `start` to `end`: two where a session has a break, else one.

        Returns:
            Frame of session (Date), open_time and time (UTC), in order.

        Raises:
            TimeError: no dates, or `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> Calendar("XHKG").parts(date(2024, 1, 2), date(2024, 1, 2))["open_time"].dt.strftime("%H:%M").to_list()
            ['01:30', '05:00']
        """
        return parts(self.schedule(start, end))

    def minutes(self, start: date | str, end: date | str) -> pl.Series:
        """Starts (UTC) of all minutes in which the market trades in the sessions from `start` to `end`.

        Raises:
            TimeError: no dates, or `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> [len(Calendar(name).minutes(date(2024, 7, 3), date(2024, 7, 3))) for name in ("XNYS", "XHKG", "24/7")]
            [210, 330, 1440]
        """
        opens, closes = pl.col("open_time").cast(pl.Int64), pl.col("time").cast(pl.Int64)
        starts = self.parts(start, end).select(pl.int_ranges(opens, closes, MINUTE_US).alias("minute"))
        return starts["minute"].explode(empty_as_null=False).cast(TIME)

    def half_days(self, start: date | str, end: date | str) -> list[date]:
        """Sessions from `start` to `end` that close early.

        Raises:
            TimeError: no dates, or `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> Calendar("XNYS").half_days(date(2024, 7, 1), date(2024, 7, 31))
            [datetime.date(2024, 7, 3)]
        """
        return self.schedule(start, end).filter("half_day")["session"].to_list()

    def is_session(self, day: date | str) -> bool:
        """Whether the market trades on a date.

        Raises:
            TimeError: a date that the calendar does not know.

        Example:
            >>> from datetime import date
            >>> Calendar("XNYS").is_session(date(2024, 7, 4))
            False
        """
        on = dated("day", day)
        return _around(self.name, on.year).is_session(on)

    def next_session(self, day: date | str) -> date:
        """The first session after a date, whether that is one or not.

        Raises:
            TimeError: the calendar is not known that far.

        Example:
            >>> from datetime import date
            >>> Calendar("XNYS").next_session(date(2024, 7, 3))
            datetime.date(2024, 7, 5)
        """
        on = dated("day", day)
        return _around(self.name, on.year).session_after(on)

    def previous_session(self, day: date | str) -> date:
        """The last session before a date, whether that is one or not.

        Raises:
            TimeError: the calendar is not known that far.

        Example:
            >>> from datetime import date
            >>> Calendar("XNYS").previous_session(date(2024, 7, 5))
            datetime.date(2024, 7, 3)
        """
        on = dated("day", day)
        return _around(self.name, on.year).session_before(on)

    def is_open(self, time: datetime | str, *, extended: bool = False) -> bool:
        """Whether the market trades at an instant: open included, close not, breaks not.

        Args:
            time: an aware datetime, or text with its zone.
            extended: pre-market and after-hours count too.

        Raises:
            TimeError: a naive or unreadable time, or one that the calendar does not know.
            UnsupportedError: extended hours that are not on record.

        Example:
            >>> Calendar("XHKG").is_open("2024-01-02T12:30+08:00"), Calendar("XHKG").is_open("2024-01-02T13:00+08:00")
            (False, True)
            >>> Calendar("XNYS").is_open("2024-07-02T08:00-04:00", extended=True)
            True
        """
        at, known = self._known(time)
        if extended and not known.inside(at):
            day = instant(time).date()
            self._check_extended(day)
            around = self.extended(_shift(day, -2), _shift(day, 2))
            return bool(
                around.select(pl.lit(instant(time)).is_between("open_time", "time", closed="left").any()).item()
            )
        return known.inside(at)

    def next_open(self, time: datetime | str, *, breaks: bool = False) -> datetime:
        """The first open of a session after an instant, in UTC; with `breaks` the end of a break is an open too.

        Raises:
            TimeError: a naive or unreadable time, or the calendar is not known that far.

        Example:
            >>> str(Calendar("XNYS").next_open("2024-07-03T13:00-04:00"))
            '2024-07-05 13:30:00+00:00'
        """
        at, known = self._known(time)
        return known.after(known.part_opens if breaks else known.opens, at)

    def next_close(self, time: datetime | str, *, breaks: bool = False) -> datetime:
        """The first close of a session after an instant, in UTC; with `breaks` the start of a break is a close too.

        Raises:
            TimeError: a naive or unreadable time, or the calendar is not known that far.

        Example:
            >>> str(Calendar("XNYS").next_close("2024-07-03T09:30-04:00"))
            '2024-07-03 17:00:00+00:00'
        """
        at, known = self._known(time)
        return known.after(known.part_closes if breaks else known.closes, at)

    def previous_open(self, time: datetime | str, *, breaks: bool = False) -> datetime:
        """The last open of a session before an instant, in UTC; with `breaks` the end of a break is an open too.

        Raises:
            TimeError: a naive or unreadable time, or the calendar is not known that far.

        Example:
            >>> str(Calendar("XNYS").previous_open("2024-07-03T09:30-04:00"))
            '2024-07-02 13:30:00+00:00'
        """
        at, known = self._known(time)
        return known.before(known.part_opens if breaks else known.opens, at)

    def previous_close(self, time: datetime | str, *, breaks: bool = False) -> datetime:
        """The last close of a session before an instant, in UTC; with `breaks` the start of a break is a close too.

        Raises:
            TimeError: a naive or unreadable time, or the calendar is not known that far.

        Example:
            >>> str(Calendar("XNYS").previous_close("2024-07-05T09:30-04:00"))
            '2024-07-03 17:00:00+00:00'
        """
        at, known = self._known(time)
        return known.before(known.part_closes if breaks else known.closes, at)

    def _known(self, time: datetime | str) -> tuple[int, Hours]:
        at = instant(time)
        return (at - EPOCH) // MICROSECOND, _around(self.name, at.year)

    def extended_hours(self, session: date | str) -> tuple[datetime, datetime]:
        """Start of the pre-market and end of the after-hours of a session, in UTC.

        A market that never closes in its day has nothing outside its session, so these are its open and close.

        Raises:
            UnsupportedError: an exchange whose extended hours are not on record, or not that early.
            TimeError: the date is no session of this calendar.

        Example:
            >>> from datetime import date
            >>> [str(time) for time in Calendar("XNYS").extended_hours(date(2024, 7, 3))]
            ['2024-07-03 08:00:00+00:00', '2024-07-03 21:00:00+00:00']
        """
        day = dated("session", session)
        self.open_close(day)
        self._check_extended(day)
        opened, closed = self.extended(day, day).select("open_time", "time").row(0)
        return opened, closed

    def _check_extended(self, day: date) -> None:
        if self.name in BUILT_IN or (self.name in KNOWN and KNOWN[self.name].since <= day):
            return
        since = f"are on record from {KNOWN[self.name].since} on" if self.name in KNOWN else "are not on record"
        raise UnsupportedError(
            f"extended hours of {self.name} {since}; keep bars of regular hours, or give bars of all hours "
            "calendar='24/5'"
        )

    def extended(self, start: date | str, end: date | str) -> pl.DataFrame:
        """Sessions from `start` to `end` with pre-market and after-hours, where these are on record.

        Returns:
            Frame of session (Date), open_time and time (UTC); regular hours where no others are on record.

        Raises:
            TimeError: no dates, or `end` lies before `start`.

        Example:
            >>> from datetime import date
            >>> str(Calendar("XNAS").extended(date(2024, 7, 2), date(2024, 7, 2))["time"][0])
            '2024-07-03 00:00:00+00:00'
        """
        return widened(self.name, self.schedule(start, end))

    def open_close(self, session: date | str) -> tuple[int, int]:
        """Open and close of one session, in UTC nanoseconds since 1970.

        Raises:
            TimeError: the date is no session of this calendar.

        Example:
            >>> from datetime import date
            >>> Calendar("24/7").open_close(date(1970, 1, 2))
            (86400000000000, 172800000000000)
        """
        day = dated("session", session)
        row = self.table(day, day)
        if row.is_empty():
            raise TimeError(f"{day} is no session of {self.name}; see Calendar({self.name!r}).sessions(start, end)")
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
            return dates.with_columns(open_time=midnight(0), time=midnight(1))
        span = dates.select(first=pl.col("session").min(), last=pl.col("session").max()).row(0)
        return dates.join(self.table(*span), on="session", how="left", maintain_order="left")

    def session_of(self, times: pl.Series, *, extended: bool = False) -> pl.Series:
        """The session in which each UTC time lies (open included, close not); null where there is none.

        With `extended`, pre-market and after-hours belong to their session too, where they are on record.

        Example:
            >>> from datetime import UTC, datetime
            >>> Calendar("24/7").session_of(pl.Series([datetime(2024, 2, 29, 23, 59, tzinfo=UTC)])).to_list()
            [datetime.date(2024, 2, 29)]
        """
        at = times.cast(TIME)
        if self.name == "24/7":
            return at.dt.date().alias("session")
        around = self._around(at)
        return found(at, widened(self.name, around) if extended else around, "session")

    def open_at(self, times: pl.Series) -> pl.Series:
        """Whether the market trades at each UTC time (open included, close not, breaks not); null stays null.

        Example:
            >>> from datetime import UTC, datetime
            >>> Calendar("24/5").open_at(pl.Series([datetime(2024, 3, d, tzinfo=UTC) for d in (1, 2)])).to_list()
            [True, False]
        """
        closes = self.part_ends(times)
        known = times.is_not_null()
        return pl.select(pl.when(known).then(closes.is_not_null())).to_series().alias("open")

    def part_ends(self, times: pl.Series) -> pl.Series:
        """When the trading in which each UTC time lies ends: a break or the close; null outside trading hours.

        Example:
            >>> from datetime import UTC, datetime
            >>> str(Calendar("XHKG").part_ends(pl.Series([datetime(2024, 1, 2, 3, 30, tzinfo=UTC)]))[0])
            '2024-01-02 04:00:00+00:00'
        """
        return found(times.cast(TIME), parts(self._around(times.cast(TIME))), "time")

    def _around(self, times: pl.Series) -> pl.DataFrame:
        """Sessions with two days to spare: an exchange in Sydney opens on the UTC day before its session."""
        known = times.drop_nulls()
        span = pl.DataFrame({"at": known}).select(first=pl.col("at").min().dt.date(), last=pl.col("at").max().dt.date())
        first, last = span.row(0)
        if first is None:
            return SCHEDULE.to_frame()
        return self.schedule(_shift(first, -2), _shift(last, 2)).sort("open_time")


@lru_cache(maxsize=256)
def _around(name: str, year: int) -> Hours:
    return _decade(name, year // 10)


@lru_cache(maxsize=64)
def _decade(name: str, decade: int) -> Hours:
    first, last = limits(name)
    years = max(10 * decade - 1, date.min.year), min(10 * decade + 10, date.max.year)
    start, end = max(first, date(years[0], 1, 1)), min(last, date(years[1], 12, 31))
    if start > end:
        raise TimeError(f"calendar {name} is known from {first} to {last}; ask inside of it")
    return hours(name, span(name, start, end))


def _shift(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)
