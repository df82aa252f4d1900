"""The pieces that every section of a tearsheet is put together from: titles, explanations, curves that tell values.

The one idea: whatever needs explaining has a small "i" beside it that opens by pointer, key or screen reader, as it is
a `<details>` and no script.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import groupby
from math import floor, log10
from typing import TYPE_CHECKING, Final, NamedTuple

from workbench.views.charts import Spot, chart, curve, framed, hits, sampled
from workbench.views.summary import cell
from workbench.views.svg import Curve, Window, columns, ticks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import polars as pl

    from workbench.analytics.metrics import Figure

__all__ = [
    "AMOUNTS", "RATIOS", "SHARES", "Line", "Scale", "about", "amount", "block", "decades", "figures", "is_wide",
    "over_time", "percent", "stacks",
]  # fmt: skip

WIDE: Final = 10.0


class Line(NamedTuple):
    """A curve over sessions: its name, its rows, the column to draw, and its looks."""

    name: str
    rows: pl.DataFrame
    column: str
    role: str = "accent"
    area: float | None = None
    legend: str = ""


class Scale(NamedTuple):
    """How the values of a chart are written: on its axis, and on hovering with more of their digits."""

    axis: Callable[[float], str]
    told: Callable[[float], str]
    grows: bool = False
    """Whether equal steps up are equal factors where the values are very many times apart (a log scale)."""


def about(label: str, text: str) -> str:
    """An explanation that opens behind an "i".

    Example:
        >>> about("Sharpe", "mean / deviation")[:30]
        '<details class="wb-i"><summary'
    """
    return (
        f'<details class="wb-i"><summary aria-label="What is {escape(label)}?">i</summary>'
        f"<p>{escape(text)}</p></details>"
    )


def block(title: str, content: str, note: str = "", small: str = "") -> str:
    """A titled block of a section; `note` explains it behind an "i"."""
    more = f" <small>{escape(small)}</small>" if small else ""
    head = f'<div class="wb-head"><h3>{escape(title)}{more}</h3>{about(title, note) if note else ""}</div>'
    return f'<div class="wb-block">{head}{content}</div>'


def figures(
    known: Mapping[str, Figure],
    values: Mapping[str, float | int | None],
    reasons: Mapping[str, str],
    beside: Mapping[str, str] | None = None,
) -> str:
    """Figures as cells, each with its meaning behind an "i"."""
    shown = "".join(
        cell(
            name, figure, values[name], reasons.get(name, ""), (beside or {}).get(name, ""),
            about(figure.label, figure.meaning),
        )
        for name, figure in known.items()
    )  # fmt: skip
    return f'<dl class="wb-cells">{shown}</dl>'


def over_time(lines: Sequence[Line], label: str, scale: Scale, *, name: str, height: int = 240) -> str:
    """Curves over sessions with a legend where there are several, values on hovering, and a width to choose.

    Args:
        lines: the first one's rows tell the sessions that can be pointed at.
        label: what a screen reader is told.
        scale: how its values are written.
        name: one that no other chart of the page has.
        height: in pixels.
    """
    known = [_Known(line, line.rows[line.column].to_list()) for line in lines]
    values = [value for each in known for value in each.values if value is not None]
    if not values:
        return f'<p class="wb-more">{escape(label)}: there is nothing to draw.</p>'
    is_log = is_wide(scale, min(values), max(values))
    place = log10 if is_log else float
    drawn = [piece for each in known for piece in _pieces(each, place)]
    axis = (lambda level: scale.axis(10.0**level)) if is_log else scale.axis
    levels = [log10(level) for level in decades(min(values), max(values))] if is_log else None
    spots = _spots(known, scale.told, place)
    shown = chart(drawn, label, axis, height=height, spots=spots, zoom=name, levels=levels)
    return (_legend(lines) if len(lines) > 1 else "") + shown


def is_wide(scale: Scale, low: float, high: float) -> bool:
    """Whether a scale that grows needs equal factors: from ten times as high as low on.

    Example:
        >>> [is_wide(Scale(str, str, grows=True), low, 100.0) for low in (0.0, 5.0, 50.0)]
        [False, True, False]
    """
    return scale.grows and low > 0 and high / low >= WIDE


def decades(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from `low` to `high`, of very many the powers alone.

    Example:
        >>> decades(80.0, 3_000.0)
        [100.0, 200.0, 500.0, 1000.0, 2000.0]
    """
    steps = (1.0, 2.0, 5.0) if high / low < WIDE**4 else (1.0,)
    powers = range(floor(log10(low)), floor(log10(high)) + 1)
    return [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]


