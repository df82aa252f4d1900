"""Golden data stands beside the tests, outside any package; this puts it within reach of an import."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))
