"""The user's own code: what belongs to it, what changes its hash, and that workers get it as it is in memory."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as wb
from workbench.research.own_code import content, fingerprint

CODE = """
import math
LIMIT = 5
TABLE = [1, 2]
def inner(x):
    return x + LIMIT
class Level:
    SCALE = 2
    def limit(self):
        return inner(1) + TABLE[0] + math.pi
"""


def level(code: str = CODE) -> Any:
    known: dict[str, Any] = {"__name__": "__main__"}
    exec(code, known)
    return known["Level"]


def test_the_same_code_has_the_same_hash() -> None:
    assert fingerprint([level()]) == fingerprint([level()])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 5", "LIMIT = 6"),
        ("[1, 2]", "[1, 3]"),
        ("x + LIMIT", "x - LIMIT"),
        ("inner(1)", "inner(2)"),
        ("SCALE = 2", "SCALE = 3"),
        ("math.pi", "math.e"),
    ],
)
def test_whatever_is_read_counts(old: str, new: str) -> None:
    assert fingerprint([level(CODE.replace(old, new))]) != fingerprint([level()])


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 2), (1, 1.0), ("a", "b"), (Decimal("1.0"), Decimal("1.00")), (np.zeros(2), np.ones(2)), ((1, "a"), (1, "b"))],
    ids=repr,
)
def test_values_are_told_apart(one: object, other: object) -> None:
    assert content(one) != content(other)
    assert content(one) == content(one)


SCRIPT = """
    import sys
    from pathlib import Path
    sys.path.insert(0, {folder!r})
    import mine
    import workbench as wb
    from workbench.market import simulate

    bars = simulate.bars("X", every="1d", n=40)
    test = wb.Backtest(mine.Mine(), bars)
    alone = test.sweep(n=[3, 4, 5]).run(workers=1)
    Path(mine.__file__).write_text("raise RuntimeError('the file has changed since')")
    both = test.sweep(n=[3, 4, 5]).run(workers=2)
    print(both.frame.equals(alone.frame), both.frame["fills"].sum() > 0)
"""
MINE = """
import workbench as wb
from helping import part

class Mine(wb.Strategy):
    n: int = 3
    def on_bar(self, ctx, bar):
        ctx.target(bar.asset, weight=part(len(ctx.bars()), self.n))
"""


def test_a_module_that_changed_on_the_disk_is_sent_as_it_is_in_memory(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "helping.py").write_text("def part(n, m):\n    return 0.5 if n % m == 0 else 0\n")
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT).format(folder=str(tmp_path)))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout == "True True\n", done.stderr


def test_a_module_counts_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "counted.py").write_text("X = 1\n")
    module = importlib.import_module("counted")
    before = fingerprint([module])
    (tmp_path / "counted.py").write_text("X = 2\n")
    assert fingerprint([module]) != before


def test_installed_code_does_not_count() -> None:
    assert fingerprint([np.linalg, wb.Strategy, Path]) == fingerprint([])
