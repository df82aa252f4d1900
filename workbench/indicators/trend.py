"""Trend: whether prices go anywhere, how strongly, and where that ends.

The one idea: each is made of the highs and lows of bars, described here and computed in Rust.
"""

from __future__ import annotations

from workbench.indicators.indicator import Indicator, number, of_bars, window

__all__ = ["adx", "adxr", "aroon_osc", "dx", "mass_index", "minus_di", "plus_di", "sar"]


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
