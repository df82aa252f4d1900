"""The database: versions, migration, refusal of what is not ours, waiting for another writer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from workbench.errors import ParameterError, StorageError, UnsupportedError
from workbench.market import simulate
from workbench.market.catalog import Catalog, database

HOURS = simulate.bars("X", "1h", n=10, seed=3)


def sql(folder: Path, *commands: str) -> None:
    with closing(sqlite3.connect(folder / "catalog.sqlite", isolation_level=None)) as connection:
        for command in commands:
            connection.execute(command)


# What the second version added, taken away again.
AS_VERSION_1 = (
    "DROP TABLE retired",
    "ALTER TABLE spans DROP COLUMN synthetic",
    "UPDATE state SET value = '1' WHERE key = 'schema_version'",
)


def test_a_catalog_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.ingest(HOURS)
    catalog.close()
    sql(tmp_path, *AS_VERSION_1)
    old = Catalog(tmp_path)
    assert old.bars("X", every="1h").frame.equals(HOURS.frame)
    assert not old.bars("X", every="1h").synthetic
    assert old.ingest(simulate.bars("X", "1h", n=12, seed=3)).new == 2
    assert old.verify()
    old.close()
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection:
        assert connection.execute("SELECT value FROM state").fetchall() == [("2",)]


REFUSED = [
    ("a later version", "UPDATE state SET value = '99'", "has version 99, this workbench knows up to 2; update it"),
    ("no version", "DELETE FROM state", "does not say its version"),
    ("no number", "UPDATE state SET value = 'new'", "does not say its version"),
    ("other tables", "DROP TABLE state", "has tables, but not those of a catalog"),
]


@pytest.mark.parametrize(("command", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_databases_that_are_refused(tmp_path: Path, command: str, message: str) -> None:
    catalog = Catalog(tmp_path)
    catalog.ingest(HOURS)
    catalog.close()
    sql(tmp_path, command)
    with pytest.raises(StorageError, match=message):
        Catalog(tmp_path).list()


URLS = [
    ("no URL", "nonsense", ParameterError, "is no URL"),
    ("another database", "mysql+pymysql://host/name", UnsupportedError, "give a URL of SQLite or of PostgreSQL"),
    ("a driver that is not there", "postgresql+psycopg2://host/name", StorageError, "its driver is not installed"),
]


@pytest.mark.parametrize(("url", "error", "message"), [u[1:] for u in URLS], ids=[u[0] for u in URLS])
def test_urls_that_do_not_do(tmp_path: Path, url: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Catalog(tmp_path, database=url).list()


WORD = "hidden"
SECRETS = {
    "a host that is not there": (f"postgresql+pg8000://me:{WORD}@127.0.0.1:1/name", StorageError),
    "in the query": (f"postgresql+pg8000://me@127.0.0.1:1/name?password={WORD}", StorageError),
    "another database": (f"mysql://me:{WORD}@host/name?password={WORD}", UnsupportedError),
    "no driver": (f"postgresql+psycopg2://me:{WORD}@host/name?password={WORD}", StorageError),
    "no dialect": (f"postgresql+nothing://me:{WORD}@host/name?password={WORD}", StorageError),
    "a port that is none": (f"postgresql://me:p@host:{WORD}@host:{WORD}/name", ParameterError),
    "no URL": (f"me:{WORD}@host", ParameterError),
}


@pytest.mark.parametrize(("url", "error"), SECRETS.values(), ids=SECRETS)
def test_a_password_is_not_told(tmp_path: Path, url: str, error: type[Exception]) -> None:
    """Neither in the message nor in the errors that it came from."""
    with pytest.raises(error) as refused:
        Catalog(tmp_path, database=url).list()
    told = refused.value
    while told is not None:
        assert WORD not in f"{told!s} {told!r}"
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)


def test_sqlite_elsewhere(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "files", database=f"sqlite:///{tmp_path}/elsewhere.sqlite")
    catalog.ingest(HOURS)
    assert catalog.bars("X", every="1h").frame.equals(HOURS.frame)
    assert (tmp_path / "elsewhere.sqlite").exists()
    assert not (tmp_path / "files" / "catalog.sqlite").exists()
    catalog.close()


def test_a_writer_that_never_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.1)
    catalog = Catalog(tmp_path)
    catalog.ingest(HOURS)
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="another process has been writing"):
            catalog.ingest(HOURS)
        assert len(catalog.bars("X", every="1h")) == 10
        fresh = Catalog(tmp_path)
        assert fresh.bars("X", every="1h").frame.equals(HOURS.frame), "who opens it to read does not wait"
        fresh.close()
    assert catalog.ingest(HOURS).unchanged == 10
    catalog.close()


def test_a_catalog_of_another_version_is_not_changed_when_it_is_read_only(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.ingest(HOURS)
    catalog.close()
    sql(tmp_path, *AS_VERSION_1)
    with pytest.raises(StorageError, match="is of another version; open it for writing once"):
        Catalog(tmp_path, read_only=True).list()
