"""A journal opened: what it holds, what it lost, and the books at any record or time.

The one idea: nothing is believed that has not been checked. Opening reads header and index; whatever is shown later has
passed its checksums first, and `verify` walks the whole chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench._native import Log, Simulation
from workbench._types import Notice
from workbench.engine.agenda import READ
from workbench.engine.costs.fee import Fee
from workbench.engine.costs.slippage import Slippage
from workbench.errors import JournalError, ParameterError, TimeError, UndefinedError
from workbench.journal.replay import Rebuilt, rebuild
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar
from workbench.market.catalog.shown import Page, Shown, many
from workbench.market.datasets import Dataset
from workbench.market.moments import moment
from workbench.market.paths import local

__all__ = ["SAVED", "Entry", "Journal", "read"]

SAVED: Final = "events.journal"  # its name in the folder of a saved run
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
COMMANDS: Final = pl.Schema(
    {
        "sequence": pl.Int64(),
        "time": pl.Datetime("us", "UTC"),
        "slice": pl.Int64(),
        "command": pl.String(),
        "words": pl.List(pl.String()),
    }
)
FIELDS: Final = {
    "command": ("number", "slice", "command", "words"),
    "slice": ("number", "session", "cash", "positions", "receivable"),
    "snapshot": ("books",),
    "end": ("slices", "journal_hash", "state_hash", "equity"),
}
Row = tuple[int, str, int, list[Any]]
Books = tuple[int, int, int, list[tuple[str, Decimal]], list[tuple[int, Decimal, Decimal]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record and the books after it, exact.

    `kind` is "command", "event", "slice", "snapshot" or "end", and `name` the name of an event or command; `fields`
    holds what is said of it, `legs` what was posted as (account, asset, amount); accounts of another currency than the
    account's are named with it, such as "cash EUR". `balances` are the accounts,
    `positions` quantity and cost of what is held; `slice` is the last slice that is known of.
    """

    sequence: int
    time: datetime
    kind: str
    name: str
    fields: Mapping[str, Any]
    legs: tuple[tuple[str, str | None, Decimal], ...]
    slice: int
    balances: Mapping[str, Decimal]
    positions: Mapping[str, tuple[Decimal, Decimal]]

    @property
    def cash(self) -> Decimal:
        """The balance of cash."""
        return self.balances.get("cash", Decimal(0))


