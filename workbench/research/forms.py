"""Many signals as a few forms: expressions with holes, and the numbers that each run has in them.

The one idea: the signals of a sweep mostly differ in numbers only. A function is called once with slots in the place of
its parameters; if it looks at none of them, what it made holds for every run. Else it is called for each run, and what
is alike but for numbers is put together. Either way the core gets a form and columns of numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.indicators import Indicator
from workbench.indicators.slots import Slot
from workbench.market.bars import Bars
from workbench.research.grid import Codes, Grid
from workbench.strategies import Strategy
from workbench.strategies.callbacks import parameters
from workbench.strategies.signals import Plan, Signals, check, made_with, planned

__all__ = ["Hole", "Spec", "specs"]

PROBES: Final = 4
NUMBERS: Final = (int, float)
Numbers = npt.NDArray[np.float64]
Driven = dict[str, Codes]


@dataclass(frozen=True, slots=True)
class Hole:
    """The place of a number in a form."""

    slot: int


@dataclass(frozen=True, slots=True)
class Spec:
    """Runs of one form: `runs` says which combinations they are.

    `codes` has a column for each slot, named by its number, of places in `values`, and one of places in `plans`, which
    say how much an entry opens and what protects it.
    """

    runs: Codes
    entry: object
    exit: object
    values: list[list[float]]
    codes: pl.DataFrame
    plans: list[Plan]
    per_year: float


def specs(strategy: Strategy, bars: Bars, per_year: float, grid: Grid, rows: Codes) -> tuple[list[Spec], Driven]:
    """The runs of combinations as forms, and by the reason for it those that have none.

    Args:
        strategy: made of rules.
        bars: of every run.
        per_year: sessions of a year.
        grid: combinations, of parameters of the strategy among others.
        rows: which of them.

    Example:
        >>> from workbench import sample, ta
        >>> made, driven = specs(
        ...     Signals(entry=ta.close() > 5), sample["IBM"], 252.0, Grid({}, {}, True), np.array([0])
        ... )
        >>> made[0].entry, driven
        (('gt', (), ('close', 5.0)), {})
    """
    names = [name for name in grid.codes if name in parameters(strategy)]
    found = _traced(strategy, bars, per_year, grid, rows, names)
    return ([found], {}) if found is not None else _called(strategy, bars, per_year, grid, rows, names)


class _Slots:
    """Numbers the slots of a form; those of one axis with the same values are one."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, tuple[float, ...]], int] = {}

    def form(self, node: Any) -> object:
        """A node with holes in the place of slots."""
        name, params, inputs, *every = node
        taken = tuple(self.number(each) for each in params)
        read = tuple(self.form(each) if isinstance(each, tuple) else self.number(each) for each in inputs)
        return (name, taken, read, *every)

    def number(self, given: Any) -> object:
        """What stands for a number or a field."""
        if not isinstance(given, Slot):
            return given
        key = (given.axis, tuple(map(float, given.values)))
        return Hole(self.known.setdefault(key, len(self.known)))


def _traced(
    strategy: Strategy, bars: Bars, per_year: float, grid: Grid, rows: Codes, names: Sequence[str]
) -> Spec | None:
    """The one form of all runs, from a call with slots; None where that cannot be."""
    seen: list[str] = []
    given: dict[str, object] = {}
    for name in names:
        values = grid.values[name]
        if not all(type(value) in NUMBERS for value in values):
            return None
        given[name] = Slot(name, values, seen)
    try:
        made = made_with(strategy, given)
        if _reason(made, bars) is not None:
            return None
        plan = planned(made, bars)
        slots = _Slots()
        entry, leave = (None if rule is None else slots.form(rule.node) for rule in (made.entry, made.exit))
    except Exception:  # noqa: BLE001  Whatever a slot cannot stand for is found out again with real values.
        return None
    if seen or plan is None or not _holds(strategy, made, bars, grid, rows, names):
        return None
    columns = {str(at): grid.codes[axis][rows].astype(np.uint32) for (axis, _), at in slots.known.items()}
    codes = pl.DataFrame({**columns, "plan": np.zeros(len(rows), np.uint32)})
    return Spec(rows, entry, leave, [list(values) for _, values in slots.known], codes, [plan], per_year)


def _holds(strategy: Strategy, made: Signals, bars: Bars, grid: Grid, rows: Codes, names: Sequence[str]) -> bool:
    """Whether the form is what the function gives for real values, at both ends and some places in between."""
    terms = _terms(made)
    for at in np.unique(np.linspace(0, len(rows) - 1, PROBES).astype(np.int64)):
        row = rows[at]
        alone = made_with(strategy, {name: grid.values[name][grid.codes[name][row]] for name in names})
        if _terms(alone) != terms:
            return False
        for mine, other in ((made.entry, alone.entry), (made.exit, alone.exit)):
            if (mine is None) != (other is None):
                return False
            if mine is not None and other is not None and _filled(mine.node, grid, row) != other.node:
                return False
    return True


