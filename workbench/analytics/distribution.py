"""How often returns of a size occur.

The one idea: bins of a round width that begin at zero, so that none holds both gains and losses.
"""

from __future__ import annotations

from math import floor, log10
from typing import Final

import polars as pl

__all__ = ["histogram"]

BINS: Final = 40


def histogram(returns: pl.Series, bins: int = BINS) -> pl.DataFrame:
    """Counts of returns in bins of one round width (1, 2 or 5 times a power of ten), about `bins` of them at most.

    Returns:
        Frame (low, high: Float64, count: Int64), lowest first and without a gap; a bin has its lower end and not its
        upper one. No rows without returns.

    Example:
        >>> histogram(pl.Series([-0.011, -0.002, 0.0, 0.004, 0.012]), 4).rows()
        [(-0.02, -0.01, 1), (-0.01, 0.0, 1), (0.0, 0.01, 2), (0.01, 0.02, 1)]
    """
    known = returns.drop_nulls()
    schema = {"low": pl.Float64, "high": pl.Float64, "count": pl.Int64}
    if known.is_empty():
        return pl.DataFrame(schema=schema)
    width = _round_width(float(known.max() - known.min()) / bins)  # type: ignore[operator, arg-type]  # of floats
    # Divided and rounded first, as 0.03 / 0.01 is a hair below 3.
    place = (known / width).round(9).floor().cast(pl.Int64)
    counts = dict(place.value_counts().iter_rows())
    first, last = int(place.min()), int(place.max())  # type: ignore[arg-type]  # of integers
    rows = [(round(i * width, 12), round((i + 1) * width, 12), counts.get(i, 0)) for i in range(first, last + 1)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _round_width(least: float) -> float:
    """The smallest of 1, 2, 5, 10 times a power of ten that is not below `least`."""
    if least <= 0:
        return 0.01
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= least * (1 - 1e-9))
