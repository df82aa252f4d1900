"""Queries of a real SQLite database, through SQLAlchemy and through ADBC."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from workbench.errors import BarsError, ParameterError, StorageError, UnknownAssetError, WorkbenchError
from workbench.market.adapters.sql import Sql
from workbench.market.bars import Bars

ROWS = [
    ("A", "2024-01-02", 1.0, 2.0, 1.0, 2.0, 10.0),
    ("A", "2024-01-03", 2.0, 3.0, 2.0, 3.0, 20.0),
    ("B", "2024-01-02", 5.0, 6.0, 5.0, 6.0, 30.0),
]
QUERY = "SELECT day, o, h, l, c, v FROM prices WHERE name = :asset AND day >= :start AND day < :end ORDER BY day"
NAMES = {"day": "date"}
HIDDEN = "hunter2"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "prices.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE prices (name TEXT, day TEXT, o REAL, h REAL, l REAL, c REAL, v REAL)")
        database.executemany("INSERT INTO prices VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
        database.execute("CREATE TABLE ticks (at INTEGER, o REAL, h REAL, l REAL, c REAL, note TEXT)")
        database.execute("INSERT INTO ticks VALUES (1704189600, 1, 1, 1, 1, 'x'), (1704189660, 2, 2, 2, 2.5, 'y')")
        database.execute("CREATE TABLE acts (ex TEXT, kind TEXT, numerator INT, denominator INT, amount TEXT, of TEXT)")
        database.execute("INSERT INTO acts VALUES ('2024-01-03', 'split', 2, 1, NULL, 'A')")
        database.commit()
    return path


@pytest.fixture(params=["url", "URL", "engine", "adbc"])
def database(request: pytest.FixtureRequest, path: Path) -> Iterator[Any]:
    """Every way to name a database."""
    if request.param == "adbc":
        dbapi = pytest.importorskip("adbc_driver_sqlite.dbapi", reason="ADBC has no SQLite driver here")
        with dbapi.connect(str(path)) as connection:
            yield connection
    else:
        url = URL.create("sqlite", database=str(path))
        engine = create_engine(url)
        yield {"url": str(url), "URL": url, "engine": engine}[request.param]
        engine.dispose()


def test_a_query_by_every_way(database: Any) -> None:
    source = Sql(database, query=QUERY, columns=NAMES, actions_query="SELECT * FROM acts WHERE of = :asset")
    assert source.fetch("A").rows() == [
        (date(2024, 1, 2), 1, 2, 1, 2, 10),
        (date(2024, 1, 3), 2, 3, 2, 3, 20),
    ]
    assert source.fetch("A", "2024-01-03", "2024-01-03").height == 1
    assert source.fetch("A", "2025-01-01").height == 0
    assert source.actions("A").select("ex", "numerator", "denominator").row(0) == (date(2024, 1, 3), 2, 1)
    assert source.actions("B").is_empty()
    with pytest.raises(UnknownAssetError, match="no row of 'C'"):
        source.fetch("C")
    bars = Bars.from_frame(source.fetch("A"), "A", actions=source.actions("A"))
    assert bars.frame["close"].to_list() == [2.0, 3.0]


def test_a_query_without_places(database: Any) -> None:
    source = Sql(database, query="SELECT name AS asset, * FROM prices", columns=NAMES)
    assert source.fetch("B", "2024-01-02").rows() == [(date(2024, 1, 2), 5, 6, 5, 6, 30)]
    with pytest.raises(UnknownAssetError, match="'C'"):
        source.fetch("C")


def test_the_rows_of_one_asset(path: Path) -> None:
    source = Sql(f"sqlite:///{path}", query="SELECT * FROM ticks", asset="T", columns={"at": "open_time"})
    assert source.assets() == ["T"]
    frame = source.fetch("T", every="1m")
    assert frame["open_time"].to_list() == [datetime(2024, 1, 2, 10, m, tzinfo=UTC) for m in (0, 1)]
    assert frame["close"].to_list() == [1.0, 2.5]
    assert "note" in source.notices("T")[0].text
    with pytest.raises(UnknownAssetError, match=r"no asset 'U'; .*the database has T"):
        source.fetch("U")


def test_listed_assets(path: Path) -> None:
    source = Sql(f"sqlite:///{path}", query=QUERY, columns=NAMES, assets_query="SELECT DISTINCT name FROM prices")
    assert source.assets() == ["A", "B"]
    with pytest.raises(UnknownAssetError, match="did you mean 'A'"):
        source.fetch("AA")
    assert source.notices("A") == ()


REFUSED: list[Any] = [
    pytest.param(
        {"query": "SELECT * FROM absent"}, StorageError, "refused the query: no such table: absent", id="table"
    ),
    pytest.param({"query": "SELECT * FROM prices"}, BarsError, "columns missing: open_time", id="columns"),
    pytest.param({"query": "SELECT * FROM prices", "columns": NAMES}, BarsError, "gives no column asset", id="whose"),
    pytest.param({"query": "SELECT o, o FROM prices"}, BarsError, "two columns of one name: o, o", id="names twice"),
    pytest.param({"query": " "}, ParameterError, "query=' ': give a SELECT", id="empty"),
    pytest.param({"query": "SELECT :assets"}, ParameterError, "query: :assets is not filled in", id="unknown place"),
    pytest.param({"query": "SELECT 1", "assets_query": 3}, ParameterError, "assets_query=3", id="no text"),
    pytest.param({"query": "SELECT 1", "asset": 3}, ParameterError, "asset=3", id="no name"),
]


@pytest.mark.parametrize(("options", "error", "message"), REFUSED)
def test_refused(path: Path, options: dict[str, Any], error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=message):
        Sql(f"sqlite:///{path}", **options).fetch("A")


@pytest.mark.parametrize(
    ("url", "message"), [("prices.db", "is no database URL"), (7, "url is a int"), (None, "NoneType")]
)
def test_no_database(url: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Sql(url, query="SELECT 1")


def test_an_adbc_query_that_fails(path: Path) -> None:
    dbapi = pytest.importorskip("adbc_driver_sqlite.dbapi", reason="ADBC has no SQLite driver here")
    with dbapi.connect(str(path)) as connection, pytest.raises(StorageError, match="no such table"):
        Sql(connection, query="SELECT * FROM absent").fetch("A")


def test_colons_that_are_no_places(path: Path) -> None:
    """Times in quotes and casts by :: stay as they are."""
    query = "SELECT day, o, h, l, c, v, '09:30 :x' AS note FROM prices WHERE name = :asset"
    dbapi = pytest.importorskip("adbc_driver_sqlite.dbapi", reason="ADBC has no SQLite driver here")
    with dbapi.connect(str(path)) as connection:
        assert Sql(connection, query=query, columns=NAMES).fetch("A").height == 2


def test_decimals_and_whole_numbers_become_floats(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE p (date TEXT, open INT, high NUMERIC, low INT, close NUMERIC)")
        database.execute("INSERT INTO p VALUES ('2024-01-02', 1, 2.5, 1, 2), ('2024-01-03', 1, 2, 1, 1.5)")
        database.commit()
    frame = Sql(f"sqlite:///{path}", query="SELECT * FROM p", asset="A").fetch("A")
    assert frame["close"].to_list() == [2.0, 1.5]
    assert frame["high"].to_list() == [2.5, 2.0]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+nothing://me:{HIDDEN}@nowhere.invalid/db?sslpassword={HIDDEN}",
        f"sqlite:////nowhere/{'x' * 3}.db?password={HIDDEN}",
    ],
)
def test_no_secret_is_ever_told(url: str) -> None:
    source = Sql(url, query="SELECT 1")
    told = [repr(source), str(source.describe())]
    with pytest.raises(StorageError) as raised:
        source.fetch("A")
    error: BaseException | None = raised.value
    while error is not None:
        told += [str(error), repr(error)]
        error = error.__cause__ if error.__suppress_context__ else error.__context__
    assert not any(HIDDEN in text for text in told)


def test_what_it_says_of_itself() -> None:
    source = Sql(f"postgresql://me:{HIDDEN}@host:5432/db?token={HIDDEN}", query="SELECT 1", tz="UTC")
    assert source.describe() == {"database": "postgresql://host:5432/db", "tz": "UTC", "query": "SELECT 1"}


def test_amounts_of_a_query_are_exact(path: Path) -> None:
    query = "SELECT '2024-01-02' AS ex, 'dividend' AS kind, '0.1' AS amount WHERE :asset = 'A'"
    actions = Sql(f"sqlite:///{path}", query=QUERY, actions_query=query).actions("A")
    assert actions["amount"].to_list() == [Decimal("0.1")]
