"""Moving averages: the level around which a price moves."""

from __future__ import annotations

from workbench.indicators.checked import described
from workbench.indicators.given import number
from workbench.indicators.indicator import Field, Indicator

__all__ = ["dema", "ema", "sma", "t3", "tema", "trima", "wma"]


def sma(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Simple moving average: the mean of the last `n` values, from the n-th bar on.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run. Longer bars are
            aligned to sessions, as `Bars.resample` makes them, and count once they have closed.

    Returns:
        A description to be watched; in the unit of its input. A bar whose input is undefined (an unknown volume) leaves
        the average undefined until that bar has left the window.

    Raises:
        ParameterError: `n`, `of` or `every` is not one of these.

    Example:
        >>> sma(20), sma(20, every="1h")
        (ta.sma(20), ta.sma(20, every='1h'))

    Source: TA-Lib, SMA, with the same first value; the running sum is Neumaier's, so its error does not grow.
    """
    return described("sma", n, of, every)


def ema(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Exponential moving average: starts as the mean of the first `n` values and then moves by 2 / (n + 1) of the way.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run. Longer bars are
            aligned to sessions, as `Bars.resample` makes them, and count once they have closed.

    Returns:
        A description to be watched; in the unit of its input. A bar whose input is undefined (an unknown volume) has no
        value and leaves the average itself where it was.

    Raises:
        ParameterError: `n`, `of` or `every` is not one of these.

    Example:
        >>> ema(12, of="high") - ema(26, of="high")
        ta.ema(12, of='high') - ta.ema(26, of='high')

    Source: TA-Lib, EMA (default compatibility): seeded with the simple average, first value at the n-th bar.
    """
    return described("ema", n, of, every)


def wma(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Weighted moving average: the newest of `n` values weighs n, the one before n - 1, the oldest 1.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> wma(20), wma(20, of="high", every="1h")
        (ta.wma(20), ta.wma(20, of='high', every='1h'))

    Source: TA-Lib, WMA; the sums are compensated and the products exact, so the error does not grow.
    """
    return described("wma", n, of, every)


def dema(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Double exponential moving average: 2 EMA - EMA of EMA, which lags less than the EMA.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at bar 2 n - 1.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> dema(20), dema(20, of="high", every="1h")
        (ta.dema(20), ta.dema(20, of='high', every='1h'))

    Source: TA-Lib, DEMA; Mulloy, Smoothing Data with Faster Moving Averages (1994).
    """
    return described("dema", n, of, every)


def tema(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Triple exponential moving average: 3 EMA - 3 EMA of EMA + EMA of EMA of EMA.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at bar 3 n - 2.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> tema(20), tema(20, of="high", every="1h")
        (ta.tema(20), ta.tema(20, of='high', every='1h'))

    Source: TA-Lib, TEMA; Mulloy, Smoothing Data with Faster Moving Averages (1994).
    """
    return described("tema", n, of, every)


def trima(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Triangular moving average: the mean over n // 2 + 1 of the mean over (n + 1) // 2 values.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> trima(20), trima(20, of="high", every="1h")
        (ta.trima(20), ta.trima(20, of='high', every='1h'))

    Source: TA-Lib, TRIMA.
    """
    return described("trima", n, of, every)


def t3(n: int, vfactor: float = 0.7, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Tillson's T3: (1 + v) EMA - v EMA of EMA, applied three times; v = 0 is an EMA thrice, v = 1 a DEMA thrice.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        vfactor: The volume factor v, from 0 to 1.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at bar 6 n - 5.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> t3(20), t3(20, of="high", every="1h")
        (ta.t3(20, 0.7), ta.t3(20, 0.7, of='high', every='1h'))

    Source: TA-Lib, T3; Tillson, Smoothing Techniques for More Accurate Signals (1998).
    """
    vfactor = number("ta.t3(5, vfactor=0.7)", vfactor, 0, 1)
    return described("t3", n, of, every, vfactor)
