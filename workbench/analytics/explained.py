"""Profit by cause: sums of the long frame of what changed equity, by asset, by session and by cause.

The one idea: only the engine calculates; here amounts are added, exactly, and every cause is named, those that did
nothing too. Sums of Decimal columns are exact and raise where they would leave their range.
"""

from __future__ import annotations

from typing import Final

import polars as pl

__all__ = ["CAUSES", "by_cause", "floats", "wide"]

CAUSES: Final = ("price", "slippage", "fees", "dividends", "borrow", "interest", "funding", "fx", "cash_in_lieu")
MONEY: Final = pl.Decimal(38, 20)


def wide(frame: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """A row for each key, zeros where nothing happened: the key, a column for each cause, and their sum, `change`.

    Args:
        frame: rows of `EXPLAINED`, exact.
        keys: the assets or sessions to report, in their order; its name is the column to sum by.

    Example:
        >>> from decimal import Decimal
        >>> rows = {"asset": ["A", "A"], "cause": ["price", "fees"], "amount": [Decimal(5), Decimal(-1)]}
        >>> shown = wide(pl.DataFrame(rows).cast({"amount": MONEY}), pl.Series("asset", ["A", "B"]))
        >>> shown.select("asset", "price", "fees", "change").cast({pl.Decimal: pl.Float64}).rows()
        [('A', 5.0, -1.0, 4.0), ('B', 0.0, 0.0, 0.0)]
    """
    amount = pl.col("amount")
    sums = [amount.filter(pl.col("cause") == cause).sum().alias(cause) for cause in CAUSES]
    found = frame.group_by(keys.name).agg(*sums, amount.sum().alias("change"))
    return keys.to_frame().join(found, on=keys.name, how="left", maintain_order="left").fill_null(0)


def by_cause(frame: pl.DataFrame) -> pl.DataFrame:
    """A row for each cause with its amount.

    Example:
        >>> from decimal import Decimal
        >>> rows = pl.DataFrame({"cause": ["fees"], "amount": [Decimal(-1)]}).cast({"amount": MONEY})
        >>> by_cause(rows).filter(cause="fees")["amount"].item() == -1
        True
    """
    found = frame.group_by("cause").agg(pl.col("amount").sum())
    names = pl.DataFrame({"cause": CAUSES})
    return names.join(found, on="cause", how="left", maintain_order="left").fill_null(0)


def floats(frame: pl.DataFrame) -> pl.DataFrame:
    """The same frame with the nearest floats in place of exact amounts."""
    return frame.cast({pl.Decimal: pl.Float64})
