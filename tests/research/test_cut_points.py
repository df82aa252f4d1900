"""Where an audit cuts: at decisions above all, never twice, never where nothing is cut."""

from __future__ import annotations

from collections import Counter

import pytest
from hand_made import days

from workbench.research.cut_points import chosen

# Prices of 41 days; the largest moves are those to the 11th and to the 31st slice.
PRICES = [100 + (i % 3) + (50 if 10 <= i < 30 else 0) for i in range(41)]
BARS = days(A=PRICES)
TIMES = BARS.frame["time"]


def test_half_of_the_cuts_are_at_decisions() -> None:
    points = chosen(TIMES, range(5, 35), BARS, 20, seed=0)
    counts = Counter(point.why for point in points)
    assert counts == {"decision": 10, "beside a decision": 4, "before a large move": 2, "spread over the run": 4}
    assert [point.slice for point in points if point.why == "before a large move"] in ([10, 30], [30, 10])


@pytest.mark.parametrize(
    ("decided", "samples", "count"),
    [([], 10, 10), ([41], 10, 10), ([1], 1, 1), ([3, 4], 500, 40), (range(1, 42), 500, 40), ([7], 40, 40)],
    ids=["no decision", "at the end only", "one cut", "more than there are", "all decide", "as many as there are"],
)
def test_cuts_are_in_order_within_the_run_and_never_twice(decided: list[int], samples: int, count: int) -> None:
    numbers = [point.slice for point in chosen(TIMES, decided, BARS, samples, seed=3)]
    assert len(numbers) == count
    assert numbers == sorted(set(numbers))
    assert 1 <= numbers[0] <= numbers[-1] <= 40


def test_the_one_cut_is_at_a_decision() -> None:
    assert [(m.slice, m.why) for m in chosen(TIMES, [17], BARS, 1, seed=9)] == [(17, "decision")]


def test_decisions_are_taken_from_all_of_the_run() -> None:
    numbers = [m.slice for m in chosen(TIMES, range(1, 41), BARS, 8, seed=5) if m.why == "decision"]
    assert [(number - 1) // 10 for number in numbers] == [0, 1, 2, 3]


def test_a_run_of_one_slice_has_no_cut() -> None:
    bars = days(A=[10])
    assert chosen(bars.frame["time"], [1], bars, 5, seed=0) == []
