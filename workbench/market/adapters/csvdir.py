"""A folder laid out as Zipline's csvdir bundle wants it, with its splits and dividends.

The one idea: `<folder>/daily/<SYMBOL>.csv` and `<folder>/minute/<SYMBOL>.csv` hold date, open, high, low, close,
volume, dividend, split. The first column is the time, in UTC; a minute is named by its end. `split` is new units for
one old unit (2.0 is two for one; 1, 0 and empty are none), `dividend` the cash per unit on its ex-date.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError, StorageError, UnsupportedError
from workbench.market.adapters.csv import Csv, schema_of
from workbench.market.adapters.dialect import Dialect
from workbench.market.adapters.missing import checked_policy
from workbench.market.adapters.numerals import PLAIN, numbers, tidied
from workbench.market.adapters.ratios import amount_of, ratio_of
from workbench.market.adapters.source import Bound, Source, within
from workbench.market.adjustments import checked_actions, no_actions
from workbench.market.assets import Asset
from workbench.market.bars import wanted_assets
from workbench.market.clock import every_us
from workbench.market.columns import ignored, missing_columns, ours

__all__ = ["Csvdir"]

FOLDERS: Final = {"1d": "daily", "1m": "minute"}
BESIDE: Final = ("dividend", "split")
MINUTE: Final = "1m"


@dataclass(frozen=True, kw_only=True)
class _Folder(Csv):
    """The CSV files of one of the two folders; `moment` is what their first column tells."""

    moment: str = "date"

    def named(self, layout: Dialect) -> tuple[dict[str, str], tuple[Notice, ...]]:
        schema = schema_of(layout)
        names = ours(schema, {layout.names[0]: self.moment})
        missing_columns(list(names.values()), list(schema))
        beside = {name: name.lower() for name in schema if name.lower() in BESIDE}
        return {**names, **beside}, ignored([name for name in schema if name not in names and name not in beside])


@dataclass(frozen=True)
class Csvdir(Source):
    r"""A csvdir folder as a source.

    Args:
        path: the folder that holds daily or minute or both.
        missing: rows without a price: "fail", "skip" or "interpolate".

    Raises:
        StorageError: there is no such folder, or neither daily nor minute in it.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     (Path(folder) / "daily").mkdir()
        ...     head = "date,open,high,low,close,volume,dividend,split"
        ...     _ = (Path(folder) / "daily" / "ABC.csv").write_text(head + "\n2024-01-02,4,5,3,4,100,0.0,2.0\n")
        ...     Csvdir(folder).actions("ABC").select("ex", "numerator", "denominator").row(0)
        (datetime.date(2024, 1, 2), 2, 1)
    """

    path: str | Path
    missing: str = "fail"

    def __post_init__(self) -> None:
        checked_policy(self.missing)
        if not isinstance(self.path, (str, Path)):
            raise ParameterError(f"path={self.path!r}: give the path of a folder")
        if not self._folders:
            raise StorageError(f"{self.path} holds neither a folder daily nor minute; give the folder above them")

    @cached_property
    def _folders(self) -> dict[str, _Folder]:
        """The length of bars -> its files."""
        found = {step: Path(self.path) / name for step, name in FOLDERS.items() if (Path(self.path) / name).is_dir()}
        moments = {"1d": "date", MINUTE: "time"}
        return {s: _Folder(p, moment=moments[s], tz="UTC", missing=self.missing) for s, p in found.items()}

    def fetch(self, asset: str, start: Bound = None, end: Bound = None, every: str | None = None) -> pl.DataFrame:
        """Bars of one asset; `every` is "1d" or "1m", None the daily ones where there are some."""
        step = next(iter(self._folders)) if every is None else every
        if step not in self._folders:
            every_us(step)
            raise UnsupportedError(f"every={every!r}: {self.path} holds bars of {' and '.join(self._folders)}")
        if step != MINUTE:
            return self._folders[step].fetch(asset, start, end, step)
        frame = self._folders[step].fetch(asset, every=step)
        return within(frame.select(pl.col("time").dt.offset_by("-1m").alias("open_time"), pl.all()), start, end)

    def assets(self) -> list[Asset | str]:
        """The symbols of both folders."""
        return sorted({str(name) for folder in self._folders.values() for name in folder.assets()})

    def actions(self, asset: str) -> pl.DataFrame:
        """Splits and dividends of the daily file, or of the minute file where there is no other."""
        frame = replace(self._holding(asset)[0], missing="fail").whole(asset).frame
        moment = next(c for c in ("date", "time") if c in frame.columns)
        days = frame[moment] if frame[moment].dtype == pl.Date else frame[moment].dt.date()
        rows = [row for kind in BESIDE if kind in frame.columns for row in _rows(kind, days, frame[kind])]
        return checked_actions(pl.DataFrame(rows), (Asset(asset),)) if rows else no_actions()

    def notices(self, asset: str) -> tuple[Notice, ...]:
        """What was decided, left out or changed when its files were read."""
        return tuple(notice for folder in self._holding(asset) for notice in folder.notices(asset))

    def describe(self) -> dict[str, object]:
        """The folder and the policy."""
        return {"path": str(self.path), "missing": self.missing}

    def state(self) -> str:
        """Sizes and times of all files of both folders."""
        return " ".join(folder.state() for folder in self._folders.values())

    def _holding(self, asset: str) -> list[_Folder]:
        wanted_assets(asset, [Asset(name) for name in self.assets()], f"{self.path} holds")
        return [folder for folder in self._folders.values() if asset in folder.assets()]


def _rows(kind: str, days: pl.Series, cells: pl.Series) -> list[dict[str, object]]:
    """One action for each value that says something; minutes that repeat their day's value say it once."""
    text = tidied(cells.cast(pl.String))
    values = numbers(text, PLAIN)
    said = values.is_not_null() & (values != 0) & ((values != 1) if kind == "split" else True)
    found = pl.DataFrame({"ex": days, "text": text}).filter(said).unique(maintain_order=True)
    return [_action(kind, ex, written) for ex, written in found.iter_rows()]


def _action(kind: str, ex: date, written: str) -> dict[str, object]:
    if kind == "dividend":
        return {"ex": ex, "kind": kind, "numerator": None, "denominator": None, "amount": amount_of(float(written))}
    try:
        new, old = ratio_of(written)
    except BarsError as error:
        raise BarsError(f"{ex}: {error}") from error
    return {"ex": ex, "kind": kind, "numerator": new, "denominator": old, "amount": None}
