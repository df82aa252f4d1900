"""Indicators: descriptions of a value per bar, computed in Rust by whoever watches them.

An indicator is data about a computation, never the numbers themselves: `ctx.watch` turns it into a stream.
"""

from __future__ import annotations

from workbench.indicators.indicator import Field, Indicator
from workbench.indicators.moving import dema, ema, sma, t3, tema, trima, wma
from workbench.indicators.responsive import alma, hma, kama, midpoint, vwma, zlema

__all__ = [
    "Field",
    "Indicator",
    "alma",
    "dema",
    "ema",
    "hma",
    "kama",
    "midpoint",
    "sma",
    "t3",
    "tema",
    "trima",
    "vwma",
    "wma",
    "zlema",
]
