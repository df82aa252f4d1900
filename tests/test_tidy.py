"""The house style as a test: lengths, names, docstrings and borders that no linter knows."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench

ROOT = Path(__file__).resolve().parents[1]
TOP = {".ci", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "README.md", "data", "native", "notebooks"}
TOP |= {"pyproject.toml", "tests", "workbench"}
TEXT = {".cfg", ".css", ".html", ".ipynb", ".js", ".md", ".mjs", ".py", ".pyi", ".rs", ".toml", ".txt"}
VAGUE = {"base", "common", "core", "helper", "helpers", "manager", "misc", "util", "utils"}
NATIVE_USERS = {"analytics", "engine", "errors", "indicators", "journal", "market", "research", "strategies"}
FUNCTION_LINES = 70
FILE_LINES = 500
UPWARD_EDGES = 10

UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|\b(?:todo|unimplemented)!\(")
BANNER = re.compile(r"^\s*(?:#|//)\s*[-=*#~+_]{3,}")
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|tmp|work|Users)/\w")
RUST_FUNCTION = re.compile(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:const |async |unsafe )*fn (\w+)")


def tracked() -> list[Path]:
    """Every file of the project, without what git ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("the style is a matter of the checkout, and this is none")
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def sources(*suffixes: str) -> list[Path]:
    return [path for path in tracked() if path.suffix in suffixes]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def place(path: Path, line: int, what: str = "") -> str:
    return f"{path.relative_to(ROOT)}:{line} {what}".strip()


def python_functions(path: Path) -> Iterator[tuple[str, int, int]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def rust_functions(path: Path) -> Iterator[tuple[str, int, int]]:
    """As rustfmt lays it out: a function ends at the brace that stands as far in as its `fn`."""
    lines = path.read_text().splitlines()
    for start, line in enumerate(lines):
        if found := RUST_FUNCTION.match(line):
            short = line.rstrip().endswith(("}", ";"))
            end = start if short else lines.index(found[1] + "}", start)
            yield found[2], start + 1, end - start + 1


def lines_matching(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    return [
        place(path, number, line.strip()[:80])
        for path in sources(*suffixes)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def test_functions_are_short() -> None:
    every = [(path, *f) for path in sources(".py") for f in python_functions(path)]
    every += [(path, *f) for path in sources(".rs") for f in rust_functions(path)]
    assert len(every) > 100
    assert [place(path, line, name) for path, name, line, length in every if length > FUNCTION_LINES] == []


def test_rust_functions_are_measured(tmp_path: Path) -> None:
    code = "impl A {\n    pub fn two(&self) {\n        if x {\n        }\n    }\n\n    fn one() {}\n}\n"
    (tmp_path / "a.rs").write_text(code)
    assert list(rust_functions(tmp_path / "a.rs")) == [("two", 2, 4), ("one", 7, 1)]


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in sources(".js", ".mjs", ".py", ".rs")}
    assert [place(path, length) for path, length in lengths.items() if length > FILE_LINES] == []


def test_versions_of_the_browser_part_are_known_and_no_address_is() -> None:
    lock = ROOT / "workbench" / "views" / "js" / "package-lock.json"
    packages = json.loads(lock.read_text())["packages"]
    assert [name for name, told in packages.items() if name and not told["integrity"].startswith("sha512-")] == []
    assert "resolved" not in lock.read_text()
    assert {told.get("license") for told in packages.values()} == {"Apache-2.0", "MIT"}


def test_nothing_is_left_for_later() -> None:
    assert lines_matching(UNFINISHED, *TEXT - {".txt"}) == []


def test_comments_are_sentences_not_banners() -> None:
    assert lines_matching(BANNER, ".js", ".mjs", ".py", ".rs", ".toml") == []


def test_no_path_of_one_machine() -> None:
    assert lines_matching(MACHINE, *TEXT) == []


def test_modules_open_with_what_they_are() -> None:
    silent = [path for path in sources(".py") if path.stat().st_size and not ast.get_docstring(parsed(path))]
    silent += [path for path in sources(".rs") if not path.read_text().startswith("//! ")]
    silent += [path for path in sources(".js") if not path.read_text().startswith("// ")]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_names_say_what_is_inside() -> None:
    names = {part.lower() for path in tracked() for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & VAGUE == set()


def test_top_level_holds_only_what_belongs_there() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} - TOP == set()


def test_pyo3_stays_in_native_python() -> None:
    strangers = [
        path
        for path in tracked()
        if path.is_relative_to(ROOT / "native")
        and not path.is_relative_to(ROOT / "native" / "python")
        and path.name != "Cargo.lock"
        and "pyo3" in path.read_text()
    ]
    assert strangers == []


def test_native_module_is_touched_by_its_users_only() -> None:
    """Import contracts see Python files only, so this border is kept here."""
    guests = set()
    for path in sources(".py"):
        if path.is_relative_to(ROOT / "workbench") and "_native" in imported(path):
            guests.add(path.relative_to(ROOT / "workbench").with_suffix("").parts[0])
    assert guests - NATIVE_USERS == set()


def imported(path: Path) -> set[str]:
    """Last parts of the modules and names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[-1] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names |= {alias.name for alias in node.names} | {(node.module or "").split(".")[-1]}
    return names


def test_upward_imports_are_few() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert len(contracts[0]["ignore_imports"]) <= UPWARD_EDGES


def test_version_is_the_same_in_rust_and_python() -> None:
    cargo = tomllib.loads((ROOT / "native" / "Cargo.toml").read_text())
    assert workbench.__version__ == cargo["workspace"]["package"]["version"]
