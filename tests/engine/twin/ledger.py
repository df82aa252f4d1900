"""The double-entry ledger: legs that sum to zero, balances that are nothing but sums of legs.

The one idea: `post` is the only way to move money; an event whose legs do not sum to zero is an error.
Source: semantics.md, Ledger.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import MONEY, ZERO, half_even, on_step
from twin.result import Event

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Holding", "Ledger", "Leg"]

Leg = tuple[str, str, Decimal, str]

QUANTITY = Decimal(1).scaleb(-8)


@dataclass
class Holding:
    """One asset's lots, oldest first, as [quantity, cost]; under the average rule all purchases are one lot.

    Quantities are fractions, because a split may leave thirds of a unit in a lot. Those of a short are negative, and so
    is its cost: what it was sold for. All lots have one sign.
    """

    rule: str = "average"
    lots: list[tuple[Fraction, Decimal]] = field(default_factory=list)

    @property
    def quantity(self) -> Decimal:
        """All units; whole steps, whatever the lots are."""
        return on_step(sum((quantity for quantity, _ in self.lots), Fraction(0)), QUANTITY, half_even)

    @property
    def cost(self) -> Decimal:
        """What all of it was bought, or sold short, for."""
        return sum((cost for _, cost in self.lots), ZERO)

    def closing(self, quantity: Decimal) -> Decimal:
        """The part of a signed quantity that goes against what is held."""
        held = self.quantity
        if held * quantity >= 0:
            return ZERO
        return max(quantity, -held) if quantity < 0 else min(quantity, -held)

    def add(self, quantity: Decimal | Fraction, cost: Decimal) -> None:
        """Opened units are a lot at their cost, or join the one there is."""
        if self.rule == "average" and self.lots:
            self.lots = [(self.lots[0][0] + Fraction(quantity), self.lots[0][1] + cost)]
        else:
            self.lots.append((Fraction(quantity), cost))

    def take(self, quantity: Decimal | Fraction) -> Decimal:
        """Remove units of the sign held; the cost they take along, rounded; what remains of it stays with the rest."""
        wanted, cost = Fraction(quantity), ZERO
        while wanted:
            place = -1 if self.rule == "lifo" else 0
            held, whole = self.lots[place]
            part = min(wanted, held, key=abs)
            share = on_step(Fraction(whole) * part / held, MONEY, half_even)
            self.lots[place] = held - part, whole - share
            self.lots = [lot for lot in self.lots if lot[0]]
            wanted, cost = wanted - part, cost + share
        return cost

    def relieve(self, part: Fraction) -> Decimal:
        """Take a part of each lot's cost out and leave its units; the cost that leaves, each share rounded."""
        shares = [on_step(Fraction(cost) * part, MONEY, half_even) for _, cost in self.lots]
        self.lots = [(quantity, cost - share) for (quantity, cost), share in zip(self.lots, shares, strict=True)]
        return sum(shares, ZERO)

    def join(self, lots: list[tuple[Fraction, Decimal]]) -> None:
        """Take in the lots of another holding behind those there are; long against short, they close each other."""
        other = Holding(self.rule, lots)
        held, more = (sum((quantity for quantity, _ in of), Fraction(0)) for of in (self.lots, lots))
        if held * more < 0:
            both = min(abs(held), abs(more))
            for of, whole in ((self, held), (other, more)):
                of.take(both if whole > 0 else -both)
        for quantity, cost in other.lots:
            self.add(quantity, cost)

    def split(self, ratio: Fraction) -> Fraction:
        """Multiply every lot; the exact number of units then."""
        self.lots = [(quantity * ratio, cost) for quantity, cost in self.lots]
        return sum((quantity for quantity, _ in self.lots), Fraction(0))


@dataclass
class Ledger:
    """All events, and the balance of every (account, asset, currency)."""

    events: list[Event] = field(default_factory=list)
    balances: defaultdict[tuple[str, str, str], Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def post(self, time: datetime, kind: str, *legs: Leg) -> None:
        """Post one event; accounts without an asset carry the empty name."""
        net: defaultdict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
        sums: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
        for account, asset, amount, currency in legs:
            net[account, asset, currency] += amount
            sums[currency] += amount
        if any(sums.values()):
            raise AssertionError(f"legs do not sum to zero: {legs}")
        for key, amount in net.items():
            self.balances[key] += amount
        rows = tuple(sorted((*key[:2], amount, key[2]) for key, amount in net.items() if amount))
        if rows:
            self.events.append(Event(time, kind, rows))

    def cash(self, currency: str) -> Decimal:
        """Cash in hand."""
        return self.balances["cash", "", currency]

    def receivable(self, currency: str) -> Decimal:
        """Dividends earned and not yet paid, less those owed on shorts."""
        owed = (("receivable", currency), ("payable", currency))
        return sum((amount for (account, _, c), amount in self.balances.items() if (account, c) in owed), ZERO)
