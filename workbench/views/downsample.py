"""Fewer rows with the same picture: bars merged into coarser bars, curves cut to their extremes.

The one idea: a merged bar is a true bar (first open, highest high, lowest low, last close, summed volume), so nothing
that the eye could see is lost and nothing is made up.
"""

from __future__ import annotations

import polars as pl

from workbench.market.buckets import BAR, merged

__all__ = ["curve_rows", "merged_bars"]


def merged_bars(frame: pl.DataFrame, most: int = 2_000) -> pl.DataFrame:
    """The bars of one asset merged into at most `most`, each of as many bars as the next.

    An unknown volume stays unknown only where all of a bucket's volumes are.

    Example:
        >>> from workbench.market import simulate
        >>> merged_bars(simulate.bars("X", n=10).frame, 5).height
        5
    """
    if frame.height <= most:
        return frame
    size = -(-frame.height // most)
    lasts = [*range(size - 1, frame.height - 1, size), frame.height - 1]
    told = [frame.select("asset", "open_time").gather_every(size), frame.select("time", "session")[lasts]]
    return pl.concat([*told, merged(frame, size, BAR)], how="horizontal").select(frame.columns)


def curve_rows(frame: pl.DataFrame, column: str, most: int = 4_000) -> pl.DataFrame:
    """At most `most` rows: those with the least and the greatest value of each of `most` / 2 buckets, in order.

    Example:
        >>> curve_rows(pl.DataFrame({"y": [1.0, 5.0, 2.0, 3.0]}), "y", 2)["y"].to_list()
        [1.0, 5.0]
    """
    if frame.height <= most:
        return frame
    size = -(-frame.height // (most // 2))
    first = pl.col("row").first()
    rows = frame.with_row_index("row").group_by(pl.col("row") // size, maintain_order=True)
    ends = rows.agg((first + pl.col(column).arg_min()).alias("least"), (first + pl.col(column).arg_max()).alias("most"))
    kept = pl.concat([ends["least"], ends["most"].alias("least")]).unique().sort()
    return frame[kept]
