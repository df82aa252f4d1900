"""A short look of the fuzz, the same one every time; `fuzz_orders.py` looks for as long as it is told.

The one idea: the seeds are fixed, so a change is judged by itself, and enough must have been asked, answered and filled
for the look to mean something.
"""

from __future__ import annotations

from collections import Counter

from fuzz_orders import example

import workbench.errors

ERRORS = [name for name in workbench.errors.__all__ if name.endswith("Error")]


def test_whatever_is_asked_the_books_hold() -> None:
    told = sum((example(seed) for seed in range(150)), Counter[str]())
    assert told["runs"] >= 100
    assert told["fills"] >= 100
    assert told["orders"] >= 1_000
    assert sum(told[name] for name in ERRORS) >= 1_000


def test_what_was_found_once_holds() -> None:
    """A target against hundreds of working orders, at a price of 10^15: its order is worth more than can be counted."""
    assert example(1_000_904)["runs"] == 1
