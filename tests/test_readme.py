"""The README tells the truth: its code runs, and its commands are those that CI runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from workbench.research import demo

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_example_runs_and_is_the_demo() -> None:
    names: dict[str, Any] = {"__name__": "readme"}
    exec(
        compile(re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0], "README.md", "exec", dont_inherit=True), names
    )
    assert names["run"].state_hash == demo.run().state_hash


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(".venv/bin/pip install . && .venv/bin/workbench demo", id="demo"),
        pytest.param(".venv/bin/pip install '.[test]' && .venv/bin/pytest", id="tests"),
    ],
)
def test_each_command_sets_up_everything(command: str) -> None:
    assert f"\npython3 -m venv .venv && {command}\n" in README


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
