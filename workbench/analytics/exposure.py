"""What was at work, and how much of it was traded: exposure, holdings and turnover along the sessions.

The one idea: what was held is taken at session closes, what was traded is summed from fills.
"""

from __future__ import annotations

import polars as pl

from workbench.analytics.returns import session_ends

__all__ = ["exposure", "monthly_turnover"]


def exposure(equity: pl.DataFrame, trades: pl.DataFrame) -> pl.DataFrame:
    """Positions as a part of equity and the number of open trades at each session close.

    Args:
        equity: rows of `EQUITY` in Float64, oldest first.
        trades: rows of `TRADES`.

    Returns:
        Frame (session, exposure, held): the first is positions / equity, shorts taken off longs, null where equity is
        not above 0; the second counts the trades that had begun by that close and not ended.

    Example:
        >>> from workbench.research.demo import run
        >>> made = run()
        >>> exposure(made.equity, made.trades).select("held").unique().sort("held")["held"].to_list()
        [0, 1]
    """
    closes = (
        session_ends(equity).group_by("session", maintain_order=True).agg(pl.col("time", "positions", "equity").last())
    )
    share = pl.when(pl.col("equity") > 0).then(pl.col("positions") / pl.col("equity"))
    begun = _until(closes, trades["entry_time"])
    ended = _until(closes, trades["exit_time"].drop_nulls())
    return closes.select("session", share.alias("exposure"), (begun - ended).alias("held"))


def _until(closes: pl.DataFrame, times: pl.Series) -> pl.Series:
    """How many of the times lie at or before each close."""
    return pl.Series("count", times.sort().search_sorted(closes["time"], "right"), pl.Int64)


def monthly_turnover(equity: pl.DataFrame, fills: pl.DataFrame) -> pl.DataFrame:
    """Half of the value traded in each month over the mean equity of its session closes.

    Args:
        equity: rows of `EQUITY` in Float64, oldest first.
        fills: rows of `FILLS` in Float64, values in the account's currency.

    Returns:
        Frame (month Date: its first day, turnover Float64), a row for each month of the run; null where the mean equity
        is not above 0.

    Example:
        >>> from workbench.research.demo import run
        >>> made = run()
        >>> monthly_turnover(made.equity, made.fills).columns
        ['month', 'turnover']
    """
    closes = session_ends(equity).group_by("session", maintain_order=True).agg(pl.col("time", "equity").last())
    months = closes.group_by(pl.col("session").dt.truncate("1mo").alias("month"), maintain_order=True).agg(
        pl.col("equity").mean()
    )
    # A fill belongs to the first session that closes at or after it.
    dated = fills.sort("time").join_asof(closes.select("time", "session"), on="time", strategy="forward")
    traded = dated.group_by(pl.col("session").dt.truncate("1mo").alias("month")).agg(pl.col("value").sum())
    joined = months.join(traded, on="month", how="left", maintain_order="left").fill_null(0.0)
    turned = pl.when(pl.col("equity") > 0).then(pl.col("value") / 2 / pl.col("equity"))
    return joined.select("month", turned.alias("turnover"))
