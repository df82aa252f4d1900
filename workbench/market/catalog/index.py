"""The spans of the database: which rows of which files are the bars of an asset, found, added, cut and retired.

The one idea: a change of prices is a change of these rows, made in the transaction of a writer; the files themselves
are only added, and removed when no reader can still be at them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from workbench.market.catalog.store import Piece, Span, Written
from workbench.market.catalog.tables import assets, datasets, ingests, retired, segments, spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, RowMapping

__all__ = ["DATASETS", "Cut", "Owned", "add", "cut", "found", "name_of", "retire", "swept", "unneeded"]

FOLDER: Final = "bars"
DATASETS: Final = "datasets"  # the folder of their files
GRACE_S: Final = 3600  # how long a file outlives its last span: longer than any reader needs to open it
CHUNK: Final = 500  # numbers in one query: far below the parameters that any database takes
EVER_US: Final = 2**62

# Statements that every query of bars needs are put together once: that takes as long as to execute them.
ALL: Final = (
    select(spans, assets.c.name)
    .join(assets)
    .where(spans.c.kind == bindparam("kind_"), spans.c.every == bindparam("every_"))
    .where(spans.c.end_us >= bindparam("start"), spans.c.start_us < bindparam("end"))
    .order_by(spans.c.asset_id, spans.c.start_us)
)
OF_SOME: Final = ALL.where(spans.c.asset_id.in_(bindparam("ids", expanding=True)))
FILES: Final = (
    select(segments.c.id, segments.c.file, ingests.c.source, ingests.c.id, segments.c.layout)
    .join(ingests)
    .where(segments.c.id.in_(bindparam("ids", expanding=True)))
)


def name_of(ingest_id: int) -> str:
    """Name of the file of an ingest, for `store.write` to put its hash in.

    Example:
        >>> name_of(7)
        'bars/000007-{hash}.parquet'
    """
    return f"{FOLDER}/{ingest_id:06}-{{hash}}.parquet"


@dataclass(frozen=True, slots=True)
class Owned:
    """A piece of a new file as a span: whose it is and which time it covers."""

    asset_id: int
    piece: Piece
    start_us: int
    end_us: int
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a span at its two ends: rows, and the times where they stop and go on again."""

    span: Span
    head: int
    head_end_us: int
    tail: int
    tail_start_us: int


def found(
    connection: Connection,
    ids: Iterable[int] | None,
    kind: str,
    every: str,
    *,
    start_us: int | None = None,
    end_us: int | None = None,
) -> dict[int, list[Span]]:
    """Spans of assets in order of time, by the number of the asset; those that touch [start_us, end_us) only.

    Args:
        connection: of one state of the catalog.
        ids: numbers of assets; None takes all of them.
        kind: "bars", "trades" or "quotes".
        every: length of the bars; "" for trades and quotes.
        start_us: leave out what ends before it.
        end_us: leave out what starts at it or later.
    """
    start, end = (-EVER_US if start_us is None else start_us), (EVER_US if end_us is None else end_us)
    what = {"kind_": kind, "every_": every, "start": start, "end": end}
    if ids is None:
        return _spans(connection, list(connection.execute(ALL, what).mappings()))
    rows: list[RowMapping] = []
    for chunk in _chunks(list(ids)):
        rows += connection.execute(OF_SOME, {**what, "ids": chunk}).mappings()
    return _spans(connection, rows)


def _spans(connection: Connection, rows: list[RowMapping]) -> dict[int, list[Span]]:
    files = _files(connection, {row["segment_id"] for row in rows})
    made: dict[int, list[Span]] = {}
    for row in rows:
        file, source, ingest, layout = files[row["segment_id"]]
        span = Span(
            row["id"],
            row["segment_id"],
            row["name"],
            row["kind"],
            row["every"],
            file,
            source,
            ingest,
            layout,
            row["row"],
            row["rows"],
            row["start_us"],
            row["end_us"],
            row["price_digits"],
            row["quantity_digits"],
            row["synthetic"],
        )
        made.setdefault(row["asset_id"], []).append(span)
    return made


