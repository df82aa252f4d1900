"""Where two runs part: the slices in which one filled something that the other did not.

The one idea: a fill belongs to the slice that first knows of it, and what an asset's fills of a slice were is one text,
so that two runs did the same where the texts are equal. What fees a fill cost is no part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parted", "slices_of"]

KEY: Final = ("time", "asset")


def slices_of(fills: pl.DataFrame, times: pl.Series) -> pl.Series:
    """The slice of each fill, from 0: at a close that of its time, else the first one that closes later.

    Args:
        fills: rows of `FILLS`.
        times: the close of each slice.

    Example:
        >>> fills = pl.DataFrame({"time": [10, 10, 15], "moment": ["open", "close", "open"]})
        >>> slices_of(fills, pl.Series([10, 20])).to_list()
        [1, 0, 1]
    """
    at_close = times.search_sorted(fills["time"], side="left")
    inside = times.search_sorted(fills["time"], side="right")
    chosen = pl.when(pl.col("moment") == "close").then(pl.col("close")).otherwise(pl.col("inside"))
    found = fills.select("moment").with_columns(close=at_close, inside=inside).select(chosen.alias("slice"))
    return found.to_series().cast(pl.Int32)


def parted(filled: Mapping[str, tuple[pl.DataFrame, pl.Series]]) -> pl.DataFrame:
    """The slices and assets in which runs filled something else than the first of them.

    Args:
        filled: fills, and the closes of the slices, by the name of each run.

    Returns:
        Frame (time, asset, then for each run `NAME traded`, the quantity with its sign, and `NAME price`, its mean),
        in the order of time and asset; 0 and null where a run filled nothing.

    Example:
        >>> buy = {"time": [1], "moment": ["open"], "asset": ["X"], "side": ["buy"], "quantity": [5.0], "price": [2.0]}
        >>> some, none = pl.DataFrame(buy), pl.DataFrame(buy).clear()
        >>> parted({"a": (some, pl.Series([9])), "b": (none, pl.Series([9]))}).rows()
        [(9, 'X', 5.0, 2.0, 0.0, None)]
    """
    tables = [_traded(name, fills, times) for name, (fills, times) in filled.items()]
    joined = tables[0]
    for table in tables[1:]:
        joined = joined.join(table, on=list(KEY), how="full", coalesce=True)
    first, *others = (f"{name} text" for name in filled)
    differs = pl.any_horizontal(pl.col(first).ne_missing(pl.col(other)) for other in others)
    sizes = [pl.col(f"{name} traded").fill_null(0.0) for name in filled]
    found = joined.filter(differs).with_columns(sizes).sort(KEY)
    return found.drop([first, *others])


def _traded(name: str, fills: pl.DataFrame, times: pl.Series) -> pl.DataFrame:
    """What a run filled: a row for each slice and asset."""
    when = times.gather(slices_of(fills, times).cast(pl.UInt32))
    sign = pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0)
    weighted = (pl.col("price") * pl.col("quantity")).sum() / pl.col("quantity").sum()
    alone = pl.when(pl.len() == 1).then(pl.col("price").first()).otherwise(weighted)
    told = pl.concat_str("side", "quantity", "price", separator=" ")
    rows = fills.with_columns(time=when, told=told, signed=sign * pl.col("quantity"))
    return rows.group_by(KEY, maintain_order=True).agg(
        pl.col("signed").sum().alias(f"{name} traded"),
        alone.alias(f"{name} price"),
        pl.col("told").sort().str.join("; ").alias(f"{name} text"),
    )
