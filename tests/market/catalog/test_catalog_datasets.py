"""Datasets of a catalog: kept under a name, joined by later rows, never half there, and read by a strategy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench.errors import DatasetError, ParameterError, StorageError, UnknownNameError, UnsupportedError
from workbench.market import catalog as catalogs
from workbench.market import simulate
from workbench.market.catalog import Catalog
from workbench.market.catalog.store import file_hash

Rows = list[tuple[str, str, float | None]]  # known_at, asset, eps
FIRST: Rows = [("2024-01-25T21:30Z", "A", 2.18), ("2024-01-30T21:30Z", "B", 1.0), ("2024-04-25T20:30Z", "A", 1.53)]


def earnings(rows: Rows, name: str = "earnings") -> wb.Dataset:
    frame = pl.DataFrame(rows, schema={"announced": pl.String, "asset": pl.String, "eps": pl.Float64}, orient="row")
    return wb.Dataset.from_frame(frame, known_at="announced", name=name)


def sql(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()


def files(catalog: Catalog) -> list[str]:
    return sorted(f"datasets/{path.name}" for path in (catalog.folder / "datasets").iterdir())


def test_what_is_kept_comes_back(catalog: Catalog) -> None:
    given = earnings(FIRST)
    report = catalog.ingest_dataset(given, source="a table by hand")
    assert str(report) == "3 rows of earnings of A, B from a table by hand: 3 new"
    back = catalog.dataset("earnings")
    assert (back.name, back.fingerprint) == ("earnings", given.fingerprint)
    assert back.frame.equals(given.frame)
    (row,) = catalog.datasets().rows(named=True)
    ends = {"first": datetime(2024, 1, 25, 21, 30, tzinfo=UTC), "last": datetime(2024, 4, 25, 20, 30, tzinfo=UTC)}
    told = {"name": "earnings", "rows": 3, "assets": 2, **ends, "columns": ["eps"], "ingest": 1}
    assert row == {**told, "hash": given.fingerprint}


REVISED = ("2024-02-20T12:00Z", "A", 2.2)
TWIN = ("2024-01-25T21:30Z", "A", 2.18)
NONE = ("2024-05-01T12:00Z", "A", None)

# Each row: what is taken in second, with which options, the counts of new, unchanged and gone, the rows held then.
SECOND: dict[str, tuple[Rows, dict[str, Any], tuple[int, int, int], Rows]] = {
    "the same": (FIRST, {}, (0, 3, 0), FIRST),
    "a part of it": (FIRST[1:], {}, (0, 2, 0), FIRST),
    "a revision between": ([*FIRST, REVISED], {}, (1, 3, 0), [*FIRST[:2], REVISED, FIRST[2]]),
    "a revision alone": ([REVISED], {}, (1, 0, 0), [*FIRST[:2], REVISED, FIRST[2]]),
    "an equal row once more": ([TWIN, *FIRST], {}, (1, 3, 0), [TWIN, *FIRST]),
    "one time, another value": (
        [("2024-01-25T21:30Z", "A", 3.0)], {}, (1, 0, 0), [FIRST[0], ("2024-01-25T21:30Z", "A", 3.0), *FIRST[1:]]
    ),
    "without a value": ([NONE, NONE], {}, (2, 0, 0), [*FIRST, NONE, NONE]),
    "in place of all": ([FIRST[1], REVISED], {"replace": True}, (1, 1, 2), [FIRST[1], REVISED]),
    "in place of the same": (FIRST, {"replace": True}, (0, 3, 0), FIRST),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "options", "counts", "held"), SECOND.values(), ids=SECOND)
def test_a_second_ingest(
    catalog: Catalog, rows: Rows, options: dict[str, Any], counts: tuple[int, int, int], held: Rows
) -> None:
    catalog.ingest_dataset(earnings(FIRST))
    for _ in range(2):  # telling it twice changes nothing
        report = catalog.ingest_dataset(earnings(rows), **options)
        gone = sum(notice.count for notice in report.notices if notice.kind == "replaced")
        assert (report.new, report.unchanged, gone) == counts
        assert catalog.dataset("earnings").fingerprint == earnings(held).fingerprint
        assert catalog.datasets()["hash"].to_list() == [earnings(held).fingerprint]
        assert catalog.verify()
        counts = (0, len(rows), 0)


def test_a_column_without_values_takes_the_kind_of_the_other(catalog: Catalog) -> None:
    at = {"known_at": ["2024-01-25T21:30Z"]}
    empty = wb.Dataset.from_frame(pl.DataFrame({**at, "eps": [None]}), name="x")
    full = wb.Dataset.from_frame(pl.DataFrame({**at, "eps": [1.5]}), name="x")
    for given, new in ((empty, 1), (full, 1), (empty, 0)):
        assert catalog.ingest_dataset(given).new == new
    assert catalog.dataset("x").frame["eps"].to_list() == [None, 1.5]


def frame(**columns: list[Any]) -> wb.Dataset:
    return wb.Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], **columns}), name="earnings")


REFUSED: dict[str, tuple[Callable[[], Any], str | None, type[Exception], str]] = {
    "a frame": (lambda: pl.DataFrame({"known_at": []}), "x", ParameterError, "DataFrame is no Dataset; make one"),
    "no name": (lambda: earnings(FIRST, ""), None, ParameterError, "name='': give the dataset a name"),
    "a blank name": (lambda: earnings(FIRST), " ", ParameterError, "name=' ': give the dataset a name"),
    "a name of another kind": (lambda: earnings(FIRST), 7, ParameterError, "name=7: give"),  # type: ignore[dict-item]
    "a long name": (lambda: earnings(FIRST), "x" * 129, ParameterError, "give the dataset a name"),
    "no rows": (lambda: earnings(FIRST).as_of("2000-01-01"), None, DatasetError, "earnings has no rows"),
    "a column lacks": (lambda: frame(asset=["A"]), None, DatasetError, "what comes in lacks eps"),
    "a column more": (lambda: frame(asset=["A"], eps=[1.0], q=[1]), None, DatasetError, "what comes in has besides q"),
    "another kind": (lambda: frame(asset=["A"], eps=["1"]), None, DatasetError, "eps holds Float64, now it is String"),
}


@pytest.mark.parametrize(("given", "name", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_and_nothing_changed(
    catalog: Catalog, given: Callable[[], Any], name: str | None, error: type[Exception], message: str
) -> None:
    catalog.ingest_dataset(earnings(FIRST))
    before = catalog.datasets()
    with pytest.raises(error, match=message):
        catalog.ingest_dataset(given(), name)
    assert catalog.datasets().equals(before)
    assert catalog.ingests().height == 1


def test_other_columns_in_place_of_the_old_ones(catalog: Catalog) -> None:
    catalog.ingest_dataset(earnings(FIRST))
    report = catalog.ingest_dataset(frame(sales=[7]), replace=True)
    assert (report.new, report.notices[0].count) == (1, 3)
    assert catalog.dataset("earnings").frame["sales"].to_list() == [7]


def test_names(catalog: Catalog) -> None:
    catalog.ingest_dataset(earnings(FIRST))
    catalog.ingest_dataset(earnings(FIRST[:1]), "surprises")
    assert catalog.datasets()["name"].to_list() == ["earnings", "surprises"]
    assert catalog.dataset("surprises").name == "surprises"
    with pytest.raises(UnknownNameError, match=r"no dataset 'earnigs'; did you mean 'earnings'\? there are earnings, "):
        catalog.dataset("earnigs")
    assert "; datasets: earnings, surprises" in repr(catalog)


def test_where_it_came_from(catalog: Catalog) -> None:
    given = earnings(FIRST)
    catalog.ingest_dataset(given, source="a table by hand")
    (row,) = catalog.ingests().rows(named=True)
    assert (row["source"], row["rows"], row["new"], row["hash"]) == ("a table by hand", 3, 3, given.fingerprint)
    assert row["assets"] == ["A", "B"]


def test_an_asset_tells_its_datasets(catalog: Catalog) -> None:
    catalog.ingest(simulate.bars("A", "1d", n=5))
    catalog.ingest_dataset(earnings(FIRST))
    catalog.ingest_dataset(earnings(FIRST[1:2]), "others")
    catalog.ingest_dataset(frame(rate=[1.0]), "rates")
    found = catalog.info("A")
    assert found.datasets.select("name", "rows").rows() == [("earnings", 2)]
    assert found.datasets["last"].to_list() == [datetime(2024, 4, 25, 20, 30, tzinfo=UTC)]
    assert ", 2 rows of earnings" in repr(found)


def test_a_version_that_was_replaced_stays_for_those_who_read_it(catalog: Catalog) -> None:
    catalog.ingest_dataset(earnings(FIRST))
    old = files(catalog)
    catalog.ingest_dataset(earnings([REVISED]))
    assert len(files(catalog)) == 2
    assert catalog.clean().files == ()
    sql(catalog.folder, "UPDATE retired SET at_us = 0")
    assert list(catalog.clean().files) == old
    assert len(files(catalog)) == 1
    assert len(catalog.dataset("earnings")) == 4


def test_what_fails_at_the_last_step_leaves_the_old_version(catalog: Catalog) -> None:
    """The file is written and the database refuses its row; the file is swept by the next writer."""
    catalog.ingest_dataset(earnings(FIRST))
    sql(catalog.folder, "CREATE TRIGGER no BEFORE INSERT ON datasets BEGIN SELECT RAISE(ABORT, 'not now'); END")
    with pytest.raises(StorageError, match="not now"):
        catalog.ingest_dataset(earnings([REVISED]))
    assert catalog.dataset("earnings").fingerprint == earnings(FIRST).fingerprint
    assert catalog.ingests().height == 1
    assert len(files(catalog)) == 2
    sql(catalog.folder, "DROP TRIGGER no")
    catalog.ingest_dataset(earnings(FIRST))
    assert len(files(catalog)) == 1


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def test_a_torn_or_missing_file_is_told(catalog: Catalog) -> None:
    catalog.ingest_dataset(earnings(FIRST))
    assert (catalog.verify().files, catalog.verify().rows) == (1, 3)
    (path,) = (catalog.folder / "datasets").iterdir()
    whole = path.read_bytes()
    _cut(path)
    for ask in (lambda: catalog.dataset("earnings"), catalog.datasets, lambda: catalog.ingest_dataset(earnings(FIRST))):
        with pytest.raises(StorageError, match="torn"):
            ask()
    assert "SHA-256" in catalog.verify().problems["problem"][0]
    path.unlink()
    assert catalog.verify().problems["problem"].to_list() == ["it is missing"]
    with pytest.raises(StorageError, match="is not a file"):
        catalog.dataset("earnings")
    path.write_bytes(whole)
    sql(catalog.folder, "UPDATE datasets SET rows = 4")
    assert catalog.verify().problems["problem"].to_list() == ["the database says 4 rows, the file has 3"]


def test_a_file_of_another_kind_in_its_place(catalog: Catalog) -> None:
    catalog.ingest_dataset(earnings(FIRST))
    (path,) = (catalog.folder / "datasets").iterdir()
    pl.DataFrame({"a": [1]}).write_parquet(path)
    digest = file_hash(path)
    sql(catalog.folder, f"UPDATE datasets SET hash = '{digest}'")
    assert "was not written by Dataset.to_parquet" in catalog.verify().problems["problem"][0]


def test_the_sample_takes_nothing() -> None:
    with pytest.raises(UnsupportedError, match="read-only"):
        catalogs.sample().ingest_dataset(earnings(FIRST))


class Beats(wb.Strategy):
    """Buys one share at each announcement above 2, and notes what it could know then."""

    def on_data(self, ctx: wb.Context, item: Any) -> None:
        SEEN.append((ctx.now, len(ctx.data["earnings"])))
        if item["eps"] > 2:
            ctx.buy(item.asset, 1)


SEEN: list[tuple[datetime, int]] = []


def test_a_backtest_reads_it_as_of_now(catalog: Catalog) -> None:
    """Announced at noon of the 3rd and of the 5th; seen at the ends of these days, filled at the next open."""
    rows: Rows = [("2024-01-03T12:00Z", "A", 2.18), ("2024-01-05T12:00Z", "A", 1.53)]
    for each in rows:
        catalog.ingest_dataset(earnings([each]))
    days = [f"2024-01-{day:02}" for day in range(1, 9)]
    prices = pl.DataFrame({"date": days, **dict.fromkeys(("open", "high", "low", "close"), 10.0), "volume": 100.0})
    catalog.ingest(prices, "A")
    SEEN.clear()
    result = wb.Backtest(Beats(), catalog["A"], data=[catalog.dataset("earnings")]).run()
    assert list(SEEN) == [(datetime(2024, 1, 4, tzinfo=UTC), 1), (datetime(2024, 1, 6, tzinfo=UTC), 2)]
    assert result.fills["time"].to_list() == [datetime(2024, 1, 4, tzinfo=UTC)]
