"""The deflated Sharpe ratio: the worked example of the paper, the formula by hand, and where it does not exist."""

from __future__ import annotations

import math

import polars as pl
import pytest
from scipy import stats

from workbench.analytics.deflated import DeflatedSharpe, Moments, Trials, deflate, expected_best, moments, trials
from workbench.errors import NumberError

# Bailey and Lopez de Prado (2014), "A numerical example": five years of daily returns, 250 a year, a yearly Sharpe
# ratio of 2.5, and trials whose yearly Sharpe ratios have a variance of 1/2.
PAPER = [
    ("a hundred trials, skewed and fat-tailed", 100, -3.0, 10.0, 0.9004),
    ("46 trials would have been confident", 46, -3.0, 10.0, 0.9505),
    ("88 trials, had the returns been normal", 88, 0.0, 3.0, 0.9505),
]


@pytest.mark.parametrize(("n", "skew", "kurtosis", "wanted"), [row[1:] for row in PAPER], ids=[row[0] for row in PAPER])
def test_the_example_of_the_paper(n: int, skew: float, kurtosis: float, wanted: float) -> None:
    found = deflate(2.5, 250, Moments(1250, skew, kurtosis), Trials(n, 0.5 / 250))
    assert found.probability == pytest.approx(wanted, abs=5e-5)
    assert found.is_confident == (wanted > 0.95)


def test_the_best_of_a_hundred_as_in_the_paper() -> None:
    assert expected_best(Trials(100, 0.5 / 250)) == pytest.approx(0.1132, abs=5e-5)


def test_by_hand_with_another_normal_distribution() -> None:
    each, gamma, n = 1.2 / math.sqrt(252), 0.57721566490153286, 500
    luck = math.sqrt(0.0004) * (
        (1 - gamma) * stats.norm.ppf(1 - 1 / n) + gamma * stats.norm.ppf(1 - 1 / (n * math.exp(1)))
    )
    z = (each - luck) * math.sqrt(999) / math.sqrt(1 - 0.5 * each + (7.0 - 1) / 4 * each * each)
    found = deflate(1.2, 252, Moments(1000, 0.5, 7.0), Trials(n, 0.0004))
    assert found.probability == pytest.approx(stats.norm.cdf(z), rel=1e-12)
    assert found.expected_best == pytest.approx(luck * math.sqrt(252), rel=1e-12)
    assert (found.sharpe, found.trials) == (1.2, n)


def test_luck_is_about_what_the_best_of_random_trials_shows() -> None:
    """The approximation against 2,000 draws of the best of 50 normal numbers."""
    best = stats.norm.rvs(size=(2_000, 50), random_state=7).max(axis=1).mean()
    assert expected_best(Trials(50, 1.0)) == pytest.approx(best, abs=0.05)


def test_a_single_trial_was_not_chosen() -> None:
    # With normal returns and a ratio of 0.1 each, (1/10) sqrt(100) / sqrt(1 + 0.5 / 100).
    found = deflate(0.1, 1.0, Moments(101, 0.0, 3.0), Trials(1, 0.0))
    assert found.probability == pytest.approx(stats.norm.cdf(1 / math.sqrt(1.005)), rel=1e-12)
    assert (
        repr(found) == "deflated Sharpe 0.840 (0.950 would be confident): 0.10 is the only run, luck alone shows 0.00"
    )


def test_more_trials_leave_less() -> None:
    found = [
        deflate(1.0, 252, Moments(2520, 0.0, 3.0), Trials(n, 0.001)).probability for n in (1, 2, 10, 1000, 100_000)
    ]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (
            0.94999,
            "deflated Sharpe 0.949 (0.950 would be confident): 1.00 is the best of 9 runs, luck alone shows 0.50",
        ),
        (0.95, "deflated Sharpe 0.950: 1.00 is the best of 9 runs, luck alone shows 0.50"),
    ],
)
def test_what_is_shown_as_confident_is(probability: float, shown: str) -> None:
    assert repr(DeflatedSharpe(probability, 1.0, 0.5, 9)) == shown


@pytest.mark.parametrize(
    ("returns", "sharpe"), [(Moments(1, 0.0, 3.0), 1.0), (Moments(100, 5.0, 1.0), 1.0)], ids=["one return", "no spread"]
)
def test_returns_that_cannot_be(returns: Moments, sharpe: float) -> None:
    with pytest.raises(NumberError, match="no deflated Sharpe ratio"):
        deflate(sharpe, 1.0, returns, Trials(10, 0.01))


def test_moments_by_hand() -> None:
    # Mean 2; deviations -2, -1, -1, 4: squares 4, 1, 1, 16 (mean 5.5), cubes 54 / 4, fourth powers 274 / 4.
    found = moments(pl.Series([0.0, None, 1.0, 1.0, 6.0]))
    assert found is not None
    assert found.n == 4
    assert found.skew == pytest.approx(13.5 / 5.5**1.5, rel=1e-12)
    assert found.kurtosis == pytest.approx(68.5 / 5.5**2, rel=1e-12)


@pytest.mark.parametrize("values", [[], [0.1], [0.0, 0.0, 0.0]], ids=["none", "one", "all the same"])
def test_moments_that_do_not_exist(values: list[float]) -> None:
    assert moments(pl.Series(values, dtype=pl.Float64)) is None


@pytest.mark.parametrize(
    ("sharpes", "wanted"),
    [
        ([1.0, 2.0, 3.0, None], Trials(4, 1.0 / 252)),
        ([1.0], Trials(1, 0.0)),
        ([None, None], Trials(2, 0.0)),
    ],
)
def test_trials(sharpes: list[float | None], wanted: Trials) -> None:
    assert trials(pl.Series(sharpes, dtype=pl.Float64), 252.0) == wanted
