"""Whose code it is: the user's own may change under the same name, all other code is installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.strategies.sources import is_own


@pytest.mark.parametrize(
    ("name", "folder", "expected"),
    [
        ("mine", "project", True),
        ("trace", "project", True),  # called like one of Python
        ("theirs", "env/lib/site-packages", False),
        ("theirs", "env/lib/dist-packages", False),
        ("made", None, True),
        ("trace", None, False),
        ("__main__", None, True),
        ("workbench.other", "project", False),
    ],
)
def test_a_module_is_told_by_its_file(
    name: str, folder: str | None, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType(name)
    if folder is not None:
        module.__file__ = str(tmp_path / folder / f"{name}.py")
    monkeypatch.setitem(sys.modules, name, module)
    function = FunctionType((lambda: None).__code__, vars(module))
    function.__module__ = name
    assert (is_own(module), is_own(function)) == (expected, expected)


@pytest.mark.parametrize(
    "code", [np.mean, pl.DataFrame, json, sys, len, int, wb.Strategy], ids=lambda code: str(code.__name__)
)
def test_what_is_installed_is_not_own(code: Any) -> None:
    assert not is_own(code)


def test_what_belongs_to_no_module_is_not_own() -> None:
    assert not is_own(SimpleNamespace(__module__=None))
