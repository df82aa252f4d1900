"""Which orders trade at which price, moment by moment.

The one idea: at an Open and in each stage of a Close the candidates are taken sells first, then by asset, then by
sequence, and each is offered one reference price. Source: semantics.md, Orders, Matching.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from twin.case import Bar
from twin.crossing import cross
from twin.exits import break_even
from twin.fills import Offer
from twin.orders import Order
from twin.walk import walk

if TYPE_CHECKING:
    from twin.state import State

__all__ = ["match_close", "match_open", "match_same_close"]

Bars = dict[int, Bar]
Quote = Callable[[Order, Bar], Offer | None]


def _stage(state: State, orders: Iterable[Order], bars: Bars, quote: Quote) -> None:
    """Offer every order its price, in the one order of matching."""
    queue = [order for order in orders if order.asset in bars and order.working]
    offers = [(order, quote(order, bars[order.asset])) for order in queue]
    if state.portfolio:
        cross(state, offers)
    for order, offer in sorted(offers, key=lambda item: (item[0].buys, item[0].asset, item[0].sequence)):
        if offer is not None and order.working:
            state.offer(order, bars[order.asset], offer)


def _live(state: State, bars: Bars) -> list[Order]:
    """Working orders that may trade in these bars: those that open at or after their live time."""
    return [o for o in state.working() if o.asset in bars and bars[o.asset].open_time >= o.live]


def _at(state: State, order: Order, price: Decimal, moment: str) -> Offer | None:
    """An order looked at with one price only."""
    through = state.through(order)
    if order.waits and not order.reached(price):
        return None
    if order.limit is None:
        return Offer(price, moment, slips=True)
    if order.satisfied(price, through):
        return Offer(price, moment)
    return Offer(None, moment) if order.waits else None


def match_open(state: State, bars: list[Bar]) -> None:
    """Ends that come before an Open; everything marketable there; children that appear and are marketable there."""
    by_asset = {bar.asset: bar for bar in bars}
    for bar in bars:
        _end_before(state, bar)
    next_close = state.case.config.fill == "next_close"

    def quote(order: Order, bar: Bar) -> Offer | None:
        first_test = order.post_only and not order.rested
        waits_for_close = next_close and order.auction is None and not order.liquidation
        if order.auction == "close" or (waits_for_close and not first_test):
            return None
        if order.auction == "open" and order.session and bar.open_time < order.session[0]:
            return None
        offer = _at(state, order, bar.open, "open")
        if offer and first_test:
            return Offer(None, "open", denied=True)
        return offer

    present = len(state.orders)
    live = _live(state, by_asset)
    _stage(state, live, by_asset, quote)
    _stage(state, state.orders[present:], by_asset, quote)
    for order in _live(state, by_asset):
        order.rested = True
        order.on_book = order.on_book or (order.limit is not None and not order.waits and order.auction is None)
        if order.auction == "open" and order.session and by_asset[order.asset].open_time >= order.session[0]:
            order.status = "CANCELED"


def _end_before(state: State, bar: Bar) -> None:
    """GTD ends before the first Open at or after its time; sessions whose last bar is missing before the next Open."""
    for order in state.working(bar.asset):
        over = order.session is not None and bar.open_time >= order.session[1]
        if (order.tif == "GTD" and order.until and bar.open_time >= order.until) or (over and order.tif == "DAY"):
            order.status = "EXPIRED"
        elif over and order.auction:
            order.status = "CANCELED"


def match_close(state: State, bars: list[Bar]) -> None:
    """What happens inside these bars, then at their closes, then what ends with them; trailing stops follow."""
    by_asset = {bar.asset: bar for bar in bars}
    if state.case.config.fill != "next_close":
        if state.case.config.path == "pessimistic":
            _inside(state, by_asset)
        elif state.case.config.path == "finer":
            for bar in bars:
                _along(state, bar)
        else:
            for bar in bars:
                walk(state, bar)
    _at_the_close(state, by_asset)
    for bar in bars:
        _end_after(state, bar)
        for order in _live(state, {bar.asset: bar}):
            order.maker = order.on_book
            if order.type == "trailing" and order.waits:
                order.follow(bar.high, bar.low, state.asset(order).price_step)
                order.reserved = min(order.reserved, state.reservation(order))
            if order.even and order.waits:
                break_even(order, bar, state.asset(order).price_step)


def _inside(state: State, bars: Bars) -> None:
    """Stops; limits; children of entries filled inside."""
    present = len(state.orders)
    _stage(state, _live(state, bars), bars, lambda order, bar: _stop(state, order, bar))
    _stage(state, _live(state, bars), bars, lambda order, bar: _limit(state, order, bar))
    _stage(state, state.orders[present:], bars, lambda order, bar: _child(state, order, bar))


def _stop(state: State, order: Order, bar: Bar) -> Offer | None:
    """At the stop; a stop-limit never above its limit, and below it only if the close is good enough, a guess."""
    if not order.waits or order.auction or not order.reached(bar.high if order.buys else bar.low):
        return None
    assert order.stop is not None
    if order.limit is None:
        return Offer(order.stop, "inside", slips=True)
    if order.better(order.stop, order.limit) == order.stop:
        return Offer(order.stop, "inside", slips=True, bound=order.limit)
    if order.satisfied(bar.close, state.through(order)):
        return Offer(order.limit, "inside", guess=True)
    return Offer(None, "inside")


def _limit(state: State, order: Order, bar: Bar) -> Offer | None:
    """At the better of limit and open; what became a limit inside this bar waits for the next."""
    if order.triggered == bar.time:
        return None
    return _resting(state, order, bar)


def _resting(state: State, order: Order, bar: Bar) -> Offer | None:
    if order.limit is None or order.waits or order.auction:
        return None
    if not order.satisfied(bar.low if order.buys else bar.high, state.through(order)):
        return None
    return Offer(order.better(order.limit, bar.open), "inside")


def _child(state: State, order: Order, bar: Bar) -> Offer | None:
    """The stop of an entry that filled inside: at the stop, or at the entry's reference if that is beyond it."""
    if not order.stops or not order.reached(bar.high if order.buys else bar.low):
        return None
    assert order.parent is not None
    assert order.stop is not None
    entry = next(fill.reference for fill in reversed(state.fills) if fill.order == order.parent.id)
    return Offer(entry if order.reached(entry) else order.stop, "inside", slips=True)


