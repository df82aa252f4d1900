"""A sweep: one Backtest run over many parameters, assets or strategies.

The one idea: a Sweep is a frozen description; `where`, `over` and `sample` give changed copies. What its `run()` has
finished it remembers, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from workbench.engine.names import missing
from workbench.errors import Interrupted, ParameterError, StrategyError
from workbench.indicators.given import short
from workbench.market.catalog.shown import many
from workbench.research.backtest import Backtest
from workbench.research.design import Design, spaces_of
from workbench.research.grid import Codes, Sample, Test
from workbench.research.kept import Kept
from workbench.research.options import count_of, seed_of
from workbench.research.outcomes import table
from workbench.research.progress import Progress
from workbench.research.runners import Piece, runner_of
from workbench.research.runs import Runs
from workbench.research.space import Drawn, Listed
from workbench.strategies.kinds import spelled

if TYPE_CHECKING:
    from workbench.strategies import Strategy

__all__ = ["Sweep"]

HOPELESS: Final = 10
KEEPING_S: Final = 2.0
WORKERS_MAX: Final = 1024


class Sweep:
    """Every combination of the given parameters; `len` says how many, `run()` runs them.

    Made by `Backtest.sweep`. Its repr estimates the time from runs that it has finished, else from trying the first
    combination for a quarter of a second.

    Example:
        >>> from workbench.market.catalog import sample
        >>> from workbench.research.demo import Cross
        >>> sweep = Backtest(Cross(), sample()["IBM"]).sweep(fast=range(5, 30, 5), slow=range(20, 101, 20))
        >>> runs = sweep.where(lambda p: p.fast < p.slow).run(workers=1)
        >>> len(sweep), len(runs), runs.best("sharpe").state_hash == runs[runs.order("sharpe")[0]].state_hash
        (25, 23, True)
    """

    def __init__(self, design: Design) -> None:
        self._design = design
        self._done: list[Piece] = []
        self._each_s: float | None = None

    @staticmethod
    def of(test: Backtest, spaces: Mapping[str, object]) -> Sweep:
        """The sweep of a Backtest over spaces by parameter."""
        return Sweep(Design(test, spaces_of(test, spaces)))

    def where(self, test: Test) -> Sweep:
        """Only the combinations for which a function answers True.

        Args:
            test: called with one combination, whose parameters are attributes: `lambda p: p.fast < p.slow`. Parameters
                that the sweep leaves alone are there too.

        Raises:
            ParameterError: no function; or, when the combinations are made, an answer that is neither True nor False.

        Example:
            >>> from workbench.research.demo import Cross
            >>> from workbench.market.catalog import sample
            >>> test = Backtest(Cross(), sample()["IBM"])
            >>> len(test.sweep(fast=[5, 10], slow=[8, 20]).where(lambda p: p.fast < p.slow))
            3
        """
        if not callable(test):
            raise ParameterError(f".where({short(test)}): give a function: .where(lambda p: p.fast < p.slow)")
        return Sweep(replace(self._design, tests=(*self._design.tests, test)))

    def over(
        self, *, assets: list[str] | tuple[str, ...] | None = None, strategies: list[Strategy] | None = None
    ) -> Sweep:
        """The same on each of several assets alone, or with each of several strategies.

        Args:
            assets: names out of the bars of the Backtest; each is run on its own, with all the cash.
            strategies: objects, each with all the parameters of the sweep; they take the place of the Backtest's own.

        Raises:
            UnknownAssetError: an asset that the bars do not have.
            ParameterError: nothing to go over, something twice, or a strategy without a parameter of the sweep.
        """
        if assets is None and strategies is None:
            raise ParameterError(".over() of nothing; write .over(assets=['AAPL', 'KO']) or .over(strategies=[...])")
        return Sweep(self._design.over(assets, strategies))

    def sample(self, n: int, *, seed: int = 0) -> Sweep:
        """A number of combinations, drawn at random from those that `where` leaves, each at most once.

        Args:
            n: how many.
            seed: the same seed draws the same combinations.

        Raises:
            NumberError: no whole number from 1 on.
            ParameterError: when the combinations are made: fewer are there.
        """
        return Sweep(replace(self._design, sample=Sample(count_of("n", n), seed_of(seed))))

    def __len__(self) -> int:
        return len(self._design.grid)

    @property
    def partial(self) -> Runs:
        """What has been finished so far, in the order of the combinations."""
        rows = self._rows
        frame = pl.concat([frame for _, frame in self._done]) if self._done else table([])
        if (rows[1:] > rows[:-1]).all():
            return Runs(self._design, rows, frame)
        order = np.argsort(rows)
        return Runs(self._design, rows[order], frame[order])

    @property
    def _rows(self) -> Codes:
        """Which combinations are finished, in the order in which they were."""
        return np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in self._done)])

    def run(
        self,
        *,
        workers: int | None = None,
        progress: bool | Callable[[int, int], object] = True,
        folder: str | Path | None = None,
    ) -> Runs:
        """Run all combinations that are not finished yet.

        A run that raises an error is kept as a failed row, with the error, and told in a notice; if the first ten all
        fail, or all of fewer, the first error is raised at once, since then the strategy itself is wrong.

        Args:
            workers: processes; 1 is this one. None begins here, and uses every core if that would take long. Results
                are the same.
            progress: show a bar with the time left and the rate on sweeps over a second; or a function that is told how
                many runs are done, and of how many.
            folder: keep results there and go on from what is there; each design has its own place in it, by a hash of
                rules, code, bars and datasets, so results of anything else are never mixed in.

        Returns:
            The Runs.

        Raises:
            Interrupted: Ctrl-C; what is finished is `partial`, and calling `run()` again goes on from it.
            ParameterError: no combination, or workers that make no sense.
            StrategyError: a strategy that cannot be sent to a worker.
            Exception: what the strategy raised in every run.
        """
        if workers is not None:
            count_of("workers", workers, WORKERS_MAX)
        if not len(self):
            raise ParameterError("no combination passes .where, so there is nothing to run")
        kept = None if folder is None else Kept(folder, self._design)
        if kept is not None and not self._done:
            self._done = [found] if len((found := kept.read())[0]) else []
        shown = Progress(progress, "run", "sweep")
        try:
            self._go(workers, shown, kept)
        except KeyboardInterrupt:
            done = sum(len(rows) for rows, _ in self._done)
            raise Interrupted(
                f"stopped after {done:,} of {len(self):,} runs; they are in sweep.partial, and run() goes on from them"
            ) from None
        finally:
            shown.close()
        runs = self.partial
        self._refuse_hopeless(runs, len(runs))
        return runs

    def _go(self, workers: int | None, shown: Progress, kept: Kept | None) -> None:
        rows = np.setdiff1d(np.arange(len(self)), self._rows, assume_unique=True)
        done, total, begun = len(self) - len(rows), len(self), time.perf_counter()
        shown.tell(done, total)
        if not len(rows):
            return
        tried = 0
        with closing(_keeping(runner_of(self._design).run(self._design, rows, workers), kept)) as pieces:
            for piece in pieces:
                self._done.append(piece)
                tried += len(piece[0])
                self._each_s = (time.perf_counter() - begun) / tried
                shown.tell(done + tried, total)
                if done == 0 and HOPELESS <= tried < HOPELESS + len(piece[0]):
                    self._refuse_hopeless(self.partial, HOPELESS)

    def _refuse_hopeless(self, runs: Runs, first: int) -> None:
        """Raise the error of the first run if all that were tried have failed."""
        if runs.finished or len(runs) < first:
            return
        self._done = []
        combination, told = self._design.grid.at(int(runs.rows[0])), runs.failed["error"][0]
        try:
            self._design.backtest(combination).run(progress=False)
        except Exception as error:
            error.add_note(f"in the sweep, with {_written(combination)}; all {len(runs):,} runs tried failed")
            raise
        raise StrategyError(f"all runs failed in the workers, but {_written(combination)} runs here; it said: {told}")

    @property
    def subject(self) -> str:
        """Strategies and assets."""
        return self._design.subject

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        """Name, how it was written, and how many values, of everything that was given."""
        return _facts(self._design)

    @property
    def count(self) -> str:
        """How many combinations, about how long they take, and how they are run; or why there are none."""
        try:
            total = len(self)
        except ParameterError as error:
            return str(error)
        left = total - sum(len(rows) for rows, _ in self._done)
        finished = f", {total - left:,} finished" if left < total else ""
        return f"{many(total, 'combination')}{finished}{self._expected(left)}"

    def _expected(self, left: int) -> str:
        if not left:
            return ""
        if self._each_s is not None:
            way = runner_of(self._design).way(self.partial.driven)
            return f", {_told(self._each_s * left, way)}"
        return f", {self._tried}"

    @cached_property
    def _tried(self) -> str:
        """What a trial lets expect; a strategy that fails says so when it is run, and here in words."""
        try:
            return _told(*runner_of(self._design).estimate(self._design))
        except Exception as error:  # noqa: BLE001  Whatever the strategy raises belongs to run(), not to a repr.
            return f"the first of which raises {type(error).__name__}: {error}"

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise ParameterError(f"a Sweep is frozen, so {name} cannot be set; .where, .over and .sample give copies")
        object.__setattr__(self, name, value)

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            raise missing("Sweep", name, [n for n in dir(Sweep) if n[0] != "_"], {})

    def __repr__(self) -> str:
        from workbench.views.sweep_summary import sweep_text

        return sweep_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.sweep_summary import sweep_html, sweep_text

        return {"text/plain": sweep_text(self), "text/html": sweep_html(self)}


def _keeping(pieces: Generator[Piece, None, None], kept: Kept | None) -> Generator[Piece, None, None]:
    """Hand pieces on, and write them to the disk, if asked, every few seconds and at the end."""
    unwritten: list[Piece] = []
    written = time.monotonic()
    try:
        for piece in pieces:
            unwritten.append(piece)
            yield piece
            if time.monotonic() - written > KEEPING_S:
                _write(kept, unwritten)
                unwritten, written = [], time.monotonic()
    finally:
        pieces.close()
        _write(kept, unwritten)


def _write(kept: Kept | None, pieces: list[Piece]) -> None:
    if pieces and kept is not None:
        kept.add(np.concatenate([rows for rows, _ in pieces]), pl.concat([frame for _, frame in pieces]))


def _facts(design: Design) -> list[tuple[str, str, str]]:
    facts = [(axis.name, repr(axis.space), _values(axis.space)) for axis in design.axes]
    if design.tests:
        facts.append(("where", many(len(design.tests), "condition"), ""))
    if design.sample is not None:
        facts.append(("sample", f"{design.sample.n:,}, seed={design.sample.seed}", ""))
    return facts


def _values(space: Listed | Drawn) -> str:
    return f"{len(space.values):,}" if isinstance(space, Listed) else "any"


def _told(seconds: float, way: str) -> str:
    return f"about {_duration(seconds)}" + (f", {way}" if way else "")


def _duration(seconds: float) -> str:
    """A time as it is said: only as exact as an estimate is."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.2g} {unit}" if seconds < 10 * length else f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{max(seconds, 0.01):.1g} s"


def _written(combination: Mapping[str, object]) -> str:
    return spelled(combination) or "no parameters"
