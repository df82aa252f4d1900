"""Rolling statistics against TA-Lib where it has them, and against exact readings of their formulas in fractions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
LENGTHS = (4, 9, 30)
Values = Sequence[float]


def windows(rows: Column, n: int, formula: Callable[[Column], float]) -> list[float]:
    """The formula over each full window."""
    return [NAN] * (n - 1) + [formula(rows[i + 1 - n : i + 1]) for i in range(n - 1, len(rows))]


def quantiles(values: Column, n: int, q: float) -> list[float]:
    """By NumPy, which sorts each window."""
    return [NAN] * (n - 1) + np.quantile(np.lib.stride_tricks.sliding_window_view(values, n), q, axis=1).tolist()


def exact(values: Values) -> list[int]:
    """The values over one common power of two, which moments of these ratios do not feel."""
    return [int(Fraction(value) * 2**90) for value in values]


def moment(values: Sequence[int], power: int) -> int:
    """n to the `power` + 1 times the central moment."""
    n, total = len(values), sum(values)
    return sum((n * value - total) ** power for value in values)


def ratio(numerator: int, denominator: int) -> float:
    return float(Fraction(numerator, denominator))


def root(value: Fraction) -> float:
    """The root of a fraction, to all digits."""
    places = 200 + 2 * max(0, value.denominator.bit_length() - value.numerator.bit_length())
    return float(Fraction(math.isqrt((value.numerator << places) // value.denominator), 1 << places // 2))


def zscore(values: Values) -> float:
    whole = exact(values)
    n, variance = len(whole), moment(whole, 2)
    distance = n * whole[-1] - sum(whole)
    return math.copysign(root(Fraction(n * distance**2, variance)), distance) if variance else NAN


def skew(values: Values) -> float:
    whole = exact(values)
    n, variance, third = len(whole), moment(whole, 2), moment(whole, 3)
    return math.copysign(root(Fraction(n * third**2, variance**3)), third) if variance else NAN


def kurtosis(values: Values) -> float:
    whole = exact(values)
    variance = moment(whole, 2)
    return ratio(len(whole) * moment(whole, 4), variance**2) - 3 if variance else NAN


def codeviation(x: Sequence[int], y: Sequence[int]) -> int:
    n, total_x, total_y = len(x), sum(x), sum(y)
    return sum((n * a - total_x) * (n * b - total_y) for a, b in zip(x, y, strict=True))


def correl(x: Values, y: Values) -> float:
    x, y = exact(x), exact(y)
    both, together = moment(x, 2) * moment(y, 2), codeviation(x, y)
    return math.copysign(root(Fraction(together**2, both)), together) if both else 0.0


def beta(stock: Values, index: Values) -> float:
    """Of n + 1 values; the changes to 90 binary places."""
    x, y = ([int((Fraction(b) / Fraction(a) - 1) * 2**90) for a, b in pairwise(each)] for each in (index, stock))
    return ratio(codeviation(x, y), variance) if (variance := moment(x, 2)) else 0.0


SINGLE: list[tuple[Callable[..., Indicator], Callable[[Values], float]]] = [
    (ta.zscore, zscore),
    (ta.skew, skew),
    (ta.kurtosis, kurtosis),
]
# Levels that differ by many orders of magnitude, each with moves of its own.
STEEP = np.concatenate(
    [walk(60, 5), walk(60, 6) + 1e7, np.round(1e-3 * walk(60, 7), 5), np.round(5e5 + 1e-2 * walk(60, 8), 4)]
)
SPIKED = np.where(np.arange(240) % 71 == 30, 1e9, np.round(1e6 + walk(240, 4), 2))


@pytest.mark.parametrize("values", [walk(240, 1), STEEP, SPIKED], ids=["walk", "steep", "spiked"])
def test_moments_keep_their_digits(values: Column) -> None:
    found = streams(
        [ours(n, of="volume") for ours, _ in SINGLE for n in LENGTHS], market(walk(240, 9)) | {"volume": values}
    )
    for ours, formula in SINGLE:
        for n in LENGTHS:
            name = repr(ours(n, of="volume"))
            expected = windows(values, n, formula)
            np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("values", [walk(240, 1), STEEP, SPIKED], ids=["walk", "steep", "spiked"])
def test_what_moves_together_keeps_its_digits(values: Column) -> None:
    on = market(walk(240, 9)) | {"volume": values}
    pairs = [("close", "volume"), ("volume", "close"), ("volume", "volume")]
    found = streams([ours(n, of=x, against=y) for x, y in pairs for n in LENGTHS for ours in (ta.correl, ta.beta)], on)
    for x, y in pairs:
        rows = np.column_stack([on[x], on[y]])
        for n in LENGTHS:
            name = repr(ta.correl(n, of=x, against=y))
            expected = windows(rows, n, lambda part: correl(part[:, 0].tolist(), part[:, 1].tolist()))
            np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-11, err_msg=name)
            name = repr(ta.beta(n, of=x, against=y))
            expected = windows(rows, n + 1, lambda part: beta(part[:, 0].tolist(), part[:, 1].tolist()))
            np.testing.assert_allclose(found[name], expected, rtol=1e-9, err_msg=name)


def stands_still(values: Column, n: int) -> Column:
    """Where all of the last n values are one."""
    return np.array([i + 1 >= n and len(set(values[i + 1 - n : i + 1])) == 1 for i in range(len(values))])


@pytest.mark.parametrize("name", MARKETS)
@pytest.mark.parametrize("n", [2, 3, 6, 14, 45])
def test_correlation_is_that_of_talib(name: str, n: int) -> None:
    """TA-Lib can take the rounding of its sums for a variance where an input does not move, so those bars are apart."""
    m = MARKETS[name]
    for x, y in [("close", "open"), ("high", "low"), ("close", "volume")]:
        ours = streams([ta.correl(n, of=x, against=y)], m)[repr(ta.correl(n, of=x, against=y))]
        still = stands_still(m[x], n) | stands_still(m[y], n)
        expected = talib.CORREL(m[x], m[y], n)
        assert np.array_equal(np.isnan(ours), np.isnan(expected))
        assert (ours[still] == 0).all()
        # Its sums are of squares of prices, which cost it digits beside the 1 that a correlation is measured against.
        np.testing.assert_allclose(ours[~still], expected[~still], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", MARKETS)
@pytest.mark.parametrize("n", [2, 3, 6, 14, 45])
def test_beta_is_that_of_talib(name: str, n: int) -> None:
    """TA-Lib's first input is the market. Where that hardly moves TA-Lib loses digits, and ours are the nearer ones."""
    m = MARKETS[name]
    for x, y in [("close", "open"), ("high", "low"), ("close", "volume")]:
        ours = streams([ta.beta(n, of=x, against=y)], m)[repr(ta.beta(n, of=x, against=y))]
        expected = talib.BETA(m[y], m[x], n)
        scale = float(np.nanmax(np.abs(expected), initial=1.0))
        differ = np.flatnonzero(~np.isclose(ours, expected, rtol=1e-9, atol=1e-12 * scale, equal_nan=True))
        assert len(differ) <= 10
        for i in differ:
            true = beta(m[x][i - n : i + 1].tolist(), m[y][i - n : i + 1].tolist())
            assert abs(ours[i] - true) <= abs(expected[i] - true), f"bar {i}"


