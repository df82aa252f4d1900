"""Profit explained: what each cause did to equity in each asset and currency, slice by slice.

The one idea: a slice is explained in each currency by what it added to fills and events and by the values at its two
ends; adding these amounts one after the other to what was there, each is worth what the worth of the sum changes by.
What the rate did to what was there is FX. Whatever the causes do not add up to is an error. Source: semantics.md,
Ledger, "Profit is explained to the last digit".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from twin.exact import ZERO
from twin.purse import books
from twin.result import Part

if TYPE_CHECKING:
    from twin.result import Event, Fill
    from twin.state import State

__all__ = ["Explainer"]

CAUSES = ("price", "slippage", "fees", "dividends", "borrow", "interest", "funding", "fx", "cash_in_lieu")
ACCOUNTS = {name: name for name in ("borrow", "interest", "funding")} | {"dividend": "dividends", "fee": "fees"}
# By currency, name and cause; what belongs to no asset has the currency's name.
Amounts = defaultdict[tuple[str, str, str], Decimal]


@dataclass
class Explainer:
    """What was explained so far, and how far that is: fills, events, values by asset and currency, equity."""

    parts: list[Part] = field(default_factory=list)
    fills: int = 0
    events: int = 0
    ends: int = 0
    values: dict[int, Decimal] = field(default_factory=dict)
    notional: dict[int, Decimal] = field(default_factory=dict)
    before: dict[str, Decimal] = field(default_factory=dict)
    time: datetime | None = None
    equity: Decimal = ZERO

    def slice(self, state: State, time: datetime) -> None:
        """Explain the slice that has just got its equity row."""
        events, values = state.ledger.events[self.events :], state.values()
        amounts: Amounts = defaultdict(lambda: ZERO)
        notional = {index: state.notional(index) for index in values}
        for index in {*notional, *self.notional}:
            asset = state.case.assets[index]
            change = notional.get(index, ZERO) - self.notional.get(index, ZERO)
            amounts[asset.currency, asset.name, "price"] += change
        for fill, booked in list(zip(state.fills, state.booked, strict=True))[self.fills :]:
            _fill(state, fill, booked, amounts)
        for event in events:
            _event(event, amounts, state.case.config.currency)
        for end in state.exchanged[self.ends :]:
            own, other = (next(a for a in state.case.assets if a.name == name) for name in (end.asset, end.other))
            amounts[own.currency, end.asset, "price"] += end.cash + end.units
            amounts[own.currency, end.asset, "cash_in_lieu"] += end.in_lieu
            amounts[other.currency, end.other, "price"] -= end.units
        self._tell(state, time, amounts, events)
        self.fills, self.events, self.ends = len(state.fills), len(state.ledger.events), len(state.exchanged)
        self.values, self.notional = values, notional
        self.equity, self.time = state.equity[-1].equity, time
        self.before = {currency: sum(parts, ZERO) for currency, parts in books(state).items()}

    def _tell(self, state: State, time: datetime, amounts: Amounts, events: list[Event]) -> None:
        """Put the amounts in their order, and what they and the rates come to into the account's currency."""
        deposits = {c: _deposited(events, c) for c in state.case.currencies}
        worth: defaultdict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
        for currency in state.case.currencies:
            start = self.before.get(currency, ZERO) + deposits[currency]
            names = [*(asset.name for asset in state.case.assets), *state.case.currencies]
            keys = [(currency, name, cause) for name in names for cause in CAUSES]
            end = books(state)[currency]
            if start + sum((amounts[key] for key in keys), ZERO) != sum(end, ZERO):
                raise AssertionError(f"{time}: {dict(amounts)} do not lead from {start} to {end} {currency}")
            total = start
            for key in keys:
                worth[key] += state.rates.worth(total + amounts[key], currency, time)
                worth[key] -= state.rates.worth(total, currency, time)
                total += amounts[key]
            for name, amount in self._moved_by_rates(state, currency, time):
                worth[currency, name, "fx"] += amount
        explained = sum(worth.values(), ZERO) + sum(
            (state.rates.worth(amount, c, time) for c, amount in deposits.items()), ZERO
        )
        if explained != state.equity[-1].equity - self.equity:
            raise AssertionError(f"{time}: {dict(worth)} do not make {state.equity[-1].equity - self.equity}")
        self.parts += [Part(time, name, cause, worth[c, name, cause], c) for c, name, cause in _ordered(state, worth)]

    def _moved_by_rates(self, state: State, currency: str, time: datetime) -> Iterator[tuple[str, Decimal]]:
        """What the change of a rate did to what was there: asset by asset, then cash."""
        if self.time is None or currency == state.case.config.currency:
            return
        whole, total = self.before[currency], ZERO
        own = [(a.name, self.values.get(a.index, ZERO)) for a in state.case.assets if a.currency == currency]
        own.append((currency, whole - sum((value for _, value in own), ZERO)))
        for name, value in own:
            ends = [
                state.rates.worth(total + value, currency, at) - state.rates.worth(total, currency, at)
                for at in (time, self.time)
            ]
            total += value
            yield name, ends[0] - ends[1]


