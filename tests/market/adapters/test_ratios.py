"""Ratios and amounts by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workbench.errors import BarsError
from workbench.market.adapters.ratios import amount_of, ratio_of


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2", (2, 1)), ("2.0", (2, 1)), ("1.5", (3, 2)), ("1.05", (21, 20)), ("0.125", (1, 8)), ("0.333", (333, 1000)),
        ("0.3333", (1, 3)), ("0.0312", (1, 32)), ("0.66667", (2, 3)), ("0.142857", (1, 7)), ("1e-1", (1, 10)),
        (0.5, (1, 2)), (1 / 3, (1, 3)), (1 / 7, (1, 7)), (0.1, (1, 10)), (20.0, (20, 1)), (1000 / 1998.0, (500, 999)),
    ],
)  # fmt: skip
def test_ratios(given: str | float, expected: tuple[int, int]) -> None:
    assert ratio_of(given) == expected


def test_a_longer_text_against_trying_every_denominator() -> None:
    for text in ("1.998332", "0.987654", "3.141593", "0.0101", "12.3457"):
        half = Decimal(5).scaleb(-len(text.partition(".")[2]) - 1)
        low, high = Decimal(text) - half, Decimal(text) + half
        for old in range(1, 2_000):
            new = int(low * old) + (int(low * old) < low * old)
            if low * old <= new <= high * old:
                break
        assert ratio_of(text) == (new, old), text


@pytest.mark.parametrize("given", ["", "two", "0", "-1", float("nan"), float("inf"), 0.0])
def test_ratios_refused(given: str | float) -> None:
    with pytest.raises(BarsError, match="the split"):
        ratio_of(given)


def test_amounts() -> None:
    assert amount_of(0.1) == Decimal("0.1")
    assert amount_of(1 / 3) == Decimal("0.333333333333")
