"""Prediction mode: the bars ahead are hidden, the user is long, short or flat, and is scored against the strategy.

The one idea: a choice counts from the close of its bar to the next close, at the price that is drawn and without costs;
only the newest bar can be decided on, so what was chosen stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from workbench.errors import LookaheadError, UnsupportedError
from workbench.views.replay.beside import Beside
from workbench.views.replay.page import replay_page
from workbench.views.replay.parts import Parts
from workbench.views.replay.session import Replay
from workbench.views.theme import style

if TYPE_CHECKING:
    import polars as pl

    from workbench.views.drawn import Drawn

__all__ = ["Hidden", "Score", "scored"]

SHOWN_FIRST: Final = 60  # Bars to look at before the first choice, or a fifth of a short run.


class Score(NamedTuple):
    """What the user's positions made, and what the strategy did over the same bars, as parts of 1.

    Example:
        >>> print(Score(0.031, -0.004, 25))
        you +3.10%, strategy -0.40%, after 25 bars
    """

    own: float
    strategy: float
    bars: int

    def __str__(self) -> str:
        plural = "" if self.bars == 1 else "s"
        return f"you {self.own:+z.2%}, strategy {self.strategy:+z.2%}, after {self.bars:,} bar{plural}"


class Hidden(Replay):
    """What `run.replay(hidden=True)` gives: `score` tells who is ahead at the bar under the cursor.

    It starts after some bars to look at. Of the strategy what happened up to the newest bar is shown, what it asks for
    there is not. Prices are drawn in the units of the run's last session, so a later split shows in their height.

    Example:
        >>> from workbench.research.demo import run
        >>> run().replay(hidden=True).score
        Score(own=0.0, strategy=0.0, bars=0)
    """

    @property
    def _start(self) -> int:
        """The slice from which on there is something to choose."""
        return min(SHOWN_FIRST, self._run.equity.height // 5)

    @property
    def _opened(self) -> int:
        return self._start

    @property
    def score(self) -> Score:
        """Both returns from the first choice up to the bar under the cursor.

        The user's is the return of the drawn asset from close to close, times 1, 0 or -1, compounded, without costs and
        dividends; the strategy's is that of its equity.
        """
        pairs = np.frombuffer(self._widget.choices, "<i4").reshape(-1, 2)
        bars = self._drawn.bars.frame.select("time", "close")
        closes = self._run.equity.select("time").join(bars, on="time", how="left", maintain_order="left")["close"]
        choices = [(int(place), int(stance)) for place, stance in pairs]
        return scored(closes, self._run.equity["equity"], choices, self._start, self._cursor)

    def _placed(self, time: str | date | datetime) -> int:
        place = super()._placed(time)
        if place > self._seen:
            newest = self._run.equity["session"][self._seen]
            raise LookaheadError(
                f"at({time!r}) is hidden; the newest bar that was shown is of {newest}, step on to see more"
            )
        return place

    @property
    def _seen(self) -> int:
        return max(self._start, int(self._widget.seen))

    def _draw(self, name: str) -> None:
        raise UnsupportedError(
            f"the choices are about {self.asset}; for {name} write run.replay(asset={name!r}, hidden=True)"
        )

    def _parted(self, found: Drawn) -> Parts:
        told = {"hidden": True, "start": self._start, "assets": [found.name]}
        return Parts.of(self._run, self._spans, found, Beside({}, told))

    def _page(self) -> str:
        return replay_page(self._title, {self.asset: self._parts.in_file(self._start)}, self._start)

    @property
    def _title(self) -> str:
        return f"{super()._title}, the bars ahead hidden"

    def __repr__(self) -> str:
        at = self._run.equity["session"][self._cursor]
        return f"{self._title}: {at}, {self.score}"

    def _picture(self) -> str:
        """No curve: it would show what is ahead."""
        text = f'<p class="wb-title">{escape(self._title)}</p><p class="wb-sub">{escape(str(self.score))}</p>'
        return f'{style("tearsheet")}<div class="wb wb-sheet wb-still">{text}</div>'


def scored(closes: pl.Series, equity: pl.Series, choices: Sequence[tuple[int, int]], start: int, place: int) -> Score:
    """The score at a slice.

    Args:
        closes: of the drawn asset, a row for each slice; null where it has no bar.
        equity: of the strategy, a row for each slice.
        choices: slices and stances (1, 0 or -1), rising; each lasts until the next one.
        start: the slice from which on both are counted, with nothing held.
        place: the slice up to which.

    Example:
        >>> import polars as pl
        >>> print(scored(pl.Series([10.0, 11.0, 12.1]), pl.Series([1.0, 1.0, 2.0]), [(1, 1)], 0, 2))
        you +10.00%, strategy +100.00%, after 2 bars
    """
    known = closes.fill_null(strategy="forward")
    own, stances = 1.0, dict(choices)
    stance = 0
    for slice_ in range(start, place):
        stance = stances.get(slice_, stance)
        before, after = known[slice_], known[slice_ + 1]
        if before is not None and closes[slice_ + 1] is not None:
            own *= 1 + stance * (after / before - 1)
    bars = max(0, place - start)
    return Score(own - 1, equity[place] / equity[start] - 1 if bars else 0.0, bars)
