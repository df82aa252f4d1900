"""Every indicator under one name: type `ta.` and press Tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.indicators.fields import close, high, low, open, volume
from workbench.indicators.levels import pivots, pivots_camarilla, pivots_fibonacci
from workbench.indicators.momentum import apo, bop, cci, cmo, macd, mom, ppo, roc, rsi, trix, willr
from workbench.indicators.moving import dema, ema, sma, t3, tema, trima, wma
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
from workbench.indicators.responsive import alma, hma, kama, midpoint, vwma, zlema
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
from workbench.indicators.volatility import atr, bbands, natr, rolling_max, rolling_min, stddev, trange, var
from workbench.indicators.volume import ad, adosc, cmf, eom, force, mfi, nvi, obv, rolling_vwap, vwap

__all__ = [
    "ad",
    "adosc",
    "alma",
    "apo",
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
    "drawdown",
    "ema",
    "engulfing",
    "eom",
    "evening_star",
    "force",
    "hammer",
    "hanging_man",
    "harami",
    "high",
    "hma",
    "inverted_hammer",
    "kama",
    "kurtosis",
    "low",
    "macd",
    "mfi",
    "midpoint",
    "mom",
    "morning_star",
    "natr",
    "nvi",
    "obv",
    "open",
    "piercing",
    "pivots",
    "pivots_camarilla",
    "pivots_fibonacci",
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
    "shooting_star",
    "skew",
    "sma",
    "stddev",
    "t3",
    "tema",
    "trange",
    "trima",
    "trix",
    "var",
    "volume",
    "vwap",
    "vwma",
    "willr",
    "wma",
    "zlema",
    "zscore",
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
