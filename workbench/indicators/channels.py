"""Channels: levels above and below prices, between which they mostly stay.

The one idea: each has the outputs upper, middle and lower, in the unit of the prices.
"""

from __future__ import annotations

from workbench.indicators.checked import of_bars
from workbench.indicators.given import number, window
from workbench.indicators.indicator import Indicator
from workbench.indicators.outputs import Outputs

__all__ = ["Donchian", "Keltner", "donchian", "keltner"]


class Keltner(Outputs):
    """What `keltner` gives: the average, and the levels above and below it."""

    upper: Indicator
    middle: Indicator
    lower: Indicator


def keltner(n: int = 20, multiplier: float = 2, atr: int = 10, *, every: str | None = None) -> Keltner:
    """Keltner channel: the EMA of the close, and `multiplier` average true ranges above and below it.

    middle is EMA(close, n), upper is middle + multiplier ATR(atr), lower is middle - multiplier ATR(atr).

    Args:
        n: Length of the average in bars, from 1 to 1,000,000.
        multiplier: How many true ranges the levels lie away, from 0.01 to 100.
        atr: Length of the average true range, from 1.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs upper, middle and lower, in the unit of the prices. The first values are at the bar number n, or atr
        + 1 if that is later.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> keltner(), keltner(20, 1.5, 14).upper
        (ta.keltner(20, 2, 10), ta.keltner(20, 1.5, 14).upper)

    Source: Keltner, How to Make Money in Commodities (1960), in Raschke's form with an exponential average and true
    ranges.
    """
    multiplier = number("ta.keltner(20, multiplier=2)", multiplier, 0.01, 100)
    return Keltner(of_bars("keltner", (window("keltner", n, 1), multiplier, window("keltner", atr, 1)), every))


class Donchian(Outputs):
    """What `donchian` gives: the extremes, and their middle."""

    upper: Indicator
    middle: Indicator
    lower: Indicator


def donchian(n: int = 20, *, every: str | None = None) -> Donchian:
    """Donchian channel: the highest high and the lowest low of the last `n` bars, and the middle between them.

    The bar itself is one of them; a breakout is a close above ta.donchian(20).upper.shift(1).

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs upper, middle and lower, in the unit of the prices. The first values are at the n-th bar.
        A bar without one of these prices leaves all of them undefined until it has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> donchian(), donchian(55, every="1d").upper
        (ta.donchian(20), ta.donchian(55, every='1d').upper)

    Source: Donchian, Trend-Following Methods in Commodity Price Analysis (1957).
    """
    return Donchian(of_bars("donchian", (window("donchian", n, 1),), every))
