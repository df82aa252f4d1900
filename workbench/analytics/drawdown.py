"""Falls from the highest equity so far.

The one idea: a drawdown starts at a peak, is deepest at its trough, and ends at the first close at or above the peak.
"""

from __future__ import annotations

import polars as pl

__all__ = ["drawdowns", "worst_drawdowns"]


def drawdowns(closes: pl.DataFrame) -> pl.DataFrame:
    """The distance of each session close from the highest so far, as a fraction: 0 at a peak, -0.1 a tenth below.

    Args:
        closes: frame (session, equity), oldest first, positive.

    Returns:
        Frame (session, drawdown), as many rows.

    Example:
        >>> from datetime import date
        >>> days = [date(2024, 1, 2), date(2024, 1, 3)]
        >>> drawdowns(pl.DataFrame({"session": days, "equity": [100.0, 90.0]}))["drawdown"].to_list()
        [0.0, -0.1]
    """
    peak = pl.col("equity").cum_max()
    return closes.select("session", ((pl.col("equity") - peak) / peak).alias("drawdown"))


def worst_drawdowns(closes: pl.DataFrame, n: int = 5) -> pl.DataFrame:
    """The `n` deepest drawdowns, deepest first.

    Returns:
        Frame (peak, trough, recovered: Date, depth: Float64 below 0, length, recovery: sessions from peak to trough
        and from trough to recovery); `recovered` and `recovery` are null for one that lasts.

    Example:
        >>> from datetime import date
        >>> days = [date(2024, 1, d) for d in (2, 3, 4)]
        >>> worst = worst_drawdowns(pl.DataFrame({"session": days, "equity": [100.0, 90.0, 101.0]}))
        >>> worst.select("depth", "length", "recovery").rows()
        [(-0.1, 1, 1)]
    """
    rows = drawdowns(closes).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    falls = rows.with_columns((pl.col("drawdown") == 0).cum_sum().alias("fall"))
    lowest = pl.col("drawdown").arg_min()
    spans = falls.group_by("fall", maintain_order=True).agg(
        pl.col("session").first().alias("peak"),
        pl.col("session").get(lowest).alias("trough"),
        pl.col("drawdown").min().alias("depth"),
        lowest.cast(pl.Int64).alias("length"),
        (pl.len().cast(pl.Int64) - lowest.cast(pl.Int64)).alias("recovery"),
    )
    ended = spans.with_columns(pl.col("peak").shift(-1).alias("recovered"))
    kept = ended.filter(pl.col("depth") < 0).sort("depth", maintain_order=True).head(n)
    recovery = pl.when(pl.col("recovered").is_not_null()).then(pl.col("recovery"))
    return kept.select("peak", "trough", "recovered", "depth", "length", recovery.alias("recovery"))
