"""The pieces that every section of a tearsheet is put together from: titles, explanations, curves that tell values.

The one idea: whatever needs explaining has a small "i" beside it that opens by pointer, key or screen reader, as it is
a `<details>` and no script.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from workbench.views.charts import KEPT_KEYS, Spot, chart, curve, framed, hits, points, sampled
from workbench.views.summary import cell
from workbench.views.svg import Curve, Window, columns, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from workbench.analytics.metrics import Figure

__all__ = ["Line", "about", "amount", "block", "figures", "over_time", "percent", "ratio", "stacks"]


class Line(NamedTuple):
    """A curve over sessions: its name, its rows, the column to draw, and its looks."""

    name: str
    rows: pl.DataFrame
    column: str
    role: str = "accent"
    area: float | None = None


def about(label: str, text: str) -> str:
    """An explanation that opens behind an "i".

    Example:
        >>> about("Sharpe", "mean / deviation")[:37]
        '<details class="wb-i" data-lm-suppres'
    """
    return (
        f'<details class="wb-i" {KEPT_KEYS}><summary aria-label="What is {escape(label)}?">i</summary>'
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


def over_time(
    lines: Sequence[Line], label: str, written: Callable[[float], str], *, name: str, height: int = 240
) -> str:
    """Curves over sessions with a legend where there are several, values on hovering, and a width to choose.

    Args:
        lines: the first one's rows tell the sessions that can be pointed at.
        label: what a screen reader is told.
        written: a level as text, on the axis.
        name: one that no other chart of the page has.
        height: in pixels.
    """
    drawn = [each for line in lines for each in _pieces(line)]
    if not drawn:
        return f'<p class="wb-more">{escape(label)}: there is nothing to draw.</p>'
    shown = chart(drawn, label, written, height=height, spots=_spots(lines, written), zoom=name)
    return (_legend(lines) if len(lines) > 1 else "") + shown


def _pieces(line: Line) -> list[Curve]:
    """The curve, cut where it has no value, so that no line is drawn over a gap."""
    known = pl.col(line.column).is_not_null()
    numbered = line.rows.with_columns((known != known.shift(1)).fill_null(value=False).cum_sum().alias("piece"))
    parts = numbered.filter(known).group_by("piece", maintain_order=True)
    return [curve(line.name, *points(part, line.column), role=line.role, area=line.area) for _, part in parts]


def _legend(lines: Sequence[Line]) -> str:
    keys = "".join(f'<span><i class="wb-{line.role}"></i>{escape(line.name)}</span>' for line in lines)
    return f'<div class="wb-legend">{keys}</div>'


def _spots(lines: Sequence[Line], written: Callable[[float], str]) -> list[Spot]:
    known = [line.rows.select("session", line.column).drop_nulls() for line in lines]
    first, last = min(k["session"][0] for k in known if k.height), max(k["session"][-1] for k in known if k.height)
    days = [day for day in lines[0].rows["session"].to_list() if first <= day <= last]
    tables = [dict(rows.iter_rows()) for rows in known]
    return [_spot(days[i], lines, tables, written) for i in sampled(days)]


def _spot(
    day: date, lines: Sequence[Line], tables: Sequence[Mapping[date, float]], written: Callable[[float], str]
) -> Spot:
    values = [(line, table[day]) for line, table in zip(lines, tables, strict=True) if day in table]
    names = len(lines) > 1
    told = [f"{line.name}  {written(value)}" if names else written(value) for line, value in values]
    return Spot(values[0][1] if values else None, "\n".join([str(day), *told]))


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


def ratio(level: float) -> str:
    """A ratio, to two digits.

    Example:
        >>> ratio(1.5)
        '1.50'
    """
    return f"{level:z,.2f}"
