"""Curves as inline SVG text: no script, no ids to clash, the same text for the same numbers.

The one idea: a plot stretches to any width while its strokes keep theirs (`vector-effect`), so that labels can be
ordinary HTML around it. Colours come from the classes of `theme`; the attributes are what shows where styles are cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "Curve",
    "Dots",
    "Window",
    "bar",
    "columns",
    "plot",
    "sparkblocks",
    "sparkline",
    "strip",
    "thinned",
    "ticks",
    "window",
]

PLOT_WIDTH: Final = 1_000.0
BLOCKS: Final = "▁▂▃▄▅▆▇█"
FALLBACK: Final = {
    "accent": "#2563c9",
    "muted": "#8a94a3",
    "gain": "#16794a",
    "loss": "#c2412d",
    "warn": "#b06a00",
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a plot: points in data units, a role for its colour, and a level that its area reaches down to.

    Example:
        >>> Curve("equity", (0.0, 1.0), (1.0, 2.0)).role
        'accent'
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    role: str = "accent"  # accent, muted, loss
    area: float | None = None


@dataclass(frozen=True, slots=True)
class Dots:
    """Points of one colour, in data units.

    Example:
        >>> Dots((1.0,), (2.0,), "gain").role
        'gain'
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    role: str


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the plane that a plot shows, in data units."""

    left: float
    right: float
    low: float
    high: float

    def across(self, x: float) -> float:
        """Where `x` lies between left (0) and right (1)."""
        return (x - self.left) / (self.right - self.left)

    def down(self, y: float) -> float:
        """Where `y` lies between top (0) and bottom (1)."""
        return (self.high - y) / (self.high - self.low)


def window(curves: Iterable[Curve], margin: float = 0.04) -> Window:
    """The smallest window around all points, with `margin` of its height above and below.

    Example:
        >>> window([Curve("a", (0.0, 1.0), (10.0, 20.0))], margin=0.1)
        Window(left=0.0, right=1.0, low=9.0, high=21.0)
    """
    shown = list(curves)
    xs = [x for curve in shown for x in curve.x] or [0.0]
    ys = [y for curve in shown for y in curve.y] or [0.0]
    ys += [curve.area for curve in shown if curve.area is not None]
    left, right = _apart(min(xs), max(xs))
    low, high = _apart(min(ys), max(ys))
    extra = (high - low) * margin
    return Window(left, right, low - extra, high + extra)


def _apart(low: float, high: float) -> tuple[float, float]:
    """The two ends, moved apart where they are one point, which would leave nothing to divide by."""
    if high > low:
        return low, high
    gap = abs(low) * 0.01 or 1.0
    return low - gap, high + gap


def plot(
    curves: Sequence[Curve],
    view: Window,
    *,
    label: str,
    height: int = 240,
    rules: Sequence[float] = (),
    dots: Sequence[Dots] = (),
) -> str:
    """Curves, and dots over them, in a window as an SVG that fills its container's width and is `height` pixels high.

    `rules` are the levels (data units) of horizontal rules. `label` is read out in place of the picture.

    Example:
        >>> curve = Curve("equity", (0.0, 1.0), (1.0, 2.0))
        >>> plot([curve], window([curve]), label="Equity")[:52]
        '<svg class="wb-plot" role="img" aria-label="Equity" '
    """
    box = f'viewBox="0 0 {PLOT_WIDTH:.0f} {height}" preserveAspectRatio="none"'
    lines = "".join(_rule(view.down(level) * height) for level in rules)
    drawn = "".join(_curve(curve, view, height) for curve in curves)
    drawn += "".join(_round(each, view, height) for each in dots if each.x)
    return (
        f'<svg class="wb-plot" role="img" aria-label="{escape(label)}" width="100%" height="{height}" '
        f'style="height:{height}px" {box}>'
        f"<title>{escape(label)}</title>{lines}{drawn}</svg>"
    )


def _rule(y: float) -> str:
    ends = f'x1="0" x2="{PLOT_WIDTH:.0f}" y1="{y:.1f}" y2="{y:.1f}"'
    return f'<line class="wb-rule" {ends} stroke="#8884" vector-effect="non-scaling-stroke"/>'


def _round(dots: Dots, view: Window, height: float) -> str:
    """Lines of no length with round ends: dots that stay round however the plot is stretched."""
    points = zip(dots.x, dots.y, strict=True)
    path = "".join(f"M{view.across(x) * PLOT_WIDTH:.1f} {view.down(y) * height:.1f}h0" for x, y in points)
    style = f'fill="none" stroke="{FALLBACK[dots.role]}" stroke-width="6" stroke-linecap="round"'
    return f'<path class="wb-dots wb-{dots.role}" d="{path}" {style} vector-effect="non-scaling-stroke"/>'


def _curve(curve: Curve, view: Window, height: float) -> str:
    points = [(view.across(x) * PLOT_WIDTH, view.down(y) * height) for x, y in zip(curve.x, curve.y, strict=True)]
    base = None if curve.area is None else view.down(curve.area) * height
    return _strokes(points, base, curve.role)


def _strokes(points: Sequence[tuple[float, float]], base: float | None, role: str) -> str:
    """The path of a line and, where there is a base, the area between them."""
    if not points:
        return ""
    colour = FALLBACK[role]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    area = ""
    if base is not None:
        closed = f"{path}L{points[-1][0]:.1f} {base:.1f}L{points[0][0]:.1f} {base:.1f}Z"
        area = f'<path class="wb-area wb-{role}" d="{closed}" fill="{colour}" fill-opacity="0.12" stroke="none"/>'
    style = (
        f'fill="none" stroke="{colour}" stroke-width="1.5" stroke-linejoin="round" vector-effect="non-scaling-stroke"'
    )
    return f'{area}<path class="wb-line wb-{role}" d="{path}" {style}/>'


def columns(
    values: Sequence[float], view: Window, *, label: str, height: int, rules: Sequence[float], roles: Sequence[str]
) -> str:
    """Bars from zero side by side, one for each value and of its role, in a window that is as wide as they are many.

    Example:
        >>> view = Window(0.0, 2.0, 0.0, 4.0)
        >>> drawn = columns([1.0, 4.0], view, label="Counts", height=100, rules=[], roles=["loss", "gain"])
        >>> drawn.count("<path"), 'd="M0.0 100.0V75.0H500.0V100.0Z"' in drawn
        (2, True)
    """
    box = f'viewBox="0 0 {PLOT_WIDTH:.0f} {height}" preserveAspectRatio="none"'
    lines = "".join(_rule(view.down(level) * height) for level in rules)
    paths: dict[str, str] = {}
    for i, (value, role) in enumerate(zip(values, roles, strict=True)):
        ends = (view.across(i) * PLOT_WIDTH, view.across(i + 1) * PLOT_WIDTH)
        base, top = (view.down(level) * height for level in (0.0, value))
        paths[role] = paths.get(role, "") + f"M{ends[0]:.1f} {base:.1f}V{top:.1f}H{ends[1]:.1f}V{base:.1f}Z"
    # An edge in the ground's colour keeps neighbours apart at any width.
    drawn = "".join(
        f'<path class="wb-column wb-area wb-{role}" d="{path}" fill="{FALLBACK[role]}" '
        'vector-effect="non-scaling-stroke"/>'
        for role, path in paths.items()
    )
    return (
        f'<svg class="wb-plot" role="img" aria-label="{escape(label)}" width="100%" height="{height}" '
        f'style="height:{height}px" {box}>'
        f"<title>{escape(label)}</title>{lines}{drawn}</svg>"
    )


def sparkline(values: Sequence[float], width: int = 240, height: int = 40, label: str = "") -> str:
    """A small curve of finite values, `width` x `height` pixels, oldest first; long ones keep their extremes.

    Example:
        >>> sparkline([1.0, 2.0, 1.5], 100, 20, "close").count("<path")
        2
    """
    kept = thinned([value for value in values if isfinite(value)], max(width // 2, 1))
    low = min((y for _, y in kept), default=0.0)
    curve = Curve(label, tuple(x for x, _ in kept), tuple(y for _, y in kept), "accent", low)
    view = window([curve], margin=0.08)
    points = [(view.across(x) * width, view.down(y) * height) for x, y in kept]
    title = escape(label)
    return (
        f'<svg class="wb-spark" role="img" aria-label="{title}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><title>{title}</title>{_strokes(points, float(height), "accent")}</svg>'
    )


def strip(counts: Sequence[int], role: str, width: int = 240, height: int = 14, label: str = "") -> str:
    """How often something happens along a span: a mark for each bucket that is not empty, stronger for larger counts.

    Example:
        >>> strip([0, 3, 0, 1], "warn", label="gap").count("<rect")
        3
    """
    most, step = max(counts, default=0), width / max(len(counts), 1)
    marks = "".join(_mark(i * step, step, height, n / most, role) for i, n in enumerate(counts) if n)
    title = escape(label)
    ground = f'<rect x="0" y="{height - 1}" width="{width}" height="1" fill="#8884"/>'
    return (
        f'<svg class="wb-strip" role="img" aria-label="{title}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><title>{title}</title>{ground}{marks}</svg>'
    )


def _mark(x: float, step: float, height: int, share: float, role: str) -> str:
    strength = f'fill="{FALLBACK[role]}" fill-opacity="{0.45 + 0.55 * share:.2f}"'
    place = f'x="{x:.1f}" y="1" width="{max(step, 2.0):.1f}" height="{height - 2}"'
    return f'<rect class="wb-area wb-{role}" {place} {strength}/>'


def bar(start: float, end: float, role: str, width: int = 320, height: int = 14) -> str:
    """A bar from one place to another of a line that goes from 0 to 1; beside the number that it shows, it is silent.

    Example:
        >>> bar(0.25, 0.75, "gain", width=100).count('x="25.0"')
        1
    """
    left, right = sorted((start, end))
    place = f'x="{left * width:.1f}" y="1" width="{max((right - left) * width, 1.0):.1f}" height="{height - 2}"'
    return (
        f'<svg class="wb-bar" aria-hidden="true" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect class="wb-area wb-{role}" {place} fill="{FALLBACK[role]}"/></svg>'
    )


def thinned(values: Sequence[float], buckets: int) -> list[tuple[float, float]]:
    """(index, value) of the least and the greatest value of each of `buckets` buckets, in order.

    Example:
        >>> thinned([1.0, 5.0, 2.0, 3.0], 1)
        [(0.0, 1.0), (1.0, 5.0)]
    """
    if len(values) <= 2 * buckets:
        return [(float(i), value) for i, value in enumerate(values)]
    size = len(values) / buckets
    spans = (range(floor(i * size), floor((i + 1) * size)) for i in range(buckets))
    ends = [sorted({min(span, key=values.__getitem__), max(span, key=values.__getitem__)}) for span in spans]
    return [(float(i), values[i]) for pair in ends for i in pair]


def sparkblocks(values: Sequence[float], width: int = 48) -> str:
    """The same in plain text: one block for the last value of each bucket.

    Example:
        >>> sparkblocks([1.0, 2.0, 3.0, 8.0])
        '▁▂▃█'
    """
    finite = [value for value in values if isfinite(value)]
    size = max(len(finite) / width, 1.0)
    kept = [finite[min(floor((i + 1) * size), len(finite)) - 1] for i in range(min(width, len(finite)))]
    low, high = min(kept, default=0.0), max(kept, default=0.0)
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(BLOCKS[round((value - low) * scale)] for value in kept)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers (1, 2, 2.5 or 5 times a power of ten apart) from `low` to `high`, at most `count` or so.

    Example:
        >>> ticks(0.0, 1.0)
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    rough = (high - low) / max(count - 1, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in (1.0, 2.0, 2.5, 5.0, 10.0) if s * power >= rough * 0.999)
    first = -floor(-low / step + 1e-9)
    return [round(i * step, 12) for i in range(first, floor(high / step + 1e-9) + 1)]
