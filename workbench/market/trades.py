"""Bars out of single trades: by time, by number of trades, by volume, by value (tick, volume and dollar bars).

The one idea: the trades of a bar stand together, so a bar is where its first trade is; what ends it is a whole number
that is counted exactly: microseconds, trades, steps of volume, or steps of price times steps of volume.

The rules. Trades keep the order they are given in; times may repeat but not go back. By time, a trade belongs to the
slot [open_time, time) it falls in, slots lie as in `resampling`, and a trade at the very close of a session or break
(the closing auction) belongs to what closes. By number, volume or value, the trade that reaches the measure ends its
bar and is in it whole; the next bar counts from zero. Such a bar opens with its first trade and is known a microsecond
after its last; where bars share a microsecond, each later one moves on by one, so bars never overlap. On an exchange
they also end with the session; around the clock they run on, and belong to the day of their last trade. The bar that
the trades do not finish is left out, or asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError, TimeError
from workbench.market.adjustments import checked_actions, no_actions
from workbench.market.assets import Asset, with_attributes
from workbench.market.bars import BARS, Bars
from workbench.market.calendars import Calendar
from workbench.market.clock import instants
from workbench.market.columns import as_polars
from workbench.market.digits import Draft, ticks_of
from workbench.market.hours import TIME, instant
from workbench.market.periods import LONG
from workbench.market.resampling import length, slots

__all__ = ["Cut", "bars_of_trades", "drafted"]

Whole = npt.NDArray[Any]
NAMES: Final = {
    "time": ("time", "timestamp", "ts", "datetime", "date_time"),
    "price": ("price", "px", "p"),
    "size": ("size", "quantity", "qty", "amount", "volume", "q", "v", "sz"),
}
INT_MAX: Final = 2.0**62  # sums of whole numbers below this are surely exact in 64 bits
SUM_MAX: Final = 2**51


@dataclass(frozen=True, slots=True)
class Cut:
    """What ends a bar; exactly one is given."""

    every: str | None = None
    ticks: int | None = None
    volume: float | Decimal | None = None
    value: float | Decimal | None = None

    def __post_init__(self) -> None:
        given = [name for name in Cut.__slots__ if getattr(self, name) is not None]
        if len(given) != 1:
            found = ", ".join(f"{name}=" for name in given) or "none"
            raise ParameterError(f"give one of every=, ticks=, volume=, value= for what ends a bar; given: {found}")
        if self.every is not None and length(self.every) in LONG:
            raise ParameterError(f"every={self.every!r}: trades make bars of at most '1d'; resample those further")
        if self.ticks is not None and (isinstance(self.ticks, bool) or not isinstance(self.ticks, int)):
            raise ParameterError(f"ticks={self.ticks!r}: give a whole number of trades")
        if self.every is None and not self.measure > 0:
            raise ParameterError(f"{given[0]}={getattr(self, given[0])!r}: give a number above 0")

    @property
    def measure(self) -> Decimal:
        """Trades, volume or value that end a bar; a float counts as its shortest decimal."""
        given = next(v for v in (self.ticks, self.volume, self.value) if v is not None)
        try:
            number = Decimal(repr(given) if isinstance(given, float) else given)
        except (InvalidOperation, TypeError, ValueError) as error:
            raise ParameterError(f"{given!r} is no number; give 1000, 0.5 or Decimal('0.5')") from error
        return number if number.is_finite() and not isinstance(given, bool) else Decimal(0)

    @property
    def text(self) -> str:
        """The length of such bars in words: "1m", "1000 trades", "500 volume"; equal measures have equal words."""
        if self.every is not None:
            return length(self.every)
        word = "trades" if self.ticks is not None else "volume" if self.volume is not None else "value"
        return f"{self.measure.normalize():f} {word}"


class _Trades(NamedTuple):
    """Checked trades on their digits: times, the instants and sessions they count for, steps of price and size."""

    asset: Asset
    times: Whole
    at: pl.Series
    sessions: pl.Series
    prices: Whole
    sizes: Whole


def bars_of_trades(
    frame: object,
    draft: Draft,
    cut: Cut,
    *,
    tz: str | None = None,
    until: datetime | str | None = None,
    partial: bool = False,
    actions: object = None,
    source: str | None = None,
) -> Bars:
    """Bars of one asset's trades; see `Bars.from_trades`.

    Example:
        >>> rows = {"time": ["2024-01-02T00:00Z", "2024-01-02T00:01Z"], "price": [10, 11], "size": [1, 2]}
        >>> bars_of_trades(pl.DataFrame(rows), drafted("X"), Cut(ticks=2)).frame["close"][0]
        11.0
    """
    trades, notices = _checked(as_polars(frame)[0], draft, tz)
    made = _by_time(trades, cut.text, until) if cut.every is not None else _by_count(trades, cut)
    known = made if partial else made.filter("finished")
    acted = no_actions() if actions is None else checked_actions(as_polars(actions)[0], (trades.asset,))
    origin = source or f"trades, frame of {type(frame).__module__.split('.')[0]}"
    return Bars(known.select(BARS.names()), acted, (trades.asset,), cut.text, origin, notices=notices)


def drafted(
    asset: str | Asset,
    calendar: str = "24/7",
    currency: str = "USD",
    price_digits: int | None = None,
    quantity_digits: int | None = None,
) -> Draft:
    """An asset whose digits are its own, declared, or still to be found in its trades.

    Example:
        >>> drafted("X", price_digits=2).quantity_digits is None
        True
    """
    if isinstance(asset, Asset):
        return Draft(asset, asset.price_digits, asset.quantity_digits)
    digits = {"price_digits": price_digits, "quantity_digits": quantity_digits}
    declared: dict[str, Any] = {name: count for name, count in digits.items() if count is not None}
    made = Asset(asset, calendar=Calendar(calendar).name, currency=currency, **declared)
    return Draft(made, price_digits, quantity_digits)


def _checked(given: pl.DataFrame, draft: Draft, tz: str | None) -> tuple[_Trades, tuple[Notice, ...]]:
    table = _named(given).with_columns(asset=pl.lit(str(draft.asset)))
    if table.is_empty():
        raise BarsError("the frame has no trades; give at least one")
    times = instants(table, "time", tz)
    _refuse(times, times.diff().dt.total_microseconds() < 0, "comes before the trade above it; sort the frame by time")
    at, sessions = _traded_in(times, Calendar(draft.asset.calendar))
    prices, price_digits, moved = _on_steps(table, "price", draft.price_digits)
    sizes, quantity_digits, shifted = _on_steps(table, "size", draft.quantity_digits)
    asset = with_attributes(draft.asset, price_digits=price_digits, quantity_digits=quantity_digits)
    return _Trades(asset, times.to_physical().to_numpy(), at, sessions, prices, sizes), (*moved, *shifted)


def _on_steps(table: pl.DataFrame, name: str, declared: int | None) -> tuple[Whole, int, tuple[Notice, ...]]:
    steps, digits, moved = ticks_of(name, _numbers(table, name), declared)
    _refuse(table[name], pl.Series(steps <= 0), f"{name} is 0 on {digits} digits; declare more")
    return steps, digits, moved


def _named(given: pl.DataFrame) -> pl.DataFrame:
    """The columns time, price and size by any of their usual names."""
    lower = {c.strip().lower().replace(" ", "_"): c for c in given.columns}
    chosen = {ours: next((lower[n] for n in names if n in lower), None) for ours, names in NAMES.items()}
    if lacking := [ours for ours, theirs in chosen.items() if theirs is None]:
        found = ", ".join(given.columns)
        raise BarsError(f"trades lack {', '.join(lacking)}; found {found}; wanted time, price and size (or quantity)")
    owner = next((lower[n] for n in ("asset", "symbol", "ticker") if n in lower), None)
    if owner is not None and given[owner].n_unique() > 1:
        raise BarsError(f"the trades are of {given[owner].n_unique()} assets; filter the frame for one")
    return given.select(pl.col(str(theirs)).alias(ours) for ours, theirs in chosen.items())


def _numbers(table: pl.DataFrame, name: str) -> Whole:
    try:
        values = table[name].cast(pl.Float64)
    except pl.exceptions.PolarsError as error:
        raise BarsError(f"{name} holds {table[name].dtype}, which is no number: give numbers") from error
    good = (values.is_finite() & (values > 0)).fill_null(False)
    _refuse(table[name], ~good, f"{name} is no number above 0")
    return values.to_numpy()


def _refuse(values: pl.Series, bad: pl.Series, reason: str) -> None:
    if bad.any():
        row, count = int(bad.fill_null(False).arg_max() or 0), int(bad.sum())
        more = f" ({count:,} such rows)" if count > 1 else ""
        raise BarsError(f"trade {row} ({values[row]}): {reason}{more}; rows count from 0")


def _traded_in(times: pl.Series, calendar: Calendar) -> tuple[pl.Series, pl.Series]:
    """The instant that each trade counts for, one microsecond earlier at a close, and its session."""
    if calendar.name == "24/7":
        return times, times.dt.date()
    before = times.dt.offset_by("-1us")
    inside, closing = calendar.open_at(times), calendar.open_at(before)
    if not (traded := inside | closing).all():
        row, count = int((~traded).arg_max() or 0), int((~traded).sum())
        raise TimeError(
            f"trade {row}: {times[row]} lies outside the trading hours of {calendar.name} ({count:,} such rows); "
            "keep regular hours only, or give another calendar="
        )
    at = pl.select(pl.when(inside).then(times).otherwise(before)).to_series()
    return at, calendar.session_of(at)


def _by_time(trades: _Trades, every: str, until: object) -> pl.DataFrame:
    times = pl.DataFrame({"open_time": trades.at, "session": trades.sessions})
    rows = times.with_columns(asset=pl.lit(str(trades.asset)))
    cut = slots(rows, Calendar(trades.asset.calendar), every)
    known = max(int(trades.times[-1]), _us(until)) if until is not None else int(trades.times[-1])
    finished = cut.closes <= known
    finished[:-1] = True  # a later trade is there, so earlier bars are over
    closes = np.where(finished, cut.closes, np.maximum(known, trades.times[-1] + 1))
    return _folded(trades, cut.starts, cut.opens, closes, finished)


def _us(until: object) -> int:
    at: datetime = instant(until)
    return round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def _by_count(trades: _Trades, cut: Cut) -> pl.DataFrame:
    segments = _segments(trades)
    if cut.ticks is not None:
        need, weights = int(cut.ticks), np.ones(len(trades.times), dtype=np.int64)
        pieces = [np.arange(a, b, need) for a, b in pairwise(segments)]
        starts = np.concatenate(pieces)
    else:
        weights, scale = _weights(trades, cut)
        need = -int(-(cut.measure.scaleb(scale)) // 1)  # rounded up: whole steps reach a fraction with the next one
        starts = _starts(np.cumsum(weights), need, segments)
    finished = np.ones(len(starts), dtype=np.bool_)
    finished[-1] = weights[starts[-1] :].sum() >= need
    return _folded(trades, starts, *_apart(trades.times, starts), finished)


def _segments(trades: _Trades) -> Whole:
    """First trades of the stretches that no bar may span, and the number of trades."""
    if trades.asset.calendar == "24/7":
        return np.array([0, len(trades.times)])
    days = trades.sessions.to_physical().to_numpy()
    return np.concatenate(([0], np.flatnonzero(days[1:] != days[:-1]) + 1, [len(days)]))


def _weights(trades: _Trades, cut: Cut) -> tuple[Whole, int]:
    """What each trade adds, in whole steps of 10^-scale: in 64 bits, or in Python's integers where they may not do."""
    asset = trades.asset
    if cut.volume is not None:
        return trades.sizes, asset.quantity_digits
    scale = asset.price_digits + asset.quantity_digits
    if np.dot(trades.prices.astype(float), trades.sizes.astype(float)) < INT_MAX:
        return trades.prices * trades.sizes, scale
    return trades.prices.astype(object) * trades.sizes.astype(object), scale


