"""Medians over neighbours: by hand, against a slow reading, and where there are too few."""

from __future__ import annotations

from itertools import product
from statistics import median

import numpy as np
import pytest

from workbench.research.neighbours import medians

NAN = float("nan")


def slow(places: list[tuple[int, ...]], ordered: list[bool], sizes: list[int], figures: list[float]) -> list[float]:
    """The rule, word by word."""
    known = dict(zip(places, figures, strict=True))
    found = []
    for place in places:
        around = [
            cell
            for cell in product(*(range(size) for size in sizes))
            if all(abs(a - b) <= 1 if o else a == b for a, b, o in zip(cell, place, ordered, strict=True))
        ]
        values = [known[cell] for cell in around if cell in known and not np.isnan(known[cell])]
        others = len(values) - 1
        enough = not np.isnan(known[place]) and 2 * others >= len(around) - 1
        found.append(median(values) if enough else NAN)
    return found


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        # A peak alone, 9, is worth the middle of 1, 9, 2.
        ([1.0, 9.0, 2.0, 3.0], [5.0, 2.0, 3.0, 2.5]),
        # Where the middle is unknown, its neighbours have lost half of theirs, which is still enough.
        ([1.0, NAN, 2.0, 3.0], [NAN, NAN, 2.5, 2.5]),
    ],
)
def test_on_a_line_by_hand(figures: list[float], wanted: list[float]) -> None:
    found = medians([np.arange(4)], [True], [4], np.array(figures))
    np.testing.assert_array_equal(found, wanted)


def test_in_a_square_by_hand() -> None:
    # 1 2 3 / 4 9 6 / 7 8 5: the corner 1 has 1, 2, 4, 9 around it, the middle has all nine.
    x, y = np.divmod(np.arange(9), 3)
    found = medians([x, y], [True, True], [3, 3], np.array([1.0, 2, 3, 4, 9, 6, 7, 8, 5]))
    assert found[0] == 3.0
    assert found[4] == 5.0
    assert found[8] == 7.0


def test_names_have_no_neighbours_but_themselves() -> None:
    name, x = np.divmod(np.arange(6), 3)
    found = medians([name, x], [False, True], [2, 3], np.array([1.0, 2, 3, 100, 200, 300]))
    assert found.tolist() == [1.5, 2.0, 2.5, 150.0, 200.0, 250.0]


@pytest.mark.parametrize("seed", range(12))
def test_as_the_slow_reading(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, size=3).tolist()
    ordered = [bool(each) for each in rng.integers(2, size=3)]
    cells = list(product(*map(range, sizes)))
    kept = sorted(rng.permutation(len(cells))[: max(1, len(cells) * 4 // 5)].tolist())
    places = [cells[i] for i in kept]
    rng.shuffle(places)
    figures = np.where(rng.random(len(places)) < 0.15, np.nan, rng.normal(size=len(places)))
    found = medians([np.array(axis) for axis in zip(*places, strict=True)], ordered, sizes, figures)
    np.testing.assert_array_equal(found, slow(places, ordered, sizes, figures.tolist()))


def test_in_pieces_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.divmod(np.arange(100), 10)
    figures = np.random.default_rng(1).normal(size=100)
    whole = medians([x, y], [True, True], [10, 10], figures)
    monkeypatch.setattr("workbench.research.neighbours.CELLS_MAX", 63)
    np.testing.assert_array_equal(medians([x, y], [True, True], [10, 10], figures), whole)
