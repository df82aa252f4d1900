"""Figures over a window that moves along the sessions: was it one good year, or all of them?

The one idea: the same formulas as over the whole run, over the last `window` session returns; where a figure is
undefined the row is null, so that a curve of it has a gap there.
"""

from __future__ import annotations

from math import sqrt

import polars as pl

from workbench.errors import NumberError

__all__ = ["rolling"]


def rolling(pairs: pl.DataFrame, window: int, per_year: float) -> pl.DataFrame:
    """Sharpe ratio, volatility and beta over the last `window` session returns.

    Args:
        pairs: frame (session, return, benchmark), oldest first, as `workbench.analytics.relative.beside` gives it.
        window: session returns of a figure, at least 2.
        per_year: sessions of a year.

    Returns:
        Frame (session, sharpe, volatility, beta), a row from the first full window on: mean / sample deviation and
        sample deviation, both per year; covariance / variance of the benchmark. Null where a deviation is zero.

    Raises:
        NumberError: a window below 2.

    Example:
        >>> from datetime import date
        >>> days = [date(2024, 1, day) for day in (2, 3, 4)]
        >>> frame = pl.DataFrame({"session": days, "return": [0.01, 0.03, 0.03], "benchmark": [0.02, 0.06, 0.0]})
        >>> found = rolling(frame, 2, 252.0)
        >>> found["beta"].round(9).to_list(), found["sharpe"].round(6).to_list()
        ([0.5, 0.0], [22.449944, None])
    """
    if window < 2:
        raise NumberError(f"a window of {window} returns has no deviation; give 2 or more")
    own, other = pl.col("return"), pl.col("benchmark")
    # The deviation of equal returns is a hair off zero in floats, so that they are equal is asked of their ends.
    moved, other_moved = (each.rolling_max(window) > each.rolling_min(window) for each in (own, other))
    deviation = own.rolling_std(window)
    covariance = pl.rolling_cov(own, other, window_size=window, min_samples=window)
    return pairs.select(
        "session",
        pl.when(moved).then(own.rolling_mean(window) / deviation * sqrt(per_year)).alias("sharpe"),
        (deviation * sqrt(per_year)).alias("volatility"),
        pl.when(other_moved).then(covariance / other.rolling_var(window)).alias("beta"),
    ).slice(window - 1)
