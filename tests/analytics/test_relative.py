"""A run beside a benchmark: by hand, against empyrical-reloaded, and where the figures do not exist."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from workbench.analytics.relative import RELATIVE, beside, relative
from workbench.analytics.rolling import rolling
from workbench.errors import NumberError

FIRST = date(2024, 1, 1)


def pairs(own: list[float | None], other: list[float | None]) -> pl.DataFrame:
    days = [FIRST + timedelta(i) for i in range(len(own))]
    schema = {"session": pl.Date, "return": pl.Float64, "benchmark": pl.Float64}
    return pl.DataFrame({"session": days, "return": own, "benchmark": other}, schema=schema)


OWN = [0.01, -0.04, 0.03, -0.02, 0.0]
OTHER = [0.02, -0.02, 0.02, -0.02, 0.0]
# Means -0.004 and 0; products of differences, in 1e-6: 14*20 + 36*20 + 34*20 + 16*20 + 0 = 2000; the benchmark's
# squares 1600, its own 2920; differences of returns -10, -20, 10, 0, 0 thousandths: mean -4, squares 36+256+196+16+16.
BETA, GAP, APART = 2000 / 1600, -0.004, math.sqrt(520 / 4) / 1000


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("beta", BETA),
        ("alpha", (1 - 0.004) ** 252 - 1),
        ("correlation", 2000 / math.sqrt(1600 * 2920)),
        ("tracking_error", APART * math.sqrt(252)),
        ("information_ratio", GAP / APART * math.sqrt(252)),
    ],
)
def test_by_hand(name: str, wanted: float) -> None:
    found = relative(pairs(OWN, OTHER), 252.0)
    assert found.values[name] == pytest.approx(wanted, rel=1e-12)
    assert not found.reasons
    assert list(found.values) == list(RELATIVE)


@pytest.mark.parametrize(
    ("own", "other", "reasons"),
    [
        ([0.1], [0.1], dict.fromkeys(RELATIVE, "fewer than two sessions in common")),
        (
            [0.1, 0.2],
            [0.1, 0.1],
            dict.fromkeys(("beta", "alpha", "correlation"), "the benchmark's returns do not vary"),
        ),
        ([0.1, 0.1, 0.1], [0.1, 0.2, 0.0], {"correlation": "the returns do not vary"}),
        ([0.1, 0.2], [0.1, 0.2], {"information_ratio": "the difference of the returns does not vary"}),
    ],
    ids=["one", "still benchmark", "still run", "the same"],
)
def test_undefined_with_a_reason(own: list[float], other: list[float], reasons: dict[str, str]) -> None:
    found = relative(pairs(own, other), 252.0)
    assert found.reasons == reasons
    assert [name for name, value in found.values.items() if value is None] == list(reasons)


def test_only_sessions_in_common_count() -> None:
    own = pairs([0.1, 0.2, None], [None] * 3).select("session", "return")
    other = pairs([None, 0.4, 0.3], [None] * 3).select("session", "return")
    assert beside(own, other).rows() == [(FIRST + timedelta(1), 0.2, 0.4)]


def walks(n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(n)
    other = random.normal(0.0, 0.01, n)
    return 0.5 * other + random.normal(0.0, 0.005, n), other


@pytest.mark.parametrize("n", [2, 10, 500])
def test_equal_to_empyrical(n: int) -> None:
    import empyrical
    import pandas as pd

    own, other = walks(n)
    found = relative(pairs(own.tolist(), other.tolist()), 252.0).values
    # The array twin of empyrical's beta masks too much; a Series goes the way of its users.
    index = pd.date_range("2024-01-01", periods=n)
    a, b = pd.Series(own, index), pd.Series(other, index)
    assert found["beta"] == pytest.approx(empyrical.beta(a, b), rel=1e-9)
    assert found["alpha"] == pytest.approx(empyrical.alpha(a, b), rel=1e-9)
    wanted = empyrical.excess_sharpe(a, b) * math.sqrt(252)
    assert found["information_ratio"] == pytest.approx(wanted, rel=1e-9)


def test_rolling_by_hand() -> None:
    # Windows of two: deviations are the difference / sqrt(2), so the Sharpe ratio is sum / |difference| / sqrt(2).
    found = rolling(pairs([0.01, 0.03, 0.03, -0.01], [0.02, 0.06, 0.06, 0.04]), 2, 252.0)
    sharpe = [0.04 / 0.02 / math.sqrt(2) * math.sqrt(252), None, 0.02 / 0.04 / math.sqrt(2) * math.sqrt(252)]
    assert found["session"].to_list() == [FIRST + timedelta(i) for i in (1, 2, 3)]
    assert found["sharpe"].to_list() == pytest.approx(sharpe)
    assert found["volatility"].to_list() == pytest.approx(
        [0.02 / math.sqrt(2) * math.sqrt(252), 0.0, 0.04 / math.sqrt(2) * math.sqrt(252)], abs=1e-9
    )
    assert found["beta"].to_list() == pytest.approx([0.5, None, 2.0])


def test_rolling_is_equal_to_empyrical() -> None:
    import empyrical
    import pandas as pd

    own, other = walks(60)
    found = rolling(pairs(own.tolist(), other.tolist()), 20, 252.0)
    index = pd.date_range("2024-01-01", periods=60)
    a, b = pd.Series(own, index), pd.Series(other, index)
    assert found["sharpe"].to_list() == pytest.approx(empyrical.roll_sharpe_ratio(a, window=20).tolist(), rel=1e-9)
    assert found["beta"].to_list() == pytest.approx(empyrical.roll_beta(a, b, window=20).tolist(), rel=1e-9)
    deviation = empyrical.roll_annual_volatility(a, window=20)
    assert found["volatility"].to_list() == pytest.approx(deviation.tolist(), rel=1e-9)


def test_a_window_has_two_returns() -> None:
    with pytest.raises(NumberError, match="a window of 1 returns has no deviation; give 2 or more"):
        rolling(pairs(OWN, OTHER), 1, 252.0)


def test_a_run_shorter_than_the_window_has_no_row() -> None:
    assert rolling(pairs(OWN, OTHER), 6, 252.0).is_empty()
