"""Which assets a catalog knows: their attributes and the symbols they were traded under, by date.

The one idea: an asset has a number that stays, `assets.id`; its name is the symbol of today, and `symbols` says which
asset bore a symbol when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from workbench.market.assets import Asset, as_text, from_text
from workbench.market.catalog.tables import assets, symbols

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

__all__ = ["bear", "history", "load", "put"]

# The attributes that have a column of their own, so that queries can choose by them.
COLUMNS: Final = (
    "kind",
    "exchange",
    "currency",
    "calendar",
    "first",
    "last",
    "root",
    "month",
    "expiry",
    "underlying",
    "right",
)
CHUNK: Final = 500  # names in one query: far below the parameters that any database takes
INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def put(connection: Connection, asset: Asset, symbol: str | None = None) -> int:
    """Insert an asset, or update the attributes of the one that has its name.

    Args:
        connection: inside a transaction of the caller.
        asset: what is known of it from now on.
        symbol: what a new asset is traded under; None takes its name.

    Returns:
        Its number, which stays the same for ever.

    Example:
        >>> from sqlalchemy import create_engine
        >>> from workbench.market.catalog.tables import TABLES
        >>> engine = create_engine("sqlite://")
        >>> TABLES.create_all(engine)
        >>> with engine.begin() as connection:
        ...     put(connection, Asset("IBM")), put(connection, Asset("IBM", calendar="XNYS"))
        (1, 1)
    """
    values = _row(asset)
    add = INSERTS[connection.dialect.name](assets).values(name=str(asset), **values)
    made = add.on_conflict_do_update(index_elements=["name"], set_=values).returning(assets.c.id)
    number = int(connection.execute(made).scalar_one())
    if rows := history(connection, number):
        _bound(connection, rows, asset)
    else:
        _begin(connection, number, str(asset) if symbol is None else symbol, asset)
    return number


def load(connection: Connection, names: Iterable[str] | None = None) -> dict[str, tuple[int, Asset]]:
    """Numbers and Assets by name, in the order of `names`; what is unknown is left out; None is all of them.

    Example:
        >>> from sqlalchemy import create_engine
        >>> from workbench.market.catalog.tables import TABLES
        >>> engine = create_engine("sqlite://")
        >>> TABLES.create_all(engine)
        >>> with engine.begin() as connection:
        ...     number = put(connection, Asset("IBM", calendar="XNYS"))
        ...     load(connection, ["IBM", "unknown"])
        {'IBM': (1, Asset('IBM', calendar='XNYS'))}
    """
    query = select(assets.c.name, assets.c.id, assets.c.attributes, *(assets.c[c] for c in COLUMNS))
    if names is None:
        return _made(connection.execute(query.order_by(assets.c.id)))
    wanted = list(dict.fromkeys(str(name) for name in names))
    found: dict[str, tuple[int, Asset]] = {}
    for chunk in _chunks(wanted):
        found |= _made(connection.execute(query.where(assets.c.name.in_(chunk))))
    return {name: found[name] for name in wanted if name in found}


def _row(asset: Asset) -> dict[str, object]:
    """What is told of an asset beside its name: columns, and the rest as exact text."""
    columns: dict[str, object] = {name: getattr(asset, name) for name in COLUMNS}
    strike = None if asset.strike is None else float(asset.strike)
    rest = {key: text for key, text in as_text(asset).items() if key not in COLUMNS}
    return {**columns, "folded": asset.casefold(), "strike": strike, "attributes": rest}


def _made(rows: Iterable[Any]) -> dict[str, tuple[int, Asset]]:
    return {name: (number, _asset(name, attributes, rest)) for name, number, attributes, *rest in rows}


def _asset(name: str, attributes: dict[str, str], rest: list[Any]) -> Asset:
    chosen = {key: value for key, value in zip(COLUMNS, rest, strict=True) if value is not None}
    return from_text(name, {**attributes, **chosen})


def _chunks(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def history(connection: Connection, number: int) -> list[Row[Any]]:
    """Rows of id, symbol, start and end: what an asset was traded under, oldest first; null is open.

    Example:
        >>> from sqlalchemy import create_engine
        >>> from workbench.market.catalog.tables import TABLES
        >>> engine = create_engine("sqlite://")
        >>> TABLES.create_all(engine)
        >>> with engine.begin() as connection:
        ...     history(connection, put(connection, Asset("IBM")))
        [(1, 'IBM', None, None)]
    """
    query = select(symbols.c.id, symbols.c.symbol, symbols.c.start, symbols.c.end)
    return sorted(connection.execute(query.where(symbols.c.asset_id == number)), key=lambda row: row.start or date.min)


def bear(connection: Connection, number: int, symbol: str, start: date | None, end: date | None) -> None:
    """An asset bears a symbol from `start` to `end`, both included; None is open.

    Example:
        >>> from sqlalchemy import create_engine
        >>> from workbench.market.catalog.tables import TABLES
        >>> engine = create_engine("sqlite://")
        >>> TABLES.create_all(engine)
        >>> with engine.begin() as connection:
        ...     number = put(connection, Asset("IBM", first="1924-02-14"))
        ...     bear(connection, number, "CTR", None, date(1924, 2, 13))
        ...     [row.symbol for row in history(connection, number)]
        ['CTR', 'IBM']
    """
    borne = {"asset_id": number, "symbol": symbol, "folded": symbol.casefold(), "start": start, "end": end}
    connection.execute(insert(symbols).values(borne))


def _begin(connection: Connection, number: int, symbol: str, asset: Asset) -> None:
    """A new asset bears its symbol from its first date on, or from the day after the last bearer before it."""
    before = select(func.max(symbols.c.end)).where(symbols.c.folded == symbol.casefold(), symbols.c.symbol == symbol)
    ended = connection.execute(before).scalar()
    start = asset.first if ended is None or asset.first is not None else ended + timedelta(days=1)
    bear(connection, number, symbol, start, asset.last)


def _bound(connection: Connection, rows: list[Row[Any]], asset: Asset) -> None:
    """The first symbol begins with the asset's first date and the last one ends with its last, when these are known."""
    first, last = rows[0], rows[-1]
    if asset.first is not None and asset.first != first.start and asset.first <= (first.end or date.max):
        connection.execute(update(symbols).where(symbols.c.id == first.id).values(start=asset.first))
    if asset.last != last.end and (asset.last or date.max) >= (last.start or date.min):
        connection.execute(update(symbols).where(symbols.c.id == last.id).values(end=asset.last))
