"""What is there to pay with: balances by currency, what of them is promised, and what another currency can add.

The one idea: a payment takes its own currency first; what is missing is exchanged out of the account's currency by an
event of its own, right before. Source: semantics.md, Cash accounts and Ledger.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from twin.exact import MONEY, ZERO, half_even, on_step, toward_zero

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from twin.case import Asset
    from twin.ledger import Leg
    from twin.orders import Order
    from twin.state import State

__all__ = ["available", "books", "free", "free_of", "part_of_worth", "post", "sellable", "worth"]


def worth(state: State, amount: Decimal, currency: str) -> Decimal:
    """An amount in the account's currency."""
    return state.rates.worth(amount, currency, state.now)


def part_of_worth(state: State, rate: Decimal, amount: Decimal, currency: str) -> Decimal:
    """A part of an amount in the account's currency, rounded once."""
    return on_step(worth(state, rate * amount, currency), MONEY, half_even)


def post(state: State, time: datetime, kind: str, asset: Asset | None, *legs: Leg) -> None:
    """Post an event; legs are (account, name, amount, currency). What a foreign balance lacks is exchanged before."""
    own = state.case.config.currency
    paid: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for account, _, amount, currency in legs:
        if account == "cash":
            paid[currency] += amount
    for currency, amount in paid.items():
        missing = min(-(state.ledger.cash(currency) + amount), -amount)
        if currency != own and missing > 0:
            cost = worth(state, missing, currency)
            name = currency if asset is None else asset.name
            there = ("cash", "", missing, currency), ("conversion", name, -missing, currency)
            state.ledger.post(time, "exchange", *there, ("conversion", name, cost, own), ("cash", "", -cost, own))
    state.ledger.post(time, kind, *legs)


def _reserved(state: State, orders: Iterable[Order]) -> defaultdict[str, Decimal]:
    """What orders hold back in each currency; of an OCO group the larger reservation counts."""
    groups: dict[tuple[str, object], Decimal] = {}
    for order in orders:
        key = state.asset(order).currency, order.sequence if order.oco is None else (order.asset, order.oco)
        groups[key] = max(groups.get(key, ZERO), order.reserved)
    sums: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for (currency, _), amount in groups.items():
        sums[currency] += amount
    return sums


def free(state: State, currency: str) -> Decimal:
    """What no working order has reserved of a currency's own balance."""
    return state.ledger.cash(currency) - _reserved(state, state.working())[currency]


def free_of(state: State, number: int) -> Decimal:
    """What no working order has reserved of a book's cash."""
    orders = [order for order in state.working() if order.book == number]
    return state.portfolio[number].cash - sum(_reserved(state, orders).values(), ZERO)


def available(state: State, order: Order, back: Decimal = ZERO) -> Decimal:
    """What an order can pay with, `back` of its own promise included: the account's, and no more than its book's."""
    asset = state.asset(order)
    whole = _available(state, asset, back)
    return whole if order.book is None else min(free_of(state, order.book) + back, whole - state.contracts(asset))


def _available(state: State, asset: Asset, back: Decimal) -> Decimal:
    """The currency of the asset, then that of the account."""
    own, reserved = state.case.config.currency, _reserved(state, state.working())
    reserved[asset.currency] -= back
    room = state.ledger.cash(own) - reserved[own]
    for currency in state.case.currencies:
        if currency != own:
            lacks = max(ZERO, reserved[currency] - state.ledger.cash(currency))
            room -= worth(state, lacks, currency)
    if asset.currency == own:
        return room
    there = max(ZERO, state.ledger.cash(asset.currency) - reserved[asset.currency])
    if room <= 0 or (state.case.exchanges(asset) and asset.base == own):
        return there
    return there + state.rates.convert(room, own, asset.currency, state.now, toward_zero)


def sellable(state: State, order: Order) -> Decimal:
    """How much an order that may not open can sell or buy back: of an exchange of balances what is free of the base."""
    asset, against = state.asset(order), state.against(order)
    if order.buys or not state.case.exchanges(asset):
        return against
    assert asset.base is not None
    there = on_step(max(ZERO, free(state, asset.base)), asset.quantity_step, toward_zero)
    return min(there, against) if order.reduce_only else there


def books(state: State) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Cash, receivables and positions of each currency, in that currency."""
    positions: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for index, value in state.values().items():
        positions[state.case.assets[index].currency] += value
    ledger = state.ledger
    return {c: (ledger.cash(c), ledger.receivable(c), positions[c]) for c in state.case.currencies}
