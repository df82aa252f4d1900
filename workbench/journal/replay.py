"""A run given again from its journal: recorded commands meet the same bars, without the strategy.

The one idea: while the engine runs again, every record that it gives is compared with the one in the journal, byte for
byte, up to the hash of the final state; what comes out is therefore the run, or an error that names where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench._native import Context, Simulation
from workbench.engine.costs.fee import Fee
from workbench.engine.costs.slippage import Slippage
from workbench.engine.setups import from_document, to_document
from workbench.engine.simulation import FRAMES, Setup, frame, guarded, replayed, slice_at, unstarted
from workbench.errors import JournalError, ParameterError
from workbench.market.bars import Bars, with_frame
from workbench.market.datasets import Dataset

if TYPE_CHECKING:
    from workbench.journal.log import Journal

__all__ = ["Rebuilt", "rebuild"]


class Rebuilt:
    """A run that was given again: its frames, exact ones with `exact=True`, its hashes and its past contexts."""

    def __init__(
        self, simulation: Simulation, setup: Setup, bars: Bars, data: Sequence[Dataset], commands: pl.DataFrame
    ) -> None:
        self._simulation, self._setup, self._data = simulation, setup, data
        self._commands = commands
        self.bars = bars
        self.journal_hash, self.state_hash = simulation.hashes()

    @property
    def final_equity(self) -> Decimal:
        """Equity at the end of what was recorded, exact."""
        return self._simulation.final_equity()

    @cached_property
    def equity(self) -> pl.DataFrame:
        """One row per slice; see `workbench.engine.events.EQUITY`."""
        return self.frame("equity")

    def frame(self, name: str, *, exact: bool = False) -> pl.DataFrame:
        """One of the frames of a run: "fills", "orders", "equity", "trades" or "ledger".

        Raises:
            ParameterError: another name.
        """
        if name not in FRAMES:
            raise ParameterError(f"a run has no frame {name!r}; there are {', '.join(FRAMES)}")
        return frame(self._simulation, name, exact=exact)

    def at(self, time: str | date | datetime) -> Context:
        """The read-only context of the last slice at or before `time` (a date is its session), before its orders.

        Raises:
            TimeError: a naive time, or one before the first slice or after the last.
        """
        number = slice_at(self.equity, time)
        return replayed(self._setup, self.bars, self._data, self._commands, number)

    def __repr__(self) -> str:
        orders = self.frame("orders").height
        return (
            f"Rebuilt({self.equity.height:,} slices, {orders:,} orders, equity {self.final_equity:f}, "
            f"state {self.state_hash[:12]})"
        )


def rebuild(
    journal: Journal,
    bars: Bars,
    data: Sequence[Dataset],
    finer: Bars | None,
    fx: Bars | None,
    read: Mapping[str, Dataset | None],
    costs: Mapping[str, Any],
) -> Rebuilt:
    """The run of a journal; see `Journal.rebuild`."""
    told = journal.header["data"]
    bars = _same(bars, told["fingerprint"], told["last"])
    _check_data(data, journal.header["datasets"])
    _check_read(read, journal.header)
    _check_costs(costs)
    finer, fx = _finer(finer, told["finer"]), _fx(fx, journal.header["setup"].get("currencies"))
    setup = from_document(journal.header["setup"], bars, finer, fx, **read)
    setup = replace(setup, **{name: cost for name, cost in costs.items() if cost is not None})
    if (given := to_document(setup)) != journal.header["setup"]:
        named = ", ".join(name for name in costs if given[name] != journal.header["setup"][name])
        raise JournalError(f"the run did not have these {named}; give those it had, or none")
    simulation = unstarted(setup, bars, data)
    with guarded():
        journal.compare(simulation)
    return Rebuilt(simulation, setup, bars, data, journal.commands)


def _same(bars: Bars, fingerprint: str, last: str) -> Bars:
    """The bars up to the last one of the run, if they are those it ran on."""
    _check_kind("bars", bars, Bars, "give the Bars that the run had")
    if bars.fingerprint == fingerprint:
        return bars
    cut = with_frame(bars, bars.frame.filter(pl.col("time") <= datetime.fromisoformat(last)))
    if cut.fingerprint != fingerprint:
        raise JournalError(
            f"these bars (fingerprint {bars.fingerprint[:12]}) are not those of the journal ({fingerprint[:12]}, up "
            f"to {last}); load the same assets, adjusted in the same way, with all their history"
        )
    return cut


def _check_kind(name: str, given: object, kind: type, remedy: str) -> None:
    if not isinstance(given, kind):
        raise ParameterError(f"rebuild: {name} is a {type(given).__name__}; {remedy}")


def _finer(given: Bars | None, fingerprint: str | None) -> Bars | None:
    if given is not None:
        _check_kind("finer", given, Bars, "give the finer Bars that the run had")
    if fingerprint is None:
        if given is not None:
            raise JournalError("the run took its path from no finer bars; leave finer= out")
        return None
    if given is None or given.fingerprint != fingerprint:
        raise JournalError(
            f"the run took its path from finer bars ({fingerprint[:12]}); give those as finer="
            + ("" if given is None else f", not {given.fingerprint[:12]}")
        )
    return given


def _check_read(read: Mapping[str, Dataset | None], known: Mapping[str, Any]) -> None:
    """What the engine reads decides a run, so it must be what it was."""
    for name, given in read.items():
        if given is not None:
            _check_kind(name, given, Dataset, "give the Dataset that the run had")
        fingerprint = None if given is None else given.fingerprint
        if fingerprint != known.get(name):
            had = f"one ({known[name][:12]})" if name in known else "none"
            raise JournalError(f"{name}= is not that of the journal, which had {had}; give the same")


def _fx(given: Bars | None, told: Mapping[str, Any] | None) -> Bars | None:
    """The bars that gave rates, if the run had such."""
    if given is not None:
        _check_kind("fx", given, Bars, "give the Bars of pairs that the run had")
    wanted = None if told is None else told["fx"]
    if (None if given is None else given.fingerprint) != wanted:
        had = "took no rates from fx=; leave it out" if wanted is None else f"took rates from fx= bars ({wanted[:12]})"
        raise JournalError(f"the run {had}" + ("" if given is None else f", not from {given.fingerprint[:12]}"))
    return given


def _check_data(data: Sequence[Dataset], known: Sequence[Sequence[str]]) -> None:
    """Datasets are only looked at, by contexts; where some are given they are those of the run."""
    _check_kind("data", data, Sequence, "give the datasets that the run had, as a list")
    for dataset in data:
        _check_kind("one of data", dataset, Dataset, "give the datasets that the run had, as a list")
    given = [[dataset.name, dataset.fingerprint] for dataset in data]
    if given and given != [list(each) for each in known]:
        names = ", ".join(name for name, _ in known) or "none"
        raise JournalError(f"these datasets are not those of the journal, which has {names}; give the same, or none")


def _check_costs(costs: Mapping[str, Any]) -> None:
    for (name, given), kind in zip(costs.items(), (Fee, Slippage), strict=True):
        if given is not None:
            _check_kind(name, given, kind, f"give the run's own, such as wb.{name}.custom(function)")
