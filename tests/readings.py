"""Slow, obvious readings of what formulas are made of, for tests to compare with.

The one idea: each value is made anew, in plain Python, from the values it depends on; undefined is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

__all__ = ["NAN", "Values", "changes", "ema", "mean", "sma", "true_ranges", "wilder", "windows"]

NAN = float("nan")
Values: TypeAlias = "Sequence[float]"


def windows(values: Values, n: int, formula: Callable[[Values], float]) -> list[float]:
    """The formula over each full window of n defined values."""
    filled = [values[i + 1 - n : i + 1] if i + 1 >= n else [NAN] for i in range(len(values))]
    return [NAN if any(map(math.isnan, window)) else formula(window) for window in filled]


def mean(values: Values) -> float:
    return math.fsum(values) / len(values)


def sma(values: Values, n: int) -> list[float]:
    return windows(values, n, mean)


def smoothed(values: Values, n: int, share: float) -> list[float]:
    """Starts at the mean of the first n defined values and moves by a share of the way."""
    first = next((i for i, value in enumerate(values) if not math.isnan(value)), len(values))
    out, level = [NAN] * len(values), NAN
    for i in range(first + n - 1, len(values)):
        started = i >= first + n
        level = level * (1 - share) + values[i] * share if started else mean(values[first : first + n])
        out[i] = level
    return out


def ema(values: Values, n: int) -> list[float]:
    return smoothed(values, n, 2 / (n + 1))


def wilder(values: Values, n: int) -> list[float]:
    return smoothed(values, n, 1 / n)


def changes(values: Values, n: int = 1) -> list[float]:
    return [NAN] * n + [new - old for old, new in zip(values, values[n:], strict=False)]


def true_ranges(high: Values, low: Values, close: Values) -> list[float]:
    """None at the first bar."""
    before = list(close)[:-1]
    bars = zip(list(high)[1:], list(low)[1:], before, strict=True)
    return [NAN] + [max(h, last) - min(lo, last) for h, lo, last in bars]
