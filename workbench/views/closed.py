"""Time in which nothing trades, left out of a time axis.

The one idea: what a calendar closes is left out, what is missing stays a gap. Days stand without their weekends, and
shorter bars without the hours between two sessions too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.market.calendars import Calendar
from workbench.market.clock import every_us, is_span
from workbench.market.periods import LONG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import plotly.graph_objects as go

    from workbench.market.bars import Bars

__all__ = ["is_inside_days", "leave_out_closed"]

# Each break costs at every move of a chart; of more sessions, the hours between two are too narrow to be seen.
BREAKS_MAX: Final = 400
TICK: Final = timedelta(milliseconds=1)
DAY_US: Final = 86_400_000_000


def leave_out_closed(figure: go.Figure, bars: Bars, times: pl.Series) -> None:
    """Leaves out of all x axes when every asset of the bars is closed.

    Args:
        figure: drawn over `times`.
        bars: what is drawn; the calendars of its assets and its length of bars decide.
        times: those of the chart.

    Example:
        >>> from workbench.market import simulate
        >>> from workbench.views.figures import panes
        >>> figure, bars = panes(1, [1.0]), simulate.bars("X", "30m", n=20, start="2024-07-02", calendar="XNYS")
        >>> leave_out_closed(figure, bars, bars.frame["time"])
        >>> [(each.values, each.dvalue / 3_600_000) for each in figure.layout.xaxis.rangebreaks]
        [(('2024-07-02T20:00:00.001000',), 17.49999972222222)]
    """
    ordered = times.unique().sort()
    first, last, count = ordered[0], ordered[-1], len(ordered)
    closed = _closed(bars, first, last) if is_inside_days(bars.every) else None
    if closed is not None and closed.height <= BREAKS_MAX:
        figure.update_xaxes(rangebreaks=_breaks(closed))
    elif not times.dt.weekday().is_in([6, 7]).any():
        figure.update_xaxes(rangebreaks=[{"bounds": ["sat", "mon"]}])
        if count > 1:
            # Left to itself the axis ends with the Friday, and cuts the last bar in half.
            half = (last - first) / (count - 1) / 2
            figure.update_xaxes(range=[_weekday(first - half, -1), _weekday(last + half, 1)])


def is_inside_days(every: str) -> bool:
    """Whether bars of this length are shorter than a day.

    Example:
        >>> [every for every in ("5m", "4h", "1d", "1w") if is_inside_days(every)]
        ['5m', '4h']
    """
    return every not in LONG and (not is_span(every) or every_us(every) < DAY_US)


def _closed(bars: Bars, first: datetime, last: datetime) -> pl.DataFrame:
    """Stretches between `first` and `last` in which no calendar of the bars is open and no bar stands: from, to.

    Where the calendars alone are closed too often to be shown, the bars are not looked at.
    """
    days = (first.date() - timedelta(days=1), last.date() + timedelta(days=1))
    calendars = dict.fromkeys(asset.calendar for asset in bars.assets)
    regular = pl.concat([Calendar(name).parts(*days).select("open_time", "time") for name in calendars])
    closed = _between(regular, first, last)
    if closed.height > BREAKS_MAX:
        return closed
    # Bars of extended hours stand where a calendar is closed.
    return _between(pl.concat([regular, bars.frame.select("open_time", "time")]), first, last)


def _between(traded: pl.DataFrame, first: datetime, last: datetime) -> pl.DataFrame:
    """What lies between rows that are open from `open_time` to `time`."""
    ordered = traded.sort("open_time")
    so_far = ordered.select(pl.col("time").cum_max().alias("from"), pl.col("open_time").shift(-1).alias("to"))
    return so_far.filter((pl.col("from") < pl.col("to")) & (pl.col("from") < last) & (pl.col("to") > first))


def _breaks(closed: pl.DataFrame) -> Sequence[dict[str, Any]]:
    """Breaks of one length together; each leaves the close before it and the open after it on the axis."""
    lengths = closed.with_columns(length=pl.col("to") - pl.col("from")).group_by("length", maintain_order=True)
    return [
        {
            "values": [str((at + TICK).replace(tzinfo=None).isoformat()) for at in starts],
            "dvalue": (length - TICK) / TICK,
        }
        for length, starts in lengths.agg(pl.col("from")).iter_rows()
    ]


def _weekday(time: datetime, step: int) -> datetime:
    return time + timedelta(days=2 * step) if time.weekday() >= 5 else time
