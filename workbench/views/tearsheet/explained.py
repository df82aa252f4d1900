"""The section that explains the profit: from the deposits to the final equity, without a rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.views.tearsheet.parts import block
from workbench.views.waterfall import profit, waterfall_table

if TYPE_CHECKING:
    from workbench.views.tearsheet.facts import Facts

__all__ = ["explained"]


def explained(facts: Facts) -> str:
    """Profit by cause, and by asset where there are several."""
    made = facts.run.explain()
    small = f"{facts.run.currency}, to the cent"
    note = "Price is what holdings gained at prices before slippage; the steps add up to the last digit."
    causes = block("Profit by cause", waterfall_table(profit(made, made.total.items(), "cause")), note, small)
    if len(facts.run.bars.assets) < 2:
        return causes
    steps = made.exact.by_asset.select("asset", "change").iter_rows()
    shown = waterfall_table(profit(made, steps, "asset"))
    return causes + block("Profit by asset", shown, "All causes of each asset together.", small)
