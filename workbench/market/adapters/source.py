"""A source of price data: one small class that fetches one asset's bars, found by its name.

The one idea: a source knows how its data is kept and nothing of the catalog. It gives a frame that `Bars.from_frame`
takes, unadjusted, and the actions beside it; checking, digits and storage are not its business.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import polars as pl

from workbench._types import Notice
from workbench.errors import ParameterError, TimeError
from workbench.market.adjustments import no_actions
from workbench.market.assets import Asset
from workbench.market.moments import moment
from workbench.market.registered import registered

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "Bound", "Source", "asked", "options_of", "source", "sources", "within"]

GROUP: Final = "workbench.sources"
Bound = str | date | datetime | None
DAY: Final = timedelta(days=1)


class Source(ABC):
    """What every source does; a new one needs `fetch` only, and an entry point in the group "workbench.sources".

    Example:
        >>> class Flat(Source):
        ...     def fetch(self, asset, start=None, end=None, every=None):
        ...         row = {"date": [date(2024, 1, 2)], **{p: [1.0] for p in ("open", "high", "low", "close", "volume")}}
        ...         return within(pl.DataFrame(row), start, end)
        >>> Flat().fetch("ABC", end="2024-01-01").height
        0
    """

    @abstractmethod
    def fetch(self, asset: str, start: Bound = None, end: Bound = None, every: str | None = None) -> pl.DataFrame:
        """Bars of one asset, oldest first, each once, unadjusted.

        Args:
            asset: its name.
            start: where the window begins, included. A date or "2024-02-29" means 00:00 UTC of that day.
            end: where it ends. A date is included as a whole; a time is the first that is not included.
            every: length of a bar, such as "1d"; None is what the source has.

        Returns:
            Frame of date (daily bars), or open_time, or time where only the close is known, or both (UTC); then open,
            high, low, close, volume as Float64. A daily bar stands at 00:00 UTC of its date, a bar of which only the
            close is known just before it. A window without bars gives a frame without rows.

        Raises:
            UnknownAssetError: an asset that the source does not have.
            BarsError, TimeError, UnsupportedError: data that cannot be read, or bars of a length it does not have.
        """

    def actions(self, asset: str) -> pl.DataFrame:
        """Splits and dividends of an asset, by the schema `ACTIONS`; none where the source knows of none."""
        return no_actions()

    def assets(self) -> list[Asset | str]:
        """The assets that can be fetched; empty where the source cannot say."""
        return []

    def describe(self) -> dict[str, object]:
        """What the source was asked to be, for the record: plain values, and never a secret."""
        return {}

    def state(self) -> str:
        """What tells that the data may have changed since it was fetched, such as a file's time."""
        return ""

    def notices(self, asset: str) -> tuple[Notice, ...]:
        """What was left out, changed or decided when reading an asset."""
        return ()

    def fetch_many(
        self, assets: Sequence[str], start: Bound = None, end: Bound = None, every: str | None = None
    ) -> Iterator[tuple[str, pl.DataFrame]]:
        """The bars of several assets, one after the other; a source that reads them together does it here."""
        for asset in assets:
            yield asset, self.fetch(asset, start, end, every)


def sources() -> dict[str, EntryPoint]:
    """Every source that is installed, by its name.

    Raises:
        ParameterError: two packages register one name.

    Example:
        >>> {"bcolz", "csv", "csvdir", "parquet", "sql"} <= set(sources())
        True
    """
    return registered(GROUP, "source")


def source(name: str, **options: object) -> Source:
    """The source of a name, with its options.

    Raises:
        ParameterError: an unknown name or option; the nearest is given.

    Example:
        >>> source("csv", path="prices.csv", asset="ABC", tz="UTC").describe()
        {'path': 'prices.csv', 'tz': 'UTC', 'asset': 'ABC'}
    """
    kind = _kind(name)
    _check_options(name, kind, options)
    made: Source = kind(**options)
    return made


def options_of(name: str) -> list[str]:
    """The names of the options of a source.

    Raises:
        ParameterError: an unknown name; the nearest is given.

    Example:
        >>> options_of("csvdir")[:1]
        ['path']
    """
    return list(inspect.signature(_kind(name)).parameters)


def _kind(name: str) -> Callable[..., Source]:
    known = sources()
    if name not in known:
        raise ParameterError(f"there is no source {name!r}; {_near(str(name), list(known))}")
    try:
        kind: Callable[..., Source] = known[name].load()
    except (ImportError, AttributeError) as error:
        raise ParameterError(f"the source {name!r} ({known[name].value}) cannot be loaded: {error}") from error
    return kind


def _check_options(name: str, kind: Callable[..., object], options: Mapping[str, object]) -> None:
    taken = [p for p in inspect.signature(kind).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    named = [p.name for p in taken if p.kind is not p.VAR_KEYWORD]
    unknown = [option for option in options if option not in named]
    if unknown and len(named) == len(taken):
        raise ParameterError(f"the source {name!r} has no option {unknown[0]!r}; {_near(unknown[0], named)}")
    needed = [p.name for p in taken if p.default is p.empty and p.name in named]
    if lacking := [option for option in needed if option not in options]:
        raise ParameterError(f"the source {name!r} needs {lacking[0]}=; write source({name!r}, {lacking[0]}=...)")


def _near(given: str, known: list[str]) -> str:
    near = get_close_matches(given, known, n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + f"there are {', '.join(known)}"


def within(frame: pl.DataFrame, start: Bound, end: Bound) -> pl.DataFrame:
    """The rows of a window, as `Source.fetch` counts it.

    Raises:
        TimeError: a naive or unreadable time, or an end before the start.

    Example:
        >>> frame = pl.DataFrame({"date": [date(2024, 1, day) for day in (2, 3, 4)]})
        >>> within(frame, "2024-01-03", date(2024, 1, 4)).height
        2
    """
    first, last = asked(start, end)
    if "date" in frame.columns:
        at = pl.col("date").cast(pl.Datetime("us", "UTC"))
    elif "open_time" in frame.columns:
        at = pl.col("open_time")
    else:
        at = pl.col("time").dt.offset_by("-1us")
    if first is not None:
        frame = frame.filter(at >= first)
    return frame if last is None else frame.filter(at < last)


def asked(start: Bound, end: Bound) -> tuple[datetime | None, datetime | None]:
    """The instants in UTC from which and before which a window lies.

    Raises:
        TimeError: a naive or unreadable time, or an end before the start.

    Example:
        >>> [str(at) for at in asked("2024-01-02", "2024-01-02")]
        ['2024-01-02 00:00:00+00:00', '2024-01-03 00:00:00+00:00']
    """
    first, last = _instant("start", start, timedelta()), _instant("end", end, DAY)
    if first is not None and last is not None and last < first:
        raise TimeError(f"start={start!r}, end={end!r}: the end lies before the start; give them in order")
    return first, last


def _instant(what: str, given: Bound, whole: timedelta) -> datetime | None:
    if given is None:
        return None
    value = moment(what, given)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) + whole
