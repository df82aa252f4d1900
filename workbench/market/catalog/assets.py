"""`catalog.assets`: what a catalog knows of, found by name, by symbol, by symbol as of a date, and by its terms.

The one idea: a query asks the database for just what is needed, so a catalog of ten thousand assets opens, finds and
lists in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from sqlalchemy import func, select

from workbench.errors import NumberError, ParameterError, UnknownAssetError
from workbench.market.assets import KINDS, Asset
from workbench.market.catalog import symbols
from workbench.market.catalog.registry import history, put_all
from workbench.market.catalog.tables import assets

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from workbench.market.catalog.database import Database

__all__ = ["ASSETS", "Assets", "futures_of"]

Day = str | date
Number = Decimal | str | int | float
ASSETS: Final = pl.Schema(
    {
        "asset": pl.String(),
        "id": pl.Int64(),
        "kind": pl.String(),
        "exchange": pl.String(),
        "currency": pl.String(),
        "calendar": pl.String(),
        "first": pl.Date(),
        "last": pl.Date(),
        "root": pl.String(),
        "month": pl.String(),
        "underlying": pl.String(),
        "expiry": pl.Date(),
        "right": pl.String(),
        "strike": pl.Float64(),
        "multiplier": pl.Float64(),
    }
)
SYMBOLS: Final = pl.Schema({"symbol": pl.String(), "start": pl.Date(), "end": pl.Date()})
SHOWN_MAX: Final = 10


class Assets:
    """The assets of a catalog: `catalog.assets.find("aapl")`, `catalog.assets["AAPL"]`, `catalog.assets.AAPL`.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> import workbench as wb
        >>> with TemporaryDirectory() as folder:
        ...     catalog = wb.Catalog(folder)
        ...     _ = catalog.assets.add(Asset("FB", exchange="XNAS", first="2012-05-18"))
        ...     _ = catalog.assets.rename("FB", "META", on="2022-06-09")
        ...     catalog.assets.find("fb", as_of="2013-05-01")
        ...     catalog.close()
        Asset('META', exchange='XNAS', first='2012-05-18')
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, name: str, as_of: Day | None = None) -> Asset:
        """The asset of a name or symbol, in letters of any case.

        Args:
            name: a name, which comes first, or a symbol, borne today or once.
            as_of: date on which it was the symbol; None is today.

        Raises:
            UnknownAssetError: nothing is called that; the nearest names are listed.
            ParameterError: several assets may be meant; they are listed with kind, exchange and dates.
            TimeError: a date that cannot be read.

        Example:
            >>> import workbench as wb
            >>> wb.sample.assets.find("aapl").calendar
            'XNYS'
        """
        with self._database.reading() as connection:
            return symbols.find(connection, name, as_of).asset

    def id(self, name: str, as_of: Day | None = None) -> int:
        """The number of an asset, which stays when its symbol changes; arguments and errors as in `find`.

        Example:
            >>> import workbench as wb
            >>> wb.sample.assets.id("AAPL")
            1
        """
        with self._database.reading() as connection:
            return symbols.find(connection, name, as_of).id

    def add(self, *given: Asset, symbol: str | None = None) -> list[int]:
        """Make assets known, or change the attributes of those that have these names.

        Args:
            given: all of them, or, when one is refused, none.
            symbol: what a single new asset is traded under, if that is not its name: "SAP" of an Asset("SAP.XETR").

        Returns:
            Their numbers.

        Raises:
            ParameterError: something that is no Asset, or one symbol for several.
        """
        if strangers := [each for each in given if not isinstance(each, Asset)]:
            raise ParameterError(f"{strangers[0]!r} is no Asset; write wb.Asset('AAPL', exchange='XNAS')")
        if symbol is not None and (len(given) != 1 or not symbol.strip()):
            raise ParameterError(f"symbol={symbol!r}: give one asset with its symbol")
        if len(set(given)) < len(given):
            raise ParameterError(f"{max(given, key=given.count)!r} is given twice; give each asset once")
        with self._database.writing() as connection:
            return put_all(connection, given, symbol)

    def rename(self, old: str, new: str, *, on: Day) -> Asset:
        """From `on` an asset is called and traded as `new`, before as `old`; its number and its history stay.

        Where it is called `new` already, this tells what it was called before. Telling it twice does no harm.

        Raises:
            UnknownAssetError: no asset has one of the names.
            ParameterError: both names are assets, or the asset was not traded under that symbol then.
            TimeError: a date that cannot be read.
        """
        with self._database.writing() as connection:
            return symbols.rename(connection, old, new, on)

    def symbols(self, name: str) -> pl.DataFrame:
        """What an asset was traded under: symbol, start, end (both included, null is open), oldest first.

        Raises:
            UnknownAssetError, ParameterError: as `find`.

        Example:
            >>> import workbench as wb
            >>> wb.sample.assets.symbols("AAPL")["symbol"].to_list()
            ['AAPL']
        """
        with self._database.reading() as connection:
            rows = history(connection, symbols.find(connection, name).id)
        return pl.DataFrame([row[2:] for row in rows], SYMBOLS, orient="row")

    def list(
        self,
        *,
        kind: str | None = None,
        exchange: str | None = None,
        currency: str | None = None,
        root: str | None = None,
        underlying: str | None = None,
    ) -> list[str]:
        """Names of all assets, or of those that have the terms given, sorted.

        Raises:
            ParameterError: a kind that does not exist.

        Example:
            >>> import workbench as wb
            >>> wb.sample.assets.list(kind="equity")
            ['AAPL', 'FB', 'GOOG', 'IBM', 'MSFT']
        """
        terms = {"kind": kind, "exchange": exchange, "currency": currency, "root": root, "underlying": underlying}
        with self._database.reading() as connection:
            return sorted(connection.execute(select(assets.c.name).where(*_where(terms))).scalars().all())

    def frame(
        self,
        *,
        kind: str | None = None,
        exchange: str | None = None,
        currency: str | None = None,
        root: str | None = None,
        underlying: str | None = None,
    ) -> pl.DataFrame:
        """As `list`, with everything that can be chosen by: the columns of `ASSETS`, sorted by asset.

        Raises:
            ParameterError: a kind that does not exist.

        Example:
            >>> import workbench as wb
            >>> wb.sample.assets.frame(currency="USD").select("asset", "calendar").row(0)
            ('AAPL', 'XNYS')
        """
        terms = {"kind": kind, "exchange": exchange, "currency": currency, "root": root, "underlying": underlying}
        with self._database.reading() as connection:
            return _frame(connection, *_where(terms)).sort("asset")

    def futures(self, root: str) -> pl.DataFrame:
        """The contracts of a root in order of expiry, with the columns of `ASSETS`.

        Raises:
            UnknownAssetError: no contract has that root; those that there are are listed.
        """
        with self._database.reading() as connection:
            return futures_of(connection, root)

    def options(
        self,
        underlying: str,
        *,
        expiry: Day | tuple[Day, Day] | None = None,
        right: str | None = None,
        strike: Number | tuple[Number, Number] | None = None,
    ) -> pl.DataFrame:
        """The option chain of an asset, by expiry, right and strike, with the columns of `ASSETS`.

        Args:
            underlying: name or symbol of what the options are on.
            expiry: one date, or first and last.
            right: "call" or "put"; None is both.
            strike: one strike, or lowest and highest.

        Raises:
            UnknownAssetError: there are no options on that asset at all.
            ParameterError, TimeError, NumberError: a right, date or number that makes no sense.
        """
        chosen = [*_right(right)]
        chosen += _between(assets.c.expiry, expiry, symbols.day) + _between(assets.c.strike, strike, _strike)
        with self._database.reading() as connection:
            on = _underlying(connection, underlying)
            return _frame(connection, on, *chosen).sort("expiry", "right", "strike", "asset")

    def __getitem__(self, name: str) -> Asset:
        return self.find(name)

    def __getattr__(self, name: str) -> Asset:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.find(name)
        except (UnknownAssetError, ParameterError) as error:
            raise AttributeError(f"Assets has no {name!r}: {error}") from error

    def __contains__(self, name: object) -> bool:
        with self._database.reading() as connection:
            return connection.execute(select(assets.c.id).where(assets.c.name == str(name))).first() is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.list())

    def __len__(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(assets)).scalar_one())

    def __dir__(self) -> Sequence[str]:
        return [*super().__dir__(), *filter(str.isidentifier, self.list())]

    def _ipython_key_completions_(self) -> Sequence[str]:
        return self.list()

    def __repr__(self) -> str:
        names = self.list()
        more = f", ... and {len(names) - SHOWN_MAX:,} more" if len(names) > SHOWN_MAX else ""
        return f"{self._headline()}: {', '.join(names[:SHOWN_MAX])}{more}" if names else self._headline()

    def _headline(self) -> str:
        with self._database.reading() as connection:
            query = select(assets.c.kind, func.count()).group_by(assets.c.kind)
            counts = {row[0]: row[1] for row in connection.execute(query)}
        told = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if kind in counts)
        return f"Assets: {told or 'none; add them with catalog.assets.add(wb.Asset(...))'}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        with self._database.reading() as connection:
            table = _frame(connection, limit=SHOWN_MAX)
        told = table[[column.name for column in table if column.null_count() < len(column)]]
        return {"text/plain": repr(self), "text/html": f"<p>{escape(self._headline())}</p>{told._repr_html_()}"}


