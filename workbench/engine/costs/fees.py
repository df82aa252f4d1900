"""Fees: what a broker or venue charges for an order, beside the price.

After each fill of an order: due = min(cap, max(minimum, sum of its fees so far)) - already charged. Minimum and cap are
amounts per order in the account's currency; the cap wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias, get_args

from workbench.engine.costs.amount import Amount, amount, plain
from workbench.errors import ParameterError

__all__ = ["Fee", "bps", "none", "per_share", "per_trade"]

FeeKind: TypeAlias = Literal["none", "bps", "per_share", "per_trade"]
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, repr=False)
class Fee:
    """A fee schedule, made by the functions of `workbench.fees`.

    `rate` is in basis points of the value (bps), in money per share (per_share) or in money per order (per_trade).

    Raises:
        ParameterError: The kind is not one of these.
        NumberError: A number is negative, not finite, too large or too fine.

    Example:
        >>> per_share(0.005, minimum=1).rate
        Decimal('0.005')
    """

    kind: FeeKind
    rate: Decimal = ZERO
    minimum: Decimal = ZERO
    cap: Decimal | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(FeeKind):
            raise ParameterError(f"a fee is one of {', '.join(get_args(FeeKind))}, got {self.kind!r}; use wb.fees")
        # A frozen dataclass is completed through object.
        object.__setattr__(self, "rate", amount(self.rate, f"the rate of fees.{self.kind}"))
        object.__setattr__(self, "minimum", amount(self.minimum, f"minimum of fees.{self.kind}"))
        if self.cap is not None:
            object.__setattr__(self, "cap", amount(self.cap, f"cap of fees.{self.kind}"))

    def __repr__(self) -> str:
        given = [plain(self.rate)] if self.kind != "none" else []
        given += [f"minimum={plain(self.minimum)}"] if self.minimum else []
        given += [f"cap={plain(self.cap)}"] if self.cap is not None else []
        return f"fees.{self.kind}({', '.join(given)})"


def none() -> Fee:
    """No fee at all.

    Example:
        >>> none()
        fees.none()
    """
    return Fee("none")


def bps(rate: Amount, *, minimum: Amount = 0, cap: Amount | None = None) -> Fee:
    """Basis points of the traded value: `bps(10)` is 0.1 percent.

    Args:
        rate: Hundredths of a percent of quantity x price.
        minimum: Least amount per order, in the account's currency.
        cap: Largest amount per order; it wins over the minimum.

    Raises:
        NumberError: A number is negative, not finite, too large or too fine.

    Example:
        >>> bps(2.5, cap=20)
        fees.bps(2.5, cap=20)
    """
    return _fee("bps", rate, minimum, cap)


def per_share(rate: Amount, *, minimum: Amount = 0, cap: Amount | None = None) -> Fee:
    """An amount for each unit traded: `per_share(0.005, minimum=1)`.

    Args:
        rate: Money per unit, in the account's currency.
        minimum: Least amount per order.
        cap: Largest amount per order; it wins over the minimum.

    Raises:
        NumberError: A number is negative, not finite, too large or too fine.

    Example:
        >>> per_share(0.005, minimum=1)
        fees.per_share(0.005, minimum=1)
    """
    return _fee("per_share", rate, minimum, cap)


def per_trade(rate: Amount) -> Fee:
    """A fixed amount, charged once per order at its first fill.

    Args:
        rate: Money per order, in the account's currency.

    Raises:
        NumberError: The number is negative, not finite, too large or too fine.

    Example:
        >>> per_trade("4.95")
        fees.per_trade(4.95)
    """
    return _fee("per_trade", rate, 0, None)


def _fee(kind: FeeKind, rate: Amount, minimum: Amount, cap: Amount | None) -> Fee:
    """Make the numbers exact first: the value itself holds decimals only."""
    exact_cap = None if cap is None else amount(cap, f"cap of fees.{kind}")
    exact_rate = amount(rate, f"the rate of fees.{kind}")
    return Fee(kind, exact_rate, amount(minimum, f"minimum of fees.{kind}"), exact_cap)


def __dir__() -> list[str]:
    return __all__
