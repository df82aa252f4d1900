"""Bars by the hours of their sessions: which of them belong to regular trading.

The one idea: a bar belongs where it opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.market.bars import Bars, with_frame
from workbench.market.calendars import Calendar
from workbench.market.periods import LONG

if TYPE_CHECKING:
    from workbench.market.assets import Asset

__all__ = ["regular"]


def regular(bars: Bars) -> Bars:
    """Bars that open in regular trading; see `Bars.regular_hours`.

    Example:
        >>> from workbench.market import simulate
        >>> len(regular(simulate.bars("X", n=5)))
        5
    """
    if bars.every in ("1d", *LONG):
        return bars
    frames = [_inside(bars.frame.filter(pl.col("asset") == str(asset)), asset) for asset in bars.assets]
    return with_frame(bars, pl.concat(frames))


def _inside(rows: pl.DataFrame, asset: Asset) -> pl.DataFrame:
    return rows if asset.calendar == "24/7" else rows.filter(Calendar(asset.calendar).open_at(rows["open_time"]))