def _files(connection: Connection, ids: set[int]) -> dict[int, tuple[str, str, int, dict[str, object]]]:
    """File, source, ingest and layout of segments."""
    made: dict[int, tuple[str, str, int, dict[str, object]]] = {}
    for chunk in _chunks(sorted(ids)):
        made |= {number: tuple(rest) for number, *rest in connection.execute(FILES, {"ids": chunk})}
    return made


def _chunks(numbers: list[Any]) -> list[list[Any]]:
    return [numbers[i : i + CHUNK] for i in range(0, len(numbers), CHUNK)]


def add(connection: Connection, ingest_id: int, kind: str, every: str, file: Written, owned: Sequence[Owned]) -> None:
    """A new file and the spans of its rows, asset after asset."""
    values = {"kind": kind, "every": every, "ingest_id": ingest_id, "layout": file.layout}
    told = {"file": file.file, "rows": file.rows, "bytes": file.bytes, "hash": file.hash}
    number = connection.execute(insert(segments).values(**values, **told).returning(segments.c.id)).scalar_one()
    rows: list[dict[str, object]] = []
    at = 0
    for one in owned:
        place = {"segment_id": number, "asset_id": one.asset_id, "kind": kind, "every": every, "row": at}
        rows.append({**place, **_told(one)})
        at += one.piece.rows
    connection.execute(insert(spans), rows)


def _told(one: Owned) -> dict[str, object]:
    digits = {"price_digits": one.piece.price_digits, "quantity_digits": one.piece.quantity_digits}
    times = {"start_us": one.start_us, "end_us": one.end_us}
    return {"rows": one.piece.rows, **times, **digits, "synthetic": one.synthetic}


def cut(connection: Connection, cuts: Iterable[Cut]) -> None:
    """Take the middle out of spans; what is left at both ends stays, and a file without spans is retired."""
    touched: set[int] = set()
    for one in cuts:
        touched.add(one.span.segment_id)
        _cut(connection, one)
    for number in sorted(touched):
        if connection.execute(select(spans.c.id).where(spans.c.segment_id == number).limit(1)).first() is None:
            _retire(connection, number)


def _cut(connection: Connection, one: Cut) -> None:
    this = spans.c.id == one.span.id
    if one.tail:
        row = connection.execute(select(spans).where(this)).mappings().one()
        rest = {key: value for key, value in row.items() if key != "id"}
        rest |= {"row": one.span.row + one.span.rows - one.tail, "rows": one.tail, "start_us": one.tail_start_us}
        connection.execute(insert(spans).values(rest))
    if one.head:
        connection.execute(update(spans).where(this).values(rows=one.head, end_us=one.head_end_us))
    else:
        connection.execute(delete(spans).where(this))


def _retire(connection: Connection, number: int) -> None:
    this = segments.c.id == number
    retire(connection, connection.execute(select(segments.c.file).where(this)).scalar_one())
    connection.execute(delete(segments).where(this))


def retire(connection: Connection, file: str) -> None:
    """A file that nothing points to any more; it stays for a while, since a reader may be at it."""
    connection.execute(insert(retired).values(file=file, at_us=_now_us()))


def _now_us() -> int:
    return time.time_ns() // 1000


def swept(connection: Connection, folder: Path, *, grace_s: float = GRACE_S) -> list[str]:
    """Remove files that no reader can need: what a killed writer left behind, and what was retired long ago.

    To be called by a writer, whose lock says that no other one is about to add its file.
    """
    removed = unneeded(connection, folder, grace_s=grace_s)
    for name in removed:
        (folder / name).unlink(missing_ok=True)
    for chunk in _chunks(removed):
        connection.execute(delete(retired).where(retired.c.file.in_(chunk)))
    return removed


def unneeded(connection: Connection, folder: Path, *, grace_s: float = GRACE_S) -> list[str]:
    """The files that `swept` would remove."""
    old = select(retired.c.file).where(retired.c.at_us <= _now_us() - round(grace_s * 1e6))
    gone = list(connection.execute(old).scalars())
    tables = (segments, datasets, retired)
    kept = {file for table in tables for file in connection.execute(select(table.c.file)).scalars()}
    there = [f"{inner}/{path.name}" for inner in (FOLDER, DATASETS) for path in (folder / inner).glob("*")]
    return [*gone, *(name for name in there if name not in kept)]
