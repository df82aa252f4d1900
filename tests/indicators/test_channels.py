"""Channels against slow, obvious readings of their formulas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from readings import ema, true_ranges, wilder, windows
from watched import Market, markets, streams

from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Outputs

MARKETS = markets()
Bands = dict[str, list[float]]


def keltner(m: Market, n: int, multiplier: float, atr: int) -> Bands:
    close = m["close"].tolist()
    ranges = wilder(true_ranges(m["high"].tolist(), m["low"].tolist(), close), atr)
    # Where there is no range yet there is no channel, and no middle of it.
    middle = [x + 0 * r for x, r in zip(ema(close, n), ranges, strict=True)]
    upper, lower = ([x + side * multiplier * r for x, r in zip(middle, ranges, strict=True)] for side in (1, -1))
    return {"upper": upper, "middle": middle, "lower": lower}


def donchian(m: Market, n: int) -> Bands:
    upper, lower = windows(m["high"].tolist(), n, max), windows(m["low"].tolist(), n, min)
    return {"upper": upper, "middle": [(a + b) / 2 for a, b in zip(upper, lower, strict=True)], "lower": lower}


ROWS: list[tuple[Callable[..., Outputs], Callable[..., Bands], tuple[float, ...]]] = [
    *((ta.keltner, keltner, each) for each in ((20, 2, 10), (5, 1.5, 30), (1, 0.01, 1))),
    *((ta.donchian, donchian, (n,)) for n in (1, 5, 20)),
]


@pytest.mark.parametrize("name", MARKETS)
def test_outputs_follow_the_formulas(name: str) -> None:
    on = MARKETS[name]
    found = streams([each for ours, _, numbers in ROWS for each in ours(*numbers).each.values()], on)
    for ours, formula, numbers in ROWS:
        for output, expected in formula(on, *numbers).items():
            indicator = ours(*numbers).each[output]
            np.testing.assert_allclose(found[repr(indicator)], expected, rtol=1e-9, err_msg=repr(indicator))


def test_values_worked_by_hand() -> None:
    frame = pl.DataFrame({"high": [3.0, 5.0, 6.0], "low": [1.0, 3.0, 2.0], "close": [2.0, 4.0, 5.0]})
    assert ta.donchian(2)(frame).rows() == [(None, None, None), (5, 3, 1), (6, 4, 2)]
    # The mean of 2 and 4, then two thirds of the way to 5; true ranges 3 and 4.
    middle = 3 + 2 * (5 - 3) / 3
    assert ta.keltner(2, 2, 1)(frame).rows() == [
        (None, None, None),
        (9, 3, -3),
        pytest.approx((middle + 8, middle, middle - 8)),
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ta.keltner(multiplier=101),
            "ta.keltner takes a number from 0.01 to 100 here, got 101; write ta.keltner(20, multiplier=2)",
        ),
        (
            lambda: ta.donchian(0),
            "ta.donchian takes a whole number of bars from 1 to 1,000,000, got 0; write ta.donchian(20)",
        ),
    ],
    ids=["too wide", "no bars"],
)
def test_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        call()
    assert str(caught.value) == message
