"""Weeks and months of sessions: which one a session lies in, when it opens and closes by the calendar.

The one idea: a period is a whole number, so neighbouring sessions of one period are found by comparing numbers. A week
runs from Monday to Sunday; both are in UTC days or in sessions of an exchange, never in hours.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy.typing as npt
import polars as pl

from workbench.errors import TimeError
from workbench.market.adjustments import unit_changes, unsplit

if TYPE_CHECKING:
    from workbench.market.calendars import Calendar

__all__ = ["LONG", "period_of", "periods", "unsplit_inside"]

Whole = npt.NDArray[Any]
LONG: Final = ("1w", "1mo")
MONDAY: Final = 3  # 1970-01-01 was a Thursday, three days after a Monday


def period_of(every: str, column: str = "session") -> pl.Expr:
    """The number of the week or month that a date lies in.

    Example:
        >>> from datetime import date
        >>> days = pl.DataFrame({"session": [date(1970, 1, 4), date(1970, 1, 5)]})
        >>> days.select(period_of("1w")).to_series().to_list()
        [0, 1]
    """
    day = pl.col(column)
    if every == "1w":
        return (day.cast(pl.Int64) + MONDAY) // 7
    return day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64)


def periods(calendar: Calendar, every: str, sessions: pl.Series, wanted: Whole) -> tuple[Whole, Whole]:
    """Open of the first and close of the last session of each wanted period, in microseconds.

    Raises:
        TimeError: a period without a session, though rows belong to it.

    Example:
        >>> import numpy as np
        >>> from workbench.market.calendars import Calendar
        >>> week = pl.Series("session", [date(1970, 1, 5)])
        >>> periods(Calendar("24/7"), "1w", week, np.array([1]))[1] // 86_400_000_000
        array([11])
    """
    first, last = calendar.limits
    span = sessions.min(), sessions.max()
    around = max(first, _moved(span[0], -31)), min(last, _moved(span[1], 31))
    table = calendar.table(*around).with_columns(period_of(every).alias("period"))
    edges = table.group_by("period").agg(pl.col("open_time").min(), pl.col("time").max())
    found = pl.DataFrame({"period": wanted}).join(edges, on="period", how="left", maintain_order="left")
    if found["time"].null_count():
        raise TimeError(f"bars lie in a time without sessions of {calendar.name}; give the assets their calendar")
    opens, closes = (found[name].cast(pl.Int64).to_numpy() for name in ("open_time", "time"))
    return opens, closes


def _moved(day: Any, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)


def unsplit_inside(rows: pl.DataFrame, actions: pl.DataFrame, every: str) -> pl.DataFrame:
    """Daily rows in the units that hold at the end of their period, where a split falls inside it.

    Only rows of the split's own period change, and only if the period has a row from the ex-date on: a bar belongs to
    the session of its last row, and what happened by then is in its units.

    Example:
        >>> from workbench.market import catalog
        >>> apple = catalog.sample()["AAPL"].between("2005-02-21", "2005-03-04")
        >>> unsplit_inside(apple.frame, apple.actions, "1w").equals(apple.frame)
        True
    """
    for split in unit_changes(actions).iter_rows(named=True):
        same = (pl.col("asset") == split["asset"]) & (period_of(every) == _number(every, split["ex"]))
        if rows.select((same & (pl.col("session") >= split["ex"])).any()).item():
            rows = unsplit(rows, split, same & (pl.col("session") < split["ex"]))
    return rows


def _number(every: str, day: date) -> int:
    return int(pl.DataFrame({"day": [day]}).select(period_of(every, "day")).item())
