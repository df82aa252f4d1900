"""Moving averages: the level around which a price moves."""

from __future__ import annotations

from workbench.indicators.indicator import Field, Indicator, described

__all__ = ["ema", "sma"]


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
