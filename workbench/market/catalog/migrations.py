"""Versions of the database: a catalog of an earlier one is brought up when it is opened, one of a later one refused.

The one idea: one step from each version to the next, all of them in the transaction of the writer who opens it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, inspect, select, update

from workbench.errors import StorageError
from workbench.market.catalog.tables import SCHEMA_VERSION, TABLES, retired, state

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["brought_up", "created", "is_current"]

KEY: Final = "schema_version"


def created(connection: Connection) -> None:
    """All tables of the present version, in an empty database."""
    TABLES.create_all(connection)
    connection.execute(insert(state).values(key=KEY, value=str(SCHEMA_VERSION)))


def is_current(connection: Connection) -> bool:
    """Whether nothing is to be done, so that a reader need not wait for a writer."""
    if not inspect(connection).has_table(state.name):
        return False
    return connection.execute(select(state.c.value).where(state.c.key == KEY)).scalar() == str(SCHEMA_VERSION)


def brought_up(connection: Connection, where: str) -> None:
    """Make the tables, or change them from their version to the present one.

    Raises:
        StorageError: a later version, or tables that are not a catalog's.
    """
    found = set(inspect(connection).get_table_names())
    if state.name not in found:
        if found & set(TABLES.tables):
            raise StorageError(
                f"{where} has tables, but not those of a catalog; give the catalog a database of its own"
            )
        created(connection)
        return
    version = _version(connection, where)
    if version > SCHEMA_VERSION:
        raise StorageError(f"{where} has version {version}, this workbench knows up to {SCHEMA_VERSION}; update it")
    for step in range(version, SCHEMA_VERSION):
        STEPS[step](connection)
    if version < SCHEMA_VERSION:
        connection.execute(update(state).where(state.c.key == KEY).values(value=str(SCHEMA_VERSION)))


def _version(connection: Connection, where: str) -> int:
    text = connection.execute(select(state.c.value).where(state.c.key == KEY)).scalar()
    if text is None or not text.isdigit():
        raise StorageError(f"{where} does not say its version; it is no catalog, or a torn one")
    return int(text)


def _one_to_two(connection: Connection) -> None:
    """Files without rows are remembered for a while, and spans say whether their prices were made up."""
    retired.create(connection)
    connection.exec_driver_sql("ALTER TABLE spans ADD COLUMN synthetic BOOLEAN DEFAULT false NOT NULL")


STEPS: Final[dict[int, Callable[[Connection], None]]] = {1: _one_to_two}
