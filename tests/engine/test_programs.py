"""Random programs of one strategy, or of several, in one currency; and the programs that once did not hold.

`WORKBENCH_EXAMPLES=20000 pytest tests/engine/test_programs.py` searches longer, and elsewhere each time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from machine import Programs, check, is_wide, searched

FOUND = Path(__file__).resolve().parents[1] / "golden" / "programs.json"


def test_engine_twin_feed_and_replay_agree_on_every_program() -> None:
    reached = searched(Programs)
    assert not is_wide() or reached.called == {False, True}


@pytest.mark.parametrize("case", json.loads(FOUND.read_text(encoding="utf-8")), ids=lambda case: case["name"])
def test_what_was_found_once_holds(case: dict[str, Any]) -> None:
    check(case)
