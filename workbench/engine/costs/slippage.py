"""Slippage: how much worse than its reference price an order fills.

It is part of the fill price, rounded against the account at 12 digits, and reported beside it; it is never charged
again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from workbench.engine.costs.amount import Amount, amount, plain
from workbench.engine.costs.fee import function_of, name_of
from workbench.engine.names import missing
from workbench.errors import NumberError, ParameterError

if TYPE_CHECKING:
    from workbench._native import Deal

__all__ = ["Slippage", "bps", "custom", "none", "spread", "square_root", "volume_share"]

SlippageKind: TypeAlias = Literal["none", "bps", "spread", "volume_share", "square_root", "custom"]
SlippageFunction: TypeAlias = "Callable[[Deal], Amount]"
ZERO: Final = Decimal(0)
WHOLE_PRICE_BPS: Final = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Slippage:
    """A slippage model, made by the functions of `workbench.slippage`.

    `rate` is in basis points of the price, the whole spread in price units, or the part of the price that trading a
    bar's whole volume costs.

    Raises:
        ParameterError: The kind is not one of these.
        NumberError: The rate is negative, not finite, too fine, or 10,000 and more, which would leave no price at all.

    Example:
        >>> bps(2).rate
        Decimal('2')
    """

    kind: SlippageKind
    rate: Decimal = ZERO
    function: SlippageFunction | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(SlippageKind):
            raise ParameterError(
                f"slippage is one of {', '.join(get_args(SlippageKind))}, got {self.kind!r}; use wb.slippage"
            )
        rate = amount(self.rate, f"the rate of slippage.{self.kind}")
        if self.kind == "bps" and rate >= WHOLE_PRICE_BPS:
            raise NumberError(
                f"the rate of slippage.{self.kind} must be below 10000 (the whole price), got {plain(rate)}"
            )
        object.__setattr__(self, "rate", rate)

    def __repr__(self) -> str:
        if self.function is not None:
            return f"slippage.{self.kind}({name_of(self.function)})"
        return f"slippage.{self.kind}({plain(self.rate) if self.kind != 'none' else ''})"

    @property
    def needs_volume(self) -> bool:
        """Whether it is a share of the bar's volume."""
        return self.kind in ("volume_share", "square_root")


def none() -> Slippage:
    """Fills at the reference price.

    Example:
        >>> none()
        slippage.none()
    """
    return Slippage("none")


def bps(rate: Amount) -> Slippage:
    """Basis points of the reference price, against the account: `bps(2)` buys 0.02 percent higher.

    Args:
        rate: Hundredths of a percent of the price, below 10,000.

    Raises:
        NumberError: The number is negative, not finite, too large or too fine.

    Example:
        >>> bps(0.5)
        slippage.bps(0.5)
    """
    return _slippage("bps", rate)


def spread(width: Amount) -> Slippage:
    """A fixed distance of bid and ask in price units, half of it on each side: `spread("0.02")` buys 0.01 higher.

    Args:
        width: The whole spread, in the asset's price units.

    Raises:
        NumberError: The number is negative, not finite, too large or too fine.

    Example:
        >>> spread("0.02")
        slippage.spread(0.02)
    """
    return _slippage("spread", width)


def volume_share(impact: Amount) -> Slippage:
    """Impact that grows with the square of the fill's share of its bar's volume: price x impact x share^2.

    The share is the fill's quantity over the volume of the bar it takes place in; where that volume is unknown there is
    no impact.

    Args:
        impact: The part of the price that trading a bar's whole volume costs; 0.1 is usual.

    Raises:
        NumberError: The number is negative, not finite, too large or too fine.

    Example:
        >>> volume_share(0.1)
        slippage.volume_share(0.1)
    """
    return _slippage("volume_share", impact)


def square_root(impact: Amount) -> Slippage:
    """Impact that grows with the square root of the fill's share of its bar's volume: price x impact x sqrt(share).

    The root is taken in whole numbers, so it is the same on every machine; where the volume is unknown there is no
    impact.

    Args:
        impact: The part of the price that trading a bar's whole volume costs, often its daily volatility.

    Raises:
        NumberError: The number is negative, not finite, too large or too fine.

    Example:
        >>> square_root("0.02")
        slippage.square_root(0.02)
    """
    return _slippage("square_root", impact)


def custom(function: SlippageFunction) -> Slippage:
    """Your own slippage: a function of a `Deal` that gives how much worse than `deal.price` one unit fills.

    It is called for every fill that slips, and also for fills that are only considered, when a size is sought: it must
    give the same answer for the same deal, and not less for more units. Stops and market orders slip, limits do not. A
    float means its shortest decimal, rounded up at 12 digits; use `deal.exact` for Decimals.

    Args:
        function: Takes a `workbench.engine.Deal` at its reference price, gives a number from 0 up.

    Raises:
        ParameterError: It is no function.

    Example:
        >>> def two_cents(deal):
        ...     return "0.02"
        >>> custom(two_cents)
        slippage.custom(two_cents)
    """
    return Slippage("custom", function=function_of(function, "slippage.custom"))


def _slippage(kind: SlippageKind, rate: Any) -> Slippage:
    """A Slippage makes its rate exact at birth."""
    return Slippage(kind, rate)


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

    def __getattr__(name: str) -> object:
        raise missing("wb.slippage", name, __all__)
