"""Rows merged into buckets of so many neighbours: the same picture out of fewer rows.

The one idea: what is unknown says nothing, so a bucket is unknown only where all of its rows are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import polars as pl

from workbench import _native
from workbench.errors import ParameterError

__all__ = ["BAR", "How", "merged"]

How: TypeAlias = Literal["first", "last", "max", "min", "sum"]
BAR: Final[Mapping[str, How]] = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
"""How bars become a longer bar."""


def merged(rows: pl.DataFrame, size: int, how: Mapping[str, How]) -> pl.DataFrame:
    """Columns of float64, each merged in its way into buckets of `size` rows; the last bucket may have fewer.

    Null and NaN are unknown.

    Args:
        rows: has the columns that `how` names.
        size: rows in a bucket, 1 or more.
        how: first, last, max, min or sum for each column that is wanted.

    Raises:
        ParameterError: a size below 1, or another way to merge.

    Example:
        >>> rows = pl.DataFrame({"high": [3.0, 5.0, 4.0], "volume": [10.0, None, None]})
        >>> merged(rows, 2, {"high": "max", "volume": "sum"}).rows()
        [(5.0, 10.0), (4.0, None)]
    """
    if size < 1:
        raise ParameterError(f"size={size!r}: a bucket has 1 row or more")
    return pl.DataFrame(_native.merged_columns(rows.select(list(how)), list(how.items()), size))
