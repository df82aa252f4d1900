"""A Catalog: history ingested once, read by name; and the embedded sample of real prices.

The one idea: a folder of Parquet files that never change, with a database beside them that says which of their rows are
whose. `ingest` writes, everything else reads one consistent state.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import StorageError
from workbench.market.catalog.asking import CACHE_MB
from workbench.market.catalog.cache import Cache
from workbench.market.catalog.tending import Tending
from workbench.market.spelling import call, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from workbench.market.assets import Asset
    from workbench.market.catalog.assets import Assets
    from workbench.market.catalog.report import IngestReport
    from workbench.market.datasets import Dataset
    from workbench.market.quality import Policy

__all__ = ["Catalog", "sample"]


class Catalog(Tending):
    """The history of a folder; `catalog["AAPL"]` and `catalog[["AAPL", "MSFT"]]` give daily Bars.

    A folder that is not there yet is an empty catalog and made by the first `ingest`.

    Args:
        folder: of the files, and of the database `catalog.sqlite`.
        database: URL of another database, such as "postgresql+pg8000://user@host/name".
        read_only: never write, for a folder that cannot change.
        cache_mb: megabytes of prices that are kept in memory once read; see `cache`.

    Raises:
        StorageError: the path is a file.
        ParameterError: a size of the cache that makes no sense.

    Example:
        >>> catalog = sample()
        >>> catalog.list()
        ['AAPL', 'FB', 'GOOG', 'IBM', 'MSFT']
        >>> len(catalog["AAPL"])
        3270
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        database: str | None = None,
        read_only: bool = False,
        cache_mb: float = CACHE_MB,
    ) -> None:
        from workbench.market.catalog.database import Database

        self._cache = Cache(cache_mb)
        self._folder = Path(folder).expanduser().absolute()
        if self._folder.exists() and not self._folder.is_dir():
            raise StorageError(f"{folder} is a file; give a folder, which may be new or empty")
        self._database = Database(self._folder, database, read_only=read_only)
        if read_only and not self._database.made:
            raise StorageError(
                f"{folder} holds no catalog.sqlite; give the folder of a catalog, or open it for writing"
            )
        if database in (None, self._database.where):  # else it holds a user or more, which is not passed on
            given = {"database": database, "read_only": read_only}
            spelled(self, call("wb.Catalog", (folder,), {name: value for name, value in given.items() if value}))

    @staticmethod
    def default() -> Catalog:
        """The catalog in the user's data folder.

        Example:
            >>> Catalog.default().folder.name
            'catalog'
        """
        from platformdirs import user_data_path

        return spelled(Catalog(user_data_path("workbench") / "catalog"), "wb.Catalog.default()")

    @property
    def assets(self) -> Assets:
        """What the catalog knows of: found by name, symbol and date, with chains of options and futures.

        Example:
            >>> sample().assets
            Assets: 5 equity: AAPL, FB, GOOG, IBM, MSFT
        """
        from workbench.market.catalog.assets import Assets

        return Assets(self._database)

    @property
    def folder(self) -> Path:
        """Where the files lie.

        Example:
            >>> sample().folder.name
            'sample'
        """
        return self._folder

    def ingest(
        self,
        given: object,
        assets: str | Sequence[str] | None = None,
        *,
        start: str | date | datetime | None = None,
        end: str | date | datetime | None = None,
        every: str | None = None,
        refresh: bool = False,
        redigit: bool = False,
        progress: Callable[[int, int], None] | None = None,
        **options: Any,
    ) -> IngestReport:
        """Take in bars; what is there already is compared, and replaced where it differs.

        Args:
            given: Bars, a frame that `Bars.from_frame` takes, a source with `fetch(asset, start, end, every)` or the
                name of one ("csv", "parquet", "csvdir", "bcolz", "sql"), or the `Path` of files. Of a source only what
                was not asked for before is fetched.
            assets: name or Asset of the one asset of a frame, or several; those wanted of a source.
            start: take only bars from here on, as `Bars.since` reads it.
            end: take only bars up to here.
            every: length of a bar; None takes the usual distance, and "1d" of a source.
            refresh: ask a source again for what it was asked for before.
            redigit: let a known asset have more digits where the new values need them; else they are put on its own.
            progress: is told how many assets of how many are done.
            options: those of the source that is named, such as path, and further ones of `Bars.from_frame`, such as tz,
                calendar, currency, actions, source. policy="drop", "fix" or "flag" instead of "fail" says what is done
                with rows that cannot be true, rules={"outlier": "drop"} with what single rules find; see `Bars.clean`.

        Raises:
            BarsError, TimeError, ParameterError: as `Bars.from_frame`; nothing is changed.
            UnsupportedError: this catalog is read-only.
            StorageError: the disk or the database refuses.
            Interrupted: Ctrl-C while fetching; what was fetched is kept, and the same call goes on from there.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.market import simulate
            >>> with TemporaryDirectory() as folder:
            ...     catalog = Catalog(folder)
            ...     print(catalog.ingest(simulate.bars("X", n=10)))
            ...     catalog.close()
            10 bars of X (1m) from simulate.bars seed 0: 10 new
        """
        from workbench.market.catalog.feeding import Feeding
        from workbench.market.catalog.given import opened

        given, left = opened(given, assets, options)
        feeding = Feeding(self._database, self._folder, every, left, redigit=redigit)
        if hasattr(given, "fetch"):
            return feeding.source(given, assets, start, end, refresh=refresh, progress=progress)
        return feeding.frame(given, assets, start, end)

    def ingest_trades(self, frame: object, asset: str | Asset, **options: Any) -> IngestReport:
        """Take in single trades of one asset: time, price, size, in order of time.

        They take the place of all that was held between their first and their last time. `options` are tz, calendar,
        currency, price_digits, quantity_digits and source.

        Raises:
            BarsError, TimeError: rows that cannot be; the first one and the reason are given.
            ParameterError: an option that makes no sense, or says otherwise than the catalog.

        Example:
            >>> import polars as pl
            >>> from tempfile import TemporaryDirectory
            >>> trades = pl.DataFrame({"time": ["2024-01-02T10:00Z"] * 2, "price": [10.5, 10.25], "size": [3, 1]})
            >>> with TemporaryDirectory() as folder:
            ...     catalog = Catalog(folder)
            ...     print(catalog.ingest_trades(trades, "X", source="a list"), catalog.trades("X")["price"].to_list())
            ...     catalog.close()
            2 trades of X from a list: 2 new [10.5, 10.25]
        """
        return self._ingest_ticks("trades", frame, asset, options)

    def ingest_quotes(self, frame: object, asset: str | Asset, **options: Any) -> IngestReport:
        """Take in quotes of one asset: time, bid, ask, bid_size, ask_size, in order of time; as `ingest_trades`.

        A side that is not quoted is null.

        Raises:
            BarsError, TimeError: rows that cannot be; the first one and the reason are given.
            ParameterError: an option that makes no sense, or says otherwise than the catalog.

        Example:
            >>> import polars as pl
            >>> from tempfile import TemporaryDirectory
            >>> row = {"time": ["2024-01-02T10:00Z"], "bid": [10.0], "ask": [10.5], "bid_size": [3], "ask_size": [1]}
            >>> with TemporaryDirectory() as folder:
            ...     catalog = Catalog(folder)
            ...     print(catalog.ingest_quotes(pl.DataFrame(row), "X", source="a list").new)
            ...     catalog.close()
            1
        """
        return self._ingest_ticks("quotes", frame, asset, options)

    def ingest_dataset(
        self, dataset: Dataset, name: str | None = None, *, source: str = "a dataset", replace: bool = False
    ) -> IngestReport:
        """Take in point-in-time rows; under a name that is known, the rows that are not held yet are added.

        Rows are the same when they are equal in every column, `known_at` included; so a revision, known later, is a new
        row, and what was once known stays.

        Args:
            dataset: made by `wb.Dataset.from_frame(frame, known_at=...)`.
            name: what it is called here; None takes its own.
            source: where the rows come from, for the record.
            replace: let go of all rows held that are not among these.

        Raises:
            ParameterError: no Dataset, or one without a name.
            DatasetError: other columns than those held under that name, or values of another kind.
            UnsupportedError: this catalog is read-only.
            StorageError: the disk or the database refuses.

        Example:
            >>> import polars as pl
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.market import Dataset
            >>> rows = pl.DataFrame({"announced": ["2024-01-25T21:30Z", "2024-02-20T12:00Z"], "eps": [2.18, 2.2]})
            >>> earnings = Dataset.from_frame(rows, known_at="announced", name="earnings")
            >>> with TemporaryDirectory() as folder:
            ...     catalog = Catalog(folder)
            ...     reports = [catalog.ingest_dataset(earnings.as_of("2024-02-01")), catalog.ingest_dataset(earnings)]
            ...     print(reports[1], catalog.dataset("earnings").frame["eps"].to_list())
            ...     catalog.close()
            2 rows of earnings from a dataset: 1 new, 1 unchanged [2.18, 2.2]
        """
        from workbench.market.catalog.datasets import ingest_dataset

        return ingest_dataset(self._database, self._folder, dataset, name, source, replaced=replace)

    def migrate(
        self,
        bundle: str | Path,
        *,
        calendar: str | None = None,
        currency: str | None = None,
        policy: Policy = "fail",
        progress: Callable[[int, int], None] | None = None,
    ) -> IngestReport:
        """Take in all of a Zipline bundle: bars of days and minutes, splits, dividends, assets with their symbols.

        Telling it twice does no harm, and a call that was stopped goes on where it was. What the catalog knows of an
        asset already holds; what Zipline could not keep of the prices is told in notices. An asset whose last date is
        the newest of the bundle is taken to be traded still.

        Args:
            bundle: folder of the bundle, such as "~/.zipline/data/quandl", or of one of its ingests.
            calendar: of its sessions; None takes the bundle's own.
            currency: of its prices; None takes "USD".
            policy: what is done with rows that cannot be true: "fail", "drop" or "fix"; see `Bars.clean`.
            progress: is told how many assets of how many are done, days and minutes counted apart.

        Raises:
            UnsupportedError: the package `bcolz-zipline` is not installed, or this catalog is read-only.
            StorageError: there is no such folder, no bars in it, or files that are torn.
            BarsError: bars that cannot be; what came before them is kept.
            ParameterError: an asset that the catalog knows with another calendar or currency.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     Catalog(folder).migrate(folder)  # doctest: +ELLIPSIS
            Traceback (most recent call last):
            workbench.errors.StorageError: ... holds neither daily_equities.bcolz nor minute_equities.bcolz; ...
        """
        from workbench.market.adapters.bcolz import Bcolz
        from workbench.market.catalog.migrating import migrated

        source = Bcolz(Path(bundle).expanduser(), calendar)
        return migrated(self._database, self._folder, source, currency, policy, progress)

    def _ingest_ticks(self, kind: str, frame: object, asset: str | Asset, options: dict[str, Any]) -> IngestReport:
        from workbench.market.catalog.ticks import ingest_ticks

        return ingest_ticks(self._database, self._folder, kind, frame, asset, options)

    def compact(self) -> int:
        """Put the rows of each asset that lie in several places together; the number of rows that were moved.

        Ingest does so by itself where an asset lies in more than 16 places.

        Raises:
            UnsupportedError: this catalog is read-only.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.market import simulate
            >>> with TemporaryDirectory() as folder:
            ...     catalog, bars = Catalog(folder), simulate.bars("X", n=10)
            ...     reports = [catalog.ingest(bars, end=bars.frame["time"][4]), catalog.ingest(bars)]
            ...     print(catalog.compact(), catalog.compact())
            ...     catalog.close()
            10 0
        """
        from workbench.market.catalog.upkeep import compacted

        return compacted(self._database, self._folder)

    def close(self) -> None:
        """Let go of the database; the next use opens it again.

        Example:
            >>> sample().close()
        """
        self._database.close()


@lru_cache(maxsize=1)
def sample() -> Catalog:
    """The embedded sample: daily unadjusted bars of AAPL, FB, GOOG, IBM and MSFT up to 2013-03-01, with their actions.

    Source, licence and checksums stand in `data/README.md`.

    Example:
        >>> sample()["FB"].frame["session"].min()
        datetime.date(2012, 5, 18)
    """
    return spelled(Catalog(_sample_folder(), read_only=True), "wb.sample")


def _sample_folder() -> Path:
    """The installed wheel has the files beside this package; a checkout has them in data/sample."""
    installed = Path(str(resources.files("workbench.market"))) / "sample"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[3] / "data" / "sample"
