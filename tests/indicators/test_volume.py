"""Indicators of volume against TA-Lib where it has them, the others against slow readings of their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import talib
from watched import Column, Market, market, markets, streams, walk

from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator

NAN = float("nan")
# On a cent, as bars are kept.
MARKETS = {name: {field: np.round(column, 2) for field, column in m.items()} for name, m in markets().items()}
LENGTHS = (2, 9, 30)


def quarters(m: Market) -> Market:
    """Prices on a quarter, of which every sum is exact."""
    return {name: np.round(column * 4) / 4 for name, column in m.items()}


def theirs(function: Callable[..., Column], m: Market, *more: int) -> Column:
    return function(m["high"], m["low"], m["close"], m["volume"], *more)


TALIB: list[tuple[Indicator, Callable[[Market], Column]]] = [
    (ta.obv(), lambda m: talib.OBV(m["close"], m["volume"])),
    (ta.obv(of="high"), lambda m: talib.OBV(m["high"], m["volume"])),
    (ta.ad(), lambda m: theirs(talib.AD, m)),
    *((ta.adosc(*pair), lambda m, p=pair: theirs(talib.ADOSC, m, *p)) for pair in ((2, 3), (3, 10), (12, 26))),
]


@pytest.mark.parametrize("name", MARKETS)
def test_equal_to_talib(name: str) -> None:
    found = streams([indicator for indicator, _ in TALIB], MARKETS[name])
    for indicator, function in TALIB:
        expected = function(MARKETS[name])
        scale = float(np.nanmax(np.abs(expected), initial=1.0))
        np.testing.assert_allclose(
            found[repr(indicator)], expected, rtol=1e-9, atol=1e-12 * scale, err_msg=repr(indicator)
        )


@pytest.mark.parametrize("name", MARKETS)
def test_money_flows_as_in_talib_where_no_sum_is_rounded(name: str) -> None:
    m = quarters(MARKETS[name])
    found = streams([ta.mfi(n) for n in LENGTHS], m)
    for n in LENGTHS:
        np.testing.assert_allclose(found[f"ta.mfi({n})"], theirs(talib.MFI, m, n), rtol=1e-9, atol=1e-10)


def mfi(m: Market, n: int) -> list[float]:
    """In whole cents, so that a typical price that stays the same does."""
    high, low, close = (np.round(m[name] * 100).astype(int).tolist() for name in ("high", "low", "close"))
    typical = [sum(bar) for bar in zip(high, low, close, strict=True)]
    moved = [0, *(now - before for before, now in pairwise(typical))]
    money = [t * Fraction(v) for t, v in zip(typical, m["volume"].tolist(), strict=True)]
    out = [NAN] * n
    for i in range(n, len(typical)):
        window = range(i + 1 - n, i + 1)
        up = sum(money[j] for j in window if moved[j] > 0)
        both = sum(money[j] for j in window if moved[j] != 0)
        out.append(float(100 * up / both) if both else 0.0)
    return out


def weights(m: Market) -> list[float]:
    """Where in its range each bar closed."""
    bars = zip(m["high"].tolist(), m["low"].tolist(), m["close"].tolist(), strict=True)
    return [((close - low) - (high - close)) / (high - low) if high > low else 0.0 for high, low, close in bars]


def weighed(values: list[float], m: Market, n: int) -> list[float]:
    """The mean over each window, weighed by volume."""
    volume = m["volume"].tolist()
    sums = [
        (math.fsum(v * w for v, w in zip(values[i + 1 - n : i + 1], part, strict=True)), math.fsum(part))
        for i in range(n - 1, len(values))
        for part in [volume[i + 1 - n : i + 1]]
    ]
    return [NAN] * (n - 1) + [total / units if units else NAN for total, units in sums]


def cmf(m: Market, n: int) -> list[float]:
    return weighed(weights(m), m, n)


def rolling_vwap(m: Market, n: int) -> list[float]:
    return weighed([math.fsum(bar) / 3 for bar in zip(m["high"], m["low"], m["close"], strict=True)], m, n)


def force(m: Market, n: int) -> list[float]:
    close, volume = m["close"].tolist(), m["volume"].tolist()
    raw = [(close[i] - close[i - 1]) * volume[i] for i in range(1, len(close))]
    level = math.fsum(raw[:n]) / n
    out = [NAN] * n + [level]
    for x in raw[n:]:
        level = 2 / (n + 1) * x + (n - 1) / (n + 1) * level
        out.append(level)
    return out


def eom(m: Market, n: int) -> list[float]:
    bars = list(zip(m["high"].tolist(), m["low"].tolist(), m["volume"].tolist(), strict=True))
    raw = []
    for (high_before, low_before, _), (high, low, volume) in pairwise(bars):
        box_ratio = volume / 1e6 / (high - low) if high > low else math.inf
        raw.append(((high + low) / 2 - (high_before + low_before) / 2) / box_ratio)
    return [NAN] * n + [math.fsum(raw[i + 1 - n : i + 1]) / n for i in range(n - 1, len(raw))]


FORMULAS: list[tuple[Callable[[int], Indicator], Callable[[Market, int], list[float]]]] = [
    (ta.mfi, mfi),
    (ta.cmf, cmf),
    (ta.rolling_vwap, rolling_vwap),
    (ta.force, force),
    (lambda n: ta.eom(n, 1e6), eom),
]


@pytest.mark.parametrize("name", MARKETS)
def test_streams_follow_the_formulas(name: str) -> None:
    on = MARKETS[name]
    rows = [(ours(n), formula(on, n)) for ours, formula in FORMULAS for n in LENGTHS]
    found = streams([indicator for indicator, _ in rows], on)
    for indicator, expected in rows:
        scale = float(np.nanmax(np.abs(expected), initial=0.0))
        np.testing.assert_allclose(
            found[repr(indicator)], expected, rtol=1e-10, atol=1e-13 * scale, err_msg=repr(indicator)
        )


@pytest.mark.parametrize("name", MARKETS)
def test_a_negative_volume_index(name: str) -> None:
    close, volume = MARKETS[name]["close"].tolist(), MARKETS[name]["volume"].tolist()
    index, expected = 1000.0, [1000.0]
    for i in range(1, len(close)):
        if volume[i] < volume[i - 1]:
            index += index * (close[i] - close[i - 1]) / close[i - 1]
        expected.append(index)
    np.testing.assert_allclose(streams([ta.nvi()], MARKETS[name])["ta.nvi()"], expected, rtol=1e-11)


def test_the_unit_of_volume_scales_ease() -> None:
    found = streams([ta.eom(5), ta.eom(5, 1), ta.eom(5, 0.5)], MARKETS["a walk"])
    np.testing.assert_allclose(found["ta.eom(5, 100000000)"], found["ta.eom(5, 1)"] * 1e8, rtol=1e-12)
    np.testing.assert_allclose(found["ta.eom(5, 0.5)"], found["ta.eom(5, 1)"] / 2, rtol=1e-12)


def test_what_rounding_makes_of_a_price_that_stands_still_is_no_flow() -> None:
    # 98.96 + 97.91 + 98.34 and 98.5 + 98.27 + 98.44 are 295.21 both, but not as floats added in every order.
    frame = pl.DataFrame(
        {"high": [98.0, 98.96, 98.5, 99.0], "low": [97.0, 97.91, 98.27, 98.0], "close": [98.0, 98.34, 98.44, 98.5]}
    ).with_columns(volume=pl.lit(1.0))
    assert ta.mfi(2)(frame).to_list() == [None, None, 100.0, 100.0]


def table(**columns: list[float | None]) -> pl.DataFrame:
    """A frame whose prices are all the close, where it does not say otherwise."""
    close = columns["close"]
    return pl.DataFrame(
        {"open": close, "high": close, "low": close, "volume": [1.0] * len(close)} | columns, strict=False
    )


WORKED: dict[str, tuple[Indicator, pl.DataFrame, list[float | None]]] = {
    "on-balance volume": (
        ta.obv(),
        table(close=[10, 11, 11, 10, 12], volume=[5, 7, 9, 4, 1]),
        [5, 12, 12, 8, 9],
    ),
    "an unknown volume is passed over": (
        ta.obv(),
        table(close=[10, 11, 9, 10.5, 12], volume=[5, 7, None, 4, 1]),
        # 10.5 is below the last bar that counts, 11.
        [5, 12, None, 8, 9],
    ),
    "the line from the first known volume on": (
        ta.ad(),
        table(high=[4, 4, 4, 5], low=[0, 0, 0, 5], close=[3, 3, 1, 5], volume=[None, 8, 2, 7]),
        # Half of 8, less half of 2, and nothing of a bar without a range.
        [None, 4, 3, 3],
    ),
    "money flow of a window without volume": (
        ta.cmf(2),
        table(high=[4, 4, 4, 4, 4], low=[0] * 5, close=[4, 3, 2, 1, 0], volume=[0.1, 0.2, 0, 0, 3]),
        [None, pytest.approx(2 / 3), 0.5, None, -1],
    ),
    "a mean price of a window without volume": (
        ta.rolling_vwap(2),
        table(close=[3, 6, 9, 12, 15], volume=[0.1, 0.2, 0, 0, 4]),
        [None, pytest.approx(5), pytest.approx(6), None, 15],
    ),
    "no money flows where no price moves": (ta.mfi(2), table(close=[3, 3, 3, 3, 4]), [None, None, 0, 0, 100]),
    "money flow while nothing is traded": (
        ta.mfi(2),
        table(close=[3, 4, 5, 6, 5], volume=[0.3, 0.1, 0, 0, 0]),
        [None, None, 100, 0, 0],
    ),
    "money flow misses an unknown price twice": (
        ta.mfi(2),
        table(close=[1, 2, 3, None, 5, 6, 7, 8]),
        [None, None, 100, None, None, None, 100, 100],
    ),
    "no ease without volume": (
        ta.eom(1, 1),
        table(high=[2, 4, 6, 8], low=[0, 0, 0, 0], close=[1, 1, 1, 1], volume=[1, 2, 0, 4]),
        # The middle moves by 1: times 4 over 2, and times 8 over 4.
        [None, 2, None, 2],
    ),
    "an index that starts anew nowhere": (
        ta.nvi(),
        table(close=[10, 11, 0, 5, 10], volume=[5, 4, 3, 2, 1]),
        # Up a tenth, down to nothing, and from nothing there is no way back.
        [1000, pytest.approx(1100), 0, 0, 0],
    ),
    "an index over an unknown volume": (
        ta.nvi(),
        table(close=[10, 11, 20, 22], volume=[5, None, 4, 3]),
        [1000, None, 2000, pytest.approx(2200)],
    ),
    "force over an unknown volume": (
        ta.force(1),
        table(close=[10, 11, 13, 12], volume=[5, 2, None, 4]),
        [None, 2, None, 4],
    ),
}


@pytest.mark.parametrize("name", WORKED)
def test_values_worked_by_hand(name: str) -> None:
    indicator, frame, expected = WORKED[name]
    assert indicator(frame).to_list() == expected


def test_a_line_of_billions_costs_an_oscillator_no_digits() -> None:
    m = market(walk(400, 3)) | {"volume": np.full(400, 1.0)}
    late = {name: column[1:] for name, column in m.items()}
    heavy = {name: np.concatenate([m[name][:1], column]) for name, column in late.items()}
    heavy["volume"][0] = 1e15
    heavy["high"][0] = heavy["close"][0] + 0.0
    found, light = (streams([ta.adosc(3, 10)], each)["ta.adosc(3, 10)"] for each in (heavy, m))
    np.testing.assert_array_equal(found[9:], light[9:])


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: ta.mfi(1), "from 2 to 1,000,000"),
    (lambda: ta.cmf(0), "from 1 to 1,000,000"),
    (lambda: ta.adosc(10, 3), "a fast window shorter than the slow one, got 10 and 3"),
    (lambda: ta.eom(14, 0), "a number from 1e-08 to 1000000000000.0"),
    (lambda: ta.eom(14, NAN), "a number from 1e-08"),
    (lambda: ta.obv(of="closing"), "did you mean of='close'"),
    (lambda: ta.force(13, of="volumes"), "did you mean of='volume'"),
]


@pytest.mark.parametrize(("make", "says"), BAD)
def test_refusals(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        make()
