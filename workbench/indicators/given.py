"""What users hand to indicators: numbers and lengths, read and told.

The one idea: whatever is given becomes a plain number or length here, or None where it is none; who asked says what is
wrong with it.
"""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real

__all__ = ["as_float", "longer_bars", "short", "whole"]


def as_float(given: Real | Decimal) -> float:
    """A number as float64; one beyond every float is infinite.

    Example:
        >>> as_float(10**400)
        inf
    """
    try:
        return float(given)
    except OverflowError:  # a whole number beyond every float
        return math.inf


def longer_bars(every: object) -> str | None:
    """The length of an indicator's bars in its shortest spelling; None for those of whatever reads it.

    Raises:
        ParameterError: It is no length of a bar.

    Example:
        >>> longer_bars("60m")
        '1h'
    """
    if every is None:
        return None
    from workbench.market.resampling import length  # loads Polars, which most descriptions do without

    return length(every)


def whole(n: object) -> int | None:
    """The number as an int, None where it is no whole number; numpy's integers count, a bool does not.

    Example:
        >>> whole(3), whole(True), whole(3.0)
        (3, None, None)
    """
    index = None if isinstance(n, bool) else getattr(type(n), "__index__", None)
    try:
        return None if index is None else int(index(n))
    except TypeError:
        # A numpy array has __index__, but answers only when it holds a single integer.
        return None


def short(value: object) -> str:
    """What was given, in a few words.

    Example:
        >>> short("high"), short([1, 2])
        ("'high'", 'a list')
    """
    is_told = isinstance(value, (int, float, str, tuple, Decimal)) or hasattr(type(value), "node")
    text = repr(value) if is_told else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"a {type(value).__name__}"
