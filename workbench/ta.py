"""Every indicator under one name: type `ta.` and press Tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.indicators.fields import close, high, low, open, volume
from workbench.indicators.momentum import apo, bop, cci, cmo, macd, mom, ppo, roc, rsi, trix, willr
from workbench.indicators.moving import dema, ema, sma, t3, tema, trima, wma
from workbench.indicators.oscillators import ao, dpo, fisher, kst, tsi, ultosc
from workbench.indicators.regression import linreg, linreg_angle, linreg_intercept, linreg_r2, linreg_slope, tsf
from workbench.indicators.responsive import alma, hma, kama, midpoint, midprice, vwma, zlema
from workbench.indicators.trend import adx, adxr, aroon_osc, dx, mass_index, minus_di, plus_di, sar
from workbench.indicators.volatility import (
    atr,
    bbands,
    garman_klass,
    natr,
    parkinson,
    rolling_max,
    rolling_min,
    stddev,
    trange,
    ulcer,
    var,
    yang_zhang,
)

__all__ = [
    "adx",
    "adxr",
    "alma",
    "ao",
    "apo",
    "aroon_osc",
    "atr",
    "bbands",
    "bop",
    "cci",
    "close",
    "cmo",
    "dema",
    "dpo",
    "dx",
    "ema",
    "fisher",
    "garman_klass",
    "high",
    "hma",
    "kama",
    "kst",
    "linreg",
    "linreg_angle",
    "linreg_intercept",
    "linreg_r2",
    "linreg_slope",
    "low",
    "macd",
    "mass_index",
    "midpoint",
    "midprice",
    "minus_di",
    "mom",
    "natr",
    "open",
    "parkinson",
    "plus_di",
    "ppo",
    "roc",
    "rolling_max",
    "rolling_min",
    "rsi",
    "sar",
    "sma",
    "stddev",
    "t3",
    "tema",
    "trange",
    "trima",
    "trix",
    "tsf",
    "tsi",
    "ulcer",
    "ultosc",
    "var",
    "volume",
    "vwma",
    "willr",
    "wma",
    "yang_zhang",
    "zlema",
]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:
    # Hidden from type checkers, which would otherwise take every name for granted.
    def __getattr__(name: str) -> object:
        from difflib import get_close_matches

        near = get_close_matches(name.lower(), __all__, n=1)
        hint = f"did you mean ta.{near[0]}?" if near else f"there are {', '.join(__all__)}"
        raise AttributeError(f"ta has no indicator {name!r}; {hint}")
