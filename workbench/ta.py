"""Every indicator under one name: type `ta.` and press Tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.indicators.fields import close, high, low, open, volume
from workbench.indicators.momentum import apo, bop, cci, cmo, macd, mom, ppo, roc, rsi, trix, willr
from workbench.indicators.moving import dema, ema, sma, t3, tema, trima, wma
from workbench.indicators.responsive import alma, hma, kama, midpoint, vwma, zlema
from workbench.indicators.volatility import atr, bbands, natr, rolling_max, rolling_min, stddev, trange, var

__all__ = [
    "alma",
    "apo",
    "atr",
    "bbands",
    "bop",
    "cci",
    "close",
    "cmo",
    "dema",
    "ema",
    "high",
    "hma",
    "kama",
    "low",
    "macd",
    "midpoint",
    "mom",
    "natr",
    "open",
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
    "volume",
    "vwma",
    "willr",
    "wma",
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
