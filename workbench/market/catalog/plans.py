"""What is to be read for some Bars, and what is done with the rows: worked out before anything is read.

The one idea: a plan is spans of rows plus steps. A step is a method of `Bars` with its arguments, called once the rows
are there; a step that narrows also drops the spans that cannot matter, and that is all there is to be lazy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from workbench.market.bars import Bars, with_frame
from workbench.market.catalog.store import Span, narrowed
from workbench.market.clock import UNITS_US
from workbench.market.moments import moment
from workbench.market.periods import LONG

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

__all__ = ["EPOCH", "MICROSECOND", "Plan", "Reader", "Step", "reach_us"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
DAY_US: Final = UNITS_US["d"]
SLACK_US: Final = 4 * DAY_US  # a session's bars lie within this of its date, in any zone and over any weekend
LONG_US: Final = 35 * DAY_US  # what a week or a month reaches back


class Step(NamedTuple):
    """What is done with the Bars once they are read."""

    name: str
    function: Callable[..., Bars]
    args: tuple[Any, ...]


class Reader(Protocol):
    """What reads spans."""

    def frame(self, spans: Sequence[Span], columns: Sequence[str]) -> pl.DataFrame:
        """Rows of the spans, in order, by the schema `BARS`; columns that are not asked for are null."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Spans to read and steps to take; `shape` is what is known before: the Bars without their rows."""

    reader: Reader
    spans: tuple[Span, ...]  # asset after asset, each in order of time
    base: Bars  # without rows, as stored
    shape: Bars  # without rows, after the steps
    columns: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    whole: bool = True  # whether the Bars are just the rows of the spans
    ended: bool = False  # whether a step has cut the end

    def then(self, name: str, *args: Any, function: Callable[..., Bars] | None = None) -> Plan:
        """The plan with one more step, which is checked here and now on Bars without rows.

        Args:
            name: what the step is called.
            args: its arguments after the Bars.
            function: what it does; None takes the method of `Bars` that has the name.
        """
        step = Step(name, function or getattr(Bars, name), args)
        narrows = name in NARROWING and self._seen_through(name)
        # Cutting the spans checks a single time itself, and cutting a shape would change nothing.
        shape = self.shape if narrows and name in ("since", "until") else step.function(self.shape, *args)
        plan = replace(self, shape=shape, steps=(*self.steps, step), whole=False)
        return NARROWING[name](plan, self.whole, *args) if narrows else plan

    def _seen_through(self, name: str) -> bool:
        """Whether it is known, in spite of the steps so far, which rows a narrowing step leaves out."""
        made = {step.name for step in self.steps} - set(NARROWING)
        return made <= (THROUGH | {"adjusted"} if name == "since" else THROUGH)

    @property
    def derived(self) -> bool:
        """Whether rows are made from rows, so that what is said of them is known only after reading."""
        return any(step.name not in NARROWING for step in self.steps)

    @property
    def rows(self) -> int:
        """Number of rows in the spans: that of the Bars where `whole`, else at least as many."""
        return sum(span.rows for span in self.spans)

    @property
    def ingests(self) -> tuple[int, ...]:
        """The ingests that brought the rows, by their numbers."""
        return tuple(sorted({span.ingest_id for span in self.spans}))

    def bars(self) -> Bars:
        """Read, and take the steps.

        Raises:
            StorageError: a file that is missing or torn.
        """
        made = with_frame(self.base, self.reader.frame(self.spans, self.columns))
        for step in self.steps:
            made = step.function(made, *step.args)
        return made if made.frame.n_chunks() == 1 else with_frame(made, made.frame.rechunk())


def _since(plan: Plan, whole: bool, start: object) -> Plan:
    return replace(plan, spans=tuple(narrowed(plan.spans, _us(plan, moment("since", start), -1), None)))


def _until(plan: Plan, whole: bool, end: object) -> Plan:
    return replace(plan, spans=tuple(narrowed(plan.spans, None, _us(plan, moment("until", end), 1))), ended=True)


def _between(plan: Plan, whole: bool, start: object, end: object) -> Plan:
    return _until(_since(plan, whole, start), whole, end)


def _us(plan: Plan, given: date | datetime, way: int) -> int:
    return reach_us(given, way, plan.base.every, plan.shape.every)


def reach_us(given: date | datetime, way: int, *lengths: str) -> int:
    """A moment in microseconds, moved as far that way (-1 or 1) as rows of its session or of a bar around it can lie.

    Example:
        >>> reach_us(date(1970, 1, 5), -1, "1m"), reach_us(EPOCH, 1, "1m", "1m")
        (0, 0)
    """
    if isinstance(given, datetime):
        at, slack = (given - EPOCH) // MICROSECOND, 0
    else:
        at, slack = (given - EPOCH.date()).days * DAY_US, SLACK_US
    if len(set(lengths)) > 1:
        slack = SLACK_US
    return at + way * (slack + (LONG_US if set(lengths) & set(LONG) else 0))


def _last(plan: Plan, whole: bool, n: int) -> Plan:
    """Only the last spans of each asset, where it is known how many rows they bring."""
    if plan.derived or plan.ended:
        return plan
    groups = [list(spans) for _, spans in groupby(plan.spans, key=lambda span: span.asset)]
    return replace(plan, spans=tuple(span for spans in groups for span in _tail(spans, n)), whole=whole)


def _tail(spans: list[Span], n: int) -> list[Span]:
    kept: list[Span] = []
    for span in reversed(spans):
        if n > 0:
            taken = min(n, span.rows)
            kept.append(replace(span, row=span.row + span.rows - taken, rows=taken))
            n -= taken
    return kept[::-1]


def _select(plan: Plan, whole: bool, assets: object) -> Plan:
    """The base too, so that the step itself is done."""
    names = [str(asset) for asset in plan.shape.assets]
    order = {name: i for i, name in enumerate(names)}
    spans = sorted((span for span in plan.spans if span.asset in order), key=lambda span: order[span.asset])
    return replace(plan, spans=tuple(spans), base=plan.base.select(names), steps=plan.steps[:-1], whole=whole)


# Through these steps a later narrowing can be seen, since they leave rows where they are in time. Adjusted prices
# depend on the last bar and on all assets, so only what lies before can be left out of them.
THROUGH: Final = frozenset({"resample", "fields"})
NARROWING: Final[dict[str, Callable[..., Plan]]] = {
    "since": _since,
    "until": _until,
    "between": _between,
    "last": _last,
    "select": _select,
}
