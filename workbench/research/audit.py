"""The look-ahead audit: a strategy that uses only what was known decides the same when what came later is taken away.

The one idea: the backtest runs again on data that ends at a sampled time, and every decision up to then is compared
with the full run, word for word. Data that the strategy's code reaches outside its context is cut at the same time.

A run that decides differently proves a look ahead; one that decides the same proves nothing about times not cut at,
and nothing about what could not be cut, so both are told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import polars as pl

from workbench.engine.names import missing
from workbench.errors import UnsupportedError
from workbench.market.bars import TIME
from workbench.research.cut_points import CutPoint, chosen
from workbench.research.cutting import Cut, way_of
from workbench.research.decisions import CHANGED, changed, decisions
from workbench.research.options import count_of, seed_of
from workbench.research.probing import Played, Subject, in_place, played
from workbench.strategies import Strategy
from workbench.strategies.reach import reached
from workbench.strategies.signals import is_auditable, takes_bars

__all__ = ["Audit", "Finding", "audit", "guard", "reaches_data"]

SAMPLES_MAX: Final = 10_000
FINDINGS: Final = pl.Schema(
    {
        "time": TIME,
        "asset": pl.String(),  # null for what is about no asset, such as a cancel
        "full": pl.String(),  # decided with all data; null is nothing
        "cut": pl.String(),  # decided on data that ends at cut_at
        "cut_at": TIME,  # the first cut that changed it
        "cuts": pl.Int64(),  # how many did
    }
)
CUTS: Final = pl.Schema(
    {
        "time": TIME,
        "why": pl.String(),  # decision, beside a decision, before a large move, spread over the run, asked for
        "changed": pl.Int64(),  # decisions
        "failed": pl.String(),  # why the strategy could not begin on so little data
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A decision that changes: what was asked with all data, and with the data up to `cut_at`; None is nothing."""

    time: datetime
    asset: str | None
    full: str | None
    cut: str | None
    cut_at: datetime


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """What an audit found.

    `findings` has a row for each decision that changed, the earliest first (once one has changed, later ones may follow
    from it); `cuts` a row for each cut with why it was made there. Of the `decisions` of the run, a row of each slice
    and asset, `checked` lie at or before a cut and `at_cut` in the very slice of one, which alone shows a look of one
    bar ahead. `data` is what was cut beside the bars, `not_checked` what could not be.

    Example:
        >>> from workbench.research.demo import Cross
        >>> from workbench.market.catalog import sample
        >>> from workbench.research.backtest import Backtest
        >>> Backtest(Cross(), sample()["AAPL"]).audit(samples=5).clean
        True
    """

    name: str
    findings: pl.DataFrame
    cuts: pl.DataFrame
    decisions: int
    checked: int
    at_cut: int
    data: tuple[str, ...]
    not_checked: tuple[str, ...]
    is_repeatable: bool
    seconds: float

    @property
    def verdict(self) -> Literal["clean", "incomplete", "look-ahead", "not repeatable"]:
        """In a word: "incomplete" found nothing but could not check all, "not repeatable" differs without any cut."""
        if not self.is_repeatable:
            return "not repeatable"
        if self.findings.height:
            return "look-ahead"
        return "incomplete" if self.not_checked else "clean"

    @property
    def clean(self) -> bool:
        """Whether all was checked and no decision changed."""
        return self.verdict == "clean"

    @property
    def share(self) -> float:
        """The part of the decisions that lie at or before a cut; 0 where there are none."""
        return self.checked / self.decisions if self.decisions else 0.0

    @cached_property
    def first(self) -> Finding | None:
        """The first decision that changed, in both versions, and the cut that found it; None where none did."""
        for decided_at, asset, full, cut, cut_at, _ in self.findings.head(1).iter_rows():
            return Finding(decided_at.astimezone(UTC), asset, full, cut, cut_at.astimezone(UTC))
        return None

    def __dir__(self) -> list[str]:
        own = (name for name in dir(type(self)) if not name.startswith("_"))
        return sorted({*self.__dataclass_fields__, *own})

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            raise missing("Audit", name, dir(self), {})

    def __repr__(self) -> str:
        from workbench.views.audit import audit_text

        return audit_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.audit import audit_html, audit_text

        return {"text/plain": audit_text(self), "text/html": audit_html(self)}


