"""What may stand for a source in a call of `ingest`: its name with its options, or the path of files.

The one idea: options that the source knows are the source's, all others are those of the bars that are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from workbench.errors import ParameterError
from workbench.market.adapters.source import options_of, source

__all__ = ["opened"]

PARQUET: Final = (".parquet", ".pq")
SHARED: Final = ("calendar", "currency")  # a source may need to know them as well


def opened(
    given: object, assets: str | Sequence[str] | None, options: Mapping[str, Any]
) -> tuple[object, Mapping[str, Any]]:
    """The source that a name or a path stands for, and the options that are left; anything else as it is.

    Raises:
        ParameterError: an unknown source or option; the nearest is given.
        StorageError: a path that is not there.

    Example:
        >>> opened("csv", "ABC", {"path": "prices.csv", "currency": "EUR"})[1]
        {'currency': 'EUR'}
    """
    if isinstance(given, Path):
        return opened(_kind(given), assets, {"path": given, **options})
    if not isinstance(given, str):
        return given, options
    known = options_of(given)
    own = {name: value for name, value in options.items() if name in known}
    if "asset" in known and isinstance(assets, str):
        own.setdefault("asset", str(assets))
    rest = {name: value for name, value in options.items() if name not in own or name in SHARED}
    return source(given, **own), rest


def _kind(path: Path) -> str:
    """Files are told by their ending, a folder by what most of its files are."""
    if not path.is_dir():
        return "parquet" if path.suffix in PARQUET else "csv"
    endings = [each.suffix for each in path.iterdir() if each.is_file()]
    if not endings:
        raise ParameterError(f"{path} holds no files; give a file, a folder of CSV or Parquet files, or a name")
    return "parquet" if sum(e in PARQUET for e in endings) * 2 > len(endings) else "csv"
