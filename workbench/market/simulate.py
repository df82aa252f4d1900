"""Simulated prices: seeded bars of a geometric random walk, for trying things out and for tests.

The one idea: bars are drawn one at a time, so `n=1_000` is the beginning of `n=100_000` with the same seed. What is
made here is marked synthetic, and its seed is part of `source`.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.errors import ParameterError
from workbench.market.adjustments import no_actions
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars
from workbench.market.calendars import Calendar
from workbench.market.clock import DAY_US, every_us
from workbench.market.moments import moment
from workbench.market.spelling import opened_by

__all__ = ["bars"]

Values = npt.NDArray[np.float64]
TIME: Final = pl.Datetime("us", "UTC")
GAP_SHARE: Final = 0.1  # of a bar's deviation, between a close and the next open
WICK_SHARE: Final = 0.5  # beyond open and close
VOLUME_BASE: Final = 1_000.0
SESSION_US_LEAST: Final = 4 * 3_600_000_000  # shorter than the usual session of any exchange
MOST_BARS: Final = 100_000_000


@opened_by("wb.simulate.bars")
def bars(
    asset: str | Asset,
    every: str = "1m",
    *,
    n: int = 1_000,
    seed: int = 0,
    start: str | date | datetime = "2020-01-01",
    price: float = 100.0,
    volatility: float = 0.6,
    calendar: str = "24/7",
    price_digits: int = 2,
    quantity_digits: int | None = None,
    currency: str | None = None,
) -> Bars:
    """Bars of a geometric random walk without drift, with volume; the same seed gives the same bars.

    Args:
        asset: its name, or an Asset whose digits, currency and calendar are used.
        every: length of a bar: "1m", "5m", "1h", "1d".
        n: number of bars.
        seed: of numpy's PCG64.
        start: session or aware time of the first bar; the calendar's next open from there.
        price: the close before the first bar.
        volatility: annual standard deviation of log returns; 0.6 is 60%.
        calendar: "24/7", "24/5" or an exchange such as "XNYS".
        price_digits: digits that prices are rounded to.
        quantity_digits: digits of volume; None takes 3 for a pair such as BTC/USDT, else 0.
        currency: None takes what stands after the slash of a pair, else USD.

    Raises:
        ParameterError: an argument that makes no sense.
        TimeError: a start that is naive or unreadable.

    Example:
        >>> walk = bars("BTC/USDT", every="1m", n=1_000, seed=7)
        >>> walk.synthetic, walk.source, walk.assets[0].currency
        (True, 'simulate.bars seed 7', 'USDT')
        >>> len(walk), walk.every
        (1000, '1m')
    """
    _check(n, seed, price, volatility)
    made = asset if isinstance(asset, Asset) else _asset(asset, price_digits, quantity_digits, currency, calendar)
    step = every_us(every)
    times = _times(Calendar(made.calendar), step, n, moment("start", start))
    year = Calendar(made.calendar).annualisation * (DAY_US if made.calendar == "24/7" else _session_us(times, step))
    values = _walk(made, n, seed, price, volatility * math.sqrt(step / max(year, step)))
    frame = times.with_columns(asset=pl.lit(str(made)), **values).select(BARS.names())
    return Bars(frame, no_actions(), (made,), every, f"simulate.bars seed {seed}", synthetic=True)


def _check(n: object, seed: object, price: object, volatility: object) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST_BARS:
        raise ParameterError(f"n={n!r}: give a whole number of bars from 1 to {MOST_BARS:,}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ParameterError(f"seed={seed!r}: give a whole number from 0 on")
    for name, given, least in (("price", price, "above 0"), ("volatility", volatility, "from 0 on")):
        number = float(given) if isinstance(given, (int, float)) and not isinstance(given, bool) else math.nan
        if not math.isfinite(number) or number < 0 or (number == 0 and name == "price"):
            raise ParameterError(f"{name}={given!r}: give a finite number {least}")


def _asset(name: str, price_digits: int, quantity_digits: int | None, currency: str | None, calendar: str) -> Asset:
    quote = str(name).partition("/")[2]
    return Asset(
        name,
        price_digits=price_digits,
        quantity_digits=(3 if quote else 0) if quantity_digits is None else quantity_digits,
        currency=currency or quote or "USD",
        calendar=calendar,
    )


def _times(calendar: Calendar, step: int, n: int, start: date | datetime) -> pl.DataFrame:
    """open_time, time and session of n bars from `start` on."""
    since = start.astimezone(UTC) if isinstance(start, datetime) else datetime.combine(start, time(), UTC)
    if calendar.name == "24/7":
        opened = pl.select(_at(since) + pl.int_range(n, dtype=pl.Int64) * step).to_series().cast(TIME)
        closes = (opened.cast(pl.Int64) + step).cast(TIME)
        return pl.DataFrame({"open_time": opened, "time": closes, "session": opened.dt.date()})
    return _session_times(calendar, step, n, since)


def _at(since: datetime) -> pl.Expr:
    return pl.lit(since, TIME).cast(pl.Int64)


def _session_times(calendar: Calendar, step: int, n: int, since: datetime) -> pl.DataFrame:
    """Each session cut into bars, after a break anew; the last before a break or the close may be shorter."""
    slots = max(1, SESSION_US_LEAST // step)
    days = timedelta(days=math.ceil(n / slots * 7 / 4) + 30)
    span = since.date(), (since + days).date()
    table = calendar.table(*span) if step == DAY_US else calendar.parts(*span)
    grid = table.select("session", pl.col("time").alias("closes"), open_time=_openings(step)).explode("open_time")
    bar = grid.select(
        pl.col("open_time").cast(TIME),
        time=pl.min_horizontal((pl.col("open_time") + step).cast(TIME), "closes"),
        session="session",
    )
    found = bar.filter(pl.col("open_time") >= since).head(n)
    if found.height < n:
        raise ParameterError(f"n={n}: {calendar.name} has {found.height} such bars from {since} on; give a smaller n")
    return found


def _openings(step: int) -> pl.Expr:
    """Openings of a session's bars as whole microseconds; a daily bar has the session's own."""
    opens, closes = pl.col("open_time").cast(pl.Int64), pl.col("time").cast(pl.Int64)
    return pl.int_ranges(opens, closes, step)


def _session_us(times: pl.DataFrame, step: int) -> int:
    """Trading time of the first whole session, at least one bar."""
    first = times.filter(pl.col("session") == times["session"][0])
    spent = (first["time"].max() - first["open_time"].min()).total_seconds()  # type: ignore[operator, union-attr]
    return max(step, round(spent * 1_000_000))


def _walk(asset: Asset, n: int, seed: int, price: float, deviation: float) -> dict[str, pl.Series]:
    """Open, high, low, close and volume on the asset's digits; no price falls below one step."""
    z = np.random.default_rng(seed).standard_normal((n, 5))
    closes = price * np.exp(np.cumsum(z[:, 0] * deviation))
    opens = np.concatenate(([price], closes[:-1])) * np.exp(z[:, 1] * deviation * GAP_SHARE)
    highs = np.maximum(opens, closes) * np.exp(np.abs(z[:, 2]) * deviation * WICK_SHARE)
    lows = np.minimum(opens, closes) * np.exp(-np.abs(z[:, 3]) * deviation * WICK_SHARE)
    volumes = VOLUME_BASE * np.exp(0.5 * z[:, 4])
    prices = {"open": opens, "high": highs, "low": lows, "close": closes}
    least = float(asset.price_step)
    ready = {name: np.maximum(_on(v, asset.price_digits), least) for name, v in prices.items()}
    return {name: pl.Series(name, v) for name, v in {**ready, "volume": _on(volumes, asset.quantity_digits)}.items()}


def _on(values: Values, digits: int) -> Values:
    rounded: Values = np.rint(values * 10.0**digits) / 10.0**digits
    return rounded


def __dir__() -> list[str]:
    return __all__
