"""Datasets of a catalog: point-in-time rows under a name, joined by later ones, read back as a Dataset.

The one idea: a row that was once known is never taken back, since a backtest may have seen it; a second ingest adds
the rows that are not there yet. Each version of a dataset is one file, and the database says which of them holds.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from sqlalchemy import delete, insert, select

from workbench._types import Notice
from workbench.errors import DatasetError, ParameterError, StorageError, UnknownNameError
from workbench.market.catalog import index, store
from workbench.market.catalog.report import IngestReport
from workbench.market.catalog.tables import datasets, ingests
from workbench.market.datasets import Dataset, unknown
from workbench.market.disk import sync

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from workbench.market.catalog.database import Database

__all__ = ["DATASETS", "about", "held", "ingest_dataset", "stored_dataset"]

TIME: Final = pl.Datetime("us", "UTC")
PRINT: Final = "fingerprint"  # of a version, among the parameters of its ingest
ENDS: Final = {"first": pl.col("known_at").first(), "last": pl.col("known_at").last()}
MARKS: Final = ("_workbench_new", "_workbench_nth")  # names that no column of a dataset will have
NAME_MAX: Final = 128  # letters, as wide as the column of the database
DATASETS: Final = pl.Schema(
    {
        "name": pl.String(),
        "rows": pl.Int64(),
        "assets": pl.Int64(),  # how many the rows are about; 0 where they are about none
        "first": TIME,  # when the first row became known
        "last": TIME,
        "columns": pl.List(pl.String()),  # without known_at and asset
        "ingest": pl.Int64(),  # the one that changed it last
        "hash": pl.String(),  # the fingerprint of the Dataset
    }
)


def ingest_dataset(
    database: Database, folder: Path, given: object, name: str | None, source: str, *, replaced: bool
) -> IngestReport:
    """Put the rows of a Dataset into a catalog, in one transaction; see `Catalog.ingest_dataset`."""
    began, began_us = time.perf_counter(), time.time_ns() // 1000
    dataset = _named(given, name)
    with database.writing() as connection:
        index.swept(connection, folder)
        before = _row(connection, dataset.name)
        old = None if before is None else _read(folder, before)
        made, new = _made(old, dataset, replaced=replaced)
        gone = 0 if old is None else len(old) + new - len(made)
        report = replace(_report(dataset, new, gone, source), seconds=time.perf_counter() - began)
        number = _recorded(connection, report, made, began_us, replaced=replaced)
        if old is None or made.fingerprint != old.fingerprint:
            _put(connection, folder, made, number, before)
    return report


def _named(given: object, name: str | None) -> Dataset:
    if not isinstance(given, Dataset):
        raise ParameterError(
            f"{type(given).__name__} is no Dataset; make one: wb.Dataset.from_frame(frame, known_at='announced')"
        )
    called = given.name if name is None else name
    if not isinstance(called, str) or not called.strip() or len(called) > NAME_MAX:
        raise ParameterError(f"name={called!r}: give the dataset a name, such as name='earnings'")
    if not len(given):
        raise DatasetError(f"dataset {called} has no rows; give at least one")
    return replace(given, name=called)


def _made(old: Dataset | None, given: Dataset, *, replaced: bool) -> tuple[Dataset, int]:
    """What is held from now on, and how many rows of what came in were not held before."""
    if old is None:
        return given, len(given)
    if replaced and old.frame.schema != given.frame.schema:
        return given, len(given)
    joined = _joined(old, given)
    return given if replaced else joined, len(joined) - len(old)


def _joined(old: Dataset, new: Dataset) -> Dataset:
    """What was held and the rows that were not, by the time they became known; of one time, what was held is first.

    Rows that are equal in every column are told apart by their count, so that two equal headlines stay two.
    """
    kinds = _kinds(old, new)
    cast = [pl.col(column).cast(kind) for column, kind in kinds.items()]
    both = pl.concat([old.frame.select(cast), new.frame.select(cast)])
    marked = both.with_columns((pl.int_range(pl.len()) >= len(old)).alias(MARKS[0]))
    counted = marked.with_columns(pl.int_range(pl.len()).over(*kinds, MARKS[0]).alias(MARKS[1]))
    kept = counted.unique([*kinds, MARKS[1]], keep="first", maintain_order=True).select(*kinds)
    notices = tuple(dict.fromkeys((*old.notices, *new.notices)))
    return Dataset(old.name, kept.sort("known_at", maintain_order=True), notices)


def _kinds(old: Dataset, new: Dataset) -> dict[str, pl.DataType]:
    """The columns of both in the order of what is held; one without any value takes the kind of the other.

    Raises:
        DatasetError: other columns, or values of another kind.
    """
    have, given = old.frame.schema, new.frame.schema
    if lacking := sorted(set(have) - set(given)) or sorted(set(given) - set(have)):
        verb = "lacks" if lacking[0] in have else "has besides"
        raise DatasetError(
            f"dataset {old.name} has the columns {', '.join(have)}; what comes in {verb} {', '.join(lacking)}: "
            "give it the same ones or another name, or replace=True"
        )
    for column, kind in have.items():
        if pl.Null not in (kind, given[column]) and kind != given[column]:
            raise DatasetError(
                f"dataset {old.name}: {column} holds {kind}, now it is {given[column]}; cast it, or give replace=True"
            )
    return {column: given[column] if kind == pl.Null else kind for column, kind in have.items()}


def _report(given: Dataset, new: int, gone: int, source: str) -> IngestReport:
    """The counts; that rows are not held any more is told in a notice."""
    text = f"{given.name}: {gone:,} rows that were held are gone; a backtest that saw them may end otherwise now"
    lost = (Notice("replaced", gone, text, "ingest them again to have them back"),) if gone else ()
    return IngestReport(
        source,
        f"rows of {given.name}",
        "",
        given.assets,
        len(given),
        new=new,
        unchanged=len(given) - new,
        hash=given.fingerprint,
        notices=(*given.notices, *lost),
    )


def _recorded(connection: Connection, report: IngestReport, made: Dataset, began_us: int, *, replaced: bool) -> int:
    parameters = {"dataset": made.name, "replace": replaced, PRINT: made.fingerprint}
    values = {"source": report.source, "parameters": parameters, "every": "", "began_us": began_us}
    told = {**values, "seconds": report.seconds, "report": report.to_dict(), "hash": report.hash}
    return int(connection.execute(insert(ingests).values(told).returning(ingests.c.id)).scalar_one())


def _put(connection: Connection, folder: Path, made: Dataset, number: int, before: dict[str, Any] | None) -> None:
    """A file of a new version; that of the version before stays for a while, since a reader may be at it."""
    file = f"{index.DATASETS}/{number:06}-{made.fingerprint[:16]}.parquet"
    _write(folder / file, made)
    if before is not None:
        connection.execute(delete(datasets).where(datasets.c.id == before["id"]))
        index.retire(connection, before["file"])
    values = {"name": made.name, "file": file, "rows": len(made), "hash": store.file_hash(folder / file)}
    connection.execute(insert(datasets).values(**values, ingest_id=number))


def _write(path: Path, made: Dataset) -> None:
    """A file that is complete on the disk before the database knows of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made.to_parquet(path)
        sync(path.parent)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error}; see who may write there and what room is left"
        ) from error


