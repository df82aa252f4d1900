"""Trades in groups: by side, and by how long they were held.

The one idea: a group has the figures that the run has, by the same definitions; only closed trades are won or lost.
"""

from __future__ import annotations

from typing import Final

import polars as pl

__all__ = ["HOLDING", "by_holding", "by_side"]

# Bars held: from the first to the second of these, both counted; None has no end.
HOLDING: Final = ((0, 1), (2, 5), (6, 20), (21, 60), (61, 250), (251, None))
PROFIT: Final = pl.col("profit")
CLOSED: Final = ~pl.col("open")


def by_side(trades: pl.DataFrame) -> pl.DataFrame:
    """Long and short trades, and all of them.

    Args:
        trades: rows of `TRADES` in Float64, profits in the account's currency.

    Returns:
        Frame (side, trades, open, win_rate, profit_factor, average, profit, bars): counts; shares as fractions; mean
        and sum of the profit, of closed trades the first three, of all trades the sum; mean bars held. Null where there
        is nothing to divide by. A side without trades has no row.

    Example:
        >>> rows = {"side": ["long", "long"], "profit": [3.0, -1.0], "bars": [2, 4], "open": [False, False]}
        >>> by_side(pl.DataFrame(rows)).select("side", "win_rate", "profit_factor", "profit").rows()
        [('long', 0.5, 3.0, 2.0), ('all', 0.5, 3.0, 2.0)]
    """
    sides = trades.group_by("side").agg(_figures()).sort("side")
    both = trades.select(pl.lit("all").alias("side").first(), *_figures())
    return pl.concat([sides, both]).filter(pl.col("trades") > 0)


def by_holding(trades: pl.DataFrame) -> pl.DataFrame:
    """The same figures by bars held, a row for each of `HOLDING`: (held, trades, ..., bars).

    Example:
        >>> rows = {"side": ["long"] * 2, "profit": [3.0, -1.0], "bars": [2, 300], "open": [False, True]}
        >>> found = by_holding(pl.DataFrame(rows))
        >>> found.filter(pl.col("trades") > 0).select("held", "trades", "profit").rows()
        [('2 to 5', 1, 3.0), ('over 250', 1, -1.0)]
    """
    parts = [
        trades.filter(pl.col("bars").is_between(low, high if high is not None else 2**62)).select(
            pl.lit(f"over {low - 1}" if high is None else f"{low} to {high}").alias("held").first(), *_figures()
        )
        for low, high in HOLDING
    ]
    return pl.concat(parts)


def _figures() -> list[pl.Expr]:
    closed = PROFIT.filter(CLOSED)
    won, lost = closed.filter(closed > 0), closed.filter(closed < 0)
    return [
        pl.len().cast(pl.Int64).alias("trades"),
        pl.col("open").sum().cast(pl.Int64).alias("open"),
        pl.when(closed.len() > 0).then(won.len() / closed.len()).alias("win_rate"),
        pl.when(lost.len() > 0).then(won.sum() / -lost.sum()).alias("profit_factor"),
        closed.mean().alias("average"),
        PROFIT.sum().alias("profit"),
        pl.col("bars").mean().alias("bars"),
    ]
