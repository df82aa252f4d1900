"""Fees: what a broker or venue charges for an order, beside the price.

After each fill of an order: due = min(cap, max(minimum, sum of its fees so far)) - already charged. Minimum and cap are
amounts per order in the fee's currency; the cap wins. Schedules are added with `+`, each part with its own bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from workbench.engine.costs.amount import Amount
from workbench.engine.costs.fee import Fee, FeeCurrency, FeeFunction, FeeKind, FeeSide, Tier, function_of
from workbench.engine.costs.schedules import SCHEDULES, FeeSchedule, named
from workbench.engine.names import missing
from workbench.errors import ParameterError

__all__ = [
    "SCHEDULES",
    "Fee",
    "FeeSchedule",
    "Tier",
    "bps",
    "custom",
    "maker_taker",
    "none",
    "per_contract",
    "per_share",
    "per_trade",
    "schedule",
    "tiered",
]


class Bounds(TypedDict, total=False):
    """What most fees can be given beside their rate.

    `minimum` and `cap` are amounts per order; `cap_bps` is a cap in basis points of the order's traded value; the lower
    cap wins, also over the minimum. `round_to` is the step on which the amount due is rounded, half to even: "0.01".
    `side` charges one side only. `currency` is "quote", or "base" (bps, maker_taker and tiered only): then a buy
    receives less of what it bought, rounded at 8 digits, while a sell receives money and pays with that. It may
    name any other, such as "BNB": amounts are in that currency, parts of the value are converted at the rate of each
    fill, and it is paid out of that balance, or out of the account's currency where that is too little.
    """

    minimum: Amount
    cap: Amount | None
    cap_bps: Amount | None
    round_to: Amount | None
    side: FeeSide | None
    currency: FeeCurrency


def none() -> Fee:
    """No fee at all.

    Example:
        >>> none()
        fees.none()
    """
    return Fee("none")


def bps(rate: Amount, **bounds: Unpack[Bounds]) -> Fee:
    """Basis points of the traded value: `bps(10)` is 0.1 percent.

    Args:
        rate: Hundredths of a percent of quantity x price.
        **bounds: minimum, cap, cap_bps, round_to, side and currency, as `fees.Bounds` describes them.

    Raises:
        NumberError: A number is negative, not finite, too large or too fine.
        ParameterError: An option that fees do not have.

    Example:
        >>> bps(2.5, cap=20)
        fees.bps(2.5, cap=20)
    """
    return _fee("bps", rate, bounds)


def per_share(rate: Amount, **bounds: Unpack[Bounds]) -> Fee:
    """An amount for each unit traded: `per_share(0.005, minimum=1)`.

    Args:
        rate: Money per unit, in the currency of the prices or the one named.
        **bounds: minimum, cap, cap_bps, round_to, side and currency, as `fees.Bounds` describes them.

    Raises:
        NumberError: A number is negative, not finite, too large or too fine.
        ParameterError: An option that fees do not have.

    Example:
        >>> per_share(0.005, minimum=1, cap_bps=100)
        fees.per_share(0.005, minimum=1, cap_bps=100)
    """
    return _fee("per_share", rate, bounds)


def per_contract(rate: Amount, **bounds: Unpack[Bounds]) -> Fee:
    """An amount for each contract traded: `per_contract(0.85)`.

    Args:
        rate: Money per contract, in the currency of the prices or the one named.
        **bounds: minimum, cap, cap_bps, round_to, side and currency, as `fees.Bounds` describes them.

    Raises:
        NumberError: A number is negative, not finite, too large or too fine.
        ParameterError: An option that fees do not have.

    Example:
        >>> per_contract("0.85", round_to="0.01")
        fees.per_contract(0.85, round_to=0.01)
    """
    return _fee("per_contract", rate, bounds)


def per_trade(rate: Amount, *, side: FeeSide | None = None, currency: FeeCurrency = "quote") -> Fee:
    """A fixed amount, charged once per order at its first fill.

    Args:
        rate: Money per order, in the currency of the prices or the one named.
        side: Charge buys or sells only; None charges both.
        currency: Of the amount, such as "EUR"; "quote" is that of the prices.

    Raises:
        NumberError: The number is negative, not finite, too large or too fine.
        ParameterError: The side is neither "buy" nor "sell", or a currency that is none.

    Example:
        >>> per_trade("4.95")
        fees.per_trade(4.95)
    """
    return _fee("per_trade", rate, {"side": side, "currency": currency})


def maker_taker(maker: Amount, taker: Amount, **bounds: Unpack[Bounds]) -> Fee:
    """Basis points of the traded value, fewer for orders that wait: `maker_taker(10, 20)`.

    A limit order that has rested for at least one whole bar is a maker; all else takes.

    Args:
        maker: Basis points for makers.
        taker: Basis points for takers.
        **bounds: minimum, cap, cap_bps, round_to, side and currency, as `fees.Bounds` describes them.

    Raises:
        NumberError: A number is negative, not finite, too large or too fine.
        ParameterError: An option that fees do not have.

    Example:
        >>> maker_taker(10, 20)
        fees.tiered([(0, 10, 20)])
    """
    return tiered([(0, maker, taker)], **bounds)


def tiered(tiers: Iterable[tuple[Amount, Amount, Amount]], **bounds: Unpack[Bounds]) -> Fee:
    """Basis points that fall with the value traded in the 30 UTC days before today; a day begins at 00:00 UTC.

    Args:
        tiers: (traded value from which on the tier counts, maker, taker), from 0 upwards.
        **bounds: minimum, cap, cap_bps, round_to, side and currency, as `fees.Bounds` describes them.

    Raises:
        NumberError: A number is negative, not finite, too large or too fine.
        ParameterError: The tiers do not begin at 0 and rise, or an option that fees do not have.

    Example:
        >>> tiered([(0, 25, 40), (10_000, 20, 35)])
        fees.tiered([(0, 25, 40), (10000, 20, 35)])
    """
    return _fee("tiered", 0, bounds, tiers=tuple(map(_tier, tiers)))


def custom(function: FeeFunction, **bounds: Unpack[Bounds]) -> Fee:
    """Your own fee: a function of a `Deal` that gives the fee of one fill, as a positive number or 0.

    It is called for every fill, and also for fills that are only considered, when cash is reserved or a size is sought:
    it must give the same answer for the same deal, and not less for more units. A float means its shortest decimal; use
    `deal.exact` for Decimals.

    Args:
        function: Takes a `workbench.engine.Deal`, gives an int, float, text or Decimal in the currency of the prices
            or the one named.
        **bounds: minimum, cap, cap_bps, round_to, side and currency, as `fees.Bounds` describes them.

    Raises:
        ParameterError: It is no function, or an option that fees do not have.
        NumberError: A bound is negative, not finite, too large or too fine.

    Example:
        >>> def stamp_duty(deal):
        ...     return deal.exact.value / 200 if deal.side == "buy" else 0
        >>> custom(stamp_duty, round_to="0.01")
        fees.custom(stamp_duty, round_to=0.01)
    """
    return _fee("custom", 0, bounds, function=function_of(function, "fees.custom"))


def schedule(name: str) -> Fee:
    """The published schedule of a broker or venue; `fees.SCHEDULES` lists them with their sources and dates.

    Args:
        name: A name of `fees.SCHEDULES`, such as "ib-us-fixed".

    Raises:
        ParameterError: There is no schedule of that name; the nearest ones are named.

    Example:
        >>> schedule("ib-us-fixed")
        fees.per_share(0.005, minimum=1, cap_bps=100)
        >>> SCHEDULES["ib-us-fixed"].date
        datetime.date(2024, 5, 22)
    """
    found = named(name)
    parts = [
        _fee(part["kind"], part.get("rate", 0), part.get("bounds", {}), tiers=_tiers(part)) for part in found.parts
    ]
    return sum(parts, none())


def _tiers(part: Mapping[str, Any]) -> tuple[Tier, ...]:
    return tuple(map(_tier, part.get("tiers", ())))


def _tier(given: object) -> Tier:
    if isinstance(given, (tuple, list)) and len(given) == 3:
        return Tier(*given)
    raise ParameterError(f"a tier is (traded value, maker, taker), got {given!r}; write (10_000, 20, 35)")


def _fee(kind: FeeKind, rate: Any, bounds: Mapping[str, Any], **more: Any) -> Fee:
    """Options are checked by name first, so that a wrong one is answered with the right ones; a Fee checks numbers."""
    known = [name for name in Bounds.__annotations__ if kind != "per_trade" or name in ("side", "currency")]
    if unknown := sorted(set(bounds) - set(known)):
        raise ParameterError(f"fees.{kind} has no option {unknown[0]!r}; it has {', '.join(known)}")
    return Fee(kind, rate, **more, **bounds)


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

    def __getattr__(name: str) -> object:
        raise missing("wb.fees", name, __all__)
