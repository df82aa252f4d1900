"""Prices that are not there: refused, left out, or filled in, as the caller says; nothing is decided silently.

The one idea: filling in knows the next bar before it was there, so it is never done unasked and always remarked.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError

__all__ = ["POLICIES", "checked_policy", "without_missing"]

POLICIES: Final = ("fail", "skip", "interpolate")
PRICES: Final = ("open", "high", "low", "close")
TIMES: Final = ("open_time", "time", "date")


def checked_policy(given: object) -> str:
    """The policy by its name.

    Raises:
        ParameterError: another name.

    Example:
        >>> checked_policy("skip")
        'skip'
    """
    if given not in POLICIES:
        raise ParameterError(f"missing={given!r}: give one of {', '.join(map(repr, POLICIES))}")
    return str(given)


def without_missing(frame: pl.DataFrame, policy: str) -> tuple[pl.DataFrame, tuple[Notice, ...]]:
    """Rows with their gaps treated by the policy; "fail" leaves them to the checks of `Bars`, which name the row.

    Args:
        frame: our columns, prices and volume as Float64; rows in order of time within an asset.
        policy: "fail", "skip" or "interpolate".

    Raises:
        BarsError: "interpolate" with a gap at an end, or a time that is missing.

    Example:
        >>> frame = pl.DataFrame({"date": [1, 2, 3], **{price: [1.0, None, 3.0] for price in PRICES}})
        >>> without_missing(frame, "interpolate")[0]["close"].to_list()
        [1.0, 2.0, 3.0]
        >>> without_missing(frame, "skip")[0].height
        2
    """
    if policy == "fail":
        return frame, ()
    frame = frame.with_columns(pl.col(PRICES).fill_nan(None))
    present: list[str] = [c for c in (*PRICES, *TIMES) if c in frame.columns]
    gaps = frame.select(pl.any_horizontal(pl.col(present).is_null()).alias("gap"))["gap"]
    count = int(gaps.sum())
    if not count:
        return frame, ()
    if policy == "skip":
        text = f"{count:,} rows with a missing price or time were left out"
        return frame.filter(~gaps), (Notice("missing", count, text, "missing='fail' names the first of them"),)
    text = f"{count:,} rows with missing prices were filled in between their neighbours"
    remedy = "such prices know the next bar; missing='skip' leaves the rows out"
    return _between(frame, present), (Notice("missing", count, text, remedy),)


def _between(frame: pl.DataFrame, present: list[str]) -> pl.DataFrame:
    """Straight lines through each price's gaps; open and close stay inside, low and high reach around them."""
    group = "asset" if "asset" in frame.columns else pl.lit(0)
    line = frame.select(pl.col(PRICES).interpolate().over(group))
    inside = [pl.coalesce(frame[name], line[name].clip(line["low"], line["high"])).alias(name) for name in PRICES[::3]]
    filled = frame.with_columns(inside)
    filled = filled.with_columns(
        high=pl.coalesce(frame["high"], pl.max_horizontal("open", "close", line["high"])),
        low=pl.coalesce(frame["low"], pl.min_horizontal("open", "close", line["low"])),
    )
    left = filled.select(pl.any_horizontal(pl.col(present).is_null()).alias("gap"))["gap"]
    if left.any():
        row = int(left.arg_max() or 0)
        raise BarsError(
            f"row {row}: a missing price at the first or last row, or a missing time, has nothing to be filled in "
            "from; use missing='skip'"
        )
    return filled
