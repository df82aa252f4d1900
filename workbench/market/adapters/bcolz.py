"""What Zipline's bundles store: bars in bcolz tables, splits and dividends in SQLite, assets in SQLite.

The one idea: a bundle is a folder of daily_equities.bcolz, minute_equities.bcolz, adjustments.sqlite and
assets-8.sqlite, each optional but the bars. Prices are whole numbers, 1000 for 1; a price of 0 is no trade. Assets are
counted (`sid`); their names come from the assets database, and the newest holder of a symbol has its plain name.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench._types import Notice
from workbench.errors import ParameterError, StorageError, UnsupportedError
from workbench.market.adapters.bundles import Listed, actions_of, listed, unread
from workbench.market.adapters.source import Bound, Source, within
from workbench.market.assets import Asset
from workbench.market.bars import wanted_assets
from workbench.market.calendars import Calendar
from workbench.market.clock import every_us
from workbench.market.columns import NUMBERS

__all__ = ["STEPS", "Bcolz"]

DAILY: Final = "daily_equities.bcolz"
MINUTE: Final = "minute_equities.bcolz"
STEPS: Final = ("1d", "1m")
RATIO: Final = 1000
CALENDARS: Final = {"CSVDIR": "XNYS", "NYSE": "XNYS", "NASDAQ": "XNYS", "QUANDL": "XNYS", "YAHOO": "XNYS"}
PRICES: Final = NUMBERS[:4]
MINUTE_US: Final = 60_000_000
Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Bcolz(Source):
    """A Zipline bundle as a source; `Catalog.migrate` takes in all of it.

    Args:
        path: the folder of one ingest, or of a bundle, of which the newest ingest is taken.
        calendar: the calendar of its sessions; None takes the bundle's own.

    Raises:
        UnsupportedError: the package `bcolz-zipline` is not installed.
        StorageError: there is no such folder, or no bars in it.

    Example:
        >>> Bcolz("nowhere")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        workbench.errors.StorageError: nowhere holds neither daily_equities.bcolz nor minute_equities.bcolz; ...
    """

    path: str | Path
    calendar: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, Path)):
            raise ParameterError(f"path={self.path!r}: give the path of a folder")
        if self.calendar is not None:
            Calendar(self.calendar)
        if not self._steps:
            raise StorageError(
                f"{self.path} holds neither {DAILY} nor {MINUTE}; give the folder of a bundle, such as "
                "~/.zipline/data/quandl"
            )
        _library()

    @cached_property
    def _folder(self) -> Path:
        """The folder of the ingest; names of ingests are times, so the last by name is the newest."""
        given = Path(self.path)
        inner = sorted(f for f in given.iterdir() if _holds_bars(f)) if given.is_dir() else []
        return given if _holds_bars(given) or not inner else inner[-1]

    @cached_property
    def _steps(self) -> dict[str, Path]:
        found = {"1d": self._folder / DAILY, "1m": self._folder / MINUTE}
        return {step: path for step, path in found.items() if path.is_dir()}

    @cached_property
    def _listed(self) -> dict[str, Listed]:
        """The assets that have bars, by their names."""
        sids = sorted({sid for step in self._steps for sid in self._sids[step]})
        return {each.name: each for each in listed(self._folder, sids)}

    @cached_property
    def _sids(self) -> dict[str, list[int]]:
        found = {}
        if "1d" in self._steps:
            found["1d"] = [int(sid) for sid in self._daily.attrs["first_row"]]
        if "1m" in self._steps:
            found["1m"] = [int(p.stem) for p in self._steps["1m"].glob("*/*/*.bcolz")]
        return found

    @cached_property
    def _daily(self) -> Any:
        return _opened(self._steps["1d"])

    @cached_property
    def _minutes(self) -> dict[str, Any]:
        return _metadata(self._steps["1m"])

    def fetch(self, asset: str, start: Bound = None, end: Bound = None, every: str | None = None) -> pl.DataFrame:
        """Bars of one asset; `every` is "1d" or "1m", None the daily ones where there are some."""
        each = self._one(asset)
        step = next(s for s in self._steps if each.sid in self._sids[s]) if every is None else every
        if step not in self._steps or each.sid not in self._sids[step]:
            every_us(step)
            raise UnsupportedError(f"every={every!r}: the bundle has no such bars of {asset}")
        return within(self._bars(each, step), start, end)

    def assets(self) -> list[Asset | str]:
        """The names of all assets with bars."""
        return list(self._listed)

    def actions(self, asset: str) -> pl.DataFrame:
        """Its splits, and its dividends as they were declared."""
        return actions_of(self._folder, self._one(asset))

    def notices(self, asset: str) -> tuple[Notice, ...]:
        """What the bundle has of an asset and Bars cannot hold: mergers, dividends in stock, torn bars."""
        each = self._one(asset)
        kept = [self._raw(each.sid, step) for step in self._steps if each.sid in self._sids[step]]
        return (*unread(self._folder, each), *_torn(each.name, sum(map(_half_priced, kept))))

    def listing(self, asset: str) -> Listed:
        """What the bundle knows of an asset: its number, symbols through time, exchange, first and last date."""
        return self._one(asset)

    def describe(self) -> dict[str, object]:
        """The folder that is read, and its calendar."""
        return {"path": str(self._folder), "calendar": self.calendar}

    def holding(self, every: str) -> list[str]:
        """The assets that have bars of a length, "1d" or "1m"."""
        having = set(self._sids.get(every, ()))
        return [name for name, each in self._listed.items() if each.sid in having]

    @cached_property
    def calendar_name(self) -> str:
        """The calendar that was given, else the bundle's own.

        Raises:
            ParameterError: the bundle does not say it.
        """
        try:
            own = self._minutes["calendar_name"] if "1m" in self._steps else self._daily.attrs["calendar_name"]
        except KeyError as error:
            if self.calendar is None:
                raise ParameterError(f"{self.path} does not say its calendar; give it: calendar='XNYS'") from error
            return self.calendar
        return self.calendar or CALENDARS.get(own, own)

    def state(self) -> str:
        """Sizes and times of what every ingest of Zipline writes anew, as one hash."""
        paths = [*self._folder.glob("*.sqlite"), *(inner for step in self._steps.values() for inner in step.glob("*"))]
        stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(paths) if path.is_file()]
        return hashlib.sha256(repr(stats).encode()).hexdigest()

    def _one(self, asset: str) -> Listed:
        if asset in self._listed:
            return self._listed[asset]
        name = wanted_assets(asset, [Asset(name) for name in self._listed], f"{self.path} holds")[0]
        return self._listed[name]

    def _bars(self, each: Listed, step: str) -> pl.DataFrame:
        """The rows in which something was traded."""
        return self._raw(each.sid, step).filter(pl.all_horizontal(pl.col(PRICES) > 0))

    def _raw(self, sid: int, step: str) -> pl.DataFrame:
        return self._days(sid) if step == "1d" else self._session_minutes(sid)

    def _days(self, sid: int) -> pl.DataFrame:
        table = self._daily
        rows = slice(table.attrs["first_row"][str(sid)], table.attrs["last_row"][str(sid)] + 1)
        days = pl.Series("date", table["day"][rows].astype(np.int64) * 1_000_000).cast(pl.Datetime("us")).dt.date()
        return _scaled(days.to_frame(), {name: table[name][rows] for name in NUMBERS}, RATIO)

    def _session_minutes(self, sid: int) -> pl.DataFrame:
        """Each session has as many places as the longest; those after an early close hold nothing."""
        about, number = self._minutes, f"{sid:06}"
        root = self._steps["1m"] / number[:2] / number[2:4] / f"{number}.bcolz"
        values = {name: _opened(root / name)[:] for name in NUMBERS}
        sessions = Calendar(self.calendar_name).table(
            *(date.fromisoformat(about[k]) for k in ("start_session", "end_session"))
        )
        opens, closes = (sessions[c].cast(pl.Int64).to_numpy() for c in ("open_time", "time"))
        places = np.arange(min(len(values["close"]), len(opens) * about["minutes_per_day"]))
        at, minute = np.divmod(places, about["minutes_per_day"])
        times = opens[at] + minute * MINUTE_US
        inside = times < closes[at]
        column = pl.Series("open_time", times[inside]).cast(pl.Datetime("us", "UTC"))
        frame = pl.DataFrame([column, column.dt.offset_by("1m").alias("time")])
        ratio = (about.get("ohlc_ratios_per_sid") or {}).get(str(sid), about["ohlc_ratio"])
        return _scaled(frame, {k: v[: len(places)][inside] for k, v in values.items()}, ratio)


def _scaled(times: pl.DataFrame, values: dict[str, Values], ratio: int) -> pl.DataFrame:
    """Prices and units as they were written; numpy divides, as Polars would multiply by a rounded 1 / ratio."""
    scales = {name: 1 if name == "volume" else ratio for name in NUMBERS}
    return times.with_columns(pl.Series(name, values[name].astype(np.float64) / scales[name]) for name in NUMBERS)


def _half_priced(frame: pl.DataFrame) -> int:
    """Rows with some prices only, as Zipline leaves them where a price was too large for it."""
    zero = [pl.col(price) == 0 for price in PRICES]
    return int(frame.select((pl.any_horizontal(zero) & ~pl.all_horizontal(zero)).sum()).item())


def _torn(name: str, count: int) -> tuple[Notice, ...]:
    if not count:
        return ()
    text = f"{name}: {count:,} bars lack one of their prices and were left out"
    return (
        Notice("bars", count, text, "Zipline stores 0 for a price too large for it; take it from the first source"),
    )


def _holds_bars(folder: Path) -> bool:
    return (folder / DAILY).is_dir() or (folder / MINUTE).is_dir()


def _library() -> Any:
    try:
        import bcolz
    except ImportError as error:
        raise UnsupportedError(
            "Zipline's bundles are read by the package bcolz-zipline, which is not installed; add it with "
            "pip install 'workbench[zipline-data]'"
        ) from error
    return bcolz


def _opened(root: Path) -> Any:
    try:
        return _library().open(str(root), mode="r")
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise StorageError(f"{root} is no readable bcolz table: {error}; ingest the bundle again") from error


def _metadata(root: Path) -> dict[str, Any]:
    path = root / "metadata.json"
    try:
        about: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read: {error}; ingest the bundle again") from error
    if about.get("version", 0) < 2:
        raise UnsupportedError(
            f"{path} is of version {about.get('version', 0)}; ingest the bundle again with Zipline 1.3"
        )
    return about
