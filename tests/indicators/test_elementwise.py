"""Functions of one value: what Python's own library gives for each bar, and none where there is no value."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from readings import NAN
from watched import markets, streams

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator

MARKETS = markets()
READ: dict[str, tuple[Indicator, Callable[[float], float]]] = {
    "abs": (ta.abs(ta.close() - ta.open()), abs),
    "exp": (ta.exp(ta.close() - ta.open()), math.exp),
    "log": (ta.log(ta.close() - ta.open()), lambda x: math.log(x) if x > 0 else NAN),
    "sign": (ta.sign(ta.close() - ta.open()), lambda x: float(np.sign(x))),
    "sqrt": (ta.sqrt(ta.close() - ta.open()), lambda x: math.sqrt(x) if x >= 0 else NAN),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("market", MARKETS)
def test_of_a_difference(market: str, name: str) -> None:
    indicator, formula = READ[name]
    on = MARKETS[market]
    gaps = on["close"] - on["open"]
    expected = [formula(gap) if abs(gap) < 700 else NAN for gap in gaps]
    found = streams([indicator], on)[repr(indicator)]
    known = np.abs(gaps) < 700
    np.testing.assert_allclose(found[known], np.asarray(expected)[known], rtol=1e-15)


WORKED: dict[str, tuple[Indicator, list[float | None], list[float | None]]] = {
    "no logarithm of nothing": (ta.log(), [1, math.e, 0, -1, None, 1], [0, 1, None, None, None, 0]),
    "no root of a debt": (ta.sqrt(), [0, 2.25, -1, None], [0, 1.5, None, None]),
    "beyond what a float holds": (ta.exp(ta.close()), [0, 710, -800, None], [1, None, 0, None]),
    "a sign": (ta.sign(ta.close()), [3.5, -1e-300, 0, -0.0, None], [1, -1, 0, 0, None]),
    "a size": (abs(ta.close() - 2), [5, 1, 2, None], [3, 1, 0, None]),
    "a log return": (ta.log(ta.close() / ta.close().shift(1)), [1, math.e, math.e], [None, 1, 0]),
}


@pytest.mark.parametrize("name", WORKED)
def test_worked_by_hand(name: str) -> None:
    indicator, closes, expected = WORKED[name]
    found = indicator(pl.Series(closes, dtype=pl.Float64))
    assert found.to_list() == pytest.approx(expected)


def test_signals_with_a_logarithm_are_swept_as_they_run() -> None:
    @wb.signals
    def risen(days: int = 5) -> wb.Signals:
        gain = ta.log(ta.close() / ta.close().shift(days))
        return wb.Signals(entry=(gain > 0.02) & (abs(gain) < 0.2), exit=gain < -0.01)

    test = wb.Backtest(risen(), wb.sample["IBM"], start="2010-01-01")
    runs = test.sweep(days=[3, 5, 9]).run(progress=False)
    for days, final in runs.frame.select("days", "final_equity").iter_rows():
        run = test.with_params(days=days).run(progress=False)
        assert float(run.final_equity) == pytest.approx(float(final), abs=1e-9)
        assert run.fills.height > 0


@pytest.mark.parametrize("make", [ta.abs, ta.exp, ta.log, ta.sign, ta.sqrt])
def test_what_they_cannot_be_of(make: Callable[..., Indicator]) -> None:
    with pytest.raises(ParameterError, match=r'or an indicator, got 5; write ta\.\w+\(of="close"\)'):
        make(5)
    with pytest.raises(ParameterError, match="did you mean of='close'"):
        make("clsoe")
