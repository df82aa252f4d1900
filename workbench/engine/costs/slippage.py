"""Slippage: how much worse than its reference price an order fills.

It is part of the fill price, rounded against the account at 12 digits, and reported beside it; it is never charged
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias, get_args

from workbench.engine.costs.amount import Amount, amount, plain
from workbench.errors import NumberError, ParameterError

__all__ = ["Slippage", "bps", "none", "spread"]

SlippageKind: TypeAlias = Literal["none", "bps", "spread"]
ZERO: Final = Decimal(0)
WHOLE_PRICE_BPS: Final = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Slippage:
    """A slippage model, made by the functions of `workbench.slippage`.

    `rate` is in basis points of the price, or the whole spread in price units.

    Raises:
        ParameterError: The kind is not one of these.
        NumberError: The rate is negative, not finite, too fine, or 10,000 and more, which would leave no price at all.

    Example:
        >>> bps(2).rate
        Decimal('2')
    """

    kind: SlippageKind
    rate: Decimal = ZERO

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
        return f"slippage.{self.kind}({plain(self.rate) if self.kind != 'none' else ''})"


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
    return Slippage("bps", amount(rate, "the rate of slippage.bps"))


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
    return Slippage("spread", amount(width, "the rate of slippage.spread"))


def __dir__() -> list[str]:
    return __all__
