"""Oscillators: figures that swing around a middle, made of several windows.

The one idea: each compares what was with what is over windows of different lengths; described here, computed in Rust.
"""

from __future__ import annotations

from workbench.errors import ParameterError
from workbench.indicators.checked import described, of_bars
from workbench.indicators.given import window
from workbench.indicators.indicator import Field, Indicator
from workbench.indicators.momentum import fast_and_slow
from workbench.indicators.outputs import Outputs

__all__ = ["Stoch", "Stochf", "Stochrsi", "ao", "dpo", "fisher", "kst", "stoch", "stochf", "stochrsi", "tsi", "ultosc"]


def ultosc(short: int = 7, medium: int = 14, long: int = 28, *, every: str | None = None) -> Indicator:
    """Ultimate oscillator: buying pressure over true range in three windows, the shortest weighing most.

    100 (4 A(short) + 2 A(medium) + A(long)) / 7 with A(n) = sum of close - L over sum of H - L of the last `n` bars, L
    and H being the low and the high, or the close before where that stands outside. A window without a range adds 0, as
    in TA-Lib.

    Args:
        short: Length of the shortest window in bars.
        medium: Length of the middle one, longer than the shortest.
        long: Length of the longest one, up to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 100. The first value is at the bar number long + 1.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> ultosc(), ultosc(5, 10, 20, every="1h")
        (ta.ultosc(7, 14, 28), ta.ultosc(5, 10, 20, every='1h'))

    Source: TA-Lib, ULTOSC; Williams, The Ultimate Oscillator (1985).
    """
    windows = short, medium, long
    params = tuple(window("ultosc", n, 1) for n in windows)
    if not short < medium < long:
        given = f"{short}, {medium} and {long}"
        raise ParameterError(f"ta.ultosc takes windows that grow, got {given}; write ta.ultosc(7, 14, 28)")
    return of_bars("ultosc", params, every)


def ao(fast: int = 5, slow: int = 34, *, every: str | None = None) -> Indicator:
    """Awesome oscillator: SMA of `fast` bars - SMA of `slow` bars, of the middles (high + low) / 2.

    Args:
        fast: Length of the faster average in bars, shorter than the slow one.
        slow: Length of the slower average in bars, up to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of the prices. The first value is at the bar number `slow`.
        A bar without one of these prices leaves it undefined until it has left the slow window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> ao(), ao(5, 34, every="1h")
        (ta.ao(5, 34), ta.ao(5, 34, every='1h'))

    Source: Williams, New Trading Dimensions (1998).
    """
    return of_bars("ao", fast_and_slow("ao", fast, slow), every)


