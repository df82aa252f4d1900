"""Several strategies in one account: what each of them has, and its part in what happens to the account.

The one idea: a book keeps cash and lots of its own beside the account; whatever the account gets or pays is handed out
to the books in their order, the last one concerned taking what is left, so that their equity sums to the account's.
Source: the docstring of `wb.Portfolio`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import MONEY, QUANTITY, ZERO, half_even, on_step, toward_zero
from twin.ledger import Holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from twin.case import Action, Asset, Case
    from twin.orders import Order
    from twin.state import State

__all__ = [
    "Book",
    "Given",
    "Units",
    "accrue",
    "bring",
    "convert",
    "divided",
    "fill",
    "in_proportion",
    "opened",
    "owe",
    "pay_owed",
    "rest_to_last",
    "split_books",
    "trade",
]


@dataclass
class Book:
    """One strategy's cash, had all been paid in full, what it holds at average cost, and what it is owed.

    `start` is what it began with, `moved` what transfers have brought; `causes` is what has changed it but for prices.
    """

    name: str
    cash: Decimal
    holdings: list[Holding]
    owed: Decimal = ZERO
    moved: Decimal = ZERO
    start: Decimal = field(init=False)
    causes: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    returns: list[Fraction] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.cash

    def held(self, asset: int) -> Decimal:
        """Units of an asset."""
        return self.holdings[asset].quantity

    def gets(self, amount: Decimal, cause: str) -> None:
        """Cash that is no trade's."""
        self.cash += amount
        self.causes[cause] += amount

    def equity(self, state: State) -> Decimal:
        """Its cash, what it is owed, and all it holds at the last closes."""
        values = (state.worth_of(asset, self.held(asset)) for asset in state.indices if self.held(asset))
        return self.cash + self.owed + sum(values, ZERO)

    def profits(self, state: State) -> dict[str, Decimal]:
        """What it has gained or lost by each cause, transfers left out; prices did what nothing else did."""
        whole = self.equity(state) - self.start - self.moved
        found = {"price": whole - sum(self.causes.values(), ZERO), **self.causes}
        return {cause: amount for cause, amount in found.items() if amount}

    def in_hand(self, state: State) -> Decimal:
        """Its cash as a strategy sees it: contracts are not paid for."""
        contracts = [asset.index for asset in state.case.assets if not asset.pays and self.held(asset.index)]
        return self.cash + sum((state.worth_of(asset, self.held(asset)) for asset in contracts), ZERO)


def opened(case: Case) -> list[Book]:
    """The books at the start of a run."""
    plan = case.config.books
    if plan is None:
        return []
    parts = divided(case.config.deposits[0][1], plan.weights)
    made = zip(plan.names, parts, strict=True)
    return [Book(name, cash, [Holding() for _ in case.assets]) for name, cash in made]


