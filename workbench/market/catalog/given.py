"""What may stand for a source in a call of `ingest`: its name with its options, or the path of files.

The one idea: options that the source knows are the source's, all others are those of the bars that are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from workbench.errors import ParameterError
from workbench.market.adapters.source import options_of, source
from workbench.market.catalog.door import taken

__all__ = ["opened"]

PARQUET: Final = (".parquet", ".pq")
TEXT: Final = (".csv", ".txt", ".tsv", ".csv.gz")
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
    known = _known(given)
    _check(given, {*known, *taken()}, options)
    own = {name: value for name, value in options.items() if name in known}
    if "asset" in known and isinstance(assets, str):
        own.setdefault("asset", str(assets))
    rest = {name: value for name, value in options.items() if name not in own or name in SHARED}
    return source(given, **own), rest


def _known(name: str) -> list[str]:
    """The options of a source; text that is a path is not taken for a name."""
    try:
        return options_of(name)
    except ParameterError as error:
        if Path(name).exists():
            raise ParameterError(f"{name!r} is a path; write Path({name!r}), or a source with path={name!r}") from error
        raise


def _check(name: str, known: set[str], options: Mapping[str, Any]) -> None:
    if unknown := sorted(set(options) - known):
        near = get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {near[0]}=? " if near else ""
        listed = ", ".join(sorted(known))
        raise ParameterError(f"ingest({name!r}) has no option {unknown[0]!r}; {hint}there are {listed}")


def _kind(path: Path) -> str:
    """Files are told by their ending, a folder by what more of its files are."""
    if not path.is_dir():
        return "parquet" if path.name.lower().endswith(PARQUET) else "csv"
    names = [each.name.lower() for each in path.iterdir() if each.is_file()]
    packed, text = (sum(name.endswith(endings) for name in names) for endings in (PARQUET, TEXT))
    if not packed and not text:
        raise ParameterError(f"{path} holds no CSV or Parquet files; give a file, a folder of such, or a source's name")
    return "parquet" if packed > text else "csv"
