"""Bad days: by hand, against empyrical-reloaded, and where the figures do not exist."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from workbench.analytics.risk import RISK, expected_shortfall, risk, value_at_risk
from workbench.errors import NumberError

FIVE = pl.Series([0.01, -0.04, 0.03, -0.02, 0.0])


@pytest.mark.parametrize(
    ("level", "var", "cvar"),
    [
        # Sorted: -0.04, -0.02, 0, 0.01, 0.03. Of 4 gaps the part 1 - level is gone through; floor(part of 4) + 1 count.
        (0.75, -0.02, -0.03),
        (0.5, 0.0, -0.02),
        (0.9, -0.04 + 0.4 * 0.02, -0.04),
        (0.95, -0.04 + 0.2 * 0.02, -0.04),
        (0.99, -0.04 + 0.04 * 0.02, -0.04),
    ],
)
def test_five_returns_by_hand(level: float, var: float, cvar: float) -> None:
    assert value_at_risk(FIVE, level) == pytest.approx(var, abs=1e-15)
    assert expected_shortfall(FIVE, level) == pytest.approx(cvar, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("var_95", -0.036),
        ("cvar_95", -0.04),
        ("var_99", -0.0392),
        ("cvar_99", -0.04),
        ("worst_session", -0.04),
        ("best_session", 0.03),
        ("winning_sessions", 0.4),
        # Mean -0.004; differences 14, -36, 34, -16, 4 thousandths: squares sum to 2920, cubes to -8640, fourth powers
        # to 3,120,160.
        ("skew", -8640 / 5 / (2920 / 5) ** 1.5),
        ("excess_kurtosis", 3_120_160 / 5 / (2920 / 5) ** 2 - 3),
    ],
)
def test_figures_by_hand(name: str, wanted: float) -> None:
    found = risk(FIVE)
    assert found.values[name] == pytest.approx(wanted, rel=1e-12)
    assert not found.reasons
    assert list(found.values) == list(RISK)


@pytest.mark.parametrize("n", [2, 3, 20, 21, 100, 101, 999])
@pytest.mark.parametrize("cutoff", [0.05, 0.01, 0.25])
def test_equal_to_empyrical(n: int, cutoff: float) -> None:
    import empyrical

    returns = np.random.default_rng(n).normal(0.0, 0.01, n)
    series = pl.Series(returns)
    assert value_at_risk(series, 1 - cutoff) == pytest.approx(empyrical.value_at_risk(returns, cutoff), rel=1e-9)
    wanted = empyrical.conditional_value_at_risk(returns, cutoff)
    assert expected_shortfall(series, 1 - cutoff) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("returns", "name", "reason"),
    [
        ([], "var_95", "fewer than two session returns"),
        ([0.1], "worst_session", "fewer than two session returns"),
        ([None, 0.1], "cvar_99", "fewer than two session returns"),
        ([0.1, 0.1, 0.1], "skew", "the returns do not vary"),
    ],
    ids=["none", "one", "one that is known", "still"],
)
def test_undefined_with_a_reason(returns: list[float | None], name: str, reason: str) -> None:
    found = risk(pl.Series(returns, dtype=pl.Float64))
    assert found.values[name] is None
    assert found.reasons[name] == reason


def test_still_returns_have_a_value_at_risk() -> None:
    found = risk(pl.Series([0.0, 0.0]))
    assert (found.values["var_95"], found.values["cvar_95"], found.values["winning_sessions"]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1])
def test_a_level_lies_between_nought_and_one(level: float) -> None:
    for figure in (value_at_risk, expected_shortfall):
        with pytest.raises(NumberError, match=r"does not lie between 0 and 1; 0\.95 looks at the worst 5%"):
            figure(FIVE, level)
