"""Fingerprints of Bars and of the frames of datasets: one SHA-256 that stands for the data of a run.

The one idea: hash values, not memory. The canonical form is a line of JSON (version, `every`, rows per asset in their
order, attributes of the assets, actions as text; their columns `known` and `other` enter only where one has a value),
then each column of `BARS` after `asset` in the order of the schema: little-endian, times as int64 microseconds,
sessions as int32 days, numbers as float64 with -0.0 as 0.0; a column with nulls is followed by one byte per row (1 is a
value, 0 is null, whose place holds 0). The chunks of a frame, its source and its notices do not enter. A dataset has
its own line of JSON (version, names and kinds of its columns, rows); text is the number of bytes in UTF-8 of each
value, as int64, then the bytes of all; a decimal is the text of its digits.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import polars as pl

from workbench.market.assets import as_text

if TYPE_CHECKING:
    from workbench.market.bars import Bars

__all__ = ["fingerprint", "frame_fingerprint"]

VERSION: Final = 1
LATER: Final = ("known", "other")  # columns of actions that came later: where all is null they do not enter
ROWS: Final = 1 << 20


class Hash(Protocol):
    """What is needed of hashlib's objects."""

    def update(self, data: bytes | memoryview, /) -> None: ...


def fingerprint(bars: Bars) -> str:
    """SHA-256 of the canonical form, in hexadecimal.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", n=10, seed=1)
        >>> fingerprint(bars) == fingerprint(simulate.bars("X", n=10, seed=1)), len(fingerprint(bars))
        (True, 64)
    """
    digest = hashlib.sha256(_header(bars).encode())
    for name in bars.frame.columns[1:]:
        _column(digest, bars.frame[name])
    return digest.hexdigest()


def frame_fingerprint(frame: pl.DataFrame) -> str:
    """SHA-256 of the canonical form of a frame with columns of any plain type, in hexadecimal.

    Example:
        >>> frame = pl.DataFrame({"eps": [2.18], "period": ["23Q4"]})
        >>> frame_fingerprint(frame) == frame_fingerprint(frame.rechunk()), len(frame_fingerprint(frame))
        (True, 64)
    """
    kinds = [[name, _kind(dtype)] for name, dtype in frame.schema.items()]
    digest = hashlib.sha256((json.dumps(["dataset", VERSION, kinds, frame.height], ensure_ascii=True) + "\n").encode())
    for column in frame:
        _any_column(digest, column)
    return digest.hexdigest()


def _kind(dtype: pl.DataType) -> str:
    return f"Decimal {dtype.scale}" if isinstance(dtype, pl.Decimal) else type(dtype).__name__


def _any_column(digest: Hash, column: pl.Series) -> None:
    if column.dtype == pl.Boolean:
        _column(digest, column.cast(pl.UInt8))
    elif column.dtype in (pl.Decimal, pl.String):
        text = column.cast(pl.String)
        _column(digest, text.str.len_bytes().cast(pl.Int64))
        for start in range(0, len(text), ROWS):
            digest.update("".join(text.slice(start, ROWS).drop_nulls()).encode())
    elif column.dtype != pl.Null:
        _column(digest, column)


def _header(bars: Bars) -> str:
    rows = dict(bars.frame.group_by("asset").len().iter_rows())
    assets = [[str(a), rows.get(str(a), 0), as_text(a)] for a in bars.assets]
    told = bars.actions
    if told.select(pl.col(*LATER).is_null().all()).row(0) == (True, True):
        told = told.drop(LATER)
    actions = [[None if v is None else str(v) for v in row] for row in told.iter_rows()]
    return json.dumps([VERSION, bars.every, assets, actions], ensure_ascii=True, sort_keys=True) + "\n"


def _column(digest: Hash, column: pl.Series) -> None:
    """Feed a column piece by piece, so that no copy of it is made."""
    physical = column.to_physical()
    for start in range(0, len(physical), ROWS):
        digest.update(_bytes(physical.slice(start, ROWS)))
    if column.null_count():
        digest.update(column.is_not_null().cast(pl.UInt8).to_numpy().tobytes())


def _bytes(piece: pl.Series) -> memoryview:
    values = piece.fill_null(0).to_numpy()
    if piece.dtype.is_float():
        values = values + 0.0  # turns -0.0 into 0.0
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return memoryview(little.data)
