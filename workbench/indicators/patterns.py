"""Candlestick patterns: the ten or so that are known best, as TA-Lib knows them.

The one idea: what counts as long, short or near is told by the bars before, with TA-Lib's usual settings. A body is
long above and short up to the mean body of the ten bars before it; a shadow that is hardly there and the body of a doji
are up to a tenth of their mean range; near is up to a fifth of the mean range of five.
"""

from __future__ import annotations

from workbench.indicators.checked import of_bars
from workbench.indicators.given import number
from workbench.indicators.indicator import Indicator

__all__ = [
    "dark_cloud_cover",
    "doji",
    "engulfing",
    "evening_star",
    "hammer",
    "hanging_man",
    "harami",
    "inverted_hammer",
    "morning_star",
    "piercing",
    "shooting_star",
]


def doji(*, every: str | None = None) -> Indicator:
    """Doji: a bar that closed about where it opened.

    The body is up to a tenth of the mean range. It takes no side; 100 only says that it is there.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 100 where this bar is one, else 0. The first value is at bar 11.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> doji(), doji(every="1h")
        (ta.doji(), ta.doji(every='1h'))

    Source: TA-Lib, CDLDOJI.
    """
    return of_bars("doji", (), every)


def hammer(*, every: str | None = None) -> Indicator:
    """Hammer: a short body at the top of a long lower shadow, near or below the low of the bar before.

    The lower shadow is longer than the body, an upper one is hardly there. Whether prices fell before is left to you.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 100 where this bar is one, else 0. The first value is at bar 12.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> hammer(), hammer(every="1h")
        (ta.hammer(), ta.hammer(every='1h'))

    Source: TA-Lib, CDLHAMMER.
    """
    return of_bars("hammer", (), every)


def hanging_man(*, every: str | None = None) -> Indicator:
    """Hanging man: a short body at the top of a long lower shadow, near or above the high of the bar before.

    The lower shadow is longer than the body, an upper one is hardly there. Whether prices rose before is left to you.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; -100 where this bar is one, else 0. The first value is at bar 12.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> hanging_man(), hanging_man(every="1h")
        (ta.hanging_man(), ta.hanging_man(every='1h'))

    Source: TA-Lib, CDLHANGINGMAN.
    """
    return of_bars("hanging_man", (), every)


def inverted_hammer(*, every: str | None = None) -> Indicator:
    """Inverted hammer: a short body at the bottom of a long upper shadow, all of it below the body before.

    The upper shadow is longer than the body, a lower one is hardly there. Whether prices fell before is left to you.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 100 where this bar is one, else 0. The first value is at bar 12.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> inverted_hammer(), inverted_hammer(every="1h")
        (ta.inverted_hammer(), ta.inverted_hammer(every='1h'))

    Source: TA-Lib, CDLINVERTEDHAMMER.
    """
    return of_bars("inverted_hammer", (), every)


def shooting_star(*, every: str | None = None) -> Indicator:
    """Shooting star: a short body at the bottom of a long upper shadow, all of it above the body before.

    The upper shadow is longer than the body, a lower one is hardly there. Whether prices rose before is left to you.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; -100 where this bar is one, else 0. The first value is at bar 12.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> shooting_star(), shooting_star(every="1h")
        (ta.shooting_star(), ta.shooting_star(every='1h'))

    Source: TA-Lib, CDLSHOOTINGSTAR.
    """
    return of_bars("shooting_star", (), every)


def engulfing(*, every: str | None = None) -> Indicator:
    """Engulfing: a body of the other direction that holds the whole body before it.

    A bar that closed where it opened counts as a rising one.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 100 (up) or -100 (down) where it ends at this bar, 80 or -80
        where one end of the two bodies is the same, else 0. The first value is at bar 3.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> engulfing(), engulfing(every="1h")
        (ta.engulfing(), ta.engulfing(every='1h'))

    Source: TA-Lib, CDLENGULFING.
    """
    return of_bars("engulfing", (), every)


def harami(*, every: str | None = None) -> Indicator:
    """Harami: a long body, then a short one inside it.

    The sign is against the first body, whatever the direction of the second.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 100 (up) or -100 (down) where it ends at this bar, 80 or -80
        where one end of the two bodies is the same, else 0. The first value is at bar 12.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> harami(), harami(every="1h")
        (ta.harami(), ta.harami(every='1h'))

    Source: TA-Lib, CDLHARAMI.
    """
    return of_bars("harami", (), every)


def morning_star(penetration: float = 0.3, *, every: str | None = None) -> Indicator:
    """Morning star: a long falling body, a short one wholly below it, then a rise far into the first.

    The third body is longer than short, and its close is above the close of the first by `penetration` of its body.

    Args:
        penetration: The part of the first body that the last close must go through, from 0 to 10.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 100 where it ends at this bar, else 0. The first value is at bar 13.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> morning_star(0.3), morning_star(every="1h")
        (ta.morning_star(0.3), ta.morning_star(0.3, every='1h'))

    Source: TA-Lib, CDLMORNINGSTAR.
    """
    part = number("ta.morning_star(penetration=0.3)", penetration, 0, 10)
    return of_bars("morning_star", (part,), every)


def evening_star(penetration: float = 0.3, *, every: str | None = None) -> Indicator:
    """Evening star: a long rising body, a short one wholly above it, then a fall far into the first.

    The third body is longer than short, and its close is below the close of the first by `penetration` of its body.

    Args:
        penetration: The part of the first body that the last close must go through, from 0 to 10.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; -100 where it ends at this bar, else 0. The first value is at bar 13.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> evening_star(0.3), evening_star(every="1h")
        (ta.evening_star(0.3), ta.evening_star(0.3, every='1h'))

    Source: TA-Lib, CDLEVENINGSTAR.
    """
    part = number("ta.evening_star(penetration=0.3)", penetration, 0, 10)
    return of_bars("evening_star", (part,), every)


def piercing(*, every: str | None = None) -> Indicator:
    """Piercing line: a long falling body, then a long rising one from below its low to above its middle.

    The second one closes below the open of the first.

    Args:
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; 100 where it ends at this bar, else 0. The first value is at bar 12.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> piercing(), piercing(every="1h")
        (ta.piercing(), ta.piercing(every='1h'))

    Source: TA-Lib, CDLPIERCING.
    """
    return of_bars("piercing", (), every)


def dark_cloud_cover(penetration: float = 0.5, *, every: str | None = None) -> Indicator:
    """Dark cloud cover: a long rising body, then a fall from above its high far into that body.

    The second one closes above the open of the first, below its close by `penetration` of its body.

    Args:
        penetration: The part of the first body that the last close must go through, from 0 to 10.
        every: Length of the bars it takes, such as "1h", "1d" or "1w"; None takes the bars of the run.

    Returns:
        A description to be watched; -100 where it ends at this bar, else 0. The first value is at bar 12.
        A bar with an undefined price begins the count of bars anew.

    Raises:
        ParameterError: An argument is not one of these.

    Example:
        >>> dark_cloud_cover(0.5), dark_cloud_cover(every="1h")
        (ta.dark_cloud_cover(0.5), ta.dark_cloud_cover(0.5, every='1h'))

    Source: TA-Lib, CDLDARKCLOUDCOVER.
    """
    part = number("ta.dark_cloud_cover(penetration=0.5)", penetration, 0, 10)
    return of_bars("dark_cloud_cover", (part,), every)
