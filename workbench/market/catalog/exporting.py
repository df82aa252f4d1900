"""Copies of what a catalog holds, as files that everything reads.

The one idea: one asset at a time is read and written, so that the size of the catalog does not matter. What is written
are the bars as they are held, unadjusted; taken into another catalog, they have the same fingerprints.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import polars as pl

from workbench.errors import ParameterError, StorageError
from workbench.market.assets import as_text
from workbench.market.paths import local

if TYPE_CHECKING:
    from workbench.market.bars import Bars

__all__ = ["FORMATS", "exported"]

META: Final = "workbench"  # key of the JSON in a Parquet file's metadata
ACTIONS_FILE: Final = "actions"
Write = Callable[[pl.DataFrame, Path, dict[str, str]], None]


def _parquet(frame: pl.DataFrame, path: Path, about: dict[str, str]) -> None:
    frame.write_parquet(path, compression="zstd", metadata={META: json.dumps(about, sort_keys=True)})


def _csv(frame: pl.DataFrame, path: Path, about: dict[str, str]) -> None:
    frame.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6f%:z")


FORMATS: Final[dict[str, Write]] = {"parquet": _parquet, "csv": _csv}


def exported(bars: Bars, folder: str | Path, format: str) -> list[Path]:
    """Write the Bars of each asset to a file of its own; see `Catalog.export`."""
    if format not in FORMATS:
        raise ParameterError(f"format={format!r}: give one of {', '.join(FORMATS)}")
    _check_names([str(asset) for asset in bars.assets])
    target = local("folder", folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise ParameterError(f"{folder} is not empty; give a new folder, so that nothing is mixed or overwritten")
        return _written(bars, target, format)
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written: {error}; see who may write there and what room is left"
        ) from error


def _check_names(names: list[str]) -> None:
    """Two names that differ in their case only are one file on some systems."""
    seen = {ACTIONS_FILE}
    for name in names:
        if name.casefold() in seen:
            raise ParameterError(
                f"{name!r}: another file has this name already; export it by itself, to another folder"
            )
        seen.add(name.casefold())


def _written(bars: Bars, folder: Path, format: str) -> list[Path]:
    paths = []
    for asset in bars.assets:
        one = bars.select(asset)
        path = folder / f"{quote(asset, safe=' ')}.{format}"
        _whole(one.frame, path, {**as_text(asset), "every": one.every, "source": one.source}, FORMATS[format])
        paths.append(path)
    path = folder / f"{ACTIONS_FILE}.{format}"
    _whole(bars.actions, path, {}, FORMATS[format])
    return [*paths, path]


def _whole(frame: pl.DataFrame, path: Path, about: dict[str, Any], write: Write) -> None:
    """A file that is complete or not there."""
    draft = path.with_name(f"{path.name}.tmp")
    try:
        write(frame, draft, about)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