def stored_dataset(connection: Connection, folder: Path, name: str) -> Dataset:
    """A dataset by its name; see `Catalog.dataset`."""
    row = _row(connection, name)
    if row is None:
        known = list(connection.execute(select(datasets.c.name).order_by(datasets.c.name)).scalars())
        raise UnknownNameError(unknown("the catalog", "dataset", name, known))
    return _read(folder, row)


def _row(connection: Connection, name: str) -> dict[str, Any] | None:
    found = connection.execute(select(datasets).where(datasets.c.name == str(name))).mappings().first()
    return None if found is None else dict(found)


def _read(folder: Path, row: dict[str, Any]) -> Dataset:
    return replace(Dataset.from_parquet(folder / row["file"]), name=row["name"])


def held(connection: Connection, folder: Path) -> pl.DataFrame:
    """A row for each dataset by the schema `DATASETS`, by name; see `Catalog.datasets`."""
    query = select(datasets, ingests.c.parameters).join(ingests).order_by(datasets.c.name)
    rows = [_told(folder, dict(row)) for row in connection.execute(query).mappings()]
    return pl.DataFrame(rows, schema=DATASETS, orient="row")


def _told(folder: Path, row: dict[str, Any]) -> dict[str, Any]:
    plain = {"name": row["name"], "rows": row["rows"], "ingest": row["ingest_id"], "hash": row["parameters"][PRINT]}
    return {**_asked(folder / row["file"], _counted).row(0, named=True), **plain}


def _counted(frame: pl.LazyFrame) -> pl.LazyFrame:
    names = frame.collect_schema().names()
    owners = pl.col("asset").n_unique() if "asset" in names else pl.lit(0)
    others = pl.lit(pl.Series([[name for name in names if name not in ("known_at", "asset")]]))
    return frame.select(owners.alias("assets"), others.alias("columns"), **ENDS)


def about(connection: Connection, folder: Path, asset: str) -> pl.DataFrame:
    """The datasets with rows about an asset: name, rows, first, last, counted over these rows alone."""

    def of_asset(frame: pl.LazyFrame) -> pl.LazyFrame:
        owned = "asset" in frame.collect_schema()
        return frame.filter(pl.col("asset") == asset if owned else pl.lit(value=False)).select(rows=pl.len(), **ENDS)

    query = select(datasets.c.name, datasets.c.file).order_by(datasets.c.name)
    rows = [(name, *_asked(folder / file, of_asset).row(0)) for name, file in connection.execute(query)]
    schema = {column: DATASETS[column] for column in ("name", "rows", "first", "last")}
    return pl.DataFrame([row for row in rows if row[1]], schema=schema, orient="row")


def _asked(path: Path, question: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """The answer of a file to a question; of its columns only those are read that it needs."""
    try:
        return question(pl.scan_parquet(path, glob=False)).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StorageError(f"{path} is torn or gone ({error}); see catalog.verify()") from error