def _starts(reached: Whole, need: int, segments: Whole) -> Whole:
    """First trade of each bar; `reached` is the running sum, and a step of the loop is a bar, not a trade."""
    starts = []
    for begin, end in pairwise(segments.tolist()):
        at = begin
        while at < end:
            starts.append(at)
            before = int(reached[at - 1]) if at else 0
            at = int(np.searchsorted(reached[:end], before + need)) + 1
    return np.array(starts)


def _apart(times: Whole, starts: Whole) -> tuple[Whole, Whole]:
    """Opens and closes of bars of trades: e[i] = max(last trade + 1, e[i - 1] + 1), open[i] = max(first, e[i - 1])."""
    lasts = times[np.append(starts[1:], len(times)) - 1] + 1
    order = np.arange(len(starts))
    closes = np.maximum.accumulate(lasts - order) + order
    opens = times[starts].copy()
    opens[1:] = np.maximum(opens[1:], closes[:-1])
    return opens, closes


def _folded(trades: _Trades, starts: Whole, opens: Whole, closes: Whole, finished: Whole) -> pl.DataFrame:
    """One row of `BARS` for each bar, and whether it is finished."""
    ends = np.append(starts[1:], len(trades.times)) - 1
    prices = trades.prices / 10.0**trades.asset.price_digits
    volume = np.add.reduceat(trades.sizes, starts)
    if (volume >= SUM_MAX).any() or trades.sizes.astype(float).sum() >= INT_MAX:
        raise BarsError(f"{trades.asset}: the volume of a bar is not below 2^51 steps; declare fewer quantity_digits")
    columns = {
        "open_time": pl.Series(opens).cast(TIME),
        "time": pl.Series(closes).cast(TIME),
        "session": trades.sessions.gather(ends),
        "open": prices[starts],
        "high": np.maximum.reduceat(prices, starts),
        "low": np.minimum.reduceat(prices, starts),
        "close": prices[ends],
        "volume": volume / 10.0**trades.asset.quantity_digits,
        "finished": finished,
    }
    return pl.DataFrame(columns).select(pl.lit(str(trades.asset)).alias("asset"), pl.all())
