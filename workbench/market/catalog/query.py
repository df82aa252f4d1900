"""What a catalog holds for a question, as Bars that are read later.

The one idea: one state of the database is read, in a handful of statements, into a plan; nothing of the prices is
touched. What is asked for beyond the rows (a longer bar, adjustments, a currency, fewer fields) becomes a step of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from sqlalchemy import select

from workbench._types import Notice
from workbench.errors import ParameterError, UnknownAssetError, UnsupportedError
from workbench.market.adjustments import as_known
from workbench.market.bars import ACTIONS, BARS, Bars, with_frame
from workbench.market.catalog.actions import stored_actions
from workbench.market.catalog.holdings import names
from workbench.market.catalog.index import found
from workbench.market.catalog.lazy import StoredBars
from workbench.market.catalog.plans import Plan, reach_us
from workbench.market.catalog.registry import load
from workbench.market.catalog.symbols import find
from workbench.market.catalog.tables import spans
from workbench.market.clock import every_us
from workbench.market.moments import moment
from workbench.market.periods import LONG
from workbench.market.resampling import length

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from workbench.market.assets import Asset
    from workbench.market.catalog.plans import Reader
    from workbench.market.catalog.store import Span

__all__ = ["FIELDS", "Query", "chosen_assets", "lengths", "stored_bars"]

FIELDS: Final = ("open", "high", "low", "close", "volume")
KEYS: Final = ("asset", "open_time", "time", "session")
SOURCES_MAX: Final = 3
CHUNK: Final = 500  # numbers in one statement
NO_ROWS: Final = BARS.to_frame()
Chosen = dict[int, "Asset"]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a catalog beside the assets; the arguments stand at `Catalog.bars`."""

    every: str = "1d"
    start: str | date | datetime | None = None
    end: str | date | datetime | None = None
    fields: Sequence[str] | None = None
    adjusted: str | None = None
    as_of: str | date | datetime | None = None
    currency: str | None = None


def stored_bars(connection: Connection, reader: Reader, assets: object, query: Query) -> Bars:
    """Bars as they are asked for, not read yet; see `Catalog.bars`."""
    wanted = _wanted(query.every)
    columns = _columns(query.fields)
    chosen, renamed = chosen_assets(connection, assets, wanted, query.as_of)
    stored, held = _held(connection, chosen, wanted, query)
    base = _base(connection, chosen, held, stored)
    made_of = () if stored == wanted else (_made_of(wanted, stored),)
    base = replace(base, notices=(*renamed, *made_of))
    flat = tuple(span for number in chosen for span in held.get(number, ()))
    whole = tuple(BARS) if stored != wanted or query.adjusted or query.currency else columns
    plan = _steps(Plan(reader, flat, base, base, whole), wanted, query)
    if query.currency is not None:
        plan = plan.then("convert", query.currency, _rates(connection, reader, plan, query), function=_convert)
    if len(columns) < len(BARS):
        plan = plan.then("fields", columns, function=_only)
    return StoredBars.of(plan)


def _wanted(every: object) -> str:
    """The length asked for in its shortest spelling; bars of trades or volume go by the name they are held under."""
    return every if isinstance(every, str) and " " in every else length(every)


def _columns(fields: Sequence[str] | None) -> tuple[str, ...]:
    """The columns that are to be read."""
    if fields is None:
        return tuple(BARS)
    names = [fields] if isinstance(fields, str) else list(fields)
    if not names or not set(names) <= set(FIELDS):
        raise ParameterError(f"fields={fields!r}: give one or more of {', '.join(FIELDS)}, or None for all")
    return (*KEYS, *(name for name in FIELDS if name in names))


