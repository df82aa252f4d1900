"""The database of a catalog: opened when it is first needed, read in one consistent state, written by one at a time.

The one idea: a writer holds the lock of its transaction from before it reads until it has committed: `BEGIN IMMEDIATE`
on SQLite, an advisory lock on PostgreSQL. Both end with the process, so nothing is left behind by one that dies, and
neither keeps a reader waiting.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from workbench.errors import ParameterError, StorageError, UnsupportedError
from workbench.market.catalog.migrations import brought_up, created, is_current
from workbench.market.urls import shown

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

__all__ = ["Database"]

FILE: Final = "catalog.sqlite"
WAIT_S: Final = 120.0  # for another writer
BUSY_MS: Final = 500  # one try of SQLite; short, so that Ctrl-C is heard between two
STEADY: Final = "REPEATABLE READ"  # what PostgreSQL calls a transaction that sees one state; SQLite's always do
LOCK: Final = 0x776F726B62656E63  # any number that other programs do not use for their advisory locks


class Database:
    """The tables of one catalog, in `<folder>/catalog.sqlite` or at a URL of SQLAlchemy."""

    def __init__(self, folder: Path, url: str | None, *, read_only: bool) -> None:
        self._path = folder / FILE
        self._url = None if url is None else _parsed(url)
        self._read_only = read_only
        self._opened: tuple[int, Engine] | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the catalog, whatever is written meanwhile; empty before the first write.

        Raises:
            StorageError: the database is torn, out of reach, not one of ours or of a later version.
        """
        with _told(self.where), self._engine().connect() as plain:
            steady = plain if plain.dialect.name == "sqlite" else plain.execution_options(isolation_level=STEADY)
            with steady.begin():
                yield steady

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that alone may write; all it does is kept when the block ends well, and nothing otherwise.

        Raises:
            UnsupportedError: the catalog is read-only.
            StorageError: as `reading`, or another process has been writing for two minutes.
        """
        if self._read_only:
            raise UnsupportedError(f"{self.where} is read-only; open a catalog in a folder of your own to write")
        with _told(self.where), self._engine(make=True).connect() as plain:
            connection = plain.execution_options(write=True)
            with _locked(connection, self.where):
                yield connection

    @property
    def made(self) -> bool:
        """Whether anything was ever written."""
        return self._url is not None or self._path.exists()

    @property
    def where(self) -> str:
        """The file, or the URL without user, password and query."""
        return str(self._path) if self._url is None else shown(self._url)

    def _engine(self, *, make: bool = False) -> Engine:
        """The engine of this process: a connection must not cross a fork."""
        if self._opened is not None and self._opened[0] == os.getpid():
            return self._opened[1]
        if not make and not self.made:
            return _empty()
        engine = self._sqlite() if self._url is None else _at(self._url)
        with engine.connect() as plain, plain.begin():
            current = is_current(plain)
        if not current and self._read_only:
            raise StorageError(f"{self.where} is of another version; open it for writing once, or make it again")
        if not current:
            with engine.connect() as plain, _locked(plain.execution_options(write=True), self.where) as connection:
                brought_up(connection, self.where)
        self._opened = (os.getpid(), engine)
        return engine

    def _sqlite(self) -> Engine:
        if self._read_only:
            return _prepared(create_engine(f"sqlite:///file:{self._path}?immutable=1&mode=ro&uri=true"))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return _prepared(create_engine(f"sqlite:///{self._path}", connect_args={"timeout": BUSY_MS / 1000}))

    def close(self) -> None:
        """Let go of the files; the next use opens them again."""
        if self._opened is not None and self._opened[0] == os.getpid():
            self._opened[1].dispose()
        self._opened = None


def _empty() -> Engine:
    """What a catalog that was never written to looks like."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        created(connection)
    return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # whose texts may hold a part of the password
        raise ParameterError("database= is no URL; write 'postgresql+pg8000://user@host/name'") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise UnsupportedError(f"database={shown(parsed)!r}: give a URL of SQLite or of PostgreSQL")
    return parsed


def _at(url: URL) -> Engine:
    try:
        engine = create_engine(url)
    except (ImportError, NoSuchModuleError) as error:
        raise StorageError(f"database={shown(url)!r}: its driver is not installed ({error}); pip install it") from error
    return _prepared(engine) if engine.dialect.name == "sqlite" else engine


def _prepared(engine: Engine) -> Engine:
    """SQLite as it is wanted: WAL, foreign keys, and transactions that begin where we say."""
    writable = "immutable=1" not in str(engine.url)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own way begins too late, after the first read
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if writable:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        word = " IMMEDIATE" if connection.get_execution_options().get("write") else ""
        connection.exec_driver_sql(f"BEGIN{word}")

    return engine


@contextmanager
def _locked(connection: Connection, where: str) -> Iterator[Connection]:
    """A transaction that holds the writers' lock from its first moment on."""
    transaction = _begun(connection, where)
    try:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        yield connection
    except BaseException:
        transaction.rollback()
        raise
    transaction.commit()


def _begun(connection: Connection, where: str) -> Any:
    until = time.monotonic() + WAIT_S
    while True:
        try:
            return connection.begin()
        except OperationalError as error:
            if "locked" not in str(error.orig):
                raise
            if time.monotonic() > until:
                raise StorageError(
                    f"{where}: another process has been writing for {WAIT_S:.0f} s; try later"
                ) from error


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise StorageError(f"{where} cannot be read or written: {error.orig}") from error
    except SQLAlchemyError as error:
        raise StorageError(f"{where}: {error}") from error
