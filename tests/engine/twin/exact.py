"""Exact arithmetic: decimals that refuse to lose a digit, and the few named roundings.

The one idea: sums and products run under a context that traps `Inexact`; quotients are fractions, which only
`on_step` turns into decimals: it is given the scale or the step to land on and how to round.
Source: architecture.md, Numbers.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Final

__all__ = [
    "CONTEXT",
    "MONEY",
    "PART",
    "PRICE",
    "QUANTITY",
    "ZERO",
    "away",
    "floor",
    "half_even",
    "on_step",
    "toward_zero",
]

CONTEXT: Final = decimal.Context(prec=60, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.DivisionByZero])
PRICE: Final = Decimal(1).scaleb(-12)
QUANTITY: Final = Decimal(1).scaleb(-8)
MONEY: Final = Decimal(1).scaleb(-20)
PART: Final = Decimal(1).scaleb(-6)
ZERO: Final = Decimal(0)
Rounding = Callable[[Fraction], int]


def half_even(x: Fraction) -> int:
    """To the nearest integer, ties to the even one: Python's own rule for fractions."""
    return round(x)


def floor(x: Fraction) -> int:
    """Down, also below zero."""
    return x.numerator // x.denominator


def toward_zero(x: Fraction) -> int:
    """Cut off."""
    return floor(x) if x >= 0 else -floor(-x)


def away(x: Fraction) -> int:
    """Away from zero: the ceiling of a positive number."""
    return -floor(-x) if x >= 0 else floor(x)


def on_step(x: Decimal | Fraction, step: Decimal, rounding: Rounding) -> Decimal:
    """The multiple of `step` that `rounding` chooses."""
    return rounding(Fraction(x) / Fraction(step)) * step
