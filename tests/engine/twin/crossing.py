"""Orders of different books that would trade against each other meet before they reach the venue.

The one idea: a market order that is offered the open or the close of a bar has no price of its own to insist on; so a
buy and a sell meet at it, as far as both want, the sell may and the buyer can pay. Nothing is charged, and nothing is
refused here. Source: the docstring of `wb.Portfolio`.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import ZERO, on_step, toward_zero
from twin.portfolio import trade
from twin.purse import free_of
from twin.result import Cross, Fill

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.case import Bar
    from twin.fills import Offer
    from twin.orders import Order
    from twin.state import State

__all__ = ["cross"]


def cross(state: State, offers: Iterable[tuple[Order, Offer | None]]) -> None:
    """Let all of a stage meet, asset by asset; buys and sells each in the order in which they were asked."""
    fit = [(order, offer) for order, offer in offers if offer is not None and _may_meet(order, offer)]
    fit.sort(key=lambda item: item[0].sequence)
    for asset in sorted({order.asset for order, _ in fit}):
        own = [(order, offer) for order, offer in fit if order.asset == asset]
        for buy, at in own:
            for sell, there in own:
                if buy.buys and not sell.buys and buy.book != sell.book and buy.working and sell.working:
                    _meet(state, (buy, at), (sell, there))


def _may_meet(order: Order, offer: Offer) -> bool:
    """Whether it is a market order of a book that need not be filled whole."""
    return order.type == "market" and order.book is not None and order.tif != "FOK" and offer.reference is not None


def _meet(state: State, buy: tuple[Order, Offer], sell: tuple[Order, Offer]) -> None:
    bar, asset, price = state.open_bars[buy[0].asset], state.asset(buy[0]), buy[1].reference
    assert price is not None
    quantity = min(_may_buy(state, *buy), _may_close(state, sell[0]))
    if not quantity:
        return
    time = bar.open_time if buy[1].moment == "open" else bar.time
    state.crosses.append(Cross(time, asset.name, price, quantity, buy[0].id, sell[0].id))
    for order, offer in (buy, sell):
        _book(state, order, quantity, offer, bar)
    for order, _ in (buy, sell):
        state.links(order, quantity, asset.size(quantity, price), price, None)


def _may_buy(state: State, order: Order, offer: Offer) -> Decimal:
    """What is wanted and, in a cash account, its book can pay; for all cash, what it would buy at the venue."""
    assert offer.reference is not None
    assert order.book is not None
    if order.all_in:
        return state.affordable(order, None, state.pricing(order, offer.reference, offer), -state.unpaid(order))
    wanted, asset = _may_close(state, order), state.asset(order)
    if state.case.config.margin:
        return wanted
    cash = max(ZERO, free_of(state, order.book) + order.reserved)
    one = Fraction(asset.value(Decimal(1), offer.reference))
    return min(wanted, on_step(Fraction(cash) / one, asset.quantity_step, toward_zero))


def _may_close(state: State, order: Order) -> Decimal:
    """What is left of an order, of one that may not open no more than it is against."""
    if order.reduce_only or not (order.buys or state.case.config.margin):
        return min(order.leaves, state.against(order))
    return order.leaves


def _book(state: State, order: Order, quantity: Decimal, offer: Offer, bar: Bar) -> None:
    """A fill that nobody charges for."""
    asset, price = state.asset(order), offer.reference
    assert price is not None
    assert order.book is not None
    value, book = asset.size(quantity, price), state.portfolio[order.book]
    book.cash -= order.sign * value
    is_through = trade(book, asset, order.sign * quantity, price)
    order.filled += quantity
    order.crossed += quantity
    order.value += value
    order.crossed_value += value
    if order.all_in:
        order.quantity = order.filled
    state.booked.append(order.sign * value)
    if is_through:
        state.end_reducers(order.asset, crossing=order, zeroed={order.book})
    state.release(order, value)
    time = bar.open_time if offer.moment == "open" else bar.time
    sizes = quantity, price, price, value, ZERO, ZERO, ZERO
    state.fills.append(Fill(order.id, time, asset.name, order.side, *sizes, offer.moment, False, venue=False))
    state.complete(order, state.pricing(order, price, offer))
