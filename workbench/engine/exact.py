"""The exact twins of what a strategy reads: the same fields as Decimals.

A strategy calculates with floats; `.exact` on a bar, order, fill, position or context gives one of these tuples.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

__all__ = ["ExactAccount", "ExactBar", "ExactDeal", "ExactFill", "ExactOrder", "ExactPosition"]


class ExactAccount(NamedTuple):
    """Cash and equity in the account's currency."""

    cash: Decimal
    equity: Decimal


class ExactBar(NamedTuple):
    """Prices and volume on the asset's digits; an unknown volume is None."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None


class ExactDeal(NamedTuple):
    """Quantity, price, value, the bar's volume (None where it is unknown) and the value traded in 30 days."""

    quantity: Decimal
    price: Decimal
    value: Decimal
    volume: Decimal | None
    traded: Decimal


class ExactFill(NamedTuple):
    """Quantity, prices and amounts of one execution."""

    quantity: Decimal
    price: Decimal
    reference: Decimal
    value: Decimal
    fee: Decimal
    slippage: Decimal


class ExactOrder(NamedTuple):
    """Sizes and prices of an order; a price it does not name is None."""

    quantity: Decimal
    filled: Decimal
    limit: Decimal | None
    stop: Decimal | None


class ExactPosition(NamedTuple):
    """A holding; the average price is None when nothing is held, the price before the first close.

    The liquidation price is None where no price of the asset leads to a margin call.
    """

    quantity: Decimal
    average_price: Decimal | None
    price: Decimal | None
    value: Decimal
    cost: Decimal
    profit: Decimal
    liquidation_price: Decimal | None
