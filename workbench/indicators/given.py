"""What users hand to indicators: numbers and lengths, read and told.

The one idea: whatever is given becomes a plain number or length here, or None where it is none; who asked says what is
wrong with it.
"""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import Final

from workbench.errors import ParameterError
from workbench.indicators.slots import Slot

__all__ = ["WINDOW_MAX", "as_float", "longer_bars", "number", "only_one", "short", "whole", "window"]

WINDOW_MAX: Final = 1_000_000
TEXT_MAX: Final = 80


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
    """What was given, as it would be typed, or its type's name where that is long, many-lined or no code.

    Example:
        >>> short("high"), short(list(range(99)))
        ("'high'", 'a list')
    """
    text = repr(value)
    is_told = len(text) <= TEXT_MAX and "\n" not in text and text[:1] != "<"
    return text if is_told else f"a {type(value).__name__}"


def number(call: str, given: object, low: float, high: float) -> float:
    """A number from `low` to `high` as a float; `call` is how the indicator is written, with the argument in question.

    Raises:
        ParameterError: It is no number, or outside of the range.

    Example:
        >>> number("ta.t3(5, vfactor=0.7)", 1, 0, 1)
        1.0
    """
    if isinstance(given, Slot):
        return given.each(lambda value: number(call, value, low, high))  # type: ignore[return-value]  # it stands for one
    value = float(given) if isinstance(given, Real) and not isinstance(given, bool) else float("nan")
    if not low <= value <= high:
        what = call.split("(")[0]
        raise ParameterError(f"{what} takes a number from {low} to {high} here, got {short(given)}; write {call}")
    return value


def window(name: str, n: object, least: int) -> int:
    """A window in bars, from `least` to `WINDOW_MAX`.

    Raises:
        ParameterError: It is no whole number in this range.

    Example:
        >>> window("rsi", 14, 2)
        14
    """
    if isinstance(n, Slot):
        return n.each(lambda value: window(name, value, least))  # type: ignore[return-value]  # it stands for one
    bars = whole(n)
    if bars is None or not least <= bars <= WINDOW_MAX:
        allowed = f"a whole number of bars from {least} to {WINDOW_MAX:,}"
        raise ParameterError(f"ta.{name} takes {allowed}, got {short(n)}; write ta.{name}(20)")
    return bars


def only_one(given: object) -> None:
    """Refuses an indicator with several outputs where one of them is needed.

    Raises:
        StrategyError: It has several, which are listed.

    Example:
        >>> only_one(5)
    """
    from workbench.indicators.outputs import Outputs  # which is made of indicators

    if isinstance(given, Outputs):
        raise given.needs_one()
