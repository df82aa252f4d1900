"""Classic ways to look ahead, each with the honest way to want the same: functions of Bars, and of a dataset.

The one idea: a case says when to hold an asset, as rows of asset, time and `hold`; what looks ahead and what does not
is a matter of one expression, so that the pair shows exactly what an audit must tell apart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl

import workbench as wb

__all__ = ["HONEST", "MISTAKES", "Rule", "earnings", "market"]

Rule = Callable[[wb.Bars, wb.Dataset], pl.DataFrame]
close = pl.col("close")


def market() -> wb.Bars:
    """Two assets on a random walk, 130 days each; one is split when it has become dear."""
    frames = [wb.simulate.bars(name, every="1d", n=130, start="2024-01-01", seed=seed).frame for name, seed in PAIRS]
    dear = pl.col("session") < frames[0]["session"][90]
    prices = ["open", "high", "low", "close"]
    frames[0] = frames[0].with_columns(pl.when(dear).then(pl.col(prices) * 4).otherwise(pl.col(prices)))
    act = {"asset": "A", "ex": frames[0]["session"][90], "kind": "split", "numerator": 4, "denominator": 1}
    return wb.Bars.from_frame(pl.concat(frames), actions=pl.DataFrame([act]), assets=["A", "B"], every="1d")


PAIRS = (("A", 3), ("B", 5))


def earnings(bars: wb.Bars) -> wb.Dataset:
    """A figure for each 20th session of an asset, known eight days after it."""
    rows = bars.frame.filter(pl.int_range(pl.len()).over("asset") % 20 == 0)
    surprise = (pl.col("close") * 100).cast(pl.Int64) % 2
    known = (pl.col("time") + timedelta(days=8)).alias("known_at")
    return wb.Dataset.from_frame(rows.select("asset", "session", known, surprise=surprise), name="earnings")


def _held(bars: wb.Bars, hold: pl.Expr) -> pl.DataFrame:
    return bars.frame.select("asset", "time", hold=hold.over("asset"))


def _adjusted(bars: wb.Bars) -> wb.Bars:
    """In units of the last bar, so that returns hold across the split."""
    return bars.adjusted()


def next_close(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, close.shift(-1) > close)


def last_close(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, close > close.shift(1))


def centred_window(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, close.rolling_mean(11, center=True) > close)


def trailing_window(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, close.rolling_mean(11) > close)


def score_by_all(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, (close - close.mean()) / close.std() < 0)


def score_so_far(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    mean = close.cum_sum() / close.cum_count()
    variance = (close * close).cum_sum() / close.cum_count() - mean * mean
    return _held(bars, (close - mean) / variance.clip(lower_bound=0).sqrt() < 0)


def range_of_all(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, (close - close.min()) / (close.max() - close.min()) < 0.5)


def range_so_far(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, (close - close.cum_min()) / (close.cum_max() - close.cum_min()) < 0.5)


def filled_from_later(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, _sparse().backward_fill() > close)


def filled_from_before(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, _sparse().forward_fill() > close)


def _sparse() -> pl.Expr:
    """Known on every fifth row only."""
    return pl.when(pl.int_range(pl.len()) % 5 == 4).then(close)


def week_at_its_start(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _weekly(bars, "left")


def week_at_its_end(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _weekly(bars, "right")


def _weekly(bars: wb.Bars, label: str) -> pl.DataFrame:
    """Whether a week closed higher than it opened, by the label of the week."""
    spans = bars.frame.sort("time").group_by_dynamic("time", every="1w", group_by="asset", closed="right", label=label)
    weeks = spans.agg(hold=close.last() > pl.col("open").first()).sort("time")
    rows = bars.frame.select("asset", "time").sort("time")
    joined = rows.join_asof(weeks, on="time", by="asset", check_sortedness=False)
    return joined.sort("asset", "time")


def quantile_of_all(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(bars, close < close.quantile(0.3))


def quantile_so_far(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    low = close.rolling_quantile(0.3, window_size=1_000, min_samples=10)
    return _held(bars, close < low)


def fitted_on_all(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    parts = [_predicted(frame, None) for frame in _adjusted(bars).frame.partition_by("asset")]
    return pl.concat(parts)


def fitted_on_the_past(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    parts = [_predicted(frame, 20) for frame in _adjusted(bars).frame.partition_by("asset")]
    return pl.concat(parts)


def _predicted(frame: pl.DataFrame, every: int | None) -> pl.DataFrame:
    """The next return by a line through pairs of returns: of all rows, or every so often of those before.

    A past row is labelled by the return after it, with `shift(-1)`, which is honest where only rows before are used.
    """
    prices = frame["close"]
    now = (prices / prices.shift(1) - 1).fill_null(0)
    label = now.shift(-1)
    guess = np.zeros(len(frame))
    for first in range(0, len(frame), every or len(frame)):
        until = len(frame) - 1 if every is None else first - 1
        if until >= 10:
            slope, level = np.polyfit(now[:until].to_numpy(), label[:until].to_numpy(), 1)
            guess[first:] = slope * now[first:].to_numpy() + level
    return frame.select("asset", "time", hold=pl.Series(guess) > 0)


def best_of_all(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    growth = _adjusted(bars).frame.select("asset", "time", grown=(close.last() / close.first()).over("asset"))
    return growth.select("asset", "time", hold=pl.col("grown") == pl.col("grown").max())


def best_so_far(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    growth = _adjusted(bars).frame.select("asset", "time", grown=(close / close.first()).over("asset"))
    return growth.select("asset", "time", hold=pl.col("grown") == pl.col("grown").max().over("time"))


def by_event_date(bars: wb.Bars, data: wb.Dataset) -> pl.DataFrame:
    rows = bars.frame.select("asset", "time", "session").join(data.frame, on=["asset", "session"], how="left")
    return rows.select("asset", "time", hold=(pl.col("surprise").forward_fill() == 1).over("asset"))


def by_known_at(bars: wb.Bars, data: wb.Dataset) -> pl.DataFrame:
    rows, known = bars.frame.select("asset", "time").sort("time"), data.frame.drop("session")
    joined = rows.join_asof(known, left_on="time", right_on="known_at", by="asset", check_sortedness=False)
    return joined.sort("asset", "time").select("asset", "time", hold=pl.col("surprise") == 1)


def level_in_last_units(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(_adjusted(bars), close > 100)


def ratio_in_last_units(bars: wb.Bars, _: wb.Dataset) -> pl.DataFrame:
    return _held(_adjusted(bars), close > close.shift(5))


MISTAKES: dict[str, Rule] = {
    "a negative shift": next_close,
    "a centred window": centred_window,
    "a score by mean and deviation of all": score_by_all,
    "scaled by least and greatest of all": range_of_all,
    "filled backwards": filled_from_later,
    "a longer bar by its start": week_at_its_start,
    "a quantile of all": quantile_of_all,
    "a model fitted on all": fitted_on_all,
    "assets chosen by their whole return": best_of_all,
    "data joined by the date it is about": by_event_date,
    "a level in units of the end": level_in_last_units,
}
HONEST: dict[str, Rule] = {
    "a positive shift": last_close,
    "a trailing window": trailing_window,
    "a score so far": score_so_far,
    "scaled by least and greatest so far": range_so_far,
    "filled forwards": filled_from_before,
    "a longer bar by its end": week_at_its_end,
    "a quantile so far": quantile_so_far,
    "a model fitted on the past, labelled by shift(-1)": fitted_on_the_past,
    "assets chosen by their return so far": best_so_far,
    "data joined when it was known": by_known_at,
    "a ratio in units of the end": ratio_in_last_units,
}
