"""Trend indicators that TA-Lib does not have against slow, obvious readings of their formulas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from readings import ema, windows
from watched import Market, markets, streams

from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator

MARKETS = markets()


def mass_index(m: Market, n: int, smooth: int) -> list[float]:
    ranges = (m["high"] - m["low"]).tolist()
    once = ema(ranges, smooth)
    twice = ema(once, smooth)
    ratios = [1.0 if b == 0 else a / b for a, b in zip(once, twice, strict=True)]
    return windows(ratios, n, sum)


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
        (lambda: ta.sar(maximum=2), "ta.sar takes a number from 0 to 1 here, got 2; write ta.sar(0.02, maximum=0.2)"),
    ],
    ids=["no change", "faster than the fastest", "beyond the extreme"],
)
def test_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        call()
    assert str(caught.value) == message
