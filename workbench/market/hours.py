"""Trading hours as plain values: which interval an instant lies in, what comes next, what came before.

The one idea: a schedule of sessions becomes sorted lists of whole microseconds once, and every question about one
instant is a binary search in them; columns of instants are answered by one join.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from workbench.errors import TimeError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EPOCH", "MICROSECOND", "SCHEDULE", "TIME", "Hours", "dated", "found", "hours", "instant", "parts"]

TIME: Final = pl.Datetime("us", "UTC")
SCHEDULE: Final = pl.Schema(
    {
        "session": pl.Date(),
        "open_time": TIME,
        "break_start": TIME,  # null where the session has no break
        "break_end": TIME,
        "time": TIME,  # the close
        "half_day": pl.Boolean(),
    }
)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


class Hours(NamedTuple):
    """The sessions of some years as plain sorted lists; times are microseconds since 1970."""

    name: str
    sessions: list[date]
    days: frozenset[date]
    opens: list[int]
    closes: list[int]
    part_opens: list[int]
    part_closes: list[int]

    def inside(self, at: int) -> bool:
        """Whether an unbroken part [open, close) holds the instant."""
        place = bisect_right(self.part_opens, at) - 1
        if at < self.part_closes[place] and place >= 0:
            return True
        self._checked(place, len(self.part_opens) - 1, _time(at))  # outside the first and last session all is unknown
        return False

    def is_session(self, day: date) -> bool:
        """Whether a date is a session."""
        self._checked(bisect_right(self.sessions, day) - 1, len(self.sessions), day)
        return day in self.days

    def after(self, edges: Sequence[int], at: int) -> datetime:
        """The first edge after an instant."""
        return _time(edges[self._checked(bisect_right(edges, at), len(edges), _time(at))])

    def before(self, edges: Sequence[int], at: int) -> datetime:
        """The last edge before an instant."""
        return _time(edges[self._checked(bisect_left(edges, at) - 1, len(edges), _time(at))])

    def session_after(self, day: date) -> date:
        """The first session after a date."""
        return self.sessions[self._checked(bisect_right(self.sessions, day), len(self.sessions), day)]

    def session_before(self, day: date) -> date:
        """The last session before a date."""
        return self.sessions[self._checked(bisect_left(self.sessions, day) - 1, len(self.sessions), day)]

    def _checked(self, index: int, count: int, asked: date) -> int:
        if 0 <= index < count:
            return index
        span = f"{self.sessions[0]} to {self.sessions[-1]}"
        raise TimeError(f"calendar {self.name} knows sessions from {span}, none beyond {asked}; ask inside of them")


def hours(name: str, schedule: pl.DataFrame) -> Hours:
    """The lists of a schedule that is in order.

    Example:
        >>> hours("none", SCHEDULE.to_frame()).sessions
        []
    """
    sessions = schedule["session"].to_list()
    frames = (schedule, parts(schedule))
    edges = [frame[column].cast(pl.Int64).to_list() for frame in frames for column in ("open_time", "time")]
    return Hours(name, sessions, frozenset(sessions), *edges)


def parts(schedule: pl.DataFrame) -> pl.DataFrame:
    """Each session cut at its break: session, open_time and time of the unbroken parts, in order.

    Example:
        >>> parts(SCHEDULE.to_frame()).columns
        ['session', 'open_time', 'time']
    """
    first = schedule.select("session", "open_time", pl.coalesce("break_start", "time").alias("time"))
    broken = schedule.filter(pl.col("break_end").is_not_null())
    if broken.is_empty():
        return first
    return pl.concat([first, broken.select("session", pl.col("break_end").alias("open_time"), "time")]).sort(
        "open_time"
    )


def found(times: pl.Series, table: pl.DataFrame, wanted: str) -> pl.Series:
    """`wanted` of the interval [open_time, time) that holds each time, in the order given; null where none does.

    Example:
        >>> found(pl.Series([None], dtype=TIME), SCHEDULE.to_frame(), "session").to_list()
        [None]
    """
    frame = pl.DataFrame({"at": times}).with_row_index()
    known = table.select("open_time", pl.col("time").alias("end"), pl.col(wanted).alias("wanted"))
    opened = frame.sort("at").join_asof(known, left_on="at", right_on="open_time")
    inside = opened.select("index", pl.when(pl.col("at") < pl.col("end")).then(pl.col("wanted")).alias(wanted))
    return inside.sort("index")[wanted]


def instant(given: object) -> datetime:
    """An aware datetime in UTC, also from ISO 8601 text.

    Raises:
        TimeError: anything else, with the right spelling.

    Example:
        >>> str(instant("2024-02-29T09:30-05:00"))
        '2024-02-29 14:30:00+00:00'
    """
    try:
        value = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError as error:
        raise TimeError(f"time={given!r} cannot be read; write '2024-02-29T15:30+00:00'") from error
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TimeError(f"time={given!r}: give an aware datetime, or text with its zone: '2024-02-29T15:30+00:00'")
    return value.astimezone(UTC)


def dated(name: str, given: object) -> date:
    """A date, also from ISO 8601 text.

    Raises:
        TimeError: anything else, with the right spelling.

    Example:
        >>> dated("start", "2024-02-29")
        datetime.date(2024, 2, 29)
    """
    try:
        value = date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError as error:
        raise TimeError(f"{name}={given!r} cannot be read; write '2024-02-29'") from error
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TimeError(f"{name}={given!r}: give a date, or its text: '2024-02-29'")
    return value


def _time(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)
