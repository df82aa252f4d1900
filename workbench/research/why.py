"""Why there was an order at a bar, or none: everything that was known, and what the strategy made of it.

The one idea: what was known is told as the panel of a replay tells it; what the strategy did is heard by repeating the
run up to the bar, line by line for callbacks and part by part for rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from workbench._native import Context, Order, Position
from workbench.analytics.parting import slices_of
from workbench.engine.names import missing
from workbench.engine.simulation import slice_at
from workbench.market.bars import wanted_assets
from workbench.market.calendars import Calendar
from workbench.market.moments import moment
from workbench.research.lines import Call
from workbench.research.repeating import repeated
from workbench.research.ruled import Part, rules_at
from workbench.strategies.callbacks import Strategy
from workbench.views.drawn import Drawn, drawn
from workbench.views.facts import Section, facts
from workbench.views.happened import asked_in, posted_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.indicators import Indicator, Outputs
    from workbench.research.probing import Subject
    from workbench.research.run import Run

__all__ = ["Member", "Why", "why"]


class Member(NamedTuple):
    """A strategy of a Portfolio at a bar: its book, what it asked for, what it got."""

    cash: float
    equity: float
    asked: pl.DataFrame
    fills: pl.DataFrame


@dataclass(frozen=True, eq=False, repr=False)
class Why:
    """The answer of `run.why(time)` about one bar and one asset.

    `because` says in sentences why there was an order or a fill, or none; `sections` are all facts as the panel of a
    replay shows them. As values: `position`, `open_orders`, `watched` by name, and rows of the run at this bar:
    `checks`, `asked`, `refused`, `fills`, `ledger`. What the strategy did: `calls` with the lines that ran and the
    values beside them, or `rules` with each of their parts; `members` of a Portfolio. `notes` say what is missing and
    why.

    Example:
        >>> from workbench.research.demo import run
        >>> found = run().why("2008-10-10")
        >>> found.because
        ('No order: the strategy asked for none',)
        >>> [line.text.strip() for line in found.calls[0].ran]
        ['if self.gap[bar.asset] <= 0:', 'ctx.flatten(bar.asset)']
        >>> found.calls[0].ran[0].values["self.gap[bar.asset] <= 0"]
        'True'
    """

    name: str
    asset: str
    time: datetime
    session: date
    because: tuple[str, ...]
    sections: tuple[Section, ...]
    position: Position
    open_orders: tuple[Order, ...]
    watched: Mapping[str, float | None]
    checks: pl.DataFrame
    asked: pl.DataFrame
    refused: pl.DataFrame
    fills: pl.DataFrame
    ledger: pl.DataFrame
    calls: tuple[Call, ...]
    rules: Mapping[str, Part]
    members: Mapping[str, Member]
    notes: tuple[str, ...]

    def __dir__(self) -> list[str]:
        return sorted(self.__dataclass_fields__)

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            raise missing("Why", name, dir(self), {})

    def __repr__(self) -> str:
        from workbench.views.why import why_text

        return why_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.views.why import why_html, why_text

        return {"text/plain": why_text(self), "text/html": why_html(self)}


def why(
    run: Run,
    time: str | date | datetime,
    asset: str | None,
    watched: Sequence[Indicator | Outputs],
    subject: Subject | None,
) -> Why:
    """The answer about the last slice at or before a time; see `Run.why`.

    Raises:
        TimeError: a naive time, or one outside of the run.
        UnknownAssetError: an asset that the run did not have.
    """
    number = slice_at(run.equity, time, "why")
    if asset is not None:
        wanted_assets(asset, [str(each) for each in run.bars.assets], "the run has")
    found = drawn(run, asset, watched)
    now, session = run.equity.select("time", "session").row(number - 1)
    ctx = run.at(now)
    told = facts(run, found, ctx, number - 1)
    here = pl.col("time") == now
    orders = run.orders.filter(asked_in(run, run.orders["time"]) == number - 1)
    fills = run.fills.filter(slices_of(run.fills, run.equity["time"]) == number - 1)
    heard = repeated(subject, run.commands, number, found.name)
    notes = (*_placed(time, now, session, found), heard.note)
    return Why(
        name=run.name,
        asset=found.name,
        time=now,
        session=session,
        because=tuple(told.because),
        sections=tuple(told.sections),
        position=ctx.position(found.name),
        open_orders=tuple(ctx.open_orders),
        watched=_watched(found, now),
        checks=run.checks.filter(here),
        asked=orders.filter(pl.col("status") != "DENIED"),
        refused=orders.filter(pl.col("status") == "DENIED"),
        fills=fills,
        ledger=run.ledger.filter(posted_in(run, run.ledger) == number - 1),
        calls=tuple(heard.calls),
        rules=_rules(subject, ctx, found.name, now),
        members=_members(run, now, orders, fills),
        notes=tuple(note for note in notes if note),
    )


def _placed(given: str | date | datetime, now: datetime, session: date, found: Drawn) -> tuple[str, ...]:
    """What to say of a time at which no slice closed: the market was closed, or no bar came."""
    asked = moment("why", given)
    is_there = asked == now if isinstance(asked, datetime) else asked == session
    if is_there:
        return ()
    calendar = Calendar(found.bars.assets[0].calendar)
    is_open = calendar.is_open(asked) if isinstance(asked, datetime) else calendar.is_session(asked)
    closed = f"no bar closed at {given}" if is_open else f"{calendar.name} was closed at {given}"
    return (f"{closed}; this is the last bar before it",)


def _watched(found: Drawn, now: datetime) -> dict[str, float | None]:
    rows = (found.layers.rows if found.seen is None else found.seen).filter(pl.col("time") == now)
    return {layer.name: rows[layer.column][0] if rows.height else None for layer in found.layers.every}


def _rules(subject: Subject | None, ctx: Context, asset: str, now: datetime) -> dict[str, Part]:
    """The rules of the strategy; of a Portfolio those of its members, with their names before them."""
    if subject is None:
        return {}
    strategy = subject.strategy
    members: Mapping[str, Strategy] = getattr(strategy, "members", {}) if strategy._has_members else {"": strategy}
    found: dict[str, Part] = {}
    for name, member in members.items():
        for rule, part in rules_at(subject, member, ctx, asset, now).items():
            found[f"{name}: {rule}" if name else rule] = part
    return found


def _members(run: Run, now: datetime, orders: pl.DataFrame, fills: pl.DataFrame) -> dict[str, Member]:
    if "strategy" not in orders.columns:
        return {}
    rows = run.books.filter(pl.col("time") == now)
    return {
        row["strategy"]: Member(
            row["cash"],
            row["equity"],
            orders.filter(pl.col("strategy") == row["strategy"]),
            fills.filter(pl.col("strategy") == row["strategy"]),
        )
        for row in rows.iter_rows(named=True)
    }
