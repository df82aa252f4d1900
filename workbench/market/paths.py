"""A path as it was given, made one of this machine.

The one idea: whatever takes a path takes it here, so that `~` is the home everywhere, and what cannot be a path is
refused before anything is done.
"""

from __future__ import annotations

import os
from pathlib import Path

from workbench.errors import ParameterError, StorageError

__all__ = ["local"]


def local(argument: str, given: str | os.PathLike[str]) -> Path:
    """The path, whether anything is there or not.

    Args:
        argument: what the caller calls it, for the error.
        given: text or a path; `~` at its start is the home of the user.

    Raises:
        ParameterError: no path.
        StorageError: a path that this system cannot look for, such as one whose name is too long.

    Example:
        >>> local("path", "day.journal").name
        'day.journal'
        >>> local("path", 5)
        Traceback (most recent call last):
        workbench.errors.ParameterError: path=5: give a path, as text or as a pathlib.Path
    """
    plain = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(plain, str) or not plain or "\0" in plain:
        raise ParameterError(f"{argument}={given!r}: give a path, as text or as a pathlib.Path")
    try:
        place = Path(plain).expanduser()
        place.exists()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StorageError(f"{argument}={_short(plain)!r} cannot be looked for: {reason}; give another path") from error
    return place


def _short(path: str) -> str:
    """Both ends of a path, which a name that is too long would push out of sight."""
    return path if len(path) <= 100 else f"{path[:60]}...{path[-30:]}"
