"""Trades and quotes of a catalog: taken in for one asset, read back for a window.

The one idea: single trades have no key that tells them apart, so what comes in is all there was between its first and
its last time, and takes the place of what was held of that time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from sqlalchemy import insert

from workbench.errors import BarsError, UnknownAssetError
from workbench.market.assets import Asset, with_attributes
from workbench.market.catalog import index, registry, store
from workbench.market.catalog.coding import KINDS
from workbench.market.catalog.covered import Moment, window
from workbench.market.catalog.door import agreed, check_said
from workbench.market.catalog.report import IngestReport
from workbench.market.catalog.tables import ingests
from workbench.market.clock import instants
from workbench.market.columns import as_polars
from workbench.market.digits import Draft, ticks_of
from workbench.market.trades import drafted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from workbench._types import Notice
    from workbench.market.catalog.database import Database

__all__ = ["ingest_ticks", "stored_ticks"]

NAMES: Final = {
    "time": ("time", "timestamp", "ts", "datetime"),
    "price": ("price", "px", "p"),
    "size": ("size", "quantity", "qty", "amount", "volume"),
    "bid": ("bid", "bid_price", "bidprice"),
    "ask": ("ask", "ask_price", "askprice"),
    "bid_size": ("bid_size", "bidsize", "bid_quantity"),
    "ask_size": ("ask_size", "asksize", "ask_quantity"),
}


@dataclass(frozen=True, slots=True)
class Given:
    """Checked trades or quotes of one asset, on its digits."""

    kind: str
    frame: pl.DataFrame  # asset, and the columns of the kind
    asset: Asset
    source: str
    notices: tuple[Notice, ...]


def ingest_ticks(
    database: Database, folder: Path, kind: str, frame: object, asset: str | Asset, options: Mapping[str, Any]
) -> IngestReport:
    """Put the trades or quotes of one asset into a catalog, in one transaction.

    Args:
        database: of the catalog.
        folder: of the catalog.
        kind: "trades" or "quotes".
        frame: in order of time.
        asset: name, or an Asset with its digits; a known one keeps its own.
        options: tz, calendar, currency, price_digits, quantity_digits, source.

    Raises:
        BarsError, TimeError: rows that cannot be; the first one and the reason are given.
        ParameterError: an option that makes no sense.
        StorageError: the disk or the database refuses.
    """
    began, began_us = time.perf_counter(), time.time_ns() // 1000
    about = dict(options)
    tz, source = about.pop("tz", None), about.pop("source", None)
    with database.writing() as connection:
        index.swept(connection, folder)
        known = registry.load(connection, [asset]).get(str(asset))
        draft = drafted(asset, **about) if known is None else _known(asset, known[1], about)
        given = _checked(kind, frame, draft, tz, source)
        number = registry.put(connection, given.asset) if known is None else known[0]
        report = _written(connection, folder, given, number, began_us)
    return replace(report, seconds=time.perf_counter() - began)


def _known(asset: str | Asset, known: Asset, options: Mapping[str, Any]) -> Draft:
    """A known asset with its digits, when nothing is said against it."""
    if isinstance(asset, Asset):
        agreed(asset, known, redigit=False)
    check_said(known, options, redigit=False)
    return Draft(known, known.price_digits, known.quantity_digits)


def _checked(kind: str, given: object, draft: Draft, tz: str | None, source: str | None) -> Given:
    table, dropped = as_polars(given)
    table = _named(kind, table).with_columns(asset=pl.lit(str(draft.asset)))
    if table.is_empty():
        raise BarsError(f"the frame has no {kind}; give at least one")
    times = instants(table, "time", tz)
    _refuse(kind, times, times.diff().dt.total_microseconds() < 0, "comes before the row above it; sort by time")
    price, price_digits, moved = _numbers(kind, table, KINDS[kind].prices, "price", draft.price_digits)
    size, quantity_digits, shifted = _numbers(kind, table, KINDS[kind].sizes, "size", draft.quantity_digits)
    asset = with_attributes(draft.asset, price_digits=price_digits, quantity_digits=quantity_digits)
    frame = table.select("asset").with_columns(times.alias("time"), *price, *size)
    origin = source or f"frame of {type(given).__module__.split('.')[0]}"
    return Given(kind, frame, asset, origin, (*dropped, *moved, *shifted))


def _named(kind: str, given: pl.DataFrame) -> pl.DataFrame:
    """The columns of the kind by any of their usual names."""
    lower = {c.strip().lower().replace(" ", "_"): c for c in given.columns}
    chosen = {ours: next((lower[n] for n in NAMES[ours] if n in lower), None) for ours in KINDS[kind].schema}
    if lacking := [ours for ours, theirs in chosen.items() if theirs is None]:
        found, wanted = ", ".join(given.columns), ", ".join(KINDS[kind].schema)
        raise BarsError(f"{kind} lack {', '.join(lacking)}; found {found}; wanted {wanted}")
    return given.select(pl.col(str(theirs)).alias(ours) for ours, theirs in chosen.items())


def _numbers(
    kind: str, table: pl.DataFrame, names: tuple[str, ...], what: str, declared: int | None
) -> tuple[list[pl.Series], int, tuple[Notice, ...]]:
    """Columns that share their digits, put on them; a side of a quote that is not there is null."""
    columns = [_column(kind, table, name, above=0.0 if what == "price" or kind == "trades" else -1.0) for name in names]
    together = np.concatenate([column.fill_null(0.0).to_numpy() for column in columns])
    steps, digits, moved = ticks_of(what, together, declared)
    made = []
    for i, column in enumerate(columns):
        values = pl.Series(column.name, steps[i * len(column) : (i + 1) * len(column)] / 10.0**digits)
        if what == "price":
            _refuse(kind, column, column.is_not_null() & (values == 0), f"{column.name} is 0 on {digits} digits")
        made.append(values.set(column.is_null(), None))
    return made, digits, moved


def _column(kind: str, table: pl.DataFrame, name: str, above: float) -> pl.Series:
    try:
        column = table[name].cast(pl.Float64)
    except pl.exceptions.PolarsError as error:
        raise BarsError(f"{name} holds {table[name].dtype}, which is no number: give numbers") from error
    column = column if kind == "trades" else column.fill_nan(None)
    good = column.is_finite() & (column > above)
    _refuse(kind, table[name], ~good.fill_null(kind == "quotes"), f"{name} is no number that can be one")
    return column


def _refuse(kind: str, values: pl.Series, bad: pl.Series, reason: str) -> None:
    if bad.any():
        row, count = int(bad.fill_null(False).arg_max() or 0), int(bad.sum())
        more = f" ({count:,} such rows)" if count > 1 else ""
        raise BarsError(f"row {row} of the {kind} ({values[row]}): {reason}{more}; rows count from 0")


def _written(connection: Connection, folder: Path, given: Given, number: int, began_us: int) -> IngestReport:
    frame, kind = given.frame, given.kind
    first, last = (int(us) for us in frame["time"].to_physical().gather([0, frame.height - 1]))
    touched = index.found(connection, [number], kind, "", start_us=first, end_us=last + 1).get(number, [])
    old = store.read(folder, touched)
    report = IngestReport(given.source, kind, "", (str(given.asset),), frame.height, notices=given.notices)
    same = touched and _within(old, first, last).equals(frame)
    lost = 0 if same else _within(old, first, last).height if touched else 0
    replaced = min(lost, frame.height)
    report = (
        replace(report, unchanged=frame.height)
        if same
        else replace(report, new=frame.height - replaced, replaced=replaced)
    )
    ingest = _recorded(connection, given, began_us, report)
    if not same:
        index.cut(connection, _cuts(touched, old, first, last))
        piece = store.Piece(str(given.asset), frame.height, given.asset.price_digits, given.asset.quantity_digits)
        file = store.write(folder, index.name_of(ingest), kind, frame, [piece])
        index.add(connection, ingest, kind, "", file, [index.Owned(number, piece, first, last, False)])
    return report


def _recorded(connection: Connection, given: Given, began_us: int, report: IngestReport) -> int:
    digest = sha256(given.frame.write_ipc(None, compression="uncompressed").getvalue()).hexdigest()
    values = {"source": given.source, "parameters": {}, "every": "", "began_us": began_us, "hash": digest}
    told = {**values, "seconds": 0.0, "report": replace(report, hash=digest).to_dict()}
    return int(connection.execute(insert(ingests).values(told).returning(ingests.c.id)).scalar_one())


def _within(rows: pl.DataFrame, first: int, last: int) -> pl.DataFrame:
    return rows.filter(pl.col("time").to_physical().is_between(first, last))


def _cuts(touched: list[store.Span], old: pl.DataFrame, first: int, last: int) -> list[index.Cut]:
    cuts, at = [], 0
    times = old["time"].to_physical() if touched else pl.Series([], dtype=pl.Int64)
    for span in touched:
        own = times.slice(at, span.rows)
        at += span.rows
        head, tail = int((own < first).sum()), int((own > last).sum())
        end, start = own[head - 1] if head else 0, own[span.rows - tail] if tail else 0
        cuts.append(index.Cut(span, head, end, tail, start))
    return cuts


def stored_ticks(database: Database, folder: Path, kind: str, asset: str, start: Moment, end: Moment) -> pl.DataFrame:
    """Trades or quotes of an asset from `start` on and before `end`; a date means its day in UTC, as a whole.

    Raises:
        UnknownAssetError: an asset without any.
        TimeError: a naive or unreadable time.
    """
    first, last = window(start, end)
    with database.reading() as connection:
        known = registry.load(connection, [asset])
        held = index.found(connection, [known[asset][0]], kind, "") if asset in known else {}
        if not held:
            raise UnknownAssetError(f"the catalog has no {kind} of {asset!r}; ingest_{kind} brings some")
        rows = store.read(folder, store.narrowed(next(iter(held.values())), first, last), kind=kind)
    return rows.filter(pl.col("time").to_physical().is_between(first, last, closed="left"))
