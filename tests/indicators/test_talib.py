"""Equal to TA-Lib, first value included, wherever it has the indicator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib
from watched import Column, Market, markets, streams

from workbench import ta
from workbench.indicators import Indicator, Outputs

LENGTHS = (2, 3, 6, 14, 45)
MARKETS = markets()
Rows = list[tuple[Indicator, Callable[[Market], Column]]]


def of_close(ours: Callable[..., Indicator], theirs: Callable[..., Any], *more: float) -> Rows:
    """One row per length."""
    return [(ours(n, *more), lambda m, n=n: theirs(m["close"], n, *more)) for n in LENGTHS]


def of_bar(ours: Callable[..., Indicator], theirs: Callable[..., Any]) -> Rows:
    """The same over high, low and close."""
    return [(ours(n), lambda m, n=n: theirs(m["high"], m["low"], m["close"], n)) for n in LENGTHS]


def of_range(ours: Callable[..., Indicator], theirs: Callable[..., Any], *several: tuple[float, ...]) -> Rows:
    """The same over high and low, one row per set of numbers."""
    given = several or [(n,) for n in LENGTHS]
    return [(ours(*each), lambda m, each=each: theirs(m["high"], m["low"], *each)) for each in given]


def gap(ours: Callable[..., Indicator], theirs: Callable[..., Any], **more: Any) -> Rows:
    pairs, kind = [(2, 3), (5, 20), (12, 26)], int(bool(more))
    return [(ours(*pair, **more), lambda m, p=pair: theirs(m["close"], *p, matype=kind)) for pair in pairs]


def ultosc(windows: tuple[int, int, int]) -> Rows:
    return [(ta.ultosc(*windows), lambda m: talib.ULTOSC(m["high"], m["low"], m["close"], *windows))]


def several(ours: Outputs, theirs: Callable[..., Any]) -> Rows:
    """One row per output that both have, in the order of TA-Lib's."""
    outputs = list(ours.each.values())[:3]
    return [(output, lambda m, i=i: theirs(m["close"])[i]) for i, output in enumerate(outputs)]


def of_bars(ours: Outputs, theirs: Callable[[Market], Any]) -> Rows:
    """The same over the prices of bars, with the outputs in TA-Lib's order."""
    outputs = sorted(ours.each) if ours.description.name == "aroon" else ours.outputs
    return [(ours.each[output], lambda m, i=i: theirs(m)[i]) for i, output in enumerate(outputs)]


def stochastics() -> list[Rows]:
    slow, fast = [(14, 3, 3), (5, 3, 2), (2, 1, 1)], [(14, 3), (5, 1), (1, 4)]
    smooth = [(14, 5, 3), (2, 9, 1), (45, 14, 3)]
    return [
        *(
            of_bars(ta.stoch(n, k, d), lambda m, a=(n, k, 0, d, 0): talib.STOCH(m["high"], m["low"], m["close"], *a))
            for n, k, d in slow
        ),
        *(
            of_bars(ta.stochf(n, d), lambda m, a=(n, d, 0): talib.STOCHF(m["high"], m["low"], m["close"], *a))
            for n, d in fast
        ),
        *(
            of_bars(ta.stochrsi(rsi, n, d), lambda m, a=(rsi, n, d): still_is_none(m["close"], *a))
            for rsi, n, d in smooth
        ),
    ]


def still_is_none(close: Column, rsi: int, n: int, d: int) -> tuple[Column, Column]:
    """TA-Lib's STOCHRSI, but for an RSI that stands still: it takes what rounding left for a range."""
    strength = np.round(talib.RSI(close, rsi), 12)
    defined = np.isfinite(strength)
    k, smooth = np.full((2, len(close)), np.nan)
    whole = strength[defined]
    k[defined], smooth[defined] = talib.STOCHF(whole, whole, whole, n, d, 0)
    return k, smooth


def of_several() -> list[Rows]:
    macds = [(2, 3, 1), (5, 20, 9), (12, 26, 9), (12, 26, 1)]
    bands = [(2, 2.0), (5, 0.5), (20, 2.0), (45, 3.0)]
    return [
        *(several(ta.macd(*each), lambda close, each=each: talib.MACD(close, *each)) for each in macds),
        *(of_bars(ta.aroon(n), lambda m, n=n: talib.AROON(m["high"], m["low"], n)) for n in LENGTHS),
        *stochastics(),
        *(several(ta.bbands(n, k), lambda close, n=n, k=k: talib.BBANDS(close, n, k, k, 0)) for n, k in bands),
    ]


