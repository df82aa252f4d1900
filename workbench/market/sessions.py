"""Bars asset by asset and by the hours of their sessions: which of them belong to regular trading.

The one idea: a bar belongs where it opens.
"""

from __future__ import annotations

import polars as pl

from workbench.market.bars import Bars, with_frame
from workbench.market.calendars import Calendar
from workbench.market.periods import LONG

__all__ = ["by_asset", "regular"]


def regular(bars: Bars) -> Bars:
    """Bars that open in regular trading; see `Bars.regular_hours`.

    Example:
        >>> from workbench.market import simulate
        >>> len(regular(simulate.bars("X", n=5)))
        5
    """
    if bars.every in ("1d", *LONG):
        return bars
    calendars = {asset.calendar for asset in bars.assets}
    if len(calendars) == 1:
        return with_frame(bars, _inside(bars.frame, calendars.pop()))
    rows = by_asset(bars)
    return with_frame(bars, pl.concat([_inside(rows[str(asset)], asset.calendar) for asset in bars.assets]))


def _inside(rows: pl.DataFrame, calendar: str) -> pl.DataFrame:
    return rows if calendar == "24/7" else rows.filter(Calendar(calendar).open_at(rows["open_time"]))


def by_asset(bars: Bars) -> dict[str, pl.DataFrame]:
    """The rows of each asset, which may be none.

    Example:
        >>> from workbench.market import simulate
        >>> [rows.height for rows in by_asset(simulate.bars("X", n=5)).values()]
        [5]
    """
    parts = bars.frame.partition_by("asset", as_dict=True)
    return {str(asset): parts.get((str(asset),), bars.frame.clear()) for asset in bars.assets}