def futures_of(connection: Connection, root: str) -> pl.DataFrame:
    """The contracts of a root in order of expiry; see `Assets.futures`."""
    found = _frame(connection, assets.c.kind == "future", assets.c.root == root)
    if found.is_empty():
        raise UnknownAssetError(f"no futures of {root!r}; {_others(connection, 'future', assets.c.root)}")
    return found.sort("expiry", "asset")


def _frame(connection: Connection, *where: ColumnElement[bool], limit: int | None = None) -> pl.DataFrame:
    told = [assets.c.name, *(assets.c[name] for name in ASSETS if name in assets.c)]
    size = assets.c.attributes["multiplier"].as_string()
    rows = connection.execute(select(*told, size).where(*where).order_by(assets.c.id).limit(limit)).all()
    frame = pl.DataFrame(rows, {**ASSETS, "multiplier": pl.String()}, orient="row")
    return frame.with_columns(pl.col("multiplier").cast(pl.Float64).fill_null(1))


def _where(terms: dict[str, str | None]) -> list[ColumnElement[bool]]:
    """The conditions of the terms that were given."""
    if (kind := terms["kind"]) is not None and kind not in KINDS:
        raise ParameterError(f"kind={kind!r}: give one of {', '.join(map(repr, KINDS))}")
    return [assets.c[name] == text for name, text in terms.items() if text is not None]


