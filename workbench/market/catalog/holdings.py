"""What a catalog holds, told from its database alone: names, series and ingests.

The one idea: a series is the bars of one asset in one length; its spans say how many rows it has and from when to when,
so that none of this reads a price.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from sqlalchemy import distinct, func, select

from workbench.errors import ParameterError
from workbench.market.assets import KINDS
from workbench.market.catalog.shown import Page, Shown, many
from workbench.market.catalog.tables import assets, datasets, ingests, segments, spans

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Summary", "count", "ingests_of", "names", "series", "summary"]

MB: Final = 1 << 20
NAMES_MAX: Final = 12
COUNT: Final = select(func.count()).select_from(assets)
TIME: Final = pl.Datetime("us", "UTC")
SERIES: Final = pl.Schema(
    {
        "asset": pl.String(),
        "kind": pl.String(),  # of what is held: bars, trades, quotes
        "every": pl.String(),
        "rows": pl.Int64(),
        "first": TIME,  # open of the first row
        "last": TIME,  # close of the last row
        "pieces": pl.Int64(),  # stretches of rows in files
        "ingests": pl.List(pl.Int64()),
    }
)
INGESTS: Final = pl.Schema(
    {
        "id": pl.Int64(),
        "time": TIME,
        "source": pl.String(),
        "every": pl.String(),
        "assets": pl.List(pl.String()),
        "rows": pl.Int64(),
        "new": pl.Int64(),
        "replaced": pl.Int64(),
        "seconds": pl.Float64(),
        "hash": pl.String(),
        "parameters": pl.String(),  # as JSON, those only that say something
    }
)


def names(connection: Connection, kind: str | None = None, every: str | None = None) -> list[str]:
    """Names of the assets, sorted; see `Catalog.list`."""
    query = select(assets.c.name)
    if kind is not None:
        if kind not in KINDS:
            raise ParameterError(f"kind={kind!r}: give one of {', '.join(KINDS)}, or None for all")
        query = query.where(assets.c.kind == kind)
    if every is not None:
        held = select(spans.c.asset_id).where(spans.c.kind == "bars", spans.c.every == every)
        query = query.where(assets.c.id.in_(held))
    return sorted(connection.execute(query).scalars())


def count(connection: Connection) -> int:
    """How many assets there are."""
    return int(connection.execute(COUNT).scalar_one())


def series(connection: Connection, numbers: list[int] | None = None) -> pl.DataFrame:
    """A row for each series, by the name of its asset: what there is of it, from when to when, and who brought it."""
    what = (assets.c.name, spans.c.kind, spans.c.every)
    query = (
        select(
            *what, segments.c.ingest_id, func.sum(spans.c.rows), func.min(spans.c.start_us), func.max(spans.c.end_us)
        )
        .add_columns(func.count())
        .select_from(spans.join(assets).join(segments, segments.c.id == spans.c.segment_id))
        .group_by(*what, segments.c.ingest_id)
    )
    if numbers is not None:
        query = query.where(spans.c.asset_id.in_(numbers))
    # PostgreSQL adds whole numbers up to decimal ones.
    found = [(*row[:4], *map(int, row[4:])) for row in connection.execute(query)]
    parts = {"asset": pl.String, "kind": pl.String, "every": pl.String, "ingest": pl.Int64, "rows": pl.Int64}
    parts |= {"first": pl.Int64, "last": pl.Int64, "pieces": pl.Int64}
    table = pl.DataFrame(found, schema=parts, orient="row").sort("asset", "kind", "every", "ingest")
    sums = table.group_by("asset", "kind", "every", maintain_order=True).agg(
        pl.col("rows").sum(),
        pl.col("first").min().cast(TIME),
        pl.col("last").max().cast(TIME),
        pl.col("pieces").sum(),
        pl.col("ingest").alias("ingests"),
    )
    return sums.select(SERIES.names())


def ingests_of(connection: Connection, numbers: set[int] | None = None) -> pl.DataFrame:
    """A row for each ingest, in order: when, from where, and what it did."""
    query = select(ingests).order_by(ingests.c.id)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    kept = [row for row in rows if numbers is None or row["id"] in numbers]
    return pl.DataFrame([_told(row) for row in kept], schema=INGESTS, orient="row")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    report = row["report"]
    counts = {name: report.get(name, 0) for name in ("rows", "new", "replaced")}
    time = pl.Series([row["began_us"]]).cast(TIME)[0]
    plain = {name: row[name] for name in ("id", "source", "every", "seconds", "hash")}
    parameters = json.dumps({name: value for name, value in row["parameters"].items() if value not in (None, False)})
    return {**plain, **counts, "time": time, "assets": report.get("assets", []), "parameters": parameters}


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Shown):
    """A catalog at a glance."""

    name: str
    names: tuple[str, ...]  # of the assets, the first ones
    assets: int
    series: tuple[tuple[str, str, int, int], ...]  # kind, every, assets, rows
    bytes: int
    ingests: int
    last_ingest: str
    datasets: tuple[str, ...] = ()

    def _page(self) -> Page:
        rest = self.assets - len(self.names)
        more = f" and {rest:,} more" if rest else ""
        listed = f": {', '.join(self.names)}{more}" if self.names else "; ingest(...) brings some"
        of = f", the last of {self.last_ingest}" if self.last_ingest else ""
        last = f", {many(self.ingests, 'ingest')}{of}" if self.ingests else ""
        beside = f"; datasets: {', '.join(self.datasets)}" if self.datasets else ""
        size = f"{self.bytes / MB:,.1f} MB{last}"
        rows = tuple((every or kind, kind, f"{count:,}", f"{held:,}") for kind, every, count, held in self.series)
        title = f"Catalog {self.name} of {many(self.assets, 'asset')}, {size}{listed}{beside}"
        return Page(title, ("every", "kind", "assets", "rows"), rows)


def summary(connection: Connection, name: str) -> Summary:
    """The catalog at a glance, by sums that the database makes."""
    first = connection.execute(select(assets.c.name).order_by(assets.c.name).limit(NAMES_MAX)).scalars()
    groups = select(spans.c.kind, spans.c.every, func.count(distinct(spans.c.asset_id)), func.sum(spans.c.rows))
    held = connection.execute(groups.group_by(spans.c.kind, spans.c.every))
    size = int(connection.execute(select(func.sum(segments.c.bytes))).scalar() or 0)
    number, last = connection.execute(select(func.count(), func.max(ingests.c.began_us))).one()
    when = f"{pl.Series([last]).cast(TIME)[0]:%Y-%m-%d %H:%M}" if last else ""
    rows = sorted((kind, every, int(number), int(total)) for kind, every, number, total in held)
    beside = tuple(connection.execute(select(datasets.c.name).order_by(datasets.c.name)).scalars())
    return Summary(name, tuple(first), count(connection), tuple(rows), size, int(number), when, beside)
