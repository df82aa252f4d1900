"""How far each trade went against its holder and for him before it ended (MAE and MFE).

The one idea: looked at are the bars that lie whole between entry and exit, and the two prices themselves. Nobody knows
what came first inside of a bar in which an order filled, so such a bar counts by the price of the fill alone: a trade
that was stopped went no further against its holder than its stop.

Source: J. Sweeney (1996), "Maximum Adverse Excursion: Analyzing Price Fluctuations for Trading Management".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from workbench.market.adjustments import adjusted
from workbench.market.bars import with_frame

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from workbench.market.bars import Bars

__all__ = ["excursions"]

COLUMNS: Final = {"mae": pl.Float64, "mfe": pl.Float64}


def excursions(trades: pl.DataFrame, fills: pl.DataFrame, bars: Bars, until: datetime) -> pl.DataFrame:
    """Trades with the greatest move against them and for them, as fractions of the entry price.

    Args:
        trades: rows of `TRADES` in Float64.
        fills: rows of `FILLS`, which tell whether an exit came at an open or later in its bar.
        bars: unadjusted prices of their assets.
        until: the time up to which an open trade is looked at: the end of the run.

    Returns:
        The same rows with `mae` (0 or below) and `mfe` (0 or above): for a long trade lowest low / entry price - 1 and
        highest high / entry price - 1, for a short one the other way round. Prices are in the units of the trade's end,
        as splits are no moves. Null where there is no entry price above 0, or where bars of the asset are missing.

    Example:
        >>> from workbench.research.demo import run
        >>> made = run()
        >>> shown = excursions(made.trades, made.fills, made.bars, made.equity["time"][-1])
        >>> shown.select((pl.col("mae") <= 0).all(), (pl.col("mfe") >= 0).all()).row(0)
        (True, True)
    """
    rows = _with_moment(trades, fills).with_row_index("row")
    found = [_of_asset(part, bars, str(name), until) for (name,), part in rows.group_by("asset", maintain_order=True)]
    if not found:
        return trades.with_columns(pl.lit(None, kind).alias(name) for name, kind in COLUMNS.items())
    return pl.concat(found).sort("row").drop("row", "late")


def _with_moment(trades: pl.DataFrame, fills: pl.DataFrame) -> pl.DataFrame:
    """Trades with `late`: whether their exit came after the open of its bar, at its close at the latest."""
    ended = pl.when(pl.col("side") == "long").then(pl.lit("sell")).otherwise(pl.lit("buy")).alias("closing")
    late = fills.filter(pl.col("moment") == "close").select(
        "asset", pl.col("time").alias("exit_time"), pl.col("side").alias("closing"), pl.lit(value=True).alias("late")
    )
    keys = ["asset", "exit_time", "closing"]
    found = trades.with_columns(ended).join(late.unique(keys), on=keys, how="left", maintain_order="left")
    return found.drop("closing").with_columns(pl.col("late").fill_null(value=False))


def _of_asset(trades: pl.DataFrame, bars: Bars, asset: str, until: datetime) -> pl.DataFrame:
    raw = with_frame(bars, bars.frame.filter(pl.col("asset") == asset, pl.col("time") <= until))
    if raw.frame.is_empty():
        return trades.with_columns(pl.lit(None, kind).alias(name) for name, kind in COLUMNS.items())
    frame = adjusted(raw, raw.frame["session"][-1]).frame
    opened, closed = (raw.frame[name].cast(pl.Int64).to_numpy() for name in ("open_time", "time"))
    begun = trades["entry_time"].cast(pl.Int64).to_numpy()
    ended = trades["exit_time"].fill_null(until).cast(pl.Int64).to_numpy()
    first, late = np.searchsorted(opened, begun, "left"), trades["late"].to_numpy()
    behind = np.where(late, np.searchsorted(closed, ended, "left"), np.searchsorted(closed, ended, "right"))
    unit = (frame["close"] / raw.frame["close"]).to_numpy()[np.searchsorted(opened, ended, "right") - 1]
    low = _extreme(np.minimum, frame["low"].to_numpy(), first, behind) / unit
    high = _extreme(np.maximum, frame["high"].to_numpy(), first, behind) / unit
    reached = trades.with_columns(pl.Series("low", low, nan_to_null=True), pl.Series("high", high, nan_to_null=True))
    return _moved(reached).drop("low", "high")


def _extreme(
    fold: np.ufunc, values: NDArray[np.float64], first: NDArray[np.int64], behind: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The fold of values[first:behind] for each pair of ends; NaN where nothing lies between."""
    empty = behind <= first
    # reduceat wants ends inside the array and gives values[first] for an empty stretch.
    ends = np.column_stack([first, np.maximum(behind, first)]).ravel()
    found = fold.reduceat(np.append(values, values[-1:]), np.minimum(ends, len(values)))[::2]
    return np.where(empty, np.nan, found)


def _moved(rows: pl.DataFrame) -> pl.DataFrame:
    """MAE and MFE from the lowest and the highest price between entry and exit, both of them included."""
    paid = pl.when(pl.col("entry_price") > 0).then(pl.col("entry_price"))
    lowest = pl.min_horizontal("low", "entry_price", "exit_price") / paid - 1
    highest = pl.max_horizontal("high", "entry_price", "exit_price") / paid - 1
    is_long = pl.col("side") == "long"
    return rows.with_columns(
        pl.when(is_long).then(lowest).otherwise(-highest).alias("mae"),
        pl.when(is_long).then(highest).otherwise(-lowest).alias("mfe"),
    )