def rows() -> Rows:
    table = [
        of_close(ours, getattr(talib, ours.__name__.upper()))
        for ours in (ta.sma, ta.ema, ta.wma, ta.dema, ta.tema, ta.trima, ta.kama, ta.midpoint)
    ]
    table += [
        of_close(ours, getattr(talib, ours.__name__.upper()))
        for ours in (ta.rsi, ta.cmo, ta.mom, ta.roc, ta.trix, ta.stddev, ta.var)
    ]
    table += [of_close(ta.rolling_max, talib.MAX), of_close(ta.rolling_min, talib.MIN)]
    table += [of_bar(ours, getattr(talib, ours.__name__.upper())) for ours in (ta.cci, ta.willr, ta.atr, ta.natr)]
    table += [gap(ta.apo, talib.APO), gap(ta.ppo, talib.PPO)]
    table += [gap(ta.apo, talib.APO, ma="ema"), gap(ta.ppo, talib.PPO, ma="ema")]
    table += [
        of_bar(ours, getattr(talib, ours.__name__.upper()))
        for ours in (ta.plus_di, ta.minus_di, ta.dx, ta.adx, ta.adxr)
    ]
    table += [of_range(ta.midprice, talib.MIDPRICE), of_range(ta.aroon_osc, talib.AROONOSC)]
    table += [of_range(ta.sar, talib.SAR, (0.02, 0.2), (0.1, 0.1), (0.03, 1), (0, 0), (0.2, 0.5))]
    table += [ultosc(windows) for windows in ((7, 14, 28), (1, 2, 3), (3, 10, 45))]
    table += [
        of_close(ours, theirs)
        for ours, theirs in (
            (ta.linreg, talib.LINEARREG),
            (ta.linreg_slope, talib.LINEARREG_SLOPE),
            (ta.linreg_angle, talib.LINEARREG_ANGLE),
            (ta.linreg_intercept, talib.LINEARREG_INTERCEPT),
            (ta.tsf, talib.TSF),
        )
    ]
    table += [
        [
            (ta.trange(), lambda m: talib.TRANGE(m["high"], m["low"], m["close"])),
            (ta.bop(), lambda m: talib.BOP(m["open"], m["high"], m["low"], m["close"])),
            (ta.mom(1), lambda m: talib.MOM(m["close"], 1)),
            (ta.roc(1), lambda m: talib.ROC(m["close"], 1)),
            (ta.trix(1), lambda m: talib.TRIX(m["close"], 1)),
            (ta.atr(1), lambda m: talib.ATR(m["high"], m["low"], m["close"], 1)),
            # TA-Lib does not turn these into per cent.
            (ta.plus_di(1), lambda m: 100 * talib.PLUS_DI(m["high"], m["low"], m["close"], 1)),
            (ta.minus_di(1), lambda m: 100 * talib.MINUS_DI(m["high"], m["low"], m["close"], 1)),
            (ta.var(1), lambda m: talib.VAR(m["close"], 1)),
        ]
    ]
    table += [
        [(ta.t3(n, v), lambda m, n=n, v=v: talib.T3(m["close"], n, v)) for n in LENGTHS] for v in (0, 0.3, 0.7, 1)
    ]
    table += of_several()
    return [row for some in table for row in some]


ROWS = rows()
# TA-Lib takes slopes from sums of whole prices; in degrees its rounding is as much larger.
SLOPES = {"linreg_slope": 1.0, "linreg_angle": 180 / np.pi}


@pytest.mark.parametrize("name", MARKETS)
def test_equal_to_talib(name: str) -> None:
    market = MARKETS[name]
    found = streams([indicator for indicator, _ in ROWS], market)
    for indicator, theirs in ROWS:
        ours, expected = found[repr(indicator)], theirs(market)
        assert np.array_equal(np.isnan(ours), np.isnan(expected)), f"{indicator}: begins elsewhere"
        # An oscillator or a slope near zero is measured against what it is made of.
        scale = float(np.nanmax(np.abs(expected), initial=SLOPES.get(indicator.name, 0.0) * market["close"].max() + 1))
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12 * scale, err_msg=repr(indicator))
