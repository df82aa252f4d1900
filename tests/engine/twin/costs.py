"""Fees and slippage.

The one idea: fees are due on the order as a whole, ``min(cap, max(minimum, sum so far))``, so a part pays only what the
parts before it have not paid. Source: semantics.md, Costs.
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import MONEY, PRICE, QUANTITY, ZERO, away, floor, half_even, on_step

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from twin.case import Asset, Config, FeeRule
    from twin.orders import Order
    from twin.result import Fill

__all__ = ["Deal", "charge", "fee_due", "slipped", "traded", "withheld"]

DAYS = 30


@dataclass(frozen=True)
class Deal:
    """A fill or the thought of one; `maker` None means that nobody knows yet, `volume` None that it is unknown."""

    asset: Asset
    order: Order
    quantity: Decimal
    price: Decimal
    volume: Decimal | None
    maker: bool | None
    traded: Decimal

    @property
    def value(self) -> Decimal:
        """What changes hands."""
        return self.asset.value(self.quantity, self.price)


def traded(fills: Iterable[Fill], now: datetime) -> Decimal:
    """The value traded in the 30 UTC days before today."""
    today = now.date()
    counted = [fill.value for fill in fills if timedelta() < today - fill.time.date() <= timedelta(days=DAYS)]
    return sum(counted, ZERO)


def _tier_rate(rule: FeeRule, deal: Deal) -> Decimal:
    reached = [(maker, taker) for above, maker, taker in rule.tiers if deal.traded >= above]
    maker, taker = reached[-1]
    return max(maker, taker) if deal.maker is None else maker if deal.maker else taker


def _own(deal: Deal) -> Decimal:
    """The one function that stands for what users write."""
    return Decimal("0.35") + deal.value / 1024 if deal.order.buys else deal.quantity * Decimal("0.003")


def _sum_after(rule: FeeRule, number: int, deal: Deal) -> Decimal:
    """The plain fees of the order, the fill in question included.

    Fixed rates are taken of its whole size and value and rounded once; rates that change are rounded fill by fill.
    """
    order, before = deal.order, deal.order.fee_sums.get(number, ZERO)
    if rule.kind == "per_trade":
        return rule.rate
    if rule.kind == "per_share":
        return on_step(rule.rate * (order.filled + deal.quantity), MONEY, half_even)
    if rule.kind == "value":
        return on_step(rule.rate * (order.value + deal.value), MONEY, half_even)
    if rule.kind == "tiered":
        return before + on_step(_tier_rate(rule, deal) / 10_000 * deal.value, MONEY, half_even)
    return before + on_step(_own(deal), MONEY, half_even) if rule.kind == "custom" else ZERO


def _bounded(rule: FeeRule, deal: Deal, total: Decimal) -> Decimal:
    """The caps win over the minimum, and the step of rounding comes last."""
    total = max(rule.minimum, total)
    if rule.cap_part is not None:
        total = min(total, on_step(rule.cap_part * (deal.order.value + deal.value), MONEY, half_even))
    if rule.cap is not None:
        total = min(total, rule.cap)
    return total if rule.round_to is None else on_step(total, rule.round_to, half_even)


def _applying(rules: tuple[FeeRule, ...], deal: Deal) -> list[tuple[int, FeeRule]]:
    """The rules that this deal pays in money."""
    own = [(number, rule) for number, rule in enumerate(rules) if rule.side in (None, deal.order.side)]
    return [(number, rule) for number, rule in own if not (rule.base and deal.order.buys)]


def withheld(rules: tuple[FeeRule, ...], deal: Deal) -> Decimal:
    """What a buy does not receive of what it bought."""
    own = [rule for rule in rules if rule.base and deal.order.buys and rule.side in (None, "buy")]
    parts = [rule.rate if rule.kind == "value" else _tier_rate(rule, deal) / 10_000 for rule in own]
    return sum((on_step(part * deal.quantity, QUANTITY, half_even) for part in parts), ZERO)


def fee_due(rules: tuple[FeeRule, ...], deal: Deal) -> Decimal:
    """What this fill would have to pay."""
    parts = [_bounded(rule, deal, _sum_after(rule, number, deal)) for number, rule in _applying(rules, deal)]
    return sum(parts, ZERO) - deal.order.fee_charged


def charge(rules: tuple[FeeRule, ...], deal: Deal) -> Decimal:
    """The fee of a fill that happens, remembered on its order."""
    due = fee_due(rules, deal)
    deal.order.fee_sums = {number: _sum_after(rule, number, deal) for number, rule in _applying(rules, deal)}
    deal.order.fee_charged += due
    return due


def _root(x: Fraction) -> Decimal:
    """The square root, far beyond the digits of a price; a root that ends there comes out exact."""
    wide = decimal.Context(prec=120)
    return wide.sqrt(wide.divide(Decimal(x.numerator), Decimal(x.denominator)))


def _distance(config: Config, reference: Decimal, quantity: Decimal, volume: Decimal | None) -> Decimal | Fraction:
    if config.slippage_kind == "spread":
        return config.slippage / 2
    if config.slippage_kind == "bps":
        return config.slippage / 10_000 * reference
    if config.slippage_kind == "custom":
        return reference / 256 + quantity / 2**20
    if volume is None:
        return ZERO
    share = Fraction(quantity) / Fraction(volume) if volume else Fraction(1)
    whole = Fraction(config.slippage * reference)
    return whole * share**2 if config.slippage_kind == "volume_share" else _root(whole**2 * share)


def slipped(config: Config, side: str, reference: Decimal, quantity: Decimal, volume: Decimal | None) -> Decimal:
    """The reference price moved against the account and rounded against it at Price's scale."""
    distance = Fraction(_distance(config, reference, quantity, volume))
    if side == "buy":
        return on_step(Fraction(reference) + distance, PRICE, away)
    return max(ZERO, on_step(Fraction(reference) - distance, PRICE, floor))
