"""A finished run: what can be asked of it, how it is shown, and where it is kept.

The one idea: what it has is in `workbench.research.results`; here are the verbs.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, overload

import polars as pl

from workbench._native import Context, Simulation
from workbench.analytics.metrics import FIGURES
from workbench.engine.currencies import only
from workbench.engine.names import missing
from workbench.engine.simulation import FRAMES, OF_BOOKS, Setup, frame, replayed, slice_at
from workbench.errors import ParameterError, StorageError, UnsupportedError
from workbench.journal.writing import EVERY, write
from workbench.journal.writing import document as header
from workbench.market.bars import Bars
from workbench.market.datasets import Dataset
from workbench.market.keywords import keyworded
from workbench.market.paths import local
from workbench.research.explanation import By, Explanation, explanation, shown_by
from workbench.research.quoting import Quoted, quoted
from workbench.research.results import Parts, Results
from workbench.research.trades import opened
from workbench.strategies import Strategy
from workbench.strategies.callbacks import code_of, is_replaced, parameters
from workbench.strategies.called import heard
from workbench.strategies.measured import measured
from workbench.strategies.signals import has_signals, is_auditable

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.indicators import Indicator, Outputs
    from workbench.research.audit import Audit
    from workbench.research.probing import Subject
    from workbench.research.why import Why
    from workbench.views.replay import Hidden, Replay
    from workbench.views.tearsheet import Tearsheet

__all__ = ["OF_BACKTEST", "Run", "about_strategy", "load"]

OF_BACKTEST: Final = {name: f"test.{name}(), with the Backtest" for name in ("audit", "explore", "robust", "sweep")}


class Run(Results):
    """A finished backtest; `run.<Tab>` shows what it has, `run.exact` the same frames in Decimal.

    Example:
        >>> from workbench.research.demo import run
        >>> result = run()
        >>> result.equity.columns
        ['time', 'session', 'cash', 'positions', 'receivable', 'equity']
        >>> result.exact.equity["equity"][-1] == result.final_equity
        True
    """

    @staticmethod
    def of(simulation: Simulation, setup: Setup, bars: Bars, data: Sequence[Dataset], template: Strategy) -> Run:
        """The Run of a simulation that has ended."""
        about = about_strategy(template)
        document = {
            **about,
            "final_equity": str(simulation.final_equity()),
            "capped": simulation.capped(),
            "ends": [list(row) for row in simulation.ends()],
            "halted": None if (halted := simulation.halted()) is None else list(halted),
            "margin_calls": [list(row) for row in simulation.margin_calls()],
            "waiting": _waiting(simulation, template),
            "is_replaced": is_replaced(template),
            "waits_for_data": "on_data" in heard(template),
            "waits_for_slices": "on_slice" in heard(template),
            "has_signals": has_signals(template),
            "is_auditable": is_auditable(template),
            "python": platform.python_version(),
        }
        if setup.money is not None:
            document["deposits"] = str(simulation.deposits())

        def read(name: str, exact: bool) -> pl.DataFrame:
            if name == "balances" and setup.money is None:
                return only(frame(simulation, "equity", exact=exact), setup.currency)
            return frame(simulation, name, exact=exact)

        def log(path: Path) -> None:
            write(simulation, path, header(about, setup, bars, data, "delta", EVERY))

        watched = tuple(simulation.watched() or measured(template))
        parts = Parts(
            read,
            document,
            bars,
            tuple(data),
            setup,
            log,
            simulation.hashes,
            lambda: quoted(template),
            watched,
            template,
        )
        return Run(parts)

    def explain(self, by: By = "cause") -> Explanation:
        """Where the profit came from: price, slippage, fees, dividends and so on, without a rest.

        Args:
            by: what is shown: a step for each "cause", "asset", "currency" or, of a Portfolio, "strategy"; the frames
                have all of them.

        Raises:
            ParameterError: another way.

        Example:
            >>> from workbench.research.demo import run
            >>> run().explain().by_asset.columns[:4]
            ['asset', 'price', 'slippage', 'fees']
        """
        return shown_by(self._explained, by)

    @cached_property
    def _explained(self) -> Explanation:
        return explanation(
            self._read("explained", True),
            name=self.name,
            assets=pl.Series("asset", [str(asset) for asset in self.bars.assets]),
            sessions=self.equity["session"].unique(maintain_order=True),
            deposits=self.deposits,
            final_equity=self.final_equity,
            currency=self.currency,
            currencies=self._setup.currencies,
            of_books=None if self._setup.books is None else self._read("books_explained", True),
            names=() if self._setup.books is None else self._setup.books.names,
        )

    def plot(self, *indicators: Indicator | Outputs, asset: str | None = None) -> go.Figure:
        """Price with trades, equity and drawdown, as one plotly figure; None draws the first asset that was traded.

        Indicators lie over the price, or in panes below it, as in `Bars.plot`; they have warmed up over the bars before
        the run.

        Raises:
            UnknownAssetError: an asset that the run did not have.
            ParameterError: something that is no indicator.
        """
        from workbench.views.figures import run_figure

        return run_figure(self, asset, indicators)

    @overload
    def replay(
        self, *indicators: Indicator | Outputs, asset: str | None = ..., trade: int | pl.DataFrame | None = ...
    ) -> Replay: ...
    @overload
    def replay(self, *indicators: Indicator | Outputs, asset: str | None = ..., hidden: Literal[True]) -> Hidden: ...
    @keyworded
    def replay(
        self,
        *indicators: Indicator | Outputs,
        asset: str | None = None,
        trade: int | pl.DataFrame | None = None,
        hidden: bool = False,
    ) -> Replay:
        """The run bar by bar in the notebook, with a cursor that the next cell can read and set.

        Args:
            indicators: what is drawn with the prices; none draws what the strategy watched, or what its rules read. A
                run that was loaded has forgotten that.
            asset: whose price is drawn; None takes the first one that was traded.
            trade: opens at the entry of this trade, its number or a row of `run.trades`, and draws its asset.
            hidden: hides the bars ahead; you go long, short or flat, and are scored against the strategy.

        Raises:
            InputError: the run has no session.
            UnknownAssetError: an asset that the run did not have.
            ParameterError: something that is no indicator, no such trade, or a trade with `asset` or `hidden`.

        Example:
            >>> from workbench.research.demo import run
            >>> replay = run().replay()
            >>> replay.at = "2008-10-10"
            >>> replay.at.session
            datetime.date(2008, 10, 10)
        """
        from workbench.views.replay import Hidden, Replay

        if trade is not None and (asset is not None or hidden):
            raise ParameterError("trade= says where to open and what to draw; leave asset= and hidden= out")
        shown = indicators or self.watched
        if hidden:
            return Hidden(self, self.spans, asset, shown)
        name, cursor = (asset, None) if trade is None else opened(self, trade)
        return Replay(self, self.spans, name, shown, cursor=cursor)

    def why(self, time: str | date | datetime, asset: str | None = None) -> Why:
        """Why there was an order or a fill at a bar, or none: what was known, what was checked, and which lines ran.

        The run is repeated up to the bar, which its strategy must be able to do; see `workbench.research.why.Why`.

        Args:
            time: a bar's close, or a date for the last bar of its session.
            asset: the one that is asked about; None takes the first one that was traded.

        Raises:
            TimeError: a naive time, or one outside of the run.
            UnknownAssetError: an asset that the run did not have.

        Example:
            >>> from workbench.research.demo import run
            >>> run().why("2001-01-02").because
            ('No order: the strategy asked for none',)
        """
        from workbench.research.why import why

        return why(self, time, asset, self.watched, self._subject)

    def guard(self, time: str | date | datetime) -> Audit:
        """Whether the strategy would have decided the same up to a bar, had the data ended there: an audit of one cut.

        Args:
            time: the close of the bar at which data is cut, or a date for the last bar of its session.

        Raises:
            TimeError: a naive time, or one outside of the run.
            UnsupportedError: a run that was loaded, or signals that were ready before the run.

        Example:
            >>> from workbench.research.demo import run
            >>> run().guard("2008-10-10").verdict
            'clean'
        """
        from workbench.research.audit import guard

        number = slice_at(self.equity, time, "guard")
        if self._subject is None:
            raise UnsupportedError(
                "a run that was loaded does not know its strategy; run its Backtest again to audit it"
            )
        return guard(self._subject, self.commands, self.equity.select("time", "session"), number)

    @property
    def reaches_data(self) -> bool:
        """Whether its strategy's code reaches data outside of its context, which an audit cuts in its place."""
        from workbench.research.audit import reaches_data

        return self._subject is not None and reaches_data(self._subject)

    @property
    def _subject(self) -> Subject | None:
        """What it takes to run it again; None where the strategy is not known."""
        from workbench.research.probing import Subject

        return (
            None
            if self._parts.strategy is None
            else Subject(self._parts.strategy, self._setup, self.bars, self._parts.data)
        )

    def tearsheet(self, *, benchmark: Bars | Run | None = None) -> Tearsheet:
        """The report, shown in the notebook; `to_html`, `to_pdf` and `to_json` write it.

        Args:
            benchmark: what the run stands beside: Bars that are bought and held, or another run; None buys and holds
                what was traded.

        Raises:
            InputError: a benchmark that has no session in common with the run.
            ParameterError: one that is neither Bars nor a Run.

        Example:
            >>> import workbench as wb
            >>> from workbench.research.demo import run
            >>> run().tearsheet(benchmark=wb.sample["IBM"]).facts.benchmark.about
            'Buy and hold IBM, dividends reinvested, no fees'
        """
        from workbench.views.tearsheet import Tearsheet

        return Tearsheet.of(self, benchmark)

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one stand-alone HTML file and return its path.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
        """
        return self.tearsheet().to_html(path)

    def to_beancount(self, path: str | Path) -> Path:
        """Write the ledger as Beancount text, a transaction for each posting with all its digits; return the path.

        Beancount itself adds with 28 digits: with all 20 behind the point it can check balances below 100 million.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.research.demo import run
            >>> with TemporaryDirectory() as folder:
            ...     print(run().to_beancount(f"{folder}/run.beancount").read_text().splitlines()[3])
            option "title" "Cross on AAPL"
        """
        from workbench.research.beancount import write

        return write(self, path)

    def at(self, time: str | date | datetime) -> Context:
        """The read-only context of the last slice at or before `time` (a date is its session), before its orders.

        Raises:
            TimeError: a naive time, or one before the first slice.

        Example:
            >>> from workbench.research.demo import run
            >>> run().at("2008-10-10").position("AAPL").quantity
            0.0
        """
        number = slice_at(self.equity, time)
        return replayed(self._setup, self.bars, self._parts.data, self.commands, number)

    def save(self, folder: str | Path) -> Path:
        """Write the run into a folder, from which `wb.load` brings it back with the same hashes.

        Raises:
            ParameterError: no path.
            StorageError: the folder exists and is no saved run, or cannot be written.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.research.demo import run
            >>> with TemporaryDirectory() as place:
            ...     load(run().save(f"{place}/first")).state_hash == run().state_hash
            True
        """
        from workbench.research.archive import write

        return write(self, local("folder", folder))

    def parts(self) -> Parts:
        """What it is made of, with all that a saved run must keep in the document."""
        hashes = {"state_hash": self.state_hash, "journal_hash": self.journal_hash}
        document = {**self._document, **hashes, "code": self._parts.code().document()}
        return replace(self._parts, document=document)

    def __copy__(self) -> Run:
        return self  # nothing in it changes

    def __reduce__(self) -> NoReturn:
        raise UnsupportedError(
            "a Run holds its engine and cannot be pickled; write run.save(folder) and wb.load(folder)"
        )

    def __dir__(self) -> list[str]:
        names = {*vars(self), *(name for kind in Run.__mro__[:-1] for name in vars(kind))}
        return sorted(name for name in names - {"parts", "spans"} if not name.startswith("_"))

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            elsewhere = {f: f"run.metrics.{f}" for f in FIGURES} | OF_BACKTEST
            raise missing("Run", name, [n for n in dir(Run) if n[0] != "_"], elsewhere)

    def __repr__(self) -> str:
        from workbench.views.summary import run_text

        return run_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.summary import run_html, run_text

        return {"text/plain": run_text(self), "text/html": run_html(self)}


def _waiting(simulation: Simulation, template: Strategy) -> list[list[int | str]]:
    """Assets whose bars the strategy never saw, as an indicator had no value: index, bars needed, bars seen, length."""
    decides = has_signals(template) or {"on_bar", "on_slice"} & heard(template)
    return [list(row) for row in simulation.waiting()] if decides else []


def about_strategy(template: Strategy) -> dict[str, Any]:
    """Name, parameters and code hash of a strategy, as documents keep them."""
    kind = type(template)
    named = {name: repr(value) for name, value in parameters(template).items()}
    return {"name": kind.__name__, "parameters": named, "code_hash": code_of(template)}


def load(folder: str | Path) -> Run:
    """A saved run, with the same frames, hashes and contexts.

    Raises:
        ParameterError: no path.
        StorageError: the folder is missing, torn or no saved run.

    Example:
        >>> load("nowhere")
        Traceback (most recent call last):
        workbench.errors.StorageError: there is no saved run at nowhere; write one with run.save("nowhere")
    """
    from workbench.research.archive import read

    frames, document, bars, data, setup, journal = read(local("folder", folder))

    def of(name: str, exact: bool) -> pl.DataFrame:
        if name == "balances" and setup.money is None:
            return only(of("equity", exact), setup.currency)
        key = f"{name}_exact" if exact and name in (*FRAMES, *OF_BOOKS, "balances") else name
        if key not in frames:
            raise StorageError(f"{folder} lacks the frame {key}; it was not written by run.save of this version")
        return frames[key]

    hashes = str(document["journal_hash"]), str(document["state_hash"])
    code = Quoted.read(document.get("code"))
    return Run(
        Parts(of, document, bars, data, setup, lambda path: path.write_bytes(journal), lambda: hashes, lambda: code)
    )
