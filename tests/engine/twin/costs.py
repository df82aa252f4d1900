"""Fees and slippage.

The one idea: fees are due on the order as a whole, ``min(cap, max(minimum, sum so far))``, so a part pays only what the
parts before it have not paid. Source: semantics.md, Costs.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
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

__all__ = ["Deal", "charge", "currencies", "fee_due", "slipped", "traded", "withheld"]

DAYS = 30


Convert = Callable[[Decimal, str, str], Decimal]


@dataclass(frozen=True)
class Deal:
    """A fill or the thought of one; `maker` None means that nobody knows yet, `volume` None that it is unknown.

    `traded` is the value of the days before in the account's currency.
    """

    asset: Asset
    order: Order
    quantity: Decimal
    price: Decimal
    volume: Decimal | None
    maker: bool | None
    traded: Decimal
    convert: Convert

    @property
    def value(self) -> Decimal:
        """What changes hands."""
        return self.asset.size(self.quantity, self.price)


def traded(values: Iterable[tuple[datetime, Decimal]], now: datetime) -> Decimal:
    """The value traded in the 30 UTC days before today."""
    today = now.date()
    counted = [value for time, value in values if timedelta() < today - time.date() <= timedelta(days=DAYS)]
    return sum(counted, ZERO)


def currencies(rules: tuple[FeeRule, ...], asset: Asset) -> list[str]:
    """Those that fees of an asset may be paid in, that of its prices first."""
    return list(dict.fromkeys([asset.currency, *(rule.currency for rule in rules if rule.currency is not None)]))


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
        return on_step(rule.rate * (order.filled - order.crossed + deal.quantity), MONEY, half_even)
    if rule.kind == "value" and _pays(rule, deal.asset) == deal.asset.currency:
        return on_step(rule.rate * (order.value - order.crossed_value + deal.value), MONEY, half_even)
    rates = {"value": lambda: rule.rate * deal.value, "custom": lambda: _own(deal)}
    rates["tiered"] = lambda: _tier_rate(rule, deal) / 10_000 * deal.value
    return before + _moved(rule, deal, rates[rule.kind]()) if rule.kind in rates else ZERO


def _moved(rule: FeeRule, deal: Deal, amount: Decimal) -> Decimal:
    """An amount of the prices' currency, rounded, in that of the fee."""
    quote = deal.asset.currency
    return deal.convert(on_step(amount, MONEY, half_even), quote, _pays(rule, deal.asset))


def _pays(rule: FeeRule, asset: Asset) -> str:
    return rule.currency or asset.currency


def _most(rule: FeeRule, number: int, deal: Deal) -> Decimal:
    """The cap that is a part of the order's value; in another currency fill by fill."""
    assert rule.cap_part is not None
    if _pays(rule, deal.asset) == deal.asset.currency:
        return on_step(rule.cap_part * (deal.order.value - deal.order.crossed_value + deal.value), MONEY, half_even)
    return deal.order.fee_caps.get(number, ZERO) + _moved(rule, deal, rule.cap_part * deal.value)


def _bounded(rule: FeeRule, number: int, deal: Deal) -> Decimal:
    """The caps win over the minimum, and the step of rounding comes last."""
    total = max(rule.minimum, _sum_after(rule, number, deal))
    if rule.cap_part is not None:
        total = min(total, _most(rule, number, deal))
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


def fee_due(rules: tuple[FeeRule, ...], deal: Deal, currency: str) -> Decimal:
    """What this fill would have to pay in a currency."""
    own = [(number, rule) for number, rule in _applying(rules, deal) if _pays(rule, deal.asset) == currency]
    parts = [_bounded(rule, number, deal) for number, rule in own]
    return sum(parts, ZERO) - deal.order.fee_charged.get(currency, ZERO)


def charge(rules: tuple[FeeRule, ...], deal: Deal) -> dict[str, Decimal]:
    """The fees of a fill that happens by currency, that of the prices first, remembered on its order."""
    due, order = {c: fee_due(rules, deal, c) for c in currencies(rules, deal.asset)}, deal.order
    own = _applying(rules, deal)
    sums = {number: _sum_after(rule, number, deal) for number, rule in own}
    caps = {number: _most(rule, number, deal) for number, rule in own if rule.cap_part is not None}
    order.fee_sums, order.fee_caps = sums, caps
    order.fee_charged = {c: order.fee_charged.get(c, ZERO) + amount for c, amount in due.items()}
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
