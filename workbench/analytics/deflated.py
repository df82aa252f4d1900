"""The deflated Sharpe ratio: how sure one can be that the best of many trials has skill at all.

The one idea: the best of N worthless strategies has a high Sharpe ratio by luck alone, the higher, the more were tried
and the more they differ. What counts is the chance that the true ratio lies above that, given how long the record is
and how skewed and fat-tailed its returns are.

Source: D. H. Bailey and M. Lopez de Prado (2014), "The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest
Overfitting and Non-Normality", Journal of Portfolio Management 40(5), 94-107.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

from workbench.errors import NumberError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CONFIDENT", "DeflatedSharpe", "Moments", "Trials", "deflate", "expected_best", "moments", "trials"]

EULER_GAMMA: Final = 0.5772156649015329
CONFIDENT: Final = 0.95
NORMAL: Final = NormalDist()


class Moments(NamedTuple):
    """What the returns of one run look like: how many, skew, and kurtosis (3 where they are normal)."""

    n: int
    skew: float
    kurtosis: float


class Trials(NamedTuple):
    """What was tried: how many runs, and the variance of their Sharpe ratios per return."""

    n: int
    variance: float


@dataclass(frozen=True, slots=True)
class DeflatedSharpe:
    """The chance that a Sharpe ratio is more than the best of so many worthless trials would show.

    `probability` is the deflated Sharpe ratio, from 0 to 1; `sharpe` and `expected_best` are per year, the second being
    what the best of `trials` runs would show without any skill. Every run counts as a trial of its own, though
    neighbours in a grid are alike: that errs on the side of doubt.

    Example:
        >>> made = deflate(2.5, 250, Moments(1250, -3.0, 10.0), Trials(100, 0.5 / 250))
        >>> round(made.probability, 4), made.is_confident
        (0.9004, False)
        >>> made
        deflated Sharpe 0.900 (0.950 would be confident): 2.50 is the best of 100 runs, luck alone shows 1.79
    """

    probability: float
    sharpe: float
    expected_best: float
    trials: int

    @property
    def is_confident(self) -> bool:
        """Whether the chance is at least 95%."""
        return self.probability >= CONFIDENT

    def __repr__(self) -> str:
        # Cut, not rounded: what stands here as confident must be.
        shown = math.floor(self.probability * 1000) / 1000
        head = f"deflated Sharpe {shown:.3f}{'' if self.is_confident else f' ({CONFIDENT:.3f} would be confident)'}"
        tried = f"the best of {self.trials:,} runs" if self.trials > 1 else "the only run"
        return f"{head}: {self.sharpe:z.2f} is {tried}, luck alone shows {self.expected_best:.2f}"


def expected_best(tried: Trials) -> float:
    """The Sharpe ratio that the best of N worthless trials shows on average; per return.

    sqrt(V) ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))), Z the inverse of the normal distribution, g Euler's constant;
    0 for a single trial, which was not chosen from anything.

    Example:
        >>> round(expected_best(Trials(100, 0.5 / 250)), 4)
        0.1132
    """
    if tried.n < 2:
        return 0.0
    first = NORMAL.inv_cdf(1 - 1 / tried.n)
    second = NORMAL.inv_cdf(1 - 1 / (tried.n * math.e))
    return math.sqrt(tried.variance) * ((1 - EULER_GAMMA) * first + EULER_GAMMA * second)


def deflate(sharpe: float, per_year: float, returns: Moments, tried: Trials) -> DeflatedSharpe:
    """The deflated Sharpe ratio of a run.

    N((S - S0) sqrt(T - 1) / sqrt(1 - skew S + (kurtosis - 1) / 4 S^2)), with S the Sharpe ratio per return, S0 that of
    `expected_best` and T the number of returns.

    Args:
        sharpe: of the run, per year.
        per_year: returns of a year.
        returns: of the run.
        tried: the runs that it was chosen from, itself included.

    Raises:
        NumberError: fewer than 2 returns, or moments that no returns can have.
    """
    each = sharpe / math.sqrt(per_year)
    spread = 1 - returns.skew * each + (returns.kurtosis - 1) / 4 * each**2
    if returns.n < 2 or not spread > 0:
        raise NumberError(f"no deflated Sharpe ratio for {returns}; it needs at least 2 returns that vary")
    luck = expected_best(tried)
    chance = NORMAL.cdf((each - luck) * math.sqrt(returns.n - 1) / math.sqrt(spread))
    return DeflatedSharpe(chance, sharpe, luck * math.sqrt(per_year), tried.n)


def moments(returns: pl.Series) -> Moments | None:
    """Number, skew and kurtosis of returns, from their central moments; None where they do not vary.

    Example:
        >>> import polars as pl
        >>> moments(pl.Series([-1.0, 0.0, 1.0]))
        Moments(n=3, skew=0.0, kurtosis=1.5)
    """
    known = returns.drop_nulls()
    skew, kurtosis = known.skew(), known.kurtosis(fisher=False)
    if skew is None or kurtosis is None or not math.isfinite(skew) or not math.isfinite(kurtosis):
        return None
    return Moments(known.len(), skew, kurtosis)


def trials(sharpes: pl.Series, per_year: float) -> Trials:
    """What a column of yearly Sharpe ratios says of the trials; an undefined one counts as a trial too.

    Example:
        >>> import polars as pl
        >>> trials(pl.Series([1.0, 3.0, None]), 100.0)
        Trials(n=3, variance=0.02)
    """
    variance = sharpes.drop_nulls().var() if sharpes.count() > 1 else 0.0
    return Trials(sharpes.len(), float(variance) / per_year)  # type: ignore[arg-type]  # of floats it is a float
