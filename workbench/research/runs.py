"""The runs of a sweep: a row of figures for each, and each a full Run when it is asked for.

The one idea: a Runs holds numbers, not runs. `runs[i]` runs that combination again, and what comes out must have the
hash of the first time, or the strategy does not repeat itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np
import polars as pl

from workbench._types import Notice
from workbench.analytics.deflated import DeflatedSharpe, Moments, Trials, deflate, moments, trials
from workbench.analytics.metrics import RANKED, direction
from workbench.analytics.returns import session_closes, session_returns, sessions_per_year
from workbench.engine.names import missing
from workbench.errors import ParameterError, StrategyError, UndefinedError
from workbench.indicators.given import short
from workbench.research.design import Design
from workbench.research.driving import driven_notices
from workbench.research.grid import Codes
from workbench.research.neighbours import Floats, medians
from workbench.research.notices import standing
from workbench.research.options import count_of
from workbench.research.run import OF_BACKTEST, Run
from workbench.strategies.kinds import spelled

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.research.explore import Explore

__all__ = ["Runs"]

CELLS_MAX: Final = 2**62
CACHED: Final = 8
PLAIN: Final = (bool, int, float, Decimal, str, date, timedelta, tuple)


class Runs:
    """Finished runs of a sweep: `runs.frame` has parameters and figures, `runs[i]` is a full Run.

    Made by `Sweep.run`. A figure is known by its name in `runs.frame`, and which way it is better is known too.

    Example:
        >>> from workbench.research.demo import Cross
        >>> from workbench.research.backtest import Backtest
        >>> from workbench.market.catalog import sample
        >>> runs = Backtest(Cross(), sample()["IBM"]).sweep(fast=[5, 10, 20], slow=[50, 100]).run(workers=1)
        >>> runs.top("sharpe", n=2).frame.columns[:3]
        ['fast', 'slow', 'total_return']
        >>> runs.pick(fast=10, slow=50).name
        'Cross'
    """

    def __init__(self, design: Design, rows: Codes, outcomes: pl.DataFrame, tried: Trials | None = None) -> None:
        self._design = design
        self.rows = rows
        self._outcomes = outcomes
        self._tried = tried
        self._made: dict[int, Run] = {}

    @property
    def names(self) -> list[str]:
        """What the runs differ by: strategy, asset, parameters."""
        return list(self._design.grid.codes)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """A row for each run: what it was run with, its figures, final equity, fills and denied orders.

        A parameter that is called like a figure stands there as `<name>_parameter`, one that is an object, such as a
        rule, as it is written; what went wrong in a run stands in `runs.failed`.
        """
        given = [self._given(name) for name in self.names]
        return pl.DataFrame(given).hstack(self._outcomes[list(RANKED)])

    @property
    def finished(self) -> int:
        """How many runs raised no error."""
        return self._outcomes["error"].null_count()

    @cached_property
    def failed(self) -> pl.DataFrame:
        """The runs that raised an error: row in this Runs, what each was run with, and the error."""
        given = pl.DataFrame([self._given(name) for name in self.names]).with_columns(self._outcomes["error"])
        return given.with_row_index("row").filter(pl.col("error").is_not_null())

    @property
    def driven(self) -> pl.Series:
        """Why each run of signals was driven bar by bar; null where it was folded, or where callbacks decide."""
        return self._outcomes["driven"]

    @property
    def subject(self) -> str:
        """Strategies and assets."""
        return self._design.subject

    def column(self, name: str) -> str:
        """The column of `frame` that holds what the runs differ by."""
        return f"{name}_parameter" if name in (*RANKED, "error", "row") else name

    def _given(self, name: str) -> pl.Series:
        grid = self._design.grid
        shown = [each if each is None or isinstance(each, PLAIN) else str(each) for each in grid.values[name]]
        return pl.Series(self.column(name), shown, strict=False)[grid.codes[name][self.rows]]

    def given(self, i: int) -> dict[str, object]:
        """What run i was run with."""
        return self._design.grid.at(int(self.rows[i]))

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, i: int) -> Run: ...
    @overload
    def __getitem__(self, i: slice) -> Runs: ...
    def __getitem__(self, i: int | slice) -> Run | Runs:
        if isinstance(i, slice):
            return self._taken(np.arange(len(self))[i])
        return self._run(self._numbered(i))

    def _numbered(self, i: int) -> int:
        """The number of a run, counted from 0, of one that may be counted from the end."""
        if isinstance(i, bool) or not hasattr(type(i), "__index__"):
            raise ParameterError(f"runs[{short(i)}]: give the number of a run, or write runs.pick({self._spelled()})")
        if not -len(self) <= i < len(self):
            raise IndexError(f"runs[{i}]: there are {len(self):,}, numbered from 0")
        return int(i) % len(self)

    def __iter__(self) -> Iterator[Run]:
        return (self._run(i) for i in range(len(self)))

    def _taken(self, chosen: Codes) -> Runs:
        """Some of the runs; what was tried to find them stays all."""
        return Runs(self._design, self.rows[chosen], self._outcomes[chosen], self.trials)

    def _run(self, i: int) -> Run:
        if i not in self._made:
            made = self._design.backtest(self.given(i)).run(progress=False)
            self._check(i, made)
            if len(self._made) >= CACHED:
                self._made.pop(next(iter(self._made)))
            self._made[i] = made
        return self._made[i]

    def _check(self, i: int, made: Run) -> None:
        """A run made again is that of the sweep, to the last digit."""
        was = self._outcomes.row(i, named=True)
        is_same = float(made.final_equity) == was["final_equity"] and made.fills.height == was["fills"]
        is_same = is_same and was["state_hash"] in (None, made.state_hash)
        if not is_same:
            told = f"raised {was['error']}" if was["error"] else f"ended with {was['final_equity']:,.2f}"
            raise StrategyError(
                f"run {i} ({self._told(i)}) {told} in the sweep and ends with {made.final_equity:,.2f} now: the "
                "strategy does not repeat itself; take random numbers from ctx.rng, and keep nothing between runs"
            )

    def order(self, metric: str = "sharpe") -> list[int]:
        """Numbers of the runs, the best first; equal ones as they come, undefined ones left out."""
        better = direction(metric)
        values = self._outcomes.select(metric).with_row_index("row").drop_nulls()
        return values.sort(metric, descending=better == "high", maintain_order=True)["row"].to_list()

    def best(self, metric: str = "sharpe") -> Run:
        """The run with the best figure.

        The best of many is so by luck as well: look at `deflated_sharpe()` and `robust()`.

        Raises:
            ParameterError: no such figure, or one that is neither good nor bad.
            UndefinedError: no run has it.
        """
        return self._run(self._first(self.order(metric), metric))

    def top(self, metric: str = "sharpe", *, n: int = 10) -> Runs:
        """The runs with the best figures, the best first; fewer where fewer have one.

        Raises:
            ParameterError: no such figure, or one that is neither good nor bad.
            NumberError: n is no whole number from 1 on.
        """
        return self._taken(np.array(self.order(metric)[: count_of("n", n)], np.int64))

    def robust(self, metric: str = "sharpe") -> Run:
        """The run whose neighbours in the grid are the best: with the best median over it and those around it.

        Neighbours are one step away or less on every axis of numbers; on other axes they have the same value. A run
        that lacks more than half of the neighbours that the axes have room for is not considered.

        Raises:
            ParameterError: no such figure, or one that is neither good nor bad.
            UndefinedError: there are no neighbours: drawn numbers, axes of names only, or holes everywhere.
        """
        return self._run(self.robust_row(metric))

    def robust_row(self, metric: str = "sharpe") -> int:
        """The number of the run that `robust` gives."""
        better = direction(metric)
        medians = self.medians(metric)
        if np.isnan(medians).all():
            raise UndefinedError(
                f"no run has a {metric} and half of its neighbours; robust needs a full grid, without .sample"
            )
        return int(np.nanargmax(medians) if better == "high" else np.nanargmin(medians))

    def medians(self, metric: str = "sharpe") -> Floats:
        """For each run the median of a figure over it and its neighbours; NaN where there is none.

        Raises:
            ParameterError: no such figure.
            UndefinedError: the runs are not in a grid of numbers.
        """
        direction(metric)
        grid = self._design.grid
        ranks = {name: grid.ranks(name) for name in self.names}
        sizes = [len(grid.values[name]) for name in self.names]
        steps = [rank is not None and size > 1 for rank, size in zip(ranks.values(), sizes, strict=True)]
        if not grid.listed or not any(steps) or np.prod(sizes, dtype=float) > CELLS_MAX:
            raise UndefinedError(
                "these runs have no neighbours; robust needs parameters listed as numbers, as ranges are"
            )
        places = [grid.codes[name] if rank is None else rank for name, rank in ranks.items()]
        figures = self._outcomes[metric].cast(pl.Float64).to_numpy()
        return medians([place[self.rows] for place in places], steps, sizes, figures)

    def pick(self, **given: object) -> Run:
        """The run with these parameters.

        Raises:
            ParameterError: a name the runs do not differ by, no such run, or several.
        """
        chosen = np.arange(len(self))
        for name, value in given.items():
            if name not in self.names:
                raise ParameterError(f"the runs do not differ by {name!r}, but by {', '.join(self.names)}")
            wanted = [code for code, known in enumerate(self._design.grid.values[name]) if known == value]
            chosen = chosen[np.isin(self._design.grid.codes[name][self.rows[chosen]], wanted)]
        if len(chosen) != 1:
            raise ParameterError(self._not_one(given, chosen))
        return self._run(int(chosen[0]))

    def _not_one(self, given: Mapping[str, object], chosen: Codes) -> str:
        said = spelled(given)
        if len(chosen):
            rest = [name for name in self.names if name not in given]
            first = self._told(int(chosen[0]))
            return f"pick({said}) fits {len(chosen):,} runs; say {', '.join(rest)} too, such as {first}"
        spaces = "; ".join(f"{name}: {space!r}" for name, space in self._design.spaces.items())
        return f"no run has {said}; there are {spaces}"

    @cached_property
    def trials(self) -> Trials:
        """What was tried to find these runs: all runs of the sweep, also where these are only the top of them."""
        if self._tried is not None:
            return self._tried
        return trials(self._outcomes["sharpe"], self._per_year)

    @property
    def _per_year(self) -> float:
        return sessions_per_year(self._design.test.parts()[1])

    def deflated_sharpe(self, i: int | None = None) -> DeflatedSharpe:
        """How sure one can be that a run has skill, given how many were tried; see `DeflatedSharpe`.

        Args:
            i: number of the run; None takes the one with the best Sharpe ratio.

        Raises:
            ParameterError: i is no number of a run.
            IndexError: there are not so many runs.
            UndefinedError: the run has no Sharpe ratio, or its returns do not vary.
        """
        row = self._first(self.order("sharpe"), "sharpe") if i is None else self._numbered(i)
        sharpe, returns = self._outcomes["sharpe"][row], self._moments(row)
        if sharpe is None or returns is None:
            raise UndefinedError(f"run {row} has no Sharpe ratio to deflate; its returns do not vary")
        return deflate(sharpe, self._per_year, returns, self.trials)

    def _moments(self, i: int) -> Moments | None:
        count, skew, kurtosis = self._outcomes.select("returns", "skew", "kurtosis").row(i)
        if kurtosis is not None:
            return Moments(count, skew, kurtosis)
        return moments(session_returns(session_closes(self._run(i).equity))["return"])

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """What should be known about these runs, with what to do about it."""
        _, bars, _, setup = self._design.test.parts()
        return (*self._own_notices(), *standing(bars, setup))

    def _own_notices(self) -> Iterator[Notice]:
        missed = len(self._design.grid) - len(self)
        if missed and self._tried is None:
            text = f"{len(self):,} of {len(self._design.grid):,} runs are finished"
            yield Notice("partial", missed, text, "call run() of the sweep again to go on")
        if count := self.failed.height:
            text = f"{count:,} of {len(self):,} runs raised an error, the first {self.failed['error'][0]}"
            yield Notice("failed", count, text, "see runs.failed; runs[i] raises it again")
        idle = self._outcomes.filter(pl.col("fills") == 0).height
        if idle:
            text = f"{idle:,} of {len(self):,} runs never traded"
            yield Notice("idle", idle, text, "they have no Sharpe ratio and are never the best by it")
        denied = self._outcomes.filter(pl.col("denied") > 0)["denied"]
        if denied.len():
            text = f"orders were denied in {denied.len():,} of {len(self):,} runs, {denied.sum():,} in all"
            yield Notice("denied", denied.len(), text, "see denied in runs.frame, and the notices of such a run")
        yield from driven_notices(self.driven)

    def heatmap(self, metric: str = "sharpe", *, x: str | None = None, y: str | None = None) -> go.Figure:
        """A figure over two parameters as colours; where the runs differ by others too, the median over those.

        Args:
            metric: a figure.
            x: parameter to the right; None takes the first.
            y: parameter upward; None takes the next.

        Raises:
            ParameterError: no such figure or parameter, or fewer than two parameters.
        """
        from workbench.views.sweep_figures import heatmap

        return heatmap(self, metric, *self._two(x, y))

    def surface(self, metric: str = "sharpe", *, x: str | None = None, y: str | None = None) -> go.Figure:
        """The same as `heatmap`, as a surface to turn.

        Raises:
            ParameterError: as `heatmap`.
        """
        from workbench.views.sweep_figures import surface

        return surface(self, metric, *self._two(x, y))

    def parallel(self, metric: str = "sharpe") -> go.Figure:
        """Every run as a line over its parameters, coloured by a figure; drag over an axis to choose.

        Raises:
            ParameterError: no such figure.
        """
        from workbench.views.sweep_figures import parallel

        return parallel(self, metric)

    def explore(self) -> Explore:
        """Sliders over the parameters of the sweep, with their place on its heatmap; a click there sets the sliders.

        The map is that of `heatmap()`: the last two parameters, and where there are others the median over those.

        Raises:
            ParameterError: the runs differ by strategy or asset, which no slider changes.

        Example:
            >>> from workbench.research.demo import Cross
            >>> from workbench.research.backtest import Backtest
            >>> from workbench.market.catalog import sample
            >>> runs = Backtest(Cross(), sample()["IBM"]).sweep(fast=[5, 10, 20], slow=[50, 100]).run(workers=1)
            >>> runs.explore().params
            {'fast': 20, 'slow': 100}
        """
        from workbench.research.explore import Explore

        return Explore.beside(self, self._design)

    def _two(self, x: str | None, y: str | None) -> tuple[str, str]:
        for name in (x, y):
            if name is not None and name not in self.names:
                raise ParameterError(f"the runs do not differ by {name!r}, but by {', '.join(self.names)}")
        if x is not None and x == y:
            raise ParameterError(f"two parameters make a picture, and x and y are both {x!r}; give another one")
        free = iter([name for name in reversed(self.names) if name not in (x, y)])
        second, first = y or next(free, None), x or next(free, None)
        if first is None or second is None:
            raise ParameterError(f"two parameters make a picture, and the runs differ by {', '.join(self.names)}")
        return first, second

    def _first(self, order: Sequence[int], metric: str) -> int:
        if not order:
            raise UndefinedError(f"no run has a {metric}; see runs.frame, and the reasons in runs[0].metrics.reasons")
        return order[0]

    def _told(self, i: int) -> str:
        return spelled(self.given(i))

    def _spelled(self) -> str:
        return ", ".join(f"{name}=..." for name in self.names)

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_made": {}}  # full runs stay here; they are made again where they are asked for

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            known = [n for n in dir(Runs) if n[0] != "_"]
            elsewhere = {f: f"runs.frame['{f}']" for f in RANKED} | {"audit": OF_BACKTEST["audit"]}
            raise missing("Runs", name, known, elsewhere)

    def __repr__(self) -> str:
        from workbench.views.sweep_summary import runs_text

        return runs_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.sweep_summary import runs_html, runs_text

        return {"text/plain": runs_text(self), "text/html": runs_html(self)}
