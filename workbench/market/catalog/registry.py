"""Which assets a catalog knows: their attributes and the symbols they were traded under, by date.

The one idea: an asset has a number that stays, `assets.id`; its name is the symbol of today, and `symbols` says which
asset bore a symbol when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from workbench.market.assets import Asset, as_text, from_text
from workbench.market.catalog.tables import assets, symbols

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

__all__ = ["Borne", "bear", "history", "load", "put", "put_all"]

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
T = TypeVar("T")
CHUNK: Final = 500  # names in one query: far below the parameters that any database takes
INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Borne(NamedTuple):
    """A symbol of an asset from `start` to `end`, both included; None is open."""

    asset_id: int
    symbol: str
    start: date | None
    end: date | None


# Put together once, since that takes as long as to execute them.
ALL: Final = select(assets.c.name, assets.c.id, assets.c.attributes, *(assets.c[c] for c in COLUMNS)).order_by(
    assets.c.id
)
NAMED: Final = ALL.where(assets.c.name.in_(bindparam("names", expanding=True)))


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
    return put_all(connection, [asset], symbol)[0]


def put_all(connection: Connection, given: Sequence[Asset], symbol: str | None = None) -> list[int]:
    """As `put`, for many assets of different names, in a few statements.

    Example:
        >>> from sqlalchemy import create_engine
        >>> from workbench.market.catalog.tables import TABLES
        >>> engine = create_engine("sqlite://")
        >>> TABLES.create_all(engine)
        >>> with engine.begin() as connection:
        ...     put_all(connection, [Asset("IBM"), Asset("FB")]), put(connection, Asset("FB"))
        ([1, 2], 2)
    """
    numbers = _upserted(connection, [{"name": str(asset), **_row(asset)} for asset in given])
    told = _histories(connection, list(numbers.values()))
    for asset in given:
        _bound(connection, told.get(numbers[asset], []), asset)
    new = [asset for asset in given if numbers[asset] not in told]
    borne = {asset: str(asset) if symbol is None else symbol for asset in new}
    ends = _ends(connection, list(borne.values()))
    bear(connection, [Borne(numbers[a], borne[a], _start(a, ends.get(borne[a])), a.last) for a in new])
    return [numbers[asset] for asset in given]


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
    if names is None:
        return _made(connection.execute(ALL))
    wanted = list(dict.fromkeys(str(name) for name in names))
    found: dict[str, tuple[int, Asset]] = {}
    for chunk in _chunks(wanted):
        found |= _made(connection.execute(NAMED, {"names": chunk}))
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


def _chunks(given: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(given)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def history(connection: Connection, number: int) -> list[Row[Any]]:
    """Rows of asset_id, id, symbol, start and end: what an asset was traded under, oldest first; null is open.

    Example:
        >>> from sqlalchemy import create_engine
        >>> from workbench.market.catalog.tables import TABLES
        >>> engine = create_engine("sqlite://")
        >>> TABLES.create_all(engine)
        >>> with engine.begin() as connection:
        ...     history(connection, put(connection, Asset("IBM")))
        [(1, 1, 'IBM', None, None)]
    """
    return _histories(connection, [number])[number]


def bear(connection: Connection, borne: Sequence[Borne]) -> None:
    """Assets bear symbols.

    Example:
        >>> from sqlalchemy import create_engine
        >>> from workbench.market.catalog.tables import TABLES
        >>> engine = create_engine("sqlite://")
        >>> TABLES.create_all(engine)
        >>> with engine.begin() as connection:
        ...     number = put(connection, Asset("IBM", first="1924-02-14"))
        ...     bear(connection, [Borne(number, "CTR", None, date(1924, 2, 13))])
        ...     [row.symbol for row in history(connection, number)]
        ['CTR', 'IBM']
    """
    if borne:
        connection.execute(insert(symbols), [{**row._asdict(), "folded": row.symbol.casefold()} for row in borne])


def _upserted(connection: Connection, rows: list[dict[str, object]]) -> dict[str, int]:
    """Numbers by name of rows that are new or take the place of what was said before."""
    if not rows:
        return {}
    draft = INSERTS[connection.dialect.name](assets)
    changes = {column: draft.excluded[column] for column in rows[0] if column != "name"}
    made = draft.on_conflict_do_update(index_elements=["name"], set_=changes).returning(assets.c.name, assets.c.id)
    return {name: number for name, number in connection.execute(made, rows)}  # noqa: C416 (rows are no pairs to mypy)


def _histories(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Row[Any]]]:
    query: Select[Any] = select(symbols.c.asset_id, symbols.c.id, symbols.c.symbol, symbols.c.start, symbols.c.end)
    told: dict[int, list[Row[Any]]] = {}
    for chunk in _chunks(numbers):
        for row in connection.execute(query.where(symbols.c.asset_id.in_(chunk))):
            told.setdefault(row.asset_id, []).append(row)
    return {number: sorted(rows, key=lambda row: row.start or date.min) for number, rows in told.items()}


def _ends(connection: Connection, given: Sequence[str]) -> dict[str, date]:
    """The last day on which a symbol was borne by someone."""
    ends: dict[str, date] = {}
    for chunk in _chunks(given):
        rows = connection.execute(
            select(symbols.c.symbol, func.max(symbols.c.end))
            .where(symbols.c.folded.in_([symbol.casefold() for symbol in chunk]))
            .group_by(symbols.c.symbol)
        )
        ends |= {symbol: end for symbol, end in rows if end is not None}
    return ends


def _start(asset: Asset, ended: date | None) -> date | None:
    """A new asset bears its symbol from its first date on, or from the day after the last bearer before it."""
    return asset.first if ended is None or asset.first is not None else ended + timedelta(days=1)


def _bound(connection: Connection, rows: list[Row[Any]], asset: Asset) -> None:
    """The first symbol begins with the asset's first date and the last one ends with its last, when these are known."""
    for row in rows[:1]:
        if asset.first is not None and asset.first != row.start and asset.first <= (row.end or date.max):
            connection.execute(update(symbols).where(symbols.c.id == row.id).values(start=asset.first))
    for row in rows[-1:]:
        if asset.last != row.end and (asset.last or date.max) >= (row.start or date.min):
            connection.execute(update(symbols).where(symbols.c.id == row.id).values(end=asset.last))
