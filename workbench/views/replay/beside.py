"""What a replay of two runs sends beside the first: the other one's equity, holdings and fills, and where they part.

The one idea: the slices are the first run's. What the other run knew at or before the close of a slice is told there,
from its own first slice to its last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from workbench.analytics.parting import slices_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.views.compare import CompareView
    from workbench.views.drawn import Drawn
    from workbench.views.run_view import RunView

__all__ = ["Beside", "beside"]

FILLS: tuple[str, ...] = ("slice", "asset", "side", "quantity", "price", "fee", "drawn", "ambiguous")


class Beside(NamedTuple):
    """More tables and more of what is told about a run, for `replay_data`."""

    tables: Mapping[str, pl.DataFrame]
    about: Mapping[str, Any]


def beside(shown: CompareView, spans: pl.DataFrame, found: Drawn) -> Beside:
    """The second run of a comparison, on the slices of the first.

    Args:
        shown: the comparison of two runs.
        spans: what the second run held, as `workbench.engine.simulation.walked` gives it.
        found: what is drawn.

    Returns:
        Tables `rival` (equity, a row for each slice), `rival_held`, `rival_fills` and `parting` (slice, asset: where
        fills differ); names in `rival` and `own`.
    """
    first, other = shown.runs.values()
    own, name = shown.runs
    times = first.equity["time"]
    tables = {
        "rival": _equity(first, other),
        "rival_held": _held(other, spans, times),
        "rival_fills": _fills(other, times, found),
        "parting": _placed(shown.differences["time"], shown.differences, times).select("slice", "asset"),
    }
    return Beside(tables, {"own": own, "rival": name})


def _equity(first: RunView, other: RunView) -> pl.DataFrame:
    """Equity of the other run at the slices of the first; null before its start and after its end."""
    rows = first.equity.select("time").join_asof(other.equity.select("time", "equity"), on="time")
    inside = pl.col("time") <= other.equity["time"][-1]
    return rows.select(pl.when(inside).then(pl.col("equity")).alias("equity"))


def _held(other: RunView, spans: pl.DataFrame, times: pl.Series) -> pl.DataFrame:
    """What the other run held, as spans of the first run's slices."""
    closes = other.equity["time"]
    names = dict(enumerate(str(asset) for asset in other.bars.assets))
    first = times.search_sorted(closes.gather(spans["first"] - 1), side="left")
    ended = spans["until"] > len(closes)
    ends = closes.gather((spans["until"] - 1).clip(upper_bound=len(closes) - 1))
    until = times.search_sorted(ends, side="left") + ended.cast(pl.UInt32)
    asset = spans["asset"].replace_strict(names, return_dtype=pl.String)
    columns = {"first": first, "until": until, "asset": asset, "quantity": spans["quantity"]}
    # Parts of a long run count from their own start, which may lie behind these.
    return (
        pl.DataFrame(columns)
        .filter(pl.col("first") < pl.col("until"))
        .with_columns(pl.col("first", "until").cast(pl.Int64))
    )


def _fills(other: RunView, times: pl.Series, found: Drawn) -> pl.DataFrame:
    """Fills of the other run with the slice of the first run and the place on the scale of the drawn bars."""
    closes = other.equity["time"]
    known = closes.gather(slices_of(other.fills, closes).cast(pl.UInt32))
    rows = _placed(known, other.fills, times)
    scale = pl.DataFrame({"slice": times.search_sorted(found.bars.frame["time"]).cast(pl.Int64), "scale": found.scale})
    placed = rows.join(scale, on="slice", how="left", maintain_order="left")
    drawn = pl.when(pl.col("asset") == found.name).then(pl.col("price") * pl.col("scale"))
    return placed.with_columns(drawn.alias("drawn")).select(FILLS)


def _placed(known: pl.Series, rows: pl.DataFrame, times: pl.Series) -> pl.DataFrame:
    """Rows with the slice of the first run that knows of them; without those after its end."""
    slices = times.search_sorted(known, side="left").cast(pl.Int64)
    return rows.with_columns(slices.alias("slice")).filter(pl.col("slice") < len(times))
