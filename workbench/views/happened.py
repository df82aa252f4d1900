"""In which slice of a run something happened.

The one idea: what happens at an open belongs to the slice whose bar opens then, what happens at a close to the slice
that closes then; everything else to the first slice that closes at or after it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from workbench.analytics.parting import slices_of
from workbench.market.calendars import Calendar

if TYPE_CHECKING:
    from workbench.views.drawn import Drawn
    from workbench.views.run_view import ReplayView, RunView

__all__ = ["absent", "asked_in", "posted_in", "warming"]

DAY: Final = timedelta(days=1)
WARMUP: Final = pl.Schema({"slice": pl.Int32, "layer": pl.Int32, "seen": pl.Int32, "needed": pl.Int32})


def asked_in(run: RunView, times: pl.Series) -> pl.Series:
    """The number of the slice, from 0, of each time."""
    return run.equity["time"].search_sorted(times, side="left").alias("slice").cast(pl.Int32)


def posted_in(run: ReplayView, legs: pl.DataFrame) -> pl.Series:
    """The slice of each of some legs of the ledger: that of its fill, where it is of one."""
    own = run.fills.select("sequence").with_columns(slices_of(run.fills, run.equity["time"]))
    placed = legs.select("sequence", other=asked_in(run, legs["time"]))
    joined = placed.join(own, on="sequence", how="left", maintain_order="left")
    return joined.select(pl.coalesce("slice", "other").alias("slice")).to_series()


def absent(run: RunView, found: Drawn) -> pl.DataFrame:
    """The slices in which the drawn asset has no bar, and whether its market is closed then."""
    if run.equity["time"].equals(found.bars.frame["time"]):
        return pl.DataFrame(schema={"slice": pl.Int32, "closed": pl.Boolean})
    slices = run.equity.select("time").with_row_index("slice")
    without = slices.join(found.bars.frame.select("time"), on="time", how="anti", maintain_order="left")
    asset = found.bars.assets[0]
    return without.select(pl.col("slice").cast(pl.Int32), _closed(asset.calendar, without["time"]).alias("closed"))


def _closed(calendar: str, times: pl.Series) -> pl.Series:
    """Whether a market is closed in the moment before each of these times, which stand in order."""
    if times.is_empty():
        return pl.Series(dtype=pl.Boolean)
    first, last = times[0].date(), times[-1].date()
    opened = Calendar(calendar).parts(first - DAY, last + DAY).select("open_time", close=pl.col("time"))
    asked = times.dt.offset_by("-1us").alias("time").to_frame()
    joined = asked.join_asof(opened.sort("open_time"), left_on="time", right_on="open_time")
    return joined.select((pl.col("time") >= pl.col("close")).fill_null(True)).to_series()


def warming(run: RunView, found: Drawn) -> tuple[pl.DataFrame, list[str]]:
    """Which indicators have no value yet in which slices, with bars seen and needed; and those that never have one.

    Bars are those of the drawn asset, the ones before the run included.
    """
    rows, before = found.layers.rows, _before(run, found)
    tables, never = [pl.DataFrame(schema=WARMUP)], []
    times = rows.select("time").with_row_index("bar")
    for number, layer in enumerate(found.layers.every):
        place = rows[layer.column].is_not_null().arg_max() if rows[layer.column].null_count() < rows.height else None
        if place is None:
            never.append(layer.column)
            continue
        early = times.head(place)
        told = early.select(asked_in(run, early["time"]), layer=number, seen=pl.col("bar") + before + 1)
        tables.append(told.with_columns(needed=place + before + 1).cast(WARMUP))
    return pl.concat(tables).sort("slice", "layer"), never


def _before(run: RunView, found: Drawn) -> int:
    """How many bars of the drawn asset closed before the first slice."""
    own = run.bars.frame.filter(pl.col("asset") == found.name, pl.col("time") < run.equity["time"][0])
    return own.height
