"""An assumed path through a bar: open, high, low, close, or open, low, high, close.

The one idea: the path is cut at every price at which some order of the asset could act; the walk goes from cut to cut,
and at each one asks all orders again, stops before limits, sells before buys, by sequence, until nothing more happens.
Source: semantics.md, Matching and Path inside a bar.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from twin.fills import Offer

if TYPE_CHECKING:
    from twin.case import Bar
    from twin.orders import Order
    from twin.state import State

__all__ = ["walk"]


def walk(state: State, bar: Bar) -> None:
    """The bar of one asset from open to close."""
    high_first = state.case.config.path == "open_high_low_close"
    corners = (bar.high, bar.low) if high_first else (bar.low, bar.high)
    walker = _Walker(state, bar)
    for end in (*corners, bar.close):
        walker.leg(end)


class _Walker:
    def __init__(self, state: State, bar: Bar) -> None:
        self.state, self.bar, self.price = state, bar, bar.open
        self.done: set[int] = set()
        self.since: dict[int, Decimal] = {}

    def leg(self, end: Decimal) -> None:
        """From where the price is to `end`, cut by cut."""
        while True:
            while self._act_here():
                pass
            ahead = [p for p in self._cuts() if self.price < p <= end or end <= p < self.price]
            if not ahead:
                break
            self.price = min(ahead, key=lambda p: abs(p - self.price))
        self.price = end

    def _present(self) -> list[Order]:
        """Orders live in this bar, and those that appeared on the way."""
        orders = self.state.working(self.bar.asset)
        here = [o for o in orders if self.bar.open_time >= o.live or o.sequence in self.since]
        return [o for o in here if not o.auction and o.sequence not in self.done]

    def _cuts(self) -> list[Decimal]:
        """Prices at which something could happen: stops, and limits with the steps that must be traded through."""
        cuts = []
        for order in self._present():
            if order.waits and order.stop is not None:
                cuts.append(order.stop)
            elif order.limit is not None:
                through = self.state.through(order)
                cuts.append(order.limit - through if order.buys else order.limit + through)
        return cuts

    def _act_here(self) -> bool:
        """Let the first order act that can at this price."""
        ready = []
        for order in self._present():
            if order.waits:
                if order.reached(self.price):
                    ready.append((False, order.buys, order.sequence, order))
            elif order.limit is not None and order.satisfied(self.price, self.state.through(order)):
                ready.append((True, order.buys, order.sequence, order))
        if not ready:
            return False
        order = min(ready, key=lambda item: item[:3])[3]
        present = len(self.state.orders)
        self.state.offer(order, self.bar, self._offer(order))
        for child in self.state.orders[present:]:
            self.since[child.sequence] = self.price
        return True

    def _offer(self, order: Order) -> Offer:
        limit = order.limit
        if order.waits and limit is not None and order.better(self.price, limit) != self.price:
            self.since[order.sequence] = self.price  # a limit for the rest of the path
            return Offer(None, "inside")
        self.done.add(order.sequence)
        if order.waits:
            return Offer(self.price, "inside", slips=True, bound=limit)
        assert limit is not None
        start = self.since.get(order.sequence, self.bar.open)
        return Offer(order.better(limit, start), "inside", guess=order.triggered == self.bar.time)
