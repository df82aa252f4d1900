"""The state of a run: orders, holdings, marks, open bars, and the one way in which a fill happens.

The one idea: cash is promised before it is spent. `reserved` is what working limit and stop buys hold back, `free` is
the rest, and no buy fills that its own promise plus the free cash cannot pay. Source: semantics.md, Cash accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.costs import Deal, charge, currencies, fee_due, slipped, traded, withheld
from twin.exact import ZERO, on_step, toward_zero
from twin.exits import grow, lose
from twin.latency import drawn
from twin.ledger import Holding, Ledger
from twin.limits import Guard
from twin.orders import NEVER, Order
from twin.portfolio import Book, fill, opened
from twin.purse import available, books, free, post, sellable, worth
from twin.rates import Rates
from twin.result import Balance, BookRow, Call, Cross, EquityRow, Exchange, Fill, Transfer
from twin.settling import Trade, settle

if TYPE_CHECKING:
    from twin.case import Action, Asset, Bar, Case
    from twin.fills import Offer

__all__ = ["State"]

Price = Callable[[Decimal], Decimal]


@dataclass
class State:
    """Everything that changes.

    `lengths` are those of the bars closed last, `room` is what the volume cap leaves of each asset's current bar, None
    without a cap; `traded` are the assets that have any volume at all, `ended` those that can no longer be traded.
    """

    case: Case
    ledger: Ledger = field(default_factory=Ledger)
    orders: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    equity: list[EquityRow] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    marks: dict[int, Decimal] = field(default_factory=dict)
    open_bars: dict[int, Bar] = field(default_factory=dict)
    lengths: dict[int, timedelta] = field(default_factory=dict)
    room: dict[int, Decimal | None] = field(default_factory=dict)
    traded: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    exchanged: list[Exchange] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    now: datetime = NEVER
    numbers: int = 0
    balances: list[Balance] = field(default_factory=list)
    borrowed: dict[str, Decimal] = field(default_factory=dict)
    booked: list[Decimal] = field(default_factory=list)
    settled: dict[int, Decimal] = field(default_factory=dict)
    values_traded: list[tuple[datetime, Decimal]] = field(default_factory=list)
    turn: int | None = None
    promised: dict[Action, list[tuple[Book, Decimal]]] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    crosses: list[Cross] = field(default_factory=list)
    told: list[BookRow] = field(default_factory=list)
    portfolio: list[Book] = field(init=False)
    guard: Guard = field(init=False)
    rates: Rates = field(init=False)

    def __post_init__(self) -> None:
        own = [Holding(self.case.config.lots) for _ in self.case.assets]
        self.holdings = [own[self.case.home(asset)] for asset in self.case.assets]
        self.rates = Rates(self.case)
        self.portfolio = opened(self.case)
        self.traded = {bar.asset for bar in self.case.bars if bar.volume}

    def asset(self, order: Order) -> Asset:
        """The instrument of an order."""
        return self.case.assets[order.asset]

    @property
    def indices(self) -> range:
        """All assets."""
        return range(len(self.case.assets))

    def mark(self, asset: int) -> Decimal:
        """The last close; before the first one, the open of the bar that the asset is in."""
        return self.marks[asset] if asset in self.marks else self.open_bars[asset].open

    def worth_of(self, asset: int, quantity: Decimal) -> Decimal:
        """What so many units are worth; those of crypto whose first pair has no price yet by another pair of it."""
        own = self.case.assets[asset]
        if asset in self.marks or asset in self.open_bars:
            return own.value(quantity, self.mark(asset))
        other = next(o for o in self.case.assets if o.index in self.marks and self.case.home(o) == asset)
        value = other.value(quantity, self.marks[other.index])
        return self.rates.convert(value, other.currency, own.currency, self.now)

    def holding(self, asset: int) -> Holding:
        """What is held by whose turn it is: a book, else the account."""
        return self.holdings[asset] if self.turn is None else self.portfolio[self.turn].holdings[asset]

    def held_for(self, order: Order) -> Decimal:
        """The position that an order changes: its book's, else the account's."""
        own = self.holdings if order.book is None else self.portfolio[order.book].holdings
        return own[order.asset].quantity

    def against(self, order: Order) -> Decimal:
        """How much of the position an order goes against."""
        return max(ZERO, -order.sign * self.held_for(order))

    def whose(self, order: Order) -> str:
        """The name of an order's book, empty where there is none."""
        return "" if order.book is None else self.portfolio[order.book].name

    def own(self, asset: int | None = None) -> list[Order]:
        """Working orders of whose turn it is, of one asset or all."""
        return [order for order in self.working(asset) if self.turn in (None, order.book)]

    def working(self, asset: int | None = None) -> list[Order]:
        """Working orders in sequence, of one asset or all."""
        return [order for order in self.orders if order.working and asset in (None, order.asset)]

    def sharing(self, asset: int) -> list[Order]:
        """Working orders of all pairs that share the holding of one."""
        same = [other.index for other in self.case.assets if self.holdings[other.index] is self.holdings[asset]]
        return [order for order in self.working() if order.asset in same]

    def open_bar(self, bar: Bar) -> None:
        """A bar begins: its volume cap is whole."""
        self.open_bars[bar.asset] = bar
        cap, step = self.case.config.volume_cap, self.case.assets[bar.asset].quantity_step
        unlimited = cap is None or bar.volume is None or bar.asset not in self.traded
        self.room[bar.asset] = None if unlimited else on_step(cap * bar.volume, step, toward_zero)

    def through(self, order: Order) -> Decimal:
        """How far beyond its limit the price must go."""
        return self.case.config.limit_through * self.asset(order).price_step

    def reservation(self, order: Order) -> Decimal:
        """What a working buy with a price holds back: the rest at its price with the fees still to come."""
        if not order.buys or order.price is None or not order.leaves or self.case.config.margin:
            return ZERO
        asset, price = self.asset(order), order.price
        return asset.size(order.leaves, price) + self._fees_in(self._thought(order, price), asset.currency)

    def _thought(self, order: Order, price: Decimal) -> Deal:
        """What is left of an order as a fill at a price."""
        so_far = traded(self.values_traded, self.now)
        return Deal(self.asset(order), order, order.leaves, price, None, None, so_far, self._convert)

    def _convert(self, amount: Decimal, c: str, d: str) -> Decimal:
        return self.rates.convert(amount, c, d, self.now)

    def _fees_in(self, deal: Deal, currency: str) -> Decimal:
        """All fees of a deal as a buyer has to think of them: of another currency what its balance lacks, converted."""
        rules, own = self.case.config.fees, self.case.config.currency
        total = ZERO
        for c in currencies(rules, deal.asset):
            due = fee_due(rules, deal, c)
            if c != deal.asset.currency:
                # Of the account's currency nothing is spare: it may be exchanged for what the order costs.
                lacks = due if c == own else max(ZERO, due - max(ZERO, free(self, c)))
                due = self._convert(self._convert(lacks, c, own), own, deal.asset.currency)
            total += due
        return self._convert(total, deal.asset.currency, currency)

    def fees_ahead(self, order: Order) -> Decimal:
        """The fees of what is left of an order, at its price, else at the last close, in the account's currency."""
        price = self.marks[order.asset] if order.price is None else order.price
        return self._fees_in(self._thought(order, price), self.case.config.currency)

    def volume(self, asset: int) -> Decimal | None:
        """The volume of the asset's bar; None where it is unknown."""
        return self.open_bars[asset].volume if asset in self.traded and asset in self.open_bars else None

    def deal(self, order: Order, quantity: Decimal, at: Price) -> Deal:
        """A fill of this size as the costs see it."""
        volume, so_far = self.volume(order.asset), traded(self.values_traded, self.now)
        return Deal(self.asset(order), order, quantity, at(quantity), volume, order.maker, so_far, self._convert)

    def ahead(self, order: Order, mark: Decimal) -> Price:
        """The price of a market order at a coming Open as far as one can tell: nothing is known of its volume."""
        return lambda quantity: slipped(self.case.config, order.side, mark, quantity, None)

    def cost(self, order: Order, quantity: Decimal, at: Price) -> Decimal:
        """What a buy takes out of cash."""
        deal = self.deal(order, quantity, at)
        return deal.value + self._fees_in(deal, deal.asset.currency)

    def coming(self, more: Order) -> Decimal:
        """What working sells will bring at the last closes: no more than what is held, however many of them work.

        In the currency of what an order is to buy: what comes in it, and in that of the account; its own book's.
        """
        asset, holdings = self.asset(more), self.holdings if more.book is None else self.portfolio[more.book].holdings
        total, left = ZERO, {id(holding): max(ZERO, holding.quantity) for holding in holdings}
        for order in self.working():
            if more.book not in (None, order.book):
                continue
            own = self.asset(order)
            if order.buys or order.asset not in self.marks or own.currency not in (self.rates.account, asset.currency):
                continue
            key = id(holdings[order.asset])
            if self.case.exchanges(own) and own.base is not None and not self.case.config.margin:
                left[key] = max(ZERO, free(self, own.base))
            sold = min(order.leaves, left[key])
            left[key] -= sold
            total += self._convert(own.size(sold, self.marks[order.asset]), own.currency, asset.currency)
        return total

    def unpaid(self, order: Order) -> Decimal:
        """What contracts held would have cost in full beyond what has been paid; a book has paid for all of it."""
        return ZERO if order.book is not None else self.contracts(self.asset(order))

    def contracts(self, asset: Asset) -> Decimal:
        """What contracts held would have cost in full, in the currency of an asset to be bought for all cash."""
        total = ZERO
        for own in self.case.assets:
            if not own.pays and self.holdings[own.index].quantity:
                basis = self._not_paid(own.index)
                total += self._convert(-basis if own.inverse else basis, own.currency, asset.currency)
        return total

    def affordable(self, order: Order, most: Decimal | None, at: Price, more: Decimal = ZERO) -> Decimal:
        """The largest step, at most `most`, that an order without a reservation can pay with `more` cash."""
        step, cash = self.asset(order).quantity_step, available(self, order) + more
        low, high = 0, int(Fraction(max(cash, ZERO)) / Fraction(self.asset(order).size(step, at(ZERO)))) + 1
        if most is not None:
            high = min(high, int(most / step))
        while low < high:
            middle = (low + high + 1) // 2
            if self.cost(order, middle * step, at) <= cash:
                low = middle
            else:
                high = middle - 1
        return low * step

    def values(self) -> dict[int, Decimal]:
        """What positions count in equity: at the last closes, before the first one at the open of the bar bought in.

        Of a future that is what is not settled, of a perpetual what it has gained.
        """
        keeps = [asset for asset in self.case.assets if self.case.home(asset) == asset.index]
        held = [(a.index, self.holdings[a.index].quantity) for a in keeps if not self.case.exchanges(a)]
        return {asset: self.notional(asset) - self._not_paid(asset) for asset, quantity in held if quantity}

    def notional(self, asset: int) -> Decimal:
        """What a holding is worth in full."""
        return self.worth_of(asset, self.holdings[asset].quantity)

    def _not_paid(self, asset: int) -> Decimal:
        own, holding = self.case.assets[asset], self.holdings[asset]
        if own.kind == "future":
            return own.value(holding.quantity, self.settled[asset])
        return ZERO if own.pays else holding.cost

    def equity_now(self) -> Decimal:
        """Cash, market value and receivables of all currencies, each worth what it is now."""
        return sum((worth(self, sum(parts, ZERO), currency) for currency, parts in books(self).items()), ZERO)

    def offer(self, order: Order, bar: Bar, offer: Offer) -> None:
        """What comes of a price: a trigger, and what holding, cap and cash allow to fill."""
        if offer.denied:
            order.status = "DENIED"
            return
        ambiguous = offer.moment == "inside" and self._ambiguous(order, bar, offer)
        if order.waits:
            order.triggered = bar.open_time if offer.moment == "open" else bar.time
        if offer.reference is None:
            return
        at = self.pricing(order, offer.reference, offer)
        quantity = self._size(order, at)
        if order.working and quantity:
            self._fill(order, quantity, at, offer, ambiguous)

    def pricing(self, order: Order, reference: Decimal, offer: Offer) -> Price:
        """The price by the size of the fill."""

        def at(quantity: Decimal) -> Decimal:
            if not offer.slips:
                return reference
            price = slipped(self.case.config, order.side, reference, quantity, self.volume(order.asset))
            return price if offer.bound is None else order.better(price, offer.bound)

        return at

    def _ambiguous(self, order: Order, bar: Bar, offer: Offer) -> bool:
        """Reached together with a linked order, a child in the bar of an inside entry, or a stop-limit's guess."""
        if offer.guess or order.entered == bar.time:
            return True
        rivals = [o for o in self.working(order.asset) if o.linked(order) and bar.open_time >= o.live and not o.auction]
        filled = {fill.order for fill in self.fills if (fill.time, fill.moment) == (bar.time, "close")}
        ended = (other for other in self.orders if other.id in filled and other.linked(order))
        return any(self._inside(rival, bar) for rival in rivals) or any(ended)

    def _inside(self, order: Order, bar: Bar) -> bool:
        up, down = (bar.low, bar.high) if order.buys else (bar.high, bar.low)
        if order.waits:
            return order.reached(down)
        return order.limit is not None and order.satisfied(up, self.through(order))

    def _size(self, order: Order, at: Price) -> Decimal:
        room = self.room[order.asset]
        if order.tif == "FOK":
            return self._size_whole(order, room, at)
        if order.all_in:
            return self._size_all_in(order, room, at)
        if not self._may_open(order):
            against = sellable(self, order)
            if not against:
                order.status = "CANCELED"
            elif against < order.leaves:
                order.reduce(against)
        quantity = order.leaves if room is None else min(order.leaves, room)
        if not quantity or self._is_paid(order, quantity, at):
            return quantity
        if not order.target:
            order.refuse()
            return ZERO
        quantity = self.affordable(order, quantity, at)
        if not quantity and not order.filled:
            order.status = "DENIED"
            return ZERO
        order.reduce(quantity)
        order.settle()
        return quantity

    def _may_open(self, order: Order) -> bool:
        """Whether an order may go beyond what it is against: a buy, and on margin a sell too."""
        return (order.buys or self.case.config.margin is not None) and not order.reduce_only

    def _is_paid(self, order: Order, quantity: Decimal, at: Price) -> bool:
        """Whether a cash account can pay a buy."""
        if not order.buys or self.case.config.margin:
            return True
        return self.cost(order, quantity, at) <= available(self, order, order.reserved)

    def _size_whole(self, order: Order, room: Decimal | None, at: Price) -> Decimal:
        """The whole size within cap, holding and cash, else CANCELED."""
        fits = self._is_paid(order, order.leaves, at) and (
            self._may_open(order) or order.leaves <= sellable(self, order)
        )
        if not fits or (room is not None and order.leaves > room):
            order.status = "CANCELED"
            return ZERO
        return order.leaves

    def _size_all_in(self, order: Order, room: Decimal | None, at: Price) -> Decimal:
        if room == 0:
            return ZERO
        quantity = self.affordable(order, None, at, -self.unpaid(order))
        if not quantity:
            order.status = "FILLED" if order.filled else "DENIED"
        # From then on it is as large as what its cash has bought and could.
        order.quantity = order.filled + quantity
        return quantity if room is None else min(quantity, room)

    def _fill(self, order: Order, quantity: Decimal, at: Price, offer: Offer, ambiguous: bool) -> None:
        price = at(quantity)
        bar, asset = self.open_bars[order.asset], self.asset(order)
        assert offer.reference is not None
        moment = "open" if offer.moment == "open" else "close"
        time = bar.open_time if moment == "open" else bar.time
        deal = self.deal(order, quantity, at)
        kept = withheld(self.case.config.fees, deal)
        fees = charge(self.case.config.fees, deal)
        fee = fees[asset.currency]
        value, kept_value = asset.size(quantity, price), asset.size(kept, price)
        self.values_traded.append((time, worth(self, value, asset.currency)))
        crosses, booked = settle(self, Trade(asset, order.sign * quantity, kept, price, fee), time)
        for c, amount in fees.items():
            if c != asset.currency:
                post(self, time, "fee", asset, ("cash", "", -amount, c), ("fees", asset.name, amount, c))
        order.filled += quantity
        order.value += value
        self.booked.append(booked)
        zeroed: set[int | None] = {None} if crosses else set()
        if self.portfolio:
            zeroed |= fill(self, order, (quantity, kept, sum(fees.values(), ZERO)), (price, offer.reference))
        self.release(order, value + fee)
        room = self.room[order.asset]
        self.room[order.asset] = None if room is None else room - quantity
        costs = (
            value,
            fee + kept_value,
            kept,
            abs(asset.value(quantity, price) - asset.value(quantity, offer.reference)),
        )
        row = time, asset.name, order.side, quantity, price, offer.reference
        self.fills.append(Fill(order.id, *row, *costs, moment, ambiguous))
        # What is freed by the end of what protected the other side is not for this order.
        self.complete(order, at)
        if zeroed:
            self.end_reducers(order.asset, crossing=order, zeroed=zeroed)
        inside = bar.time if offer.moment == "inside" else None
        self.links(order, quantity, value + fee, price, inside)

    def complete(self, order: Order, at: Price) -> None:
        """An order is FILLED when nothing is left of it, or of the cash that it was to spend."""
        if order.all_in and not self.affordable(order, None, at, -self.unpaid(order)):
            order.status = "FILLED"
        order.settle()

    def release(self, order: Order, spent: Decimal) -> None:
        """What an order holds back after cash went out of its promise: never more than is left of that."""
        order.reserved = min(self.reservation(order), max(ZERO, order.reserved - spent))

    def links(self, order: Order, quantity: Decimal, spent: Decimal, price: Decimal, inside: datetime | None) -> None:
        """What a fill does to other orders in the same step."""
        if order.exits:
            grow(self, order, quantity, price, inside)
        for other, lost in list(lose(self, order, quantity)):
            if (order.status == "FILLED" and not order.partial) or (not other.filled and other.quantity <= lost):
                other.status = "CANCELED"
            else:
                other.reduce(max(other.leaves - lost, ZERO))
                other.settle()
                self.release(other, spent)
        if order.parent and order.status == "FILLED" and order.parent.working:
            order.parent.status = "CANCELED"
        self.end_reducers(order.asset)

    def moment(self, inside: datetime | None) -> datetime:
        """When the last fill was."""
        return inside or self.fills[-1].time

    def enter(self, order: Order, now: datetime, *, latent: bool = True) -> None:
        """An order is on the list from now on; it is live when it has come to the venue."""
        order.sequence, order.asked = len(self.orders), now
        if order.book is None:
            order.book = order.parent.book if order.parent else self.turn
        if order.number is None:
            order.number = self.claim()
        order.live = now + self.latency(order.number) if latent else now
        self.orders.append(order)

    def claim(self) -> int:
        """The number of the next order."""
        self.numbers += 1
        return self.numbers

    def latency(self, number: int, *, cancel: bool = False) -> timedelta:
        """How long the order of this number, or its cancel, is on its way."""
        return drawn(*self.case.config.latency, self.case.config.seed, number, cancel=cancel)

    def end_reducers(self, asset: int, *, crossing: Order | None = None, zeroed: Collection[int | None] = ()) -> None:
        """When the position is zero all reduce-only orders of the asset are canceled at once.

        So they are when it was zero on its way, but for the children of the order that goes on to open. Each is about
        one position: `zeroed` are the books that were at zero, None for the account.
        """
        for order in self.sharing(asset):
            is_over = order.book in zeroed if crossing else not self.held_for(order)
            if order.reduce_only and is_over and (crossing is None or order.parent is not crossing):
                order.status = "CANCELED"

    def row(self, time: datetime) -> None:
        """Close a slice: one equity row."""
        own, equity = books(self), self.equity_now()
        cash, owed = (sum((worth(self, own[c][place], c) for c in own), ZERO) for place in (0, 1))
        self.equity.append(EquityRow(time, cash, equity - cash - owed, owed, equity))
        for c, (local, receivable, positions) in own.items():
            self.balances.append(Balance(time, c, local, positions, receivable, self.rates.rate(c, self.now)))
        for book in self.portfolio:
            self.told.append(BookRow(time, book.name, book.in_hand(self), book.equity(self)))
        if self.portfolio:
            self._prove(equity)

    def _prove(self, equity: Decimal) -> None:
        """The books are all there is, to the last digit."""
        if (whole := sum((book.equity(self) for book in self.portfolio), ZERO)) != equity:
            raise AssertionError(f"{self.now}: the books have {whole}, the account {equity}")
        for asset in self.indices:
            held = sum((book.held(asset) for book in self.portfolio), ZERO)
            if held != self.holdings[asset].quantity:
                raise AssertionError(f"{self.now}: the books hold {held} of {asset}")
