"""The double-entry ledger: legs that sum to zero, balances that are nothing but sums of legs.

The one idea: `post` is the only way to move money; an event whose legs do not sum to zero is an error.
Source: semantics.md, Ledger.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.exact import MONEY, ZERO, half_even, ratio
from twin.result import Event

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

__all__ = ["Holding", "Ledger"]


@dataclass
class Holding:
    """One asset's average-cost lot."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    def add(self, quantity: Decimal, cost: Decimal) -> None:
        """Bought units join the lot at their cost."""
        self.quantity += quantity
        self.cost += cost

    def take(self, quantity: Decimal) -> Decimal:
        """Remove units; the cost they take with them, rounded, while the remainder stays with the open part."""
        share = ratio(self.cost * quantity, self.quantity, MONEY, half_even)
        self.quantity -= quantity
        self.cost -= share
        return share


@dataclass
class Ledger:
    """All events, and the balance of every (account, asset)."""

    events: list[Event] = field(default_factory=list)
    balances: defaultdict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def post(self, time: datetime, kind: str, *legs: tuple[str, str, Decimal]) -> None:
        """Post one event; accounts without an asset carry the empty name."""
        net: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        for account, asset, amount in legs:
            net[account, asset] += amount
        if sum(net.values(), ZERO) != 0:
            raise AssertionError(f"legs do not sum to zero: {legs}")
        for key, amount in net.items():
            self.balances[key] += amount
        rows = tuple(sorted((account, asset, amount) for (account, asset), amount in net.items() if amount))
        if rows:
            self.events.append(Event(time, kind, rows))

    @property
    def cash(self) -> Decimal:
        """Cash in hand."""
        return self.balances["cash", ""]

    @property
    def receivable(self) -> Decimal:
        """Dividends earned and not yet paid."""
        return sum((amount for (account, _), amount in self.balances.items() if account == "receivable"), ZERO)