def _terms(made: Signals) -> tuple[object, ...]:
    """How much an entry opens, and what protects it."""
    sizes = (made.weight, made.quantity, made.all_in)
    return (*sizes, made.stop_loss_pct, made.take_profit_pct, made.trail_pct)


def _filled(node: Any, grid: Grid, row: int) -> object:
    """A node with the numbers of one combination."""
    if isinstance(node, Slot):
        return node.values[grid.codes[node.axis][row]]
    return tuple(_filled(each, grid, row) for each in node) if isinstance(node, tuple) else node


def _called(
    strategy: Strategy, bars: Bars, per_year: float, grid: Grid, rows: Codes, names: Sequence[str]
) -> tuple[list[Spec], Driven]:
    """Forms from a call for each run; what cannot be made, or is no formula, is left to the run itself."""
    alike: dict[Hashable, _Alike] = {}
    driven: dict[str, list[int]] = {}
    columns = [grid.column(name, rows) for name in names]
    for at, row in enumerate(rows.tolist()):
        try:
            made = made_with(strategy, {name: column[at] for name, column in zip(names, columns, strict=True)})
            reason = _reason(made, bars)
        except Exception:  # noqa: BLE001  As above.
            reason = "rules"
        if reason is not None:
            driven.setdefault(reason, []).append(row)
            continue
        numbers: list[float] = []
        shape = tuple(None if rule is None else _shape(rule, numbers) for rule in (made.entry, made.exit))
        alike.setdefault(shape, _Alike(shape)).add(row, numbers, made)
    found = {reason: np.array(those, np.int64) for reason, those in driven.items()}
    return [each.spec(bars, per_year) for each in alike.values()], found


def _reason(made: Signals, bars: Bars) -> str | None:
    """Why these signals have no form, as in `WHY`; they are checked, but for the account, as their run does that."""
    check(made, bars, on_margin=True)
    if made.has_shorts:
        return "shorts"
    if made.largest_weight > 1:
        return "margin"
    return None if _is_formula(made.entry) and _is_formula(made.exit) else "rules"


def _is_formula(rule: object) -> bool:
    """Whether it is made of our formulas over the asset's own bars; else each run is driven by the engine."""
    if not isinstance(rule, Indicator):
        return True
    return rule.asset is None and not rule.is_written and all(map(_is_formula, rule.inputs))


def _shape(rule: Any, numbers: list[float]) -> Hashable:
    """An indicator without its numbers, which are put behind the others."""
    if not isinstance(rule, Indicator):
        if isinstance(rule, str):
            return rule
        numbers.append(float(rule))
        return None
    numbers.extend(map(float, rule.params))
    inputs = tuple(_shape(each, numbers) for each in rule.inputs)
    return (rule.name, len(rule.params), inputs, rule.every)


class _Alike:
    """Runs whose signals are alike but for numbers."""

    def __init__(self, shape: tuple[Hashable, ...]) -> None:
        self._shape = shape
        self._runs: list[int] = []
        self._numbers: list[list[float]] = []
        self._plans: dict[Hashable, int] = {}
        self._made: list[Signals] = []
        self._places: list[int] = []

    def add(self, row: int, numbers: list[float], made: Signals) -> None:
        """One more run."""
        self._runs.append(row)
        self._numbers.append(numbers)
        place = self._plans.setdefault(tuple(map(str, _terms(made))), len(self._plans))
        if place == len(self._made):
            self._made.append(made)
        self._places.append(place)

    def spec(self, bars: Bars, per_year: float) -> Spec:
        """The runs as a form; columns of numbers that are the same are one."""
        table = np.array(self._numbers, np.float64).reshape(len(self._runs), -1)
        values: list[list[float]] = []
        columns: dict[str, Codes] = {}
        known: dict[bytes, object] = {}
        numbers = [_number(column, values, columns, known) for column in table.T]
        left = iter(numbers)
        entry, leave = (None if shape is None else _form(shape, left) for shape in self._shape)
        codes = pl.DataFrame({**columns, "plan": self._places}).cast(pl.UInt32)
        plans = [plan for made in self._made if (plan := planned(made, bars)) is not None]
        return Spec(np.array(self._runs, np.int64), entry, leave, values, codes, plans, per_year)


def _number(
    column: Numbers, values: list[list[float]], columns: dict[str, Codes], known: dict[bytes, object]
) -> object:
    """A number that all runs share, or the hole of a slot with theirs."""
    key = column.tobytes()
    if key not in known:
        found, codes = np.unique(column, return_inverse=True)
        known[key] = float(found[0]) if len(found) == 1 else Hole(len(values))
        if len(found) > 1:
            columns[str(len(values))] = codes.astype(np.int64)
            values.append(found.tolist())
    return known[key]


def _form(shape: Any, numbers: Any) -> object:
    """A shape with its numbers, in the order in which they were taken out."""
    if shape is None:
        return next(numbers)
    if isinstance(shape, str):
        return shape
    name, count, inputs, every = shape
    params = tuple(next(numbers) for _ in range(count))
    read = tuple(_form(each, numbers) for each in inputs)
    return (name, params, read) if every is None else (name, params, read, every)
