"""Indicators: descriptions of a value per bar, computed in Rust by whoever watches them.

The one idea: an indicator is data about a computation, never the numbers; `ctx.watch` turns it into a stream.
"""

from __future__ import annotations

from workbench.indicators.indicator import Field, Indicator
from workbench.indicators.momentum import apo, bop, cci, cmo, mom, ppo, roc, rsi, trix, willr
from workbench.indicators.moving import dema, ema, sma, t3, tema, trima, wma
from workbench.indicators.responsive import alma, hma, kama, midpoint, vwma, zlema
from workbench.indicators.volatility import atr, natr, rolling_max, rolling_min, stddev, trange, var

__all__ = [
    "Field",
    "Indicator",
    "alma",
    "apo",
    "atr",
    "bop",
    "cci",
    "cmo",
    "dema",
    "ema",
    "hma",
    "kama",
    "midpoint",
    "mom",
    "natr",
    "ppo",
    "roc",
    "rolling_max",
    "rolling_min",
    "rsi",
    "sma",
    "stddev",
    "t3",
    "tema",
    "trange",
    "trima",
    "trix",
    "var",
    "vwma",
    "willr",
    "wma",
    "zlema",
]
