"""Oscillators that TA-Lib does not have against slow, obvious readings of their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from readings import NAN, Values, changes, ema, sma
from watched import Market, market, markets, streams

from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator

MARKETS = markets()


def middles(m: Market) -> list[float]:
    return [(high + low) / 2 for high, low in zip(m["high"], m["low"], strict=True)]


def ao(m: Market, fast: int, slow: int) -> list[float]:
    return [a - b for a, b in zip(sma(middles(m), fast), sma(middles(m), slow), strict=True)]


def dpo(m: Market, n: int) -> list[float]:
    close, back = m["close"].tolist(), n // 2 + 1
    means = sma(close, n)
    return [NAN if i < n - 1 else close[i - back] - means[i] for i in range(len(close))]


def rate(close: Values, n: int) -> list[float]:
    return [NAN] * n + [100 * (new / old - 1) for old, new in zip(close, close[n:], strict=False)]


def kst(m: Market, *lengths: int) -> list[float]:
    close = m["close"].tolist()
    parts = [sma(rate(close, roc), mean) for roc, mean in zip(lengths[:4], lengths[4:], strict=True)]
    return [a + 2 * b + 3 * c + 4 * d for a, b, c, d in zip(*parts, strict=True)]


def fisher(m: Market, n: int) -> list[float]:
    x, value, out = middles(m), 0.0, 0.0
    found = [NAN] * (n - 1)
    for i in range(n - 1, len(x)):
        window = x[i + 1 - n : i + 1]
        top, bottom = max(window), min(window)
        place = 0.5 if top == bottom else (x[i] - bottom) / (top - bottom)
        value = 0.33 * 2 * (place - 0.5) + 0.67 * value
        value = 0.999 if value > 0.99 else -0.999 if value < -0.99 else value
        out = 0.5 * math.log((1 + value) / (1 - value)) + 0.5 * out
        found.append(out)
    return found


def tsi(m: Market, slow: int, fast: int) -> list[float]:
    steps = changes(m["close"].tolist())
    up, size = ema(ema(steps, slow), fast), ema(ema([abs(step) for step in steps], slow), fast)
    return [0.0 if b == 0 else 100 * a / b for a, b in zip(up, size, strict=True)]


ROWS: list[tuple[Callable[..., Indicator], Callable[..., list[float]], tuple[int, ...]]] = [
    *((ta.ao, ao, pair) for pair in ((5, 34), (1, 2), (3, 10))),
    *((ta.dpo, dpo, (n,)) for n in (3, 4, 9, 20)),
    (ta.kst, kst, (10, 15, 20, 30, 10, 10, 10, 15)),
    (ta.kst, kst, (1, 2, 3, 4, 1, 9, 2, 1)),
    (ta.kst, kst, (30, 3, 2, 1, 15, 1, 1, 1)),
    *((ta.fisher, fisher, (n,)) for n in (2, 5, 10)),
    *((ta.tsi, tsi, pair) for pair in ((25, 13), (5, 7), (1, 1), (1, 4))),
]


@pytest.mark.parametrize("name", MARKETS)
def test_streams_follow_the_formulas(name: str) -> None:
    on = MARKETS[name]
    found = streams([ours(*numbers) for ours, _, numbers in ROWS], on)
    for ours, formula, numbers in ROWS:
        indicator, expected = ours(*numbers), formula(on, *numbers)
        scale = float(np.nanmax(np.abs(expected), initial=1))
        np.testing.assert_allclose(
            found[repr(indicator)], expected, rtol=1e-9, atol=1e-12 * scale, err_msg=repr(indicator)
        )


def test_values_worked_by_hand() -> None:
    on = market(np.array([1.0, 2.0, 4.0, 3.0, 3.0])) | {
        "high": np.array([2.0, 3.0, 5.0, 4.0, 4.0]),
        "low": np.array([1.0, 1.0, 2.0, 2.0, 3.0]),
    }
    found = streams([ta.dpo(3), ta.ao(1, 2), ta.tsi(1, 1), ta.ultosc(1, 2, 3)], on)
    # The close of two bars ago less the mean of three: 1 - 7/3, 2 - 3, 4 - 10/3.
    assert found["ta.dpo(3)"].tolist() == pytest.approx([NAN, NAN, -4 / 3, -1, 2 / 3], nan_ok=True)
    # Middles 1.5, 2, 3.5, 3, 3.5, each less the mean of it and the one before.
    assert found["ta.ao(1, 2)"].tolist() == pytest.approx([NAN, 0.25, 0.75, -0.25, 0.25], nan_ok=True)
    assert found["ta.tsi(1, 1)"].tolist() == pytest.approx([NAN, 100, 100, -100, 0], nan_ok=True)
    # Pressures 1, 2, 1, 0 over ranges 2, 3, 2, 1: (4/2 + 2 * 3/5 + 4/7) / 7 and (0 + 2 * 1/3 + 3/6) / 7.
    fourth, fifth = 100 * (2 + 6 / 5 + 4 / 7) / 7, 100 * (2 / 3 + 1 / 2) / 7
    assert found["ta.ultosc(1, 2, 3)"].tolist() == pytest.approx([NAN, NAN, NAN, fourth, fifth], nan_ok=True)


def test_prices_that_stop_moving() -> None:
    close = np.concatenate([np.array([50.0, 0.3, 1e6, 0.1, 77.7]), np.full(40, 1 / 3)])
    indicators = [ta.ultosc(2, 3, 5), ta.tsi(2, 2), ta.ao(2, 5), ta.dpo(5)]
    for text, values in streams(indicators, market(close) | {"high": close, "low": close, "open": close}).items():
        if "tsi" not in text:
            assert abs(values[-1]) < 1e-15, text
        assert np.isfinite(values[10:]).all(), text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ta.ultosc(7, 7, 28), "ta.ultosc takes windows that grow, got 7, 7 and 28; write ta.ultosc(7, 14, 28)"),
        (
            lambda: ta.ao(34, 5),
            "ta.ao takes a fast window shorter than the slow one, got 34 and 5; write ta.ao(12, 26)",
        ),
        (
            lambda: ta.dpo(2),
            "ta.dpo takes a whole number of bars from 3 to 1,000,000, got 2; write ta.dpo(20)",
        ),
        (
            lambda: ta.ppo(12, 26, ma="wma"),  # type: ignore[arg-type]
            "ta.ppo takes ma='sma' or ma='ema', got 'wma'; write ta.ppo(12, 26, ma='ema')",
        ),
        (
            lambda: ta.kst(10, 15, 20, 30, sma4=0),
            "ta.kst takes a whole number of bars from 1 to 1,000,000, got 0; write ta.kst(20)",
        ),
    ],
    ids=["windows that do not grow", "fast and slow mixed up", "no past", "an average nobody has", "no average"],
)
def test_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        call()
    assert str(caught.value) == message


def test_exponential_kinds() -> None:
    on = MARKETS["a walk"]
    exponential, plain = ta.apo(5, 20, ma="ema"), ta.ema(5) - ta.ema(20)
    found = streams([exponential, plain], on)
    np.testing.assert_array_equal(found[repr(exponential)], found[repr(plain)])
    assert repr(ta.ppo(5, 20, "high", ma="ema", every="1h")) == "ta.ppo(5, 20, of='high', ma='ema', every='1h')"
    assert ta.ppo(5, 20, ma="sma") == ta.ppo(5, 20) != ta.ppo(5, 20, ma="ema")
