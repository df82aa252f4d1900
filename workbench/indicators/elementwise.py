"""Functions of the one value at a bar: logarithm, exponential, root, size and sign.

The one idea: they stand in a composition like `+ - * /`, remember nothing, and are made of any field or indicator.
"""

from __future__ import annotations

from workbench.indicators.checked import reading
from workbench.indicators.indicator import Field, Indicator

__all__ = ["abs", "exp", "log", "sign", "sqrt"]


def abs(of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Absolute value: how large a value is, whichever its sign; `abs(ta.mom(5))` is the same.

    Args:
        of: What it is of: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the unit of its input. The first value is that of the input's first.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> from workbench import ta
        >>> ta.abs(ta.close() - ta.open()) > 2
        ta.abs(of=ta.close() - ta.open()) > 2

    Source: |x|, by its definition.
    """
    return reading("abs", (), (of,), every)


def exp(of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Exponential: e to the power of a value; it takes back what `log` does.

    Args:
        of: What it is of: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; above 0, without a unit. The first value is that of the input's first.
        An undefined input, or one above about 709.78, whose power is no float, has no value at its bar and changes
        nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> from workbench import ta
        >>> ta.exp(ta.sma(20, of=ta.log()))  # the geometric mean of twenty closes
        ta.exp(of=ta.sma(20, of=ta.log()))

    Source: e^x, by its definition; computed in the same way on every platform.
    """
    return reading("exp", (), (of,), every)


def log(of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Natural logarithm, such as that of a ratio of prices, which is a log return.

    Args:
        of: What it is of: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; without a unit. The first value is that of the input's first.
        An undefined input, or one that is not above 0, has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> import polars as pl
        >>> from workbench import ta
        >>> ta.log(ta.close() / ta.close().shift(1))
        ta.log(of=ta.close() / ta.close().shift(1))
        >>> ta.log()(pl.Series([1.0, 0.0])).rename("log").to_list()
        [0.0, None]

    Source: ln(x), by its definition; computed in the same way on every platform. TA-Lib, LN.
    """
    return reading("log", (), (of,), every)


def sign(of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Sign of a value: 1 above 0, -1 below it, 0 at it.

    Args:
        of: What it is of: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; without a unit. The first value is that of the input's first.
        An undefined input has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> from workbench import ta
        >>> ta.sma(10, of=ta.sign(ta.mom(1)))  # more days up than down, from -1 to 1
        ta.sma(10, of=ta.sign(of=ta.mom(1)))

    Source: sgn(x), by its definition.
    """
    return reading("sign", (), (of,), every)


def sqrt(of: Field | Indicator = "close", *, every: str | None = None) -> Indicator:
    """Square root.

    Args:
        of: What it is of: open, high, low, close, volume or another indicator.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; in the root of its input's unit. The first value is that of the input's first.
        An undefined input, or one below 0, has no value at its bar and changes nothing else.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> from workbench import ta
        >>> ta.sqrt(ta.sma(20, of="volume"))
        ta.sqrt(of=ta.sma(20, of='volume'))

    Source: the root of x, by its definition. TA-Lib, SQRT.
    """
    return reading("sqrt", (), (of,), every)
