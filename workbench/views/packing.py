"""Named columns of numbers as one block of bytes, which a browser reads as typed arrays.

The one idea: a short text says where each column lies; behind it stand the columns, each as the first bytes of all its
numbers, then all second bytes and so on, since neighbours differ in their last bytes only and deflate well like that.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

__all__ = ["MAGIC", "packed"]

MAGIC: Final = b"WBP1"
"""The first bytes; the last one is the version of the layout."""
LEVEL: Final = 6


def packed(columns: Mapping[str, pl.Series], about: Mapping[str, Any]) -> bytes:
    """Columns by name, and what else is told about them, as one block.

    Whole numbers and Booleans become 32-bit integers, floats stay 64-bit, null becomes NaN; texts become numbers in the
    order of their first appearance, -1 for null, and the texts themselves stand in the head.

    Args:
        columns: all of a length of their own.
        about: what can be written as JSON.

    Returns:
        `MAGIC`, the length of the head as a little-endian 32-bit integer, the head as JSON, the deflated columns.

    Example:
        >>> import polars as pl
        >>> block = packed({"close": pl.Series([1.5, None])}, {"asset": "AAPL"})
        >>> block[:4], block[8 : 8 + int.from_bytes(block[4:8], "little")]
        (b'WBP1', b'{"about":{"asset":"AAPL"},"columns":[{"name":"close","type":"f8","length":2}]}')
    """
    told, parts = [], []
    for name, column in columns.items():
        texts, numbers = _numbers(column)
        kind = "f8" if numbers.dtype.kind == "f" else "i4"
        told.append({"name": name, "type": kind, "length": len(numbers), **({"texts": texts} if texts else {})})
        parts.append(_apart(numbers))
    head = json.dumps({"about": about, "columns": told}, separators=(",", ":"), ensure_ascii=False).encode()
    body = zlib.compress(b"".join(parts), LEVEL)
    return MAGIC + len(head).to_bytes(4, "little") + head + body


def _numbers(column: pl.Series) -> tuple[list[str], np.ndarray[Any, Any]]:
    """The numbers of a column, and the texts that they stand for."""
    import polars as pl

    if column.dtype == pl.String:
        texts = column.drop_nulls().unique(maintain_order=True).to_list()
        codes = column.replace_strict(texts, range(len(texts)), default=-1, return_dtype=pl.Int32)
        return texts, codes.fill_null(-1).to_numpy()
    if column.dtype.is_float():
        return [], column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return [], column.cast(pl.Int32).to_numpy()


def _apart(numbers: np.ndarray[Any, Any]) -> bytes:
    """The bytes of little-endian numbers by their place in a number."""
    import numpy as np

    little = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(len(numbers), -1).T.tobytes() if len(numbers) else b""
