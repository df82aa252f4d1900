"""How rows of a catalog come into memory: small pieces through the cache, large ones past it.

The one idea: what is cached is one column of one block of a file, so that windows that overlap share what they have in
common; a query that is larger than a part of the cache would only push out everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Final

import polars as pl

from workbench.errors import StorageError
from workbench.market.bars import BARS
from workbench.market.catalog.coding import BLOCK
from workbench.market.catalog.store import Gone, read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.market.catalog.cache import Cache
    from workbench.market.catalog.store import Span

__all__ = ["Files"]

ROW_BYTES: Final = 80  # of a row of bars in memory, or a little more
SHARE: Final = 4  # what needs more than this part of the cache goes past it


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a catalog's folder, read through its cache."""

    folder: Path
    cache: Cache

    def frame(self, spans: Sequence[Span], columns: Sequence[str]) -> pl.DataFrame:
        """Rows of the spans, in order, by the schema `BARS`; columns that are not asked for are null.

        Raises:
            StorageError: a file that is gone or torn.
        """
        wanted = [name for name in BARS if name in columns]
        rows = sum(span.rows for span in spans)
        try:
            large = rows * ROW_BYTES * SHARE > self.cache.bytes_max
            frame = read(self.folder, spans, wanted) if large or not rows else self._cached(spans, wanted)
        except Gone as error:
            raise StorageError(
                f"{error}: it was cleaned away after the bars were asked for; ask for them again"
            ) from error
        return frame if len(wanted) == len(BARS) else _filled(frame)

    def _cached(self, spans: Sequence[Span], wanted: list[str]) -> pl.DataFrame:
        names = [name for name in wanted if name != "asset"]
        pieces = [piece for span in spans for piece in _pieces(span)]
        parts = [self._kept(piece, names) for piece in pieces]
        read = iter(self._read([piece for piece, part in zip(pieces, parts, strict=True) if part is None], names))
        frame = pl.concat([next(read) if part is None else part for part in parts])
        return frame.insert_column(0, _owners(spans)) if "asset" in wanted else frame

    def _kept(self, piece: Span, names: list[str]) -> pl.DataFrame | None:
        """A piece whose columns are all in the cache."""
        found = [self.cache.get((_key(piece), name)) for name in names]
        return None if any(column is None for column in found) else pl.DataFrame(found)

    def _read(self, pieces: Sequence[Span], names: list[str]) -> list[pl.DataFrame]:
        """Pieces that the cache lacks, read together and then kept."""
        if not pieces:
            return []
        ends = list(accumulate(piece.rows for piece in pieces))
        frame = read(self.folder, pieces, names)
        made = [frame.slice(end - piece.rows, piece.rows) for end, piece in zip(ends, pieces, strict=True)]
        for piece, part in zip(pieces, made, strict=True):
            for column in part:
                self.cache.put((_key(piece), column.name), column)
        return made


def _key(span: Span) -> tuple[str, int, int]:
    return span.file, span.row, span.rows


def _pieces(span: Span) -> list[Span]:
    """The span cut where blocks begin."""
    ends = [*range((span.row // BLOCK + 1) * BLOCK, span.row + span.rows, BLOCK), span.row + span.rows]
    starts = [span.row, *ends[:-1]]
    return [replace(span, row=start, rows=end - start) for start, end in zip(starts, ends, strict=True)]


def _owners(spans: Sequence[Span]) -> pl.Series:
    """The asset of each row."""
    named = ((name, sum(span.rows for span in group)) for name, group in groupby(spans, key=lambda span: span.asset))
    return pl.concat([pl.Series("asset", [name]).new_from_index(0, rows) for name, rows in named])


def _filled(frame: pl.DataFrame) -> pl.DataFrame:
    lacking = [pl.lit(None, BARS[name]).alias(name) for name in BARS if name not in frame.columns]
    return frame.with_columns(lacking).select(BARS.names())
