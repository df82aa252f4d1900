"""Which orders trade at which price, moment by moment.

The one idea: at an Open and in each stage of a Close the candidates are taken sells first, then by asset, then by
sequence, and each is offered one reference price. Source: semantics.md, Orders, Matching.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from twin.case import Bar
from twin.orders import Order

if TYPE_CHECKING:
    from twin.state import State

__all__ = ["match_close", "match_open", "match_same_close"]

Quote = Callable[[Order, Bar], Decimal | None]


def _reached(order: Order, price: Decimal) -> bool:
    """Whether `price` triggers a stop, or satisfies a limit."""
    assert order.price is not None
    upward = order.buys == (order.type == "stop")
    return price >= order.price if upward else price <= order.price


def _at(order: Order, price: Decimal) -> Decimal | None:
    """Any order looked at with one price only: that price when it trades there."""
    if order.market or _reached(order, price):
        return price
    return None


def _stop_inside(order: Order, bar: Bar) -> Decimal | None:
    """A stop that the bar's range reaches, at the stop."""
    if order.type != "stop" or order.triggered:
        return None
    return order.price if _reached(order, bar.high if order.buys else bar.low) else None


def _limit_inside(order: Order, bar: Bar) -> Decimal | None:
    """A limit that the bar's range reaches, at the better of limit and open."""
    if order.type != "limit" or not _reached(order, bar.low if order.buys else bar.high):
        return None
    assert order.price is not None
    return min(order.price, bar.open) if order.buys else max(order.price, bar.open)


def _stage(state: State, bars: dict[int, Bar], moment: str, quote: Quote) -> None:
    """Offer every live order of these bars its price, in the one order of matching."""
    queue = [order for order in state.working() if order.asset in bars]
    for order in sorted(queue, key=lambda o: (o.buys, o.asset, o.sequence)):
        bar = bars[order.asset]
        price = quote(order, bar)
        if price is None or not order.working:
            continue
        order.triggered = order.triggered or order.type == "stop"
        state.try_fill(order, price, moment, slips=order.type != "limit")


def _live(quote: Quote) -> Quote:
    """Only in bars that open at or after the order's live time."""
    return lambda order, bar: quote(order, bar) if bar.open_time >= order.live else None


def match_open(state: State, bars: list[Bar]) -> None:
    """Everything marketable at these opens; under next_close nothing looks at an open."""
    if state.case.config.fill != "next_close":
        _stage(state, {bar.asset: bar for bar in bars}, "open", _live(lambda order, bar: _at(order, bar.open)))


def match_close(state: State, bars: list[Bar]) -> None:
    """Stops, then limits, inside these bars; under next_close everything at their closes."""
    by_asset = {bar.asset: bar for bar in bars}
    if state.case.config.fill == "next_close":
        _stage(state, by_asset, "close", _live(lambda order, bar: _at(order, bar.close)))
        return
    _stage(state, by_asset, "close", _live(_stop_inside))
    _stage(state, by_asset, "close", _live(_limit_inside))


def match_same_close(state: State, bars: list[Bar], asked: int) -> None:
    """Market orders asked in this slice (sequence `asked` and later), at the close they were asked on."""
    if state.case.config.fill == "same_close":
        fresh: Quote = lambda order, bar: bar.close if order.type == "market" and order.sequence >= asked else None  # noqa: E731
        _stage(state, {bar.asset: bar for bar in bars}, "close", fresh)
