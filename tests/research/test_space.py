"""Spaces: what they list, what they draw, and what is refused with the right spelling."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.errors import ParameterError
from workbench.research import space
from workbench.research.space import Drawn, Listed, choice, log_uniform, space_of, steps, uniform


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (steps(0.1, 0.5, 0.1), (0.1, 0.2, 0.3, 0.4, 0.5)),
        (steps(10, 2, -4), (10, 6, 2)),
        (steps(1, 2, 0.5), (1.0, 1.5, 2.0)),
        (steps(1.0, 3, 1), (1.0, 2.0, 3.0)),
        (steps(Decimal("0.1"), 1, Decimal("0.45")), (Decimal("0.1"), Decimal("0.55"), Decimal("1.00"))),
        (steps(5, 5, 1), (5,)),
        (choice("open", None, 3), ("open", None, 3)),
        (space_of("n", range(3, 9, 2)), (3, 5, 7)),
        (space_of("n", [5, "a"]), (5, "a")),
        (space_of("n", np.array([1.5, 2.5])), (1.5, 2.5)),
        (space_of("n", np.arange(3)), (0, 1, 2)),
    ],
    ids=str,
)
def test_listed(given: Listed, wanted: tuple[object, ...]) -> None:
    assert given.values == wanted
    assert [type(value) for value in given.values] == [type(value) for value in wanted]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((3, 103), "n=(3, 103) is a tuple, which can be read in two ways; write n=range(3, 103 + 1) for all between, "),
        ((3, 103), "or n=[3, 103] for these values"),
        ((0.5, 2), "write n=wb.space.uniform(0.5, 2) with .sample(n) for any between, or n=[0.5, 2] for these values"),
        ((1, 2, 3), "write n=[1, 2, 3] for these values"),
        ({3, 4}, "it has no order; write n=sorted(...)"),
        (iter([3]), "n=list(...)"),
        (pl.Series([1]).to_frame(), "n=list(...)"),
        (np.zeros((2, 2)), "a numpy array of one dimension"),
        (5, "for one value write .with_params(n=5)"),
        ("fast", "for one value write .with_params(n='fast')"),
        ([], "holds no value"),
        (range(5, 5), "holds no value"),
        (range(2_000_000), "n has 2,000,000 values; give at most 1,000,000"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_is_no_space(given: Any, text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        space_of("n", given)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: steps(0, 1, 0.3), "last must be reached from first by whole steps; the nearest is 0.9"),
        (lambda: steps(0, 1, -1), "last must be reached"),
        (lambda: steps(0, 1, 0), "last must be reached"),
        (lambda: steps(0, float("nan"), 1), "last=nan: give a finite number"),
        (lambda: steps(True, 2, 1), "first=True: give a finite number"),
        (lambda: steps(0, 10**7, 1), "has 10,000,001 values"),
        (lambda: uniform(2, 2), "uniform(2, 2): the first must be below the second"),
        (lambda: uniform("a", 2), "low='a': give a finite number"),  # type: ignore[arg-type]
        (lambda: log_uniform(0, 2), "a logarithm needs numbers above 0"),
        (choice, "choice() has no value"),
        (
            lambda: choice([5, 10]),
            "choice([5, 10]) has one value, the list itself; write choice(5, 10), or leave choice",
        ),
        (lambda: choice(range(9)), "choice(range(0, 9)) has one value, the range itself; write choice(0, 1, 2, ...)"),
    ],
)
def test_spaces_that_make_no_sense(make: Any, text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make()
    assert text in str(caught.value)


def test_a_name_that_is_not_there_is_answered() -> None:
    with pytest.raises(AttributeError, match=r"wb\.space has no attribute 'chioce'; did you mean choice\?"):
        space.chioce  # type: ignore[attr-defined]  # noqa: B018


def drawn(space: Drawn, *, whole: bool, n: int = 20_000) -> np.ndarray[Any, Any]:
    return np.array(space.draw(np.random.default_rng(5), n, whole=whole))


def test_uniform_is_even() -> None:
    values = drawn(uniform(2, 6), whole=False)
    assert 2 <= values.min() < 2.01
    assert 5.99 < values.max() <= 6
    assert values.mean() == pytest.approx(4, abs=0.03)


def test_whole_numbers_come_equally_often_with_both_ends() -> None:
    values, counts = np.unique(drawn(uniform(2, 6), whole=True), return_counts=True)
    assert values.tolist() == [2, 3, 4, 5, 6]
    assert np.abs(counts - 4_000).max() < 250


def test_log_uniform_is_even_by_logarithm() -> None:
    values = drawn(log_uniform(1, 100), whole=False)
    assert (values < 10).mean() == pytest.approx(0.5, abs=0.02)
    assert values.min() >= 1
    assert values.max() <= 100


@pytest.mark.parametrize(
    ("space", "text"),
    [
        (uniform(1, 2.5), "uniform(1, 2.5)"),
        (log_uniform(1, 9), "log_uniform(1, 9)"),
        (steps(1, 3, 1), "steps(1, 3, 1)"),
        (choice("a", 1), "choice('a', 1)"),
        (space_of("n", range(3, 9)), "range(3, 9)"),
        (space_of("n", [1, 2]), "[1, 2]"),
        (space_of("n", list(range(20))), "[0, 1, ..., 19]"),
    ],
)
def test_written_as_it_was_given(space: object, text: str) -> None:
    assert repr(space) == text
