"""The replay where scripts do not run: a picture of the whole run, and its plain twin.

The one idea: prices with their fills over the equity, in the same colours and on the same time axis as the replay.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import polars as pl

from workbench.analytics.drawdown import drawdowns
from workbench.analytics.returns import session_closes
from workbench.views.charts import chart, curve, points
from workbench.views.summary import counts, money, notes, span
from workbench.views.svg import Dots
from workbench.views.theme import style

if TYPE_CHECKING:
    from workbench.views.drawn import Drawn
    from workbench.views.run_view import RunView

__all__ = ["picture_html", "picture_text", "prices"]


def picture_text(run: RunView, asset: str, cursor: int) -> str:
    """The replay in a line, with the bar under its cursor."""
    at = run.equity["session"][cursor]
    return f"Replay of {run.name} on {asset}: bar {cursor + 1:,} of {run.equity.height:,}, {at}; {counts(run)}"


def picture_html(run: RunView, found: Drawn) -> str:
    """The picture as self-contained HTML: prices and fills, equity, drawdown."""
    closes = session_closes(run.equity)
    fallen = drawdowns(closes)
    shown = escape(f"{found.name}, {span(run)}, {counts(run)}")
    final = f"{money(run.deposits, run.currency)} became <b>{money(run.final_equity, escape(run.currency))}</b>"
    equity = chart(
        [curve("equity", *points(closes, "equity"))], f"Equity, {run.currency}", "{:,.0f}".format, height=110
    )
    below = curve("drawdown", *points(fallen, "drawdown"), role="loss", area=0.0)
    charts = prices(found) + equity + chart([below], "Drawdown", "{:.0%}".format, height=70)
    return (
        f'{style("tearsheet")}<div class="wb wb-sheet wb-still">{notes(run.notices)}<p class="wb-title">'
        f'{escape(run.name)}</p><p class="wb-sub">{shown}<br>{final}</p>{charts}</div>'
    )


def prices(found: Drawn) -> str:
    """Session closes with a dot for each fill, green where it bought and red where it sold."""
    rows = found.bars.frame.group_by("session", maintain_order=True).agg(pl.col("close").last())
    drawn = curve(found.name, *points(rows, "close"), role="muted")
    dots = [_dots(found, "buy", "gain"), _dots(found, "sell", "loss")]
    return chart([drawn], f"{found.name} with fills", "{:,.5g}".format, height=220, dots=dots)


def _dots(found: Drawn, side: str, role: str) -> Dots:
    rows = found.fills.filter(pl.col("side") == side)
    days = rows["time"].dt.date().to_list()
    return Dots(tuple(float(day.toordinal()) for day in days), tuple(rows["drawn"].to_list()), role)
