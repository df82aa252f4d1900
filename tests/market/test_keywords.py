"""Keywords that a function does not have are told with those it has, and the nearest one."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from workbench.errors import ParameterError

BARS = wb.simulate.bars("X", every="1d", n=30, seed=1, start="2024-01-01")
TAKEN = "it takes roll, days, before, adjustment, direction, as_of, name"
TOLD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "misspelt": (BARS.continuous, {"rolls": 1}, f"continuous has no argument 'rolls'; {TAKEN}; did you mean roll=?"),
    "unlike any": (BARS.rolls, {"zone": 1}, "rolls has no argument 'zone'; it takes roll, days, before, as_of"),
    "of a catalog": (
        wb.sample.rolls,
        {"root": "ES", "day": 3},
        "rolls has no argument 'day'; it takes root, every, roll, days, before, as_of; did you mean days=?",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_unknown_keywords(name: str) -> None:
    function, given, message = TOLD[name]
    with pytest.raises(ParameterError) as caught:
        function(**given)
    assert str(caught.value) == message