def _only(bars: Bars, columns: tuple[str, ...]) -> Bars:
    """The Bars with nulls in the fields that were not asked for, and a word about it."""
    lacking = [name for name in FIELDS if name not in columns]
    text = f"only {', '.join(columns[len(KEYS) :])} was asked for; {', '.join(lacking)} are null"
    notice = Notice("fields", len(lacking), text, "leave fields= out for a backtest, a picture or resampling")
    frame = bars.frame.with_columns(pl.lit(None, BARS[name]).alias(name) for name in lacking)
    return replace(bars, frame=frame, notices=(*bars.notices, notice))


def chosen_assets(
    connection: Connection, assets: object, every: str | None = None, as_of: str | date | datetime | None = None
) -> tuple[Chosen, tuple[Notice, ...]]:
    """The assets asked for by their numbers, and what should be known of how they were found.

    A name of today comes first, then a symbol borne today, or at `as_of`, or once. None asks for all that hold bars,
    of the length `every` if any do.

    Raises:
        UnknownAssetError: an asset that is not there; the nearest names are listed.
        ParameterError: no name, one twice, or one that may mean several assets.
    """
    if assets is None:
        return _all_assets(connection, every), ()
    names: list[Any] = list(assets) if isinstance(assets, (list, tuple)) else [assets]
    known = load(connection, [name for name in names if isinstance(name, str)])
    strange = {name: find(connection, name, as_of) for name in names if name not in known}
    known |= {name: (one.id, one.asset) for name, one in strange.items()}
    chosen = dict(known[name] for name in names)
    if not names or len(chosen) < len(names):
        raise ParameterError(f"{names}: name at least one asset, and each once")
    return chosen, tuple(one.notice for one in strange.values() if one.notice is not None)


def _all_assets(connection: Connection, every: str | None) -> Chosen:
    held = select(spans.c.asset_id).where(spans.c.kind == "bars").distinct()
    numbers = set(connection.execute(held.where(spans.c.every == every)).scalars()) if every else set()
    numbers = numbers or set(connection.execute(held).scalars())
    if not numbers:
        raise UnknownAssetError("the catalog holds no bars yet; catalog.ingest(...) brings some")
    chosen = [(number, asset) for number, asset in load(connection).values() if number in numbers]
    return dict(sorted(chosen, key=lambda pair: str(pair[1])))


def lengths(connection: Connection, numbers: Sequence[int]) -> dict[int, list[str]]:
    """The lengths of bars held of each asset, by its number."""
    made: dict[int, list[str]] = {number: [] for number in numbers}
    for i in range(0, len(numbers), CHUNK):
        some = spans.c.asset_id.in_(numbers[i : i + CHUNK])
        query = select(spans.c.asset_id, spans.c.every).where(spans.c.kind == "bars", some).distinct()
        for number, every in connection.execute(query):
            made[number].append(every)
    return made


def _held(
    connection: Connection, chosen: Chosen, wanted: str, query: Query
) -> tuple[str, Mapping[int, Sequence[Span]]]:
    """The stored length that serves, and the spans of that length that can matter."""
    numbers = list(chosen)
    spans_of = found(connection, numbers, "bars", wanted, **_window(query, wanted, wanted))
    if len(spans_of) == len(numbers):
        return wanted, spans_of
    held = lengths(connection, numbers)
    if all(wanted in each for each in held.values()):
        return wanted, spans_of
    stored = _best({chosen[number]: each for number, each in held.items()}, wanted)
    return stored, found(connection, numbers, "bars", stored, **_window(query, stored, wanted))


def _window(query: Query, stored: str, wanted: str) -> dict[str, int]:
    window = {}
    if query.start is not None:
        window["start_us"] = reach_us(moment("start", query.start), -1, stored, wanted)
    if query.end is not None:
        window["end_us"] = reach_us(moment("end", query.end), 1, stored, wanted)
    return window


