"""Equal to TA-Lib, first value included, wherever it has the indicator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib
from watched import Column, Market, markets, streams

from workbench import ta
from workbench.indicators import Indicator

LENGTHS = (2, 3, 6, 14, 45)
MARKETS = markets()
Rows = list[tuple[Indicator, Callable[[Market], Column]]]


def of_close(ours: Callable[..., Indicator], theirs: Callable[..., Any], *more: float) -> Rows:
    """One row per length."""
    return [(ours(n, *more), lambda m, n=n: theirs(m["close"], n, *more)) for n in LENGTHS]


def rows() -> Rows:
    table = [
        of_close(ours, getattr(talib, ours.__name__.upper()))
        for ours in (ta.sma, ta.ema, ta.wma, ta.dema, ta.tema, ta.trima, ta.kama, ta.midpoint)
    ]
    table += [
        [(ta.t3(n, v), lambda m, n=n, v=v: talib.T3(m["close"], n, v)) for n in LENGTHS] for v in (0, 0.3, 0.7, 1)
    ]
    return [row for some in table for row in some]


ROWS = rows()


@pytest.mark.parametrize("name", MARKETS)
def test_equal_to_talib(name: str) -> None:
    market = MARKETS[name]
    found = streams([indicator for indicator, _ in ROWS], market)
    for indicator, theirs in ROWS:
        ours, expected = found[repr(indicator)], theirs(market)
        assert np.array_equal(np.isnan(ours), np.isnan(expected)), f"{indicator}: begins elsewhere"
        # An oscillator near zero is measured against what it is made of.
        scale = float(np.nanmax(np.abs(expected), initial=1.0))
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12 * scale, err_msg=repr(indicator))
