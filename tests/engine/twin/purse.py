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

__all__ = ["available", "books", "free", "free_of", "lent", "part_of_worth", "post", "sellable", "worth"]


def worth(state: State, amount: Decimal, currency: str) -> Decimal:
    """An amount in the account's currency."""
    return state.rates.worth(amount, currency, state.now)


def part_of_worth(state: State, rate: Decimal, amount: Decimal, currency: str) -> Decimal:
    """A part of an amount in the account's currency, rounded once."""
    return on_step(worth(state, rate * amount, currency), MONEY, half_even)


def post(state: State, time: datetime, kind: str, asset: Asset | None, *legs: Leg) -> None:
    """Post an event; legs are (account, name, amount, currency). What a foreign balance lacks is exchanged before.

    On margin a fill of an exchange of balances borrows what it gives away, and no other payment gives that back.
    """
    paid: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for account, _, amount, currency in legs:
        if account == "cash":
            paid[currency] += amount
    if kind == "fill" and state.case.config.margin and asset is not None and state.case.exchanges(asset):
        for currency, amount in paid.items():
            new = max(ZERO, -amount - max(ZERO, state.ledger.cash(currency))) if amount < 0 else -amount
            state.borrowed[currency] = max(ZERO, state.borrowed.get(currency, ZERO) + new)
    else:
        for currency, amount in paid.items():
            there = state.ledger.cash(currency) + state.borrowed.get(currency, ZERO)
            _exchange(state, time, asset, currency, min(-(there + amount), -amount))
    state.ledger.post(time, kind, *legs)


def _exchange(state: State, time: datetime, asset: Asset | None, currency: str, missing: Decimal) -> None:
    """Out of the account's currency into another one; what no asset needs belongs to each currency itself."""
    own = state.case.config.currency
    if currency == own or missing <= 0:
        return
    cost = worth(state, missing, currency)
    names = (currency, own) if asset is None else (asset.name, asset.name)
    there = ("cash", "", missing, currency), ("conversion", names[0], -missing, currency)
    state.ledger.post(time, "exchange", *there, ("conversion", names[1], cost, own), ("cash", "", -cost, own))


def _reserved(state: State, orders: Iterable[Order]) -> defaultdict[str, Decimal]:
    """What orders hold back in each currency; of what is linked the larger reservation counts."""
    groups: defaultdict[tuple[str, object], list[Order]] = defaultdict(list)
    for order in orders:
        groups[state.asset(order).currency, _links(order)[0]].append(order)
    sums: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for (currency, _), group in groups.items():
        sums[currency] += max(_by_side(group).values())
    return sums


def _links(order: Order) -> tuple[object, object]:
    """The group of an order and its side in it: members of an OCO group are each one, all targets together are one."""
    if order.group is not None:
        return id(order.group), order.stops
    return (order.sequence if order.oco is None else (order.asset, order.oco)), order.sequence


def _by_side(orders: Iterable[Order]) -> defaultdict[object, Decimal]:
    sides: defaultdict[object, Decimal] = defaultdict(lambda: ZERO)
    for order in orders:
        sides[_links(order)[1]] += order.reserved
    return sides


def lent(state: State, order: Order) -> Decimal:
    """What of the promises of those linked with a new order serves it too."""
    group, side = _links(order)
    sides = _by_side(other for other in state.working(order.asset) if _links(other)[0] == group)
    return max(sides.values(), default=ZERO) - sides[side]


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
    if order.buys or state.case.config.margin or not state.case.exchanges(asset):
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