def _best(held: Mapping[Asset, list[str]], wanted: str) -> str:
    """The longest length that all assets are held in and that makes up the one wanted.

    Raises:
        UnsupportedError: there is none; what is held is told.
    """
    common = set.intersection(*(set(each) for each in held.values()))
    fit = [every for every in common if _makes(every, wanted)]
    if not fit:
        told = [f"{asset} is held in {', '.join(sorted(each)) or 'no bars'}" for asset, each in list(held.items())[:5]]
        raise UnsupportedError(
            f"every={wanted!r}: {'; '.join(told)}{'; ...' if len(held) > 5 else ''}; ask for a whole multiple of what "
            "all of them are held in, or for fewer assets at a time"
        )
    return max(fit, key=_size)


def _makes(stored: str, wanted: str) -> bool:
    try:
        Bars(NO_ROWS, ACTIONS.to_frame(), (), stored, "").resample(wanted)
    except ParameterError:
        return False
    return True


def _size(every: str) -> int:
    """Lengths by what they come to."""
    return 7 * every_us("1d") * (4 if every == "1mo" else 1) if every in LONG else every_us(every)


def _made_of(wanted: str, stored: str) -> Notice:
    text = f"the {wanted} bars are made from the {stored} bars that the catalog holds"
    return Notice("resampled", 1, text, f"ingest bars of {wanted} to have those of the source")


def _base(connection: Connection, chosen: Chosen, held: Mapping[int, Sequence[Span]], every: str) -> Bars:
    """All that the database knows of the Bars, without their rows."""
    flat = [span for of_asset in held.values() for span in of_asset]
    acted = stored_actions(connection, {str(asset): number for number, asset in chosen.items()})
    synthetic = any(span.synthetic for span in flat)
    return Bars(NO_ROWS, acted, tuple(chosen.values()), every, _source(flat), synthetic)


def _source(spans_of: Sequence[Span]) -> str:
    """Where the rows came from; the first sources where there are many."""
    names = sorted({span.source for span in spans_of})
    more = f" and {len(names) - SOURCES_MAX} more" if len(names) > SOURCES_MAX else ""
    return f"{', '.join(names[:SOURCES_MAX])}{more}" if names else "catalog without rows"


def _steps(plan: Plan, wanted: str, query: Query) -> Plan:
    """Resample, then cut, then adjust: what is asked for is seen as of the end of what is asked for."""
    if plan.base.every != wanted:
        plan = plan.then("resample", wanted)
    if query.start is not None and query.end is not None:
        plan = plan.then("between", query.start, query.end)
    elif query.start is not None:
        plan = plan.then("since", query.start)
    elif query.end is not None:
        plan = plan.then("until", query.end)
    if query.as_of is not None:
        plan = plan.then("until", query.as_of)
    if query.adjusted is not None or query.as_of is not None:
        plan = plan.then("adjusted", query.adjusted, query.as_of, function=as_known)
    return plan


def _rates(connection: Connection, reader: Reader, plan: Plan, query: Query) -> Bars:
    """Bars of all currency pairs that are held: of the length wanted where there are any, else of the shortest.

    Raises:
        UnsupportedError: none are held.
    """
    pairs = dict(load(connection, names(connection, "fx")).values())
    held = {number: each for number, each in lengths(connection, list(pairs)).items() if each}
    if not held:
        raise UnsupportedError(
            f"currency={query.currency!r}: the catalog holds no bars of a currency pair; ingest those of "
            "Asset('EUR/USD', kind='fx') first"
        )
    timed = {every for each in held.values() for every in each if _makes(every, "1mo")}
    every = plan.shape.every if plan.shape.every in timed else min(timed, key=_size)
    chosen = [str(pairs[number]) for number, each in held.items() if every in each]
    last = query.end if query.as_of is None else query.as_of
    return stored_bars(connection, reader, chosen, Query(every, end=last))


def _convert(bars: Bars, currency: str, rates: Bars) -> Bars:
    """The Bars in another currency; without rows the way to it is checked, and no rate is read."""
    return bars.convert(currency, rates if len(bars) else with_frame(rates, NO_ROWS))
