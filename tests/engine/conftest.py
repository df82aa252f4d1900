"""Golden data stands beside the tests, outside any package; this puts it within reach of an import."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))
pytest.register_assert_rewrite("face", "machine")  # they assert for several modules, and shall say what differs
