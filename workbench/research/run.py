"""A finished run: what happened, exactly, and what it amounts to.

The one idea: a Run owns no numbers of its own. Its frames are folds of the events that the core recorded, in Float64
and exact; everything else is computed from them when it is asked for.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import polars as pl

from workbench._native import Context, Simulation, statistics
from workbench._types import Notice
from workbench.analytics.metrics import FIGURES, Metrics, measure
from workbench.analytics.returns import in_account, sessions_per_year
from workbench.engine.currencies import only
from workbench.engine.data import Data
from workbench.engine.events import MARGIN_CALLS, exact_schema
from workbench.engine.names import missing
from workbench.engine.simulation import FRAMES, OF_BOOKS, Setup, frame, replayed, slice_at
from workbench.errors import StorageError, UnsupportedError
from workbench.journal.writing import EVERY, write
from workbench.journal.writing import document as header
from workbench.market.bars import Bars
from workbench.market.datasets import Dataset
from workbench.market.paths import local
from workbench.research.accounts import told
from workbench.research.book import OfBooks
from workbench.research.exact_frames import ExactFrames
from workbench.research.explanation import By, Explanation, explanation, shown_by
from workbench.research.notices import collect
from workbench.research.options import latency_s
from workbench.research.tradable import has_contracts
from workbench.strategies import Strategy
from workbench.strategies.callbacks import code_of, is_replaced, parameters
from workbench.strategies.called import heard
from workbench.strategies.signals import has_signals, is_auditable

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.indicators import Indicator, Outputs
    from workbench.views.tearsheet import Tearsheet

__all__ = ["OF_BACKTEST", "Run", "about_strategy", "load"]

OF_BACKTEST: Final = {name: f"test.{name}(), with the Backtest" for name in ("audit", "robust", "sweep")}


class Run(OfBooks):
    """A finished backtest; `run.<Tab>` shows what it has, `run.exact` the same frames in Decimal.

    Example:
        >>> from workbench.research.demo import run
        >>> result = run()
        >>> result.equity.columns
        ['time', 'session', 'cash', 'positions', 'receivable', 'equity']
        >>> result.exact.equity["equity"][-1] == result.final_equity
        True
    """

    def __init__(
        self,
        read: Callable[[str, bool], pl.DataFrame],
        document: Mapping[str, Any],
        bars: Bars,
        data: Sequence[Dataset],
        setup: Setup,
        log: Callable[[Path], object],
        hashes: Callable[[], tuple[str, str]],
    ) -> None:
        self._read = read
        self._log = log
        self._document = document
        self._hashes = hashes
        self._setup = setup
        self.bars = bars
        self._data = tuple(data)
        self.exact = ExactFrames(read)

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

        return Run(read, document, bars, data, setup, log, simulation.hashes)

    @property
    def name(self) -> str:
        """The strategy's name."""
        return str(self._document["name"])

    @property
    def is_auditable(self) -> bool:
        """Whether its decisions can be made again on bars that end earlier; those of a ready frame cannot."""
        return bool(self._document.get("is_auditable", True))

    @property
    def data(self) -> Data:
        """The datasets it ran with, whole, by name."""
        return Data(self._data)

    @property
    def currency(self) -> str:
        """The account's currency."""
        return self._setup.currency

    @property
    def deposits(self) -> Decimal:
        """Money paid in, in the account's currency at the rates of then."""
        return Decimal(self._document.get("deposits", self._setup.cash))

    @property
    def final_equity(self) -> Decimal:
        """Equity at the end: cash, market value and receivables, exact."""
        return Decimal(self._document["final_equity"])

    @property
    def state_hash(self) -> str:
        """SHA-256 of the final state: equal wherever the same inputs met the same rules."""
        return self._hashes()[1]

    @property
    def journal_hash(self) -> str:
        """SHA-256 of every event and ledger leg, in order."""
        return self._hashes()[0]

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Every execution; see `workbench.engine.events.FILLS`."""
        return self._read("fills", False)

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Every order with its end and its reason, limit and stop in the units of that end; see `ORDERS`."""
        return self._read("orders", False)

    @cached_property
    def equity(self) -> pl.DataFrame:
        """One row per slice; see `EQUITY`."""
        return self._read("equity", False)

    @cached_property
    def margin_calls(self) -> pl.DataFrame:
        """Every close at which margin was called for, and bankruptcy; exact, see `MARGIN_CALLS`.

        Example:
            >>> from workbench.research.demo import run
            >>> run().margin_calls.columns
            ['time', 'event', 'equity', 'maintenance']
        """
        rows = [
            (datetime.fromtimestamp(time_us / 1_000_000, UTC), event, Decimal(equity), Decimal(maintenance))
            for time_us, event, equity, maintenance in self._document.get("margin_calls", ())
        ]
        return pl.DataFrame(rows, exact_schema(MARGIN_CALLS), orient="row")

    @cached_property
    def trades(self) -> pl.DataFrame:
        """Holdings from flat to flat; see `TRADES`."""
        return self._read("trades", False)

    @cached_property
    def ledger(self) -> pl.DataFrame:
        """The legs of every posting, debit positive; see `LEDGER`."""
        return self._read("ledger", False)

    @cached_property
    def balances(self) -> pl.DataFrame:
        """What there was of each currency at the end of each slice, with its rate; see `BALANCES`."""
        return self._read("balances", False)

    @cached_property
    def recorded(self) -> pl.DataFrame:
        """What the strategy recorded with `ctx.record`, a row per slice."""
        return self._read("recorded", False)

    @cached_property
    def commands(self) -> pl.DataFrame:
        """The commands that changed something, from which the run can be fed again without its strategy."""
        return self._read("commands", False)

    @cached_property
    def metrics(self) -> Metrics:
        """Key figures; an undefined one is None and has its reason."""
        return measure(
            self.equity,
            in_account(self.fills, "value", "fee"),
            in_account(self.trades, "profit"),
            deposits=float(self.deposits),
            per_year=sessions_per_year(self.bars),
            fold=statistics,
            has_contracts=has_contracts(self.bars),
        )

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """What should be known about this run, with what to do about it."""
        return collect(
            self.orders, self.fills, lambda: self.equity["session"], self.bars, self._data, self._setup, self._document
        )

    @property
    def spec(self) -> dict[str, object]:
        """Every option of the run by name, defaults included."""
        setup = self._setup
        return {
            "strategy": self.name,
            "parameters": dict(self._document["parameters"]),
            "assets": [str(asset) for asset in setup.assets],
            "data": [dataset.name for dataset in self._data],
            **told(setup),
            "start": self._first("session"),
            "end": self._last("session"),
            **{name: repr(getattr(setup, name)) for name in ("fees", "slippage")},
            "limits": None if setup.limits is None else repr(setup.limits),
            "fill": setup.fill,
            "volume_cap": None if setup.volume_cap is None else str(setup.volume_cap),
            "path": setup.path if setup.finer is None else f"finer bars {setup.finer.fingerprint}",
            "limit_through": setup.limit_through,
            "latency": latency_s(setup),
            "lots": setup.lots,
            "account": "cash" if setup.account is None else repr(setup.account),
            "warmup": setup.warmup,
            "seed": setup.seed,
        }

    @cached_property
    def provenance(self) -> dict[str, str]:
        """What it takes to get the same run again."""
        from workbench import __version__

        listed = ", ".join(f"{name}={value}" for name, value in self._document["parameters"].items())
        return {
            "data hash": self.bars.fingerprint,
            "data source": self.bars.source,
            **{f"dataset {dataset.name}": dataset.fingerprint for dataset in self._data},
            "code hash": str(self._document["code_hash"]),
            "parameters": listed or "none",
            **{
                name: repr(given) for name in ("limits", "account") if (given := getattr(self._setup, name)) is not None
            },
            "seed": str(self._setup.seed),
            "versions": f"workbench {__version__}, Python {self._document['python']}, polars {pl.__version__}",
            "state hash": self.state_hash,
            "final equity": f"{self.final_equity:f} {self.currency}",
        }

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

    def tearsheet(self) -> Tearsheet:
        """The report, shown in the notebook."""
        from workbench.views.tearsheet import Tearsheet

        return Tearsheet(self)

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one stand-alone HTML file and return its path.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
        """
        return self.tearsheet().save(path)

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
        return replayed(self._setup, self.bars, self._data, self.commands, number)

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

    def parts(self) -> tuple[Bars, tuple[Dataset, ...], dict[str, Any], Setup, Callable[[Path], object]]:
        """What a saved run must keep beside its frames: bars, datasets, document, set-up, journal writer."""
        document = {**self._document, "state_hash": self.state_hash, "journal_hash": self.journal_hash}
        return self.bars, self._data, document, self._setup, self._log

    def _first(self, column: str) -> object:
        return self.equity[column].min()

    def _last(self, column: str) -> object:
        return self.equity[column].max()

    def __copy__(self) -> Run:
        return self  # nothing in it changes

    def __reduce__(self) -> NoReturn:
        raise UnsupportedError(
            "a Run holds its engine and cannot be pickled; write run.save(folder) and wb.load(folder)"
        )

    def __dir__(self) -> list[str]:
        return sorted(
            name for name in {*vars(self), *vars(Run), *vars(OfBooks)} - {"parts"} if not name.startswith("_")
        )

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
    return Run(of, document, bars, data, setup, lambda path: path.write_bytes(journal), lambda: hashes)
