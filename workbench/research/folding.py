"""Sweeps of signals inside the core: on all cores, every column once, every run folded to its figures as bars pass.

The one idea: the core gets rules with holes and columns of numbers, and gives back a table. A run that it folds is the
run that the engine drives, to the last bit, so nobody needs to know which of the two it was.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Final

import numpy as np
import polars as pl

from workbench import _native
from workbench.analytics.returns import sessions_per_year
from workbench.engine.simulation import Host, guarded, rows_of
from workbench.research.backtest import Backtest
from workbench.research.design import ASSET, STRATEGY, Design
from workbench.research.driving import way
from workbench.research.forms import Spec, specs
from workbench.research.grid import Codes
from workbench.research.outcomes import NOTHING, OUTCOMES
from workbench.research.tradable import has_contracts
from workbench.research.workers import Piece, because, run_here
from workbench.strategies.signals import is_made_of_rules, sells_short

__all__ = ["Folding", "can_fold"]

FIRST_BARS: Final = 1 << 22
FIRST_MIN: Final = 64
PIECE_S: Final = 0.5
TRIED: Final = 64


def can_fold(design: Design) -> bool:
    """Whether the strategies of a design are rules that the core decides on, of long positions alone."""
    return all(is_made_of_rules(each) and not sells_short(each) for each in design.all_strategies)


class Folding:
    """Strategies made of rules: all runs in the core, which takes every core of the machine."""

    def run(self, design: Design, rows: Codes, workers: int | None) -> Generator[Piece, None, None]:
        """Rows of figures for combinations, piece by piece; no processes are needed, so `workers` changes nothing.

        Raises:
            KeyboardInterrupt: after what was finished by then.
        """
        for test, part in _groups(design, rows):
            found, failed = specs(test.parts()[0], test.bars, sessions_per_year(test.bars), design.grid, part)
            for reason, those in failed.items():
                yield from because(reason, run_here(design, those))
            for spec in found:
                yield from _pieces(design, test, spec)

    def estimate(self, design: Design) -> tuple[float, str]:
        """From the first runs."""
        rows = np.arange(min(TRIED, len(design.grid)))
        begun = time.perf_counter()
        frames = [frame for _, frame in self.run(design, rows, None)]
        seconds = (time.perf_counter() - begun) / len(rows) * len(design.grid)
        return seconds, self.way(pl.concat(frames)["driven"])

    def way(self, driven: pl.Series) -> str:
        """Folded, or why not."""
        return way(driven)


def _groups(design: Design, rows: Codes) -> Iterator[tuple[Backtest, Codes]]:
    """The combinations of each strategy and asset, with their Backtest."""
    names = [name for name in (STRATEGY, ASSET) if name in design.grid.codes and name not in design.spaces]
    if not names:
        yield design.base(None, None), rows
        return
    keys = np.stack([design.grid.codes[name][rows] for name in names])
    for key in np.unique(keys, axis=1).T:
        given = {name: design.grid.values[name][code] for name, code in zip(names, key, strict=True)}
        chosen = (keys == key[:, None]).all(axis=0)
        yield design.base(given.get(STRATEGY), given.get(ASSET)), rows[chosen]


def _pieces(design: Design, test: Backtest, spec: Spec) -> Generator[Piece, None, None]:
    """The runs of one form, about half a second at a time."""
    setup = test.parts()[3]
    with guarded():
        sweep = _native.Sweep(setup, Host(test.bars, setup.seed), *rows_of(setup, test.bars), spec)
    at, size = 0, max(FIRST_MIN, FIRST_BARS // max(1, len(test.bars)))
    while at < len(spec.runs):
        begun, last = time.perf_counter(), min(at + size, len(spec.runs))
        with guarded():
            made, stop = sweep.run(range(at, last))
        yield from _finished(design, spec.runs[at:last], _told(pl.DataFrame(made), test))
        if stop is not None:
            raise stop
        seconds = time.perf_counter() - begun
        at, size = last, max(1, int((last - at) * PIECE_S / max(seconds, 1e-6)))


def _told(made: pl.DataFrame, test: Backtest) -> pl.DataFrame:
    """The figures that these bars allow, as those of a Run."""
    return made.with_columns(exposure=pl.lit(None, pl.Float64)) if has_contracts(test.bars) else made


def _finished(design: Design, rows: Codes, made: pl.DataFrame) -> Iterator[Piece]:
    """What was finished; a run that failed is run alone, to say what it raises."""
    failed = made["failed"]
    if failed.null_count() or failed.any():
        done = (~failed).fill_null(False).to_numpy()
        yield from run_here(design, rows[failed.fill_null(False).to_numpy()])
        rows, made = rows[done], made.filter(done)
    if len(rows):
        # What a fold does not tell is null: a frame without rows brings those columns along.
        yield rows, pl.concat([NOTHING, made], how="diagonal")[list(OUTCOMES)]
