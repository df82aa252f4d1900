"""What protects a position: its stop, its targets, and how they follow what happens to it.

The one idea: the stop is for all that is held of an entry, each target for its part; what the stop no longer is for
no target may be for either. Source: semantics.md, Links; ARCHITECTURE.md, Readings of managed exits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from twin.exact import PRICE, ZERO, half_even, on_step, toward_zero
from twin.orders import Order, safe

if TYPE_CHECKING:
    from datetime import datetime

    from twin.case import Asset, Bar
    from twin.state import State

__all__ = ["Exits", "average", "break_even", "grow", "legs", "lose", "ordered", "read"]

Json = Mapping[str, Any]
Number = tuple[str, Decimal]
Leg = tuple[int | None, Order]


@dataclass(frozen=True)
class Exits:
    """A number is "at" (a price or an amount) or "part" (of a price); beside a target's stands the part it is for."""

    stop: Number | None = None
    trail: Number | None = None
    even: Number | None = None
    targets: tuple[tuple[Number, Decimal], ...] = ()

    def split(self, side: str, ratio: Fraction, step: Decimal) -> Exits:
        """Given prices over ratio on their step, amounts half-even."""
        price = _of("at", lambda x: safe(side, Fraction(x) / ratio, step))
        amount = _of("at", lambda x: on_step(Fraction(x) / ratio, PRICE, half_even))
        targets = tuple((price(number), part) for number, part in self.targets)
        return Exits(
            *(f(x) if x else None for f, x in ((price, self.stop), (amount, self.trail), (amount, self.even))), targets
        )

    def prices(self) -> list[Decimal]:
        """The given prices of its stop and its targets."""
        numbers = [self.stop, *(number for number, _ in self.targets)]
        return [number[1] for number in numbers if number and number[0] == "at"]

    def share(self, place: int, filled: Decimal, complete: bool, step: Decimal) -> Decimal:
        """What of `filled` a target is for: parts toward zero, the last one the rest of their sum when all is there."""
        parts = [Fraction(part) for _, part in self.targets]
        whole = [on_step(Fraction(filled) * part, step, toward_zero) for part in parts]
        if parts[place] == 1:
            return filled
        if complete and place == len(parts) - 1:
            return on_step(Fraction(filled) * sum(parts), step, toward_zero) - sum(whole[:-1], ZERO)
        return whole[place]


def _of(kind: str, change: Callable[[Decimal], Decimal]) -> Callable[[Number], Number]:
    return lambda number: (kind, change(number[1])) if number[0] == kind else number


def read(bracket: Json, side: str, step: Decimal) -> Exits | None:
    """The exits of a command; given prices are put on the step of the side that they are on."""
    price = _of("at", lambda x: safe(side, x, step))
    stop, target = _number(bracket, "stop"), _number(bracket, "target")
    targets = [(target, Decimal(1))] if target else []
    for name, kind in (("targets", "at"), ("targets_part", "part")):
        targets += [((kind, Decimal(number)), Decimal(part)) for number, part in bracket.get(name, ())]
    placed = tuple((price(number), part) for number, part in targets)
    exits = Exits(stop and price(stop), _number(bracket, "trail"), _number(bracket, "even"), placed)
    return None if exits == Exits() else exits


def ordered(exits: Exits | None, own: Decimal | None, *, long: bool) -> bool:
    """Whether given prices lie on their sides of the entry's own, and go from the nearest target to the farthest."""
    if exits is None:
        return True
    given = [number[1] for number, _ in exits.targets]
    prices = [exits.stop[1]] if exits.stop and exits.stop[0] == "at" else []
    prices += [own] if own is not None else []
    prices += given if exits.targets and exits.targets[0][0][0] == "at" else []
    if not long:  # amounts and parts of a price grow with the distance on either side
        prices, given = prices[::-1], given[::-1] if exits.targets and exits.targets[0][0][0] == "at" else given
    return all(a < b for row in (given, prices) for a, b in pairwise(row))


def _number(bracket: Json, name: str) -> Number | None:
    given = {"at": bracket.get(name), "part": bracket.get(f"{name}_part")}
    return next(((kind, Decimal(number)) for kind, number in given.items() if number is not None), None)


def _away(number: Number, start: Decimal, *, up: bool) -> Fraction:
    kind, x = number
    distance = Fraction(x) if kind == "at" else Fraction(start) * Fraction(x)
    return Fraction(start) + distance if up else Fraction(start) - distance


