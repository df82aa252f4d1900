"""Equity folded to sessions, and the returns between their closes.

The one idea: however fine the bars, a return runs from one session's close to the next; the first row is the base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.market.calendars import Calendar

if TYPE_CHECKING:
    from workbench.market.bars import Bars

__all__ = ["in_account", "monthly_returns", "session_closes", "session_ends", "session_returns", "sessions_per_year"]


def sessions_per_year(bars: Bars) -> float:
    """Sessions of a year: 365 where an asset trades around the clock, else 252.

    Example:
        >>> from workbench.market import simulate
        >>> sessions_per_year(simulate.bars("X", n=3))
        365.0
    """
    return float(max(Calendar(name).annualisation for name in {asset.calendar for asset in bars.assets}))


def in_account(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Rows of fills or trades with these amounts in the account's currency: times `rate`, where rows have one.

    Example:
        >>> in_account(pl.DataFrame({"value": [10.0], "rate": [1.5]}), "value")["value"].item()
        15.0
    """
    if "rate" not in frame.columns:
        return frame
    other = pl.col("other_fees") if "other_fees" in frame.columns else pl.lit(0.0)
    added = {"fee": other}
    return frame.with_columns(pl.col(name) * pl.col("rate") + added.get(name, 0.0) for name in columns)


def session_closes(equity: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The last equity of each session.

    Args:
        equity: frame with `session` (Date) and `equity` (Float64), in the order of time.
        columns: which ones to take, in place of the equity alone.

    Returns:
        Frame (session, equity), one row per session, oldest first.

    Example:
        >>> from datetime import date
        >>> day = date(2024, 1, 2)
        >>> session_closes(pl.DataFrame({"session": [day, day], "equity": [1.0, 2.0]})).rows()
        [(datetime.date(2024, 1, 2), 2.0)]
    """
    ends = session_ends(equity).group_by("session", maintain_order=True)
    return ends.agg(pl.col(columns or ("equity",)).last()).sort("session")


def session_ends(rows: pl.DataFrame) -> pl.DataFrame:
    """The last row of each stretch of rows of one session: few rows of many, among them the last of every session.

    Example:
        >>> session_ends(pl.DataFrame({"session": [1, 1, 2], "equity": [5.0, 6.0, 7.0]})).rows()
        [(1, 6.0), (2, 7.0)]
    """
    return rows.filter(pl.col("session").ne_missing(pl.col("session").shift(-1)))


def session_returns(closes: pl.DataFrame) -> pl.DataFrame:
    """Returns between session closes: n rows give n - 1.

    A return whose base is zero or below is null.

    Example:
        >>> from datetime import date
        >>> days = [date(2024, 1, 2), date(2024, 1, 3)]
        >>> session_returns(pl.DataFrame({"session": days, "equity": [100.0, 110.0]}))["return"].round(9).to_list()
        [0.1]
    """
    base = pl.col("equity").shift(1)
    change = pl.when(base > 0).then((pl.col("equity") - base) / base)
    return closes.select("session", change.alias("return")).slice(1)


def monthly_returns(closes: pl.DataFrame) -> pl.DataFrame:
    """Returns by calendar month, compounded from the session returns; the first month starts at the base.

    Returns:
        Frame (year Int32, month Int8, return Float64), oldest first; a month without a return has no row.

    Example:
        >>> from datetime import date
        >>> days = [date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1)]
        >>> monthly_returns(pl.DataFrame({"session": days, "equity": [100.0, 125.0, 100.0]})).rows()
        [(2024, 1, 0.25), (2024, 2, -0.2)]
    """
    when = pl.col("session").dt
    ends = closes.group_by(when.year().alias("year"), when.month().alias("month"), maintain_order=True).agg(
        pl.col("equity").last(), pl.len()
    )
    base = pl.col("equity").shift(1).fill_null(closes["equity"].first())
    change = pl.when(base > 0).then((pl.col("equity") - base) / base)
    months = ends.with_columns(change.alias("return")).with_row_index("row")
    return months.filter((pl.col("row") > 0) | (pl.col("len") > 1)).select("year", "month", "return")
