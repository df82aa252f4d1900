"""What a source has been asked for, so that the next ingest asks for the rest only.

The one idea: stretches [start, end) of time in microseconds, for each asset, length and source; they never overlap,
because what is added is joined with what it touches.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from workbench.errors import TimeError
from workbench.market.catalog.tables import covered
from workbench.market.moments import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Connection

__all__ = [
    "ALWAYS",
    "DAY_US",
    "EPOCH",
    "MICROSECOND",
    "Moment",
    "Stretch",
    "add_covered",
    "covered_by",
    "missing",
    "window",
]

Stretch = tuple[int, int]
Moment = str | date | datetime | None
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
DAY_US: Final = 86_400_000_000
ALWAYS: Final[Stretch] = (-(2**62), 2**62)  # beyond every time that frames can hold


def covered_by(connection: Connection, asset_id: int, every: str, source: str) -> list[Stretch]:
    """The stretches that a source was asked for, in order."""
    query = select(covered.c.start_us, covered.c.end_us).where(_same(asset_id, every, source))
    return [(start, end) for start, end in connection.execute(query.order_by(covered.c.start_us))]


def add_covered(connection: Connection, asset_id: int, every: str, source: str, added: Iterable[Stretch]) -> None:
    """More stretches, joined with those that they touch."""
    stretches = _joined([*covered_by(connection, asset_id, every, source), *added])
    connection.execute(delete(covered).where(_same(asset_id, every, source)))
    about = {"asset_id": asset_id, "every": every, "source": source}
    if stretches:
        connection.execute(insert(covered), [{**about, "start_us": start, "end_us": end} for start, end in stretches])


def _same(asset_id: int, every: str, source: str) -> ColumnElement[bool]:
    return (covered.c.asset_id == asset_id) & (covered.c.every == every) & (covered.c.source == source)


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    made: list[Stretch] = []
    for start, end in sorted(stretch for stretch in stretches if stretch[0] < stretch[1]):
        if made and start <= made[-1][1]:
            made[-1] = made[-1][0], max(end, made[-1][1])
        else:
            made.append((start, end))
    return made


def missing(wanted: Stretch, have: Iterable[Stretch]) -> list[Stretch]:
    """What of a stretch is not among others.

    Example:
        >>> missing((0, 10), [(2, 4), (8, 20)])
        [(0, 2), (4, 8)]
    """
    rest, at = [], wanted[0]
    for start, end in _joined(list(have)):
        if start > at:
            rest.append((at, min(start, wanted[1])))
        at = max(at, end)
    return [stretch for stretch in [*rest, (at, wanted[1])] if stretch[0] < stretch[1]]


def window(start: Moment, end: Moment) -> Stretch:
    """From the start on and before the end; a date means its day in UTC, as a whole, and None always.

    Raises:
        TimeError: a naive or unreadable time, or an end before the start.

    Example:
        >>> window("1970-01-02", "1970-01-02")
        (86400000000, 172800000000)
    """
    first = ALWAYS[0] if start is None else _us("start", start, 0)
    last = ALWAYS[1] if end is None else _us("end", end, DAY_US)
    if last <= first:
        raise TimeError(f"start={start!r}, end={end!r}: the end lies before the start; give them in order")
    return first, last


def _us(what: str, given: str | date | datetime, whole: int) -> int:
    value = moment(what, given)
    if isinstance(value, datetime):
        return (value - EPOCH) // MICROSECOND
    return (value - EPOCH.date()).days * DAY_US + whole
