"""Trend: whether prices go anywhere, how strongly, and where that ends.

The one idea: each is made of the highs and lows of bars, described here and computed in Rust.
"""

from __future__ import annotations

from numbers import Integral

from workbench.errors import ParameterError
from workbench.indicators.checked import of_bars
from workbench.indicators.given import number, window
from workbench.indicators.indicator import Indicator
from workbench.indicators.outputs import Outputs

__all__ = [
    "Aroon",
    "Ichimoku",
    "Supertrend",
    "Vortex",
    "adx",
    "adxr",
    "aroon",
    "aroon_osc",
    "dx",
    "ichimoku",
    "mass_index",
    "minus_di",
    "plus_di",
    "sar",
    "supertrend",
    "vortex",
]


def plus_di(n: int = 14, *, every: str | None = None) -> Indicator:
    """Plus directional indicator: upward movement in per cent of the true range, both smoothed as Wilder does.

    Upward movement is high - high before where that is above 0 and above low before - low, else 0; the smoothed sums
    start as those of n - 1 bars and become sum - sum / n + the newest. Without a range it is 0. At `n` = 1 TA-Lib gives
    a share instead of per cent.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 100. The first value is at bar n + 1.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> plus_di(14), plus_di(14, every="1h")
        (ta.plus_di(14), ta.plus_di(14, every='1h'))

    Source: TA-Lib, PLUS_DI; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return of_bars("plus_di", (window("plus_di", n, 1),), every)


def minus_di(n: int = 14, *, every: str | None = None) -> Indicator:
    """Minus directional indicator: downward movement in per cent of the true range, both smoothed as Wilder does.

    Downward movement is low before - low where that is above 0 and above high - high before, else 0; the rest is as in
    `plus_di`.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 100. The first value is at bar n + 1.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> minus_di(14), minus_di(14, every="1h")
        (ta.minus_di(14), ta.minus_di(14, every='1h'))

    Source: TA-Lib, MINUS_DI; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return of_bars("minus_di", (window("minus_di", n, 1),), every)


def dx(n: int = 14, *, every: str | None = None) -> Indicator:
    """Directional index: 100 |plus - minus| / (plus + minus) with the directional indicators `plus_di` and `minus_di`.

    Where there is neither it stays where it was; it starts at 0, as in TA-Lib.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 100. The first value is at bar n + 1.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> dx(14), dx(14, every="1h")
        (ta.dx(14), ta.dx(14, every='1h'))

    Source: TA-Lib, DX; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return of_bars("dx", (window("dx", n, 2),), every)


def adx(n: int = 14, *, every: str | None = None) -> Indicator:
    """Average directional index: how strong a trend is, whichever way it goes.

    The mean of the first `n` values of `dx`, which then moves by 1 / n. Bars without a movement count as 0 in the first
    mean and leave it where it is later, as in TA-Lib.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 100. The first value is at bar 2 n.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> adx(14), adx(14, every="1h")
        (ta.adx(14), ta.adx(14, every='1h'))

    Source: TA-Lib, ADX; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return of_bars("adx", (window("adx", n, 2),), every)


