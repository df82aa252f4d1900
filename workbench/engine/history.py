"""Bars as of now: the rows that have closed, longer bars that have closed, both in the units of now.

The one idea: rows stand in the order of their times, so what is known at a time is the head of each asset's rows, found
by binary search. Longer bars are folded once from all rows and close by the clock, so the heads of theirs are exactly
what the rows closed by then make: a bar that is still running is never among them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.market.adjustments import adjusted
from workbench.market.bars import Bars, with_frame
from workbench.market.resampling import by_clock, longer

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["History"]

Whole = npt.NDArray[Any]
NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class _Known:
    """What was handed out last and when, and what it was made of: rows of each asset, and actions."""

    now_us: int
    counts: tuple[int, ...]
    acted: pl.DataFrame
    bars: Bars


class _Layer:
    """Bars of one length, with the place and the times of each asset's rows."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        rows = dict(bars.frame.group_by("asset").len().iter_rows())
        lengths = [int(rows.get(str(asset), 0)) for asset in bars.assets]
        self.starts = [sum(lengths[:i]) for i in range(len(lengths))]
        times = bars.frame["time"].to_physical().to_numpy()
        # One longer bar may reach beyond the end of the next one; it comes first all the same.
        spans = zip(self.starts, lengths, strict=True)
        self.times = [np.maximum.accumulate(times[start : start + n]) for start, n in spans]

    def counts(self, now_us: int) -> tuple[int, ...]:
        """How many rows of each asset have closed."""
        return tuple(int(times.searchsorted(now_us, side="right")) for times in self.times)

    def heads(self, counts: Sequence[int]) -> pl.DataFrame:
        """The first rows of each asset."""
        parts = [self.bars.frame.slice(start, n) for start, n in zip(self.starts, counts, strict=True)]
        return pl.concat(parts, rechunk=False)


class History:
    """Everything that has been known of some Bars at any time.

    Example:
        >>> from workbench.market import simulate
        >>> minutes = simulate.bars("X", n=180, start="1970-01-02")
        >>> len(History(minutes).known(86_400_000_000 + 119 * 60_000_000, "1h"))
        1
    """

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._layers: dict[str, _Layer] = {}
        self._known: dict[str, _Known] = {}
        self._acts_us: Whole | None = None
        self._acted = bars.actions.clear()

    def known(self, now_us: int, every: object = None) -> Bars:
        """Bars closed by now, adjusted for the splits that have acted; longer ones where a length is given.

        Raises:
            ParameterError: a length that the bars do not make up.
        """
        wanted = self._bars.every if every is None else longer(self._bars.every, every)
        layer = self._layer(wanted)
        last = self._known.get(wanted)
        if last is not None and last.now_us == now_us:
            return last.bars
        counts, acted = layer.counts(now_us), self._actions(now_us)
        if last is None or last.counts != counts or last.acted is not acted:
            last = _Known(now_us, counts, acted, _as_of_now(layer, counts, acted))
        self._known[wanted] = replace(last, now_us=now_us)
        return last.bars

    def window(self, now_us: int, every: str, asset: int, n: int, field: str) -> list[float | None]:
        """The last `n` values of a field of longer bars, oldest first; fewer where fewer have closed."""
        bars = self.known(now_us, every)
        counts = self._known[bars.every].counts
        first, count = sum(counts[:asset]), counts[asset]
        return bars.frame[field].slice(first + max(0, count - n), min(n, count)).to_list()

    def _layer(self, every: str) -> _Layer:
        if every not in self._layers:
            self._layers[every] = _Layer(by_clock(self._bars, every))
        return self._layers[every]

    def _actions(self, now_us: int) -> pl.DataFrame:
        """Actions that have acted, in the same frame until more do: their asset has opened on or after the ex-date."""
        if self._acts_us is None:
            self._acts_us = _acts_us(self._bars)
        acted = self._acts_us < now_us
        if np.count_nonzero(acted) != self._acted.height:
            self._acted = self._bars.actions.filter(pl.Series(acted))
        return self._acted


def _acts_us(bars: Bars) -> Whole:
    """When each action acts: at its asset's first open on or after the ex-date."""
    opens = bars.frame.group_by("asset", "session").agg(acts=pl.col("open_time").min().to_physical())
    asked = bars.actions.select("asset", "ex").with_row_index().sort("ex")
    kept = {"by": "asset", "strategy": "forward", "check_sortedness": False}
    found = asked.join_asof(opens.sort("session"), left_on="ex", right_on="session", **kept)  # type: ignore[arg-type]
    return found.sort("index")["acts"].fill_null(NEVER).to_numpy()


def _as_of_now(layer: _Layer, counts: Sequence[int], acted: pl.DataFrame) -> Bars:
    bars = with_frame(layer.bars, layer.heads(counts), actions=acted)
    return adjusted(bars, date.max) if acted.height else bars
