"""Pre-market and after-hours of the exchanges that have them.

The one idea: a small table of what is known for certain, with the day from which on; nothing is guessed before it.

New York: the pre-market begins at 4:00 and the after-hours end at 20:00, at 17:00 on days that close early. NYSE Arca
has opened at 4:00 since 2005 and Nasdaq since March 2013 (Investopedia, "How the Nasdaq Pre-Market Works"; the hours
that NYSE and Nasdaq publish, with their early closes). Both are used from the first day after the time named there.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

import polars as pl

__all__ = ["KNOWN", "Extended", "widened"]

TIME: Final = pl.Datetime("us", "UTC")


class Extended(NamedTuple):
    """Local hours around the regular ones, from a day on."""

    since: date
    zone: str
    start: str
    end: str
    end_half_day: str


ARCA: Final = Extended(date(2006, 1, 1), "America/New_York", "4h", "20h", "17h")
NASDAQ: Final = ARCA._replace(since=date(2013, 4, 1))
KNOWN: Final = {"ARCX": ARCA, "NASDAQ": NASDAQ, "NYSE": ARCA, "XNAS": NASDAQ, "XNYS": ARCA}


def widened(name: str, schedule: pl.DataFrame) -> pl.DataFrame:
    """Session, open_time and time of a schedule, from the pre-market to the after-hours where these are known.

    Example:
        >>> from workbench.market.hours import SCHEDULE
        >>> widened("XNYS", SCHEDULE.to_frame()).columns
        ['session', 'open_time', 'time']
    """
    known = KNOWN.get(name)
    if known is None:
        return schedule.select("session", "open_time", "time")
    end = pl.when("half_day").then(_local(known, known.end_half_day)).otherwise(_local(known, known.end))
    inside = pl.col("session") >= known.since
    return schedule.select(
        "session",
        pl.when(inside).then(_local(known, known.start)).otherwise("open_time").alias("open_time"),
        pl.when(inside).then(end).otherwise("time").alias("time"),
    )


def _local(known: Extended, after_midnight: str) -> pl.Expr:
    """A local time of a session's day, in UTC."""
    local = pl.col("session").cast(pl.Datetime("us")).dt.offset_by(after_midnight)
    return local.dt.replace_time_zone(known.zone).dt.convert_time_zone("UTC").cast(TIME)
