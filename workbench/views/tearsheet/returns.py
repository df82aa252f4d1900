"""The section of returns: by month, how they are spread, and whether they came all the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.analytics.distribution import histogram
from workbench.views.tables import months_table
from workbench.views.tearsheet.parts import RATIOS, SHARES, Line, block, over_time, percent, stacks

if TYPE_CHECKING:
    from workbench.views.tearsheet.facts import Facts

__all__ = ["returns"]


def returns(facts: Facts) -> str:
    """Monthly returns, distribution, rolling Sharpe ratio and volatility."""
    if facts.returns.drop_nulls().is_empty():
        return '<p class="wb-more">Fewer than two sessions: there is no return.</p>'
    months = block(
        "Monthly returns", months_table(facts.closes), "From month end to month end; the last column is the year's. "
        "The first month starts at the first session close.", "%",
    )  # fmt: skip
    return months + _spread(facts) + _rolling(facts)


def _spread(facts: Facts) -> str:
    bins = histogram(facts.returns["return"])
    told = [f"{percent(low)} to {percent(high)}\n{count:,} sessions" for low, high, count in bins.iter_rows()]
    step = max(1, -(-bins.height // 8))
    edges = [*bins["low"].to_list(), bins["high"][-1]]
    zero = next((i for i, edge in enumerate(edges) if edge == 0), 0)
    below = [(i / bins.height, percent(edge)) for i, edge in enumerate(edges) if (i - zero) % step == 0]
    roles = ["loss" if high <= 0 else "gain" for high in bins["high"]]
    drawn = stacks(
        bins["count"].to_list(), told, below, f"Session returns of {facts.run.name} by size", "{:,.0f}".format,
        roles=roles,
    )  # fmt: skip
    small = f"{facts.returns.drop_nulls().height:,} session returns in bins of {percent(edges[1] - edges[0])}"
    return block("Distribution of returns", drawn, "How many session returns were of each size.", small)


def _rolling(facts: Facts) -> str:
    small, rows = f"over {facts.window:,} sessions", facts.rolling
    if rows.is_empty():
        return ""
    note = "Mean / sample deviation of the last session returns, per year, over a rate of 0; a gap: they did not vary."
    sharpe = over_time(
        [Line("Sharpe", rows, "sharpe")], f"Rolling Sharpe ratio of {facts.run.name}", RATIOS, name="sharpe", height=160
    )
    volatility = over_time(
        [Line("Volatility", rows, "volatility", "muted")], f"Rolling volatility of {facts.run.name}", SHARES,
        name="volatility", height=130,
    )  # fmt: skip
    plain = "Sample deviation of the last session returns, per year."
    return block("Rolling Sharpe", sharpe, note, small) + block("Rolling volatility", volatility, plain, small)