def dpo(n: int = 20, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Detrended price oscillator: the value of n // 2 + 1 bars ago - SMA of the last `n`.

    The value of then is compared with the average whose window lies around it. It is told at the bar at which the
    window ends; charts that move it back to the middle show it before it was known.

    Args:
        n: Length in bars, from 3 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the n-th bar.
        An undefined input leaves it undefined until its bar has left the window.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> dpo(20), dpo(20, of="high", every="1h")
        (ta.dpo(20), ta.dpo(20, of='high', every='1h'))

    Source: Achelis, Technical Analysis from A to Z (2000).
    """
    return described("dpo", n, of, every, least=3)


def kst(
    roc1: int = 10,
    roc2: int = 15,
    roc3: int = 20,
    roc4: int = 30,
    sma1: int = 10,
    sma2: int = 10,
    sma3: int = 10,
    sma4: int = 15,
    of: Field | Indicator = "close",
    *,
    every: str | None = None,
) -> Indicator:
    """Know sure thing: four rates of change, each averaged, of which the k-th weighs k.

    1 SMA(ROC(roc1), sma1) + 2 SMA(ROC(roc2), sma2) + 3 SMA(ROC(roc3), sma3) + 4 SMA(ROC(roc4), sma4).

    Its signal line is ta.sma(9, of=ta.kst()).

    Args:
        roc1: Length of the first rate of change in bars, from 1 to 1,000,000; roc2, roc3 and roc4 likewise.
        roc2: That of the second.
        roc3: That of the third.
        roc4: That of the fourth.
        sma1: Length of the average of the first, from 1 to 1,000,000; sma2, sma3 and sma4 likewise.
        sma2: That of the second.
        sma3: That of the third.
        sma4: That of the fourth.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in per cent. The first value is at the bar number roc + sma of the longest pair.
        An undefined input leaves it undefined wherever one of the four averages contains a rate to or from its bar.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> kst(), kst(every="1h")
        (ta.kst(10, 15, 20, 30, 10, 10, 10, 15), ta.kst(10, 15, 20, 30, 10, 10, 10, 15, every='1h'))

    Source: Pring, Summed Rate of Change (KST) (1992).
    """
    windows = (window("kst", n, 1) for n in (roc2, roc3, roc4, sma1, sma2, sma3, sma4))
    return described("kst", roc1, of, every, *windows)


def fisher(n: int = 10, *, every: str | None = None) -> Indicator:
    """Fisher transform: where a bar stands in the range of the last `n`, smoothed and spread out.

    With x = (high + low) / 2 and H, L its highest and lowest of the last `n`: v = 0.66 ((x - L) / (H - L) - 0.5) + 0.67
    v before, set to 0.999 or -0.999 beyond 0.99 or -0.99, and f = 0.5 ln((1 + v) / (1 - v)) + 0.5 f before. Both start
    at 0; where H = L the bar stands in the middle.

    Its trigger line is ta.fisher().shift(1).

    Args:
        n: Length in bars, from 2 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a number without a unit, seldom beyond 3 and never beyond 7.6. The first value is
        at the n-th bar.
        A bar without one of these prices has no value and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> fisher(10), fisher(10, every="1h")
        (ta.fisher(10), ta.fisher(10, every='1h'))

    Source: Ehlers, Using the Fisher Transform (2002).
    """
    return of_bars("fisher", (window("fisher", n, 2),), every)


def tsi(slow: int = 25, fast: int = 13, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """True strength index: 100 times the change per bar, smoothed twice, over its size, smoothed likewise.

    100 EMA(EMA(c, slow), fast) / EMA(EMA(|c|, slow), fast) with c the change from the bar before. Each EMA starts as
    the mean of its first values; where nothing has moved the index is 0.

    Its signal line is ta.ema(13, of=ta.tsi()).

    Args:
        slow: Length of the first average in bars, from 1 to 1,000,000.
        fast: Length of the average of it, from 1 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from -100 to 100. The first value is at the bar number slow + fast.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> tsi(), tsi(25, 13, of="high", every="1h")
        (ta.tsi(25, 13), ta.tsi(25, 13, of='high', every='1h'))

    Source: Blau, True Strength Index (1991).
    """
    return described("tsi", slow, of, every, window("tsi", fast, 1))


class Stoch(Outputs):
    """What `stoch` gives: the place in the range, averaged, and the average of that."""

    k: Indicator
    d: Indicator


def stoch(n: int = 14, k: int = 3, d: int = 3, *, every: str | None = None) -> Stoch:
    """Slow stochastic: where the close stands in the range of the last `n` bars, averaged, and the average of that.

    k is SMA(100 (close - lowest low) / (highest high - lowest low), k), d is SMA(k, d). Where highest and lowest are
    the same the place is 0, as in TA-Lib.

    Args:
        n: Length of the range in bars, from 1 to 1,000,000.
        k: Length of the average of the place, from 1.
        d: Length of the average of that, from 1.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs k and d, from 0 to 100. As in TA-Lib k begins with d: the first values are at bar n + k + d - 2.
        A bar without one of these prices leaves both undefined until it has left all three windows.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> stoch(), stoch(5, 3, 3).d
        (ta.stoch(14, 3, 3), ta.stoch(5, 3, 3).d)

    Source: TA-Lib, STOCH with simple averages; Lane, Lane's Stochastics (1984).
    """
    return Stoch(of_bars("stoch", (window("stoch", n, 1), window("stoch", k, 1), window("stoch", d, 1)), every))


class Stochf(Outputs):
    """What `stochf` gives: the place in the range, and the average of that."""

    k: Indicator
    d: Indicator


def stochf(n: int = 14, d: int = 3, *, every: str | None = None) -> Stochf:
    """Fast stochastic: where the close stands in the range of the last `n` bars, and the average of that.

    k is 100 (close - lowest low) / (highest high - lowest low), d is SMA(k, d). Where highest and lowest are the same k
    is 0, as in TA-Lib.

    Args:
        n: Length of the range in bars, from 1 to 1,000,000.
        d: Length of the average, from 1.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs k and d, from 0 to 100. As in TA-Lib k begins with d: the first values are at bar n + d - 1.
        A bar without one of these prices leaves both undefined until it has left both windows.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> stochf(), stochf(5, 3).k
        (ta.stochf(14, 3), ta.stochf(5, 3).k)

    Source: TA-Lib, STOCHF with simple averages; Lane, Lane's Stochastics (1984).
    """
    return Stochf(of_bars("stochf", (window("stochf", n, 1), window("stochf", d, 1)), every))


class Stochrsi(Outputs):
    """What `stochrsi` gives: the place of the RSI in its range, and the average of that."""

    k: Indicator
    d: Indicator


def stochrsi(
    rsi: int = 14, n: int = 14, d: int = 3, of: Field | Indicator = "close", *, every: str | None = None
) -> Stochrsi:
    """Stochastic RSI: where the RSI stands in the range of its last `n` values, and the average of that.

    k is 100 (r - lowest r) / (highest r - lowest r) with r = RSI(rsi), d is SMA(k, d). Where r has moved by no more
    than 1e-11, which is what rounding makes of one that stands still, k is 0; TA-Lib takes what rounding left for a
    range.

    Args:
        rsi: Length of the RSI in bars, from 2 to 1,000,000.
        n: Length of the range, from 1.
        d: Length of the average, from 1.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs k and d, from 0 to 100. As in TA-Lib k begins with d: the first values are at bar rsi + n + d - 1.
        An undefined input leaves both undefined until its bar has left the windows of the range and the average, and
        does not move the RSI.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> stochrsi(), stochrsi(14, 5, 3, of="high").k
        (ta.stochrsi(14, 14, 3), ta.stochrsi(14, 5, 3, of='high').k)

    Source: TA-Lib, STOCHRSI with simple averages; Chande and Kroll, The New Technical Trader (1994).
    """
    more = window("stochrsi", n, 1), window("stochrsi", d, 1)
    return Stochrsi(described("stochrsi", rsi, of, every, *more, least=2))
