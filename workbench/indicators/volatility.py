"""Volatility: how widely a price moves, and between which levels.

The one idea: each is one window over one input or over the prices of a bar, described here and computed in Rust.
"""

from __future__ import annotations

from workbench.indicators.checked import described, of_bars
from workbench.indicators.given import number, window
from workbench.indicators.indicator import Field, Indicator
from workbench.indicators.outputs import Outputs

__all__ = [
    "Bbands",
    "atr",
    "bbands",
    "garman_klass",
    "natr",
    "parkinson",
    "rolling_max",
    "rolling_min",
    "stddev",
    "trange",
    "ulcer",
    "var",
    "yang_zhang",
]


def trange(*, every: str | None = None) -> Indicator:
    """True range: the largest of high - low, |high - close before| and |low - close before|.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of the prices. The first value is at the second bar.
        Every bar has these prices, so it is defined from there on.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> trange(), trange(every="1h")
        (ta.trange(), ta.trange(every='1h'))

    Source: TA-Lib, TRANGE; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return of_bars("trange", (), every)


def atr(n: int = 14, *, every: str | None = None) -> Indicator:
    """Average true range: the mean of the first `n` true ranges, which then moves by 1 / n, as Wilder smooths.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of the prices. The first value is at bar n + 1.
        Every bar has these prices, so it is defined from there on.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> atr(14), atr(14, every="1h")
        (ta.atr(14), ta.atr(14, every='1h'))

    Source: TA-Lib, ATR; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return of_bars("atr", (window("atr", n, 1),), every)


def natr(n: int = 14, *, every: str | None = None) -> Indicator:
    """Normalized average true range: 100 ATR / close.

    At `n` = 1 TA-Lib gives the true range itself instead of its share of the close.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in per cent of the close. The first value is at bar n + 1.
        Every bar has these prices, so it is defined from there on.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> natr(14), natr(14, every="1h")
        (ta.natr(14), ta.natr(14, every='1h'))

    Source: TA-Lib, NATR; Forman, Cross-Market Evaluations with Normalized Average True Range (2006).
    """
    return of_bars("natr", (window("natr", n, 1),), every)


