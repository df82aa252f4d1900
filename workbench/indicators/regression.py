"""Regression: the straight line through the last values, and what is read off it.

The one idea: one line by least squares over a window, of which each function tells another number.
"""

from __future__ import annotations

from workbench.indicators.checked import described
from workbench.indicators.indicator import Field, Indicator

__all__ = ["linreg", "linreg_angle", "linreg_intercept", "linreg_r2", "linreg_slope", "tsf"]


def linreg(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Linear regression: where the straight line through the last `n` values stands at the newest.

    With x from 0 at the oldest to n - 1 at the newest and y the values, y = a + b x by least squares: b = sum of (x -
    mean x) (y - mean y) over sum of (x - mean x)^2, a = mean y - b mean x. This is a + b (n - 1).

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is fitted: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> linreg(14), linreg(14, of="high", every="1h")
        (ta.linreg(14), ta.linreg(14, of='high', every='1h'))

    Source: TA-Lib, LINEARREG.
    """
    return described("linreg", n, of, every, least=2)


def linreg_slope(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Slope of the straight line through the last `n` values: by how much it rises per bar.

    This is b of `linreg`.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is fitted: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input per bar. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> linreg_slope(14), linreg_slope(14, of="high", every="1h")
        (ta.linreg_slope(14), ta.linreg_slope(14, of='high', every='1h'))

    Source: TA-Lib, LINEARREG_SLOPE.
    """
    return described("linreg_slope", n, of, every, least=2)


def linreg_angle(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Angle of the straight line through the last `n` values: its slope in degrees.

    This is atan(b) 180 / pi with b of `linreg`, so it depends on the unit of its input.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is fitted: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in degrees, from -90 to 90. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> linreg_angle(14), linreg_angle(14, of="high", every="1h")
        (ta.linreg_angle(14), ta.linreg_angle(14, of='high', every='1h'))

    Source: TA-Lib, LINEARREG_ANGLE.
    """
    return described("linreg_angle", n, of, every, least=2)


def linreg_intercept(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Intercept of the straight line through the last `n` values: where it stands at the oldest of them.

    This is a of `linreg`.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is fitted: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> linreg_intercept(14), linreg_intercept(14, of="high", every="1h")
        (ta.linreg_intercept(14), ta.linreg_intercept(14, of='high', every='1h'))

    Source: TA-Lib, LINEARREG_INTERCEPT.
    """
    return described("linreg_intercept", n, of, every, least=2)


def linreg_r2(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """R squared: the share of the variance of the last `n` values that the straight line through them explains.

    R^2 = b^2 sum of (x - mean x)^2 / sum of (y - mean y)^2 with b of `linreg`: 1 on a straight line, near 0 where there
    is no trend.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is fitted: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 1. The first value is at the n-th bar.
        Values that are all the same have no variance to explain, and no R squared. An undefined input, or one beyond
        1e140, leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> linreg_r2(14), linreg_r2(14, of="high", every="1h")
        (ta.linreg_r2(14), ta.linreg_r2(14, of='high', every='1h'))

    Source: the coefficient of determination of a simple linear regression, by its definition.
    """
    return described("linreg_r2", n, of, every, least=2)


def tsf(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Time series forecast: where the straight line through the last `n` values will stand at the next bar.

    This is a + b n with a and b of `linreg`.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is fitted: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> tsf(14), tsf(14, of="high", every="1h")
        (ta.tsf(14), ta.tsf(14, of='high', every='1h'))

    Source: TA-Lib, TSF.
    """
    return described("tsf", n, of, every, least=2)
