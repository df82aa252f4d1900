"""The first section: the key figures, and equity beside its benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench.analytics.drawdown import drawdowns
from workbench.analytics.metrics import FIGURES
from workbench.views.tearsheet.parts import AMOUNTS, SHARES, Line, block, figures, over_time

if TYPE_CHECKING:
    from workbench.views.tearsheet.facts import Facts

__all__ = ["overview"]

SHORT: Final = '<p class="wb-more">Fewer than two sessions: there is no curve to draw.</p>'


def overview(facts: Facts) -> str:
    """Key figures, equity, drawdown."""
    metrics, held = facts.run.metrics, facts.benchmark_figures
    beside = {name: f"{facts.benchmark.name.lower()} {value:,.2%}" for name, value in held.items()}
    shown = figures(FIGURES, metrics, metrics.reasons, beside)
    return f'<div class="wb-block" role="group" aria-label="Key figures">{shown}</div>{curves(facts)}'


def curves(facts: Facts) -> str:
    """Equity and drawdown, where there is something to draw."""
    if facts.closes.height < 2:
        return SHORT
    run, held = facts.run, facts.benchmark
    equity = over_time(
        [Line(run.name, facts.closes, "equity"), Line(held.name, held.closes, "equity", "muted", legend=held.about)],
        f"Equity of {run.name} and of {held.about}",
        AMOUNTS,
        name="equity",
        height=300,
    )
    fallen = over_time(
        [Line("Drawdown", drawdowns(facts.closes), "drawdown", "loss", 0.0)],
        f"Drawdown of {run.name}",
        SHARES,
        name="drawdown",
        height=130,
    )
    return block(
        "Equity", equity, "Cash, positions and what is due, at each session close; the other curve starts with the "
        "same deposits. Equal steps up are equal factors where the highest is ten times the lowest.", run.currency,
    ) + block("Drawdown", fallen, "How far each session close lies below the highest one before it.")  # fmt: skip
