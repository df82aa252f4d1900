"""What must and must not be in the wheel: the browser's part with its licences, and none of what it is made from."""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

__all__ = ["problems"]

BUNDLE = "workbench/views/bundle/"
WIDGETS = (f"{BUNDLE}explore.js", f"{BUNDLE}replay.js")
LICENSED = ("lightweight-charts", "fancy-canvas")
STRANGE = ("workbench/views/js/", "node_modules", "package-lock.json", "__pycache__", "tests/")


def problems(wheel: Path) -> list[str]:
    """What is wrong with a wheel, one line each."""
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        if not {*WIDGETS, f"{BUNDLE}LICENSES.txt"} <= set(names):
            return [f"{BUNDLE} is incomplete"]
        codes = [archive.read(name).decode() for name in WIDGETS]
        licences = archive.read(f"{BUNDLE}LICENSES.txt").decode()
    found = [f"{name} does not belong there" for name in names if any(part in name for part in STRANGE)]
    found += [f"the licence of {name} is missing" for name in LICENSED if name not in licences]
    named = all("Copyright (c)" in code and "TradingView" in code for code in codes)
    return found + ([] if named else ["a bundle names no author"])


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1]))
    print("\n".join(wrong) or f"{sys.argv[1]}: {Path(sys.argv[1]).stat().st_size:,} bytes")
    sys.exit(bool(wrong))