class _Known(NamedTuple):
    """A line and its values, None where it has none."""

    line: Line
    values: list[float | None]

    @property
    def days(self) -> list[date]:
        return self.line.rows["session"].to_list()


def _pieces(known: _Known, place: Callable[[float], float]) -> list[Curve]:
    """The curve, cut where it has no value, so that no line is drawn over a gap."""
    line, rows = known.line, zip(known.days, known.values, strict=True)
    parts = [list(part) for is_there, part in groupby(rows, lambda row: row[1] is not None) if is_there]
    return [
        curve(
            line.name, [day for day, _ in part], [place(value) for _, value in part if value is not None],
            role=line.role, area=line.area,
        )
        for part in parts
    ]  # fmt: skip


def _legend(lines: Sequence[Line]) -> str:
    keys = "".join(f'<span><i class="wb-{line.role}"></i>{escape(line.legend or line.name)}</span>' for line in lines)
    return f'<div class="wb-legend">{keys}</div>'


def _spots(known: Sequence[_Known], told: Callable[[float], str], place: Callable[[float], float]) -> list[Spot]:
    """What is told at sessions of equal distance between the first and the last that has a value."""
    tables = [{day: v for day, v in zip(each.days, each.values, strict=True) if v is not None} for each in known]
    first, last = min(min(t) for t in tables if t), max(max(t) for t in tables if t)
    days = [day for day in known[0].days if first <= day <= last]
    return [_spot(days[i], known, tables, told, place) for i in sampled(days)]


def _spot(
    day: date, known: Sequence[_Known], tables: Sequence[Mapping[date, float]], told: Callable[[float], str],
    place: Callable[[float], float],
) -> Spot:  # fmt: skip
    values = [(each.line.name, table[day]) for each, table in zip(known, tables, strict=True) if day in table]
    texts = [f"{name}  {told(value)}" if len(known) > 1 else told(value) for name, value in values]
    return Spot(place(values[0][1]) if values else None, "\n".join([str(day), *texts]))


def stacks(
    values: Sequence[float], told: Sequence[str], below: Sequence[tuple[float, str]], label: str,
    written: Callable[[float], str], *, roles: Sequence[str] = (), height: int = 180,
) -> str:  # fmt: skip
    """Bars from zero side by side, each with its text on hovering; `below` are labels and how far across they stand."""
    high, low = max(0.0, *values), min(0.0, *values)
    view = Window(0.0, float(len(values)), low, high + (high - low or 1.0) * 0.04)
    levels = ticks(view.low, view.high, max(3, height // 45))
    drawn = columns(values, view, label=label, height=height, rules=levels, roles=roles or ["accent"] * len(values))
    spots = hits([Spot(None, text) for text in told], view)
    texts = "".join(
        f'<span class="wb-x" aria-hidden="true" style="left:{across:.2%}">{escape(text)}</span>'
        for across, text in below
    )
    return framed(drawn + spots + texts, [(view.down(level), written(level)) for level in levels], height)


def amount(level: float) -> str:
    """An amount on an axis, short: 1.25M, 250k, 90.

    Example:
        >>> amount(1_250_000.0), amount(-3.5)
        ('1.25M', '-3.5')
    """
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(level) >= size:
            return f"{level / size:,.4g}{unit}"
    return f"{level:,.6g}"


def percent(level: float) -> str:
    """A share on an axis: whole percents where they are.

    Example:
        >>> percent(-0.25), percent(0.0125)
        ('-25%', '1.25%')
    """
    return f"{100 * level:z,.4g}%"


AMOUNTS: Final = Scale(amount, "{:,.2f}".format, grows=True)
SHARES: Final = Scale(percent, "{:z,.2%}".format)
RATIOS: Final = Scale("{:z,.2f}".format, "{:z,.2f}".format)
