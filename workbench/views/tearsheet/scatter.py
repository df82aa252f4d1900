"""Trades as dots: one of their figures across, their return up.

The one idea: all dots are one path; those that can be pointed at are invisible spots over it, of very many trades those
with the largest profits and losses.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import polars as pl

from workbench.views.charts import framed
from workbench.views.svg import Dots, Window, plot, ticks
from workbench.views.tables import minute
from workbench.views.tearsheet.parts import Scale, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["scatter"]

HEIGHT: Final = 200
DOTS_MAX: Final = 1_500
TOLD_MAX: Final = 120


def scatter(rows: pl.DataFrame, column: str, label: str, across: str, scale: Scale) -> str:
    """Trades by one column and their return, winners and losers in their colours.

    Args:
        rows: trades with a value in `column` and in `return`.
        column: what goes across.
        label: what a screen reader is told.
        across: what stands below.
        scale: how values of the column are written.
    """
    large = rows.sort(pl.col("return").abs(), descending=True, maintain_order=True)
    kept = large.head(DOTS_MAX)
    view = _view(kept[column].cast(pl.Float64), kept["return"])
    dots = [_dots(kept, column, gained=gained) for gained in (True, False)]
    levels = ticks(view.low, view.high, 4)
    drawn = plot([], view, label=label, height=HEIGHT, rules=levels, dots=dots)
    spots = "".join(_spot(row, column, view, across, scale.told) for row in kept.head(TOLD_MAX).iter_rows(named=True))
    below = "".join(
        f'<span class="wb-x" aria-hidden="true" style="left:{view.across(at):.2%}">{escape(scale.axis(at))}</span>'
        for at in ticks(view.left, view.right, 4)
    )
    inside = f'{drawn}<div class="wb-spots" aria-hidden="true">{spots}</div>{below}'
    shown = framed(inside, [(view.down(level), percent(level)) for level in levels], HEIGHT)
    return f'<div><p class="wb-more">{escape(across)}</p>{shown}</div>'


def _view(x: pl.Series, y: pl.Series) -> Window:
    """A window around all dots and the zero lines."""
    (left, right), (low, high) = (
        (min(0.0, float(s.min())), max(0.0, float(s.max())))  # type: ignore[arg-type]  # of numbers
        for s in (x, y)
    )
    wide, tall = (right - left) or 1.0, (high - low) or 1.0
    return Window(left - 0.03 * wide, right + 0.03 * wide, low - 0.06 * tall, high + 0.06 * tall)


def _dots(rows: pl.DataFrame, column: str, *, gained: bool) -> Dots:
    part = rows.filter((pl.col("return") >= 0) == gained)
    return Dots(
        tuple(part[column].cast(pl.Float64).to_list()), tuple(part["return"].to_list()), "gain" if gained else "loss"
    )


def _spot(row: Mapping[str, Any], column: str, view: Window, across: str, told: Callable[[float], str]) -> str:
    place = f"left:{view.across(row[column]):.1%};top:{view.down(row['return']):.1%}"
    head = f"{row['asset']} {row['side']} {minute(row['entry_time'])}"
    text = f"{head}\n{across}  {told(row[column])}\nreturn {row['return']:z,.2%}"
    return f'<i data-v="{escape(text)}" style="{place}"></i>'.replace("\n", "&#10;")
