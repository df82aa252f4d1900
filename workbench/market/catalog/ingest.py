"""Taking bars into a catalog: checked at the door, put on the digits of their assets, written in one step.

The one idea: everything between reading the old state and committing the new one happens under the writers' lock, and
only the commit changes what readers see.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy import insert, update

from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.catalog import index, registry, store
from workbench.market.catalog.actions import put_actions
from workbench.market.catalog.door import agreed
from workbench.market.catalog.merging import merged
from workbench.market.catalog.report import IngestReport
from workbench.market.catalog.tables import ingests
from workbench.market.catalog.upkeep import SPANS_MAX, compacted, crowded
from workbench.market.digits import Draft, put_on_digits
from workbench.market.fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from workbench.market.catalog.database import Database

__all__ = ["Origin", "ingest_bars"]

Known = dict[str, tuple[int, Asset]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where bars come from, for the record."""

    source: str
    parameters: Mapping[str, Any]
    redigit: bool = False  # let known assets have more digits where the bars have more
    on_digits: bool = False  # whether the values surely lie on the digits of their assets


def ingest_bars(
    database: Database, folder: Path, bars: Bars, origin: Origin, also: Callable[[Connection], None] | None = None
) -> IngestReport:
    """Put bars into a catalog, in one transaction.

    Args:
        database: of the catalog.
        folder: of the catalog, for its files.
        bars: checked; assets that are known keep their digits, others bring theirs.
        origin: where they come from.
        also: called in the same transaction, when the assets are there.

    Raises:
        BarsError: bars that overlap stored ones in time, or do not fit the digits of their asset.
        ParameterError: an asset that is known with another currency or calendar.
        StorageError: the disk or the database refuses.
    """
    began, began_us = time.perf_counter(), time.time_ns() // 1000
    with ThreadPoolExecutor(1) as hashing, database.writing() as connection:
        index.swept(connection, folder)
        known = registry.load(connection, bars.assets)
        bars = _fitted(bars, known, origin)
        report = _checked(bars, origin)
        ids = _registered(connection, bars.assets, known)
        number = _recorded(connection, origin, bars, began_us)
        digest = hashing.submit(fingerprint, bars)
        new, replaced, unchanged = _written(connection, folder, bars, ids, number)
        actions = put_actions(connection, ids, bars.actions, number)
        if also is not None:
            also(connection)
        told = replace(report, new=new, replaced=replaced, unchanged=unchanged, actions=actions, hash=digest.result())
        told = replace(told, seconds=time.perf_counter() - began)
        values = {"seconds": told.seconds, "report": told.to_dict(), "hash": told.hash}
        connection.execute(update(ingests).where(ingests.c.id == number).values(values))
        many = crowded(connection)
    if many:
        compacted(database, folder, spans_max=SPANS_MAX)
    return told


def _checked(bars: Bars, origin: Origin) -> IngestReport:
    """What the checks find in bars that passed the door: the one place where quality is asked for."""
    gaps = sum(bars.gaps.values())
    moved = sum(notice.count for notice in bars.notices if notice.kind == "digits")
    names = tuple(str(asset) for asset in bars.assets)
    return IngestReport(
        origin.source, "bars", bars.every, names, len(bars), moved=moved, gaps=gaps, notices=bars.notices
    )


def _fitted(bars: Bars, known: Known, origin: Origin) -> Bars:
    """Bars on the digits of the assets that are known already."""
    have = {name: asset for name, (_, asset) in known.items()}
    assets = tuple(agreed(given, have.get(str(given)), redigit=origin.redigit) for given in bars.assets)
    digits = [(asset.price_digits, asset.quantity_digits) for asset in assets]
    if origin.on_digits and digits == [(asset.price_digits, asset.quantity_digits) for asset in bars.assets]:
        return replace(bars, assets=assets)
    drafts = [Draft(asset, *own) for asset, own in zip(assets, digits, strict=True)]
    frame, fitted, moved = put_on_digits(bars.frame, drafts)
    return replace(bars, frame=frame, assets=fitted, notices=(*bars.notices, *moved))


def _registered(connection: Connection, assets: Sequence[Asset], known: Known) -> dict[str, int]:
    """Numbers of the assets; those that are new or have changed are put first."""
    have = {name: (number, asset.attributes()) for name, (number, asset) in known.items()}
    changed = [asset for asset in assets if asset not in have or have[asset][1] != asset.attributes()]
    numbers = dict(zip(map(str, changed), registry.put_all(connection, changed), strict=True))
    return {name: numbers[name] if name in numbers else have[name][0] for name in map(str, assets)}


def _recorded(connection: Connection, origin: Origin, bars: Bars, began_us: int) -> int:
    parameters = json.loads(json.dumps({**origin.parameters, "synthetic": bars.synthetic}, default=str))
    values = {"source": origin.source, "parameters": parameters, "every": bars.every, "began_us": began_us}
    made = insert(ingests).values(**values, seconds=0.0, report={}, hash="").returning(ingests.c.id)
    return int(connection.execute(made).scalar_one())


def _written(
    connection: Connection, folder: Path, bars: Bars, ids: Mapping[str, int], number: int
) -> tuple[int, int, int]:
    """Merge with what is there, write one file of what changed, point to it; the counts."""
    touched = _touched(connection, bars, ids)
    found = merged(bars.frame, touched, lambda spans: store.read(folder, spans))
    if not found.frame.is_empty():
        index.cut(connection, found.cuts)
        synthetic = {name for name, of_asset in touched.items() if any(span.synthetic for span in of_asset)}
        digits = {str(a): (a.price_digits, a.quantity_digits) for a in bars.assets}
        owned = _owned(found.frame, ids, digits, synthetic | (set(ids) if bars.synthetic else set()))
        file = store.write(folder, index.name_of(number), "bars", found.frame, [one.piece for one in owned])
        index.add(connection, number, "bars", bars.every, file, owned)
    return found.new, found.replaced, found.unchanged


def _touched(connection: Connection, bars: Bars, ids: Mapping[str, int]) -> dict[str, list[store.Span]]:
    """Spans that lie in the time of the new bars of their asset."""
    bounds = bars.frame.group_by("asset").agg(
        pl.col("open_time").first().to_physical(), pl.col("time").last().to_physical()
    )
    times = {name: (start, end) for name, start, end in bounds.iter_rows()}
    first, last = min(start for start, _ in times.values()), max(end for _, end in times.values())
    spans = index.found(connection, ids.values(), "bars", bars.every, start_us=first, end_us=last)
    chosen: dict[str, list[store.Span]] = {}
    for of_asset in spans.values():
        start, end = times[of_asset[0].asset]
        if near := [span for span in of_asset if span.end_us > start and span.start_us < end]:
            chosen[of_asset[0].asset] = near
    return chosen


def _owned(
    frame: pl.DataFrame, ids: Mapping[str, int], digits: Mapping[str, tuple[int, int]], synthetic: set[str]
) -> list[index.Owned]:
    """Each asset's rows of a frame that is asset after asset, as pieces of a file to be written."""
    first = "open_time" if "open_time" in frame.columns else "time"
    runs = frame.select(
        pl.col("asset").rle_id().alias("run"),
        "asset",
        pl.col(first).to_physical().alias("a"),
        pl.col("time").to_physical().alias("b"),
    )
    found = runs.group_by("run", maintain_order=True).agg(
        pl.col("asset").first(), pl.len(), pl.col("a").first(), pl.col("b").last()
    )
    return [
        index.Owned(ids[name], store.Piece(name, rows, *digits[name]), start, end, name in synthetic)
        for _, name, rows, start, end in found.iter_rows()
    ]
