"""Averages that adapt or lag less, and the level between extremes.

The one idea: each is one window over one input, described here and computed in Rust.
"""

from __future__ import annotations

from workbench.indicators.checked import described, of_bars
from workbench.indicators.given import number, window
from workbench.indicators.indicator import Field, Indicator

__all__ = ["alma", "hma", "kama", "midpoint", "midprice", "vwma", "zlema"]


def kama(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Kaufman's adaptive moving average: an exponential average that hurries when the input goes straight.

    ER = |x - x n bars ago| / sum of the n changes, sizes only; the step is (ER (2/3 - 2/31) + 2/31) squared. It starts
    at the n-th value, and where nothing has changed over n bars ER is 1.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at bar n + 1.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> kama(20), kama(20, of="high", every="1h")
        (ta.kama(20), ta.kama(20, of='high', every='1h'))

    Source: TA-Lib, KAMA; Kaufman, Smarter Trading (1995).
    """
    return described("kama", n, of, every, least=2)


def hma(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Hull moving average: the WMA over floor(sqrt(n)) of 2 WMA(n // 2) - WMA(n).

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at bar n + floor(sqrt(n)) - 1.
        An undefined input leaves it undefined until its bar has left all three windows.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> hma(20), hma(20, of="high", every="1h")
        (ta.hma(20), ta.hma(20, of='high', every='1h'))

    Source: Hull, Hull Moving Average (2005), with whole windows rounded down.
    """
    return described("hma", n, of, every, least=2)


def zlema(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Zero-lag exponential moving average: the EMA of 2 x - x of (n - 1) // 2 bars ago.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at bar n + (n - 1) // 2.
        An undefined input has no value at its bar and (n - 1) // 2 bars later; nothing else changes.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> zlema(20), zlema(20, of="high", every="1h")
        (ta.zlema(20), ta.zlema(20, of='high', every='1h'))

    Source: Ehlers and Way, Zero Lag (2010), in the form with a lagged input; seeded as the EMA is.
    """
    return described("zlema", n, of, every)


def alma(
    n: int, offset: float = 0.85, sigma: float = 6.0, of: Field | Indicator = "close", *, every: str | None = None
) -> Indicator:
    """Arnaud Legoux moving average: weights exp(-(i - m)^2 / (2 s^2)), m = offset (n - 1) and s = n / sigma.

    i is 0 at the oldest of n values and n - 1 at the newest. A step costs n products.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        offset: Where the top of the bell stands, from 0 (the oldest) to 1 (the newest).
        sigma: How narrow the bell is, from 0.01 to 100.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> alma(20), alma(20, of="high", every="1h")
        (ta.alma(20, 0.85, 6), ta.alma(20, 0.85, 6, of='high', every='1h'))

    Source: Legoux and Kouzis-Loukas, Arnaud Legoux Moving Average (2009).
    """
    offset = number("ta.alma(20, offset=0.85)", offset, 0, 1)
    sigma = number("ta.alma(20, sigma=6)", sigma, 0.01, 100)
    return described("alma", n, of, every, offset, sigma)


def vwma(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Volume-weighted moving average: sum of value times volume over sum of volume, of the last `n` bars.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is averaged: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input or volume leaves it undefined until its bar has left the window; a window
        without volume has no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> vwma(20), vwma(20, of="high", every="1h")
        (ta.vwma(20), ta.vwma(20, of='high', every='1h'))

    Source: the volume-weighted mean over a moving window, by its definition.
    """
    return described("vwma", n, of, every)


def midpoint(n: int, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """The middle of the highest and the lowest of the last `n` values.

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
        >>> midpoint(20), midpoint(20, of="high", every="1h")
        (ta.midpoint(20), ta.midpoint(20, of='high', every='1h'))

    Source: TA-Lib, MIDPOINT.
    """
    return described("midpoint", n, of, every)


def midprice(n: int = 14, *, every: str | None = None) -> Indicator:
    """Midprice: (highest high + lowest low) / 2 of the last `n` bars.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of the prices. The first value is at the n-th bar.
        A bar without one of these prices leaves it undefined until it has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> midprice(14), midprice(14, every="1h")
        (ta.midprice(14), ta.midprice(14, every='1h'))

    Source: TA-Lib, MIDPRICE.
    """
    return of_bars("midprice", (window("midprice", n, 1),), every)
