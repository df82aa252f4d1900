"""The curve a run is measured against: the same assets, bought once and held.

The one idea: an equal part of the deposits buys each asset at its first Open after the start, without fees and in
fractions; a split or a stock dividend changes the units, a dividend buys further units at the first Open from its
ex-date on. An asset that ends becomes what its holders get: cash, or units of another asset with the cash in them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.analytics.returns import session_ends
from workbench.engine.actions import Action, told
from workbench.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from workbench.market.assets import Asset
    from workbench.market.bars import Bars

__all__ = ["buy_and_hold"]


def buy_and_hold(bars: Bars, deposits: float, *, start: datetime | None = None) -> pl.DataFrame:
    """Equity of the benchmark at each session close.

    Args:
        bars: unadjusted prices with their actions.
        deposits: money invested, in the account's currency.
        start: the close of the first bar that counts (the time of a run's first equity row); None takes all bars.

    Returns:
        Frame (session Date, equity Float64), oldest first. The part of an asset that has no bar yet is cash; one
        without a bar in a session counts at its last close.

    Raises:
        InputError: there is no bar at or after `start`.

    Example:
        >>> frame = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], "open": [10.0, 11.0], "high": [12.0, 12.0],
        ...                       "low": [9.0, 10.0], "close": [11.0, 12.0]})
        >>> from workbench.market.bars import Bars
        >>> buy_and_hold(Bars.from_frame(frame, "ABC", calendar="XNYS"), 1000.0)["equity"].round(9).to_list()
        [1100.0, 1200.0]
    """
    frame = bars.frame if start is None else bars.frame.filter(pl.col("time") >= start)
    if frame.is_empty():
        raise InputError(f"no bars at or after {start}; the benchmark needs bars of the span it is drawn for")
    grown = [_growth(_worth(bars, frame, asset), str(asset)) for asset in bars.assets]
    wide = pl.concat(grown).pivot("asset", index="session", values="growth").sort("session")
    parts = wide.select(pl.exclude("session").forward_fill().fill_null(1.0))
    waiting = len(bars.assets) - parts.width
    growth = (parts.sum_horizontal() + waiting) / len(bars.assets)
    return wide.select("session", (growth * deposits).alias("equity"))


def _growth(rows: pl.DataFrame, asset: str) -> pl.DataFrame:
    """Value of 1 invested at the first Open, at each session close: (session, asset, growth)."""
    value = (pl.col("worth") / pl.col("begun").first()).alias("growth")
    grown = session_ends(rows.with_columns(value)).group_by("session", maintain_order=True).last()
    return grown.select("session", pl.lit(asset).alias("asset"), "growth")


def _worth(bars: Bars, frame: pl.DataFrame, asset: Asset) -> pl.DataFrame:
    """What one unit bought at the first Open has become, at the open (begun) and the close (worth) of each bar."""
    rows = frame.filter(pl.col("asset") == str(asset))
    units = _units(rows, bars.actions.filter(pl.col("asset") == str(asset)))
    values = ((pl.col("open") * units).alias("begun"), (pl.col("close") * units).alias("worth"))
    own = rows.select("session", "open_time", *values)
    end = next((action for action in told(bars, asset) if action.open_us is not None), None)
    if end is None or own.is_empty():
        return own
    return pl.concat([own, _after(bars, frame, end, own["worth"][-1], units[-1])])


def _after(bars: Bars, frame: pl.DataFrame, end: Action, worth: float, units: float) -> pl.DataFrame:
    """The bars after an asset's end: of cash, or of the asset whose units took its place, bought with cash too."""
    acting = pl.col("open_time").dt.epoch("us") >= end.open_us
    cash = float(end.amount or 0) * units
    if end.other is None:
        rows = frame.filter(acting).sort("open_time").head(1)
        left = pl.lit(worth if end.amount is None else cash)
        return rows.select("session", "open_time", left.alias("begun"), left.alias("worth"))
    later = _worth(bars, frame, bars.assets[end.other]).filter(acting)
    opened = frame.filter(acting, pl.col("asset") == str(bars.assets[end.other]))["open"][0]
    share = (opened * units * _ratio(end) + cash) / pl.col("begun").first()
    return later.with_columns(pl.col("begun") * share, pl.col("worth") * share)


def _ratio(end: Action) -> float:
    return (end.numerator or 0) / (end.denominator or 1)


def _units(rows: pl.DataFrame, actions: pl.DataFrame) -> pl.Series:
    """Units held at each row for one unit bought at the first Open.

    Of one day splits act first, and the dividend is per new unit; all act before the first Open from the ex-date
    on, so what has its ex-date in the first session acts before the purchase.
    """
    opens = rows.select(pl.int_range(pl.len()).alias("row"), "session", "open")
    later = actions.filter(pl.col("ex") > rows["session"].first()) if rows.height else actions.clear()
    acting = later.sort("ex").join_asof(opens, left_on="ex", right_on="session", strategy="forward")
    beside = pl.when(pl.col("kind") == "stock_dividend").then(pl.col("denominator")).otherwise(0)
    units = (pl.col("numerator") + beside) / pl.col("denominator")
    bought = 1.0 + pl.col("amount").cast(pl.Float64) / pl.col("open")
    factor = pl.when(pl.col("kind").is_in(("split", "stock_dividend"))).then(units).otherwise(bought)
    acting = acting.filter(pl.col("kind").is_in(("split", "stock_dividend", "dividend")))
    steps = acting.drop_nulls("row").group_by("row").agg(factor.product().alias("factor"))
    joined = opens.join(steps, on="row", how="left", maintain_order="left")
    return joined["factor"].fill_null(1.0).cum_prod().alias("units")
