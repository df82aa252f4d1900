"""Rolling statistics: how the last n values are spread, and how they go with those of another input.

The one idea: each is exact over its window at every bar, whatever passed through it before.
"""

from __future__ import annotations

from workbench.indicators.checked import described, reading
from workbench.indicators.given import number, window
from workbench.indicators.indicator import Field, Indicator

__all__ = [
    "beta",
    "correl",
    "drawdown",
    "kurtosis",
    "rolling_argmax",
    "rolling_argmin",
    "rolling_drawdown",
    "rolling_quantile",
    "skew",
    "zscore",
]


def rolling_argmax(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """How many bars ago the highest of the last `n` values was.

    Of equal ones the latest counts.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is looked at: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in bars, from 0 (this one) to n - 1. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> rolling_argmax(20), rolling_argmax(20, of="high", every="1h")
        (ta.rolling_argmax(20), ta.rolling_argmax(20, of='high', every='1h'))

    Source: TA-Lib, MAXINDEX, which gives the number of the row.
    """
    return described("rolling_argmax", n, of, every, least=2)


def rolling_argmin(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """How many bars ago the lowest of the last `n` values was.

    Of equal ones the latest counts.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is looked at: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in bars, from 0 (this one) to n - 1. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> rolling_argmin(20), rolling_argmin(20, of="low", every="1h")
        (ta.rolling_argmin(20), ta.rolling_argmin(20, of='low', every='1h'))

    Source: TA-Lib, MININDEX, which gives the number of the row.
    """
    return described("rolling_argmin", n, of, every, least=2)


def rolling_quantile(n: int, q: float, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """The value below which a part `q` of the last `n` values lies.

    In the order of size it is the value at place q (n - 1), counted from 0, on a straight line between two of them; 0
    gives the lowest, 0.5 the median, 1 the highest.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        q: The part, from 0 to 1.
        of: What is looked at: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> rolling_quantile(20, 0.9), rolling_quantile(20, 0.5, of="high", every="1h")
        (ta.rolling_quantile(20, 0.9), ta.rolling_quantile(20, 0.5, of='high', every='1h'))

    Source: Hyndman and Fan, Sample Quantiles in Statistical Packages (1996), their definition 7.
    """
    part = number("ta.rolling_quantile(20, q=0.9)", q, 0, 1)
    return described("rolling_quantile", n, of, every, part)


def zscore(n: int = 20, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Standard score: (value - mean) / standard deviation of the last `n` values, which is over n and not n - 1.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in standard deviations, at most the root of n - 1 either way. The first value is at
        the n-th bar. An undefined input, or one beyond 1e70, leaves it undefined until its bar has left the window; a
        window in which nothing moves has no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> zscore(20), zscore(20, of="high", every="1h")
        (ta.zscore(20), ta.zscore(20, of='high', every='1h'))

    Source: the standard score over a moving window, by its definition.
    """
    return described("zscore", n, of, every, least=2)


def skew(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Skewness of the last `n` values: the mean cube of their distances from the mean over the cube of their deviation.

    Moments are over n, without a correction for small windows. For that of returns write `of=ta.roc(1)`.

    Args:
        n: Length in bars, from 3 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a number without a unit, above 0 where the longer tail is that of high values. The
        first value is at the n-th bar. An undefined input, or one beyond 1e70, leaves it undefined until its bar has
        left the window; a window in which nothing moves has no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> skew(60), skew(60, of="high", every="1h")
        (ta.skew(60), ta.skew(60, of='high', every='1h'))

    Source: Joanes and Gill, Comparing measures of sample skewness and kurtosis (1998), their g1.
    """
    return described("skew", n, of, every, least=3)


def kurtosis(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Excess kurtosis of the last `n` values: the fourth moment over the square of the variance, less 3.

    The moment is the mean fourth power of the distances from the mean; 3 is what a normal distribution has. Moments are
    over n, without a correction for small windows. For that of returns write `of=ta.roc(1)`.

    Args:
        n: Length in bars, from 4 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a number without a unit, from -2. The first value is at the n-th bar.
        An undefined input, or one beyond 1e70, leaves it undefined until its bar has left the window; a window in which
        nothing moves has no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> kurtosis(60), kurtosis(60, of="high", every="1h")
        (ta.kurtosis(60), ta.kurtosis(60, of='high', every='1h'))

    Source: Joanes and Gill, Comparing measures of sample skewness and kurtosis (1998), their g2.
    """
    return described("kurtosis", n, of, every, least=4)


def correl(
    n: int, of: Field | Indicator = "close", *, against: Field | Indicator, every: str | None = None
) -> Indicator:
    """Correlation of two inputs over the last `n` bars: their covariance over the product of their deviations.

    Where one of them does not move it is 0, as in TA-Lib.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: The one input: open, high, low, close, volume or another indicator.
        against: The other one.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from -1 to 1. The first value is at the n-th bar.
        An undefined input, or one beyond 1e70, leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> correl(30, against="volume"), correl(30, of="high", against="low", every="1h")
        (ta.correl(30, against='volume'), ta.correl(30, of='high', against='low', every='1h'))

    Source: TA-Lib, CORREL; Pearson's coefficient.
    """
    return reading("correl", (window("correl", n, 2),), (of, against), every)


def beta(
    n: int = 60, of: Field | Indicator = "close", *, against: Field | Indicator, every: str | None = None
) -> Indicator:
    """Beta: the slope of the last `n` relative changes of one input over those of another, which is the market.

    It is their covariance over the variance of the market. Where the market does not move it is 0, as in TA-Lib; a
    change from zero is one of 0.

    Args:
        n: Number of changes, from 2 to 1,000,000.
        of: The input whose beta it is: open, high, low, close, volume or another indicator.
        against: The market.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a number without a unit. The first value is at bar n + 1.
        An undefined input leaves it undefined until the bar after its own has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> beta(60, against="open"), beta(20, of="high", against="low", every="1h")
        (ta.beta(60, against='open'), ta.beta(20, of='high', against='low', every='1h'))

    Source: TA-Lib, BETA, whose first input is the market.
    """
    return reading("beta", (window("beta", n, 2),), (of, against), every)


def drawdown(of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Drawdown: how far the value is below the highest one so far, as a part of that.

    Args:
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 0 at the peak and -0.2 at 20% below it. The first value is at the first bar.
        An undefined input has no value at its bar and changes nothing else; below a peak that is not above 0 there is
        no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> drawdown(), drawdown(of="high", every="1h")
        (ta.drawdown(), ta.drawdown(of='high', every='1h'))

    Source: value / peak - 1, by its definition.
    """
    return reading("drawdown", (), (of,), every)


def rolling_drawdown(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Drawdown from the highest of the last `n` values, as a part of that.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 0 at the peak and -0.2 at 20% below it. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window; below a peak that is not above 0 there
        is no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> rolling_drawdown(252), rolling_drawdown(20, of="high", every="1h")
        (ta.rolling_drawdown(252), ta.rolling_drawdown(20, of='high', every='1h'))

    Source: value / peak - 1 over a moving window, by its definition.
    """
    return described("rolling_drawdown", n, of, every, least=2)
