"""Point-in-time data beside the bars: fundamentals, news, sentiment scores, funding rates.

The one idea: each row carries the moment from which on it may be seen, `known_at`, and the rows stand in that order. So
what was known at some time is the beginning of the frame, and a revision is a later row with the same key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.errors import DatasetError, ParameterError, UnknownNameError
from workbench.market.bars import wanted_assets
from workbench.market.moments import moment
from workbench.market.spelling import chained, opened_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import time
    from pathlib import Path

    from workbench._types import Notice

__all__ = ["Dataset", "Item", "copied", "first_rows", "items"]

TIME: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A frozen table of rows that became known one after the other; made by `from_frame` or `from_parquet`.

    `frame` has the columns `known_at` (UTC), `asset` where the rows are about assets, and all others as they were
    given. A Backtest takes datasets as `data=`; a strategy then reads `ctx.data["earnings"]`, the Dataset as of now,
    and is told of each new row in `on_data(ctx, item)`.

    Raises:
        DatasetError: a frame that is not so.

    Example:
        >>> frame = pl.DataFrame({"announced": ["2024-01-25T21:30Z", "2024-04-25T20:30Z"], "eps": [2.18, 1.53]})
        >>> earnings = Dataset.from_frame(frame, known_at="announced", name="earnings")
        >>> earnings.as_of("2024-03-01").frame["eps"].to_list()
        [2.18]
    """

    name: str
    frame: pl.DataFrame
    notices: tuple[Notice, ...] = ()
    listed: tuple[str, ...] = ()  # assets that `select` takes, although none of these rows may be about them

    def __post_init__(self) -> None:
        known = self.frame.to_series(0) if self.frame.width else pl.Series("empty", [])
        if known.name != "known_at" or known.dtype != TIME:
            raise DatasetError("the first column is not known_at in UTC; use Dataset.from_frame")
        if known.flags["SORTED_ASC"] and not known.null_count():
            return
        if known.null_count() or not known.is_sorted():
            raise DatasetError("rows do not stand in the order in which they became known; use Dataset.from_frame")
        # Polars remembers the order from here on, so that a cut need not look again.
        object.__setattr__(self, "frame", self.frame.set_sorted("known_at"))

    @staticmethod
    def from_frame(
        frame: object,
        *,
        known_at: str = "known_at",
        name: str = "",
        asset: str | None = None,
        tz: str | None = None,
        known_at_time: str | time | None = None,
    ) -> Dataset:
        """A Dataset from a Polars or pandas frame with a column that says when each row became known.

        A bare date (or a column of naive midnights, as pandas writes dates) says nothing about the time of day: its row
        is known when that day has ended in `tz`, UTC where none is given; a strategy on daily bars of an exchange sees
        it at the close of the next session. `known_at_time` gives the time of day, where it is the same for all rows.
        Rows of one time keep their order.

        Args:
            frame: Polars or pandas DataFrame, or anything with an Arrow stream.
            known_at: the column of times (or dates) at which the rows became known; it becomes `known_at`.
            name: what a strategy calls it, as in `ctx.data["earnings"]`.
            asset: the column that names the asset of each row; None takes `asset` where there is one.
            tz: time zone of naive times, such as "America/New_York", and of the days that bare dates are.
            known_at_time: time of day for bare dates, such as "16:30" in `tz`.

        Raises:
            DatasetError: no such column, or a row or column that cannot be; it is named with the reason.
            TimeError: a missing time, a naive one without `tz`, or one that cannot be read.
            ParameterError: an argument that makes no sense.

        Example:
            >>> frame = pl.DataFrame({"symbol": ["AAPL"], "announced": ["2024-02-01"], "eps": [2.18]})
            >>> made = Dataset.from_frame(frame, known_at="announced", asset="symbol", tz="America/New_York")
            >>> made.assets, str(made.frame["known_at"][0])
            (('AAPL',), '2024-02-02 05:00:00+00:00')
        """
        from workbench.market.publication import Request, dataset_frame

        for what, given in (("known_at", known_at), ("name", name), ("asset", asset or "")):
            if not isinstance(given, str):
                raise ParameterError(f"{what}={given!r}: give text, such as {what}='{EXAMPLES[what]}'")
        made, notices = dataset_frame(frame, Request(known_at, name, asset, tz, known_at_time))
        return Dataset(name, made, notices)

    @staticmethod
    @opened_by("wb.Dataset.from_parquet")
    def from_parquet(path: str | Path) -> Dataset:
        """A Dataset that `to_parquet` wrote, checked against its fingerprint.

        Raises:
            StorageError: the file is missing, torn, changed or none of ours.
        """
        from workbench.market.dataset_files import read

        return read(path)

    def to_parquet(self, path: str | Path) -> Path:
        """Write it into one Parquet file, in one step, and return the path; values come back equal.

        Raises:
            StorageError: the disk refuses.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> made = Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "eps": [2.18]}))
            >>> with TemporaryDirectory() as folder:
            ...     Dataset.from_parquet(made.to_parquet(f"{folder}/eps.parquet")).fingerprint == made.fingerprint
            True
        """
        from workbench.market.dataset_files import write

        return write(self, path)

    @chained
    def as_of(self, time: str | date | datetime) -> Dataset:
        """The rows known at that time, revisions included; a date is the end of that day in UTC.

        Raises:
            TimeError: a naive or unreadable time.

        Example:
            >>> made = Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "eps": [2.18]}))
            >>> len(made.as_of("2024-01-25T21:29Z")), len(made.as_of("2024-01-25T21:30Z"))
            (0, 1)
        """
        value = moment("as_of", time)
        if not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=UTC) + timedelta(days=1)
        known = int((self.frame["known_at"] <= value.astimezone(UTC)).sum())
        return replace(self, frame=self.frame.head(known), listed=tuple(dict.fromkeys((*self.listed, *self.assets))))

    @chained
    def latest(self, by: str | Sequence[str] | None = None) -> Dataset:
        """The last known row of each key, in the order in which they became known.

        Args:
            by: columns that make the key, such as ["asset", "period"]; None takes the asset where there is one, and
                else gives the last row of all.

        Raises:
            UnknownNameError: a column that is not there.

        Example:
            >>> at, period = ["2024-01-25T21:30Z", "2024-02-20T12:00Z"], ["23Q4", "23Q4"]
            >>> made = Dataset.from_frame(pl.DataFrame({"known_at": at, "period": period, "eps": [2.18, 2.2]}))
            >>> made.latest(by="period").frame["eps"].to_list()
            [2.2]
        """
        given = (["asset"] if "asset" in self.frame.columns else []) if by is None else by
        keys = [given] if isinstance(given, str) else list(given)
        for key in keys:
            if key not in self.frame.columns:
                raise UnknownNameError(unknown(f"dataset {self.name}".rstrip(), "column", key, self.frame.columns))
        kept = self.frame.unique(keys, keep="last", maintain_order=True) if keys else self.frame.tail(1)
        return replace(self, frame=kept)

    @chained
    def select(self, assets: str | Sequence[str]) -> Dataset:
        """The rows about one asset, or some.

        Raises:
            UnknownAssetError: an asset without any row; in a strategy, one that is not in the run either.
            ParameterError: the rows are not about assets.

        Example:
            >>> frame = pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "asset": ["AAPL"], "eps": [2.18]})
            >>> len(Dataset.from_frame(frame).select("AAPL"))
            1
        """
        if "asset" not in self.frame.columns:
            raise ParameterError("the rows are not about assets; name their column: from_frame(..., asset='symbol')")
        asked = [assets] if isinstance(assets, str) else assets
        # Rows are only looked through for a name that is not listed; a strategy asks for listed ones at every bar.
        known = self.listed if set(asked) <= set(self.listed) else tuple(dict.fromkeys((*self.listed, *self.assets)))
        names = wanted_assets(assets, known, "known are")
        return replace(self, frame=self.frame.filter(pl.col("asset").is_in(names)), listed=tuple(names))

    @cached_property
    def assets(self) -> tuple[str, ...]:
        """The assets that rows are about, in the order of the alphabet; none without an asset column."""
        return tuple(self.frame["asset"].unique().sort()) if "asset" in self.frame.columns else ()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over columns and values; see `workbench.market.fingerprints`. The name does not enter."""
        from workbench.market.fingerprints import frame_fingerprint

        return frame_fingerprint(self.frame)

    def __len__(self) -> int:
        return self.frame.height

    def __repr__(self) -> str:
        from workbench.market.display import dataset_text

        return dataset_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.market.display import dataset_text
        from workbench.views.summary import dataset_html

        return {"text/plain": dataset_text(self), "text/html": dataset_html(self)}


EXAMPLES: Final = {"known_at": "announced", "name": "earnings", "asset": "symbol"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Item(Mapping[str, Any]):
    """One row of a dataset as `on_data` is told of it: its columns by name, and whose and how old it is.

    Example:
        >>> made = Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "eps": [2.18]}), name="earnings")
        >>> item = next(items(made))
        >>> item.name, item.asset, item["eps"], item.get("sales")
        ('earnings', None, 2.18, None)
    """

    name: str
    known_at: datetime
    asset: str | None
    row: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        try:
            return self.row[column]
        except KeyError:
            raise UnknownNameError(unknown(f"dataset {self.name}", "column", column, list(self.row))) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.row)

    def __len__(self) -> int:
        return len(self.row)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.row.items() if name not in ("known_at", "asset"))
        about = "" if self.asset is None else f" about {self.asset}"
        return f"Item({self.name}{about}, known {self.known_at}: {shown})"


def items(dataset: Dataset, first: int = 0) -> Iterator[Item]:
    """The rows one by one, in their order, from number `first` on; they are read in blocks, which is much faster."""
    for row in dataset.frame.slice(first).iter_rows(named=True):
        known_at = row["known_at"].astimezone(UTC)
        yield Item(dataset.name, known_at, row.get("asset"), MappingProxyType({**row, "known_at": known_at}))


def first_rows(dataset: Dataset, count: int, listed: tuple[str, ...]) -> Dataset:
    """The first rows alone, without notices and without the assets of later rows: what the rest is stays unseen.

    Example:
        >>> made = Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "asset": ["AAPL"]}))
        >>> first_rows(made, 0, ("IBM",)).assets
        ()
    """
    return _made(name=dataset.name, frame=dataset.frame.head(count), notices=(), listed=listed)


def copied(dataset: Dataset) -> Dataset:
    """The same rows, names and figures around a frame of its own: what is done to that leaves this one as it is."""
    return _made(**{**vars(dataset), "frame": dataset.frame.clone()})


def _made(**attributes: object) -> Dataset:
    """A Dataset of rows whose order is known, without another look at them: strategies ask for one at every bar."""
    made = object.__new__(Dataset)
    vars(made).update(attributes)
    return made


def unknown(owner: str, what: str, given: object, known: Sequence[str]) -> str:
    """What is said of a name that is not there, with the nearest one.

    Example:
        >>> unknown("dataset earnings", "column", "esp", ["eps", "sales"])
        "dataset earnings has no column 'esp'; did you mean 'eps'? there are eps, sales"
    """
    near = get_close_matches(str(given), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{owner} has no {what} {given!r}; {hint}there are {', '.join(known) or 'none'}"
