"""Volume: what a price moved for, weighed by how much was traded.

The one idea: a bar whose volume is unknown says nothing; each tells whether it passes such a bar over or waits for it
to leave its window.
"""

from __future__ import annotations

from workbench.indicators.checked import described, of_bars, reading
from workbench.indicators.given import number, window
from workbench.indicators.indicator import Field, Indicator
from workbench.indicators.momentum import fast_and_slow

__all__ = ["ad", "adosc", "cmf", "eom", "force", "mfi", "nvi", "obv", "rolling_vwap", "vwap"]


def obv(of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """On-balance volume: the volumes of bars that rose less those of bars that fell, added up from the first bar on.

    The first bar counts as one that rose; one that did not move adds nothing.

    Args:
        of: What rises or falls: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in units of volume, of either sign. The first value is at the first bar.
        A bar with an undefined input or volume has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> obv(), obv(of="high", every="1h")
        (ta.obv(), ta.obv(of='high', every='1h'))

    Source: TA-Lib, OBV; Granville, New Key to Stock Market Profits (1963).
    """
    return reading("obv", (), (of,), every)


def ad(*, every: str | None = None) -> Indicator:
    """Accumulation/distribution line: the sum of volume ((close - low) - (high - close)) / (high - low).

    A bar without a range adds nothing.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in units of volume, of either sign. The first value is at the first bar.
        A bar with an undefined price or volume has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> ad(), ad(every="1h")
        (ta.ad(), ta.ad(every='1h'))

    Source: TA-Lib, AD; Chaikin.
    """
    return of_bars("ad", (), every)


def adosc(fast: int = 3, slow: int = 10, *, every: str | None = None) -> Indicator:
    """Chaikin oscillator: a fast exponential average of the accumulation/distribution line less a slow one.

    Both averages start at the first value of the line and move by 2 / (length + 1). Only their distances from the line
    are kept, so that a line of billions costs no digits.

    Args:
        fast: Length of the faster average in bars, shorter than the slow one.
        slow: Length of the slower average in bars, up to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in units of volume, of either sign. The first value is at the bar number `slow`.
        A bar with an undefined price or volume has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> adosc(3, 10), adosc(3, 10, every="1h")
        (ta.adosc(3, 10), ta.adosc(3, 10, every='1h'))

    Source: TA-Lib, ADOSC; Chaikin.
    """
    return of_bars("adosc", fast_and_slow("adosc", fast, slow), every)


def cmf(n: int = 20, *, every: str | None = None) -> Indicator:
    """Chaikin money flow: sum of volume ((close - low) - (high - close)) / (high - low) over sum of volume, of n bars.

    A bar without a range counts as one that closed in the middle.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from -1 to 1. The first value is at the n-th bar.
        An undefined price or volume leaves it undefined until its bar has left the window; a window without volume has
        no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> cmf(20), cmf(20, every="1h")
        (ta.cmf(20), ta.cmf(20, every='1h'))

    Source: Chaikin, as described by ChartSchool of StockCharts.
    """
    return of_bars("cmf", (window("cmf", n, 1),), every)


def mfi(n: int = 14, *, every: str | None = None) -> Indicator:
    """Money flow index: 100 times the money of rising bars over that of rising and falling bars, of the last `n`.

    The money of a bar is its typical price (high + low + close) / 3 times its volume; it rises or falls with the
    typical price, but for what rounding makes of one that stands still, which TA-Lib counts. Where no money flowed it
    is 0, as in TA-Lib, which also gives 0 where less than one unit did.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 100. The first value is at bar n + 1.
        An undefined volume leaves it undefined until its bar has left the window, an undefined price until the bar
        after it has.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> mfi(14), mfi(14, every="1h")
        (ta.mfi(14), ta.mfi(14, every='1h'))

    Source: TA-Lib, MFI; Quong and Soudack, Volume-Weighted RSI (1989).
    """
    return of_bars("mfi", (window("mfi", n, 2),), every)


def vwap(*, every: str | None = None) -> Indicator:
    """Volume-weighted average price of the session so far; it begins anew with each session.

    It is the sum of (high + low + close) / 3 times volume over the sum of volume. On bars of a session or longer it is
    the typical price of the bar.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of the prices. The first value is at the first bar with volume of each
        session. An undefined price or volume leaves it undefined until the session ends. As a column it reads
        `session`, the dates that Bars have; one series has none, so it is refused.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> vwap(), vwap(every="1h")
        (ta.vwap(), ta.vwap(every='1h'))

    Source: the volume-weighted mean of typical prices since the open, by its definition.
    """
    return of_bars("vwap", (), every)


def rolling_vwap(n: int, *, every: str | None = None) -> Indicator:
    """Volume-weighted average price of the last `n` bars.

    It is the sum of (high + low + close) / 3 times volume over the sum of volume.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of the prices. The first value is at the n-th bar.
        An undefined price or volume leaves it undefined until its bar has left the window; a window without volume has
        no value.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> rolling_vwap(20), rolling_vwap(20, every="1h")
        (ta.rolling_vwap(20), ta.rolling_vwap(20, every='1h'))

    Source: the volume-weighted mean of typical prices over a moving window, by its definition.
    """
    return of_bars("rolling_vwap", (window("rolling_vwap", n, 1),), every)


def force(n: int = 13, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Force index: the exponential average over `n` bars of volume times the change from the bar before.

    The average starts as the mean of the first `n` products and then moves by 2 / (n + 1).

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What changes: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in units of the input times volume. The first value is at bar n + 1.
        A bar with an undefined input or volume has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> force(13), force(2, of="high", every="1h")
        (ta.force(13), ta.force(2, of='high', every='1h'))

    Source: Elder, Trading for a Living (1993).
    """
    return described("force", n, of, every)


def eom(n: int = 14, volume_unit: float = 100_000_000, *, every: str | None = None) -> Indicator:
    """Ease of movement: the mean over `n` bars of the way of the bar's middle times its range over its volume.

    The middle is (high + low) / 2, its way that from the bar before.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        volume_unit: The volume that counts as one, from 1e-8 to 1e12; it only scales the values.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in squares of the unit of the prices, per unit of volume. The first value is at bar
        n + 1. An undefined volume, or one of 0, leaves it undefined until its bar has left the window, an undefined
        price until the bar after it has.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> eom(14, 1_000_000), eom(every="1h")
        (ta.eom(14, 1000000), ta.eom(14, 100000000, every='1h'))

    Source: Arms, as described by ChartSchool of StockCharts, with its volume unit.
    """
    unit = number("ta.eom(14, volume_unit=1_000_000)", volume_unit, 1e-8, 1e12)
    return of_bars("eom", (window("eom", n, 1), unit), every)


def nvi(of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Negative volume index: 1000 at first; it changes with its input in bars with less volume than the bar before.

    Args:
        of: What it follows: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 1000 is where it starts, at the first bar.
        A bar with an undefined input or volume has no value and changes nothing else; a change from zero counts as
        none.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> nvi(), nvi(of="high", every="1h")
        (ta.nvi(), ta.nvi(of='high', every='1h'))

    Source: Dysart; Fosback, Stock Market Logic (1976), compounded from 1000.
    """
    return reading("nvi", (), (of,), every)