def adxr(n: int = 14, *, every: str | None = None) -> Indicator:
    """Average directional index rating: the mean of `adx` and that of n - 1 bars ago.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 100. The first value is at bar 3 n - 1.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> adxr(14), adxr(14, every="1h")
        (ta.adxr(14), ta.adxr(14, every='1h'))

    Source: TA-Lib, ADXR; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return of_bars("adxr", (window("adxr", n, 2),), every)


def aroon_osc(n: int = 14, *, every: str | None = None) -> Indicator:
    """Aroon oscillator: how much later the highest high of the last n + 1 bars came than the lowest low.

    100 (bars since the lowest low - bars since the highest high) / n; of bars with the same price the latest counts.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from -100 to 100. The first value is at bar n + 1.
        A bar without one of these prices leaves it undefined until it has left the window of n + 1 bars.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> aroon_osc(14), aroon_osc(14, every="1h")
        (ta.aroon_osc(14), ta.aroon_osc(14, every='1h'))

    Source: TA-Lib, AROONOSC; Chande, The Aroon Oscillator (1995).
    """
    return of_bars("aroon_osc", (window("aroon_osc", n, 1),), every)


def sar(acceleration: float = 0.02, maximum: float = 0.2, *, every: str | None = None) -> Indicator:
    """Parabolic stop and reverse: a stop that follows a trend ever faster, and changes sides when it is hit.

    The stop moves by a (extreme - stop) per bar, never into the range of the last two bars; a starts at `acceleration`
    and gains as much with each new extreme, up to `maximum`. When a bar reaches the stop the trend turns: the stop
    becomes the extreme, and `acceleration` is taken anew. The second bar starts as a rise unless its low fell further
    than its high rose, as in TA-Lib.

    The stop at a bar is made of that bar too where the trend turns at it; the order that waits for it is placed at the
    value of the bar before.

    Args:
        acceleration: What the pace starts with and gains, from 0 to `maximum`.
        maximum: The pace that is never exceeded, from 0 to 1.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of the prices. The first value is at the second bar.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> sar(), sar(0.01, 0.1, every="1h")
        (ta.sar(0.02, 0.2), ta.sar(0.01, 0.1, every='1h'))

    Source: TA-Lib, SAR; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    maximum = number("ta.sar(0.02, maximum=0.2)", maximum, 0, 1)
    acceleration = number("ta.sar(acceleration=0.02)", acceleration, 0, maximum)
    return of_bars("sar", (acceleration, maximum), every)


def mass_index(n: int = 25, smooth: int = 9, *, every: str | None = None) -> Indicator:
    """Mass index: how much wider bars have become, which tells that a trend may turn, not where to.

    The sum over the last `n` bars of EMA(r) / EMA(EMA(r)) with r = high - low and EMAs over `smooth` bars; `n` where
    ranges do not change. Each EMA starts as the mean of its first values, and two averages of 0 count as equal.

    Args:
        n: Length of the sum in bars, from 1 to 1,000,000.
        smooth: Length of the averages in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a number near `n`, without a unit. The first value is at bar n + 2 smooth - 2.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> mass_index(), mass_index(25, 9, every="1h")
        (ta.mass_index(25, 9), ta.mass_index(25, 9, every='1h'))

    Source: Dorsey, The Mass Index (1992).
    """
    return of_bars("mass_index", (window("mass_index", n, 1), window("mass_index", smooth, 1)), every)


class Aroon(Outputs):
    """What `aroon` gives: how late the highest high and the lowest low came."""

    up: Indicator
    down: Indicator


def aroon(n: int = 14, *, every: str | None = None) -> Aroon:
    """Aroon: how late in the last n + 1 bars the highest high came, and the lowest low.

    up is 100 (n - bars since the highest high) / n, down the same of the lowest low; of bars with the same price the
    latest counts.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs up and down, from 0 to 100. The first values are at bar n + 1.
        A bar without one of these prices leaves both undefined until it has left the window of n + 1 bars.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> aroon(), aroon(25, every="1h").up
        (ta.aroon(14), ta.aroon(25, every='1h').up)

    Source: TA-Lib, AROON, which gives down first; Chande, The Aroon Oscillator (1995).
    """
    return Aroon(of_bars("aroon", (window("aroon", n, 1),), every))


class Supertrend(Outputs):
    """What `supertrend` gives: the stop, and which way the trend goes."""

    line: Indicator
    direction: Indicator


