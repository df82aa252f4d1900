"""How an asset ends: a merger, a change of its symbol, a delisting.

The one idea: the holding is exchanged for units of another asset, cash, or both, once; its cost is split between them
by what they are worth at the other's open, and whatever part leaves with cash is realised.
Source: semantics.md, Corporate actions; the readings of ARCHITECTURE.md.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.actions import owed
from twin.exact import MONEY, QUANTITY, ZERO, half_even, on_step, toward_zero
from twin.portfolio import Given, Units, convert
from twin.purse import post
from twin.result import Exchange

if TYPE_CHECKING:
    from datetime import datetime

    from twin.case import Action, Bar
    from twin.state import State

__all__ = ["ENDS", "end"]

ENDS = ("symbol_change", "merger", "delisting")


def end(state: State, action: Action, bar: Bar | None, now: datetime) -> Decimal:
    """End an asset; `bar` is the one in which the other opens. What is left to pay later."""
    state.ended.add(action.asset)
    if action.kind != "symbol_change":
        for order in state.working(action.asset):
            order.status = "CANCELED"
    elif bar is not None:
        _carry(state, action, bar)
    later = _exchange(state, action, bar, now)
    if bar is not None:
        _move_orders(state, action, bar.asset)
        state.end_reducers(bar.asset)
    return later


def _carry(state: State, action: Action, bar: Bar) -> None:
    """Another name is the same asset, where something goes over to it: it has the last close of the old one."""
    is_moved = state.holdings[action.asset].quantity or list(state.working(action.asset))
    own, other = state.case.assets[action.asset], state.case.assets[bar.asset]
    if is_moved and action.asset in state.marks and own.multiplier == other.multiplier:
        state.marks.setdefault(bar.asset, state.marks[action.asset])


def _exchange(state: State, action: Action, bar: Bar | None, now: datetime) -> Decimal:
    old, name = state.holdings[action.asset], state.case.assets[action.asset].name
    held, before = old.quantity, old.cost
    if not held:
        _tell(state, action, bar, Given(), now)
        return ZERO
    cash = _cash(state, action, held)
    in_lieu, brought, moved, worth, label, whole = ZERO, ZERO, ZERO, ZERO, name, ZERO
    if bar is not None:
        new, label = state.case.assets[bar.asset], state.case.assets[bar.asset].name
        old.relieve(_part_of_cash(state, action, bar))
        exact = old.split(action.ratio)
        whole = exact if action.kind == "symbol_change" else on_step(exact, new.quantity_step, toward_zero)
        fraction = exact - Fraction(whole)
        in_lieu = on_step(fraction * Fraction(new.value(Decimal(1), bar.open)), MONEY, half_even)
        old.take(fraction)
        worth = new.value(old.quantity, state.marks.get(bar.asset, bar.open))
        whole, other = old.quantity, state.holdings[bar.asset]
        brought, moved = old.cost, -other.cost
        other.join(old.lots)
        moved += other.cost
    old.lots = []
    _tell(state, action, bar, Given(cash, in_lieu, whole), now)
    waits = _waits(action, now)
    account = (owed(cash), name) if waits else ("cash", "")
    legs = [(*account, cash), ("cash", "", in_lieu), ("position", name, -before)]
    legs += [("position", label, moved), ("realised", label, brought - moved)]
    legs += [("realised", name, before - brought - cash - in_lieu)]
    own = state.case.assets[action.asset]
    post(state, now, action.kind, own, *((*leg, own.currency) for leg in legs))
    state.exchanged.append(Exchange(name, label, cash, in_lieu, worth))
    return cash if waits else ZERO


def _waits(action: Action, now: datetime) -> bool:
    return action.pay is not None and action.pay > now


def _tell(state: State, action: Action, bar: Bar | None, given: Given, now: datetime) -> None:
    """The books have ended with the account, or without it where theirs make nothing together."""
    if not any(book.held(action.asset) for book in state.portfolio):
        return
    new = None
    if bar is not None:
        other, is_same = state.case.assets[bar.asset], action.kind == "symbol_change"
        new = Units(other, bar.open, QUANTITY if is_same else other.quantity_step, _part_of_cash(state, action, bar))
    ratio, later = action.ratio, action if _waits(action, now) else None
    convert(state, action.asset, given, _price(state, action), new, ratio, later)


def _part_of_cash(state: State, action: Action, bar: Bar) -> Fraction:
    """The part that cash has in what a unit brings, its other units at their open."""
    cash = Fraction(action.amount or 0)
    own, new = state.case.assets[action.asset], state.case.assets[bar.asset]
    units = action.ratio * Fraction(new.value(Decimal(1), bar.open))
    return cash * Fraction(own.multiplier) / (cash * Fraction(own.multiplier) + units)


def _cash(state: State, action: Action, held: Decimal) -> Decimal:
    """Cash for what is held; a delisting of which nothing is known brings the last close."""
    return state.case.assets[action.asset].value(held, _price(state, action))


def _price(state: State, action: Action) -> Decimal:
    is_known = action.amount is not None or action.kind != "delisting"
    return action.amount or ZERO if is_known else state.marks[action.asset]


def _move_orders(state: State, action: Action, other: int) -> None:
    """Working orders go on under the other name, on its steps; they stay linked with one another only."""
    asset, before = state.case.assets[other], state.case.assets[action.asset]
    # All of a holding off the step may be on sale: the same step changes no size.
    step = QUANTITY if asset.quantity_step == before.quantity_step else asset.quantity_step
    for order in state.working(action.asset):
        order.asset = other
        order.oco = None if order.oco is None else f"{order.oco} of {action.asset}"
        if not order.all_in:
            order.split(action.ratio, step, asset.price_step)
            order.reserved = min(state.reservation(order), order.reserved)