class Journal(Shown):
    """The event log of a run; `journal.read(path)` opens one.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from workbench.research.demo import run
        >>> with TemporaryDirectory() as place:
        ...     log = read(run().save(f"{place}/demo") / "events.journal")
        ...     log.seek(time="2008-10-10").positions
        {}
    """

    def __init__(self, path: str | Path) -> None:
        self.path = local("path", path)
        self._log = Log(self.path)
        self.header: dict[str, Any] = self._log.header()

    @property
    def assets(self) -> tuple[str, ...]:
        """The names of the assets, in the order of their numbers."""
        return tuple(self.header["data"]["assets"])

    @cached_property
    def end(self) -> Entry | None:
        """The last record if it is the end of the run, with its hashes; None if the run was broken off."""
        last = self._entry(self._log.seek(len(self))) if len(self) else None
        return last if last is not None and last.kind == "end" else None

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """What is missing, and since when."""
        return tuple(self._notices())

    @cached_property
    def events(self) -> pl.DataFrame:
        """What happened, a row per event: its columns, and in `more` what has none.

        Raises:
            JournalError: a record is not what was written.
        """
        return pl.DataFrame(self._log.events(list(self.assets)))

    @cached_property
    def commands(self) -> pl.DataFrame:
        """What was commanded, a row per command that changed something: sequence, time, slice, command and words.

        Raises:
            JournalError: a record is not what was written.
        """
        rows = [(n, time_us, *line) for n, time_us, line in self._log.commands()]
        return pl.DataFrame(rows, COMMANDS, orient="row")

    @cached_property
    def equity(self) -> pl.DataFrame:
        """The books at every slice, of a journal that was written with mode="full".

        Raises:
            UndefinedError: the journal holds changes only.
        """
        if self.header["mode"] != "full":
            raise UndefinedError(
                'this journal holds changes only; write it with journal.File(path, mode="full"), or use '
                "rebuild(bars).equity"
            )
        return pl.DataFrame(self._log.slices())

    def seek(self, *, sequence: int | None = None, time: str | date | datetime | None = None) -> Entry:
        """The record of that number, or the last one at or before a time (a date is the close of that session).

        Raises:
            ParameterError: not exactly one of the two, or a number that the journal does not have.
            TimeError: a naive time, or one before the first record.
            JournalError: a record on the way is not what was written.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.research.demo import run
            >>> with TemporaryDirectory() as place:
            ...     log = read(run().save(f"{place}/demo") / "events.journal")
            ...     entry = log.seek(sequence=1)
            ...     entry.name, entry.cash
            ('deposit', Decimal('100000'))
        """
        if (sequence is None) == (time is None):
            raise ParameterError("seek takes exactly one of sequence= and time=")
        if time is not None:
            return self._at(time)
        if type(sequence) is not int or not 1 <= sequence <= len(self):
            raise ParameterError(f"sequence={sequence!r}: this journal has the records 1 to {len(self):,}")
        return self._entry(self._log.seek(sequence))

    def verify(self) -> str:
        """Check every byte, every record and the chain; gives the last link of the chain, a SHA-256 over all of it.

        Keep it elsewhere, and nobody can change the journal unseen.

        Raises:
            JournalError: what is not as it was written, and where.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.research.demo import run
            >>> with TemporaryDirectory() as place:
            ...     len(read(run().save(f"{place}/demo") / "events.journal").verify())
            64
        """
        return self._log.verify()[2]

    def rebuild(
        self,
        bars: Bars,
        *,
        data: Sequence[Dataset] = (),
        finer: Bars | None = None,
        fx: Bars | None = None,
        funding: Dataset | None = None,
        settlement: Dataset | None = None,
        fees: Fee | None = None,
        slippage: Slippage | None = None,
    ) -> Rebuilt:
        """The run again, from its recorded commands and the same bars, without the strategy.

        Args:
            bars: those of the run, or more of them: what is later than its end is left out.
            data: its datasets, if contexts of the past shall show them.
            finer: the finer bars that told the path, if there were such.
            fx: the bars of pairs that gave rates, if there were such.
            funding: the dataset of funding, if there was one.
            settlement: the dataset of settlements, if there was one.
            fees: the run's own, where they are a function, whose code is in no file.
            slippage: likewise.

        Raises:
            ParameterError: something that is none of these.
            JournalError: other bars, data or costs, or a record that comes out differently; the first one is named.
            StorageError: the run had a cost function of its own, and it is not given.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench.research.demo import run
            >>> with TemporaryDirectory() as place:
            ...     log = read(run().save(f"{place}/demo") / "events.journal")
            ...     log.rebuild(run().bars).state_hash == run().state_hash
            True
        """
        read = dict(zip(READ, (funding, settlement), strict=True))
        return rebuild(self, bars, data, finer, fx, read, {"fees": fees, "slippage": slippage})

    def compare(self, simulation: Simulation) -> None:
        """Feed the recorded commands to a fresh simulation; what it gives must be what is recorded.

        Raises:
            JournalError: the first record that comes out differently.
        """
        self._log.rebuild(simulation, self.header["mode"] == "full", self.header["snapshot_every"])

    def __len__(self) -> int:
        return len(self._log)

    def _at(self, time: str | date | datetime) -> Entry:
        value = moment("time", time)
        time_us = (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else self._close(value)
        found = self._log.seek_time(time_us)
        if found is None:
            first = f"the first record, {self.seek(sequence=1).time}" if len(self) else "any record; there is none"
            raise TimeError(f"time={time!r} lies before {first}")
        return self._entry(found)

    def _close(self, day: date) -> int:
        """When the last of the sessions of that day closes; where there is none, that of the session before."""
        calendars = [Calendar(name) for name in self.header["data"]["calendars"]]
        sessions = [(c, day if c.is_session(day) else c.previous_session(day)) for c in calendars]
        latest = max(session for _, session in sessions)
        return max(calendar.open_close(session)[1] for calendar, session in sessions if session == latest) // 1_000

    def _entry(self, found: tuple[Row, Books] | None) -> Entry:
        if found is None:
            raise JournalError(f"{self.path} lacks a record that its index names; restore it from a copy")
        (sequence, kind, time_us, values), (_, _, number, balances, holdings) = found
        name, fields, legs = self._told(kind, values)
        held = {self.assets[asset]: (quantity, cost) for asset, quantity, cost in holdings}
        time = EPOCH + timedelta(microseconds=time_us)
        return Entry(sequence, time, kind, name, fields, legs, number, {self._account(n): b for n, b in balances}, held)

    def _currency(self, number: int) -> str:
        return str(self.header["setup"]["currencies"]["names"][number])

    def _account(self, name: str) -> str:
        """An account of another currency has that behind its name."""
        account, _, number = name.partition(":")
        return f"{account} {self._currency(int(number))}" if number else account

    def _leg(
        self, account: str, asset: int | None, amount: Decimal, currency: int = 0
    ) -> tuple[str, str | None, Decimal]:
        told = f"{account}:{currency}" if currency else account
        return self._account(told), None if asset is None else self.assets[asset], amount

    def _told(self, kind: str, values: list[Any]) -> tuple[str, dict[str, Any], tuple[Any, ...]]:
        """Name, fields and legs of a record."""
        if kind == "event":
            own, cause, name, fields, legs, _ = values
            fields |= {key: self.assets[fields[key]] for key in ("asset", "other") if fields.get(key) is not None}
            if "currency" in fields:
                fields["currency"] = self._currency(fields["currency"])
            named = tuple(self._leg(*leg) for leg in legs)
            return name, {**fields, "event": own, "command": cause or None}, named
        fields = dict(zip(FIELDS[kind], values, strict=True)) if kind in FIELDS else {"values": values}
        if kind == "slice":
            fields["session"] = date(1970, 1, 1) + timedelta(days=fields["session"])
        return fields.get("command", kind), fields, ()

    def _notices(self) -> list[Notice]:
        told = []
        if (lost := self._log.lost()) is not None:
            _, size, has_records = lost
            if has_records and self.end is None:
                text = f"{many(size, 'byte')} at the end, from record {len(self) + 1:,} on, were cut short and left out"
                told.append(Notice("torn", size, text, "what stands before is whole; run again for the rest"))
            else:
                text = "the index at the end is missing or damaged and was made again"
                told.append(Notice("index", size, text, "no record was lost; copy the file or write it again"))
        if self.end is None:
            text = f"the run had not ended when this journal did, after {many(len(self), 'record')}"
            told.append(Notice("unended", len(self), text, "it was broken off, or is still running"))
        return told

    def _page(self) -> Page:
        size, blocks = self._log.size()
        data, strategy = self.header["data"], self.header["strategy"]
        listed = ", ".join(f"{name}={value}" for name, value in strategy["parameters"].items())
        rows = [
            ("mode", f"{self.header['mode']}, a snapshot every {self.header['snapshot_every']:,} records"),
            ("size", f"{many(size, 'byte')} in {many(blocks, 'block')}"),
            ("assets", ", ".join(self.assets[:6]) + (", ..." if len(self.assets) > 6 else "")),
            ("bars", f"{data['rows']:,} of {data['every']}, {data['first'][:10]} to {data['last'][:10]}"),
            ("data hash", data["fingerprint"]),
            ("code hash", strategy["code_hash"]),
            ("written by", f"workbench {self.header['workbench']}"),
        ]
        if self.end is not None:
            rows += [("state hash", self.end.fields["state_hash"]), ("equity", f"{self.end.fields['equity']:f}")]
        title = f"Journal of {strategy['name']}({listed}): {many(len(self), 'record')}"
        return Page(title, ("what", "value"), tuple(rows), tuple(str(notice) for notice in self.notices))


def read(path: str | Path) -> Journal:
    """Open a journal for reading.

    Header, index and what is missing are known at once; everything else is checked when it is read.

    Raises:
        ParameterError: no path.
        JournalError: there is no such file, it is no journal, one of a later version, or was changed.

    Example:
        >>> read("nowhere.journal")
        Traceback (most recent call last):
        workbench.errors.JournalError: there is no journal at nowhere.journal; write one with
        run(journal="nowhere.journal")
    """
    place = local("path", path)
    if (place / SAVED).is_file():
        raise JournalError(f"{path} is a saved run; its journal is {place / SAVED}")
    if not place.is_file():
        raise JournalError(f'there is no journal at {path}; write one with run(journal="{path}")')
    return Journal(place)
