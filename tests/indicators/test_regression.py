"""The straight line through a window, against fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from readings import NAN, Values, windows
from watched import market, markets, streams, walk

from workbench import ta

MARKETS = markets()
LENGTHS = (2, 3, 9, 30)


def line(values: Values) -> tuple[Fraction, Fraction, Fraction | float]:
    """Intercept, slope and R squared, exactly; there is none of the last where nothing moves."""
    y = [Fraction(value) for value in values]
    n = len(y)
    middle, mean = Fraction(n - 1, 2), sum(y) / n
    spread = sum((i - middle) ** 2 for i in range(n))
    slope = sum((i - middle) * (value - mean) for i, value in enumerate(y)) / spread
    total = sum((value - mean) ** 2 for value in y)
    return mean - slope * middle, slope, slope**2 * spread / total if total else NAN


def expected(values: Values, n: int) -> dict[str, list[float]]:
    def told(what: int) -> list[float]:
        return windows(values, n, lambda window: float(line(window)[what]))

    intercept, slope, squared = told(0), told(1), told(2)
    return {
        "linreg_intercept": intercept,
        "linreg_slope": slope,
        "linreg_r2": squared,
        "linreg": [a + b * (n - 1) for a, b in zip(intercept, slope, strict=True)],
        "tsf": [a + b * n for a, b in zip(intercept, slope, strict=True)],
        "linreg_angle": np.degrees(np.arctan(slope)).tolist(),
    }


STEEP = np.concatenate([walk(40, 5), walk(40, 6) + 1e7, np.round(1e-3 * walk(40, 7), 5)])


@pytest.mark.parametrize("n", LENGTHS)
def test_a_line_keeps_its_digits(n: int) -> None:
    on = market(walk(120, 9)) | {"volume": STEEP}
    names = list(expected([1.0, 2.0], 2))
    found = streams([getattr(ta, name)(n, of="volume") for name in names], on)
    for name, values in expected(STEEP.tolist(), n).items():
        ours = found[f"ta.{name}({n}, of='volume')"]
        # What a float is of a level of 1e7 is 1e-9; a slope is taken from exact sums.
        exact = name in ("linreg_slope", "linreg_r2", "linreg_angle")
        np.testing.assert_allclose(ours, values, rtol=1e-11, atol=1e-12 if exact else 1e-8, err_msg=name)


@pytest.mark.parametrize("name", MARKETS)
def test_r_squared(name: str) -> None:
    on = {key: column[:200] for key, column in MARKETS[name].items()}
    found = streams([ta.linreg_r2(n) for n in LENGTHS], on)
    for n in LENGTHS:
        ours = found[f"ta.linreg_r2({n})"]
        share = windows(on["close"].tolist(), n, lambda window: float(line(window)[2]))
        np.testing.assert_allclose(ours, share, rtol=1e-9, atol=1e-12)
        assert np.nanmax(ours, initial=0) <= 1


def test_what_does_not_move_has_no_slope() -> None:
    values = np.concatenate([np.array([1e9, 3.3, 1e-9]), np.full(10, 0.1)])
    on = market(walk(13, 1)) | {"volume": values}
    found = streams([ta.linreg_slope(4, of="volume"), ta.linreg(4, of="volume"), ta.linreg_r2(4, of="volume")], on)
    assert found["ta.linreg_slope(4, of='volume')"][6:].tolist() == [0] * 7
    assert found["ta.linreg(4, of='volume')"][6:].tolist() == pytest.approx([0.1] * 7, rel=1e-15)
    assert np.isnan(found["ta.linreg_r2(4, of='volume')"][6:]).all()
