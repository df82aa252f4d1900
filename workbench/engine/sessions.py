"""The sessions that orders wait for: the one a day order belongs to, the next one to open, the end of a date.

The one idea: a bar of a session begins a whole number of bar lengths after its open, so an order that becomes live
after the last of those beginnings can only trade in the next session. Times are whole microseconds since 1970, in UTC.
"""

from __future__ import annotations

from datetime import date, datetime

from workbench.market.calendars import Calendar
from workbench.market.hours import EPOCH, MICROSECOND
from workbench.market.moments import moment

__all__ = ["next_session", "tradable_session", "until_us"]

Session = tuple[int, int]


def _us(time: datetime) -> int:
    return (time - EPOCH) // MICROSECOND


def _time(us: int) -> datetime:
    return EPOCH + us * MICROSECOND


def tradable_session(calendar: Calendar, live_us: int, length_us: int) -> Session:
    """Open and close of the first session in which a bar of this length begins at or after `live_us`.

    Example:
        >>> from datetime import UTC, datetime
        >>> live = _us(datetime(2024, 7, 3, 17, tzinfo=UTC))  # the early close before a holiday
        >>> str(_time(tradable_session(Calendar("XNYS"), live, 60_000_000)[1]))
        '2024-07-05 20:00:00+00:00'
    """
    close = calendar.next_close(_time(live_us))
    while True:
        session = _us(calendar.previous_open(close)), _us(close)
        if _last_beginning(session, length_us) >= live_us:
            return session
        close = calendar.next_close(close)


def _last_beginning(session: Session, length_us: int) -> int:
    """When the last bar of a session begins; a length of zero is that of an asset which has had no bar yet."""
    opened, closed = session
    length = max(length_us, 1)
    return opened + (closed - opened - 1) // length * length


def next_session(calendar: Calendar, live_us: int) -> Session:
    """Open and close of the first session that opens at or after `live_us`.

    Example:
        >>> next_session(Calendar("24/7"), 86_400_000_000)
        (86400000000, 172800000000)
    """
    opened = calendar.next_open(_time(live_us - 1))
    return _us(opened), _us(calendar.next_close(opened))


def until_us(calendar: Calendar, given: str | date | datetime) -> int:
    """The time that `until=` means: a date is good until the close of that session, or of the last one before it.

    Raises:
        TimeError: a naive time, or no time at all.

    Example:
        >>> str(_time(until_us(Calendar("XNYS"), "2024-07-04")))
        '2024-07-03 17:00:00+00:00'
    """
    value = moment("until", given)
    if isinstance(value, datetime):
        return _us(value)
    session = value if calendar.is_session(value) else calendar.previous_session(value)
    return calendar.open_close(session)[1] // 1_000
