"""A run repeated up to a bar, to hear what its strategy does there.

The one idea: the same strategy on the same bars by the same rules takes the same decisions, so the run goes up to the
bar in silence, and only what is called at the bar is listened to. Whether it was the same run is seen by its commands.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import NamedTuple

import polars as pl

from workbench.engine.simulation import Host, frame, stood
from workbench.research.lines import Call, noting
from workbench.research.probing import Subject
from workbench.strategies.callbacks import fresh, members_of
from workbench.strategies.called import called
from workbench.strategies.signals import has_signals

__all__ = ["Repeated", "repeated"]

LOADED = "a run that was loaded does not know its strategy; run its Backtest again to see the lines that ran"
BY_RULES = "signals have no lines; see the rules"
NOT_ALIKE = (
    "repeated on the same data the strategy decides otherwise, so these may not be the lines that ran; take random "
    "numbers from ctx.rng and times from ctx.now, and keep nothing from run to run"
)
NOT_CALLED = "no method of the strategy was called at this bar"


class Repeated(NamedTuple):
    """The calls at a bar, and what has to be said about them."""

    calls: list[Call]
    note: str = ""


def repeated(subject: Subject | None, commands: pl.DataFrame, number: int, asset: str) -> Repeated:
    """What the strategy's own methods do in a slice.

    Args:
        subject: what ran; None if nobody knows.
        commands: those of the run, which show whether this one is the same.
        number: of the slice, from 1.
        asset: the one whose `on_bar` is listened to.
    """
    if subject is None:
        return Repeated([], LOADED)
    strategy, setup = fresh(subject.strategy), subject.setup
    if all(has_signals(member) for member in members_of(strategy)):
        return Repeated([], BY_RULES)
    hooks = called(strategy, subject.bars, on_margin=setup.account is not None)
    host = Host(subject.bars, setup.seed, subject.data, books=setup.books)
    # What the strategy prints was printed when it ran.
    with redirect_stdout(StringIO()):
        simulation = stood(setup, subject.bars, hooks, host, number)
        with noting(strategy, asset) as calls:
            simulation.step()
    until = pl.col("slice") <= number
    is_alike = frame(simulation, "commands", exact=False).filter(until).equals(commands.filter(until))
    if not is_alike:
        return Repeated(calls, NOT_ALIKE)
    return Repeated(calls, "" if calls else NOT_CALLED)
