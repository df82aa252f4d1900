"""Files appear whole or not at all, and what the system refuses is told with its path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.errors import StorageError
from workbench.market.disk import put, refusals, write_new


@pytest.mark.parametrize("before", [None, b"old"], ids=["a new one", "one that is replaced"])
def test_a_file_is_put_and_nothing_stays_beside_it(before: bytes | None, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    if before is not None:
        place.write_bytes(before)
    put(place, b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("kept", b"new")]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "kept").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        put(tmp_path / "kept", b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("kept", b"old")]


def test_a_new_file_takes_the_place_of_none(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "kept", b"new")
    assert (tmp_path / "kept").read_bytes() == b"old"


def test_refusals_are_told_once() -> None:
    """One inside another leaves the first, which knows best."""
    told = pytest.raises(StorageError, match=r"^inner cannot be read or written: gone$")
    with told, refusals("outer"), refusals("inner"):
        raise OSError("gone")