@pytest.mark.parametrize("name", MARKETS)
def test_extremes_are_where_talib_finds_them(name: str) -> None:
    """Of equal ones TA-Lib takes now the first, now the last, by how it came to them; here it is the last."""
    close = MARKETS[name]["close"]
    lengths = (2, 3, 6, 14, 45)
    found = streams([ours(n) for ours in (ta.rolling_argmax, ta.rolling_argmin) for n in lengths], MARKETS[name])
    for n in lengths:
        for ours, theirs, best in (
            (ta.rolling_argmax(n), talib.MAXINDEX, np.max),
            (ta.rolling_argmin(n), talib.MININDEX, np.min),
        ):
            since, rows = found[repr(ours)], theirs(close, n)
            assert np.isnan(since[: n - 1]).all()
            for i in range(n - 1, len(close)):
                window = close[i + 1 - n : i + 1]
                assert close[rows[i]] == window[n - 1 - int(since[i])] == best(window)
                assert int(since[i]) == np.argmax(window[::-1] == best(window))
                if (window == best(window)).sum() == 1:
                    assert rows[i] == i - since[i]


QUANTILES = (0, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1)


@pytest.mark.parametrize("name", MARKETS)
def test_quantiles(name: str) -> None:
    close = MARKETS[name]["close"]
    for n in (1, 2, 3, 45):
        for q in QUANTILES:
            found = ta.rolling_quantile(n, q)(pl.Series(close)).fill_null(NAN).to_numpy()
            np.testing.assert_allclose(found, quantiles(close, n, q), rtol=1e-14, err_msg=f"{n} {q}")


def test_quantiles_of_few_values_and_many() -> None:
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.integers(0, 4, 3000), rng.normal(0, 1, 3000), np.arange(500.0), -np.arange(500.0)])
    for q in QUANTILES:
        found = ta.rolling_quantile(250, q)(values).fill_null(NAN).to_numpy()
        np.testing.assert_allclose(found, quantiles(values, 250, q), rtol=1e-12)


@pytest.mark.parametrize("name", MARKETS)
def test_drawdowns(name: str) -> None:
    close = MARKETS[name]["close"]
    found = streams([ta.drawdown(), ta.rolling_drawdown(2), ta.rolling_drawdown(30)], MARKETS[name])
    peaks = np.maximum.accumulate(close)
    np.testing.assert_allclose(found["ta.drawdown()"], close / peaks - 1, atol=1e-15)
    for n in (2, 30):
        expected = windows(close, n, lambda part: part[-1] / max(part) - 1)
        np.testing.assert_allclose(found[f"ta.rolling_drawdown({n})"], expected, atol=1e-15)


