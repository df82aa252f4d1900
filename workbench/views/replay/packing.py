"""Named columns of numbers as one block of bytes, which a browser reads as typed arrays.

The one idea: a short text says where each column lies; behind it stand the columns, each as the first bytes of all its
numbers, then all second bytes and so on, since neighbours differ in their last bytes only and deflate well like that.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import polars as pl

__all__ = ["MAGIC", "NONE", "packed"]

Numbers: TypeAlias = "np.ndarray[Any, Any]"

MAGIC: Final = b"WBP1"
"""The first bytes; the last one is the version of the layout."""
NONE: Final = -(2**31)
"""What stands for null among integers over a power of ten."""
DIGITS_MAX: Final = 4
LEVEL: Final = 1


def packed(columns: Mapping[str, pl.Series], about: Mapping[str, Any], *, deflated: bool = True) -> bytes:
    """Columns by name, and what else is told about them, as one block.

    Whole numbers and Booleans become 32-bit integers. Floats stay 64-bit, with null as NaN; where all of them are
    decimals of few digits they become integers `over` a power of ten, which gives exactly the same floats, and `NONE`
    for null. Texts become numbers in the order of their first appearance, -1 for null, and the texts themselves stand
    in the head.

    Args:
        columns: all of a length of their own.
        about: what can be written as JSON.
        deflated: small, for what is kept; what is seen for a moment and must be there at once is better left as it is.

    Returns:
        `MAGIC`, the length of the head as a little-endian 32-bit integer, the head as JSON, the columns, which are
        deflated unless the head says `plain`.

    Example:
        >>> import polars as pl
        >>> block = packed({"close": pl.Series([1.5, None])}, {"asset": "AAPL"})
        >>> block[:4], block[8 : 8 + int.from_bytes(block[4:8], "little")]
        (b'WBP1', b'{"about":{"asset":"AAPL"},"columns":[{"name":"close","type":"i4","length":2,"over":10}]}')
    """
    told, parts = [], []
    for name, column in columns.items():
        numbers, more = _numbers(column, deflated)
        kind = "f8" if numbers.dtype.kind == "f" else "i4"
        told.append({"name": name, "type": kind, "length": len(numbers), **more})
        parts.append(_apart(numbers))
    form = {"about": about, "columns": told} | ({} if deflated else {"plain": True})
    head = json.dumps(form, separators=(",", ":"), ensure_ascii=False).encode()
    body = b"".join(parts)
    return MAGIC + len(head).to_bytes(4, "little") + head + (zlib.compress(body, LEVEL) if deflated else body)


def _numbers(column: pl.Series, is_small: bool) -> tuple[Numbers, dict[str, Any]]:
    """The numbers of a column, small if asked for, and what must be told to read them."""
    if column.dtype == pl.String:
        told = column.to_list()
        codes: dict[str | None, int] = {None: -1}
        numbers = np.fromiter((codes.setdefault(text, len(codes) - 1) for text in told), np.int32, len(told))
        return numbers, {"texts": texts} if (texts := list(codes)[1:]) else {}
    if column.dtype.is_float():
        floats = column.cast(pl.Float64).to_numpy()  # which has NaN for null
        return (_decimals(floats) if is_small else None) or (floats, {})
    return column.cast(pl.Int32).to_numpy(), {}


def _decimals(floats: Numbers) -> tuple[Numbers, dict[str, Any]] | None:
    """Floats as integers over a power of ten, if that loses nothing."""
    known = ~np.isnan(floats)
    for digits in range(DIGITS_MAX + 1):
        over = 10**digits
        whole = np.where(known, np.rint(floats * over), NONE)
        if not np.all(np.abs(whole[known]) <= -NONE - 1):
            return None
        if np.array_equal(whole[known] / over, floats[known]):
            return whole.astype(np.int32), {"over": over}
    return None


def _apart(numbers: Numbers) -> bytes:
    """The bytes of little-endian numbers by their place in a number."""
    little = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(len(numbers), -1).T.tobytes() if len(numbers) else b""
