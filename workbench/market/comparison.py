"""Two sources of the same assets side by side: bars that only one has, and where prices, volumes or clocks differ.

The one idea: bars are matched by asset and open time, daily and longer ones by session, and every difference is a row.
A source whose clock is wrong matches badly everywhere, so the lag at which its returns agree best is looked for too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from workbench.errors import ParameterError
from workbench.market.aligned import aligned
from workbench.market.clock import every_us, is_span
from workbench.market.periods import LONG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.market.bars import Bars

__all__ = ["Comparison", "compared"]

PRICES: Final = ("open", "high", "low", "close")
DIFFERENCES: Final = pl.Schema(
    {
        "asset": pl.String(),
        "time": pl.Datetime("us", "UTC"),
        "kind": pl.String(),  # missing_here, missing_there, open, high, low, close, volume
        "here": pl.Float64(),
        "there": pl.Float64(),
        "difference": pl.Float64(),  # there / here - 1
    }
)
KINDS: Final = ("missing_here", "missing_there", *PRICES, "volume")
HOUR_US: Final = 3_600_000_000
HOURS_MOST: Final = 24
BARS_MOST: Final = 5  # shifts by a few bars are tried too
SHARED_LEAST: Final = 20  # returns that both must have at a lag


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Differences between two sources; made by `bars.compare`.

    `frame` has a row for each difference: asset, time, kind (missing_here, missing_there, open, high, low, close,
    volume), here, there, difference (there / here - 1). `summary` has a row for each asset: matched bars, those missing
    on either side, differing bars, the largest differences, and `shift`, the seconds by which the other source's clock
    is ahead where its returns agree better at a lag than without; null where they do not, or are too few to say.
    """

    frame: pl.DataFrame
    summary: pl.DataFrame

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Number of differences of each kind that there is.

        Example:
            >>> from workbench.market import simulate
            >>> bars = simulate.bars("X", n=10)
            >>> bars.compare(bars).counts
            {}
        """
        found = dict(self.frame["kind"].value_counts().iter_rows())
        return {kind: int(found[kind]) for kind in KINDS if kind in found}

    @property
    def headline(self) -> str:
        """One line: how many bars match, and what differs.

        Example:
            >>> from workbench.market import simulate
            >>> bars = simulate.bars("X", n=10)
            >>> bars.compare(bars).headline
            'Comparison of 10 bars of 1 asset: no difference'
        """
        assets = self.summary.height
        told = ", ".join(f"{n:,} {kind}" for kind, n in self.counts.items()) or "no difference"
        shifted = self.summary["shift"].is_not_null().sum()
        clock = f"; the clock of {shifted} is shifted" if shifted else ""
        matched = int(self.summary["matched"].sum())
        return f"Comparison of {matched:,} bars of {assets} asset{'s' if assets > 1 else ''}: {told}{clock}"

    @property
    def lines(self) -> list[tuple[str, ...]]:
        """The summary as text, a line for each asset.

        Example:
            >>> from workbench.market import simulate
            >>> bars = simulate.bars("X", n=10)
            >>> bars.compare(bars).lines[0][:4]
            ('X', '10', '0', '0')
        """
        return [tuple(_written(value) for value in row) for row in self.summary.iter_rows()]

    def __len__(self) -> int:
        return self.frame.height

    def __bool__(self) -> bool:
        """A comparison is a thing, be there differences or not; ask for its length."""
        return True

    def __repr__(self) -> str:
        return "\n".join([self.headline, *aligned([tuple(self.summary.columns), *self.lines], texts=())])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.quality import comparison_html

        return {"text/plain": repr(self), "text/html": comparison_html(self)}


def _written(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3%}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def compared(here: Bars, there: Bars, tolerance: float, volume_tolerance: float) -> Comparison:
    """Two Bars side by side; see `Bars.compare`."""
    _check(here, there, tolerance, volume_tolerance)
    assets = [str(asset) for asset in here.assets if asset in there.assets]
    key = "session" if here.every in ("1d", *LONG) else "open_time"
    joined = _joined(here.frame, there.frame, assets, key)
    marked = _marked(joined, tolerance, volume_tolerance)
    frame = pl.concat([_rows(marked, kind) for kind in KINDS])
    order = pl.col("asset").replace_strict(assets, list(range(len(assets))), return_dtype=pl.UInt32)
    frame = frame.sort(order, "time", maintain_order=True)
    return Comparison(frame, _summary(marked, assets, key, here.every))


def _check(here: Bars, there: Bars, *tolerances: float) -> None:
    if here.every != there.every:
        raise ParameterError(
            f"bars of {here.every} and {there.every} cannot be compared; resample(...) the shorter ones"
        )
    if not any(asset in there.assets for asset in here.assets):
        names = ", ".join(there.assets[:5])
        raise ParameterError(f"no asset in common: these are {', '.join(here.assets[:5])}, the others {names}")
    for tolerance in tolerances:
        if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 <= tolerance < np.inf:
            raise ParameterError(f"tolerance {tolerance!r}: give a fraction from 0 on, such as 0.001 for 0.1%")


def _joined(here: pl.DataFrame, there: pl.DataFrame, assets: list[str], key: str) -> pl.DataFrame:
    one, other = (frame.filter(pl.col("asset").is_in(assets)) for frame in (here, there))
    return one.join(other, on=["asset", key], how="full", coalesce=True, suffix="_there").sort("asset", key)


def _marked(joined: pl.DataFrame, tolerance: float, volume_tolerance: float) -> pl.DataFrame:
    """A column for each kind that is true where there is such a difference."""
    marks = {
        "missing_here": pl.col("close").is_null(),
        "missing_there": pl.col("close_there").is_null(),
        **{name: _apart(name, tolerance) for name in PRICES},
        "volume": _apart("volume", volume_tolerance) | _only_one_known(),
    }
    return joined.with_columns(mark.fill_null(False).alias(f"is_{kind}") for kind, mark in marks.items())


def _apart(name: str, tolerance: float) -> pl.Expr:
    """Beyond a fraction of what stands here; a float's last digits are no difference."""
    here, there = pl.col(name), pl.col(f"{name}_there")
    return (there - here).abs() > here.abs() * (tolerance + 1e-12)


