"""The reading face of a Catalog: bars, trades and quotes by name, and its look.

The one idea: every question is answered from one consistent state of the database, and prices are read only when they
are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workbench.market.keywords import keyworded
from workbench.market.spelling import chained

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Literal

    import polars as pl

    from workbench.market.bars import Bars
    from workbench.market.catalog.cache import Cache
    from workbench.market.catalog.covered import Moment
    from workbench.market.catalog.database import Database
    from workbench.market.catalog.holdings import Summary
    from workbench.market.catalog.reader import Files
    from workbench.market.continuous import Adjustment, Before, Direction, Roll
    from workbench.market.datasets import Dataset

__all__ = ["Asking"]

CACHE_MB: Final = 256.0


class Asking:
    """What a Catalog answers of its prices; `Tending` adds what it tells of itself."""

    _folder: Path
    _database: Database
    _cache: Cache

    @property
    def cache(self) -> Cache:
        """What was read lately and is kept, with its hit rate; its size is the `cache_mb` of the Catalog.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().cache.bytes_max
            268435456
        """
        return self._cache

    @property
    def _files(self) -> Files:
        from workbench.market.catalog.reader import Files

        return Files(self._folder, self.cache)

    @chained
    def bars(
        self,
        assets: str | Sequence[str] | None = None,
        *,
        every: str = "1d",
        start: Moment = None,
        end: Moment = None,
        fields: str | Sequence[str] | None = None,
        adjusted: Literal["splits", "all"] | None = None,
        as_of: Moment = None,
        currency: str | None = None,
    ) -> Bars:
        """Bars of one asset or several, in the order given, read when they are first used.

        What is read then is what was held when they were asked for. `since`, `until`, `between`, `last` and `select`
        narrow what is read, as `start` and `end` do.

        Args:
            assets: names as of today or of old; None takes all that hold bars, by name.
            every: a length that is held, or one that a shorter one held by all of the assets makes up: then the
                longest of these is resampled, and a notice says so.
            start: first session, or an aware time from which on bars open.
            end: last session, or an aware time up to which bars close.
            fields: some of open, high, low, close, volume; only these columns are read, the others are null.
            adjusted: "splits" divides out splits, "all" dividends too, both as of `as_of`, else as of the last bar.
            as_of: a session or an aware time; no bar after it is shown, and no action that was not known then.
            currency: prices in this currency, each at the last rate that was known when its bar closed, by the bars
                of currency pairs (kind "fx") that the catalog holds; see `Bars.convert`.

        Raises:
            UnknownAssetError: an asset that the catalog lacks; the nearest names are listed.
            UnsupportedError: a length that nothing held makes up, or a currency without a pair.
            ParameterError, TimeError: an argument that makes no sense.
            StorageError: when they are read: a file that is torn or gone.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().bars(["MSFT", "AAPL"], start="2013-02-28").frame.select("asset", "session").rows()[:2]
            [('MSFT', datetime.date(2013, 2, 28)), ('MSFT', datetime.date(2013, 3, 1))]
        """
        from workbench.market.catalog.query import Query, stored_bars

        query = Query(every, start, end, fields, adjusted, as_of, currency)
        with self._database.reading() as connection:
            return stored_bars(connection, self._files, assets, query)

    @chained
    @keyworded
    def continuous(
        self,
        root: str,
        *,
        every: str = "1d",
        roll: Roll = "calendar",
        days: int | None = None,
        before: Before = "expiry",
        adjustment: Adjustment | None = "ratio",
        direction: Direction = "backward",
        as_of: Moment = None,
    ) -> Bars:
        """The contracts of a future as one series, made of those that the catalog holds; see `Bars.continuous`.

        Args:
            root: such as "ES".
            every: as in `bars`.
            roll: "calendar", `days` sessions before the anchor, or "volume", the day after a later contract had more.
            days: sessions before the anchor; None is 5, and 0 as the latest of a volume roll.
            before: the anchor: "expiry", "first_notice", or a day of the contract month, 1 to 28.
            adjustment: "additive" or "ratio" brings the contracts to one level; None leaves them.
            direction: "forward" brings prices after a roll to the level before it, as a run needs it; "backward" those
                before it to the level after it, which looks ahead and is told.
            as_of: a session or an aware time; only bars and rolls known then enter.

        Raises:
            UnknownAssetError: no contracts of that root.
            BarsError: contracts that do not meet in any session.
            ParameterError, TimeError: an argument that makes no sense.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.market import Asset, Catalog, simulate
            >>> about = {"kind": "future", "root": "ES", "multiplier": 50}
            >>> march = Asset("ESH24", month="2024-03", expiry="2024-03-15", **about)
            >>> june = Asset("ESM24", month="2024-06", expiry="2024-06-21", **about)
            >>> with TemporaryDirectory() as folder:
            ...     catalog = Catalog(folder)
            ...     _ = catalog.assets.add(march, june)
            ...     for name, seed in (("ESH24", 1), ("ESM24", 2)):
            ...         _ = catalog.ingest(simulate.bars(name, every="1d", n=60, seed=seed, start="2024-02-01"))
            ...     catalog.continuous("ES").assets
            ...     catalog.close()
            (Asset('ES', kind='continuous', adjustment='ratio', days=5, multiplier='50', roll='calendar', root='ES'),)
        """
        from workbench.market.continuous import continuous

        bars = self._contracts(root, every)
        return continuous(
            bars, roll=roll, days=days, before=before, adjustment=adjustment, direction=direction, as_of=as_of
        )

    @keyworded
    def rolls(
        self,
        root: str,
        *,
        every: str = "1d",
        roll: Roll = "calendar",
        days: int | None = None,
        before: Before = "expiry",
        as_of: Moment = None,
    ) -> pl.DataFrame:
        """The rolls of a continuous future; arguments and errors as in `continuous`.

        Returns:
            Frame of date, from, to, from_close, to_close, gap, ratio, due.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.market import Asset, Catalog, simulate
            >>> about = {"kind": "future", "root": "ES", "multiplier": 50}
            >>> march = Asset("ESH24", month="2024-03", expiry="2024-03-15", **about)
            >>> june = Asset("ESM24", month="2024-06", expiry="2024-06-21", **about)
            >>> with TemporaryDirectory() as folder:
            ...     catalog = Catalog(folder)
            ...     _ = catalog.assets.add(march, june)
            ...     for name, seed in (("ESH24", 1), ("ESM24", 2)):
            ...         _ = catalog.ingest(simulate.bars(name, every="1d", n=60, seed=seed, start="2024-02-01"))
            ...     catalog.rolls("ES").select("date", "from", "to").row(0)
            ...     catalog.close()
            (datetime.date(2024, 3, 10), 'ESH24', 'ESM24')
        """
        from workbench.market.continuous import rolls

        return rolls(self._contracts(root, every), roll=roll, days=days, before=before, as_of=as_of)

    def _contracts(self, root: str, every: str) -> Bars:
        from workbench.market.catalog.contracts import contracts

        with self._database.reading() as connection:
            names = contracts(connection, root)
        return self.bars(names, every=every)

    def list(self, *, kind: str | None = None, every: str | None = None) -> builtins.list[str]:
        """Names of all assets, sorted.

        Args:
            kind: only "equity", "etf", "index", "future", "continuous", "option", "crypto", "perpetual" or "fx".
            every: only those that hold bars of this length.

        Raises:
            ParameterError: a kind that does not exist.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().list(every="1d")
            ['AAPL', 'FB', 'GOOG', 'IBM', 'MSFT']
        """
        from workbench.market.catalog.holdings import names

        with self._database.reading() as connection:
            return names(connection, kind, every)

    def trades(self, asset: str, start: Moment = None, end: Moment = None) -> pl.DataFrame:
        """Single trades from `start` on and before `end`; a date means its day in UTC, as a whole.

        Returns:
            Frame of asset, time (UTC), price, size.

        Raises:
            UnknownAssetError: an asset without trades.
            TimeError: a naive or unreadable time, or an end before the start.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().trades("IBM")
            Traceback (most recent call last):
            workbench.errors.UnknownAssetError: the catalog has no trades of 'IBM'; ingest_trades brings some
        """
        return self._ticks("trades", asset, start, end)

    def quotes(self, asset: str, start: Moment = None, end: Moment = None) -> pl.DataFrame:
        """Quotes from `start` on and before `end`, as `trades`; a side that was not quoted is null.

        Returns:
            Frame of asset, time (UTC), bid, ask, bid_size, ask_size.

        Raises:
            UnknownAssetError: an asset without quotes.
            TimeError: a naive or unreadable time, or an end before the start.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().quotes("IBM")
            Traceback (most recent call last):
            workbench.errors.UnknownAssetError: the catalog has no quotes of 'IBM'; ingest_quotes brings some
        """
        return self._ticks("quotes", asset, start, end)

    def _ticks(self, kind: str, asset: str, start: Moment, end: Moment) -> pl.DataFrame:
        from workbench.market.catalog.ticks import stored_ticks

        return stored_ticks(self._database, self._folder, kind, asset, start, end)

    @chained
    def dataset(self, name: str) -> Dataset:
        """A point-in-time dataset by its name, as `Backtest(..., data=[...])` takes it.

        Raises:
            UnknownNameError: a dataset that the catalog lacks; the nearest name is given.
            StorageError: a file that is torn or gone.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().dataset("earnings")
            Traceback (most recent call last):
            workbench.errors.UnknownNameError: the catalog has no dataset 'earnings'; there are none
        """
        from workbench.market.catalog.datasets import stored_dataset

        with self._database.reading() as connection:
            return stored_dataset(connection, self._folder, name)

    def datasets(self) -> pl.DataFrame:
        """Which datasets are held: a row for each, by name.

        Returns:
            Frame of name, rows, assets (how many they are about), first and last known_at, columns, ingest, hash.

        Raises:
            StorageError: a file that is torn or gone.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().datasets()["name"].to_list()
            []
        """
        from workbench.market.catalog.datasets import held

        with self._database.reading() as connection:
            return held(connection, self._folder)

    def _summary(self) -> Summary:
        from workbench.market.catalog.holdings import summary

        with self._database.reading() as connection:
            return summary(connection, self._folder.name)

    @chained
    def __getitem__(self, assets: str | Sequence[str]) -> Bars:
        return self.bars(assets)

    def __contains__(self, asset: object) -> bool:
        from workbench.market.catalog.registry import load

        with self._database.reading() as connection:
            return isinstance(asset, str) and asset in load(connection, [asset])

    def __iter__(self) -> Iterator[str]:
        return iter(self.list())

    def __len__(self) -> int:
        from workbench.market.catalog.holdings import count

        with self._database.reading() as connection:
            return count(connection)

    def _ipython_key_completions_(self) -> builtins.list[str]:
        return self.list()

    def __repr__(self) -> str:
        return repr(self._summary())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self._summary()._repr_mimebundle_(include, exclude)
