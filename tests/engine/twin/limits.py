"""Limits, measured a second time: what an order would lead to at worst, and what has been lost.

The one idea: a check is a triple (name, allowed, actual), yielded in a fixed order; the first whose actual number is
beyond the allowed one is the refusal. Source: the docstring of `wb.Limits`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import MONEY, ZERO, on_step, toward_zero
from twin.margin import worst
from twin.purse import worth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from twin.case import Bar
    from twin.orders import Order
    from twin.result import Breach
    from twin.state import State

__all__ = ["Guard", "count", "finish", "must_halt", "refusal"]

Check = tuple[str, Decimal, Decimal]
PRICED = ("position_notional", "position_weight", "leverage")


@dataclass
class Guard:
    """Equity at the end of the last slice, of the last session, and the highest so far; today's approved orders."""

    last: Decimal
    base: Decimal
    peak: Decimal
    day: date | None = None
    orders: int = 0
    halted: bool = False


def must_halt(state: State, bars: list[Bar]) -> bool:
    """A slice has been marked: a new session may begin, and losses may end the trading."""
    guard, limits = state.guard, state.case.config.limits
    day = max(bar.open_time.date() for bar in bars)
    if guard.day is None or day > guard.day:
        guard.day, guard.base, guard.orders = day, guard.last, 0
    return limits.get("on_breach") == "halt" and not guard.halted and _first(_losses(state)) is not None


def finish(state: State) -> None:
    """A slice ends."""
    state.guard.last = state.equity[-1].equity
    state.guard.peak = max(state.guard.peak, state.guard.last)


def count(state: State, order: Order) -> None:
    """An order is approved; with limits it keeps the size that was looked at."""
    state.guard.orders += 1
    if state.case.config.limits:
        order.all_in = False


def refusal(state: State, order: Order) -> Breach | None:
    """What forbids an order that was otherwise fine."""
    if not state.case.config.limits or _reduces(state, order):
        return None
    if state.guard.halted:
        return "halted", None, None
    if not order.quantity:
        return "unpriced", None, None
    return _listed(state, order) or _unpriced(state, order) or _first(_checks(state, order))


def _first(checks: Iterator[Check]) -> Breach | None:
    return next((check for check in checks if check[2] > check[1]), None)


def _listed(state: State, order: Order) -> Breach | None:
    limits, name = state.case.config.limits, state.asset(order).name
    if name in limits.get("restricted", ()):
        return "restricted", None, None
    return None if name in limits.get("allowed", [name]) else ("not_allowed", None, None)


def _unpriced(state: State, order: Order) -> Breach | None:
    """Without a close only what needs none can be looked at; whatever of that is beyond is named first."""
    limits = state.case.config.limits
    if order.asset in state.marks:
        return None
    needs = "order_notional" in limits and order.price is None
    needs |= "price_collar" in limits and order.price is not None
    needs |= _raises(state, order) and any(name in limits for name in PRICED)
    early = (
        check for check in _checks(state, order) if check[0] not in (*PRICED, "price_collar", "daily_loss", "drawdown")
    )
    return _first(early) or (("unpriced", None, None) if needs else None)


def _checks(state: State, order: Order) -> Iterator[Check]:
    yield from _counts(state, order)
    yield from _sizes(state, order)
    if order.asset in state.marks:
        yield from _collar(state, order)
        if _raises(state, order):
            yield from _positions(state, order)
    yield from _losses(state)


def _reduces(state: State, order: Order) -> bool:
    """Whether an order takes no more than is held, with those that already work on its side."""
    held = -order.sign * state.holdings[order.asset].quantity
    return order.reduce_only or ZERO < order.quantity + _ahead(state, order) <= held


def _ahead(state: State, order: Order) -> Decimal:
    """What already works on the side of an order and could open a position."""
    if not _raises(state, order):
        return ZERO
    same = [other for other in state.working(order.asset) if other.sign == order.sign and not other.reduce_only]
    return sum((other.leaves for other in same), ZERO)


def _raises(state: State, order: Order) -> bool:
    """Whether an order can open or raise a position: a buy, and on margin a sell too."""
    return order.buys or state.case.config.margin is not None


def _number(state: State, name: str) -> Decimal | None:
    given = state.case.config.limits.get(name)
    return None if given is None else Decimal(given)


def _counts(state: State, order: Order) -> Iterator[Check]:
    if most := _number(state, "orders_per_day"):
        yield "orders_per_day", most, Decimal(state.guard.orders + 1)
    if _raises(state, order) and (most := _number(state, "open_positions")):
        open_ = {index for index, holding in enumerate(state.holdings) if holding.quantity}
        open_ |= {other.asset for other in state.working() if _raises(state, other) and not other.reduce_only}
        shared = {state.case.home(state.case.assets[index]) for index in open_ | {order.asset}}
        yield "open_positions", most, Decimal(len(shared))


def _sizes(state: State, order: Order) -> Iterator[Check]:
    if state.case.config.limits.get("long_only") and not order.buys:
        yield "long_only", max(state.holdings[order.asset].quantity, ZERO), order.quantity + _ahead(state, order)
    if most := _number(state, "order_quantity"):
        yield "order_quantity", most, order.quantity
    price = state.marks.get(order.asset) if order.price is None else order.price
    if price is not None and (most := _number(state, "order_notional")):
        asset = state.asset(order)
        yield "order_notional", most, worth(state, asset.size(order.quantity, price), asset.currency)


def _collar(state: State, order: Order) -> Iterator[Check]:
    if (part := _number(state, "price_collar")) is not None:
        mark = state.marks[order.asset]
        for price in (order.limit, order.stop):
            if price is not None:
                yield "price_collar", _part(part, mark), abs(price - mark)


def _positions(state: State, order: Order) -> Iterator[Check]:
    value = _value(state, order.asset, order)
    if (most := _number(state, "position_notional")) is not None:
        yield "position_notional", most, value
    if (weight := _number(state, "position_weight")) is not None:
        yield "position_weight", _part(weight, state.equity_now()), value
    if (times := _number(state, "leverage")) is not None:
        others = [index for index in state.marks if index != order.asset]
        gross = value + sum((_value(state, index) for index in others), ZERO)
        yield "leverage", _part(times, state.equity_now()), gross


def _value(state: State, asset: int, more: Order | None = None) -> Decimal:
    own = state.case.assets[asset]
    return worth(state, own.size(_worst(state, asset, more), state.marks[asset]), own.currency)


def _worst(state: State, asset: int, more: Order | None = None) -> Decimal:
    """The size of what would be held if all working buys were filled, of linked ones the largest; on margin sells too.

    What a pair of two currencies has sold counts by its size, which buys may only make smaller.
    """
    if state.case.config.margin:
        return worst(state, asset, more)
    groups: dict[object, list[Decimal]] = defaultdict(list)
    for order in [*state.working(asset), *([more] if more else [])]:
        if order.buys:
            groups[order.oco or order.sequence].append(order.leaves)
    held = state.holdings[asset].quantity
    return max(abs(held), abs(held + sum((max(leaves) for leaves in groups.values()), ZERO)))


def _losses(state: State) -> Iterator[Check]:
    for name, level in (("daily_loss", state.guard.base), ("drawdown", state.guard.peak)):
        if (part := _number(state, name)) is not None:
            yield name, _part(part, level), level - state.equity_now()


def _part(part: Decimal, whole: Decimal) -> Decimal:
    return on_step(Fraction(part) * Fraction(whole), MONEY, toward_zero)
