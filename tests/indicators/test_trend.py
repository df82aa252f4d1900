"""Trend indicators that TA-Lib does not have against slow, obvious readings of their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from readings import NAN, ema, true_ranges, wilder, windows
from watched import Market, market, markets, streams

from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator, Outputs

MARKETS = markets()


def mass_index(m: Market, n: int, smooth: int) -> list[float]:
    ranges = (m["high"] - m["low"]).tolist()
    once = ema(ranges, smooth)
    twice = ema(once, smooth)
    ratios = [1.0 if b == 0 else a / b for a, b in zip(once, twice, strict=True)]
    return windows(ratios, n, sum)


def vortex(m: Market, n: int) -> dict[str, list[float]]:
    high, low = m["high"].tolist(), m["low"].tolist()
    up = [NAN, *(abs(h - before) for h, before in zip(high[1:], low, strict=False))]
    down = [NAN, *(abs(lo - before) for lo, before in zip(low[1:], high, strict=False))]
    sums = [windows(part, n, math.fsum) for part in (up, down, true_ranges(high, low, m["close"].tolist()))]
    return {
        name: [0.0 if ranges == 0 else part / ranges for part, ranges in zip(sums[side], sums[2], strict=True)]
        for side, name in enumerate(("plus", "minus"))
    }


def supertrend(m: Market, n: int, multiplier: float) -> dict[str, list[float]]:
    """As a chart would be drawn by hand: one stop at a time, which is the other one after a turn."""
    high, low, close = (m[name].tolist() for name in ("high", "low", "close"))
    ranges = wilder(true_ranges(high, low, close), n)
    line, direction = [NAN] * n, [NAN] * n
    upper = lower = 0.0
    rising = False
    for i in range(n, len(close)):
        above, below = ((high[i] + low[i]) / 2 + side * multiplier * ranges[i] for side in (1, -1))
        if i == n or above < upper or close[i - 1] > upper:
            upper = above
        if i == n or below > lower or close[i - 1] < lower:
            lower = below
        if rising and close[i] < lower:
            rising = False
        elif not rising and close[i] > upper:
            rising = True
        line.append(lower if rising else upper)
        direction.append(1 if rising else -1)
    return {"line": line, "direction": direction}


def middles(m: Market, n: int) -> list[float]:
    highest, lowest = windows(m["high"].tolist(), n, max), windows(m["low"].tolist(), n, min)
    return [(a + b) / 2 for a, b in zip(highest, lowest, strict=True)]


def ichimoku(m: Market, conversion: int, base: int, span: int, displacement: int) -> dict[str, list[float]]:
    short, long = middles(m, conversion), middles(m, base)
    a, b = [(x + y) / 2 for x, y in zip(short, long, strict=True)], middles(m, span)
    # What is drawn ahead of a bar has been made at an earlier one.
    drawn = [([NAN] * displacement + made)[: len(made)] for made in (a, b)]
    return {"conversion": short, "base": long, "span_a": drawn[0], "span_b": drawn[1]}


SEVERAL: list[tuple[Callable[..., Outputs], Callable[..., dict[str, list[float]]], tuple[float, ...]]] = [
    *((ta.vortex, vortex, (n,)) for n in (1, 5, 14)),
    *((ta.supertrend, supertrend, each) for each in ((10, 3), (1, 0.5), (7, 1.25), (3, 0.01))),
    *((ta.ichimoku, ichimoku, each) for each in ((9, 26, 52, 26), (3, 7, 5, 0), (7, 3, 2, 1))),
]


@pytest.mark.parametrize("name", MARKETS)
def test_outputs_follow_the_formulas(name: str) -> None:
    on = MARKETS[name]
    found = streams([each for ours, _, numbers in SEVERAL for each in ours(*numbers).each.values()], on)
    for ours, formula, numbers in SEVERAL:
        for output, expected in formula(on, *numbers).items():
            indicator = ours(*numbers).each[output]
            np.testing.assert_allclose(found[repr(indicator)], expected, rtol=1e-9, atol=1e-12, err_msg=repr(indicator))


def bars(*rows: tuple[float, float, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(("high", "low", "close"), pl.Float64), orient="row")


def test_a_trend_worked_by_hand() -> None:
    # Middles 11, 12, 10 and 9 from the second bar on, each with its own range.
    frame = bars((11, 9, 10), (12, 10, 11), (13, 11, 13.0), (11, 9, 11), (10, 8, 8))
    ranges = ta.trange()(frame).to_list()
    assert ranges == [None, 2, 2, 4, 3]
    found = ta.supertrend(1, 1)(frame)
    # Above lie 13, 14, 14 and 12, of which the lowest yet is kept; no close is above it, the third is at it.
    assert found["supertrend.line"].to_list() == [None, 13, 13, 13, 12]
    assert found["supertrend.direction"].to_list() == [None, -1, -1, -1, -1]
    # At half a range the upper stop is 12, which 13 passes; the lower one, then 11, is not passed by 11 but by 8.
    found = ta.supertrend(1, 0.5)(frame)
    assert found["supertrend.line"].to_list() == [None, 12, 11, 11, 10.5]
    assert found["supertrend.direction"].to_list() == [None, -1, 1, 1, -1]


def test_movement_worked_by_hand() -> None:
    frame = bars((10, 8, 9), (12, 9, 11), (11, 7, 8), (11, 7, 9))
    # Ups 2, 0, 0; downs 0, 2, 0; ranges 3, 4, 4. Smoothed over 2: up 2, 1, 0.5 (the first is a seed) and so on.
    up, down = [None, None, 100 * 1 / 5.5, 100 * 0.5 / 6.75], [None, None, 100 * 2 / 5.5, 100 * 1 / 6.75]
    assert ta.plus_di(2)(frame).to_list() == pytest.approx(up)
    assert ta.minus_di(2)(frame).to_list() == pytest.approx(down)
    assert ta.dx(2)(frame).to_list() == pytest.approx([None, None, 100 / 3, 100 / 3])
    assert ta.adx(2)(frame).to_list() == pytest.approx([None, None, None, 100 / 3])
    both = ta.vortex(1)(frame)
    assert both["vortex.plus"].to_list() == pytest.approx([None, 4 / 3, 2 / 4, 4 / 4])
    assert both["vortex.minus"].to_list() == pytest.approx([None, 1 / 3, 5 / 4, 4 / 4])
    late = ta.aroon(2)(frame)
    assert late["aroon.up"].to_list() == [None, None, 50, 0]
    assert late["aroon.down"].to_list() == [None, None, 100, 100]
    assert ta.aroon_osc(2)(frame).to_list() == [None, None, -50, -100]


def test_prices_that_stop_moving() -> None:
    close = [50.0, 0.3, 1e6, 0.1, 77.7] + [1 / 3] * 40
    still = pl.DataFrame(dict.fromkeys(("high", "low", "close"), close))
    assert ta.vortex(5)(still).tail(30).sum().row(0) == (0, 0)
    assert set(ta.mass_index(5, 2)(pl.DataFrame(market(np.full(20, 9.0)))).to_list()) == {None, 5}
    for indicator in (ta.plus_di(5), ta.minus_di(5), ta.dx(5), ta.adx(5), ta.adxr(5)):
        assert indicator(still.tail(40)).drop_nulls().unique().to_list() == [0]


ROWS: list[tuple[Callable[..., Indicator], Callable[..., list[float]], tuple[int, ...]]] = [
    *((ta.mass_index, mass_index, pair) for pair in ((25, 9), (1, 1), (4, 2))),
]


@pytest.mark.parametrize("name", MARKETS)
def test_streams_follow_the_formulas(name: str) -> None:
    on = MARKETS[name]
    found = streams([ours(*numbers) for ours, _, numbers in ROWS], on)
    for ours, formula, numbers in ROWS:
        indicator = ours(*numbers)
        np.testing.assert_allclose(
            found[repr(indicator)], formula(on, *numbers), rtol=1e-9, atol=1e-12, err_msg=repr(indicator)
        )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ta.adx(1), "ta.adx takes a whole number of bars from 2 to 1,000,000, got 1; write ta.adx(20)"),
        (
            lambda: ta.sar(0.3),
            "ta.sar takes a number from 0 to 0.2 here, got 0.3; write ta.sar(acceleration=0.02)",
        ),
        (
            lambda: ta.supertrend(multiplier=0),
            "ta.supertrend takes a number from 0.01 to 100 here, got 0; write ta.supertrend(10, multiplier=3)",
        ),
        (
            lambda: ta.ichimoku(displacement=-1),
            "displacement=-1 of ta.ichimoku would look ahead; give the bars since the spans were made, from 0 on: "
            "displacement=1 is the cloud that a chart draws at the bar",
        ),
        (lambda: ta.sar(maximum=2), "ta.sar takes a number from 0 to 1 here, got 2; write ta.sar(0.02, maximum=0.2)"),
    ],
    ids=["no change", "faster than the fastest", "no distance", "ahead", "beyond the extreme"],
)
def test_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        call()
    assert str(caught.value) == message
