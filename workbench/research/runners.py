"""How the runs of a sweep are made: one way for each kind of strategy.

The one idea: a runner turns combinations into rows of figures, in pieces and in any order, and every runner gives the
same rows as running each combination alone. Nothing else of a sweep knows what kind of strategy it runs.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Final, Protocol

import polars as pl

from workbench.research.design import Design
from workbench.research.driving import way
from workbench.research.folding import Folding, can_fold
from workbench.research.grid import Codes
from workbench.research.workers import STARTING_S, Piece, because, cores, run_rows
from workbench.strategies.signals import has_signals, is_made_of_rules

__all__ = ["Piece", "Runner", "runner_of"]

TRYING_S: Final = 0.25


class Runner(Protocol):
    """Makes the runs of a design."""

    def run(self, design: Design, rows: Codes, workers: int | None) -> Generator[Piece, None, None]:
        """Rows of figures for combinations, piece by piece."""

    def estimate(self, design: Design) -> tuple[float, str]:
        """About how many seconds all combinations take, and how they are run."""

    def way(self, driven: pl.Series) -> str:
        """How runs are made, by what kept them from being folded; nothing where there is only one way."""


class _Enough(Exception):
    """The trial has run long enough."""


class Callbacks:
    """Strategies whose hooks are called: each run by the engine, in this process or in several.

    Args:
        reason: why signals are among them, as in `WHY`; None where there are none.
    """

    def __init__(self, reason: str | None = None) -> None:
        self._reason = reason

    def run(self, design: Design, rows: Codes, workers: int | None) -> Generator[Piece, None, None]:
        """Rows of figures for combinations, piece by piece."""
        pieces = run_rows(design, rows, workers)
        return pieces if self._reason is None else because(self._reason, pieces)

    def estimate(self, design: Design) -> tuple[float, str]:
        """From a trial of the first combination, for at most a quarter of a second."""
        test = design.backtest(design.grid.at(0))
        begun = time.perf_counter()
        share = 1.0

        def watch(done: int, total: int) -> None:
            nonlocal share
            share = done / total
            if time.perf_counter() - begun > TRYING_S:
                raise _Enough

        try:
            test.run(progress=watch)
            share = 1.0
        except _Enough:
            # The share that was done says how long the whole would have taken.
            share = max(share, 1e-6)
        alone = (time.perf_counter() - begun) / share * len(design.grid)
        return alone if alone < 2 * STARTING_S else STARTING_S + alone / cores(), self._way

    def way(self, driven: pl.Series) -> str:
        """Each run alone, as every strategy with callbacks; of signals, why they are too."""
        return self._way

    @property
    def _way(self) -> str:
        return "" if self._reason is None else way(pl.Series([self._reason]))


def runner_of(design: Design) -> Runner:
    """The runner for the strategies of a design."""
    return Folding() if can_fold(design) else Callbacks(_reason(design))


def _reason(design: Design) -> str | None:
    """Why signals of a design that cannot be folded are run as callbacks are."""
    if not any(map(has_signals, design.all_strategies)):
        return None
    return "shorts" if all(map(is_made_of_rules, design.all_strategies)) else "bars"
