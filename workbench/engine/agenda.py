"""What has a date of its own in a run: funding, the settlement of futures at the end of each session, and expiries.

The one idea: datasets and calendars become one flat list of `Dated` rows before the run, so that the core knows times
and numbers only; a row that cannot be is refused when the Backtest is made.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final, NamedTuple

import polars as pl

from workbench.errors import BarsError, DatasetError, ParameterError
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar
from workbench.market.datasets import Dataset

__all__ = ["READ", "Dated", "agenda_of", "last_session"]

READ: Final = ("funding", "settlement")  # datasets that the core reads
DIGITS: Final = 12
UNIT: Final = Decimal(1).scaleb(-DIGITS)
EXACT: Final = Context(prec=40, rounding=ROUND_HALF_EVEN)
RATE_MAX: Final = 10
PRICE_MAX: Final = 10**15
ENDING: Final = ("future", "option")
Prices = Mapping[tuple[str, date], str]


class Dated(NamedTuple):
    """One row as the core reads it; assets are indices, numbers are exact text, the time is since 1970 in UTC.

    `kind` is funding (a `rate`, and as `price` the mark), settlement or expiry (as `price` the one given); an option
    tells what it is a claim to.
    """

    time_us: int
    asset: int
    kind: str
    price: str | None = None
    rate: str | None = None
    underlying: int | None = None
    strike: str | None = None
    right: str | None = None


def agenda_of(bars: Bars, funding: Dataset | None, settlement: Dataset | None) -> tuple[Dated, ...]:
    """Everything dated of a run on these bars.

    Args:
        bars: those of the run.
        funding: rows of `asset`, `rate` and, if it has one, `mark`, each paid at its `known_at`.
        settlement: rows of `asset`, `price` and, if it has one, `session`, else that which had closed by `known_at`;
            one of an asset and session, as a later one would tell what was not known when the session was settled.

    Numbers count with 12 digits after the point; what has more is rounded half-even.

    Raises:
        DatasetError: a row that cannot be; ParameterError: a dataset about nothing in the run, or an option without a
            price to be settled at; BarsError: bars after an expiry.

    Example:
        >>> from workbench.market.catalog import sample
        >>> agenda_of(sample()["AAPL"], None, None)
        ()
    """
    return (*_funding(bars, funding), *_endings(bars, settlement))


def last_session(asset: Asset) -> date:
    """The session in which a future or an option trades last: that of its expiry, else the one before.

    Example:
        >>> about = {"kind": "future", "root": "ES", "month": "2024-06", "multiplier": 50}
        >>> last_session(Asset("ESM24", expiry="2024-06-22", calendar="XNYS", **about))
        datetime.date(2024, 6, 21)
    """
    calendar, expiry = Calendar(asset.calendar), asset.expiry
    if expiry is None:
        raise ParameterError(f"{str(asset)!r} has no expiry")
    if not calendar.limits[0] <= expiry <= calendar.limits[1]:
        return expiry  # beyond what an exchange has announced, and so beyond every bar
    return expiry if calendar.is_session(expiry) else calendar.previous_session(expiry)


def _funding(bars: Bars, given: Dataset | None) -> Iterator[Dated]:
    if given is None:
        return
    perpetuals = {str(asset): place for place, asset in enumerate(bars.assets) if asset.kind == "perpetual"}
    frame = _about(bars, given, "funding", "rate", ("perpetual",))
    if frame.select(pl.struct("known_at", "asset").is_duplicated().any()).item():
        raise DatasetError("funding= has two rows of one asset at one time; keep one of them")
    marks = frame["mark"].to_list() if "mark" in frame.columns else [None] * frame.height
    rows = zip(frame["known_at"].dt.epoch("us"), frame["asset"], frame["rate"], marks, strict=True)
    for time_us, asset, rate, mark in rows:
        where = f"funding= of {asset}"
        told = None if mark is None else _exact(f"{where}: mark", mark, PRICE_MAX, is_above_zero=True)
        yield Dated(time_us, perpetuals[asset], "funding", told, _exact(f"{where}: rate", rate, RATE_MAX))


def _about(bars: Bars, given: Dataset, what: str, column: str, kinds: tuple[str, ...]) -> pl.DataFrame:
    """The rows about assets of the run, which must be of these kinds."""
    for needed in ("asset", column):
        if needed not in given.frame.columns:
            has = ", ".join(given.frame.columns)
            raise DatasetError(
                f"{what}= needs the column {needed!r}, it has {has}; rename one, or name it in from_frame"
            )
    known = {str(asset): asset.kind for asset in bars.assets}
    frame = given.frame.filter(pl.col("asset").is_in(list(known)))
    wrong = [name for name in frame["asset"].unique().sort() if known[name] not in kinds]
    if wrong:
        raise DatasetError(f"{what}= has rows of {wrong[0]}, which has kind={known[wrong[0]]!r}; take them out")
    if frame.is_empty():
        of = " or ".join(f"{kind}s" for kind in kinds)
        there = [name for name, kind in known.items() if kind in kinds]
        if not there:
            raise ParameterError(f"{what}= is for {of}, and the bars have none; leave it out")
        told = ", ".join(given.assets[:3]) or "no asset"
        raise ParameterError(
            f"{what}= has no row of the {of} among the bars, {', '.join(there[:3])}, but of {told}; spell assets alike"
        )
    return frame


def _exact(where: str, given: object, most: int, *, is_above_zero: bool = False) -> str:
    """A number as exact text, rounded half-even; a float counts as its shortest decimal."""
    is_number = isinstance(given, (int, float, Decimal)) and not isinstance(given, bool)
    number = Decimal(repr(given) if isinstance(given, float) else given) if is_number else Decimal("nan")  # type: ignore[arg-type]  # a number by then
    is_within = number.is_finite() and abs(number) <= most
    rounded = number.quantize(UNIT, context=EXACT) if is_within else number
    if not is_within or (is_above_zero and rounded <= 0):
        bounds = f"above 0 and up to {most:,}" if is_above_zero else f"from -{most:,} to {most:,}"
        raise DatasetError(f"{where} {given!r} is no number {bounds}; correct the row or take it out")
    return f"{rounded:f}"


def _endings(bars: Bars, given: Dataset | None) -> Iterator[Dated]:
    """Sessions of futures, and what expires while the run lasts."""
    prices = {} if given is None else _settlements(bars, given)
    if not any(asset.kind in ENDING for asset in bars.assets):
        return
    spans = bars.frame.group_by("asset").agg(first=pl.col("session").min(), last=pl.col("session").max())
    known = {name: (first, last) for name, first, last in spans.iter_rows()}
    until = max(last for _, last in known.values())
    for place, asset in enumerate(bars.assets):
        if asset.kind in ENDING and str(asset) in known:
            first, last = known[str(asset)]
            _check_last(asset, last)
            yield from _of_one(bars, place, first, until, prices)


def _check_last(asset: Asset, last: date) -> None:
    if last > last_session(asset):
        raise BarsError(
            f"{str(asset)!r} has bars up to {last} and expires on {asset.expiry}; correct the expiry, or cut the bars"
        )


def _of_one(bars: Bars, place: int, first: date, until: date, prices: Prices) -> Iterator[Dated]:
    """The sessions of one future from its first bar on, and its expiry or that of an option."""
    asset = bars.assets[place]
    end = last_session(asset)
    sessions = _closes(asset, first, min(until, end))
    for session, close_us in sessions.items():
        if asset.kind == "future":
            yield Dated(close_us, place, "settlement", prices.get((str(asset), session)))
    if end in sessions:
        price = prices.get((str(asset), end))
        claim = () if asset.kind == "future" else _claim(bars, asset, end, price)
        yield Dated(sessions[end], place, "expiry", price, None, *claim)


def _closes(asset: Asset, first: date, last: date) -> dict[date, int]:
    """When the sessions between two days close."""
    table = Calendar(asset.calendar).table(first, last)
    return dict(zip(table["session"], table["time"].dt.epoch("us"), strict=True))


def _claim(bars: Bars, asset: Asset, end: date, price: str | None) -> tuple[int, str, str]:
    """What an option is a claim to; something must tell the price of that at the expiry."""
    names = [str(each) for each in bars.assets]
    own = bars.frame.filter((pl.col("asset") == asset.underlying) & (pl.col("session") <= end))
    if price is None and own.is_empty():
        raise ParameterError(
            f"{str(asset)!r} expires on {end}, and nothing tells the price of {asset.underlying} then; add bars of "
            f"it, or give settlement= with a row of {str(asset)!r}: the price of {asset.underlying}"
        )
    # A given price goes first, so that of the option itself is never looked at.
    underlying = names.index(str(asset.underlying if asset.underlying in names else asset))
    return underlying, f"{asset.strike:f}", str(asset.right)


def _settlements(bars: Bars, given: Dataset) -> dict[tuple[str, date], str]:
    """Given prices by asset and session."""
    frame = _about(bars, given, "settlement", "price", ENDING)
    calendars = {str(asset): asset for asset in bars.assets}
    found: dict[tuple[str, date], str] = {}
    for (name,), rows in frame.group_by("asset", maintain_order=True):
        where, calendar = f"settlement= of {name}", Calendar(calendars[str(name)].calendar)
        sessions = rows["session"].to_list() if "session" in rows.columns else _sessions_of(calendars[str(name)], rows)
        for session, price in zip(sessions, rows["price"], strict=True):
            _check_session(where, session, calendar)
            if (str(name), session) in found:
                raise DatasetError(
                    f"{where} has two rows of the session {session}; keep the one that was known at its close"
                )
            found[str(name), session] = _exact(f"{where} on {session}: price", price, PRICE_MAX)
    return found


def _check_session(where: str, given: Any, calendar: Calendar) -> None:
    """A day without trading settles nothing; beyond what an exchange has announced nobody knows."""
    if type(given) is not date:  # a time of day is a date to Python, and names no session
        raise DatasetError(f"{where}: session {given!r} is no date; give dates")
    first, last = calendar.limits
    if first <= given <= last and not calendar.is_session(given):
        raise DatasetError(
            f"{where}: {given} is no session of {calendar.name}; give the session that is settled, or take the row out"
        )


def _sessions_of(asset: Asset, rows: pl.DataFrame) -> list[date]:
    """The sessions that had closed when each row became known."""
    known = rows["known_at"].dt.epoch("us").to_list()
    first, last = (time.date() for time in (rows["known_at"].min(), rows["known_at"].max()))  # type: ignore[union-attr]  # times
    closes = _closes(asset, first - timedelta(days=31), last)
    days, times = [*closes], [*closes.values()]
    return [days[bisect_right(times, time_us) - 1] for time_us in known]
