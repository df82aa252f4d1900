"""The section of risk: bad days, the market's part in them, and the falls."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from workbench.analytics.relative import RELATIVE
from workbench.analytics.risk import RISK
from workbench.views.tables import drawdowns_table
from workbench.views.tearsheet.parts import RATIOS, Line, block, figures, over_time

if TYPE_CHECKING:
    from workbench.views.tearsheet.facts import Facts

__all__ = ["risk"]


def risk(facts: Facts) -> str:
    """Tails and shape, figures beside the benchmark, rolling beta, deepest drawdowns."""
    count = facts.returns.drop_nulls().height
    tails = block(
        "Bad days", figures(RISK, *facts.risk), "Read off the session returns that there were, not modelled: no day is "
        "worse here than the worst of them.", f"{count:,} session returns",
    )  # fmt: skip
    held = facts.benchmark.about or "a benchmark"
    market = block(
        "Beside the benchmark", figures(RELATIVE, *facts.relative), "Session by session, where both have a return; the "
        "rate without risk is 0.", held,
    )  # fmt: skip
    return tails + market + _beta(facts) + _falls(facts)


def _beta(facts: Facts) -> str:
    if facts.rolling.is_empty():
        return ""
    drawn = over_time(
        [Line("Beta", facts.rolling, "beta")], f"Rolling beta of {facts.run.name}", RATIOS, name="beta", height=160
    )
    note = "Covariance with the benchmark's last session returns / their variance: 1 moves as it does, 0 on its own."
    return block("Rolling beta", drawn, note, f"over {facts.window:,} sessions")


def _falls(facts: Facts) -> str:
    shown = drawdowns_table(facts.closes) if facts.closes.height > 1 else ""
    missing = f'<p class="wb-more">{escape(facts.run.name)} never closed below an earlier high.</p>'
    note = "From the highest close to the lowest one after it, and back to the same height."
    return block("Deepest drawdowns", shown or missing, note, "lengths in sessions")
