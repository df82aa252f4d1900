"""New bars among those a catalog has: which rows are new, which change old ones, and what has to be written.

The one idea: of each asset, only the stretch from the first to the last bar that is new or different is written again,
with the old bars in it; the spans that lay there are cut. Bars that came twice cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from workbench.market.bars import BARS
from workbench.market.catalog.index import Cut
from workbench.market.quality import refuse_bad_times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.market.catalog.store import Span

__all__ = ["Merged", "merged"]

KEY: Final = ("asset", "open_time")
VALUES: Final = ("time", "session", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Merged:
    """What is to be written, asset after asset, where old spans are cut for it, and how many rows are what."""

    frame: pl.DataFrame
    cuts: tuple[Cut, ...]
    new: int
    replaced: int
    unchanged: int


def merged(
    frame: pl.DataFrame, spans: Mapping[str, Sequence[Span]], read: Callable[[Sequence[Span]], pl.DataFrame]
) -> Merged:
    """New rows among the old ones of their assets; the new ones win.

    Args:
        frame: checked bars, asset after asset, by time.
        spans: of some assets, those that touch the time of the new rows.
        read: gives the rows of spans.

    Raises:
        BarsError: bars that overlap in time with different bounds.
    """
    touched = [span for of_asset in spans.values() for span in of_asset]
    if not touched:
        return Merged(frame, (), frame.height, 0, 0)
    ours = pl.col("asset").is_in(list(spans))
    old, given = read(touched), frame.filter(ours)
    marked = _marked(given, old)
    both = _together(given, old)
    refuse_bad_times(both)
    changed = marked.filter(pl.col("state") != "unchanged")
    bounds = changed.group_by("asset").agg(lo=pl.col("open_time").min(), hi=pl.col("open_time").max())
    stretch = both.join(bounds, on="asset", maintain_order="left").filter(pl.col("open_time").is_between("lo", "hi"))
    counts = dict(marked.group_by("state").len().iter_rows())
    rows = pl.concat([frame.filter(~ours), stretch.select(BARS.names())])
    new = counts.get("new", 0) + frame.height - given.height
    return Merged(rows, tuple(_cuts(touched, old, bounds)), new, counts.get("replaced", 0), counts.get("unchanged", 0))


def _marked(given: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Asset and open_time of the new rows, with what each is: new, replaced or unchanged."""
    pairs = given.join(old, on=KEY, how="left", suffix="_old", maintain_order="left")
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_old")) for name in VALUES)
    state = pl.when(pl.col("close_old").is_null()).then(pl.lit("new")).when(same).then(pl.lit("unchanged"))
    return pairs.select(*KEY, state=state.otherwise(pl.lit("replaced")))


def _together(given: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """All rows, the new ones instead of old ones of the same time, asset after asset and by time."""
    left = old.join(given.select(KEY), on=KEY, how="anti")
    return pl.concat([given, left]).sort(KEY)


def _cuts(touched: Sequence[Span], old: pl.DataFrame, bounds: pl.DataFrame) -> list[Cut]:
    """Where the stretch of its asset goes through a span, the rows before and after it."""
    edges = {asset: (lo, hi) for asset, lo, hi in bounds.iter_rows()}
    cuts, at = [], 0
    for span in touched:
        rows = old.slice(at, span.rows)
        at += span.rows
        if span.asset in edges:
            cuts += _cut(span, rows, *edges[span.asset])
    return cuts


def _cut(span: Span, rows: pl.DataFrame, lo: object, hi: object) -> list[Cut]:
    times = rows["open_time"]
    head, tail = int((times < lo).sum()), int((times > hi).sum())
    if head == span.rows or tail == span.rows:
        return []
    end = rows["time"].to_physical()[head - 1] if head else 0
    start = times.to_physical()[span.rows - tail] if tail else 0
    return [Cut(span, head, end, tail, start)]
