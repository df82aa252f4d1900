"""Weights of books, against figures worked by hand and the conditions that define them."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pytest

from workbench.engine.books import ALLOCATIONS, Books, Sharing, weights

CALM = np.array([0.01, -0.01] * 20)
HALF = np.array([0.01, 0.01, -0.01, -0.01] * 10)  # as wide as CALM, and without any correlation to it
STILL = np.zeros(40)
FALL = np.array([*[0.0] * 39, -0.1])
ROUNDED = [np.tile([2e-5, 2e-5 + digits * 1e-20], 20) for digits in (1, 5)]  # interest on cash that lies
Rows = list[npt.NDArray[np.float64]]

CASES: dict[str, tuple[str, Rows, list[str]]] = {
    # 1 / 1 to 1 / 3.
    "three times as wide": ("inverse_volatility", [CALM, 3 * CALM], ["0.750000", "0.250000"]),
    # The still one counts as 2, the mean of 1 and 3: 6 / 11, 2 / 11 and 3 / 11.
    "one without any": ("inverse_volatility", [CALM, 3 * CALM, STILL], ["0.545454", "0.181818", "0.272727"]),
    "all without any": ("inverse_volatility", [STILL, STILL, STILL], ["0.333334", "0.333333", "0.333333"]),
    "all of rounding": ("inverse_volatility", ROUNDED, ["0.500000", "0.500000"]),
    "parity of rounding": ("risk_parity", ROUNDED, ["0.500000", "0.500000"]),
    "too few": ("inverse_volatility", [CALM[:19], 3 * CALM[:19]], ["0.500000", "0.500000"]),
    # Without correlation the risk of each is weight x deviation, so it is the same as above.
    "parity of two": ("risk_parity", [CALM, 3 * HALF], ["0.750000", "0.250000"]),
    # Two that are one and a third beside them: x^2 (1 + 1) = y^2, so y = x sqrt(2).
    "parity with a twin": ("risk_parity", [CALM, CALM, HALF], ["0.292893", "0.292893", "0.414214"]),
    # Opposites bring no risk together, however much there is of them.
    "parity with an opposite": ("risk_parity", [CALM, -CALM, HALF], ["0.500000", "0.500000", "0.000000"]),
    "parity of still ones": ("risk_parity", [STILL, STILL], ["0.500000", "0.500000"]),
    # A tenth lost is half of a fifth: 1 to 1 / 2.
    "half of the bound": ("drawdown", [STILL, FALL], ["0.666667", "0.333333"]),
    "beyond the bound": ("drawdown", [STILL, 3 * FALL], ["1.000000", "0.000000"]),
    "all beyond": ("drawdown", [3 * FALL, 3 * FALL], ["0.500000", "0.500000"]),
}


@pytest.mark.parametrize(("name", "returns", "expected"), CASES.values(), ids=CASES)
def test_weights(name: str, returns: Rows, expected: list[str]) -> None:
    found = [str(weight) for weight in weights(np.array(returns), ALLOCATIONS[name])]
    if name == "inverse_volatility" and len(returns) == 3 and returns[0].any():
        expected = ["0.545455", *expected[1:]]  # six elevenths are 0.5454545..
    assert found == expected


@pytest.mark.parametrize("own", [1.0, 0.1, 0.01, 1e-4])
@pytest.mark.parametrize("by", [0.7, -0.7, -3.0])
def test_parity_gives_every_book_the_same_risk(by: float, own: float) -> None:
    """Also where one moves nearly as another one does, or against it."""
    returns = np.random.default_rng(3).normal(0, [[0.01], [0.02], [0.03], [0.015]], (4, 250))
    returns[1] = own * returns[1] + by * returns[0]
    weight = ALLOCATIONS["risk_parity"](returns)
    risk = weight * (np.cov(returns) @ weight)
    assert np.allclose(risk / risk.sum(), 0.25, atol=1e-5)


PERIODS: dict[str, tuple[str | None, list[str], list[bool]]] = {
    "days": ("1d", ["2024-01-31", "2024-02-01", "2024-02-01"], [False, True, False]),
    "weeks begin on Monday": ("1w", ["2024-02-02", "2024-02-04", "2024-02-05"], [False, False, True]),
    "months": ("1mo", ["2024-01-31", "2024-02-01", "2024-02-29"], [False, True, False]),
    "quarters": ("3mo", ["2024-02-29", "2024-03-31", "2024-04-01"], [False, False, True]),
    "years": ("1y", ["2023-12-29", "2024-01-02", "2024-12-31"], [False, True, False]),
    "never": (None, ["2023-12-29", "2024-01-02"], [False, False]),
}


@pytest.mark.parametrize(("every", "days", "due"), PERIODS.values(), ids=PERIODS)
def test_a_new_period_begins(every: str | None, days: list[str], due: list[bool]) -> None:
    sharing = Sharing(Books(("a", "b"), ("0.5", "0.5"), "drawdown", every, 63))
    since = [(date.fromisoformat(day) - date(1970, 1, 1)).days for day in days]
    assert [sharing.lookback(day) == 63 for day in since] == due