def supertrend(n: int = 10, multiplier: float = 3, *, every: str | None = None) -> Supertrend:
    """SuperTrend: a stop some average true ranges from the middle of the bar, which moves only along with the trend.

    upper is (high + low) / 2 + multiplier ATR(n), or its value before where that is lower and the close before was not
    above it; lower is the mirror of it. The line is lower while the trend rises and upper while it falls. A fall ends
    with a close above upper, a rise with one below lower; it starts as a fall.

    Args:
        n: Length of the average true range in bars, from 1 to 1,000,000.
        multiplier: How many of them the stop lies away, from 0.01 to 100.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs line, in the unit of the prices, and direction, 1 in a rise and -1 in a fall. The first values are
        at bar n + 1, with the first of `atr`.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> supertrend(), supertrend(7, 2.5).direction
        (ta.supertrend(10, 3), ta.supertrend(7, 2.5).direction)

    Source: Seban, SuperTrend; charts often give the direction with the other sign, and start the average true range a
    bar earlier.
    """
    multiplier = number("ta.supertrend(10, multiplier=3)", multiplier, 0.01, 100)
    return Supertrend(of_bars("supertrend", (window("supertrend", n, 1), multiplier), every))


class Ichimoku(Outputs):
    """What `ichimoku` gives: two middles, and the two spans of the cloud at the bar."""

    conversion: Indicator
    base: Indicator
    span_a: Indicator
    span_b: Indicator


def ichimoku(
    conversion: int = 9, base: int = 26, span: int = 52, displacement: int = 26, *, every: str | None = None
) -> Ichimoku:
    """Ichimoku: the middles of a short and a longer window, and the cloud that a chart draws at the bar.

    With M(n) = (highest high + lowest low) / 2 of the last n bars: conversion is M(conversion), base is M(base), span_a
    is (conversion + base) / 2 of `displacement` bars ago, and span_b is M(span) of `displacement` bars ago.

    A chart draws the spans `displacement` bars ahead of the bar at which they are known; here each bar has those that
    are drawn at it, and nothing looks ahead. A displacement of 0 gives those that are known at the bar. Charts that
    count the bar itself among the 26 have the displacement 25. The lagging span is the close drawn into the past; a
    rule compares the close with ta.close().shift(26).

    Args:
        conversion: Length of the short window in bars, from 1 to 1,000,000.
        base: Length of the longer one, from 1.
        span: Length of the window of span_b, from 1.
        displacement: How many bars ago the spans were made, from 0.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs conversion, base, span_a and span_b, in the unit of the prices. The first values are at the bars
        number conversion, base, the longer of both + displacement, and span + displacement.
        A bar without one of these prices leaves each undefined until it has left its windows, the spans `displacement`
        bars later.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> ichimoku(), ichimoku(9, 26, 52, 0).span_a
        (ta.ichimoku(9, 26, 52, 26), ta.ichimoku(9, 26, 52, 0).span_a)

    Source: Hosoda, Ichimoku Kinko Hyo (1969).
    """
    windows = (window("ichimoku", bars, 1) for bars in (conversion, base, span))
    return Ichimoku(of_bars("ichimoku", (*windows, _displaced(displacement)), every))


def _displaced(displacement: int) -> int:
    if isinstance(displacement, Integral) and displacement < 0:
        raise ParameterError(
            f"displacement={displacement} of ta.ichimoku would look ahead; give the bars since the spans were made, "
            f"from 0 on: displacement={-displacement} is the cloud that a chart draws at the bar"
        )
    return window("ichimoku", displacement, 0)


class Vortex(Outputs):
    """What `vortex` gives: upward and downward movement over the range."""

    plus: Indicator
    minus: Indicator


def vortex(n: int = 14, *, every: str | None = None) -> Vortex:
    """Vortex: how far highs rose above the lows before them, and lows fell below the highs, over the true range.

    plus is sum of |high - low before| / sum of true range over the last `n` bars, minus is sum of |low - high before|
    over the same. Where nothing has moved both are 0.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs plus and minus, numbers near 1 without a unit. The first values are at bar n + 1.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> vortex(), vortex(21, every="1h").plus
        (ta.vortex(14), ta.vortex(21, every='1h').plus)

    Source: Botes and Siepman, The Vortex Indicator (2010).
    """
    return Vortex(of_bars("vortex", (window("vortex", n, 1),), every))
