"""The rules of signals at a bar: each part of an expression with its value, and whether it held.

The one idea: an expression is a tree, and each of its parts is an indicator of its own, so that its value at a bar is
found like that of any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from workbench.indicators import Indicator
from workbench.indicators.columns import beside
from workbench.research.probing import Subject
from workbench.strategies.callbacks import Strategy, fresh
from workbench.strategies.signals import RULES, Plan, planned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from workbench.engine import Context
    from workbench.market.bars import Bars

__all__ = ["Part", "rules_at"]

FROM_FRAME = "from the frame of signals"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a rule: its text, its value at the bar (None where it has none), its own parts.

    `holds` says whether a rule holds; it is None for what is no rule, and for a rule without a value.
    """

    text: str
    value: float | None
    holds: bool | None
    parts: tuple[Part, ...] = field(default=())


def rules_at(subject: Subject, member: Strategy, ctx: Context, asset: str, time: datetime) -> dict[str, Part]:
    """The rules of a strategy made of signals, by their names: entry, exit, short_entry, short_exit.

    Args:
        subject: what ran.
        member: the strategy itself, or one of a Portfolio.
        ctx: the context of the slice, with the bars that were known then in the units of then.
        asset: the one that is looked at.
        time: of the slice; without a bar of the asset then, rules have no value.
    """
    on_margin = subject.setup.account is not None
    plan = planned(fresh(member), subject.bars, on_margin=on_margin)
    if plan is None:
        return {}
    if plan.levels is not None:
        return _levels(plan, subject.bars, asset, time)
    rules = {name: rule for name in RULES if isinstance(rule := getattr(plan, name), Indicator)}
    values = _values(
        list(dict.fromkeys(each for rule in rules.values() for each in _all(rule))), ctx.bars(), asset, time
    )
    return {name: _part(rule, values) for name, rule in rules.items()}


def _all(it: Indicator) -> Iterator[Indicator]:
    """What is shown of an expression: rules with all their parts, of other indicators the whole."""
    yield it
    for inner in _inside(it):
        yield from _all(inner)


def _inside(it: Indicator) -> tuple[Indicator, ...]:
    """The parts of a rule, without its numbers; a price is an indicator of its own."""
    if not it.is_rule:
        return ()
    given = (Indicator("field", (), (each,)) if isinstance(each, str) else each for each in it.inputs)
    return tuple(each for each in given if isinstance(each, Indicator))


def _values(wanted: list[Indicator], known: Bars, asset: str, time: datetime) -> dict[Indicator, float | None]:
    named = {f"_{number}": each for number, each in enumerate(wanted)}
    rows = beside(known, (), named).filter(pl.col("asset") == asset, pl.col("time") == time)
    return {
        each: float(x) if rows.height and (x := rows[name][0]) is not None else None for name, each in named.items()
    }


def _part(it: Indicator, values: Mapping[Indicator, float | None]) -> Part:
    value = values[it]
    holds = bool(value) if it.is_rule and value is not None else None
    return Part(repr(it), value, holds, tuple(_part(each, values) for each in _inside(it)))


def _levels(plan: Plan, bars: Bars, asset: str, time: datetime) -> dict[str, Part]:
    number = next(place for place, each in enumerate(bars.assets) if str(each) == asset)
    own = bars.frame.filter(pl.col("asset") == asset)
    rows = (plan.levels or [])[number].filter(own["time"] == time)
    told = rows.row(0, named=True) if rows.height else {}
    holds = {name: bool(told[name]) for name in RULES if name in told}
    return {name: Part(f"{name} {FROM_FRAME}", float(each), each) for name, each in holds.items()}
