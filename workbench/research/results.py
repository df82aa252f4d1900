"""What a finished run has: its frames, its figures, and what it took to get them.

The one idea: a Run owns no numbers of its own. Its frames are folds of the events that the core recorded, in Float64
and exact; everything else is computed from them when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from workbench._native import statistics
from workbench._types import Notice
from workbench.analytics.metrics import Metrics, measure
from workbench.analytics.returns import in_account, sessions_per_year
from workbench.engine.data import Data
from workbench.engine.events import MARGIN_CALLS, exact_schema
from workbench.engine.simulation import Setup, walked
from workbench.market.bars import Bars
from workbench.market.datasets import Dataset
from workbench.research.accounts import told
from workbench.research.book import OfBooks
from workbench.research.exact_frames import ExactFrames
from workbench.research.notices import collect
from workbench.research.options import latency_s
from workbench.research.quoting import Quoted
from workbench.research.tradable import has_contracts
from workbench.research.trades import Trades
from workbench.strategies import Strategy

if TYPE_CHECKING:
    from workbench.indicators import Indicator, Outputs

__all__ = ["Parts", "Results"]


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Parts:
    """What a run is made of: by the engine that has just ended, or by what a saved run kept.

    `read` gives a frame by its name, in float64 or exact; `log` writes the journal into a file; `hashes` are those of
    the journal and of the state; `code` is the strategy as text.
    """

    read: Callable[[str, bool], pl.DataFrame]
    document: Mapping[str, Any]
    bars: Bars
    data: tuple[Dataset, ...]
    setup: Setup
    log: Callable[[Path], object]
    hashes: Callable[[], tuple[str, str]]
    code: Callable[[], Quoted]
    watched: tuple[Indicator | Outputs, ...] = ()
    strategy: Strategy | None = None
    """A template; a run that was loaded has none."""


class Results(OfBooks):
    """The frames and figures of a run."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._read, self._document, self._setup = parts.read, parts.document, parts.setup
        self.bars = parts.bars
        self.exact = ExactFrames(parts.read)

    @property
    def name(self) -> str:
        """The strategy's name."""
        return str(self._document["name"])

    @property
    def mode(self) -> Literal["simulation"]:
        """What it was; whatever is no simulation is shown in a coloured frame."""
        return "simulation"

    @property
    def watched(self) -> tuple[Indicator | Outputs, ...]:
        """The indicators that the strategy watched, or its rules read; a run that was loaded has forgotten them."""
        return self._parts.watched

    @property
    def is_auditable(self) -> bool:
        """Whether its decisions can be made again on bars that end earlier; those of a ready frame cannot."""
        return bool(self._document.get("is_auditable", True))

    @property
    def data(self) -> Data:
        """The datasets it ran with, whole, by name."""
        return Data(self._parts.data)

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
        return self._parts.hashes()[1]

    @property
    def journal_hash(self) -> str:
        """SHA-256 of every event and ledger leg, in order."""
        return self._parts.hashes()[0]

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

    @property
    def trades(self) -> Trades:
        """Holdings from flat to flat, see `TRADES`; `run.trades[17].replay()` opens there."""
        return Trades.of(self, self._trades)  # type: ignore[arg-type]  # every Results is a Run

    @cached_property
    def _trades(self) -> pl.DataFrame:
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
    def checks(self) -> pl.DataFrame:
        """What the strategy checked by name with `ctx.check`, a row per look; see `CHECKS`.

        Example:
            >>> from workbench.research.demo import run
            >>> run().checks.columns
            ['time', 'asset', 'name', 'value', 'above', 'at_least', 'below', 'at_most', 'passed', 'reason']
        """
        return self._read("checks", False)

    @cached_property
    def commands(self) -> pl.DataFrame:
        """The commands that changed something, from which the run can be fed again without its strategy."""
        return self._read("commands", False)

    @cached_property
    def spans(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What was held and which orders worked, as spans of slices; see `workbench.engine.simulation.walked`."""
        return walked(self._setup, self.bars, self._parts.data, self.commands)

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
            self.orders,
            self.fills,
            lambda: self.equity["session"],
            self.bars,
            self._parts.data,
            self._setup,
            self._document,
        )

    @property
    def spec(self) -> dict[str, object]:
        """Every option of the run by name, defaults included."""
        setup = self._setup
        return {
            "strategy": self.name,
            "parameters": dict(self._document["parameters"]),
            "assets": [str(asset) for asset in setup.assets],
            "data": [dataset.name for dataset in self._parts.data],
            **told(setup),
            "start": self.equity["session"].min(),
            "end": self.equity["session"].max(),
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
    def cell(self) -> str:
        """Python that makes the same run in a fresh notebook, and checks that it is the same.

        Example:
            >>> from workbench.research.demo import run
            >>> print(run().cell.splitlines()[-1])
            run
        """
        from workbench.research.cell import cell

        return cell(self._parts.code(), self.bars, self._parts.data, self._setup, self.provenance)

    @cached_property
    def provenance(self) -> dict[str, str]:
        """What it takes to get the same run again."""
        from workbench import __version__

        listed = ", ".join(f"{name}={value}" for name, value in self._document["parameters"].items())
        return {
            "data hash": self.bars.fingerprint,
            "data source": self.bars.source,
            **{f"dataset {dataset.name}": dataset.fingerprint for dataset in self._parts.data},
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
