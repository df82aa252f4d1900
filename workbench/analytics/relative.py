"""A run beside something else: how much of it is the market, and what is left.

The one idea: both are compared in the sessions in which both have a return, nothing is filled in.

Source: the definitions of empyrical (`beta`, `alpha`, `excess_sharpe`), which the tests compare with; a rate of 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Final

import polars as pl

from workbench.analytics.metrics import Figure
from workbench.analytics.risk import Measured

__all__ = ["RELATIVE", "beside", "relative"]

RELATIVE: Final[Mapping[str, Figure]] = {
    "beta": Figure("Beta", "ratio", "covariance with the benchmark's session returns / their variance", None),
    "alpha": Figure("Alpha", "percent", "mean session return less beta times the benchmark's, compounded to a year"),
    "correlation": Figure("Correlation", "ratio", "of the session returns with those of the benchmark", None),
    "tracking_error": Figure(
        "Tracking error", "percent", "sample deviation of the difference of the session returns, per year", "low"
    ),
    "information_ratio": Figure(
        "Information ratio", "ratio", "mean / sample deviation of the difference of the session returns, per year"
    ),
}
FEW: Final = "fewer than two sessions in common"
STILL: Final = "the benchmark's returns do not vary"
SAME: Final = "the difference of the returns does not vary"
OWN_STILL: Final = "the returns do not vary"


def beside(own: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Session returns of both, in the sessions in which both have one.

    Args:
        own: frame (session, return), oldest first.
        other: the same of the benchmark.

    Returns:
        Frame (session, return, benchmark).

    Example:
        >>> from datetime import date
        >>> days = [date(2024, 1, 2), date(2024, 1, 3)]
        >>> frame = pl.DataFrame({"session": days, "return": [0.1, None]})
        >>> beside(frame, frame).rows()
        [(datetime.date(2024, 1, 2), 0.1, 0.1)]
    """
    named = other.select("session", pl.col("return").alias("benchmark"))
    return own.join(named, on="session", how="inner", maintain_order="left").drop_nulls()


def relative(pairs: pl.DataFrame, per_year: float) -> Measured:
    """Every figure of `RELATIVE`.

    Args:
        pairs: rows of `beside`.
        per_year: sessions of a year.

    Example:
        >>> pairs = pl.DataFrame({"return": [0.01, -0.01, 0.02], "benchmark": [0.02, -0.02, 0.04]})
        >>> found = relative(pairs, 252.0)
        >>> round(found.values["beta"], 12), round(found.values["correlation"], 12)
        (0.5, 1.0)
    """
    if pairs.height < 2:
        return Measured(dict.fromkeys(RELATIVE), dict.fromkeys(RELATIVE, FEW))
    spread = pl.col("return") - pl.col("benchmark")
    mean, other_mean, variance, own_variance, covariance, gap, apart, varies, own_varies, differs = pairs.select(
        pl.col("return").mean().alias("mean"),
        pl.col("benchmark").mean().alias("other_mean"),
        pl.col("benchmark").var().alias("variance"),
        pl.col("return").var().alias("own_variance"),
        pl.cov("return", "benchmark").alias("covariance"),
        spread.mean().alias("gap"),
        spread.std().alias("apart"),
        (pl.col("benchmark").min() < pl.col("benchmark").max()).alias("varies"),
        (pl.col("return").min() < pl.col("return").max()).alias("own_varies"),
        (spread.min() < spread.max()).alias("differs"),
    ).row(0)
    beta = covariance / variance if varies else None
    values = {
        "beta": beta,
        "alpha": None if beta is None else (1 + mean - beta * other_mean) ** per_year - 1,
        "correlation": covariance / sqrt(variance * own_variance) if varies and own_varies else None,
        "tracking_error": apart * sqrt(per_year),
        "information_ratio": gap / apart * sqrt(per_year) if differs else None,
    }
    why = {"beta": STILL, "alpha": STILL, "correlation": OWN_STILL if varies else STILL, "information_ratio": SAME}
    return Measured(values, {name: why[name] for name, value in values.items() if value is None})
