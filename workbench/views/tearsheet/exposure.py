"""The section of exposure: how much was at work, in how many trades, and how much of it was traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.views.tearsheet.parts import SHARES, Line, Scale, block, over_time, percent, stacks

if TYPE_CHECKING:
    from workbench.views.tearsheet.facts import Facts

__all__ = ["exposure"]


def exposure(facts: Facts) -> str:
    """Exposure and open trades over time, turnover by month."""
    if facts.closes.height < 2:
        return '<p class="wb-more">Fewer than two sessions: there is no curve to draw.</p>'
    return _share(facts) + _held(facts) + _turnover(facts)


def _share(facts: Facts) -> str:
    why = facts.run.metrics.reasons.get("exposure", "")
    if why:
        return block("Exposure", f'<p class="wb-more">Undefined: {why}.</p>')
    drawn = over_time(
        [Line("Exposure", facts.exposure, "exposure", "accent", 0.0)], f"Exposure of {facts.run.name}", SHARES,
        name="exposure", height=160,
    )  # fmt: skip
    return block("Exposure", drawn, "Positions / equity at each session close, shorts taken off longs.")


def _held(facts: Facts) -> str:
    drawn = over_time(
        [Line("Open trades", facts.exposure, "held", "muted", 0.0)], f"Open trades of {facts.run.name}",
        Scale("{:,.6g}".format, "{:,.6g}".format), name="held", height=110,
    )  # fmt: skip
    return block("Open trades", drawn, "Holdings at each session close, each from flat to flat.")


def _turnover(facts: Facts) -> str:
    rows = facts.turnover.with_columns(turnover=facts.turnover["turnover"].fill_null(0.0))
    months, values = rows["month"].to_list(), rows["turnover"].to_list()
    step = max(1, -(-len(months) // 8))
    below = [((i + 0.5) / len(months), f"{day:%Y-%m}") for i, day in enumerate(months) if i % step == 0]
    told = [f"{day:%Y-%m}\n{percent(value)}" for day, value in zip(months, values, strict=True)]
    drawn = stacks(values, told, below, f"Monthly turnover of {facts.run.name}", percent, height=130)
    return block(
        "Turnover by month", drawn, "Half of the value traded in the month / mean equity of its session closes."
    )
