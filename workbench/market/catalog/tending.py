"""The other reading face of a Catalog: what is held, whether it is sound and good, copies of it, and what may go.

The one idea: every answer is a value that shows itself, and holds the frame it was made from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.market.catalog.asking import Asking

if TYPE_CHECKING:
    import builtins
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path
    from typing import Literal

    import polars as pl

    from workbench.market.catalog.cleaning import Cleaned
    from workbench.market.catalog.coverage import Coverage
    from workbench.market.catalog.info import Info
    from workbench.market.catalog.verifying import Verified
    from workbench.market.quality.report import QualityReport

__all__ = ["Tending"]


class Tending(Asking):
    """What a Catalog tells of itself; `Catalog` adds how it is opened and written."""

    def info(self, asset: str) -> Info:
        """All that is known of one asset: series, gaps, ingests, symbols, number of actions.

        Raises:
            UnknownAssetError: an asset that the catalog lacks; the nearest names are listed.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().info("FB").series.select("every", "rows", "missing").row(0)
            ('1d', 196, 0)
        """
        from workbench.market.catalog.info import info

        with self._database.reading() as connection:
            return info(connection, self._files, asset)

    def ingests(self) -> pl.DataFrame:
        """Where everything came from: a row for each ingest.

        Returns:
            Frame of id, time, source, every, assets, rows, new, replaced, seconds, hash (of what came in), parameters
            (as JSON: which file with which options, which window).

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().ingests().columns[:4]
            ['id', 'time', 'source', 'every']
        """
        from workbench.market.catalog.holdings import ingests_of

        with self._database.reading() as connection:
            return ingests_of(connection)

    def coverage(self, assets: str | Sequence[str] | None = None, *, every: str | None = None) -> Coverage:
        """Which stretches of time are held of each asset and length, with the gaps: a table and a picture.

        Args:
            assets: names; None takes all that hold bars.
            every: only this length; None takes all that are held.

        Raises:
            UnknownAssetError: an asset that the catalog lacks; the nearest names are listed.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().coverage("FB").frame.select("asset", "every", "bars", "missing").row(0)
            ('FB', '1d', 196, 0)
        """
        from workbench.market.catalog.coverage import coverage

        with self._database.reading() as connection:
            return coverage(connection, self._files, assets, every)

    def validate(self, assets: str | Sequence[str] | None = None, *, every: str = "1d", **limits: Any) -> QualityReport:
        """What is strange in the bars that are held, by all rules of `Bars.validate`; read asset by asset.

        Args:
            assets: names; None takes all that hold bars of that length.
            every: as in `bars`.
            limits: what is still taken as usual, such as outlier_z=20.

        Raises:
            UnknownAssetError, UnsupportedError, ParameterError: as `bars` and `Bars.validate`.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample().validate(["AAPL", "FB"]).counts
            {'outlier': 1}
        """
        from workbench.market.catalog.checking import checked

        return checked(self.bars(assets, every=every), limits)

    def verify(self) -> Verified:
        """Whether every file is still what was written and the database fits it: true when all is sound.

        Hashes every file (SHA-256) and reads the times of every stretch of rows; what is wrong is named.

        Example:
            >>> from workbench.market import catalog
            >>> bool(catalog.sample().verify())
            True
        """
        from workbench.market.catalog.verifying import verified

        with self._database.reading() as connection:
            return verified(connection, self._folder)

    def clean(self, *, keep: str | date | None = None, dry_run: bool = False) -> Cleaned:
        """Remove the files that nobody needs: what later ingests replaced an hour ago, and what a killed one left.

        Bars that were asked for before and are not read yet cannot be read any more where their file goes. A file
        goes when none of its rows is held; what ingests brought and is held is never touched without `keep`.

        Args:
            keep: also drop history: "90d", "12w", "6mo" or "2y" keep that much before the last session of each series
                of bars (the last day in UTC of trades and quotes), a date keeps what is of it and later.
            dry_run: change nothing, only tell what would go.

        Raises:
            ParameterError, TimeError: something that is neither an age nor a date.
            UnsupportedError: this catalog is read-only.
            StorageError: the disk or the database refuses.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.market import Catalog, simulate
            >>> with TemporaryDirectory() as folder:
            ...     catalog = Catalog(folder)
            ...     _ = catalog.ingest(simulate.bars("X", every="1d", n=10))
            ...     catalog.clean(keep="3d").rows.rows(), len(catalog["X"])
            ...     catalog.close()
            ([('X', 'bars', '1d', 6)], 4)
        """
        from workbench.market.catalog.cleaning import cleaned, kept

        reach = None if keep is None else kept(keep)
        with self._database.writing() as connection:
            return cleaned(connection, self._folder, reach, dry_run=dry_run)

    def export(
        self,
        folder: str | Path,
        assets: str | Sequence[str] | None = None,
        *,
        every: str = "1d",
        format: Literal["parquet", "csv"] = "parquet",
        start: str | date | datetime | None = None,
        end: str | date | datetime | None = None,
    ) -> builtins.list[Path]:
        """Copy bars into a new folder, a file for each asset and one of their actions, asset by asset.

        Ingested elsewhere with the same assets, the bars have the same fingerprint.

        Args:
            folder: new or empty.
            assets: names; None takes all that hold bars of that length.
            every: as in `bars`, like `start` and `end`.
            format: "parquet", with the asset's attributes in the file's metadata, or "csv".
            start: first session, or an aware time.
            end: last session, or an aware time.

        Returns:
            The paths of the files, the actions last.

        Raises:
            ParameterError: another format, a folder that holds something, names that differ in their case only.
            UnknownAssetError, UnsupportedError, TimeError: as `bars`.
            StorageError: the disk refuses.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.market import catalog
            >>> with TemporaryDirectory() as folder:
            ...     [path.name for path in catalog.sample().export(folder, ["FB", "IBM"], format="csv")]
            ['FB.csv', 'IBM.csv', 'actions.csv']
        """
        from workbench.market.catalog.exporting import exported

        return exported(self.bars(assets, every=every, start=start, end=end), folder, format)
