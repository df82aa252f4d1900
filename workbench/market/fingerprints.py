"""The fingerprint of Bars: one SHA-256 that stands for the data of a run.

The one idea: hash values, not memory. The canonical form is a line of JSON (version, `every`, rows per asset in their
order, attributes of the assets, actions as text; their columns `known` and `other` enter only where one has a value),
then each column of `BARS` after `asset` in the order of the schema: little-endian, times as int64 microseconds,
sessions as int32 days, numbers as float64 with -0.0 as 0.0; a column with nulls is followed by one byte per row (1 is a
value, 0 is null, whose place holds 0). The chunks of a frame, its source and its notices do not enter.
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

__all__ = ["fingerprint"]

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
    if piece.dtype == pl.Float64:
        values = values + 0.0  # turns -0.0 into 0.0
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return memoryview(little.data)
