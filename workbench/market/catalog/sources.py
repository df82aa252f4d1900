"""Taking in what a source has: only what was not asked for before, asset after asset, kept batch by batch.

The one idea: a batch of assets and what the source was asked for them are committed together, so a call that is
stopped, by Ctrl-C or by an error, goes on where it was when it is made again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import polars as pl

from workbench._types import Notice
from workbench.errors import Interrupted
from workbench.market.adapters.source import Source
from workbench.market.bars import Bars
from workbench.market.catalog import registry
from workbench.market.catalog.covered import (
    ALWAYS,
    DAY_US,
    EPOCH,
    MICROSECOND,
    Moment,
    Stretch,
    add_covered,
    covered_by,
    missing,
    window,
)
from workbench.market.catalog.report import IngestReport
from workbench.market.periods import LONG

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.market.catalog.database import Database

__all__ = ["Asked", "Catch", "Fetches", "identity", "ingest_source"]

BATCH_ROWS: Final = 1 << 22  # rows, or assets, after which a batch is committed
BATCH_ASSETS: Final = 64


@runtime_checkable
class Fetches(Protocol):
    """What a source must do; `market.adapters.Source` says what else it may do, and how its windows count."""

    def fetch(self, asset: str, start: datetime | None, end: datetime | None, every: str) -> object:
        """Bars of one asset from `start` on and before `end`, as a frame that `Bars.from_frame` takes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller of `ingest` wants of a source."""

    assets: Sequence[str]
    start: Moment
    end: Moment
    every: str
    refresh: bool
    progress: Callable[[int, int], None] = lambda done, total: None  # is told how many assets of how many are done


@dataclass
class _Batch:
    """Bars that are fetched and not committed yet, and what was asked for them."""

    bars: list[Bars] = field(default_factory=list)
    asked: dict[str, Stretch] = field(default_factory=dict)
    refused: bool = False  # by the catalog, which would refuse it once more

    def clear(self) -> None:
        self.bars.clear()
        self.asked.clear()

    def full(self) -> bool:
        return len(self.asked) >= BATCH_ASSETS or sum(map(len, self.bars)) >= BATCH_ROWS


@dataclass(frozen=True, slots=True)
class Catch:
    """How fetched frames become Bars and Bars become part of the catalog."""

    database: Database
    bars_of: Callable[[object, str, object], Bars]  # of a frame, its asset and its actions
    keep: Callable[[Bars, Callable[[Connection], None]], IngestReport]  # what it is given is done in its transaction


def ingest_source(source: Fetches, asked: Asked, catch: Catch) -> IngestReport:
    """Fetch what is missing and keep it, a batch at a time.

    Raises:
        Interrupted: Ctrl-C; all that was fetched is kept.
        WorkbenchError: as the source and `Bars.from_frame`; what was fetched before is kept.
    """
    name, batch = identity(source), _Batch()
    report = IngestReport(_kind(source), "bars", asked.every, ())
    try:
        for done in _fetched(source, name, asked, catch, batch):
            if batch.full():
                report += _kept(batch, name, asked.every, catch)
            asked.progress(done, len(asked.assets))
        report += _kept(batch, name, asked.every, catch)
    except BaseException as error:
        if not batch.refused:
            _kept(batch, name, asked.every, catch)
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted("stopped; what was fetched is kept, and the same call goes on from there") from error
        raise
    if not report.assets:
        text = f"there is nothing new for {len(asked.assets):,} assets: it was fetched before, or the source has none"
        report = replace(report, notices=(Notice("covered", 0, text, "refresh=True asks the source again"),))
    return report


def _kind(source: object) -> str:
    return type(source).__name__.lower()


def identity(source: object) -> str:
    """What tells a source from others: its kind and what it was asked to be.

    Example:
        >>> class Nothing:
        ...     def describe(self):
        ...         return {"path": "prices.csv"}
        >>> identity(Nothing())
        'nothing {"path": "prices.csv"}'
    """
    describe, state = getattr(source, "describe", dict), getattr(source, "state", str)
    return f"{_kind(source)} {json.dumps(describe(), sort_keys=True, default=str)} {state()}".rstrip()


def _fetched(source: Fetches, name: str, asked: Asked, catch: Catch, batch: _Batch) -> Iterator[int]:
    """Puts what is missing of each asset into the batch, and tells how many are done."""
    done = 0
    for stretch, group in groupby(_missing(name, asked, catch), key=lambda each: each[1]):
        names = [asset for asset, _ in group]
        for asset, frame in _frames(source, names, stretch, asked.every):
            _put(source, asset, frame, stretch, catch, batch)
            done += 1
            yield done


def _missing(name: str, asked: Asked, catch: Catch) -> list[tuple[str, Stretch | None]]:
    """Each asset with the one stretch that reaches over all that was not fetched before; None where there is none."""
    wanted = window(asked.start, asked.end)
    if asked.refresh:
        return [(asset, wanted) for asset in asked.assets]
    with catch.database.reading() as connection:
        known = registry.load(connection, asked.assets)
        have = {asset: covered_by(connection, number, asked.every, name) for asset, (number, _) in known.items()}
    gaps = [(asset, missing(wanted, have.get(str(asset), []))) for asset in asked.assets]
    return [(asset, (found[0][0], found[-1][1]) if found else None) for asset, found in gaps]


def _frames(source: Fetches, names: list[str], stretch: Stretch | None, every: str) -> Iterable[tuple[str, Any]]:
    """The frames of assets of which the same is missing; a source that reads them together does so."""
    if stretch is None:
        return [(asset, ()) for asset in names]
    span = _time(stretch[0]), _time(stretch[1])
    if isinstance(source, Source):
        return zip(names, (frame for _, frame in source.fetch_many(names, *span, every)), strict=True)
    return ((asset, source.fetch(asset, *span, every)) for asset in names)


def _put(source: Fetches, asset: str, frame: Any, stretch: Stretch | None, catch: Catch, batch: _Batch) -> None:
    if stretch is None:
        return
    bars = None
    if len(frame):
        actions = source.actions(asset) if hasattr(source, "actions") else None
        told = source.notices(asset) if hasattr(source, "notices") else ()
        bars = catch.bars_of(frame, asset, actions)
        batch.bars.append(replace(bars, notices=(*told, *bars.notices)))
    batch.asked[asset] = (stretch[0], _end(bars, stretch[1]))


def _time(us: int) -> datetime | None:
    return None if us in ALWAYS else EPOCH + us * MICROSECOND


def _end(bars: Bars | None, end: int) -> int:
    """How far a source has answered: to the end asked for, unless that lies after the last bar and is still to come."""
    last = ALWAYS[0] if bars is None else _last_us(bars)
    return max(last, min(end, time.time_ns() // 1000 if end != ALWAYS[1] else last))


def _last_us(bars: Bars) -> int:
    if bars.every == "1d" or bars.every in LONG:
        days: Any = bars.frame["session"].max()
        return int((days - EPOCH.date()).days) * DAY_US + DAY_US
    last: Any = bars.frame["time"].max()
    us: int = (last - EPOCH) // MICROSECOND
    return us


def _kept(batch: _Batch, name: str, every: str, catch: Catch) -> IngestReport:
    """The batch committed, its bars and what was asked for them, and then empty."""
    try:
        report = _committed(batch, name, every, catch)
    except Exception:
        batch.refused = True
        raise
    batch.clear()
    return report


def _committed(batch: _Batch, name: str, every: str, catch: Catch) -> IngestReport:
    def cover(connection: Connection) -> None:
        known = registry.load(connection, batch.asked)
        for asset, (number, _) in known.items():
            add_covered(connection, number, every, name, [batch.asked[asset]])

    if batch.bars:
        return catch.keep(_one(batch.bars), cover)
    if batch.asked:
        with catch.database.writing() as connection:
            cover(connection)
    return IngestReport(name.split()[0], "bars", every, ())


def _one(parts: list[Bars]) -> Bars:
    """Bars of several assets as one."""
    frame, actions = pl.concat([bars.frame for bars in parts]), pl.concat([bars.actions for bars in parts])
    assets = tuple(asset for bars in parts for asset in bars.assets)
    notices = tuple(notice for bars in parts for notice in bars.notices)
    return replace(parts[0], frame=frame, actions=actions, assets=assets, notices=notices)
