"""Splits, stock and cash dividends and their payment.

The one idea: an action acts before the first Open of its asset on or after the ex-date, a payment at 00:00 UTC of the
pay date; all of them are items of one timeline. Source: semantics.md, Corporate actions.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import MONEY, PRICE, ZERO, half_even, on_step, toward_zero
from twin.portfolio import bring, owe, pay_owed, split_books
from twin.purse import post

if TYPE_CHECKING:
    from datetime import datetime

    from twin.case import Action, Bar
    from twin.state import State

__all__ = ["earn", "owed", "pay", "split"]


def split(state: State, action: Action, bar: Bar | None, now: datetime) -> None:
    """Whole steps stay; the fraction is settled at the coming open with its share of the cost.

    Where the asset ends without another open, at its last close in new units.
    """
    asset, holding = state.case.assets[action.asset], state.holdings[action.asset]
    if action.asset in state.marks:
        state.marks[action.asset] = on_step(Fraction(state.marks[action.asset]) / action.ratio, PRICE, half_even)
    price = state.marks.get(action.asset, ZERO) if bar is None else bar.open
    exact, cash = holding.split(action.ratio), ZERO
    whole = on_step(exact, asset.quantity_step, toward_zero)
    fraction = exact - Fraction(whole)
    if fraction:
        cash = on_step(fraction * Fraction(asset.value(Decimal(1), price)), MONEY, half_even)
        share = holding.take(fraction)
        legs = ("cash", "", cash), ("position", asset.name, -share), ("realised", asset.name, share - cash)
        post(state, now, "split", asset, *((*leg, asset.currency) for leg in legs))
    split_books(state, asset, action.ratio, price, cash)
    for order in state.working(action.asset):
        if not order.all_in:
            order.split(action.ratio, asset.quantity_step, asset.price_step)
            order.reserved = min(state.reservation(order), order.reserved)
    state.end_reducers(action.asset)


def earn(state: State, action: Action, now: datetime) -> Decimal:
    """A dividend on what is held before the Open: cash when due by now, else owed to or by us; what is left to pay."""
    held, asset = state.holdings[action.asset].quantity, state.case.assets[action.asset]
    amount = on_step(held * (action.amount or ZERO), MONEY, half_even)
    at_once = action.pay is None or action.pay <= now
    account = ("cash", "") if at_once else (owed(amount), asset.name)
    legs = (*account, amount, asset.currency), ("dividends", asset.name, -amount, asset.currency)
    post(state, now, "dividend", asset, *legs)
    if at_once:
        bring(state, asset.index, amount, lambda q: on_step(q * (action.amount or ZERO), MONEY, half_even), "dividends")
    else:
        owe(state, action, amount, "dividends")
    return ZERO if at_once else amount


def pay(state: State, action: Action, amount: Decimal, time: datetime) -> None:
    """What was owed becomes cash."""
    asset = state.case.assets[action.asset]
    legs = ("cash", "", amount, asset.currency), (owed(amount), asset.name, -amount, asset.currency)
    post(state, time, "payment", asset, *legs)
    pay_owed(state, action)


def owed(amount: Decimal) -> str:
    """The account of what is paid later."""
    return "receivable" if amount >= 0 else "payable"
