"""Parquet files: one, or a folder with one for each asset.

The one idea: the types are there already, so only names, time zone and missing prices are left to settle; text in a
Parquet file is read as text in a CSV file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from workbench.errors import StorageError
from workbench.market.adapters.files import Files
from workbench.market.adapters.tables import Table, mapped, settled

__all__ = ["Parquet"]


@dataclass(frozen=True, kw_only=True)
class Parquet(Files):
    """Parquet files as a source; options are those of `Csv` that do not concern the layout of text.

    Args:
        path: a file, a folder of files named as their assets, or a pattern such as "prices/*.parquet".
        asset: the asset of a single file; None takes its asset column, else the file's name.
        columns: their names -> ours.
        date_format: for times as text or whole numbers, as in `Csv`.
        decimal: for numbers as text.
        thousands: for numbers as text.
        tz: time zone of naive times.
        missing: rows without a price: "fail", "skip" or "interpolate".

    Raises:
        ParameterError: an option that makes no sense.

    Example:
        >>> from datetime import date
        >>> from tempfile import TemporaryDirectory
        >>> row = {"Date": [date(2024, 1, 2)], "Open": [1.0], "High": [1.5], "Low": [1.0], "Close": [1.25]}
        >>> with TemporaryDirectory() as folder:
        ...     pl.DataFrame(row).write_parquet(Path(folder) / "ABC.parquet")
        ...     Parquet(folder).fetch("ABC").row(0)
        (datetime.date(2024, 1, 2), 1.0, 1.5, 1.0, 1.25, None)
    """

    @property
    def endings(self) -> tuple[str, ...]:
        """How the names of such files end."""
        return (".parquet", ".pq")

    def table(self, path: Path) -> Table:
        """One file read through and through."""
        try:
            scan = pl.scan_parquet(path)
            names, remarks = mapped(dict(scan.collect_schema()), self)
            frame = scan.select(pl.col(theirs).alias(our) for theirs, our in names.items()).collect()
        except (OSError, pl.exceptions.PolarsError) as error:
            reason = str(error).splitlines()[0]
            raise StorageError(f"{path} is no readable Parquet file: {reason}; see the path") from error
        table = settled(frame, self, path.name)
        return table._replace(notices=(*remarks, *table.notices))