def _only_one_known() -> pl.Expr:
    both = pl.col("close").is_not_null() & pl.col("close_there").is_not_null()
    return both & (pl.col("volume").is_null() != pl.col("volume_there").is_null())


def _rows(marked: pl.DataFrame, kind: str) -> pl.DataFrame:
    name = kind if kind in PRICES or kind == "volume" else "close"
    here, there = pl.col(name), pl.col(f"{name}_there")
    return (
        marked.filter(pl.col(f"is_{kind}"))
        .select(
            "asset",
            pl.coalesce("time", "time_there").alias("time"),
            pl.lit(kind).alias("kind"),
            here.alias("here"),
            there.alias("there"),
            pl.when(here != 0).then(there / here - 1).alias("difference"),
        )
        .cast(DIFFERENCES)
    )


def _summary(marked: pl.DataFrame, assets: list[str], key: str, every: str) -> pl.DataFrame:
    both = ~pl.col("is_missing_here") & ~pl.col("is_missing_there")
    differs = pl.any_horizontal(f"is_{name}" for name in (*PRICES, "volume"))
    prices = pl.max_horizontal((pl.col(f"{name}_there") / pl.col(name) - 1).abs() for name in PRICES)
    volume = pl.when(pl.col("volume") > 0).then((pl.col("volume_there") / pl.col("volume") - 1).abs())
    told = marked.group_by("asset").agg(
        both.sum().cast(pl.Int64).alias("matched"),
        pl.col("is_missing_here").sum().cast(pl.Int64).alias("missing_here"),
        pl.col("is_missing_there").sum().cast(pl.Int64).alias("missing_there"),
        (both & differs).sum().cast(pl.Int64).alias("differing"),
        prices.max().alias("price_apart"),
        volume.max().alias("volume_apart"),
    )
    parts = marked.partition_by("asset", as_dict=True)
    shifts = [_shift(parts.get((name,), marked.clear()), key, every) for name in assets]
    lags = pl.DataFrame({"asset": assets, "shift": pl.Series(shifts, dtype=pl.Int64)})
    return (
        pl.DataFrame({"asset": assets})
        .join(told, on="asset", how="left", maintain_order="left")
        .join(lags, on="asset", how="left", maintain_order="left")
    )


def _shift(rows: pl.DataFrame, key: str, every: str) -> int | None:
    """Seconds by which the other clock is ahead, if returns agree better at that lag than at none."""
    sides = [rows.select(key, close).drop_nulls() for close in ("close", "close_there")]
    step = 86_400_000_000 if key == "session" else every_us(every) if is_span(every) else 0
    if not step or min(side.height for side in sides) <= SHARED_LEAST:
        return None
    times = [side[key].cast(pl.Datetime("us")).to_physical().to_numpy() for side in sides]
    returns = [np.diff(np.log(side.to_series(1).to_numpy())) for side in sides]
    lags = {k * step for k in range(-BARS_MOST, BARS_MOST + 1)}
    if key == "open_time":
        lags |= {k * HOUR_US for k in range(-HOURS_MOST, HOURS_MOST + 1)}
    fits = {lag: _agreement(times, returns, lag) for lag in sorted(lags, key=abs)}
    best = max(fits, key=lambda lag: fits[lag])
    return best // 1_000_000 if fits[best] > fits[0] + 0.1 else None


def _agreement(times: list[np.ndarray], returns: list[np.ndarray], lag: int) -> float:
    """Correlation of the returns that both have when the other's times are moved back by the lag."""
    _, one, other = np.intersect1d(times[0][1:], times[1][1:] - lag, assume_unique=True, return_indices=True)
    if len(one) < SHARED_LEAST:
        return 0.0
    left, right = returns[0][one], returns[1][other]
    if left.std() == 0 or right.std() == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])
