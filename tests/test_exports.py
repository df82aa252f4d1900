"""What is public is listed once: every `__all__` is sorted, complete and importable."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import workbench

PACKAGE = Path(workbench.__file__).parent
MODULES = sorted(m.name for m in pkgutil.walk_packages([str(PACKAGE)], "workbench.") if not m.name.endswith("__main__"))
PYTHON = [name for name in MODULES if name != "workbench._native"]


def order(name: str) -> tuple[int, str]:
    """As ruff sorts: CONSTANTS, then Classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def declared(module: str) -> list[str]:
    """The literal `__all__` of a module, read without importing it; what is only a docstring needs none."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    source = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
    body = ast.parse(source.read_text()).body
    if len(body) == 1:
        return []
    for node in body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    raise AssertionError(f"{module} has no __all__")


@pytest.mark.parametrize("module", ["workbench", *PYTHON])
def test_all_is_sorted_and_there(module: str) -> None:
    names = declared(module)
    assert names == sorted(names, key=order)
    assert len(names) == len(set(names))
    loaded = importlib.import_module(module)
    assert [name for name in names if not hasattr(loaded, name)] == []


def test_face_is_what_was_agreed() -> None:
    assert workbench.__all__ == [
        "Asset",
        "Backtest",
        "Bar",
        "Bars",
        "Calendar",
        "Catalog",
        "Context",
        "Dataset",
        "Indicator",
        "Limits",
        "Margin",
        "Portfolio",
        "Run",
        "Runs",
        "Signals",
        "Strategy",
        "Sweep",
        "__version__",
        "compare",
        "errors",
        "fees",
        "journal",
        "load",
        "roll",
        "sample",
        "signals",
        "simulate",
        "sizing",
        "slippage",
        "space",
        "ta",
    ]
    assert dir(workbench) == workbench.__all__


def test_face_is_the_same_for_type_checkers() -> None:
    """The names under TYPE_CHECKING are those that are found at run time, from the same modules."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    homes = {
        alias.name: node.module for node in ast.walk(block) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    annotated = {node.target.id for node in ast.walk(block) if isinstance(node, ast.AnnAssign)}  # type: ignore[union-attr]
    assert sorted(homes.keys() | annotated | {"__version__"}, key=order) == workbench.__all__
    for name, home in homes.items():
        assert getattr(workbench, name) is getattr(importlib.import_module(str(home)), name)


def test_unknown_name_says_which_is_near() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'Backtset'; did you mean `workbench\.Backtest`\?"):
        workbench.Backtset  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'zzz'; see dir\(workbench\)"):
        workbench.zzz  # type: ignore[attr-defined]  # noqa: B018


def test_a_name_still_to_come_is_answered_as_such() -> None:
    with pytest.raises(AttributeError, match=r"workbench\.paper is not available in this version"):
        workbench.paper  # type: ignore[attr-defined]  # noqa: B018