ROOT_HALF = pytest.approx(0.5**0.5)
WORKED: dict[str, tuple[Indicator, list[float | None], list[float | None]]] = {
    "below no peak": (ta.drawdown(), [-1, 0, 4, 3, None, 5, 4], [None, None, 0, -0.25, None, 0, pytest.approx(-0.2)]),
    "a peak that left": (ta.rolling_drawdown(2), [4, 3, 1.5, None, 2, 1], [None, -0.25, -0.5, None, None, -0.5]),
    "bars since the highest": (
        ta.rolling_argmax(3),
        [5, 4, 3, 3, 3, None, 1, 2, 0],
        [None, None, 2, 2, 0, None, None, None, 1],
    ),
    "bars since the lowest": (ta.rolling_argmin(3), [1, 2, 3, 3, 1, 1], [None, None, 2, 2, 0, 0]),
    "a median of two": (ta.rolling_quantile(2, 0.5), [1, 3, None, 5, 8, 6], [None, 2, None, None, 6.5, 7]),
    "no score where nothing moves": (ta.zscore(3), [1, 1, 1, 1, 4], [None] * 4 + [pytest.approx(2**0.5)]),
    "no skew where nothing moves": (ta.skew(3), [0.1, 0.1, 0.1, 0.1, 4], [None] * 4 + [ROOT_HALF]),
    "no tails where nothing moves": (ta.kurtosis(4), [0.1] * 5 + [9.0], [None] * 5 + [pytest.approx(-2 / 3)]),
    "tails of two levels": (ta.kurtosis(4), [1, 2, 2, 1, 1], [None] * 3 + [pytest.approx(-2)] * 2),
    "rounding is no move": (ta.zscore(3), [0.3, 0.1 + 0.2, 0.3, 0.3], [None] * 4),
    "what is too large is undefined": (
        ta.skew(3),
        [0, 0, 3, 1e71, 0, 0, 3],
        [None, None, ROOT_HALF, None, None, None, ROOT_HALF],
    ),
}


@pytest.mark.parametrize("name", WORKED)
def test_values_worked_by_hand(name: str) -> None:
    indicator, values, expected = WORKED[name]
    assert indicator(pl.Series(values, dtype=pl.Float64)).to_list() == expected


def test_a_million_bars_leave_nothing_behind() -> None:
    """Prices near a million on a cent, with a spike now and then; each window is as if it were the first."""
    rng = np.random.default_rng(8)
    n, rows = 200, 1_000_000
    x = np.round(1e6 + np.cumsum(rng.normal(0, 0.05, rows)), 2)
    x[::99_991] = 1e9
    y = np.round(x * 0.5 + rng.normal(0, 1, rows), 2)
    frame = pl.DataFrame({"close": x, "open": y})
    late = frame.tail(n + 100)
    for indicator in (
        ta.zscore(n),
        ta.skew(n),
        ta.kurtosis(n),
        ta.correl(n, against="open"),
        ta.beta(n, against="open"),
        ta.rolling_quantile(n, 0.3),
        ta.rolling_argmin(n),
    ):
        found, fresh = indicator(frame).tail(99).to_numpy(), indicator(late).tail(99).to_numpy()
        np.testing.assert_allclose(found, fresh, rtol=1e-9, atol=1e-10, err_msg=repr(indicator))


def test_two_inputs_are_told_apart() -> None:
    found: Market = {"close": walk(50, 1), "open": walk(50, 2)}
    frame = pl.DataFrame(found)
    assert frame.select(
        ta.correl(5, against="open").expr(), ta.correl(5, of="open", against="close").expr()
    ).columns == [
        "correl_5_open",
        "correl_5_open_close",
    ]
    one, other = ta.beta(5, against="open"), ta.beta(5, of="open", against="close")
    assert one != other
    assert not one(frame).equals(other(frame))
    of_two = ta.correl(20, of=ta.roc(1), against=ta.roc(1, of="open"))
    assert eval(repr(of_two), {"ta": ta}) == of_two
    assert of_two(frame).null_count() == 20


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: ta.skew(2), "from 3 to 1,000,000"),
    (lambda: ta.kurtosis(3), "from 4 to 1,000,000"),
    (lambda: ta.zscore(1), "from 2 to 1,000,000"),
    (lambda: ta.correl(1, against="open"), "from 2 to 1,000,000"),
    (lambda: ta.beta(5, against="opening"), "did you mean against='open'"),
    (lambda: ta.rolling_quantile(5, 1.1), "a number from 0 to 1 here, got 1.1"),
    (lambda: ta.rolling_quantile(5, NAN), "a number from 0 to 1"),
]


@pytest.mark.parametrize(("make", "says"), BAD)
def test_refusals(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        make()
