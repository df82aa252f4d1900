"""One run of what is audited, on all of its data or on what was known at a time.

The one idea: the rules of the run stay those of the full one. Bars that have opened before the cut are fed to the
engine, which fills at their opens; nothing that closes later reaches the strategy before the cut, and what it decides
after the cut is not looked at. What its code reaches by other ways is put back afterwards, whatever happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from workbench._native import Simulation
from workbench.engine.simulation import Host, Setup, frame, simulate
from workbench.errors import InternalError, LedgerError
from workbench.market.bars import Bars, with_frame
from workbench.market.datasets import Dataset
from workbench.research.cutting import Cut, Way, cut_bars
from workbench.strategies import Strategy
from workbench.strategies.callbacks import fresh
from workbench.strategies.called import called
from workbench.strategies.reach import Place
from workbench.strategies.signals import planned

__all__ = ["Played", "Subject", "in_place", "played"]


class Subject(NamedTuple):
    """What is audited: a template of the strategy and what it runs on."""

    strategy: Strategy
    setup: Setup
    bars: Bars
    data: tuple[Dataset, ...]


class Played(NamedTuple):
    """The commands and slices of a run, the error that ended it, whether that was before the first bar.

    `has_levels` tells of signals that a frame made, not rules.
    """

    commands: pl.DataFrame
    slices: pl.DataFrame
    error: Exception | None
    has_begun: bool
    has_levels: bool = False


def played(subject: Subject, at: Cut | None) -> Played:
    """Run on all data, or on what a cut leaves; an error of the strategy is given back with what was before it."""
    setup, fed = _cut(subject, at)
    begun: list[Simulation] = []
    error = plan = None
    try:
        strategy, host = fresh(subject.strategy), Host(fed, setup.seed, subject.data, books=setup.books)
        bars, has_shorts = subject.bars if at is None else cut_bars(subject.bars, at), setup.account is not None
        plan = planned(strategy, bars, fed, has_shorts=has_shorts)
        simulate(setup, fed, called(strategy, bars, fed, has_shorts=has_shorts), host, begun.append, plan)
    except (InternalError, LedgerError):
        raise  # a defect of ours says nothing about the strategy
    except Exception as raised:  # noqa: BLE001  # whatever a strategy raises without later data is what is looked for
        error = raised
    if not begun:
        return Played(pl.DataFrame(), pl.DataFrame(), error, has_begun=False)
    commands, equity = frame(begun[0], "commands", exact=False), frame(begun[0], "equity", exact=False)
    return Played(commands, equity.select("time", "session"), error, True, plan is not None and plan.levels is not None)


def _cut(subject: Subject, at: Cut | None) -> tuple[Setup, Bars]:
    """What is fed: volumes, actions and assets of the set-up stay, as they are matters of the market."""
    if at is None:
        return subject.setup, subject.bars
    finer = subject.setup.finer
    return replace(subject.setup, finer=None if finer is None else _opened(finer, at)), _opened(subject.bars, at)


def _opened(bars: Bars, at: Cut) -> Bars:
    return with_frame(bars, bars.frame.filter(pl.col("open_time") < at.time))


@contextmanager
def in_place(ways: Sequence[tuple[Place, Way]], caches: Sequence[Any], at: Cut) -> Iterator[None]:
    """Cut copies in the places of what the strategy reaches; afterwards everything is as it was.

    What remembers its answers forgets them before and after, as they are made of the data.
    """
    made: dict[int, object] = {}
    _forget(caches)
    try:
        for place, way in ways:
            if way.cut is not None:
                # One value in two places stays one.
                if id(place.value) not in made:
                    made[id(place.value)] = way.cut(at)
                place.put(made[id(place.value)])
        yield
    finally:
        for place, way in ways:
            if way.cut is not None:
                place.put(place.value)
        _forget(caches)


def _forget(caches: Sequence[Any]) -> None:
    for cache in caches:
        cache.cache_clear()
