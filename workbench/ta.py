"""Every indicator under one name, those that other packages bring too: type `ta.` and press Tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.indicators.channels import donchian, keltner
from workbench.indicators.elementwise import abs, exp, log, sign, sqrt
from workbench.indicators.fields import close, high, low, open, volume
from workbench.indicators.levels import pivots, pivots_camarilla, pivots_fibonacci
from workbench.indicators.momentum import apo, bop, cci, cmo, macd, mom, ppo, roc, rsi, trix, willr
from workbench.indicators.moving import dema, ema, sma, t3, tema, trima, wma
from workbench.indicators.oscillators import ao, dpo, fisher, kst, stoch, stochf, stochrsi, tsi, ultosc
from workbench.indicators.patterns import (
    dark_cloud_cover,
    doji,
    engulfing,
    evening_star,
    hammer,
    hanging_man,
    harami,
    inverted_hammer,
    morning_star,
    piercing,
    shooting_star,
)
from workbench.indicators.regression import linreg, linreg_angle, linreg_intercept, linreg_r2, linreg_slope, tsf
from workbench.indicators.responsive import alma, hma, kama, midpoint, midprice, vwma, zlema
from workbench.indicators.rolling import (
    beta,
    correl,
    drawdown,
    kurtosis,
    rolling_argmax,
    rolling_argmin,
    rolling_drawdown,
    rolling_quantile,
    skew,
    zscore,
)
from workbench.indicators.trend import (
    adx,
    adxr,
    aroon,
    aroon_osc,
    dx,
    ichimoku,
    mass_index,
    minus_di,
    plus_di,
    sar,
    supertrend,
    vortex,
)
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
from workbench.indicators.volume import ad, adosc, cmf, eom, force, mfi, nvi, obv, rolling_vwap, vwap

__all__ = [
    "abs",
    "ad",
    "adosc",
    "adx",
    "adxr",
    "alma",
    "ao",
    "apo",
    "aroon",
    "aroon_osc",
    "atr",
    "bbands",
    "beta",
    "bop",
    "cci",
    "close",
    "cmf",
    "cmo",
    "correl",
    "dark_cloud_cover",
    "dema",
    "doji",
    "donchian",
    "dpo",
    "drawdown",
    "dx",
    "ema",
    "engulfing",
    "eom",
    "evening_star",
    "exp",
    "fisher",
    "force",
    "garman_klass",
    "hammer",
    "hanging_man",
    "harami",
    "high",
    "hma",
    "ichimoku",
    "inverted_hammer",
    "kama",
    "keltner",
    "kst",
    "kurtosis",
    "linreg",
    "linreg_angle",
    "linreg_intercept",
    "linreg_r2",
    "linreg_slope",
    "log",
    "low",
    "macd",
    "mass_index",
    "mfi",
    "midpoint",
    "midprice",
    "minus_di",
    "mom",
    "morning_star",
    "natr",
    "nvi",
    "obv",
    "open",
    "parkinson",
    "piercing",
    "pivots",
    "pivots_camarilla",
    "pivots_fibonacci",
    "plus_di",
    "ppo",
    "roc",
    "rolling_argmax",
    "rolling_argmin",
    "rolling_drawdown",
    "rolling_max",
    "rolling_min",
    "rolling_quantile",
    "rolling_vwap",
    "rsi",
    "sar",
    "shooting_star",
    "sign",
    "skew",
    "sma",
    "sqrt",
    "stddev",
    "stoch",
    "stochf",
    "stochrsi",
    "supertrend",
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
    "vortex",
    "vwap",
    "vwma",
    "willr",
    "wma",
    "yang_zhang",
    "zlema",
    "zscore",
]


def __dir__() -> list[str]:
    from workbench.indicators.installed import installed

    return sorted({*__all__, *installed()})


if not TYPE_CHECKING:
    # Hidden from type checkers, which would otherwise take every name for granted.
    def __getattr__(name: str) -> object:
        from difflib import get_close_matches

        from workbench.indicators.installed import installed, loaded

        theirs = {} if name.startswith("__") else installed()
        if name in theirs:
            return loaded(theirs[name])
        known = [*__all__, *theirs]
        near = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean ta.{near[0]}?" if near else f"there are {', '.join(known)}"
        raise AttributeError(f"ta has no indicator {name!r}; {hint}")
