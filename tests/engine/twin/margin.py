"""Margin accounts: what an order may lead to, what is asked for what is held, and what becomes of too little of it.

The one idea: both sums go over assets, each part rounded once; approval looks at the worst that working orders can
make of a position, a margin call at the position itself. Source: semantics.md, Margin.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import MONEY, PRICE, ZERO, half_even, on_step
from twin.orders import Order
from twin.portfolio import accrue
from twin.purse import part_of_worth, post, worth
from twin.result import Brink, Call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from twin.case import Margin
    from twin.result import Breach
    from twin.state import State

__all__ = ["Accrual", "brinks", "call", "is_bankrupt", "refused", "worst"]


def worst(state: State, asset: int, more: Order | None = None) -> Decimal:
    """The largest position, long or short, that orders which can open may lead to; of a linked group the largest."""
    groups: dict[tuple[int, object], Decimal] = defaultdict(lambda: ZERO)
    for order in [*state.working(asset), *([more] if more else [])]:
        if not order.reduce_only:
            key = order.sign, order.oco or order.sequence
            groups[key] = max(groups[key], order.leaves)
    held = state.holdings[asset].quantity
    sides = [sum((leaves for (sign, _), leaves in groups.items() if sign == side), ZERO) for side in (1, -1)]
    return max(abs(held + sides[0]), abs(held - sides[1]))


def _part(state: State, asset: int, rate: Decimal, quantity: Decimal) -> Decimal:
    """A part of what so many units are worth at the last close."""
    own = state.case.assets[asset]
    value = own.size(abs(quantity), state.mark(asset)) if quantity else ZERO
    return part_of_worth(state, rate, value, own.currency)


def _required(state: State, more: Order | None = None) -> Decimal:
    margin = _margin(state)
    parts = ((index, worst(state, index, more if more and more.asset == index else None)) for index in state.indices)
    own = [margin.initial if asset.initial is None else asset.initial for asset in state.case.assets]
    return sum((_part(state, index, own[index], quantity) for index, quantity in parts if quantity), ZERO)


def _margin(state: State) -> Margin:
    assert state.case.config.margin is not None
    return state.case.config.margin


def refused(state: State, order: Order) -> Breach | None:
    """Why a margin account cannot carry an order, if it cannot: what it has for it, and what is asked."""
    if state.case.config.margin is None or order.reduce_only:
        return None
    if order.asset not in state.marks:
        is_less = not order.all_in and worst(state, order.asset, order) <= worst(state, order.asset)
        return None if is_less else ("unpriced", None, None)
    before, after = _required(state), _required(state, order)
    allowed = state.equity_now() - state.fees_ahead(order)
    return ("margin", allowed, after) if after > max(before, allowed) else None


def _maintenance(state: State, held: Mapping[int, Decimal]) -> Decimal:
    """The sum over what is held, a long at one rate and a short at another, some assets at their own."""
    parts = ((index, _rate(state, index, quantity)) for index, quantity in held.items())
    return sum((_part(state, index, rate, held[index]) for index, rate in parts), ZERO)


def _rate(state: State, index: int, quantity: Decimal) -> Decimal:
    margin, own = _margin(state), state.case.assets[index].maintenance
    usual = margin.maintenance if quantity > 0 else margin.maintenance_short
    return usual if own is None else own


def is_bankrupt(state: State) -> bool:
    """Whether nothing is held and nothing is left."""
    if state.case.config.margin is None or any(holding.quantity for holding in state.holdings):
        return False
    return state.equity_now() <= 0


def call(state: State, now: datetime) -> None:
    """Too little equity for what is held: all orders are canceled, and positions reduced, the largest loss first."""
    held = {index: holding.quantity for index, holding in enumerate(state.holdings) if holding.quantity}
    equity, maintenance = state.equity_now(), _maintenance(state, held)
    if equity >= maintenance:
        return
    state.calls.append(Call(now, "margin_call", equity, maintenance))
    for order in state.working():
        order.status = "CANCELED"
    assets = state.case.assets
    gains = {i: worth(state, state.notional(i) - state.holdings[i].cost, assets[i].currency) for i in held}
    number = sum(other.kind == "margin_call" for other in state.calls) - 1
    for index in sorted(held, key=lambda asset: (gains[asset], asset)):
        quantity = _reduced_by(state, held, index, equity)
        held[index] -= quantity
        _liquidate(state, now, f"call{number}.{assets[index].name}", index, quantity)
        if _maintenance(state, held) <= equity:
            return


def _reduced_by(state: State, held: Mapping[int, Decimal], index: int, equity: Decimal) -> Decimal:
    """The smallest number of steps, signed like the position, after which equity is enough; at most all of it."""
    step, whole = state.case.assets[index].quantity_step, held[index]
    low, high = 1, -int(-Fraction(abs(whole)) // Fraction(step))
    while low < high:
        middle = (low + high) // 2
        if _maintenance(state, {**held, index: _less(whole, middle * step)}) <= equity:
            high = middle
        else:
            low = middle + 1
    return whole - _less(whole, low * step)


def _less(whole: Decimal, by: Decimal) -> Decimal:
    """A position reduced by so many units, never beyond zero."""
    return max(whole - by, ZERO) if whole > 0 else min(whole + by, ZERO)


def _liquidate(state: State, now: datetime, name: str, asset: int, quantity: Decimal) -> None:
    side = "sell" if quantity > 0 else "buy"
    order = Order(0, name, asset, side, "market", abs(quantity), reduce_only=True)
    order.liquidation = True
    state.enter(order, now, latent=False)


def brinks(state: State, now: datetime) -> Iterator[Brink]:
    """How far the price of each holding may go, in an account of one currency: rest + V(p) = rate x |V(p)|."""
    held = {index: holding.quantity for index, holding in enumerate(state.holdings) if holding.quantity}
    for index, quantity in held.items():
        own = state.case.assets[index]
        rest = Fraction(state.equity_now() - state.notional(index) - _maintenance(state, {**held, index: ZERO}))
        whole = Fraction(_rate(state, index, quantity))
        # Of one unit of quantity x multiplier; an inverse one is worth -1 / p.
        units = Fraction(quantity * own.multiplier)
        moving = units - whole * abs(units) if not own.inverse else units + whole * abs(units)
        price = (moving / rest if rest else None) if own.inverse else (-rest / moving if moving else None)
        if price is not None and (on_it := on_step(price, PRICE, half_even)) > 0:
            yield Brink(now, own.name, on_it)


class Accrual:
    """Interest and borrow, for the days since `last`."""

    def __init__(self, first: date) -> None:
        self.last = first

    def due(self, state: State, midnight: datetime) -> None:
        """What has become due at 00:00 UTC of a day, in one sum for all days since the last time."""
        days, self.last = (midnight.date() - self.last) // timedelta(days=1), midnight.date()
        if state.case.config.margin is None or days <= 0:
            return
        self._interest(state, midnight, days)
        for index in state.indices:
            asset = state.case.assets[index]
            # What an exchange of balances is short of is a balance, on which there is interest.
            if (held := state.holdings[index].quantity) < 0 and asset.pays and not state.case.exchanges(asset):
                amount = _for_days(asset.value(-held, state.mark(index)), _margin(state).borrow_bps, days)
                legs = ("cash", "", -amount, asset.currency), ("borrow", asset.name, amount, asset.currency)
                post(state, midnight, "borrow", asset, *legs)
                accrue(state, -amount, [max(ZERO, -book.held(index)) for book in state.portfolio], "borrow")

    def _interest(self, state: State, midnight: datetime, days: int) -> None:
        """On cash: what is owed costs, what is there may bring."""
        for currency in state.case.currencies:
            cash, margin = state.ledger.cash(currency), _margin(state)
            rate = margin.interest_bps if cash < 0 else margin.credit_bps
            amount = _for_days(cash, rate, days)
            legs = ("cash", "", amount, currency), ("interest", currency, -amount, currency)
            post(state, midnight, "interest", None, *legs)
            sign = -1 if cash < 0 else 1
            accrue(state, amount, [max(ZERO, sign * book.cash) for book in state.portfolio], "interest")


def _for_days(worth: Decimal, bps: Decimal, days: int) -> Decimal:
    return on_step(Fraction(worth * bps * days) / (10_000 * 360), MONEY, half_even)
