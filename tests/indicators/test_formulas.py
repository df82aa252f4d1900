"""Indicators against slow, obvious readings of their formulas, each value made anew from the inputs it depends on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from readings import NAN, Values, windows
from watched import Column, Market, market, markets, streams, walk

from workbench import ta
from workbench.indicators import Indicator

MARKETS = markets()
LENGTHS = (2, 3, 9, 16, 30)


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
    (ta.stddev(7, of="volume"), 7),
    (ta.var(7, of="volume"), 7),
    (ta.rolling_max(7, of="volume"), 7),
    (ta.rolling_min(7, of="volume"), 7),
    (ta.apo(3, 7, of="volume"), 7),
    (ta.ppo(3, 7, of="volume"), 7),
    (ta.linreg(7, of="volume"), 7),
    (ta.linreg_slope(7, of="volume"), 7),
    (ta.linreg_angle(7, of="volume"), 7),
    (ta.linreg_intercept(7, of="volume"), 7),
    (ta.linreg_r2(7, of="volume"), 7),
    (ta.tsf(7, of="volume"), 7),
    (ta.dpo(7, of="volume"), 7),
    (ta.ulcer(7, of="volume"), 13),
    (ta.kst(1, 2, 3, 4, 3, 3, 3, 3, of="volume"), 7),
]
SKIPPED = [
    ta.ema(5, of="volume"),
    ta.dema(5, of="volume"),
    ta.tema(5, of="volume"),
    ta.t3(3, of="volume"),
    ta.kama(5, of="volume"),
    ta.rsi(5, of="volume"),
    ta.cmo(5, of="volume"),
    ta.trix(3, of="volume"),
    ta.tsi(4, 3, of="volume"),
    ta.apo(3, 5, of="volume", ma="ema"),
    ta.ppo(3, 5, of="volume", ma="ema"),
]
# One that looks back at a single bar misses the hole and the bar that looks back at it.
LOOKING_BACK = [(ta.zlema(5, of="volume"), 6, 2), (ta.mom(4, of="volume"), 4, 4), (ta.roc(4, of="volume"), 4, 4)]


IN_WINDOW += [
    (ta.cmf(7), 7),
    (ta.eom(7), 7),
    (ta.mfi(7), 7),
    (ta.rolling_vwap(7), 7),
    (ta.beta(7, of="volume", against="close"), 8),
    (ta.beta(7, against="volume"), 8),
    (ta.correl(7, against="volume"), 7),
    (ta.kurtosis(7, of="volume"), 7),
    (ta.rolling_argmax(7, of="volume"), 7),
    (ta.rolling_argmin(7, of="volume"), 7),
    (ta.rolling_drawdown(7, of="volume"), 7),
    (ta.rolling_quantile(7, 0.3, of="volume"), 7),
    (ta.skew(7, of="volume"), 7),
    (ta.zscore(7, of="volume"), 7),
]
SKIPPED += [ta.ad(), ta.adosc(), ta.drawdown(of="volume"), ta.force(5), ta.nvi(), ta.obv()]
SKIPPED += [ours(of="volume") for ours in (ta.abs, ta.exp, ta.log, ta.sign, ta.sqrt)]


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
        np.testing.assert_allclose(found[repr(indicator)], expected, rtol=1e-11, atol=1e-12, err_msg=repr(indicator))


def test_an_undefined_input_is_skipped() -> None:
    kept = np.setdiff1d(np.arange(120), HOLES)
    without: Market = {name: column[kept] for name, column in holed(HOLES).items()}
    expected, found = streams(SKIPPED, without), streams(SKIPPED, holed(HOLES))
    for indicator in SKIPPED:
        values: Column = found[repr(indicator)]
        assert np.isnan(values[HOLES]).all(), repr(indicator)
        np.testing.assert_array_equal(values[kept], expected[repr(indicator)], err_msg=repr(indicator))


@pytest.mark.parametrize(("indicator", "lookback", "lag"), LOOKING_BACK, ids=str)
def test_an_undefined_input_is_missed_once_more(indicator: Indicator, lookback: int, lag: int) -> None:
    found, full = (streams([indicator], holed(holes))[repr(indicator)] for holes in ([60], []))
    assert np.flatnonzero(np.isnan(found)).tolist() == [*range(lookback), 60, 60 + lag]
    np.testing.assert_array_equal(found[:60], full[:60])


def variance(values: Values) -> float:
    """In fractions, rounded once."""
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    return float(sum((value - mean) ** 2 for value in exact) / len(exact))


STEEP = np.concatenate(
    [walk(60, 5), walk(60, 6) + 1e7, np.round(1e-3 * walk(60, 7), 5), np.round(5e5 + 1e-2 * walk(60, 8), 4)]
)


def test_a_variance_keeps_its_digits() -> None:
    found = streams(
        [ours(n, of="volume") for ours in (ta.var, ta.stddev) for n in LENGTHS],
        market(walk(240, 9)) | {"volume": STEEP},
    )
    for n in LENGTHS:
        expected = windows(STEEP.tolist(), n, variance)
        np.testing.assert_allclose(found[f"ta.var({n}, of='volume')"], expected, rtol=1e-11)
        np.testing.assert_allclose(found[f"ta.stddev({n}, of='volume')"], np.sqrt(expected), rtol=1e-11)


# Prices that do not move, at a level whose multiples are rounded.
STILL = ("rsi", "cmo", "cci", "willr", "mom", "roc", "trix", "atr", "natr", "stddev", "var")


@pytest.mark.parametrize("level", [0.1, 1 / 3, 49.7])
def test_prices_that_do_not_move(level: float) -> None:
    indicators = [getattr(ta, name)(n) for name in STILL for n in (6, 7)] + [ta.bop(), ta.trange(), ta.ppo(), ta.apo()]
    for text, values in streams(indicators, market(np.full(60, level))).items():
        # Two averages of one level may differ by a rounding.
        averaged = text.startswith(("ta.trix", "ta.ppo", "ta.apo"))
        assert np.nanmax(np.abs(values)) <= (1e-13 if averaged else 0), text


def test_a_change_from_zero_is_none_in_per_cent() -> None:
    volume = np.array([0.0, 0.0, 5.0, 0.0, 0.0, 4.0, 5.0])
    on = market(np.full(7, 10.0)) | {"volume": volume}
    found = streams([ta.roc(1, of="volume"), ta.ppo(1, 2, of="volume"), ta.trix(1, of="volume")], on)
    assert found["ta.roc(1, of='volume')"].tolist() == pytest.approx([NAN, 0, 0, -100, 0, 0, 25], nan_ok=True)
    assert found["ta.trix(1, of='volume')"].tolist() == pytest.approx([NAN, 0, 0, -100, 0, 0, 25], nan_ok=True)
    expected = [NAN, 0, 100, -100, 0, 100, 100 / 9]
    assert found["ta.ppo(1, 2, of='volume')"].tolist() == pytest.approx(expected, nan_ok=True)
