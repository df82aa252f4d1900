"""Keeping a catalog in shape: fewer and fuller files.

The one idea: compaction is an ingest of what is there already. It writes one new file of all rows of an asset and
points to it, so it is as safe as any other change, and readers do not notice.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select

from workbench.market.catalog import index, registry, store
from workbench.market.catalog.tables import ingests, spans

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.market.catalog.database import Database

__all__ = ["SPANS_MAX", "compacted", "crowded"]

SPANS_MAX: Final = 16  # of one asset and length, beyond which they are put together
ROWS: Final = 1 << 22  # rows that are rewritten at a time
FACTOR: Final = 4  # a span this much longer than all after it is left alone
Series = tuple[str, str]  # kind and every


def compacted(database: Database, folder: Path, *, spans_max: int = 1) -> int:
    """Put the spans of every asset that has more than `spans_max` of them together; how many rows were rewritten.

    Raises:
        StorageError: the disk or the database refuses.
    """
    with database.writing() as connection:
        index.swept(connection, folder)
        rows = 0
        for (kind, every), numbers in crowded(connection, spans_max).items():
            found = index.found(connection, numbers, kind, every)
            chosen = {number: of_asset if spans_max == 1 else _newest(of_asset) for number, of_asset in found.items()}
            rows += _rewritten(connection, folder, kind, every, chosen)
        return rows


def crowded(connection: Connection, spans_max: int = SPANS_MAX) -> dict[Series, list[int]]:
    """Assets with more spans than that, by kind and length."""
    columns = (spans.c.kind, spans.c.every, spans.c.asset_id)
    query = select(*columns).group_by(*columns).having(func.count() > spans_max).order_by(*columns)
    made: dict[Series, list[int]] = {}
    for kind, every, number in connection.execute(query):
        made.setdefault((kind, every), []).append(number)
    return made


def _newest(of_asset: list[store.Span]) -> list[store.Span]:
    """The last spans, without long ones before them: days that are added one by one do not rewrite the years."""
    begin, rows = len(of_asset) - 1, of_asset[-1].rows
    while begin and of_asset[begin - 1].rows <= FACTOR * rows:
        begin -= 1
        rows += of_asset[begin].rows
    return of_asset[begin:] if 2 * (len(of_asset) - begin) > len(of_asset) else of_asset


def _rewritten(connection: Connection, folder: Path, kind: str, every: str, chosen: dict[int, list[store.Span]]) -> int:
    rows = 0
    batch: dict[int, list[store.Span]] = {}
    for number, of_asset in chosen.items():
        batch[number] = of_asset
        if sum(span.rows for parts in batch.values() for span in parts) >= ROWS:
            rows += _one_file(connection, folder, kind, every, batch)
            batch = {}
    return rows + _one_file(connection, folder, kind, every, batch)


def _one_file(connection: Connection, folder: Path, kind: str, every: str, batch: dict[int, list[store.Span]]) -> int:
    """All rows of some assets in one new file, with the digits the assets have now."""
    old = [span for of_asset in batch.values() for span in of_asset]
    if not old:
        return 0
    frame = store.read(folder, old)
    assets = {number: asset for number, asset in registry.load(connection).values() if number in batch}
    owned = [_whole(number, of_asset, assets[number]) for number, of_asset in batch.items()]
    number = _recorded(connection, old, every)
    file = store.write(folder, index.name_of(number), kind, frame, [one.piece for one in owned])
    index.cut(connection, [index.Cut(span, 0, 0, 0, 0) for span in old])
    index.add(connection, number, kind, every, file, owned)
    return frame.height


def _whole(number: int, of_asset: list[store.Span], asset: Any) -> index.Owned:
    rows = sum(span.rows for span in of_asset)
    piece = store.Piece(str(asset), rows, asset.price_digits, asset.quantity_digits)
    synthetic = any(span.synthetic for span in of_asset)
    return index.Owned(number, piece, of_asset[0].start_us, of_asset[-1].end_us, synthetic)


def _recorded(connection: Connection, old: list[store.Span], every: str) -> int:
    """An ingest of its own, from the sources that the rows came from."""
    source = ", ".join(dict.fromkeys(span.source for span in old))
    values = {"source": source, "parameters": {"compacted": True}, "every": every, "began_us": time.time_ns() // 1000}
    made = insert(ingests).values(**values, seconds=0.0, report={}, hash="").returning(ingests.c.id)
    return int(connection.execute(made).scalar_one())
