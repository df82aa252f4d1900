"""Combinations: their order, conditions, samples, and what makes none."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from workbench.errors import ParameterError
from workbench.research.grid import Axis, Grid, Sample, combine, size
from workbench.research.space import choice, log_uniform, space_of, steps, uniform

FAST, SLOW = Axis("fast", space_of("fast", range(1, 4))), Axis("slow", space_of("slow", [2, 3]))
WIDE = [Axis(name, space_of(name, range(2_000))) for name in ("a", "b")]


def rows(grid: Grid) -> list[tuple[object, ...]]:
    return list(zip(*(grid.column(name) for name in grid.codes), strict=True))


def test_the_first_axis_is_the_slowest() -> None:
    grid = combine([FAST, SLOW], {}, [], None)
    assert rows(grid) == list(product([1, 2, 3], [2, 3]))
    assert grid.at(3) == {"fast": 2, "slow": 3}
    assert len(grid) == size([FAST, SLOW]) == 6


def test_without_axes_there_is_one() -> None:
    grid = combine([], {}, [], None)
    assert (len(grid), grid.at(0)) == (1, {})


def test_every_condition_has_to_hold_and_sees_what_is_fixed() -> None:
    tests = [lambda p: p.fast < p.slow, lambda p: p.fast >= p.least]
    assert rows(combine([FAST, SLOW], {"least": 2}, tests, None)) == [(2, 3)]


def test_a_numpy_answer_is_an_answer() -> None:
    import numpy as np

    assert len(combine([FAST], {}, [lambda p: np.float64(p.fast) > 1], None)) == 2


def boom(p: Any) -> bool:
    return bool(1 / (p.fast - 2))


@pytest.mark.parametrize(
    ("test", "kind", "text"),
    [
        (lambda p: None, ParameterError, ".where for Parameters(fast=1, slow=2) answered None"),
        (lambda p: 1, ParameterError, "answered 1; give a function that answers True or False"),
        (lambda p: p.fats < 1, AttributeError, "a combination has no 'fats'; did you mean p.fast?"),
        (lambda p: p.zzz < 1, AttributeError, "a combination has no 'zzz'; there are fast, slow"),
        (boom, ZeroDivisionError, "division by zero"),
    ],
)
def test_a_condition_that_answers_nothing(test: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        combine([FAST, SLOW], {}, [test], None)
    assert text in str(caught.value)
    if kind is not ParameterError:
        assert caught.value.__notes__[0].startswith("in .where for Parameters(fast=")


def test_a_sample_is_drawn_from_what_passes_each_once_by_its_seed() -> None:
    def three(seed: int) -> list[tuple[object, ...]]:
        return rows(combine([FAST, SLOW], {}, [lambda p: p.fast != 2], Sample(3, seed)))

    every = {seed: three(seed) for seed in range(40)}
    assert three(5) == every[5]
    assert all(len(set(found)) == 3 and found == sorted(found) for found in every.values())  # type: ignore[type-var]
    assert {row for found in every.values() for row in found} == {(1, 2), (1, 3), (3, 2), (3, 3)}


def test_continuous_spaces_are_drawn_until_enough_pass() -> None:
    axes = [Axis("n", uniform(1, 5), whole=True), Axis("part", log_uniform(0.1, 10)), SLOW]
    grid = combine(axes, {}, [lambda p: p.part < p.n], Sample(200, 3))
    found = rows(grid)
    assert len(set(found)) == len(grid) == 200
    assert all(type(n) is int and 1 <= n <= 5 and 0.1 <= part <= 10 and part < n for n, part, _ in found)  # type: ignore[operator]
    assert {row[2] for row in found} == {2, 3}
    assert not grid.listed
    assert grid.values["slow"] == (2, 3)


def test_a_sample_of_a_grid_too_large_to_list() -> None:
    grid = combine(WIDE, {}, [lambda p: p.a < p.b], Sample(50, 1))
    assert len(set(rows(grid))) == 50
    assert all(a < b for a, b in rows(grid))  # type: ignore[operator]
    assert grid.listed


@pytest.mark.parametrize(
    ("axes", "tests", "sample", "text"),
    [
        ([Axis("x", uniform(1, 2))], [], None, "x=uniform(1, 2) has no end of values; draw some: .sample(500, seed=1)"),
        ([FAST], [], Sample(4, 0), ".sample(4) of 3 combinations; leave it out to run all of them"),
        (WIDE, [], None, "4,000,000 combinations are too many to run; draw some of them"),
        ([Axis("n", uniform(1, 2), whole=True)], [], Sample(3, 0), "of 3,000 draws only 2 were different and passed"),
    ],
)
def test_what_cannot_be_combined(axes: list[Axis], tests: list[Any], sample: Sample | None, text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        combine(axes, {}, tests, sample)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("space", "wanted"),
    [
        (space_of("x", [30, 10, 20]), [2, 0, 1]),
        (steps(Decimal(1), 2, Decimal("0.5")), [0, 1, 2]),
        (choice("a", "b"), None),
        (choice(1, None), None),
        (choice(False, True), None),
    ],
    ids=str,
)
def test_only_numbers_have_ranks(space: Any, wanted: list[int] | None) -> None:
    found = combine([Axis("x", space)], {}, [], None).ranks("x")
    assert (None if found is None else found.tolist()) == wanted
