"""A saved run: a folder with a Parquet file per frame, a journal, and `run.json`, which names all by SHA-256.

A folder appears whole or not at all: it is written beside its place and renamed. Whatever is read has been checked
against its hash first, `run.json` against the one it carries itself, so a flipped byte anywhere is an error, never a
slightly different run. Nothing in it can run code: there is no pickle.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import polars as pl

from workbench.errors import StorageError
from workbench.market.disk import refusals, sync, write_new

__all__ = ["INDEX", "document", "load", "save"]

FORMAT: Final = "workbench.run"
VERSION: Final = 2
INDEX: Final = "run.json"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FILE: Final = re.compile(rf"{_NAME.pattern}\.(?:parquet|journal)")
Files = Mapping[str, Callable[[Path], object]]


def save(
    folder: str | Path, frames: Mapping[str, pl.DataFrame], document: Mapping[str, object], files: Files | None = None
) -> None:
    """Write frames, a document and files into a folder, in one step; an earlier saved run there is replaced.

    Args:
        folder: Where to; missing parents are made. It must not exist, be empty or hold a saved run and nothing else.
        frames: Each becomes `<name>.parquet`; decimals and times keep their exact types.
        document: Text, whole and finite numbers, bools, None, and lists and string-keyed mappings of them.
        files: Other files by name, such as "events.journal", each with what writes it to a path.

    Raises:
        StorageError: The folder holds something else, a value is not one of these, or the disk refuses.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as place:
        ...     save(f"{place}/first", {"fills": pl.DataFrame({"price": [1.5]})}, {"cash": "100000"})
        ...     load(f"{place}/first")[1]
        {'cash': '100000'}
    """
    place = Path(folder).expanduser().resolve()
    plain = _plain(document, "document")
    with refusals(place):
        _refuse_foreign(place)
        _write_beside(place, frames, plain, files or {})


def load(folder: str | Path) -> tuple[dict[str, pl.DataFrame], dict[str, Any], dict[str, bytes]]:
    """Read what `save` wrote, every byte checked.

    Returns:
        The frames by name, the document, and the content of the files, equal to those that were saved.

    Raises:
        StorageError: A file is missing, torn or changed, not one of ours, or of a later version.

    Example:
        >>> load("nowhere")
        Traceback (most recent call last):
        workbench.errors.StorageError: there is no saved run at nowhere; write one with run.save("nowhere")
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise StorageError(f'there is no saved run at {folder}; write one with run.save("{folder}")')
    index = _read_index(place / INDEX)
    frames = {name: _read_frame(place / f"{name}.parquet", entry) for name, entry in index["frames"].items()}
    files = {name: _read_file(place / name, entry) for name, entry in index["files"].items()}
    return frames, index["document"], files


def document(folder: str | Path) -> dict[str, Any]:
    """What `save` was given beside frames and files, without reading those.

    That each is there and as long as it was is looked at; its bytes are checked by `load`.

    Raises:
        StorageError: The index is missing, torn or of a later version, or a file is missing or of another length.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as place:
        ...     save(f"{place}/first", {"fills": pl.DataFrame({"price": [1.5]})}, {"cash": "100000"})
        ...     document(f"{place}/first")
        {'cash': '100000'}
    """
    place = Path(folder)
    index = _read_index(place / INDEX)
    frames = {f"{name}.parquet": entry for name, entry in index["frames"].items()}
    for name, entry in {**frames, **index["files"]}.items():
        path = place / name
        if not path.is_file():
            raise StorageError(_missing(path))
        if path.stat().st_size != entry["bytes"]:
            raise StorageError(_changed(path))
    return dict(index["document"])


def _refuse_foreign(place: Path) -> None:
    """Refuse to replace anything but a saved run."""
    if not place.exists():
        return
    if not place.is_dir():
        raise StorageError(f"{place} is a file; give the name of a folder")
    found = {each.name for each in place.iterdir()}
    if not found:
        return
    if not _is_saved(place / INDEX):
        raise StorageError(f"{place} is not empty and not a saved run; give another folder")
    others = sorted(name for name in found if name != INDEX and not _FILE.fullmatch(name))
    if others:
        raise StorageError(
            f"{place} holds {', '.join(others)} beside a saved run; move that away or give another folder"
        )


