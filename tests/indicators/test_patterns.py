"""Candlestick patterns are TA-Lib's, bar for bar, on candles drawn so that each of them occurs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import talib
from watched import Column, Market, markets, streams

from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator

NAN = float("nan")
# TA-Lib says 0 before it can say anything; here there is no value yet.
LOOKBACKS = {
    "doji": 10,
    "engulfing": 2,
    "hammer": 11,
    "hanging_man": 11,
    "harami": 11,
    "inverted_hammer": 11,
    "shooting_star": 11,
    "piercing": 11,
    "dark_cloud_cover": 11,
    "morning_star": 12,
    "evening_star": 12,
}
PATTERNS: list[Indicator] = [getattr(ta, name)() for name in LOOKBACKS]


def candles(n: int, seed: int, step: float = 0.01) -> Market:
    """Bodies and shadows from none to long, with gaps, on a step, so that many equal what they are compared with."""
    chance = np.random.default_rng(seed)
    body = np.round(chance.normal(0, 1, n) * chance.choice([0, 1, 20, 60], n))
    shadows = np.round(chance.exponential(1, (2, n)) * chance.choice([0, 1, 10, 60], (2, n)))
    close = 20_000 + np.cumsum(body + np.round(chance.normal(0, 10, n)) * chance.choice([0, 1, 4], n))
    opens = close - body
    high, low = np.maximum(opens, close) + shadows[0], np.minimum(opens, close) - shadows[1]
    prices = {"open": opens, "high": high, "low": low, "close": close}
    return {name: np.round(price * step, 2) for name, price in prices.items()} | {"volume": np.ones(n)}


def theirs(indicator: Indicator, m: Market) -> Column:
    function = getattr(talib, "CDL" + indicator.name.replace("_", "").upper())
    return np.asarray(function(m["open"], m["high"], m["low"], m["close"], *indicator.params), dtype=np.float64)


MARKETS = markets() | {f"candles {seed}": candles(5000, seed) for seed in (1, 2)} | {"quarters": candles(5000, 3, 0.25)}


@pytest.mark.parametrize("name", MARKETS)
def test_equal_to_talib(name: str) -> None:
    found = streams(PATTERNS, MARKETS[name])
    for indicator in PATTERNS:
        ours, expected = found[repr(indicator)], theirs(indicator, MARKETS[name])
        start = LOOKBACKS[indicator.name]
        assert np.isnan(ours[:start]).all()
        np.testing.assert_array_equal(ours[start:], expected[start:], err_msg=repr(indicator))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.75])
def test_a_part_of_the_body_is_gone_through(share: float) -> None:
    indicators = [ta.morning_star(share), ta.evening_star(share), ta.dark_cloud_cover(share)]
    found = streams(indicators, MARKETS["candles 1"])
    for indicator in indicators:
        ours, expected = found[repr(indicator)], theirs(indicator, MARKETS["candles 1"])
        assert np.flatnonzero(expected).size > 0
        np.testing.assert_array_equal(np.nan_to_num(ours), expected, err_msg=repr(indicator))


def test_each_occurs() -> None:
    found = streams(PATTERNS, MARKETS["candles 1"])
    seen = {each.name: set(found[repr(each)][~np.isnan(found[repr(each)])].tolist()) for each in PATTERNS}
    both = {-100.0, -80.0, 0.0, 80.0, 100.0}
    down = ("hanging_man", "shooting_star", "evening_star", "dark_cloud_cover")
    expected = {name: {0.0, -100.0 if name in down else 100.0} for name in LOOKBACKS}
    assert seen == expected | {"engulfing": both, "harami": both}


def test_an_undefined_price_begins_the_count_anew() -> None:
    whole = MARKETS["candles 2"]
    holed = {name: column[:400].copy() for name, column in whole.items()}
    holed["low"][[3, 150]] = NAN
    later = {name: column[151:400] for name, column in whole.items()}
    for indicator in PATTERNS:
        found = indicator(pl.DataFrame(holed)).to_numpy()
        assert np.isnan(found[150])
        np.testing.assert_array_equal(found[151:], indicator(pl.DataFrame(later)).to_numpy(), err_msg=repr(indicator))


def test_a_huge_candle_leaves_no_trace() -> None:
    steady = {name: column[:200].copy() for name, column in MARKETS["candles 2"].items()}
    steady["high"][60] = 1e17
    after = {name: column[61:] for name, column in steady.items()}
    for indicator in PATTERNS:
        late = indicator(pl.DataFrame(steady)).to_numpy()[80:]
        np.testing.assert_array_equal(late, indicator(pl.DataFrame(after)).to_numpy()[19:], err_msg=repr(indicator))


@pytest.mark.parametrize("bad", [-0.1, 10.5, NAN, "0.3", None, True], ids=repr)
def test_a_part_of_the_body_is_checked(bad: float) -> None:
    for pattern in (ta.morning_star, ta.evening_star, ta.dark_cloud_cover):
        with pytest.raises(ParameterError, match="from 0 to 10"):
            pattern(bad)
