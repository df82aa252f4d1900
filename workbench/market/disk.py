"""Files that appear whole or not at all.

The one idea: bytes are written beside their place, waited for until the disk has them, and put into place by one
renaming. Whatever the system refuses comes out as a StorageError with the path and the reason.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from workbench.errors import StorageError

__all__ = ["put", "refusals", "sync", "write_new"]


@contextmanager
def refusals(path: str | Path) -> Iterator[None]:
    """Tell what the system refuses by this path.

    Raises:
        StorageError: something cannot be read or written.

    Example:
        >>> with refusals("nowhere"):
        ...     b"" if Path("nowhere").read_bytes() else None
        Traceback (most recent call last):
        workbench.errors.StorageError: nowhere cannot be read or written: No such file or directory
    """
    try:
        yield
    except StorageError:
        raise  # it is told already, and is an OSError too
    except OSError as error:
        raise StorageError(f"{path} cannot be read or written: {error.strerror or error}") from error


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, and wait until the disk has it.

    Raises:
        OSError: the system refuses.
    """
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def put(path: Path, content: bytes) -> None:
    """Write a file, in the place of one that may be there; it is the old one or the new one, never a part.

    Raises:
        OSError: the system refuses; then the old one stays.
    """
    beside = path.with_name(f".{path.name}.{uuid4().hex}.new")
    try:
        write_new(beside, content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the disk has a file or a folder; the latter cannot be opened for that on every system."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
