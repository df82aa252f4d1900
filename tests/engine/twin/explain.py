"""Profit explained: what each cause did to equity in each asset, slice by slice.

The one idea: a slice is explained by what it added to fills and events and by the values at its two ends; whatever the
causes do not add up to is an error. Source: semantics.md, Ledger, "Profit is explained to the last digit".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from twin.exact import ZERO
from twin.result import Part

if TYPE_CHECKING:
    from datetime import datetime

    from twin.case import Asset
    from twin.result import Event, Fill
    from twin.state import State

__all__ = ["Explainer"]

CAUSES = ("price", "slippage", "fees", "dividends", "borrow", "interest", "cash_in_lieu")
ACCOUNTS = {"dividend": "dividends", "borrow": "borrow", "interest": "interest"}


@dataclass
class Explainer:
    """What was explained so far, and how far that is: fills, events, values by asset, equity."""

    parts: list[Part] = field(default_factory=list)
    fills: int = 0
    events: int = 0
    ends: int = 0
    values: dict[str, Decimal] = field(default_factory=dict)
    equity: Decimal = ZERO

    def slice(self, state: State, time: datetime) -> None:
        """Explain the slice that has just got its equity row."""
        fills, events = state.fills[self.fills :], state.ledger.events[self.events :]
        values = {state.case.assets[asset].name: value for asset, value in state.values().items()}
        amounts: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        for name in {*values, *self.values}:
            amounts[name, "price"] = values.get(name, ZERO) - self.values.get(name, ZERO)
        for fill in fills:
            asset = next(asset for asset in state.case.assets if asset.name == fill.asset)
            amounts[fill.asset, "price"] -= _cost_at_reference(fill, asset)
            amounts[fill.asset, "slippage"] -= asset.value(_signed(fill), fill.price - fill.reference)
            amounts[fill.asset, "fees"] -= fill.fee
        for event in events:
            self._event(event, amounts)
        for end in state.exchanged[self.ends :]:
            amounts[end.asset, "price"] += end.cash + end.units
            amounts[end.asset, "cash_in_lieu"] += end.in_lieu
            amounts[end.other, "price"] -= end.units
        equity, deposits = state.equity[-1].equity, _moved(events, "deposit", "cash")
        if sum(amounts.values(), ZERO) + deposits != equity - self.equity:
            raise AssertionError(f"{time}: {dict(amounts)} do not make {equity - self.equity}")
        names = *(asset.name for asset in state.case.assets), state.case.config.currency
        order = [(name, cause) for name in names for cause in CAUSES]
        self.parts += [Part(time, *key, amounts[key]) for key in order if amounts[key]]
        self.fills, self.events, self.ends = len(state.fills), len(state.ledger.events), len(state.exchanged)
        self.values, self.equity = values, equity

    def _event(self, event: Event, amounts: defaultdict[tuple[str, str], Decimal]) -> None:
        """A dividend counts when it becomes receivable, the cash of a split when it is paid; interest has no asset."""
        for account, name, amount in event.legs:
            if account == ACCOUNTS.get(event.kind):
                amounts[name, account] -= amount
        if event.kind == "split":
            (name,) = {name for account, name, _ in event.legs if account != "cash"}
            amounts[name, "cash_in_lieu"] += _moved([event], "split", "cash")


def _signed(fill: Fill) -> Decimal:
    return fill.quantity if fill.side == "buy" else -fill.quantity


def _cost_at_reference(fill: Fill, asset: Asset) -> Decimal:
    """Of a fee in the base currency the units go to whoever charges it, at the price of the fill."""
    return asset.value(_signed(fill), fill.reference) - asset.value(fill.withheld, fill.price)


def _moved(events: list[Event], kind: str, wanted: str) -> Decimal:
    return sum((amount for e in events if e.kind == kind for account, _, amount in e.legs if account == wanted), ZERO)
