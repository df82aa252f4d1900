"""Bars of a catalog that are read when their rows are first asked for.

The one idea: a field of `StoredBars` that is not there yet is read and then stays, by `__getattr__`, so that everything
that takes Bars takes these too, and costs nothing more once they are read.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, cast

from workbench.market.bars import Bars
from workbench.market.catalog.plans import EPOCH, MICROSECOND
from workbench.market.catalog.shown import Page, page_bundle, page_text
from workbench.market.spelling import call_on, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from workbench.market.catalog.plans import Plan

__all__ = ["StoredBars"]

COLUMNS: Final = ("asset", "rows held", "first", "last", "splits", "dividends")

FIELDS: Final = tuple(field.name for field in fields(Bars))
# What is known only once the rows are: which actions had acted by the last of them, on how many digits prices come out.
TOLD_BY_ROWS: Final = {"adjusted": {"actions"}, "convert": {"actions", "assets"}}
ROWS_SHOWN_MAX: Final = 1_000_000  # with more of them a notebook shows what is known without reading


class StoredBars(Bars):
    """Bars whose `frame` is read on first use; `since`, `until`, `between`, `last` and `select` narrow what is read.

    What is read is what the catalog held when they were asked for, whatever is ingested in between.

    Example:
        >>> from workbench.market import catalog
        >>> isinstance(catalog.sample()["AAPL"], Bars)
        True
    """

    _plan: Plan

    @classmethod
    def of(cls, plan: Plan) -> StoredBars:
        """The Bars that a plan leads to, not read yet."""
        bars = object.__new__(cls)
        later = {"frame"} | ({"notices"} if plan.derived else set())
        for step in plan.steps:
            later |= TOLD_BY_ROWS.get(step.name, set())
        known = {name: getattr(plan.shape, name) for name in FIELDS if name not in later}
        bars.__dict__.update(known, _plan=plan)
        return bars

    @property
    def is_read(self) -> bool:
        """Whether the rows are in memory."""
        return "frame" in self.__dict__

    @property
    def ingests(self) -> tuple[int, ...]:
        """The ingests that brought the rows, by their numbers in `catalog.ingests()`; none of what was computed."""
        plan = self.__dict__.get("_plan")
        return () if plan is None else plan.ingests

    def __getattr__(self, name: str) -> Any:
        plan = self.__dict__.get("_plan")
        if name not in FIELDS or plan is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        read = plan.bars()
        for field in FIELDS:
            self.__dict__.setdefault(field, getattr(read, field))
        return self.__dict__[name]

    def _narrowed(self, name: str, *args: Any) -> Bars:
        """By the plan where nothing is read yet, else in memory."""
        if self.is_read:
            return cast("Bars", getattr(Bars, name)(self, *args))
        made = StoredBars.of(self._plan.then(name, *args))
        return spelled(made, call_on(self, name, args, {}))

    def since(self, start: str | date | datetime) -> Bars:
        """As `Bars.since`."""
        return self._narrowed("since", start)

    def until(self, end: str | date | datetime) -> Bars:
        """As `Bars.until`."""
        return self._narrowed("until", end)

    def between(self, start: str | date | datetime, end: str | date | datetime) -> Bars:
        """As `Bars.between`."""
        return self._narrowed("between", start, end)

    def last(self, n: int) -> Bars:
        """As `Bars.last`."""
        return self._narrowed("last", n)

    def select(self, assets: str | Sequence[str]) -> Bars:
        """As `Bars.select`."""
        return self._narrowed("select", assets)

    def __len__(self) -> int:
        return self._plan.rows if not self.is_read and self._plan.whole else self.frame.height

    def __reduce__(self) -> tuple[object, ...]:
        """Other processes get the rows, since they need not see the catalog's files."""
        return Bars, tuple(getattr(self, name) for name in FIELDS)

    def __repr__(self) -> str:
        return super().__repr__() if self.is_read else page_text(_page(self._plan))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        if self.is_read or self._plan.rows <= ROWS_SHOWN_MAX:
            return super()._repr_mimebundle_(include, exclude)
        return page_bundle(_page(self._plan))


def _page(plan: Plan) -> Page:
    """What is known without reading."""
    names = str(plan.shape.assets[0]) if len(plan.shape.assets) == 1 else f"{len(plan.shape.assets)} assets"
    calendars = ", ".join(dict.fromkeys(a.calendar for a in plan.shape.assets))
    rows = f"{plan.rows:,}" if plan.whole else f"from at most {plan.rows:,} rows"
    steps = ", ".join(f"{step.name} {_said(step.args)}" for step in plan.steps)
    origin = f"SYNTHETIC ({plan.base.source})" if plan.base.synthetic else plan.base.source
    about = ", ".join(part for part in (calendars, steps, origin, "not read yet") if part)
    return Page(f"Bars: {rows} x {plan.shape.every} of {names}, {about}", COLUMNS, tuple(_rows(plan)))


def _said(args: tuple[object, ...]) -> str:
    """The arguments of a step that can be said in a word."""
    return " ".join(str(arg) for arg in args if isinstance(arg, (str, int, date)))


def _rows(plan: Plan) -> list[tuple[str, ...]]:
    """One row for each asset: what its spans hold, of which the Bars may be a part."""
    rows = []
    for name, group in groupby(plan.spans, key=lambda span: span.asset):
        spans = list(group)
        ends = [str(EPOCH + us * MICROSECOND)[:16] for us in (spans[0].start_us, spans[-1].end_us)]
        kinds = plan.base.actions.filter(asset=name)["kind"].to_list()
        acted = str(kinds.count("split")), str(kinds.count("dividend"))
        rows.append((name, f"{sum(span.rows for span in spans):,}", *ends, *acted))
    return rows
