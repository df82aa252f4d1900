"""In which unit the values of an indicator are: a level among the prices, a distance of prices, or neither.

The one idea: levels and distances are known by name, and what is composed follows from them as on paper: a level plus a
distance is a level, and the difference of two levels is a distance. Charts put levels on the pane of the prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from workbench.indicators.indicator import Indicator

__all__ = ["Unit", "unit"]

Unit: TypeAlias = Literal["level", "distance", "other"]

# Averages, extremes and the like, which are in the unit of what they read.
KEEPING: Final = frozenset(
    [
        "abs",
        "alma",
        "dema",
        "ema",
        "field",
        "hma",
        "kama",
        "linreg",
        "linreg_intercept",
        "midpoint",
        "rolling_max",
        "rolling_min",
        "rolling_quantile",
        "shift",
        "sma",
        "t3",
        "tema",
        "trima",
        "tsf",
        "vwma",
        "wma",
        "zlema",
        "bbands.lower",
        "bbands.middle",
        "bbands.upper",
    ]
)
LEVELS: Final = frozenset(
    [
        "donchian.lower",
        "donchian.middle",
        "donchian.upper",
        "ichimoku.base",
        "ichimoku.conversion",
        "ichimoku.span_a",
        "ichimoku.span_b",
        "keltner.lower",
        "keltner.middle",
        "keltner.upper",
        "midprice",
        "rolling_vwap",
        "sar",
        "supertrend.line",
        "vwap",
    ]
)
# All their outputs are levels.
PIVOTS: Final = ("pivots", "pivots_camarilla", "pivots_fibonacci")
# Distances of what they read, if that is a level.
SPREADS: Final = frozenset(
    ["apo", "dpo", "linreg_slope", "macd.histogram", "macd.line", "macd.signal", "mom", "stddev"]
)
DISTANCES: Final = frozenset({"ao", "atr", "trange"})


def unit(it: Indicator | str | float) -> Unit:
    """What its values are.

    Example:
        >>> from workbench import ta
        >>> [unit(each) for each in (ta.sma(20), ta.sma(20) + 2 * ta.atr(14), ta.close() - ta.sma(20), ta.rsi(14))]
        ['level', 'level', 'distance', 'other']
        >>> unit(ta.sma(20, of="volume")), unit(ta.close().on("KO"))
        ('other', 'other')
    """
    if isinstance(it, str):
        return "other" if it == "volume" else "level"
    if isinstance(it, (int, float)) or it.asset is not None:
        return "other"
    if it.is_written:
        return it.measures
    if it.name in ("add", "sub", "mul", "div", "neg"):
        return _composed(it)
    if it.name in LEVELS or it.name.partition(".")[0] in PIVOTS:
        return "level"
    if it.name in DISTANCES:
        return "distance"
    return _of_input(it)


def _of_input(it: Indicator) -> Unit:
    if it.name in KEEPING:
        return unit(it.inputs[0])
    return "distance" if it.name in SPREADS and unit(it.inputs[0]) != "other" else "other"


def _composed(it: Indicator) -> Unit:
    units = [unit(each) for each in it.inputs]
    numbers = [isinstance(each, (int, float)) for each in it.inputs]
    if any(numbers) or it.name == "neg":
        # A number beside a price is one in its unit; times or through a number, a price stays one.
        return _with_number(it, units, numbers)
    if it.name in ("mul", "div") or "other" in units:
        return "other"
    if it.name == "sub" and units[0] == units[1]:
        return "distance"
    return "level" if "level" in units else "distance"


def _with_number(it: Indicator, units: list[Unit], numbers: list[bool]) -> Unit:
    of: Unit = next((each for each, number in zip(units, numbers, strict=True) if not number), "other")
    return "other" if it.name == "div" and numbers[0] else of
