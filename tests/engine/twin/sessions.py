"""Sessions by the calendar: a UTC day for 24/7, its weekdays for 24/5, or what the bars of a date span.

The one idea: a session is (open, close); an order belongs to the first one in which it can trade, that is in which a
bar of its asset can begin at or after its live time. Source: semantics.md, Time in force.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.case import Asset, Case

__all__ = ["Session", "home", "next_session", "sessions"]

Session = tuple[datetime, datetime]
DAY = timedelta(days=1)
WHOLE_DAYS = {"24/7": range(7), "24/5": range(5)}


def sessions(case: Case, asset: Asset, first: datetime) -> Iterator[Session]:
    """All sessions of an asset that close after `first`, in order and without end."""
    if asset.calendar in WHOLE_DAYS:
        begin = datetime.combine(first.date(), time(), UTC)
        while True:
            if begin.weekday() in WHOLE_DAYS[asset.calendar]:
                yield begin, begin + DAY
            begin += DAY
    spans: dict[object, Session] = {}
    for bar in case.bars:
        begin, end = spans.get(bar.open_time.date(), (bar.open_time, bar.time))
        spans[bar.open_time.date()] = min(begin, bar.open_time), max(end, bar.time)
    yield from (span for _, span in sorted(spans.items()) if span[1] > first)
    while True:  # days beyond the case
        first += DAY * 365
        yield first, first + DAY


def home(case: Case, asset: Asset, live: datetime, length: timedelta | None) -> Session:
    """The first session in which an order can trade; without a known length of bars, the first that closes later."""
    for begin, end in sessions(case, asset, live):
        last = end - timedelta(microseconds=1)
        if length is not None:
            last = begin
            while last + length < end:
                last += length
        if last >= live:
            return begin, end
    raise AssertionError


def next_session(case: Case, asset: Asset, live: datetime) -> Session:
    """The first session that opens at or after a time."""
    return next(session for session in sessions(case, asset, live) if session[0] >= live)
