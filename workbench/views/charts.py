"""Curves over sessions with their axes: an SVG that stretches, and labels as HTML that do not.

The one idea: x is the day's ordinal, so sessions stand at their distance in time, and two charts of one span line up.
"""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING, Final

from workbench.views.svg import Curve, Dots, plot, thinned, ticks, window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

__all__ = ["chart", "curve", "day_ticks"]

BUCKETS: Final = 500
LABELS_MAX: Final = 8
MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
DAYS_OF_MONTHS: Final = 75


def curve(name: str, days: Sequence[date], values: Sequence[float], **looks: object) -> Curve:
    """A curve over days; a long one keeps the least and greatest value of each of 500 buckets.

    Example:
        >>> curve("equity", [date(2024, 1, 2)], [1.0]).x
        (738887.0,)
    """
    kept = thinned(values, BUCKETS)
    x = tuple(float(days[int(i)].toordinal()) for i, _ in kept)
    return Curve(name, x, tuple(value for _, value in kept), **looks)  # type: ignore[arg-type]  # role and area


def chart(
    curves: Sequence[Curve],
    label: str,
    written: Callable[[float], str],
    *,
    height: int = 300,
    dots: Sequence[Dots] = (),
) -> str:
    """Curves with labelled axes, as a `<figure>`; `written` gives the text of a level on the y axis."""
    view = window(curves)
    levels = ticks(view.low, view.high, max(4, height // 45))
    sides = "".join(_level(view.down(level), written(level)) for level in levels)
    first, last = date.fromordinal(int(view.left)), date.fromordinal(int(view.right))
    below = "".join(_day(view.across(day.toordinal()), text) for day, text in day_ticks(first, last))
    drawn = plot(curves, view, label=label, height=height, rules=levels, dots=dots)
    return f'<figure class="wb-chart"><div class="wb-plotbox">{drawn}{sides}{below}</div></figure>'


def _level(down: float, text: str) -> str:
    return f'<span class="wb-y" aria-hidden="true" style="top:{down:.2%}">{escape(text)}</span>'


def _day(across: float, text: str) -> str:
    return f'<span class="wb-x" aria-hidden="true" style="left:{across:.2%}">{escape(text)}</span>'


def day_ticks(first: date, last: date) -> list[tuple[date, str]]:
    """At most eight or so round days from `first` to `last` with their labels: years, months or days.

    Example:
        >>> [text for _, text in day_ticks(date(2020, 5, 1), date(2023, 2, 1))]
        ['2020-07', '2021', '2021-07', '2022', '2022-07', '2023']
        >>> [text for _, text in day_ticks(date(2024, 1, 30), date(2024, 2, 3))]
        ['01-30', '01-31', '02-01', '02-02', '02-03']
    """
    if (last - first).days <= DAYS_OF_MONTHS:
        step = (last - first).days // LABELS_MAX + 1
        days = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1, step)]
        return [(day, day.strftime("%m-%d")) for day in days]
    start, end = first.year * 12 + first.month, last.year * 12 + last.month - 1
    step = next((s for s in MONTH_STEPS if (end - start) / s < LABELS_MAX), MONTH_STEPS[-1])
    months = range(-(-start // step) * step, end + 1, step)
    return [_month_tick(month) for month in months]


def _month_tick(months: int) -> tuple[date, str]:
    year, month = divmod(months, 12)
    return date(year, month + 1, 1), f"{year}" if month == 0 else f"{year}-{month + 1:02d}"


def points(frame: pl.DataFrame, column: str) -> tuple[list[date], list[float]]:
    """Sessions and the values of one column, where it has any."""
    known = frame.drop_nulls(column)
    return known["session"].to_list(), known[column].to_list()
