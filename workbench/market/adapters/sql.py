"""Any query of a database as a source, through SQLAlchemy or an ADBC connection.

The one idea: the query says what is read, with `:asset`, `:start` and `:end` where it wants them; whatever it gives is
put under our names and cut to the window afterwards, so a query without `:start` is slower and never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError, StorageError, UnknownAssetError
from workbench.market.adapters.files import cut
from workbench.market.adapters.source import Bound, Source, asked
from workbench.market.adapters.tables import Reading, Table, mapped, settled
from workbench.market.adjustments import checked_actions, no_actions
from workbench.market.assets import Asset
from workbench.market.bars import wanted_assets
from workbench.market.urls import shown

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["Sql"]

PLACE: Final = re.compile(r"(?<![:\w]):([a-z_]+)\b(?=(?:[^']*'[^']*')*[^']*$)")
PLACES: Final = ("asset", "start", "end")
FIRST, LAST = date(1900, 1, 1), date(2200, 1, 1)
DAY: Final = timedelta(days=1)
SECRET: Final = re.compile(r"(?i)(password|passwd|pwd|token|secret|key)(\s*[=:]\s*)\S+")


@dataclass(frozen=True, kw_only=True)
class Sql(Reading, Source):
    """A query as a source.

    `:asset` stands for the asset's name, `:start` and `:end` for dates: the window's first day and the day after its
    last, each with a day to spare, so that `time >= :start AND time < :end` never loses a row to a time zone. In
    SQLite they are texts, "2024-02-29". Without `:asset` the query gives a column asset, or rows of the one `asset`.

    Args:
        url: a database URL, an SQLAlchemy Engine or an open ADBC connection; it is never shown.
        query: the SELECT that gives the bars; columns are found by name as in a frame.
        asset: the asset of a query that knows only one.
        assets_query: a SELECT whose first column lists the assets.
        actions_query: a SELECT of `:asset`'s actions, with the columns of `ACTIONS` that it needs.
        columns: their names -> ours.
        date_format: for times as text or whole numbers, as in `Csv`.
        decimal: for numbers as text.
        thousands: for numbers as text.
        tz: time zone of naive times.
        missing: rows without a price: "fail", "skip" or "interpolate".

    Raises:
        ParameterError: no such database URL, an unknown `:name` in a query, or an option that makes no sense.

    Example:
        >>> import sqlite3
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "prices.db"
        ...     with sqlite3.connect(path) as made:
        ...         _ = made.execute("CREATE TABLE p (s TEXT, date TEXT, o REAL, h REAL, l REAL, c REAL)")
        ...         _ = made.execute("INSERT INTO p VALUES ('ABC', '2024-02-29', 1, 2, 1, 2)")
        ...     made.close()
        ...     Sql(f"sqlite:///{path}", query="SELECT * FROM p WHERE s = :asset").fetch("ABC").row(0)
        (datetime.date(2024, 2, 29), 1.0, 2.0, 1.0, 2.0, None)
    """

    url: Any = field(kw_only=False, repr=False)
    query: str
    asset: str | None = None
    assets_query: str | None = None
    actions_query: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for what in ("query", "assets_query", "actions_query"):
            _check_query(what, getattr(self, what))
        if self.asset is not None and not isinstance(self.asset, str):
            raise ParameterError(f"asset={self.asset!r}: give its name, such as 'AAPL'")
        _database(self.url)

    def fetch(self, asset: str, start: Bound = None, end: Bound = None, every: str | None = None) -> pl.DataFrame:
        """Bars of one asset; see `Source.fetch`."""
        self._check_known(asset)
        table = self._table(asset, start, end)
        if table is None:
            whole = self._table(asset, None, None)
            if whole is None:
                raise UnknownAssetError(
                    f"the query has no row of {str(asset)!r}; see the query, and how assets are named"
                )
            table = whole
        return cut(table.frame, start, end, every=every, tz=self.tz)

    def assets(self) -> list[Asset | str]:
        """What `assets_query` lists; else the one asset, where one was said."""
        if self.assets_query is None:
            return [] if self.asset is None else [self.asset]
        rows = _rows(self.url, self.assets_query, {})
        return [str(value) for value in rows.to_series(0).drop_nulls().to_list()]

    def actions(self, asset: str) -> pl.DataFrame:
        """What `actions_query` gives of an asset."""
        if self.actions_query is None:
            return no_actions()
        frame = _rows(self.url, self.actions_query, {"asset": str(asset)})
        return checked_actions(frame, (Asset(asset),)) if frame.height else no_actions()

    def notices(self, asset: str) -> tuple[Notice, ...]:
        """What was decided, left out or changed when its rows were read."""
        table = self._table(asset, None, None)
        return () if table is None else table.notices

    def describe(self) -> dict[str, object]:
        """The database without user and password, the queries, and the options that were given."""
        return {"database": _database(self.url), **self.options()}

    def _check_known(self, asset: str) -> None:
        known = self.assets()
        if known:
            wanted_assets(asset, [Asset(name) for name in known], "the database has")

    def _table(self, asset: str, start: Bound, end: Bound) -> Table | None:
        frame = _rows(self.url, self.query, {"asset": str(asset), **_bounds(start, end)})
        if frame.is_empty():
            return None
        names, remarks = mapped(frame.schema, self)
        kept = frame.select(pl.col(theirs).alias(our) for theirs, our in names.items())
        if "asset" in kept.columns:
            kept = kept.filter(pl.col("asset").cast(pl.String) == str(asset)).drop("asset")
        elif "asset" not in _places(self.query) and self.asset is None:
            raise BarsError(
                "the query gives no column asset and takes no :asset; add one, or say whose rows with asset="
            )
        if kept.is_empty():
            return None
        table = settled(kept, self, "the query")
        return table._replace(notices=(*remarks, *table.notices))


def _check_query(what: str, given: object) -> None:
    if given is None and what != "query":
        return
    if not isinstance(given, str) or not given.strip():
        raise ParameterError(f"{what}={given!r}: give a SELECT, such as 'SELECT * FROM prices WHERE symbol = :asset'")
    if unknown := [name for name in _places(given) if name not in PLACES]:
        raise ParameterError(f"{what}: :{unknown[0]} is not filled in; there are {', '.join(':' + p for p in PLACES)}")


def _places(query: str) -> list[str]:
    return PLACE.findall(query)


def _bounds(start: Bound, end: Bound) -> dict[str, date]:
    """Whole days around the window, with one more on each side: what lies too far is cut afterwards."""
    first, last = asked(start, end)
    return {
        "start": FIRST if first is None else first.date() - DAY,
        "end": LAST if last is None else last.date() + 2 * DAY,
    }


def _rows(url: Any, query: str, values: Mapping[str, object]) -> pl.DataFrame:
    """The rows of a query; an error of the database is told without what it may show of the URL."""
    wanted = _places(query)
    given = {name: values[name] for name in wanted if name in values}
    try:
        return _by_adbc(url, query, wanted, given) if _is_adbc(url) else _by_sqlalchemy(url, query, given)
    except (ParameterError, BarsError):
        raise
    except Exception as error:  # noqa: BLE001  (each driver has its own tree of errors)
        raise StorageError(
            f"the database refused the query: {_without_secrets(url, error)}; see query= and url"
        ) from None


def _by_sqlalchemy(url: Any, query: str, given: Mapping[str, object]) -> pl.DataFrame:
    from sqlalchemy import text

    engine = _engine(url)
    as_text = engine.dialect.name == "sqlite"
    values = {k: v.isoformat() if as_text and isinstance(v, date) else v for k, v in given.items()}
    with engine.connect() as connection:
        result = connection.execute(text(query), values)
        names = list(result.keys())
        return _framed([tuple(row) for row in result], names)


def _framed(rows: Sequence[tuple[object, ...]], names: list[str]) -> pl.DataFrame:
    if len(set(names)) < len(names):
        raise BarsError(f"the query gives two columns of one name: {', '.join(names)}; rename one with AS")
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    return pl.DataFrame([pl.Series(n, list(c), strict=False) for n, c in zip(names, columns, strict=True)])


def _by_adbc(connection: Any, query: str, wanted: list[str], given: Mapping[str, object]) -> pl.DataFrame:
    """ADBC counts its places, ? or $1, and knows no names."""
    vendor = str(connection.adbc_get_info().get("vendor_name", ""))
    numbered = iter(range(1, len(wanted) + 1))
    counted = PLACE.sub(lambda _: f"${next(numbered)}" if vendor == "PostgreSQL" else "?", query)
    as_text = vendor.lower() == "sqlite"
    values = [v.isoformat() if as_text and isinstance(v, date) else v for v in (given[name] for name in wanted)]
    with connection.cursor() as cursor:
        cursor.execute(counted, values or None)
        frame: pl.DataFrame = pl.DataFrame(cursor.fetch_arrow_table())
    return frame


def _is_adbc(url: Any) -> bool:
    return hasattr(url, "adbc_get_info")


def _engine(url: Any) -> Engine:
    from sqlalchemy import Engine, NullPool, create_engine

    return url if isinstance(url, Engine) else create_engine(url, poolclass=NullPool)


def _database(url: Any) -> str:
    """The database without user, password and options, which may be secrets.

    Raises:
        ParameterError: neither a URL, nor an Engine, nor an ADBC connection.
    """
    from sqlalchemy import URL, Engine, exc, make_url

    if _is_adbc(url):
        return f"adbc {url.adbc_get_info().get('vendor_name', 'database')}"
    if not isinstance(url, (str, URL, Engine)):
        raise ParameterError(
            f"url is a {type(url).__name__}; give a database URL, an SQLAlchemy Engine or an ADBC connection"
        )
    try:
        parts = url.url if isinstance(url, Engine) else make_url(url)
    except exc.ArgumentError:
        raise ParameterError(
            "url is no database URL; write 'sqlite:///prices.db' or 'postgresql://host/name'"
        ) from None
    return shown(parts)


def _without_secrets(url: Any, error: Exception) -> str:
    from sqlalchemy import URL, Engine, make_url

    told = str(getattr(error, "orig", None) or error).splitlines()
    text = SECRET.sub(r"\1\2***", told[0] if told else type(error).__name__)
    if isinstance(url, (str, URL, Engine)):
        parts = url.url if isinstance(url, Engine) else make_url(url)
        for secret in (str(parts.password or ""), *map(str, parts.query.values())):
            text = text.replace(secret, "***") if secret else text
    return text