def _is_saved(index: Path) -> bool:
    """Whether the file is an index of ours; its frames may be torn."""
    try:
        return bool(json.loads(index.read_bytes())["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        # Any other file, or none, is not ours to replace.
        return False


def _plain(value: object, where: str) -> object:
    """The value in JSON's own types; refused where it would come back as something else."""
    if value is None or isinstance(value, (bool, str)) or type(value) is int or _is_finite(value):
        return value
    if isinstance(value, list):
        return [_plain(each, f"{where}[{i}]") for i, each in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, where): _plain(each, f"{where}.{key}") for key, each in value.items()}
    raise StorageError(
        f"{where} is {value!r} ({type(value).__name__}); a document holds text, whole and finite numbers, bools, None, "
        "lists and mappings"
    )


def _is_finite(value: object) -> bool:
    return type(value) is float and isfinite(value)


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise StorageError(f"{where} has the key {key!r}; keys are text")
    return key


def _write_beside(place: Path, frames: Mapping[str, pl.DataFrame], document: object, files: Files) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{uuid4().hex}.new")
    try:
        beside.mkdir()
        entries = {name: _write_frame(beside, name, frame) for name, frame in frames.items()}
        others = {name: _write_file(beside / name, write) for name, write in files.items()}
        content = {"format": FORMAT, "version": VERSION, "frames": entries, "files": others, "document": document}
        write_new(beside / INDEX, _encoded({**content, "sha256": _sha256(_encoded(content))}))
        sync(beside)
        _put(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put(beside: Path, place: Path) -> None:
    """Rename into place; an old run steps aside first and comes back if that fails."""
    aside = place.with_name(f".{place.name}.{uuid4().hex}.old")
    if place.exists():
        place.rename(aside)
    try:
        beside.rename(place)
    except BaseException:
        if aside.exists():
            aside.rename(place)
        raise
    sync(place.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _write_frame(folder: Path, name: str, frame: pl.DataFrame) -> dict[str, object]:
    if not _NAME.fullmatch(name):
        raise StorageError(f"a frame cannot be saved as {name!r}; use small letters, digits and _")
    buffer = io.BytesIO()
    try:
        frame.write_parquet(buffer)
    except pl.exceptions.PolarsError as error:
        raise StorageError(f"the frame {name} cannot be written as Parquet: {error}") from error
    write_new(folder / f"{name}.parquet", buffer.getvalue())
    return {"bytes": len(buffer.getvalue()), "sha256": _sha256(buffer.getvalue())}


def _write_file(path: Path, write: Callable[[Path], object]) -> dict[str, object]:
    write(path)
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": _sha256(content)}


def _read_index(path: Path) -> dict[str, Any]:
    index = _parsed(path, _read(path))
    if index.get("format") != FORMAT:
        raise StorageError(f"{path} is not the index of a saved run")
    version = index.get("version")
    if version != VERSION:
        earlier = "run the Backtest again and save it" if version in range(VERSION) else "update workbench"
        raise StorageError(f"{path} is of version {version}, this workbench reads version {VERSION}; {earlier}")
    return index


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    """The index, if it is to the byte what `save` writes and its own hash agrees."""
    try:
        index = json.loads(content)
        given = index.pop("sha256")
        intact = _encoded({**index, "sha256": given}) == content and _sha256(_encoded(index)) == given
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        # Whatever else the bytes spell, they are no index of ours.
        intact = False
    if not intact:
        raise StorageError(_changed(path))
    return dict(index)


def _read_frame(path: Path, entry: Mapping[str, Any]) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(_read_file(path, entry)))


def _read_file(path: Path, entry: Mapping[str, Any]) -> bytes:
    content = _read(path)
    if len(content) != entry["bytes"] or _sha256(content) != entry["sha256"]:
        raise StorageError(_changed(path))
    return content


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise StorageError(_missing(path))
    with refusals(path):
        return path.read_bytes()


def _missing(path: Path) -> str:
    return f"{path} is missing; the folder is no complete saved run"


def _changed(path: Path) -> str:
    return f"{path} is torn or was changed after it was saved; restore it, or run again and save"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _encoded(value: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces, ASCII, one line."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"
