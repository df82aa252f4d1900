"""Split ratios as files write them, 0.142857 or "1.5", made into two whole numbers again; and amounts made exact.

The one idea: of all fractions that are written like the given number, the one with the smallest denominator is meant.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from workbench.errors import BarsError

__all__ = ["amount_of", "ratio_of"]

PLACES_EXACT: Final = 3  # up to here a written number is meant as it stands: 1.5, 1.05, 0.125
FLOAT_ERROR: Final = Fraction(1, 10**9)
AMOUNT_STEP: Final = Decimal("1E-12")


def ratio_of(given: str | float) -> tuple[int, int]:
    """New units and old units of a split, from their quotient.

    A text of at most three decimals is taken as it stands; a longer one is rounded, so it stands for all numbers that
    round to it. A float stands for all within 1e-9 of it.

    Raises:
        BarsError: not a positive number.

    Example:
        >>> ratio_of("1.5"), ratio_of("0.3333"), ratio_of(1 / 7), ratio_of(20.0)
        ((3, 2), (1, 3), (1, 7), (20, 1))
    """
    try:
        value = Fraction(given)
    except (ValueError, OverflowError, TypeError, ZeroDivisionError) as error:
        raise BarsError(
            f"the split {given!r} is not a number; write new units for one old unit, such as 2.0"
        ) from error
    if value <= 0:
        raise BarsError(f"the split {given!r} is not positive; write new units for one old unit, such as 2.0")
    slack = _slack(given, value)
    meant = value if slack == 0 else _simplest(max(value - slack, value / 2), value + slack)
    return meant.numerator, meant.denominator


def _slack(given: str | float, value: Fraction) -> Fraction:
    if not isinstance(given, str):
        return value * FLOAT_ERROR
    places = len(given.partition(".")[2].rstrip()) if "e" not in given.lower() else 0
    return Fraction(0) if places <= PLACES_EXACT else Fraction(1, 2 * 10**places)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest denominator in [low, high], by continued fractions."""
    whole = low.numerator // low.denominator
    if low == whole:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1)
    return whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))


def amount_of(given: float) -> Decimal:
    """A dividend as a Decimal of at most 12 digits; a float counts as its shortest decimal.

    Example:
        >>> amount_of(0.1)
        Decimal('0.1')
    """
    return Decimal(repr(float(given))).quantize(AMOUNT_STEP, ROUND_HALF_EVEN).normalize()
