"""Volatility that TA-Lib does not have against slow, obvious readings of its formulas."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from readings import NAN, Values, mean, windows
from watched import Market, markets, streams

from workbench import ta
from workbench.indicators import Indicator

MARKETS = markets()
LENGTHS = (2, 3, 9, 30)


def rises(before: Values, after: Values) -> list[float]:
    return [math.log(new) - math.log(old) for old, new in zip(before, after, strict=True)]


def parkinson(m: Market, n: int) -> list[float]:
    squares = [rise**2 for rise in rises(m["low"].tolist(), m["high"].tolist())]
    return windows(squares, n, lambda window: math.sqrt(math.fsum(window) / (4 * n * math.log(2))))


def garman_klass(m: Market, n: int) -> list[float]:
    ranges = rises(m["low"].tolist(), m["high"].tolist())
    bodies = rises(m["open"].tolist(), m["close"].tolist())
    terms = [r**2 / 2 - (2 * math.log(2) - 1) * b**2 for r, b in zip(ranges, bodies, strict=True)]
    return windows(terms, n, lambda window: math.sqrt(max(mean(window), 0)))


def yang_zhang(m: Market, n: int) -> list[float]:
    opens, highs, lows, closes = (m[name].tolist() for name in ("open", "high", "low", "close"))
    overnight = [NAN, *rises(closes[:-1], opens[1:])]
    up, down, body = rises(opens, highs), rises(opens, lows), rises(opens, closes)
    inside = [u * (u - c) + d * (d - c) for u, d, c in zip(up, down, body, strict=True)]
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    parts = windows(overnight, n, statistics.variance), windows(body, n, statistics.variance), windows(inside, n, mean)
    return [math.sqrt(max(a + k * b + (1 - k) * c, 0)) for a, b, c in zip(*parts, strict=True)]


def ulcer(m: Market, n: int) -> list[float]:
    close = m["close"].tolist()
    highest = windows(close, n, max)
    squares = [(100 * (x - top) / top) ** 2 for x, top in zip(close, highest, strict=True)]
    return windows(squares, n, lambda window: math.sqrt(mean(window)))


FORMULAS: list[tuple[Callable[[int], Indicator], Callable[[Market, int], list[float]]]] = [
    (ta.parkinson, parkinson),
    (ta.garman_klass, garman_klass),
    (ta.yang_zhang, yang_zhang),
    (ta.ulcer, ulcer),
]


@pytest.mark.parametrize("name", MARKETS)
def test_streams_follow_the_formulas(name: str) -> None:
    on = MARKETS[name]
    found = streams([ours(n) for ours, _ in FORMULAS for n in LENGTHS], on)
    for ours, formula in FORMULAS:
        for n in LENGTHS:
            indicator = ours(n)
            np.testing.assert_allclose(
                found[repr(indicator)], formula(on, n), rtol=1e-9, atol=1e-12, err_msg=repr(indicator)
            )


def test_values_worked_by_hand() -> None:
    e = math.e
    rows = [(1, e, 1, 1), (1, e, 1 / e, 1), (1, 1, 1, 1)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("open", "high", "low", "close"), pl.Float64), orient="row")
    # The range of high over low is e, its square and nothing, which is 1, 2 and 0 in logarithms.
    root = 1 / math.sqrt(4 * math.log(2))
    assert ta.parkinson(1)(frame).to_list() == pytest.approx([root, 2 * root, 0])
    assert ta.garman_klass(2)(frame).to_list() == [None, *map(pytest.approx, (math.sqrt(2.5 / 2), 1))]
    # Lows of 1, 1 / e and 1 stand 0, 1 - 1 / e and 0 below the highest of two.
    fall = 100 * (1 - 1 / e) / math.sqrt(2)
    assert ta.ulcer(2, of="low")(frame).to_list() == [None, None, pytest.approx(fall)]
    # Nothing overnight, no bodies; u = 1 and d = -1 in one of two bars: the mean of 2 and 0.
    share = 1 - 0.34 / (1.34 + 3)
    assert ta.yang_zhang(2)(frame).to_list() == [None, None, pytest.approx(math.sqrt(share))]


@pytest.mark.parametrize("name", ["parkinson", "garman_klass", "yang_zhang", "ulcer"])
def test_prices_that_stop_moving(name: str) -> None:
    close = [50.0, 0.3, 1e6, 0.1, 77.7] + [1 / 3] * 40
    still = pl.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close))
    assert getattr(ta, name)(5)(still).to_list()[-30:] == pytest.approx([0] * 30, abs=1e-12)


def test_no_share_of_what_is_not_above_zero() -> None:
    values = pl.Series([4.0, 3.0, 0.0, -1.0, 2.0, 1.0, 1.0])
    # Highest of two: 4, 3, 0, 2, 2, 1, of which 0 has no share; the falls are 25 %, 100 %, 0 %, 50 % and 0 %.
    expected = [None, None, math.sqrt((25**2 + 100**2) / 2), None, None, math.sqrt(50**2 / 2), math.sqrt(50**2 / 2)]
    assert ta.ulcer(2)(values).to_list() == pytest.approx(expected)
