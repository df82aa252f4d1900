"""A fee schedule as a frozen value: one part, or the sum of several.

The one idea: every part knows its rate, its side and its bounds per order; the arithmetic is the engine's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from workbench.engine.costs.amount import amount, plain
from workbench.errors import NumberError, ParameterError

if TYPE_CHECKING:
    from workbench._native import Deal
    from workbench.engine.costs.amount import Amount

__all__ = ["BOUNDS", "Fee", "FeeCurrency", "FeeFunction", "FeeKind", "FeeSide", "Tier", "function_of", "name_of"]

FeeKind: TypeAlias = Literal["none", "bps", "per_share", "per_contract", "per_trade", "tiered", "custom", "sum"]
FeeSide: TypeAlias = Literal["buy", "sell"]
FeeCurrency: TypeAlias = str
FeeFunction: TypeAlias = "Callable[[Deal], Amount]"
ZERO: Final = Decimal(0)
RATED: Final = ("bps", "per_share", "per_contract", "per_trade")
BOUNDS: Final = ("minimum", "cap", "cap_bps", "round_to")
CODE: Final = re.compile(r"quote|base|[A-Z][A-Z0-9]{1,11}")


@dataclass(frozen=True, slots=True, repr=False)
class Tier:
    """Rates from a traded value on: basis points for makers and for takers.

    Raises:
        NumberError: A number is negative, not finite, too large or too fine.

    Example:
        >>> Tier(10_000, 20, 35)
        (10000, 20, 35)
    """

    above: Decimal
    maker: Decimal
    taker: Decimal

    def __post_init__(self) -> None:
        for name in ("above", "maker", "taker"):
            object.__setattr__(self, name, amount(getattr(self, name), f"{name} of a tier"))

    def __repr__(self) -> str:
        return f"({plain(self.above)}, {plain(self.maker)}, {plain(self.taker)})"


@dataclass(frozen=True, slots=True, repr=False)
class Fee:
    """A fee schedule, made by the functions of `workbench.fees`; schedules are added with `+`.

    `rate` is in basis points of the value (bps), in money per unit (per_share, per_contract) or per order (per_trade).

    Raises:
        ParameterError: The kind is not one of these, or an option is none that it has.
        NumberError: A number is negative, not finite, too large or too fine.

    Example:
        >>> Fee("per_share", 0.005, minimum=1).rate
        Decimal('0.005')
        >>> Fee("per_share", 0.005) + Fee("bps", 0.278, side="sell")
        fees.per_share(0.005) + fees.bps(0.278, side='sell')
    """

    kind: FeeKind
    rate: Decimal = ZERO
    minimum: Decimal = ZERO
    cap: Decimal | None = None
    cap_bps: Decimal | None = None
    round_to: Decimal | None = None
    side: FeeSide | None = None
    currency: FeeCurrency = "quote"
    tiers: tuple[Tier, ...] = ()
    function: FeeFunction | None = None
    summands: tuple[Fee, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(FeeKind):
            raise ParameterError(f"a fee is one of {', '.join(get_args(FeeKind))}, got {self.kind!r}; use wb.fees")
        # A frozen dataclass is completed through object.
        object.__setattr__(self, "rate", amount(self.rate, f"the rate of fees.{self.kind}"))
        for name in BOUNDS:
            if (given := getattr(self, name)) is not None:
                object.__setattr__(self, name, amount(given, f"{name} of fees.{self.kind}"))
        if self.side not in (None, *get_args(FeeSide)):
            raise ParameterError(f"side of fees.{self.kind} is 'buy', 'sell' or None for both, got {self.side!r}")
        self._check_tiers()
        self._check_step()
        self._check_currency()

    def _check_tiers(self) -> None:
        """Tiers begin at zero and rise, so that every traded value has one."""
        levels = [tier.above for tier in self.tiers]
        if self.kind == "tiered" and (not levels or levels[0] != 0 or sorted(set(levels)) != levels):
            raise ParameterError(
                f"the tiers of fees.tiered begin above 0 and rise, got {[plain(level) for level in levels]}; "
                "write them like [(0, 25, 40), (10_000, 20, 35)]"
            )

    def _check_step(self) -> None:
        """Bounds on the step stay bounds when the amount due is rounded."""
        if self.round_to is None:
            return
        if not self.round_to:
            raise NumberError(f"round_to of fees.{self.kind} must be above 0, such as '0.01'")
        for name in ("minimum", "cap"):
            if (bound := getattr(self, name)) is not None and bound % self.round_to:
                raise ParameterError(
                    f"{name}={plain(bound)} of fees.{self.kind} is no multiple of round_to={plain(self.round_to)}"
                )

    def _check_currency(self) -> None:
        """What a buy receives less of is a part of its quantity, without bounds in money."""
        if not isinstance(self.currency, str) or not CODE.fullmatch(self.currency):
            raise ParameterError(
                f"currency={self.currency!r} of fees.{self.kind}: use 'quote', 'base' or a code in capitals, 'EUR'"
            )
        bounded = [name for name in BOUNDS if getattr(self, name)]
        if self.currency == "base" and (self.kind not in ("bps", "tiered") or bounded):
            raise ParameterError(
                f"{self!r} cannot be paid in the base currency: "
                "that is a part of the bought quantity, so bps, maker_taker or tiered without bounds"
            )

    @property
    def parts(self) -> tuple[Fee, ...]:
        """The schedule as the parts that it is the sum of; none of them is no fee."""
        if self.kind == "sum":
            return self.summands
        return () if self.kind == "none" else (self,)

    def __add__(self, other: Fee) -> Fee:
        if not isinstance(other, Fee):
            return NotImplemented
        parts = (*self.parts, *other.parts)
        return parts[0] if len(parts) == 1 else Fee("sum" if parts else "none", summands=parts)

    def __repr__(self) -> str:
        if self.kind == "sum":
            return " + ".join(map(repr, self.summands))
        return f"fees.{self.kind}({', '.join((*self._first(), *self._options()))})"

    def _first(self) -> Iterable[str]:
        if self.kind in RATED:
            yield plain(self.rate)
        if self.kind == "tiered":
            yield repr(list(self.tiers))
        if self.function is not None:
            yield str(name_of(self.function))

    def _options(self) -> Iterable[str]:
        if self.minimum:
            yield f"minimum={plain(self.minimum)}"
        bounds = {name: getattr(self, name) for name in BOUNDS[1:]}
        yield from (f"{name}={plain(bound)}" for name, bound in bounds.items() if bound is not None)
        if self.side is not None:
            yield f"side={self.side!r}"
        if self.currency != "quote":
            yield f"currency={self.currency!r}"


def function_of(given: object, name: str) -> Callable[[Deal], Amount]:
    """The function that a user gave for a cost.

    Raises:
        ParameterError: It cannot be called.

    Example:
        >>> function_of(lambda deal: 1, "fees.custom").__name__
        '<lambda>'
    """
    if not callable(given):
        raise ParameterError(f"{name} takes a function of a deal, got {given!r}; write {name}(lambda deal: ...)")
    return given


def name_of(function: Callable[..., object] | None) -> str | None:
    """What a user's function is called; None for none.

    Example:
        >>> name_of(plain)
        'plain'
    """
    return None if function is None else getattr(function, "__qualname__", repr(function))