def _right(given: str | None) -> list[ColumnElement[bool]]:
    if given not in (None, "call", "put"):
        raise ParameterError(f"right={given!r}: give 'call' or 'put', or leave it out for both")
    return [] if given is None else [assets.c.right == given]


def _between(column: ColumnElement[Any], given: Any, read: Callable[[str, Any], Any]) -> list[ColumnElement[bool]]:
    """Equal to one value, or from the first of two to the second, both included."""
    if given is None:
        return []
    ends = given if isinstance(given, tuple) else (given, given)
    if len(ends) != 2:
        raise ParameterError(f"{given!r}: give one value or two, (lowest, highest)")
    low, high = (read(str(column.key), each) for each in ends)
    if high < low:
        raise ParameterError(f"({low}, {high}): the second lies below the first; give them in order")
    return [column.between(low, high)]


def _strike(what: str, given: Number) -> float:
    with suppress(ValueError, TypeError):
        if isfinite(number := float(given)):
            return number
    raise NumberError(f"{what}={given!r}: give a finite number, such as 200 or '200.5'")


def _underlying(connection: Connection, given: str) -> ColumnElement[bool]:
    """Options on exactly this name, else on the asset that is found by it."""
    exact = assets.c.underlying == str(given)
    if connection.execute(select(assets.c.id).where(exact).limit(1)).first():
        return exact
    found = assets.c.underlying == str(symbols.find(connection, given).asset)
    if connection.execute(select(assets.c.id).where(found).limit(1)).first():
        return found
    raise UnknownAssetError(f"no options on {given!r}; {_others(connection, 'option', assets.c.underlying)}")


def _others(connection: Connection, kind: str, column: ColumnElement[Any]) -> str:
    """What could have been asked for instead."""
    known = connection.execute(select(column).where(assets.c.kind == kind).distinct().order_by(column)).scalars().all()
    return f"there are those of {', '.join(known[:SHOWN_MAX])}" if known else f"the catalog holds no {kind}"