def legs(exits: Exits, asset: Asset, entry_side: str, paid: Decimal, start: Decimal) -> Iterator[Leg]:
    """The protecting orders, without sizes: the stop, then the targets; a trail starts from `start`."""
    long, step = entry_side == "buy", asset.price_step
    side = "sell" if long else "buy"
    make = lambda type_: Order(0, "", asset.index, side, type_, ZERO, reduce_only=True)  # noqa: E731
    if exits.stop or exits.trail:
        stop = make("trailing" if exits.trail else "stop")
        levels = [_price(exits.stop, side, paid, step, up=not long)] if exits.stop else []
        if exits.trail:
            kind, number = exits.trail
            stop.best, stop.trail, stop.trail_part = start, *((number, None) if kind == "at" else (None, number))
            levels.append(max(stop.level(step), step))
        stop.stop, stop.even = (max if long else min)(levels), exits.even
        yield None, stop
    for place, (number, part) in enumerate(exits.targets):
        target = make("limit")
        target.limit, target.partial = _price(number, side, paid, step, up=long), part != 1
        yield place, target


def _price(number: Number, side: str, paid: Decimal, step: Decimal, *, up: bool) -> Decimal:
    return number[1] if number[0] == "at" else max(safe(side, _away(number, paid, up=up), step), step)


def grow(state: State, entry: Order, quantity: Decimal, price: Decimal, inside: datetime | None) -> None:
    """Protecting orders appear with the entry's fills and grow with them; one for a part as soon as that is a step."""
    exits, asset, before = entry.exits, state.asset(entry), entry.filled - quantity
    assert exits is not None
    complete = entry.status == "FILLED"

    def size(place: int | None, filled: Decimal, all_: bool) -> Decimal:
        return filled if place is None else exits.share(place, filled, all_, asset.quantity_step)

    for child in state.working(entry.asset):
        if child.parent is entry:
            child.quantity += size(child.place, entry.filled, complete) - size(child.place, before, False)
            child.entered = inside or child.entered
            more = average(asset, asset.size(quantity, price), quantity)
            child.paid = child.paid[0] + more[0], child.paid[1] + more[1]
    for place, leg in list(legs(exits, asset, entry.side, price, price)):
        if not size(place, before, False) and (first := size(place, entry.filled, complete)):
            paid = average(asset, entry.value, entry.filled)
            fresh = replace(leg, id=_name(state, entry, place), quantity=first, parent=entry, group=entry, paid=paid)
            state.enter(replace(fresh, place=place, entered=inside), state.moment(inside), latent=False)


def average(asset: Asset, value: Decimal, quantity: Decimal) -> tuple[Fraction, Fraction]:
    """Two numbers whose quotient is the average price: of an inverse position units over their value."""
    units = Fraction(quantity * asset.multiplier)
    return (units, Fraction(value)) if asset.inverse else (Fraction(value), units)


def _name(state: State, entry: Order, place: int | None) -> str:
    if place is None:
        return f"{entry.id}.stop"
    count = sum(other.parent is entry and other.place is not None for other in state.orders)
    return f"{entry.id}.target{count + 1 if count else ''}"


def lose(state: State, order: Order, quantity: Decimal) -> Iterator[tuple[Order, Decimal]]:
    """What a fill takes from linked orders: its own quantity each; a stop from targets for parts what is too much."""
    linked = [other for other in state.working(order.asset) if other.linked(order)]
    if not any(other.partial for other in linked):
        yield from ((other, quantity) for other in linked)
        return
    linked.sort(key=lambda other: (other.limit, other.sequence), reverse=not order.buys)
    excess = max(sum((other.leaves for other in linked), ZERO) - order.leaves, ZERO)
    for other in linked:
        yield other, (lost := min(excess, other.leaves))
        excess -= lost


def break_even(order: Order, bar: Bar, step: Decimal) -> None:
    """Once a bar has gained the distance, the stop moves to what was paid on average, never back, and only once."""
    assert order.even is not None
    assert order.stop is not None
    paid = safe(order.side, order.paid[0] / order.paid[1], PRICE)
    goal = safe(order.side, _away(order.even, paid, up=not order.buys), PRICE)
    if bar.low <= goal if order.buys else bar.high >= goal:
        order.stop, order.even = order.better(order.stop, safe(order.side, paid, step)), None
