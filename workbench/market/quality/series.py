"""The bars of one asset as plain arrays, and what was found in them.

The one idea: findings are collected as arrays of places in order of time; only at the end they become rows of a frame.
Arrays of one asset fit a processor's cache, which is what makes checking many millions of rows fast.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.market.assets import Asset

__all__ = ["Findings", "Series", "Values", "Whole", "kept"]

Whole = npt.NDArray[Any]
Values = npt.NDArray[np.float64]
NO_SESSION = np.iinfo(np.int32).min


class Series(NamedTuple):
    """Columns of one asset in order of time; times in microseconds, sessions in days, `places` in the whole frame."""

    asset: Asset
    places: Whole
    opened: Whole
    closed: Whole
    session: Whole
    open: Values
    high: Values
    low: Values
    close: Values
    volume: Values


def kept(series: Series, good: Whole) -> Series:
    """Only some rows.

    Example:
        >>> from workbench.market.assets import Asset
        >>> two = np.array([1.0, 2.0])
        >>> kept(Series(Asset("X"), *[two] * 9), np.array([False, True])).close
        array([2.])
    """
    return Series(series.asset, *(column[good] for column in series[1:]))


@dataclass(slots=True)
class Findings:
    """What was found so far: places, how many rows from there, values and what was expected, by rule."""

    rules: list[str] = field(default_factory=list)
    places: list[Whole] = field(default_factory=list)
    rows: list[Whole] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    expected: list[Sequence[str]] = field(default_factory=list)

    def add(self, rule: str, places: Whole, values: Any, expected: str | Callable[[int], str], rows: Any = 1) -> None:
        """Take note of findings of one rule; `expected` is one text, or gives that of the i-th."""
        count = len(places)
        if not count:
            return
        self.rules += [rule]
        self.places += [places]
        self.rows += [np.broadcast_to(np.asarray(rows, dtype=np.int64), count)]
        self.values += [np.broadcast_to(np.asarray(values, dtype=np.float64), count)]
        self.expected += [[expected] if isinstance(expected, str) else [expected(i) for i in range(count)]]