def stddev(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Standard deviation of the last `n` values: the root of their variance, which is over n and not n - 1.

    The sums run over distances from a level near the window, so that small moves of a large price keep their digits.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input, or one beyond 1e140, leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> stddev(20), stddev(20, of="high", every="1h")
        (ta.stddev(20), ta.stddev(20, of='high', every='1h'))

    Source: TA-Lib, STDDEV, with its nbdev of 1.
    """
    return described("stddev", n, of, every, least=2)


def var(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Variance of the last `n` values, the mean square of their distances from their mean: over n and not n - 1.

    The sums run over distances from a level near the window, so that small moves of a large price keep their digits.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the square of the unit of its input. The first value is at the n-th bar.
        An undefined input, or one beyond 1e140, leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> var(20), var(20, of="high", every="1h")
        (ta.var(20), ta.var(20, of='high', every='1h'))

    Source: TA-Lib, VAR.
    """
    return described("var", n, of, every)


def rolling_max(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """The highest of the last `n` values.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is looked at: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> rolling_max(20), rolling_max(20, of="high", every="1h")
        (ta.rolling_max(20), ta.rolling_max(20, of='high', every='1h'))

    Source: TA-Lib, MAX.
    """
    return described("rolling_max", n, of, every)


def rolling_min(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """The lowest of the last `n` values.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is looked at: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> rolling_min(20), rolling_min(20, of="high", every="1h")
        (ta.rolling_min(20), ta.rolling_min(20, of='high', every='1h'))

    Source: TA-Lib, MIN.
    """
    return described("rolling_min", n, of, every)


class Bbands(Outputs):
    """What `bbands` gives: the bands, the place between them and their width."""

    upper: Indicator
    middle: Indicator
    lower: Indicator
    percent_b: Indicator
    bandwidth: Indicator


def bbands(n: int = 20, k: float = 2, of: Field | Indicator = "close", *, every: str | None = None) -> Bbands:
    """Bollinger bands: the SMA of `n` bars, and `k` standard deviations (over n) above and below it.

    percent_b is (value - lower) / (upper - lower), 0 at the lower band and 1 at the upper one; bandwidth is
    (upper - lower) / middle.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        k: How many deviations the bands lie away from the middle, from 0.01 to 100.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs upper, middle and lower, in the unit of the input, percent_b and bandwidth, which are ratios. The
        first values are at the n-th bar. An undefined input leaves them undefined until its bar has left the window.
        Where all inputs are the same, percent_b has no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> bbands(), bbands(10, 1.5).upper
        (ta.bbands(20, 2), ta.bbands(10, 1.5).upper)

    Source: TA-Lib, BBANDS with simple averages; Bollinger, Bollinger on Bollinger Bands (2001).
    """
    return Bbands(described("bbands", n, of, every, number("ta.bbands(20, k=2)", k, 0.01, 100), least=2))


def parkinson(n: int = 20, *, every: str | None = None) -> Indicator:
    """Parkinson volatility: the deviation of returns per bar, from high and low.

    sqrt(mean of ln(high / low)^2 / (4 ln 2)) over the last `n` bars; it takes prices to move without drift or gaps.

    Times the root of the bars in a year it is a volatility per year.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a share of the price per bar, 0.01 is 1 %. The first value is at the n-th bar.
        A bar without one of these prices, or with one that is not above 0, leaves it undefined until it has left the
        window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> parkinson(20), parkinson(20, every="1h")
        (ta.parkinson(20), ta.parkinson(20, every='1h'))

    Source: Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return (1980).
    """
    return of_bars("parkinson", (window("parkinson", n, 1),), every)


def garman_klass(n: int = 20, *, every: str | None = None) -> Indicator:
    """Garman-Klass volatility: the deviation of returns per bar, from its four prices.

    sqrt(mean of 0.5 ln(high / low)^2 - (2 ln 2 - 1) ln(close / open)^2) over the last `n` bars; it takes prices to move
    without drift or gaps.

    Times the root of the bars in a year it is a volatility per year.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a share of the price per bar, 0.01 is 1 %. The first value is at the n-th bar.
        A bar without one of these prices, or with one that is not above 0, leaves it undefined until it has left the
        window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> garman_klass(20), garman_klass(20, every="1h")
        (ta.garman_klass(20), ta.garman_klass(20, every='1h'))

    Source: Garman and Klass, On the Estimation of Security Price Volatilities from Historical Data (1980).
    """
    return of_bars("garman_klass", (window("garman_klass", n, 1),), every)


def yang_zhang(n: int = 20, *, every: str | None = None) -> Indicator:
    """Yang-Zhang volatility: the deviation of returns per bar, from its four prices and the gap before it.

    sqrt(V(ln(open / close before)) + k V(ln(close / open)) + (1 - k) M) over the last `n` bars, with V the variance
    over n - 1, M the mean of u (u - c) + d (d - c), u, d and c being ln(high / open), ln(low / open) and ln(close /
    open), and k = 0.34 / (1.34 + (n + 1) / (n - 1)). Drift and gaps do not bias it.

    Times the root of the bars in a year it is a volatility per year.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a share of the price per bar, 0.01 is 1 %. The first value is at bar n + 1.
        A bar without one of these prices, or with one that is not above 0, leaves it undefined for n + 1 bars, as its
        close is the one before the next.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> yang_zhang(20), yang_zhang(20, every="1h")
        (ta.yang_zhang(20), ta.yang_zhang(20, every='1h'))

    Source: Yang and Zhang, Drift-Independent Volatility Estimation Based on High, Low, Open, and Close Prices (2000).
    """
    return of_bars("yang_zhang", (window("yang_zhang", n, 2),), every)


def ulcer(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Ulcer index: how deep, on the whole, values stand below their highest.

    sqrt(mean of d^2) over the last `n` bars, with d = 100 (x - m) / m and m the highest of the last `n` values at that
    bar.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in per cent, 0 where each value is the highest. The first value is at bar 2 n - 1.
        An undefined input leaves it undefined for 2 n - 1 bars, until no bar in the window looks back at it. A highest
        that is not above 0 has no share to fall by, and leaves it undefined for n bars.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> ulcer(14), ulcer(14, of="high", every="1h")
        (ta.ulcer(14), ta.ulcer(14, of='high', every='1h'))

    Source: Martin and McCann, The Investor's Guide to Fidelity Funds (1989), with a moving highest.
    """
    return described("ulcer", n, of, every)
