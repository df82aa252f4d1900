"""Where an audit cuts: mostly at decisions, whose slice is the only one that shows a look of one bar ahead.

The one idea: a rule that reads the next bar decides otherwise only where the data ends at the decision itself. So half
of the cuts fall on slices with a decision, the rest beside them, before large moves and over the whole run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from workbench.market.bars import Bars

__all__ = ["CutPoint", "chosen"]

SHARES: Final = {"decision": 0.5, "beside a decision": 0.2, "before a large move": 0.15}


class CutPoint(NamedTuple):
    """The number of a slice, from 1 on, and why it was chosen."""

    slice: int
    why: str


def chosen(times: pl.Series, decided: Iterable[int], bars: Bars, samples: int, seed: int) -> list[CutPoint]:
    """Slices to cut at, in their order, none twice; the last one is left out, as nothing is cut there.

    Args:
        times: of all slices of the run.
        decided: numbers of the slices with decisions.
        bars: those of the run, for the large moves.
        samples: how many at most.
        seed: of the choice.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", every="1d", n=10)
        >>> chosen(bars.frame["time"], [4], bars, 3, seed=0)[0]
        CutPoint(slice=4, why='decision')
    """
    count = len(times) - 1
    inner = sorted({number for number in decided if 1 <= number <= count})
    beside = [number + step for number in inner for step in (-1, 1) if 1 <= number + step <= count]
    groups = {"decision": inner, "beside a decision": beside, "before a large move": _moves(times, bars)}
    rng = np.random.Generator(np.random.PCG64(seed))
    found: dict[int, str] = {}
    for why, numbers in groups.items():
        _take(found, why, numbers, max(1, round(SHARES[why] * samples)), rng)
    _take(found, "spread over the run", range(1, count + 1), samples - len(found), rng)
    return [CutPoint(number, found[number]) for number in sorted(list(found)[:samples])]


def _take(found: dict[int, str], why: str, numbers: Iterable[int], count: int, rng: np.random.Generator) -> None:
    """Add numbers that are not there yet, one out of each of `count` equal parts of them."""
    rest = [number for number in dict.fromkeys(numbers) if number not in found]
    if rest and count > 0:
        parts = np.array_split(np.array(rest), min(count, len(rest)))
        found.update((int(part[rng.integers(len(part))]), why) for part in parts)


def _moves(times: pl.Series, bars: Bars) -> Sequence[int]:
    """The slices before the largest moves between two closes, a twentieth of all, in their order."""
    move = (pl.col("close") / pl.col("close").shift(1).over("asset") - 1).abs()
    sizes = bars.frame.select("time", move=move).group_by("time").agg(pl.col("move").max())
    slices = times.alias("time").to_frame().with_row_index("before")  # the slice before has the row's own index
    ranked = slices.join(sizes, on="time").filter(pl.col("before") >= 1, pl.col("move").is_not_null())
    most = max(1, ranked.height // 20)
    return ranked.sort("move", descending=True).head(most)["before"].sort().cast(pl.Int64).to_list()
