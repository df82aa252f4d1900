"""Levels: prices made of a session that is over, at which many look while the next one goes on.

The one idea: the levels at a bar are those of its session, so they are known before it opens; on longer bars (`every=`)
they are those of the last one that closed.
"""

from __future__ import annotations

from workbench.indicators.checked import of_bars
from workbench.indicators.indicator import Indicator
from workbench.indicators.outputs import Outputs

__all__ = ["Pivots", "PivotsCamarilla", "pivots", "pivots_camarilla", "pivots_fibonacci"]


class Pivots(Outputs):
    """What `pivots` and `pivots_fibonacci` give: the pivot, resistances above it and supports below it."""

    pivot: Indicator
    r1: Indicator
    r2: Indicator
    r3: Indicator
    s1: Indicator
    s2: Indicator
    s3: Indicator


class PivotsCamarilla(Outputs):
    """What `pivots_camarilla` gives: the pivot, and resistances and supports around the last close."""

    pivot: Indicator
    r1: Indicator
    r2: Indicator
    r3: Indicator
    r4: Indicator
    s1: Indicator
    s2: Indicator
    s3: Indicator
    s4: Indicator


def pivots(*, every: str | None = None) -> Pivots:
    """Pivot points of the session before: the pivot P = (high + low + close) / 3, and levels mirrored around it.

    r1 = 2 P - low, r2 = P + high - low, r3 = high + 2 (P - low); s1 = 2 P - high, s2 = P - (high - low), s3 = low - 2
    (high - P).

    Args:
        every: None takes the session before that of a bar of the run. With a length such as "1d" or "1w" it is the last
            bar of that length that closed.

    Returns:
        The outputs pivot, r1 to r3 and s1 to s3, in the unit of the prices. The first values are at the second session
        or the first longer bar that closed. An undefined price leaves the session after its own undefined. As columns
        they read `session`, the dates that Bars have; one series has none, so it is refused.

    Raises:
        ParameterError: `every` is no length of a bar.

    Example:
        >>> pivots(), pivots(every="1w").r1
        (ta.pivots(), ta.pivots(every='1w').r1)

    Source: floor trader pivots, as described by ChartSchool of StockCharts.
    """
    return Pivots(of_bars("pivots", (), every))


def pivots_fibonacci(*, every: str | None = None) -> Pivots:
    """Fibonacci pivot points of the session before: P = (high + low + close) / 3, and parts of the range around it.

    r1, r2 and r3 are P + 0.382, 0.618 and 1 times (high - low); s1, s2 and s3 are as far below.

    Args:
        every: None takes the session before that of a bar of the run. With a length such as "1d" or "1w" it is the last
            bar of that length that closed.

    Returns:
        The outputs pivot, r1 to r3 and s1 to s3, in the unit of the prices. The first values are at the second session
        or the first longer bar that closed. An undefined price leaves the session after its own undefined. As columns
        they read `session`, the dates that Bars have; one series has none, so it is refused.

    Raises:
        ParameterError: `every` is no length of a bar.

    Example:
        >>> pivots_fibonacci(), pivots_fibonacci(every="1w").s1
        (ta.pivots_fibonacci(), ta.pivots_fibonacci(every='1w').s1)

    Source: as described by ChartSchool of StockCharts.
    """
    return Pivots(of_bars("pivots_fibonacci", (), every))


def pivots_camarilla(*, every: str | None = None) -> PivotsCamarilla:
    """Camarilla pivot points of the session before: parts of 1.1 times its range around its close.

    r1 to r4 are the close + 1.1 (high - low) / 12, 6, 4 and 2; s1 to s4 are as far below it. The pivot is
    (high + low + close) / 3.

    Args:
        every: None takes the session before that of a bar of the run. With a length such as "1d" or "1w" it is the last
            bar of that length that closed.

    Returns:
        The outputs pivot, r1 to r4 and s1 to s4, in the unit of the prices. The first values are at the second session
        or the first longer bar that closed. An undefined price leaves the session after its own undefined. As columns
        they read `session`, the dates that Bars have; one series has none, so it is refused.

    Raises:
        ParameterError: `every` is no length of a bar.

    Example:
        >>> pivots_camarilla(), pivots_camarilla(every="1w").r4
        (ta.pivots_camarilla(), ta.pivots_camarilla(every='1w').r4)

    Source: Scott's Camarilla equation (1989), as commonly published.
    """
    return PivotsCamarilla(of_bars("pivots_camarilla", (), every))