def _along(state: State, bar: Bar) -> None:
    """Real finer bars: each is an Open and a range, one after the other; without any, only the range is known."""
    asset, present = {bar.asset: bar}, len(state.orders)
    inner = [
        b for b in state.case.finer if b.asset == bar.asset and bar.open_time <= b.open_time and b.time <= bar.time
    ]
    if not inner:
        _inside(state, asset)
    for fine in inner:
        if fine.open_time > bar.open_time:
            before = len(state.orders)
            _stage(state, _here(state, asset, present), asset, lambda order, _, fine=fine: _opens(state, order, fine))
            _stage(state, state.orders[before:], asset, lambda order, _, fine=fine: _opens(state, order, fine))
        before = len(state.orders)
        stops = {order.sequence for order in state.working(bar.asset) if order.waits}
        stages = (
            lambda order, _, fine=fine: _stop(state, order, fine),
            lambda order, _, fine=fine, s=stops: None if order.sequence in s else _resting(state, order, fine),
        )
        for quote in stages:
            _stage(state, _here(state, asset, present), asset, _known(quote))
        _stage(state, state.orders[before:], asset, _known(lambda order, _, fine=fine: _child(state, order, fine)))


def _here(state: State, asset: Bars, present: int) -> list[Order]:
    """Live orders and those that appeared inside the bar."""
    return _live(state, asset) + [order for order in state.orders[present:] if order.working]


def _opens(state: State, order: Order, fine: Bar) -> Offer | None:
    """What the open of a finer bar does to an order that still waits for a price."""
    return None if order.auction or order.market else _at(state, order, fine.open, "finer")


def _known(quote: Quote) -> Quote:
    """With finer bars nothing is a guess."""

    def known(order: Order, bar: Bar) -> Offer | None:
        offer = quote(order, bar)
        return offer and replace(offer, moment="finer", guess=False)

    return known


def _at_the_close(state: State, bars: Bars) -> None:
    """MOC and LOC at the close of their session's last bar; under next_close all other orders too."""
    next_close = state.case.config.fill == "next_close"

    def quote(order: Order, bar: Bar) -> Offer | None:
        if order.auction == "close":
            assert order.session is not None
            return _at(state, order, bar.close, "close") if bar.time >= order.session[1] else None
        if not next_close or order.auction or order.liquidation:
            return None
        return _at(state, order, bar.close, "close")

    _stage(state, _live(state, bars), bars, quote)


def _end_after(state: State, bar: Bar) -> None:
    """IOC and FOK after their whole first bar; DAY and what an auction left after the session's last Close."""
    for order in state.working(bar.asset):
        over = order.session is not None and bar.time >= order.session[1]
        if (order.auction == "close" and over) or (order.immediate and bar.open_time >= order.live):
            order.status = "CANCELED"
        elif order.tif == "DAY" and over:
            order.status = "EXPIRED"


def match_same_close(state: State, bars: list[Bar], asked: int) -> None:
    """Market orders asked in this slice (sequence `asked` and later), at the close they were asked on.

    For IOC, FOK and DAY that bar is the first.
    """
    if state.case.config.fill != "same_close":
        return
    by_asset = {bar.asset: bar for bar in bars}
    fresh = [o for o in state.orders[asked:] if o.type == "market" and not o.auction and o.asset in by_asset]
    _stage(state, fresh, by_asset, lambda order, bar: Offer(bar.close, "close", slips=True))
    for order in fresh:
        if order.working and order.immediate:
            order.status = "CANCELED"
        elif order.working and order.tif == "DAY" and order.session and by_asset[order.asset].time >= order.session[1]:
            order.status = "EXPIRED"
