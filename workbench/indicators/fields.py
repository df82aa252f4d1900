"""The numbers of a bar as indicators, to be compared, combined and shifted: `ta.close() > ta.sma(20)`."""

from __future__ import annotations

from workbench.indicators.checked import field
from workbench.indicators.indicator import Indicator

__all__ = ["close", "high", "low", "open", "volume"]


def open(*, every: str | None = None) -> Indicator:
    """The price at which a bar opened.

    Args:
        every: Length of the bars it takes, such as "1h"; None takes the bars of the run.

    Raises:
        ParameterError: `every` is no length of a bar.

    Example:
        >>> close() > open()
        ta.close() > ta.open()
    """
    return field("open", every)


def high(*, every: str | None = None) -> Indicator:
    """The highest price of a bar; `every` as in `open`.

    Example:
        >>> high() - low()
        ta.high() - ta.low()
    """
    return field("high", every)


def low(*, every: str | None = None) -> Indicator:
    """The lowest price of a bar; `every` as in `open`.

    Example:
        >>> low().shift(1)
        ta.low().shift(1)
    """
    return field("low", every)


def close(*, every: str | None = None) -> Indicator:
    """The price at which a bar closed; `every` as in `open`: the last close of a longer bar that has ended.

    Example:
        >>> close() / close().shift(1) - 1
        ta.close() / ta.close().shift(1) - 1
    """
    return field("close", every)


def volume(*, every: str | None = None) -> Indicator:
    """The number of units traded in a bar, undefined where it is unknown; `every` as in `open`.

    Example:
        >>> volume(every="1d")
        ta.volume(every='1d')
    """
    return field("volume", every)
