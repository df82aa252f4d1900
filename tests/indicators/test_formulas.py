"""Indicators against slow, obvious readings of their formulas, each value made anew from the inputs it depends on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from watched import Column, Market, market, markets, streams, walk

from workbench import ta
from workbench.indicators import Indicator

NAN = float("nan")
MARKETS = markets()
LENGTHS = (2, 3, 9, 16, 30)
Values = Sequence[float]


def windows(values: Values, n: int, formula: Callable[[Values], float]) -> list[float]:
    """The formula over each full window of n defined values."""
    filled = [values[i + 1 - n : i + 1] if i + 1 >= n else [NAN] for i in range(len(values))]
    return [NAN if any(map(math.isnan, window)) else formula(window) for window in filled]


def mean_weighed(values: Values, weights: Values) -> float:
    return math.fsum(x * weight for x, weight in zip(values, weights, strict=True)) / math.fsum(weights)


def wma(values: Values, n: int) -> list[float]:
    return windows(values, n, lambda window: mean_weighed(window, range(1, n + 1)))


def hma(m: Market, n: int) -> list[float]:
    close = m["close"].tolist()
    raw = [2 * fast - slow for fast, slow in zip(wma(close, n // 2), wma(close, n), strict=True)]
    return wma(raw, math.floor(math.sqrt(n)))


def zlema(m: Market, n: int) -> list[float]:
    """The EMA of the input plus its change over the lag, started as the mean of the first n of those."""
    close, lag = m["close"].tolist(), (n - 1) // 2
    moved = [x + (x - past) for x, past in zip(close[lag:], close, strict=False)]
    level = math.fsum(moved[:n]) / n
    out = [NAN] * (lag + n - 1) + [level]
    for x in moved[n:]:
        level = x * 2 / (n + 1) + level * (n - 1) / (n + 1)
        out.append(level)
    return out


def alma(m: Market, n: int) -> list[float]:
    bell = [math.exp(-((i - 0.85 * (n - 1)) ** 2) / (2 * (n / 6) ** 2)) for i in range(n)]
    return windows(m["close"].tolist(), n, lambda window: mean_weighed(window, bell))


def vwma(m: Market, n: int) -> list[float]:
    parts = [slice(max(0, i + 1 - n), i + 1) for i in range(len(m["close"]))]
    means = [mean_weighed(m["close"][part].tolist(), m["volume"][part].tolist()) for part in parts]
    return [NAN] * (n - 1) + means[n - 1 :]


FORMULAS: dict[str, tuple[Callable[[int], Indicator], Callable[[Market, int], list[float]]]] = {
    "hma": (ta.hma, hma),
    "zlema": (ta.zlema, zlema),
    "alma": (ta.alma, alma),
    "vwma": (ta.vwma, vwma),
}


@pytest.mark.parametrize("name", MARKETS)
def test_streams_follow_the_formulas(name: str) -> None:
    on = MARKETS[name]
    rows = [(ours(n), formula(on, n)) for ours, formula in FORMULAS.values() for n in LENGTHS]
    found = streams([indicator for indicator, _ in rows], on)
    for indicator, expected in rows:
        np.testing.assert_allclose(found[repr(indicator)], expected, rtol=1e-11, err_msg=repr(indicator))


def test_a_window_in_which_nothing_was_traded_has_no_average() -> None:
    on = market(np.array([1.0, 2.0, 3.0, 4.0, 5.0])) | {"volume": np.array([0.1, 0.2, 0.0, 0.0, 4.0])}
    assert streams([ta.vwma(2)], on)["ta.vwma(2)"].tolist() == pytest.approx([NAN, 5 / 3, 2.0, NAN, 5.0], nan_ok=True)


HOLES = [4, 60, 61, 90]
# An undefined input leaves no value until so many bars have passed.
IN_WINDOW = [
    (ta.sma(7, of="volume"), 7),
    (ta.wma(7, of="volume"), 7),
    (ta.trima(7, of="volume"), 7),
    (ta.trima(8, of="volume"), 8),
    (ta.midpoint(7, of="volume"), 7),
    (ta.alma(7, of="volume"), 7),
    (ta.vwma(7), 7),
    (ta.vwma(7, of="volume"), 7),
    (ta.hma(9, of="volume"), 11),
]
SKIPPED = [
    ta.ema(5, of="volume"),
    ta.dema(5, of="volume"),
    ta.tema(5, of="volume"),
    ta.t3(3, of="volume"),
    ta.kama(5, of="volume"),
]


def holed(holes: Sequence[int]) -> Market:
    volume = walk(120, 3)
    volume[list(holes)] = NAN
    return market(walk(120, 4)) | {"volume": volume}


def test_an_undefined_input_counts_until_it_has_left_the_window() -> None:
    indicators = [indicator for indicator, _ in IN_WINDOW]
    full, found = streams(indicators, holed([])), streams(indicators, holed(HOLES))
    for indicator, span in IN_WINDOW:
        away = [i for hole in HOLES for i in range(hole, min(hole + span, 120))]
        expected = full[repr(indicator)].copy()
        expected[away] = NAN
        np.testing.assert_allclose(found[repr(indicator)], expected, rtol=1e-14, err_msg=repr(indicator))


def test_an_undefined_input_is_skipped() -> None:
    kept = np.setdiff1d(np.arange(120), HOLES)
    without: Market = {name: column[kept] for name, column in holed(HOLES).items()}
    expected, found = streams(SKIPPED, without), streams(SKIPPED, holed(HOLES))
    for indicator in SKIPPED:
        values: Column = found[repr(indicator)]
        assert np.isnan(values[HOLES]).all(), repr(indicator)
        np.testing.assert_array_equal(values[kept], expected[repr(indicator)], err_msg=repr(indicator))


def test_a_zero_lag_average_also_misses_the_bar_one_lag_later() -> None:
    found, full = (streams([ta.zlema(5, of="volume")], holed(holes)) for holes in ([60], []))
    values, expected = (each["ta.zlema(5, of='volume')"] for each in (found, full))
    assert np.flatnonzero(np.isnan(values)).tolist() == [*range(6), 60, 62]
    np.testing.assert_array_equal(values[:60], expected[:60])