def audit(subject: Subject, samples: int, seed: int, tell: Callable[[int, int], object]) -> Audit:
    """Run, run again, and run on data that ends at each of the sampled times; see `Backtest.audit`.

    Raises:
        UnsupportedError: signals that were ready before the run.
        NumberError: `samples` or `seed` is no such number.
        Exception: what the strategy raises on all of its data.
    """
    _check_auditable(subject.strategy)
    count, chosen_by = count_of("samples", samples, SAMPLES_MAX), seed_of(seed)
    full = played(subject, None)
    if full.error is not None:
        raise full.error
    return _Auditor(subject, full).report(count, chosen_by, tell)


def guard(subject: Subject, commands: pl.DataFrame, slices: pl.DataFrame, number: int) -> Audit:
    """The audit of a finished run with a single cut, at the close of one of its slices; see `Run.guard`.

    Args:
        subject: what ran.
        commands: those of the run.
        slices: time and session of each of its slices.
        number: of the slice that is cut at, from 1.

    Raises:
        UnsupportedError: signals that were ready before the run.
    """
    _check_auditable(subject.strategy)
    return _Auditor(subject, Played(commands, slices, None, has_begun=True)).at(number)


def reaches_data(subject: Subject) -> bool:
    """Whether the strategy's code reaches data by itself, which is put aside while a cut lasts."""
    ways = (way_of(place.value) for place in reached(subject.strategy).places)
    return any(way is not None and way.cut is not None for way in ways)


def _check_auditable(strategy: Strategy) -> None:
    if not is_auditable(strategy):
        raise UnsupportedError(
            "signals from a ready frame cannot be audited, as nobody can tell what they were made from; make the frame "
            "in a function of the bars: @wb.signals, def rule(bars): ..., return wb.Signals.from_frame(frame)"
        )


class _Tested(NamedTuple):
    """What a cut showed: rows of `CHANGED`, or why there was no run."""

    point: CutPoint
    differs: pl.DataFrame
    failed: str | None = None


