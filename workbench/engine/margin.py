"""A margin account: how much must be one's own, and what borrowed cash and borrowed units cost.

The one idea: `Margin` only says the numbers. The core measures them: the initial part when an order is asked for, the
maintenance part at every close.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import ClassVar, Final

from workbench.engine.costs.amount import Amount, amount, finite, plain
from workbench.engine.names import Named
from workbench.errors import NumberError

__all__ = ["Margin"]

PARTS: Final = ("initial", "maintenance", "maintenance_short")
RATES: Final = ("borrow_bps", "interest_bps", "credit_bps")
RATE_MAX: Final = 1_000_000
PART_DIGITS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Margin(Named):
    """An account that can hold short positions and owe cash: `Backtest(..., account=wb.Margin())`.

    An order is approved if the initial part of all positions is at most the equity less the order's estimated fees.
    Positions are those of the worst case at the last closes: of an asset all working buys are filled and no sell, or
    all sells and no buy, whichever is larger; of linked orders (`oco=`) the largest counts, and none that only reduces.
    What does not raise this sum always passes; else the order is DENIED with the reason "margin", the equity it was
    allowed and the actual requirement. Nothing is reserved, and cash may fall below zero at a fill.

    When the equity is below the maintenance part of the positions held at a close, it is a margin call: all orders are
    canceled, and market orders for the next Open (origin "liquidation") reduce the position with the largest loss, then
    the next, by the fewest steps that bring the sum to the equity. A strategy cannot cancel them. When nothing is held
    and the equity is not above zero, the run ends there as bankrupt.

    Borrowed units and cash are paid for at 00:00 UTC for the calendar days since the last time, at rates per year of
    360 days: units on their value at the last close. Who is short pays the dividends. A pair of two currencies, such as
    EUR/USD, borrows what it gives away: that balance is below zero and has interest, whatever its currency. A pair, a
    future and a perpetual carry `initial_margin` and `maintenance_margin` of their own.

    Args:
        initial: the part of a position that must be one's own when it is opened: 0.5 is a leverage of 2.
        maintenance: the part of a long position that must be at every close.
        maintenance_short: the same of a short position.
        borrow_bps: the rate on the value of short positions, in parts in ten thousand.
        interest_bps: the rate on cash below zero.
        credit_bps: the rate that cash above zero earns.

    Raises:
        ParameterError: an unknown name.
        NumberError: a part that is not above 0 and up to 1, a maintenance above the initial part, a rate below 0.

    Example:
        >>> Margin(initial=0.5, borrow_bps=50).replace(interest_bps="650")
        Margin(borrow_bps=50, interest_bps=650)
        >>> Margin(inital=1)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        workbench.errors.ParameterError: Margin has no 'inital'; it has initial, ..., credit_bps; write initial=
    """

    initial: Amount = Decimal("0.5")
    maintenance: Amount = Decimal("0.25")
    maintenance_short: Amount = Decimal("0.3")
    borrow_bps: Amount = Decimal(0)
    interest_bps: Amount = Decimal(0)
    credit_bps: Amount = Decimal(0)

    INSTEAD: ClassVar[Mapping[str, str]] = {
        "leverage": "initial=0.5 is a leverage of 2 at most, and wb.Limits(leverage=2) keeps below one"
    }

    def __post_init__(self) -> None:
        for name in PARTS:
            object.__setattr__(self, name, _part(name, getattr(self, name)))
        for name in RATES:
            object.__setattr__(self, name, _rate(name, getattr(self, name)))
        for name in PARTS[1:]:
            if getattr(self, name) > self.initial:
                raise NumberError(
                    f"{name}={plain(getattr(self, name))} of Margin is above initial={plain(Decimal(self.initial))}, "
                    "so that every position would be called at its first close; give less of it or a larger initial="
                )

    def given(self) -> dict[str, Decimal]:
        """The terms that are not the usual ones, by name.

        Example:
            >>> Margin(initial="0.5", credit_bps=20).given()
            {'credit_bps': Decimal('20')}
        """
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default}

    def __repr__(self) -> str:
        return f"Margin({', '.join(f'{name}={plain(value)}' for name, value in self.given().items())})"


def _part(name: str, given: object) -> Decimal:
    part = finite(given, f"{name} of Margin")
    if not 0 < part <= 1:
        raise NumberError(f"{name} of Margin is a part, above 0 and up to 1, got {given!r}; write 0.25 for 25 percent")
    if part != round(part, PART_DIGITS):
        raise NumberError(f"{name} of Margin must have at most {PART_DIGITS} digits after the point, got {given!r}")
    return part


def _rate(name: str, given: object) -> Decimal:
    rate = amount(given, f"{name} of Margin")
    if rate > RATE_MAX:
        raise NumberError(f"{name} of Margin is a rate per year of at most {RATE_MAX:,} bps, got {given!r}")
    return rate
