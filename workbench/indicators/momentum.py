"""Momentum: how far and how hard a price has moved.

The one idea: each is one window over one input or over the prices of a bar, described here and computed in Rust.
"""

from __future__ import annotations

from typing import Literal

from workbench.errors import ParameterError
from workbench.indicators.checked import described, of_bars
from workbench.indicators.given import window
from workbench.indicators.indicator import Field, Indicator
from workbench.indicators.outputs import Outputs

__all__ = ["Macd", "apo", "bop", "cci", "cmo", "fast_and_slow", "macd", "mom", "ppo", "roc", "rsi", "trix", "willr"]


def rsi(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Relative strength index: 100 mean gain / (mean gain + mean loss), each smoothed as Wilder does.

    The means start as those of the first `n` changes and then move by 1 / n. Where nothing has moved the index is 0.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from 0 to 100. The first value is at bar n + 1.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> rsi(14), rsi(14, of="high", every="1h")
        (ta.rsi(14), ta.rsi(14, of='high', every='1h'))

    Source: TA-Lib, RSI; Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return described("rsi", n, of, every, least=2)


def cmo(n: int = 14, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Chande momentum oscillator: 100 (mean gain - mean loss) / (mean gain + mean loss), smoothed as Wilder does.

    The means are those of the RSI, as in TA-Lib; Chande takes plain sums. Where nothing has moved it is 0.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from -100 to 100. The first value is at bar n + 1.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> cmo(14), cmo(14, of="high", every="1h")
        (ta.cmo(14), ta.cmo(14, of='high', every='1h'))

    Source: TA-Lib, CMO; Chande and Kroll, The New Technical Trader (1994).
    """
    return described("cmo", n, of, every, least=2)


def mom(n: int = 10, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Momentum: the value less that of `n` bars ago.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at bar n + 1.
        An undefined input has no value at its bar and `n` bars later.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> mom(10), mom(10, of="high", every="1h")
        (ta.mom(10), ta.mom(10, of='high', every='1h'))

    Source: TA-Lib, MOM.
    """
    return described("mom", n, of, every)


def roc(n: int = 10, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Rate of change: 100 (x / x n bars ago - 1).

    From a value of zero it is 0, as in TA-Lib.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in per cent. The first value is at bar n + 1.
        An undefined input has no value at its bar and `n` bars later.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> roc(10), roc(10, of="high", every="1h")
        (ta.roc(10), ta.roc(10, of='high', every='1h'))

    Source: TA-Lib, ROC.
    """
    return described("roc", n, of, every)


def trix(n: int = 15, of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """TRIX: the change per bar of the EMA of the EMA of the EMA.

    Each EMA starts as the mean of the first `n` values of the one before.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in per cent. The first value is at bar 3 n - 1.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> trix(15), trix(15, of="high", every="1h")
        (ta.trix(15), ta.trix(15, of='high', every='1h'))

    Source: TA-Lib, TRIX; Hutson, Good TRIX (1983).
    """
    return described("trix", n, of, every)


def cci(n: int = 14, *, every: str | None = None) -> Indicator:
    """Commodity channel index: (t - mean of t) / (0.015 mean deviation of t), with t = (high + low + close) / 3.

    The mean deviation is that of `n` typical prices from their mean; a step costs n of them. Where t has not moved over
    `n` bars the index is 0.

    Args:
        n: Length in bars, from 2 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; a number without a unit. The first value is at the n-th bar.
        Every bar has these prices, so it is defined from there on.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> cci(14), cci(14, every="1h")
        (ta.cci(14), ta.cci(14, every='1h'))

    Source: TA-Lib, CCI; Lambert, Commodity Channel Index (1980).
    """
    return of_bars("cci", (window("cci", n, 2),), every)


def willr(n: int = 14, *, every: str | None = None) -> Indicator:
    """Williams %R: -100 (highest high - close) / (highest high - lowest low) of the last `n` bars.

    Where highest and lowest are the same it is 0, as in TA-Lib.

    Args:
        n: Length in bars, from 1 to 1,000,000.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from -100 to 0. The first value is at the n-th bar.
        Every bar has these prices, so it is defined from there on.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> willr(14), willr(14, every="1h")
        (ta.willr(14), ta.willr(14, every='1h'))

    Source: TA-Lib, WILLR; Williams, How I Made One Million Dollars (1973).
    """
    return of_bars("willr", (window("willr", n, 1),), every)


def bop(*, every: str | None = None) -> Indicator:
    """Balance of power: (close - open) / (high - low).

    A bar without a range has 0, as in TA-Lib.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; from -1 to 1. The first value is at the first bar.
        Every bar has these prices, so it is defined from there on.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> bop(), bop(every="1h")
        (ta.bop(), ta.bop(every='1h'))

    Source: TA-Lib, BOP; Livshin, Balance of Market Power (2001).
    """
    return of_bars("bop", (), every)


def apo(
    fast: int = 12,
    slow: int = 26,
    of: Field | Indicator = "close",
    *,
    ma: Literal["sma", "ema"] = "sma",
    every: str | None = None,
) -> Indicator:
    """Absolute price oscillator: the average of `fast` bars - that of `slow` bars.

    The averages are simple ones, TA-Lib's default, or exponential ones as `ta.ema` makes them.

    Args:
        fast: Length of the faster average in bars, shorter than the slow one.
        slow: Length of the slower average in bars, up to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        ma: The kind of both averages, "sma" or "ema".
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is at the bar number `slow`.
        An undefined input leaves it undefined until its bar has left the slow window; with exponential averages it has
        no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> apo(12, 26), apo(12, 26, of="high", ma="ema", every="1h")
        (ta.apo(12, 26), ta.apo(12, 26, of='high', ma='ema', every='1h'))

    Source: TA-Lib, APO, in which matype 0 is a simple average and 1 an exponential one.
    """
    return _gap("apo", fast, slow, of, ma, every)


def ppo(
    fast: int = 12,
    slow: int = 26,
    of: Field | Indicator = "close",
    *,
    ma: Literal["sma", "ema"] = "sma",
    every: str | None = None,
) -> Indicator:
    """Percentage price oscillator: 100 (average of `fast` bars - that of `slow` bars) / that of `slow` bars.

    The averages are simple ones, TA-Lib's default, or exponential ones as `ta.ema` makes them. Over an average of zero
    it is 0.

    Args:
        fast: Length of the faster average in bars, shorter than the slow one.
        slow: Length of the slower average in bars, up to 1,000,000.
        of: What is measured: open, high, low, close, volume or another indicator.
        ma: The kind of both averages, "sma" or "ema".
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in per cent. The first value is at the bar number `slow`.
        An undefined input leaves it undefined until its bar has left the slow window; with exponential averages it has
        no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> ppo(12, 26), ppo(12, 26, of="high", ma="ema", every="1h")
        (ta.ppo(12, 26), ta.ppo(12, 26, of='high', ma='ema', every='1h'))

    Source: TA-Lib, PPO, in which matype 0 is a simple average and 1 an exponential one.
    """
    return _gap("ppo", fast, slow, of, ma, every)


class Macd(Outputs):
    """What `macd` gives: the line, its signal, and the line less the signal."""

    line: Indicator
    signal: Indicator
    histogram: Indicator


def macd(
    fast: int = 12, slow: int = 26, signal: int = 9, of: Field | Indicator = "close", *, every: str | None = None
) -> Macd:
    """Moving average convergence and divergence: EMA of `fast` bars - EMA of `slow` bars, its EMA, their difference.

    As in TA-Lib the fast average starts as the mean of the `fast` values up to the bar where the slow one starts.

    Args:
        fast: Length of the faster average in bars, from 2, shorter than the slow one.
        slow: Length of the slower average in bars, up to 1,000,000.
        signal: Length of the average of the line, from 1 bar.
        of: What is measured: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        The outputs line, signal and histogram, in the unit of the input. The first values are at the bar number
        slow + signal - 1. An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> macd(), macd().histogram
        (ta.macd(12, 26, 9), ta.macd(12, 26, 9).histogram)

    Source: TA-Lib, MACD; Appel, Technical Analysis: Power Tools for Active Investors (2005).
    """
    fast, slow = fast_and_slow("macd", fast, slow, least=2)
    return Macd(described("macd", fast, of, every, slow, window("macd", signal, 1), least=2))


def fast_and_slow(name: str, fast: int, slow: int, least: int = 1) -> tuple[int, int]:
    """The lengths of a faster and a slower average, checked.

    Raises:
        ParameterError: One is no length in bars, or the fast one is not the shorter.

    Example:
        >>> fast_and_slow("apo", 12, 26)
        (12, 26)
    """
    both = window(name, fast, least), window(name, slow, least + 1)
    if fast >= slow:
        wanted = "a fast window shorter than the slow one"
        raise ParameterError(f"ta.{name} takes {wanted}, got {fast} and {slow}; write ta.{name}(12, 26)")
    return both


def _gap(name: str, fast: int, slow: int, of: object, ma: object, every: object) -> Indicator:
    if ma not in ("sma", "ema"):
        raise ParameterError(f"ta.{name} takes ma='sma' or ma='ema', got {ma!r}; write ta.{name}(12, 26, ma='ema')")
    fast, slow = fast_and_slow(name, fast, slow)
    return described(name if ma == "sma" else f"{name}_ema", fast, of, every, slow)
