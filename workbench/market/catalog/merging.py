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
ROWS: Final = 1 << 20  # of new rows that are merged at a time
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
    made: list[Merged] = []
    for part in _parts(frame):
        names = part["asset"].unique(maintain_order=True).to_list()
        touched = [span for name in names for span in spans.get(name, ())]
        made.append(_merged(part, touched, read) if touched else Merged(part, (), part.height, 0, 0))
    counts = {name: sum(getattr(one, name) for one in made) for name in ("new", "replaced", "unchanged")}
    rows = frame if counts["new"] == frame.height and len(made) == 1 else pl.concat([one.frame for one in made])
    return Merged(rows, tuple(cut for one in made for cut in one.cuts), **counts)


def _parts(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of some assets each, so many that few assets are merged at a time and many small ones together."""
    runs = frame["asset"].rle().struct.field("len").to_list()
    parts, begin, end = [], 0, 0
    for rows in runs:
        end += rows
        if end - begin >= ROWS:
            parts.append(frame.slice(begin, end - begin))
            begin = end
    return parts if begin == end else [*parts, frame.slice(begin, end - begin)]


def _merged(given: pl.DataFrame, touched: Sequence[Span], read: Callable[[Sequence[Span]], pl.DataFrame]) -> Merged:
    old = read(touched)
    if old.equals(given):
        return Merged(given.clear(), (), 0, 0, given.height)
    marked = _marked(given, old)
    both = _together(given, old)
    refuse_bad_times(both)
    changed = marked.filter(pl.col("state") != "unchanged")
    bounds = changed.group_by("asset").agg(lo=pl.col("open_time").min(), hi=pl.col("open_time").max())
    rows = both.join(bounds, on="asset", maintain_order="left").filter(pl.col("open_time").is_between("lo", "hi"))
    counts: dict[str, int] = dict(marked.group_by("state").len().iter_rows())
    found = (counts.get(name, 0) for name in ("new", "replaced", "unchanged"))
    return Merged(rows.select(BARS.names()), tuple(_cuts(touched, old, bounds)), *found)


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