def _ordered(state: State, worth: Amounts) -> list[tuple[str, str, str]]:
    """By asset, cause and currency; zeros are left out."""
    currencies, names = state.case.currencies, [asset.name for asset in state.case.assets]
    places = {name: place for place, name in enumerate([*names, *currencies])}
    kept = [key for key, amount in worth.items() if amount]
    return sorted(kept, key=lambda key: (places[key[1]], CAUSES.index(key[2]), currencies.index(key[0])))


def _fill(state: State, fill: Fill, booked: Decimal, amounts: Amounts) -> None:
    """What a fill costs at its reference price, and what it costs beyond that."""
    asset = next(asset for asset in state.case.assets if asset.name == fill.asset)
    home, quote, name = state.case.assets[state.case.home(asset)], asset.currency, asset.name
    signed = fill.quantity if fill.side == "buy" else -fill.quantity
    kept = asset.value(fill.withheld, fill.price)
    slipped = asset.value(signed, fill.price) - asset.value(signed, fill.reference)
    amounts[quote, name, "slippage"] -= slipped
    # Of a fee in the base currency the units go to whoever charges it, at the price of the fill.
    cost = asset.value(signed, fill.reference) - kept
    if state.case.exchanges(asset):
        assert asset.base is not None
        amounts[asset.base, name, "fx"] += signed
        amounts[asset.base, name, "fees"] -= fill.withheld
        amounts[quote, name, "fx"] -= cost + kept
        amounts[quote, name, "fees"] -= fill.fee - kept
        return
    amounts[quote, name, "fees"] -= fill.fee
    if home is asset:
        amounts[quote, name, "price"] -= booked - slipped
        return
    amounts[quote, name, "fx"] -= cost
    moved = state.rates.convert(cost, quote, home.currency, fill.time)
    amounts[home.currency, home.name, "fx"] += moved
    amounts[home.currency, home.name, "price"] -= moved


def _event(event: Event, amounts: Amounts, own: str) -> None:
    """A dividend counts when it becomes receivable, the cash of a split when it is paid; interest has no asset."""
    for account, name, amount, currency in event.legs:
        if account == ACCOUNTS.get(event.kind):
            amounts[currency, name, account] -= amount
    if event.kind in ("split", "exchange"):
        cause = "cash_in_lieu" if event.kind == "split" else "fx"
        # What no asset needed is told of the currency that lacked it.
        name = next(name for account, name, _, _ in event.legs if account != "cash" and name != own)
        for account, _, amount, currency in event.legs:
            if account == "cash":
                amounts[currency, name, cause] += amount


def _deposited(events: list[Event], currency: str) -> Decimal:
    """What came in from outside."""
    legs = (leg for event in events if event.kind == "deposit" for leg in event.legs)
    return sum((amount for account, _, amount, c in legs if account == "cash" and c == currency), ZERO)
