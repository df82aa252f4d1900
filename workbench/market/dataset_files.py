"""A dataset in one Parquet file, for any reader of Parquet; its name, notices and fingerprint stand in the metadata.

The one idea: a file appears whole or not at all, and what is read must have the fingerprint that was written.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench._types import Notice
from workbench.errors import DatasetError, StorageError
from workbench.market.datasets import Dataset
from workbench.market.disk import put, refusals
from workbench.market.paths import local

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["read", "write"]

KEY: Final = "workbench.dataset"
VERSION: Final = 1


def write(dataset: Dataset, path: str | Path) -> Path:
    """Write a dataset; see `Dataset.to_parquet`."""
    place = local("path", path)
    notices = [[n.kind, n.count, n.text, n.remedy] for n in dataset.notices]
    about = {"version": VERSION, "name": dataset.name, "notices": notices, "fingerprint": dataset.fingerprint}
    buffer = io.BytesIO()
    dataset.frame.write_parquet(buffer, metadata={KEY: json.dumps(about)})
    with refusals(path):
        put(place, buffer.getvalue())
    return place


def read(path: str | Path) -> Dataset:
    """Read what `write` wrote; see `Dataset.from_parquet`."""
    place = local("path", path)
    if not place.is_file():
        raise StorageError(f"{path} is not a file; give the path of a file that Dataset.to_parquet wrote")
    with refusals(path):
        content = place.read_bytes()
    return _checked(path, content, _about(path, content))


def _about(path: str | Path, content: bytes) -> Mapping[str, Any]:
    try:
        written = pl.read_parquet_metadata(io.BytesIO(content)).get(KEY)
    except pl.exceptions.PolarsError as error:
        raise StorageError(f"{path} is torn or no Parquet file: {str(error).splitlines()[0]}") from error
    if written is None:
        raise StorageError(f"{path} was not written by Dataset.to_parquet; read the frame and use Dataset.from_frame")
    about: dict[str, Any] = json.loads(written)
    if about.get("version") != VERSION:
        raise StorageError(f"{path} is of version {about.get('version')}, this workbench reads version {VERSION}")
    return about


def _checked(path: str | Path, content: bytes, about: Mapping[str, Any]) -> Dataset:
    try:
        notices = tuple(Notice(*row) for row in about["notices"])
        made = Dataset(about["name"], pl.read_parquet(io.BytesIO(content)), notices)
    except (pl.exceptions.PolarsError, DatasetError, KeyError, TypeError) as error:
        raise StorageError(f"{path} is torn or was changed: {error}") from error
    if made.fingerprint != about["fingerprint"]:
        raise StorageError(f"{path} was changed after it was written; restore it from a copy")
    return made
