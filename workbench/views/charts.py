"""Curves over sessions with their axes: an SVG that stretches, and labels as HTML that do not.

The one idea: x is the day's ordinal, so sessions stand at their distance in time, and two charts of one span line up.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from workbench.views.svg import Curve, Dots, Window, plot, thinned, ticks, window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

__all__ = ["KEPT_KEYS", "Spot", "chart", "curve", "day_ticks", "framed", "hits", "points", "sampled"]

BUCKETS: Final = 400
LABELS_MAX: Final = 8
SPOTS_MAX: Final = 160
ZOOMS: Final = (1, 3, 9)
# What Lumino, on which JupyterLab stands, looks for before it takes a key for a command of its own. It looks from the
# element in focus upward and stops at the first match, so this belongs on what takes the focus, not around it.
KEPT_KEYS: Final = 'data-lm-suppress-shortcuts="true"'
MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
DAYS_OF_MONTHS: Final = 75


def curve(name: str, days: Sequence[date], values: Sequence[float], **looks: object) -> Curve:
    """A curve over days; a long one keeps the least and greatest value of each of 400 buckets.

    Example:
        >>> curve("equity", [date(2024, 1, 2)], [1.0]).x
        (738887.0,)
    """
    kept = thinned(values, BUCKETS)
    x = tuple(float(days[int(i)].toordinal()) for i, _ in kept)
    return Curve(name, x, tuple(value for _, value in kept), **looks)  # type: ignore[arg-type]  # role and area


class Spot(NamedTuple):
    """What is told where the pointer stands: lines of text, and the level that they are about."""

    level: float | None
    text: str


def chart(
    curves: Sequence[Curve],
    label: str,
    written: Callable[[float], str],
    *,
    height: int = 300,
    dots: Sequence[Dots] = (),
    spots: Sequence[Spot] = (),
    zoom: str = "",
    levels: Sequence[float] | None = None,
) -> str:
    """Curves with labelled axes, as a `<figure>`.

    Args:
        curves: over days, as `curve` makes them.
        label: what a screen reader is told in place of the picture.
        written: the text of a level on the y axis.
        height: of the plot in pixels.
        dots: over the curves.
        spots: what is told on hovering, for parts of equal width from left to right.
        zoom: a name that no other chart of the page has; with it the chart can be widened and moved.
        levels: those of the rules; None takes round ones.
    """
    view = window(curves)
    first, last = date.fromordinal(int(view.left)), date.fromordinal(int(view.right))
    below = "".join(_day(view.across(day.toordinal()), text) for day, text in day_ticks(first, last))
    rules = ticks(view.low, view.high, max(4, height // 45)) if levels is None else levels
    drawn = plot(curves, view, label=label, height=height, rules=rules, dots=dots)
    sides = [(view.down(level), written(level)) for level in rules]
    return framed(drawn + hits(spots, view) + below, sides, height, zoom)


def framed(inside: str, sides: Sequence[tuple[float, str]], height: int, zoom: str = "") -> str:
    """A plot with the levels beside it, told by how far down they are; with a name for `zoom` it can be widened."""
    levels = "".join(_level(down, text) for down, text in sides)
    reach = f' tabindex="0" role="group" aria-label="Chart, moves sideways when widened" {KEPT_KEYS}' if zoom else ""
    return (
        f'<figure class="wb-chart">{_zoom(zoom) if zoom else ""}<div class="wb-view"><div class="wb-pan"{reach}>'
        f'<div class="wb-plotbox">{inside}</div></div><div class="wb-sides" style="height:{height}px">{levels}</div>'
        "</div></figure>"
    )


def _zoom(name: str) -> str:
    """Radio buttons by which the style sheet widens the plot, so that no script is needed."""
    parts = (
        f'<label><input type="radio" name="zoom-{escape(name)}" value="{times}" {KEPT_KEYS}'
        f"{' checked' if times == 1 else ''}>"
        f"<span>{times}x</span></label>"
        for times in ZOOMS
    )
    return f'<fieldset class="wb-zoom"><legend>Width</legend>{"".join(parts)}</fieldset>'


def hits(spots: Sequence[Spot], view: Window) -> str:
    """Invisible parts of equal width over a plot; the one under the pointer shows a line, a dot and its text."""
    if not spots:
        return ""
    middle = len(spots) // 2
    halves = ("".join(_hit(spot, view) for spot in half) for half in (spots[:middle], spots[middle:]))
    parts = (f'<b style="flex:{n}">{half}</b>' for n, half in zip((middle, len(spots) - middle), halves, strict=True))
    return f'<div class="wb-hits" aria-hidden="true">{"".join(parts)}</div>'


def _hit(spot: Spot, view: Window) -> str:
    text = escape(spot.text).replace("\n", "&#10;")
    place = "" if spot.level is None else f' style="--d:{view.down(spot.level):.1%}"'
    return f'<i data-v="{text}"{place}></i>'


def sampled(days: Sequence[date], most: int = SPOTS_MAX) -> list[int]:
    """For each of at most `most` parts of equal width of the days' span, which day lies nearest to its middle.

    Example:
        >>> sampled([date(2024, 1, day) for day in (1, 2, 3)])
        [0, 1, 2]
    """
    numbers = [day.toordinal() for day in days]
    count = min(most, len(days))
    width = (numbers[-1] - numbers[0]) / count if count else 0.0
    middles = (numbers[0] + (i + 0.5) * width for i in range(count))
    return [_nearest(numbers, middle) for middle in middles]


def _nearest(numbers: Sequence[int], place: float) -> int:
    behind = bisect_left(numbers, place)
    around = [i for i in (behind - 1, behind) if 0 <= i < len(numbers)]
    return min(around, key=lambda i: abs(numbers[i] - place))


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
