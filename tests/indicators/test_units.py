"""What indicators measure, composed ones as it is done on paper."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench import ta
from workbench.indicators.units import Unit, unit


class Ours(wb.Indicator):
    measures = "level"

    def update(self, bar: wb.Bar) -> float:
        return bar.close


OURS: wb.Indicator = Ours()  # type: ignore[call-arg]
UNITS: list[tuple[wb.Indicator, Unit]] = [
    (ta.high(), "level"),
    (ta.volume(), "other"),
    (ta.sma(3), "level"),
    (ta.sma(3, every="1h").shift(2), "level"),
    (ta.sma(3, of="volume"), "other"),
    (ta.sma(3, of=ta.rsi(14)), "other"),
    (ta.sma(3, of=ta.atr(14)), "distance"),
    (ta.stddev(3, of="volume"), "other"),
    (ta.ema(20) + 2 * ta.atr(10), "level"),
    (ta.ema(20) - ta.atr(10) / 2, "level"),
    (ta.close() * 1.02, "level"),
    ((ta.high() + ta.low()) / 2, "level"),
    (1 / ta.close(), "other"),
    (ta.close() / ta.sma(20), "other"),
    (ta.close() - ta.sma(20), "distance"),
    (ta.atr(5) - ta.atr(10), "distance"),
    (ta.close() - 100, "level"),
    (-ta.atr(10), "distance"),
    (abs(ta.close() - ta.sma(20)), "distance"),
    (ta.log(), "other"),
    (ta.close() + ta.rsi(14), "other"),
    (ta.close().on("KO"), "other"),
    (ta.close() > 5, "other"),
    (ta.macd().line, "distance"),
    (ta.bbands().upper, "level"),
    (ta.bbands().percent_b, "other"),
    (ta.bbands(of="volume").upper, "other"),
    (ta.vwap(), "level"),
    (ta.pivots().r1, "level"),
    (ta.pivots_fibonacci().s3, "level"),
    (ta.pivots_camarilla(every="1w").pivot, "level"),
    (ta.close() - ta.pivots().pivot, "distance"),
    (OURS, "level"),
]


@pytest.mark.parametrize(("indicator", "expected"), UNITS, ids=lambda each: str(each))
def test_unit(indicator: wb.Indicator, expected: Unit) -> None:
    assert unit(indicator) == expected
