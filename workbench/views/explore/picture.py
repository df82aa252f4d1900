"""An exploration where scripts do not run: the result that is shown as a picture, the pins beside it, and a plain twin.

The one idea: a saved notebook tells the parameters, the figures and the curves of what was seen last.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from workbench.analytics.drawdown import drawdowns
from workbench.analytics.metrics import RANKED
from workbench.analytics.returns import session_closes
from workbench.strategies.kinds import spelled
from workbench.views.charts import chart, curve, points
from workbench.views.drawn import Drawn
from workbench.views.explore.blocks import FIGURES, stamp
from workbench.views.replay.picture import prices
from workbench.views.summary import counts, money, notes, span
from workbench.views.theme import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.views.drawn import Ground
    from workbench.views.explore.faces import ExploreView, ResultView
    from workbench.views.svg import Curve

__all__ = ["GHOSTS", "picture_html", "picture_text"]

GHOSTS = ("#d08a1d", "#8e6fd8", "#2a9d87", "#cf5a84", "#7d8a9b")
"""The tones of the pins, one after the other."""


def picture_text(explore: ExploreView) -> str:
    """What is shown, and each pin, in a line."""
    shown, run = explore.shown, explore.shown.run
    head = f"Explore {run.name}: {spelled(shown.params)}; {_line(shown)}"
    return "\n".join([head, *(f"pinned {spelled(pin.params)}; {_line(pin)}" for pin in explore.pins)])


def _line(result: ResultView) -> str:
    run = result.run
    return f"{money(run.deposits, run.currency)} became {money(run.final_equity, run.currency)}, {counts(run)}"


def picture_html(explore: ExploreView, ground: Ground) -> str:
    """The picture as self-contained HTML: prices and fills, the equity with that of the pins, drawdown, figures."""
    shown, run = explore.shown, explore.shown.run
    closes = session_closes(run.equity)
    curves = [*_ghosts(explore.pins), curve("shown", *points(closes, "equity"))]
    equity = chart(curves, f"Equity, {run.currency}", "{:,.0f}".format, height=110)
    fallen = curve("drawdown", *points(drawdowns(closes), "drawdown"), role="loss", area=0.0)
    found = Drawn(ground.name, ground.bars, ground.scale, ground.fills(run), ground.layers(()), None)
    charts = prices(found) + equity + chart([fallen], "Drawdown", "{:.0%}".format, height=70)
    became = f"{money(run.deposits, run.currency)} became <b>{money(run.final_equity, escape(run.currency))}</b>"
    return (
        f'{style("tearsheet")}<div class="wb wb-sheet wb-still wb-explore-still">{notes(run.notices)}'
        f'<p class="wb-title">{escape(run.name)}: {escape(spelled(shown.params))}</p>'
        f'<p class="wb-sub">{escape(f"{ground.name}, {span(run)}, {counts(run)}")}<br>{became}</p>'
        f"{charts}{_table(explore)}</div>"
    )


def _ghosts(pins: Sequence[ResultView]) -> list[Curve]:
    return [curve(spelled(pin.params), *points(session_closes(pin.run.equity), "equity"), role="muted") for pin in pins]


def _table(explore: ExploreView) -> str:
    """A row for what is shown and for each pin."""
    head = "".join(f'<th scope="col">{escape(RANKED[name].label)}</th>' for name in FIGURES)
    named = [("shown", explore.shown), *(("pinned", pin) for pin in explore.pins)]
    rows = "".join(_row(explore, name, result) for name, result in named)
    corner = '<th scope="col" class="wb-text">parameters</th>'
    table = f'<table class="wb-table"><thead><tr>{corner}{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="wb-scroll">{table}</div>'


def _row(explore: ExploreView, name: str, result: ResultView) -> str:
    written = stamp(explore, result)["written"]
    values = "".join(f"<td>{escape(written[figure])}</td>" for figure in FIGURES)
    return f'<tr><td class="wb-text">{name}: {escape(spelled(result.params))}</td>{values}</tr>'
