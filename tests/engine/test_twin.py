"""The twin against the worked cases: whoever is to judge must be judged first."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fill_cases import CASES, bar_numbers, claims, told
from twin import simulate


def test_every_case_is_there():
    assert len(CASES) == 394


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_twin_agrees_with_the_worked_case(case):
    result, expect = simulate(case), case["expect"]
    numbers = bar_numbers(case)
    assert [
        (f.order, f.moment, numbers[f.asset, f.moment, f.time], f.side, f.quantity, f.price, f.fee, f.ambiguous)
        for f in result.fills
    ] == [
        (
            *(f["id"], f["moment"], f["bar"], f["side"]),
            *(Decimal(f["quantity"]), Decimal(f["price"]), Decimal(f["fee"]), f["ambiguous"]),
        )
        for f in expect["fills"]
    ]
    assert {row.order: row.status for row in result.orders} == expect["orders"]
    assert result.cash == Decimal(expect["cash"])
    assert result.equity[-1].equity == Decimal(expect["equity"])
    assert result.positions == {name: Decimal(held) for name, held in expect["positions"].items()}
    assert told(case, result) == claims(case)
