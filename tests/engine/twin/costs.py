"""Fees and slippage.

The one idea: fees are due on the order as a whole, ``min(cap, max(minimum, sum so far))``, so a part pays only what the
parts before it have not paid. Source: semantics.md, Costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.exact import MONEY, PRICE, ZERO, away, floor, half_even, on_step

if TYPE_CHECKING:
    from decimal import Decimal

    from twin.case import Config, FeeRule
    from twin.orders import Order

__all__ = ["charge", "fee_due", "slipped"]


def _sum_after(rule: FeeRule, order: Order, quantity: Decimal, price: Decimal) -> Decimal:
    """The plain fees of the order, the fill in question included: of its whole size and value, rounded once."""
    if rule.kind == "per_trade":
        return rule.rate
    if rule.kind == "per_share":
        return on_step(rule.rate * (order.filled + quantity), MONEY, half_even)
    if rule.kind == "value":
        return on_step(rule.rate * (order.value + quantity * price), MONEY, half_even)
    return ZERO


def fee_due(rule: FeeRule, order: Order, quantity: Decimal, price: Decimal) -> Decimal:
    """What this fill would have to pay; the cap wins over the minimum."""
    total = max(rule.minimum, _sum_after(rule, order, quantity, price))
    return (total if rule.cap is None else min(rule.cap, total)) - order.fee_charged


def charge(rule: FeeRule, order: Order, quantity: Decimal, price: Decimal) -> Decimal:
    """The fee of a fill that happens, remembered on its order."""
    due = fee_due(rule, order, quantity, price)
    order.fee_charged += due
    return due


def slipped(reference: Decimal, side: str, config: Config) -> Decimal:
    """The reference price moved against the account and rounded against it at Price's scale."""
    if side == "buy":
        return on_step(reference * (1 + config.slippage) + config.half_spread, PRICE, away)
    return max(ZERO, on_step(reference * (1 - config.slippage) - config.half_spread, PRICE, floor))
