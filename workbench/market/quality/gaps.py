"""How many bars an asset lacks between its first and its last, by its calendar.

The one idea: nothing is looked for row by row; the bars that the calendar has are counted, and those that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.market.calendars import Calendar
from workbench.market.clock import every_us, is_span
from workbench.market.periods import LONG, period_of

if TYPE_CHECKING:
    from datetime import datetime

    from workbench.market.bars import Bars

__all__ = ["missing_bars"]


def missing_bars(bars: Bars) -> dict[str, int]:
    """Bars that the calendar has and the asset lacks, between its first and its last bar.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", every="1d", n=10)
        >>> from workbench.market.bars import with_frame
        >>> missing_bars(with_frame(bars, bars.frame[[0, 1, 4, 9]]))
        {'X': 6}
    """
    spans = bars.frame.group_by("asset").agg(
        pl.len().alias("rows"),
        first=pl.col("session").min(),
        last=pl.col("session").max(),
        opened=pl.col("open_time").min(),
        ended=pl.col("open_time").max(),
    )
    found = {row["asset"]: row for row in spans.iter_rows(named=True)}
    return {str(a): _missing(a.calendar, bars.every, found[a]) if a in found else 0 for a in bars.assets}


def _missing(calendar: str, every: str, span: dict[str, Any]) -> int:
    if every in LONG:
        weeks = Calendar(calendar).table(span["first"], span["last"]).select(period_of(every).n_unique()).item()
        return max(0, int(weeks) - int(span["rows"]))
    if not is_span(every):
        return 0  # bars of trades, volume or value have no distance that could be missed
    step = every_us(every)
    if every != "1d" and calendar == "24/7":
        expected = (_us(span["ended"]) - _us(span["opened"])) // step + 1
    elif every == "1d":
        expected = Calendar(calendar).table(span["first"], span["last"]).height
    else:
        parts = Calendar(calendar).parts(span["first"], span["last"])
        expected = _slots(parts, step, _us(span["opened"]), _us(span["ended"]))
    return max(0, int(expected) - int(span["rows"]))


def _slots(parts: pl.DataFrame, step: int, first: int, last: int) -> int:
    """Bars that start from the one around `first` to `last`; the last of a part of a session may be shorter."""
    opens, closes = pl.col("open_time").cast(pl.Int64), pl.col("time").cast(pl.Int64)
    slots = (closes - opens + step - 1) // step
    begun = ((last - opens) // step + 1).clip(0, slots)
    over = ((first - opens) // step).clip(0, slots)
    return int(parts.select((begun - over).sum()).item())


def _us(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000)
