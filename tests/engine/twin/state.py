"""The state of a run: orders, holdings, marks, open bars, and the one way in which a fill happens.

The one idea: cash is promised before it is spent. `reserved` is what working limit and stop buys hold back, `free` is
the rest, and no buy fills that its own promise plus the free cash cannot pay. Source: semantics.md, Cash accounts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.costs import charge, fee_due, slipped
from twin.exact import ZERO, on_step, toward_zero
from twin.ledger import Holding, Ledger
from twin.result import EquityRow, Fill

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from twin.case import Asset, Bar, Case
    from twin.orders import Order

__all__ = ["State"]


@dataclass
class State:
    """Everything that changes.

    `room` is what the volume cap leaves of each asset's current bar, None without a cap; `traded` are the assets that
    have any volume at all.
    """

    case: Case
    ledger: Ledger = field(default_factory=Ledger)
    orders: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    equity: list[EquityRow] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    marks: dict[int, Decimal] = field(default_factory=dict)
    open_bars: dict[int, Bar] = field(default_factory=dict)
    room: dict[int, Decimal | None] = field(default_factory=dict)
    traded: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.holdings = [Holding() for _ in self.case.assets]
        self.traded = {bar.asset for bar in self.case.bars if bar.volume}

    def asset(self, order: Order) -> Asset:
        """The instrument of an order."""
        return self.case.assets[order.asset]

    def working(self, asset: int | None = None) -> list[Order]:
        """Working orders in sequence, of one asset or all."""
        return [order for order in self.orders if order.working and asset in (None, order.asset)]

    def open_bar(self, bar: Bar) -> None:
        """A bar begins: its volume cap is whole."""
        self.open_bars[bar.asset] = bar
        cap, step = self.case.config.volume_cap, self.case.assets[bar.asset].quantity_step
        unlimited = cap is None or bar.volume is None or bar.asset not in self.traded
        self.room[bar.asset] = None if unlimited else on_step(cap * bar.volume, step, toward_zero)

    def reservation(self, order: Order) -> Decimal:
        """What a working limit or stop buy holds back: the rest at its price with the fees still to come."""
        if not order.buys or order.price is None or not order.leaves:
            return ZERO
        return self.cost(order, order.leaves, order.price)

    def free(self) -> Decimal:
        """Cash that no working order has reserved."""
        return self.ledger.cash - sum((order.reserved for order in self.working()), ZERO)

    def cost(self, order: Order, quantity: Decimal, price: Decimal) -> Decimal:
        """What a buy takes out of cash."""
        return quantity * price + fee_due(self.case.config.fees, order, quantity, price)

    def coming(self) -> Decimal:
        """What working sells will bring at the last closes."""
        sells = [order for order in self.working() if not order.buys and order.asset in self.marks]
        return sum((order.leaves * self.marks[order.asset] for order in sells), ZERO)

    def affordable(self, order: Order, most: Decimal | None, price: Decimal, more: Decimal = ZERO) -> Decimal:
        """The largest step, at most `most`, that an order without a reservation can pay with `more` cash."""
        step, free = self.asset(order).quantity_step, self.free() + more
        low, high = 0, int(Fraction(max(free, ZERO)) / Fraction(price * step)) + 1
        if most is not None:
            high = min(high, int(most / step))
        while low < high:
            middle = (low + high + 1) // 2
            if self.cost(order, middle * step, price) <= free:
                low = middle
            else:
                high = middle - 1
        return low * step

    def positions_value(self) -> Decimal:
        """Market value at the last closes; before the first one, at the open of the bar it was bought in."""
        held = [(asset, holding.quantity) for asset, holding in enumerate(self.holdings) if holding.quantity]
        marks = {asset: self.open_bars[asset].open for asset, _ in held} | self.marks
        return sum((quantity * marks[asset] for asset, quantity in held), ZERO)

    def equity_now(self) -> Decimal:
        """Cash, market value and receivables."""
        return self.ledger.cash + self.positions_value() + self.ledger.receivable

    def try_fill(self, order: Order, reference: Decimal, moment: str, slips: bool) -> None:
        """Fill what holding, cap and cash allow at this price."""
        price = slipped(reference, order.side, self.case.config.slippage) if slips else reference
        quantity = self._size(order, price)
        if order.working and quantity:
            self._fill(order, quantity, price, reference, moment)

    def _size(self, order: Order, price: Decimal) -> Decimal:
        room = self.room[order.asset]
        if order.all_in:
            return self._size_all_in(order, room, price)
        if not order.buys:
            held = self.holdings[order.asset].quantity
            if not held:
                order.status = "CANCELED"
            elif held < order.leaves:
                order.reduce(held)
        quantity = order.leaves if room is None else min(order.leaves, room)
        if not order.buys or not quantity or self.cost(order, quantity, price) <= self.free() + order.reserved:
            return quantity
        if not order.target:
            order.refuse()
            return ZERO
        quantity = self.affordable(order, quantity, price)
        if not quantity and not order.filled:
            order.status = "DENIED"
            return ZERO
        order.reduce(quantity)
        order.settle()
        return quantity

    def _size_all_in(self, order: Order, room: Decimal | None, price: Decimal) -> Decimal:
        if room == 0:
            return ZERO
        quantity = self.affordable(order, None, price)
        if not quantity:
            order.status = "FILLED" if order.filled else "DENIED"
        return quantity if room is None else min(quantity, room)

    def _fill(self, order: Order, quantity: Decimal, price: Decimal, reference: Decimal, moment: str) -> None:
        bar, name = self.open_bars[order.asset], self.asset(order).name
        time = bar.open_time if moment == "open" else bar.time
        fee = charge(self.case.config.fees, order, quantity, price)
        value, holding = quantity * price, self.holdings[order.asset]
        if order.buys:
            holding.add(quantity, value)
            legs = [("cash", "", -value - fee), ("position", name, value), ("fees", name, fee)]
        else:
            share = holding.take(quantity)
            legs = [("cash", "", value - fee), ("position", name, -share), ("fees", name, fee)]
            legs.append(("realised", name, share - value))
        self.ledger.post(time, "fill", *legs)
        order.filled += quantity
        order.value += value
        order.reserved = min(self.reservation(order), max(ZERO, order.reserved - value - fee))
        room = self.room[order.asset]
        self.room[order.asset] = None if room is None else room - quantity
        costs = value, fee, abs(price - reference) * quantity
        self.fills.append(Fill(order.id, time, name, order.side, quantity, price, reference, *costs, moment))
        if order.all_in and not self.affordable(order, None, price):
            order.status = "FILLED"
        order.settle()

    def row(self, time: datetime) -> None:
        """Close a slice: one equity row."""
        parts = self.ledger.cash, self.positions_value(), self.ledger.receivable
        self.equity.append(EquityRow(time, *parts, sum(parts, ZERO)))
