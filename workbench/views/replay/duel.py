"""Two runs under one cursor, in the browser.

The one idea: it is the replay of the first run, which carries the second one beside it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from workbench.views.compare import compare_still
from workbench.views.replay.beside import beside
from workbench.views.replay.parts import Parts
from workbench.views.replay.session import Replay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from workbench.engine import Context
    from workbench.indicators import Indicator, Outputs
    from workbench.views.compare import CompareView
    from workbench.views.drawn import Drawn
    from workbench.views.run_view import ReplayView

__all__ = ["Duel"]


class Duel(Replay):
    """What `comparison.replay()` gives: `duel.at` is the bar of the first run, `duel.both` has both by name.

    Example:
        >>> from workbench.research.compare import compare
        >>> from workbench.research.demo import run
        >>> duel = compare(a=run(), b=run()).replay()
        >>> [ctx.equity for ctx in duel.both.values()] == [duel.at.equity] * 2
        True
    """

    def __init__(
        self,
        shown: CompareView,
        runs: Mapping[str, ReplayView],
        spans: Sequence[tuple[pl.DataFrame, pl.DataFrame]],
        asset: str | None = None,
        indicators: Sequence[Indicator | Outputs] = (),
    ) -> None:
        self._shown, self._runs, self._others = shown, runs, spans[1][0]
        first = next(iter(runs.values()))
        parting = shown.differences
        traded = parting["asset"][0] if asset is None and parting.height else asset
        super().__init__(first, spans[0], traded, indicators, cursor=_start(first, parting))

    @property
    def both(self) -> dict[str, Context]:
        """The read-only contexts of both runs at the bar under the cursor, by name.

        Raises:
            TimeError: the second run had not started by then, or had ended.
        """
        time = self._run.equity["time"][self._cursor]
        return {name: run.at(time) for name, run in self._runs.items()}

    def _parted(self, found: Drawn) -> Parts:
        return Parts.of(self._run, self._spans, found, beside(self._shown, self._others, found))

    @property
    def _title(self) -> str:
        return f"Replay of {self._shown.title}"

    def __repr__(self) -> str:
        at = self._run.equity["session"][self._cursor]
        return f"{self._title} on {self._drawn.name}: bar {self._cursor + 1:,} of {self._run.equity.height:,}, {at}"

    def _picture(self) -> str:
        return compare_still(self._shown, escape(f"on {self._drawn.name}"))


def _start(first: ReplayView, parting: pl.DataFrame) -> int:
    """The slice of the first run at which the runs part; its last one where they never do."""
    last = first.equity.height - 1
    if parting.is_empty():
        return last
    return min(last, int(first.equity["time"].search_sorted(parting["time"][0], side="left")))