class _Auditor:
    """One audit in the making: the full run, what the strategy reaches, and one cut after the other."""

    def __init__(self, subject: Subject, full: Played) -> None:
        self._subject, self._full, self._has_levels = subject, full, full.has_levels
        self._began = time.perf_counter()
        self._assets = [str(asset) for asset in subject.bars.assets]
        self._reached = reached(subject.strategy)
        self._ways = [(place, way) for place in self._reached.places if (way := way_of(place.value)) is not None]
        self._times, self._sessions = self._full.slices["time"], self._full.slices["session"]

    def report(self, samples: int, seed: int, tell: Callable[[int, int], object]) -> Audit:
        """All cuts, unless two runs on all data already differ."""
        again = self._again()
        if again.differs.height:
            return self._made([again], is_repeatable=False)
        decided = self._full.commands["slice"].unique().sort()
        points, tested = chosen(self._times, decided, self._subject.bars, samples, seed), []
        for done, point in enumerate(points, 1):
            tested.append(self._tested(point))
            tell(done, len(points))
        return self._made(tested, is_repeatable=True)

    def at(self, number: int) -> Audit:
        """One cut; only where it changes something the run on all data is repeated, to see whether that differs too."""
        tested = self._tested(CutPoint(number, "asked for"))
        again = self._again() if tested.differs.height else None
        if again is not None and again.differs.height:
            return self._made([again], is_repeatable=False)
        return self._made([tested], is_repeatable=True)

    def _again(self) -> _Tested:
        return self._compared(CutPoint(len(self._times), "nothing is cut"), played(self._subject, None))

    def _tested(self, point: CutPoint) -> _Tested:
        """The run on data that ends at the close of a slice."""
        index = point.slice - 1
        is_over = point.slice == len(self._sessions) or self._sessions[index + 1] != self._sessions[index]
        at = Cut(self._times[index], self._sessions[index], is_over)
        with in_place(self._ways, self._reached.caches, at):
            other = played(self._subject, at)
        self._has_levels |= other.has_levels
        return self._compared(point, other)

    def _compared(self, point: CutPoint, other: Played) -> _Tested:
        """What differs up to a slice; an error that the full run did not have is a decision of its own."""
        done, error = other.slices.height, other.error
        if error is None or done >= point.slice:
            return _Tested(point, changed(self._full.commands, other.commands, point.slice, self._assets))
        told = f"raised {type(error).__name__}: {error}".partition("\n")[0]
        if not other.has_begun:
            return _Tested(point, pl.DataFrame(schema=CHANGED), told)
        before = changed(self._full.commands, other.commands, done, self._assets)
        here = decisions(self._full.commands.filter(pl.col("slice") == done + 1), self._assets)
        row = (done + 1, None, "; ".join(here["decided"]) or None, told)
        return _Tested(point, pl.concat([before, pl.DataFrame([row], CHANGED, orient="row")]))

    def _made(self, tested: list[_Tested], *, is_repeatable: bool) -> Audit:
        ran = [each.point.slice for each in tested if each.failed is None and is_repeatable]
        # What is asked when the run is over belongs to no slice.
        asked = self._full.commands.filter(pl.col("slice") <= len(self._times))
        made = decisions(asked, self._assets)["slice"]
        return Audit(
            name=type(self._subject.strategy).__name__,
            findings=self._findings(tested),
            cuts=self._cuts(tested),
            decisions=len(made),
            checked=int((made <= max(ran, default=0)).sum()),
            at_cut=int(made.is_in(ran).sum()),
            data=_once(f"{place.name} by {way.by}" for place, way in self._ways if way.by),
            not_checked=_once(self._not_checked(len(made), len(ran))),
            is_repeatable=is_repeatable,
            seconds=time.perf_counter() - self._began,
        )

    def _findings(self, tested: list[_Tested]) -> pl.DataFrame:
        """Each decision that changed, as the first cut showed it."""
        tables = [each.differs.with_columns(at=pl.lit(each.point.slice, pl.Int64)) for each in tested]
        rows = pl.concat([pl.DataFrame(schema={**CHANGED, "at": pl.Int64()}), *tables])
        grouped = rows.group_by("slice", "asset", maintain_order=True)
        found = grouped.agg(pl.col("full", "cut", "at").first(), cuts=pl.len().cast(pl.Int64))
        ordered = found.sort("slice", "at", maintain_order=True)
        timed = {"time": self._time(ordered["slice"]), "cut_at": self._time(ordered["at"])}
        return ordered.with_columns(**timed).select(FINDINGS.names())

    def _cuts(self, tested: list[_Tested]) -> pl.DataFrame:
        rows = [(self._times[e.point.slice - 1], e.point.why, e.differs.height, e.failed) for e in tested]
        return pl.DataFrame(rows, CUTS, orient="row")

    def _time(self, slices: pl.Series) -> pl.Series:
        return self._times.gather(slices - 1)

    def _not_checked(self, made: int, ran: int) -> Iterator[str]:
        """What stands between no finding and a clean audit."""
        if not made:
            yield "there is nothing to check: the run decides nothing"
        elif not ran:
            yield "no cut could be run; see audit.cuts"
        if self._has_levels and not takes_bars(self._subject.strategy):
            yield "how the frame of signals was made: take bars as the first parameter, and make it from them"
        yield from (f"{place.name}: {way.lack}" for place, way in self._ways if way.lack)
        yield from (
            f"{reader}: files and networks cannot be cut; read before the run" for reader in self._reached.readers
        )


def _once(told: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(told))