def divided(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Parts by weights, half-even at Money's scale; the last one is the rest."""
    parts = [on_step(weight * total, MONEY, half_even) for weight in weights[:-1]]
    return [*parts, total - sum(parts, ZERO)]


def rest_to_last(total: Decimal, parts: Sequence[Decimal]) -> list[Decimal]:
    """The parts, the last one replaced by what the others leave of the total."""
    return [*parts[:-1], total - sum(parts[:-1], ZERO)] if parts else []


def in_proportion(total: Decimal, sizes: Sequence[Decimal], step: Decimal = MONEY) -> list[Decimal]:
    """Parts by size toward zero; the last one takes the rest."""
    whole = sum(sizes, ZERO)
    return rest_to_last(
        total, [on_step(Fraction(total) * Fraction(size) / Fraction(whole), step, toward_zero) for size in sizes]
    )


def _holders(state: State, asset: int) -> list[Book]:
    return [book for book in state.portfolio if book.held(asset)]


def trade(book: Book, asset: Asset, quantity: Decimal, price: Decimal) -> bool:
    """Change the lots by a signed quantity; whether one position was closed and another opened."""
    holding = book.holdings[asset.index]
    closing = holding.closing(quantity)
    opening = quantity - closing
    if closing:
        holding.take(-closing)
    if opening:
        holding.add(opening, asset.value(opening, price))
    return bool(closing and opening)


def fill(
    state: State, order: Order, sizes: tuple[Decimal, Decimal, Decimal], prices: tuple[Decimal, Decimal]
) -> set[int | None]:
    """Book a fill, its units kept and its fee, at a price beside its reference; the books that went through zero."""
    asset, (price, reference) = state.asset(order), prices
    crossed: set[int | None] = set()
    for number, size, units, due in _shared(state, order, *sizes):
        book, signed = state.portfolio[number], order.sign * size
        book.cash -= asset.value(signed, price) + due
        book.causes["slippage"] -= asset.value(signed, price) - asset.value(signed, reference)
        book.causes["fees"] -= due + asset.value(units, price)
        if trade(book, asset, signed - units, price):
            crossed.add(number)
    return crossed


def _shared(
    state: State, order: Order, quantity: Decimal, kept: Decimal, fee: Decimal
) -> Iterable[tuple[int, Decimal, Decimal, Decimal]]:
    """Whose fill it is: that of a margin call is shared by those who hold what it reduces."""
    if order.book is not None:
        return [(order.book, quantity, kept, fee)]
    left, parts = quantity, []
    for number, book in enumerate(state.portfolio):
        size = min(max(ZERO, -order.sign * book.held(order.asset)), left)
        if size:
            parts.append((number, size))
            left -= size
    sizes = [size for _, size in parts]
    units, fees = in_proportion(kept, sizes, QUANTITY), in_proportion(fee, sizes)
    return [(n, size, u, f) for (n, size), u, f in zip(parts, units, fees, strict=True)]


def bring(state: State, asset: int, total: Decimal, rule: Callable[[Decimal], Decimal], cause: str) -> None:
    """Cash by what each book holds."""
    holders = _holders(state, asset)
    parts = rest_to_last(total, [rule(book.held(asset)) for book in holders])
    for book, part in zip(holders, parts, strict=True):
        book.gets(part, cause)


def owe(state: State, action: Action, total: Decimal, cause: str) -> None:
    """The same, to be paid later."""
    holders, amount = _holders(state, action.asset), action.amount or ZERO
    parts = rest_to_last(total, [on_step(book.held(action.asset) * amount, MONEY, half_even) for book in holders])
    _promise(state, action, list(zip(holders, parts, strict=True)))
    for book, part in zip(holders, parts, strict=True):
        book.causes[cause] += part


def _promise(state: State, action: Action, parts: list[tuple[Book, Decimal]]) -> None:
    state.promised[action] = parts
    for book, part in parts:
        book.owed += part


def pay_owed(state: State, action: Action) -> None:
    """What was owed becomes cash."""
    for book, part in state.promised.pop(action, ()):
        book.owed -= part
        book.cash += part


def accrue(state: State, amount: Decimal, sizes: Sequence[Decimal], cause: str) -> None:
    """Interest or borrow by the sizes of those concerned; without any, the last book's."""
    if not state.portfolio or not amount:
        return
    concerned = [(book, size) for book, size in zip(state.portfolio, sizes, strict=True) if size]
    concerned = concerned or [(state.portfolio[-1], Decimal(1))]
    parts = in_proportion(amount, [size for _, size in concerned])
    for (book, _), part in zip(concerned, parts, strict=True):
        book.gets(part, cause)


def split_books(state: State, asset: Asset, ratio: Fraction, price: Decimal, cash: Decimal) -> None:
    """Whole steps stay with each book; `cash` is what the account got for what it lost."""
    holders = _holders(state, asset.index)
    holdings = [book.holdings[asset.index] for book in holders]
    given = Given(in_lieu=cash, whole=state.holdings[asset.index].quantity)
    _round(given, Units(asset, price, asset.quantity_step), holders, holdings, ratio)


@dataclass(frozen=True)
class Given:
    """What an account got for an asset: cash, cash for a fraction, and whole units."""

    cash: Decimal = ZERO
    in_lieu: Decimal = ZERO
    whole: Decimal = ZERO


@dataclass(frozen=True)
class Units:
    """What is received: an asset at a price, on a step; `gone` is the part of the cost that left with cash."""

    asset: Asset
    price: Decimal
    step: Decimal
    gone: Fraction = Fraction(0)


def _round(given: Given, new: Units, holders: list[Book], holdings: list[Holding], ratio: Fraction) -> None:
    """Holdings times a ratio on the step; what each loses of a unit is paid for."""
    exact = [holding.split(ratio) for holding in holdings]
    kept = rest_to_last(given.whole, [on_step(units, new.step, toward_zero) for units in exact])
    lost = [units - Fraction(own) for units, own in zip(exact, kept, strict=True)]
    one = Fraction(new.asset.value(Decimal(1), new.price))
    worth = [on_step(units * one, MONEY, half_even) for units in lost]
    parts = rest_to_last(given.in_lieu, worth)
    for book, holding, whole, units, value, part in zip(holders, holdings, exact, lost, worth, parts, strict=True):
        book.gets(part, "cash_in_lieu")
        # More than it had is lost only where it takes what the account rounds differently.
        if 0 < units * whole <= whole * whole:
            holding.take(units)
        elif units:
            holding.join([(-units, -value)])


def convert(
    state: State,
    place: int,
    given: Given,
    price: Decimal,
    new: Units | None = None,
    ratio: Fraction = Fraction(1),
    later: Action | None = None,
) -> None:
    """An asset ends: cash for what each book held of it at a price, perhaps `later`, and units of another one."""
    asset = state.case.assets[place]
    holders = _holders(state, asset.index)
    parts = rest_to_last(given.cash, [asset.value(book.held(asset.index), price) for book in holders])
    if later is not None:
        _promise(state, later, list(zip(holders, parts, strict=True)))
    else:
        for book, part in zip(holders, parts, strict=True):
            book.cash += part
    olds = [book.holdings[asset.index] for book in holders]
    if new is not None:
        for old in olds:
            old.relieve(new.gone)
        _round(given, new, holders, olds, ratio)
        for book, old in zip(holders, olds, strict=True):
            book.holdings[new.asset.index].join(old.lots)
    for old in olds:
        old.lots = []
