"""The section of costs: what each kind took, in all and along the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench.analytics.returns import in_account
from workbench.views.tables import table
from workbench.views.tearsheet.parts import AMOUNTS, Line, block, over_time

if TYPE_CHECKING:
    from decimal import Decimal

    from workbench.views.tearsheet.facts import Facts

__all__ = ["costs"]

ROLES: Final = ("accent", "loss", "warn", "muted", "gain")


def costs(facts: Facts) -> str:
    """A table by kind with its part of the value traded, and what each kind has cost up to each session."""
    currency, value = facts.run.currency, float(in_account(facts.run.fills, "value")["value"].sum())
    rows = [_row(name, taken, value) for name, taken in facts.costs.items()]
    total = sum(facts.costs.values(), start=facts.run.deposits * 0)
    shown = table(
        ("Kind", "Amount", "Basis points of the value traded"), [*rows, _row("all", total, value)], text_columns=1
    )
    note = "Exact, from the explanation of the profit: below 0 is paid. Slippage is inside of fill prices."
    kinds = block("Costs by kind", shown, note, f"{currency}, to the cent; value traded {value:,.2f}")
    return kinds + _curves(facts)


def _row(name: str, taken: Decimal, value: float) -> tuple[str, ...]:
    part = "-" if not value else f"{float(taken) / value * 10_000:z,.2f}"
    return name, f"{taken:z,.2f}", part


def _curves(facts: Facts) -> str:
    rows = facts.cost_curves
    if facts.closes.height < 2 or rows.width < 2:
        return ""
    lines = [Line(name, rows, name, role) for name, role in zip(rows.columns[1:], ROLES, strict=False)]
    drawn = over_time(lines, f"Costs of {facts.run.name} over time", AMOUNTS, name="costs", height=180)
    return block("Costs over time", drawn, "What each kind has taken since the start.", facts.run.currency)
