"""What files of prices share: one file or a folder of them, which asset is where, and the rows of one asset.

The one idea: a folder holds one file for each asset, named as it; a single file holds the asset it is said to hold, or
those of its asset column.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError, StorageError, TimeError
from workbench.market.adapters.report import FileReport
from workbench.market.adapters.source import Bound, Source, within
from workbench.market.adapters.tables import Reading, Table, time_of
from workbench.market.assets import Asset
from workbench.market.bars import wanted_assets
from workbench.market.clock import UNITS_US, every_us, instants, stamped
from workbench.market.columns import NUMBERS

__all__ = ["Files", "cut"]

WILD: Final = "*?["
PACKED: Final = ".gz"


@dataclass(frozen=True)
class _Kept:
    """A table that was read, and the assets of its asset column."""

    table: Table

    @cached_property
    def names(self) -> list[Asset]:
        if "asset" not in self.table.frame.columns:
            return []
        return [Asset(name) for name in self.table.frame["asset"].drop_nulls().unique(maintain_order=True)]


@dataclass(frozen=True, kw_only=True)
class Files(Reading, Source):
    """One file or a folder; a kind of file adds how one is read.

    Args:
        path: a file, a folder, or a pattern such as "prices/*.csv".
        asset: the asset of a single file; None takes its asset column, else the file's name.
    """

    path: str | Path = field(kw_only=False)
    asset: str | None = None
    _read: dict[tuple[Path, int, int], _Kept] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.path, (str, Path)) or not str(self.path):
            raise ParameterError(f"path={self.path!r}: give the path of a file or a folder")
        if self.asset is not None and not isinstance(self.asset, str):
            raise ParameterError(f"asset={self.asset!r}: give its name, such as 'AAPL'")

    @property
    @abstractmethod
    def endings(self) -> tuple[str, ...]:
        """How the names of such files end."""

    @abstractmethod
    def table(self, path: Path) -> Table:
        """One file read through and through."""

    def fetch(self, asset: str, start: Bound = None, end: Bound = None, every: str | None = None) -> pl.DataFrame:
        """Bars of one asset; see `Source.fetch`."""
        return cut(self._of(asset), start, end, every=every, tz=self.tz)

    def fetch_many(
        self, assets: Sequence[str], start: Bound = None, end: Bound = None, every: str | None = None
    ) -> Iterator[tuple[str, pl.DataFrame]]:
        """Bars of several assets; a file that holds them all is read and parted once."""
        frame = self._single()
        if frame is None or "asset" not in frame.columns:
            yield from super().fetch_many(assets, start, end, every)
            return
        names = wanted_assets(list(assets), self._named(), f"{self.path} holds")
        parts = frame.partition_by("asset", as_dict=True, maintain_order=True)
        for name in names:
            yield name, cut(parts[(name,)], start, end, every=every, tz=self.tz)

    def assets(self) -> list[Asset | str]:
        """The names of the files of a folder, or what a single file holds."""
        return [str(name) for name in self._named()]

    def describe(self) -> dict[str, object]:
        """Path and options, those only that were given."""
        return {"path": str(self.path), **{k: v for k, v in self.options().items() if k != "path"}}

    def state(self) -> str:
        """Sizes and times of all its files, as one hash."""
        stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in self._places().values()]
        return hashlib.sha256(repr(stats).encode()).hexdigest()

    def notices(self, asset: str) -> tuple[Notice, ...]:
        """What was decided, left out or changed when its file was read."""
        place = next(iter(self._places().values())) if self._is_single() else self._place(asset)
        return self._table(place).notices

    def report(self, asset: str | None = None) -> FileReport:
        r"""How the file of an asset, or the first one, was read.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.market.adapters.csv import Csv
            >>> with TemporaryDirectory() as folder:
            ...     path = Path(folder) / "abc.csv"
            ...     _ = path.write_text("Date;Open;High;Low;Close\n29.02.2024;1,5;1,5;1,5;1,5\n")
            ...     Csv(path).report()["times"]
            '%d.%m.%Y'
        """
        return self._table(next(iter(self._places().values())) if asset is None else self._place(asset)).report

    def whole(self, asset: str | None = None) -> Table:
        """Everything, or one asset of a folder, as one table; several files get an asset column."""
        places = self._places()
        if len(places) == 1 and self._is_single():
            return self._table(next(iter(places.values())))
        names = list(places) if asset is None else wanted_assets(asset, self._named(), f"{self.path} holds")
        tables = [self._table(places[name]) for name in names]
        frames = [t.frame.with_columns(asset=pl.lit(n)) for n, t in zip(names, tables, strict=True)]
        if len({time_of(frame.columns) for frame in frames}) > 1:
            raise BarsError(f"the files of {self.path} tell times by different columns; read them one by one")
        notices = tuple(dict.fromkeys(notice for table in tables for notice in table.notices))
        return Table(pl.concat(frames, how="diagonal_relaxed"), tables[0].report, notices)

    def _of(self, asset: str) -> pl.DataFrame:
        frame = self._table(self._place(asset)).frame
        return frame.filter(pl.col("asset") == str(asset)) if "asset" in frame.columns else frame

    def _place(self, asset: str) -> Path:
        name = wanted_assets(asset, self._named(), f"{self.path} holds")[0]
        places = self._places()
        return next(iter(places.values())) if self._is_single() else places[name]

    def _named(self) -> list[Asset]:
        """The assets that it holds; those of an asset column are looked for once."""
        places = self._places()
        held = self._kept(next(iter(places.values()))).names if self._is_single() else []
        if not held:
            return [Asset(name) for name in places]
        if self.asset is None:
            return held
        return [Asset(name) for name in wanted_assets(self.asset, held, f"{self.path} holds")]

    def _single(self) -> pl.DataFrame | None:
        return self._table(next(iter(self._places().values()))).frame if self._is_single() else None

    def _is_single(self) -> bool:
        return Path(self.path).is_file()

    def _places(self) -> dict[str, Path]:
        path = Path(self.path)
        if path.is_file():
            return {self.asset or _stem(path): path}
        if path.is_dir():
            found = sorted(p for p in path.iterdir() if p.is_file() and p.name.lower().endswith(self.endings))
        elif any(sign in path.name for sign in WILD):
            found = sorted(path.parent.glob(path.name))
        else:
            raise StorageError(f"{path} is not a file; give the path of a file, or of a folder of files")
        if not found:
            raise StorageError(f"{path} holds no file that ends in {' or '.join(self.endings)}; see the path")
        places = {_stem(p): p for p in found}
        if len(places) < len(found):
            raise StorageError(f"{path} holds two files of one asset; keep one of them or give a pattern as path")
        return places

    def _table(self, path: Path) -> Table:
        return self._kept(path).table

    def _kept(self, path: Path) -> _Kept:
        """The last table stays at hand while its file does not change; a file of many assets is read once for all."""
        now = path.stat()
        state = (path, now.st_mtime_ns, now.st_size)
        if state not in self._read:
            fresh = self._fresh(path)
            self._read.clear()
            self._read[state] = _Kept(fresh)
        return self._read[state]

    def _fresh(self, path: Path) -> Table:
        """A file read anew; what is wrong with it is said with its name, since there may be hundreds."""
        try:
            return self.table(path)
        except (BarsError, TimeError) as error:
            if path.name in str(error):
                raise
            raise type(error)(f"{path.name}: {error}") from error


def _stem(path: Path) -> str:
    name = path.name.removesuffix(PACKED)
    return Path(name).stem


def cut(frame: pl.DataFrame, start: Bound, end: Bound, *, every: str | None, tz: str | None) -> pl.DataFrame:
    """The rows of one asset as `Source.fetch` gives them: times in UTC or dates, numbers, the window.

    Raises:
        TimeError: naive times without `tz`.
        BarsError: bars that are shorter than `every`, or daily ones where shorter were asked for.

    Example:
        >>> from datetime import date
        >>> row = {"date": [date(2024, 1, 2)], "open": [1.0], "high": [1.0], "low": [1.0], "close": [1.0]}
        >>> cut(pl.DataFrame(row), None, None, every="1d", tz=None).columns
        ['date', 'open', 'high', 'low', 'close', 'volume']
    """
    length = None if every is None else every_us(every)
    if "volume" not in frame.columns:
        frame = frame.with_columns(volume=pl.lit(None, pl.Float64))
    table = frame if "asset" in frame.columns else frame.with_columns(asset=pl.lit(""))
    if time_of(frame.columns) == ("open_time", "time"):
        times = [instants(table, name, tz).alias(name) for name in ("open_time", "time")]
    else:
        name, column = stamped(table, every if every == "1d" else None, tz)
        times = [column.alias("date" if column.dtype == pl.Date else "open_time" if name == "date" else name)]
    _fits(times[0], every, length)
    return within(pl.DataFrame([*times, *(frame[c] for c in NUMBERS)]), start, end)


def _fits(times: pl.Series, every: str | None, length: int | None) -> None:
    if length is None or len(times) < 2:
        return
    if times.dtype == pl.Date:
        if every != "1d":
            raise BarsError(f"every={every!r} was asked for, but these are daily bars; ask for every='1d'")
        return
    apart = times.diff().dt.total_microseconds().abs().min()
    if isinstance(apart, int) and 0 < apart < length:
        raise BarsError(
            f"every={every!r} was asked for, but these bars are {apart / 1e6:g} seconds apart; give every="
            f"{_told(apart)!r}, and resample what comes of it"
        )


def _told(apart_us: int) -> str:
    """A distance as the length of a bar: in the longest unit that holds it whole."""
    unit = next((unit for unit in "hms" if apart_us % UNITS_US[unit] == 0), "s")
    return f"{max(apart_us // UNITS_US[unit], 1)}{unit}"
