"""All that a catalog knows of one asset: what it is, what is held of it, with gaps, and where that came from.

The one idea: the database tells everything but the gaps, for which only the times are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from sqlalchemy import func, select

from workbench.market.catalog.coverage import counted
from workbench.market.catalog.datasets import about
from workbench.market.catalog.holdings import ingests_of, series
from workbench.market.catalog.index import found
from workbench.market.catalog.query import chosen_assets
from workbench.market.catalog.registry import history
from workbench.market.catalog.shown import Page, Shown
from workbench.market.catalog.tables import actions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.market.assets import Asset
    from workbench.market.catalog.reader import Files

__all__ = ["Info", "info"]

TIMES: Final = ("asset", "open_time", "time", "session")
SYMBOLS: Final = {"symbol": pl.String, "start": pl.Date, "end": pl.Date}


@dataclass(frozen=True, eq=False, repr=False)
class Info(Shown):
    """All that a catalog knows of one asset.

    `series` has a row for each length held (rows, missing, first, last, pieces, ingests), `ingests` the ingests that
    brought what is held now, `symbols` what it was traded under from when to when, `actions` the number of its
    corporate actions, `datasets` the point-in-time datasets with rows about it (name, rows, first and last known_at).
    """

    asset: Asset
    series: pl.DataFrame
    ingests: pl.DataFrame
    symbols: pl.DataFrame
    actions: int
    datasets: pl.DataFrame

    def _page(self) -> Page:
        asset = self.asset
        place = f", {asset.exchange}" if asset.exchange else ""
        digits = f"{asset.price_digits} digits of prices, {asset.quantity_digits} of quantities"
        told = f"{asset}: {asset.kind}{place}, {asset.currency}, {asset.calendar}, {digits}"
        acted = f"{self.actions} corporate action{'' if self.actions == 1 else 's'}"
        symbols = ", ".join(_borne(*row) for row in self.symbols.iter_rows())
        columns = ("every", "kind", "rows", "missing", "first", "last", "pieces", "sources")
        beside = "".join(f", {rows:,} rows of {name}" for name, rows, *_ in self.datasets.iter_rows())
        sources = dict(self.ingests.select("id", "source").iter_rows())
        return Page(
            f"{told}, {acted}{beside}; {symbols}",
            columns,
            tuple(_series_row(row, sources) for row in self.series.iter_rows(named=True)),
        )


def _borne(symbol: str, start: object, end: object) -> str:
    since = f" from {start}" if start is not None else ""
    return f"{symbol}{since}{f' to {end}' if end is not None else ''}"


def _series_row(row: dict[str, Any], sources: dict[int, str]) -> tuple[str, ...]:
    came = list(dict.fromkeys(sources[number] for number in row["ingests"]))
    told = ", ".join(came[:3]) + (f" and {len(came) - 3} more" if len(came) > 3 else "")
    missing = "-" if row["missing"] is None else f"{row['missing']:,}"
    times = (f"{row[name]:%Y-%m-%d %H:%M}" for name in ("first", "last"))
    return (row["every"] or "-", row["kind"], f"{row['rows']:,}", missing, *times, f"{row['pieces']:,}", told)


def info(connection: Connection, files: Files, name: str) -> Info:
    """All that is known of an asset; see `Catalog.info`."""
    [(number, asset)] = chosen_assets(connection, [name])[0].items()
    held = series(connection, [number]).drop("asset")
    missing = [_missing(connection, files, number, asset, row) for row in held.iter_rows(named=True)]
    told = held.insert_column(3, pl.Series("missing", missing, dtype=pl.Int64))
    came = {ingest for ids in held["ingests"] for ingest in ids}
    rows = [(row.symbol, row.start, row.end) for row in history(connection, number)]
    borne = pl.DataFrame(rows, schema=SYMBOLS, orient="row")
    acted = select(func.count()).select_from(actions).where(actions.c.asset_id == number)
    count, beside = int(connection.execute(acted).scalar_one()), about(connection, files.folder, str(asset))
    return Info(asset, told, ingests_of(connection, came), borne, count, beside)


def _missing(connection: Connection, files: Files, number: int, asset: Asset, row: dict[str, Any]) -> int | None:
    """Bars that the calendar has and the catalog lacks; None for what is no bar."""
    if row["kind"] != "bars":
        return None
    spans = found(connection, [number], "bars", row["every"])[number]
    counts = counted(files.frame(spans, TIMES), row["every"], asset.calendar)
    return int(counts.select((pl.col("due") - pl.col("bars")).clip(lower_bound=0).sum()).item())
