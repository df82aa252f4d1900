"""What is read of expressions beside a line: plain values only, and never by running code of the user's."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import FrameType
from typing import Any

import numpy as np
import pytest

from workbench.research.reading import Unknown, assigned, looked_at, read, spelled

STEP = 3
ran: list[str] = []


@dataclass
class Plain:
    """An object of the user's: what it holds may be read, what it works out may not."""

    size: float = 2.5
    step = 4

    @property
    def dear(self) -> float:
        ran.append("dear")
        return 1.0

    def __getitem__(self, key: int) -> int:
        ran.append("item")
        return key

    def __gt__(self, other: object) -> bool:
        ran.append("gt")
        return True


def frame() -> FrameType:
    own, prices, table, x, none, flag = Plain(), [1.0, 2.0], {"A": 7}, 5, None, True  # noqa: F841
    small = np.float64(0.25)  # noqa: F841
    return sys._getframe()


READ: dict[str, Any] = {
    "x": 5,
    "STEP": 3,
    "own.size": 2.5,
    "own.step": 4,
    "prices[1]": 2.0,
    "prices[-1]": 2.0,
    "table['A']": 7,
    "table.get('A')": 7,
    "x + 1": 6,
    "-x": -5,
    "x / 2 > own.size": False,
    "1 < x <= 5": True,
    "none is None": True,
    "not flag": False,
    "flag and x": 5,
    "none or 'else'": "else",
    "flag or own.dear": True,
    "len(prices)": 2,
    "abs(-x) % 3": 2,
    "max(x, 7)": 7,
    "small * 4": 1.0,
}
UNKNOWN = [
    "y",
    "own.dear",
    "own.nothing",
    "own[1]",
    "own > 1",
    "own and x",
    "prices[9]",
    "x / 0",
    "print(x)",
    "len(own)",
    "max(*prices)",
    "round(x, ndigits=1)",
    "prices.append(1)",
    "[n for n in prices]",
    "lambda: x",
    "x @ x",
    "f'{x}'",
]


@pytest.mark.parametrize("text", READ)
def test_what_is_read(text: str) -> None:
    assert read(ast.parse(text, mode="eval").body, frame()) == READ[text]


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_left_alone(text: str) -> None:
    ran.clear()
    with pytest.raises(Unknown):
        read(ast.parse(text, mode="eval").body, frame())
    assert ran == []


LOOKED_AT = [
    ("gap = fast[a] - slow", ["fast[a]", "slow"], ["gap"]),
    ("if gap > low and ctx.check('it', gap): pass", ["gap", "low", "gap > low", "gap", "ctx.check('it', gap)"], []),
    ("self.count += 1", [], ["self.count"]),
    ("a, b = pair", ["pair"], ["a", "b"]),
    ("for n in sizes: pass", ["sizes"], ["n"]),
    ("all_of_it = [n for n in sizes]", [], ["all_of_it"]),
]


@pytest.mark.parametrize(("text", "looked", "given"), LOOKED_AT)
def test_which_parts_of_a_statement_have_values(text: str, looked: list[str], given: list[str]) -> None:
    statement = ast.parse(text).body[0]
    assert [ast.unparse(each) for each in looked_at(statement)] == looked
    assert [ast.unparse(each) for each in assigned(statement)] == given


SPELLED: list[tuple[object, str | None]] = [
    (True, "True"),
    (np.bool_(False), "False"),
    (1 / 3, "0.333333"),
    (np.int64(4), "4"),
    (Decimal("0.10"), "0.10"),
    (date(2024, 1, 2), "2024-01-02"),
    (datetime(2024, 1, 2, 21, tzinfo=UTC), "2024-01-02 21:00"),
    (None, "None"),
    ("long" * 30, "'" + "long" * 14 + "..."),
    ({"A": 0.5}, "{'A': 0.5}"),
    ([object()], None),
    (list(range(20)), None),
    (object(), None),
]


@pytest.mark.parametrize(("value", "text"), SPELLED)
def test_how_values_are_spelled(value: object, text: str | None) -> None:
    assert spelled(value) == text
