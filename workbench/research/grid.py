"""The combinations of a sweep as columns: for every axis its values once, and for every combination their numbers.

The one idea: ten thousand combinations are a few arrays of whole numbers. A combination becomes an object only where
somebody asks for it, and a test of `where` sees one small tuple at a time.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from itertools import repeat
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import ParameterError
from workbench.indicators.given import short
from workbench.research.space import Drawn, Listed

__all__ = ["Axis", "Codes", "Grid", "Sample", "Test", "combine", "size"]

COMBINATIONS_MAX: Final = 2_000_000
DRAWS_MAX: Final = 1_000
Codes = npt.NDArray[np.int64]
Test = Callable[[Any], object]


class Sample(NamedTuple):
    """How many combinations are drawn, and by which seed."""

    n: int
    seed: int


@dataclass(frozen=True, slots=True)
class Axis:
    """A name and the space it takes its values from, and whether only whole numbers will do."""

    name: str
    space: Listed | Drawn
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Combinations: `values[name][codes[name][i]]` is what combination i has for a name.

    `listed` is False where values were drawn from a continuous space, so that there are no neighbours.
    """

    values: Mapping[str, Sequence[object]]
    codes: Mapping[str, Codes]
    listed: bool

    def __len__(self) -> int:
        return len(next(iter(self.codes.values()))) if self.codes else 1

    def column(self, name: str, rows: Codes | None = None) -> list[object]:
        """The values of one name, of all combinations or of those at `rows`."""
        codes = self.codes[name] if rows is None else self.codes[name][rows]
        values = self.values[name]
        return [values[code] for code in codes.tolist()]

    def at(self, row: int) -> dict[str, object]:
        """One combination."""
        return {name: self.values[name][codes[row]] for name, codes in self.codes.items()}

    def ranks(self, name: str) -> Codes | None:
        """The place of each combination's value among all of that axis in order; None where they have no order."""
        values = self.values[name]
        if not all(isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) for value in values):
            return None
        places = np.empty(len(values), np.int64)
        places[sorted(range(len(values)), key=values.__getitem__)] = np.arange(len(values))  # type: ignore[arg-type]
        return places[self.codes[name]]


def size(axes: Sequence[Axis]) -> int | None:
    """How many combinations there are; None where a space is continuous."""
    if any(isinstance(axis.space, Drawn) for axis in axes):
        return None
    return math.prod(len(axis.space.values) for axis in axes if isinstance(axis.space, Listed))


def combine(axes: Sequence[Axis], fixed: Mapping[str, object], tests: Sequence[Test], sample: Sample | None) -> Grid:
    """The combinations that pass every test, all of them or a sample, in the order of the axes, the first slowest.

    Args:
        axes: names and their spaces.
        fixed: what is the same for all, for the tests to see.
        tests: each is called with an object that has every name as an attribute.
        sample: how many to draw; needed where a space is continuous.

    Raises:
        ParameterError: too many to list, a sample larger than what there is, a test that answers neither yes nor no.
    """
    total = size(axes)
    if total is None and sample is None:
        name, space = next((axis.name, axis.space) for axis in axes if isinstance(axis.space, Drawn))
        raise ParameterError(f"{name}={space!r} has no end of values; draw some: .sample(500, seed=1)")
    if total is not None and total <= COMBINATIONS_MAX:
        grid = _kept(_product(axes, np.arange(total)), fixed, tests)
        return grid if sample is None else _chosen(grid, sample)
    if sample is None:
        raise ParameterError(f"{total:,} combinations are too many to run; draw some of them: .sample(10_000, seed=1)")
    return _drawn(axes, fixed, tests, sample)


def _product(axes: Sequence[Axis], flat: Codes) -> Grid:
    values = {axis.name: axis.space.values for axis in axes if isinstance(axis.space, Listed)}
    codes = np.unravel_index(flat, [len(each) for each in values.values()]) if values else ()
    return Grid(values, {name: each.astype(np.int64) for name, each in zip(values, codes, strict=True)}, listed=True)


def _kept(grid: Grid, fixed: Mapping[str, object], tests: Sequence[Test]) -> Grid:
    if not tests:
        return grid
    keep = np.fromiter((_passes(point, tests) for point in _points(grid, fixed)), np.bool_, len(grid))
    return _rows(grid, np.flatnonzero(keep))


def _rows(grid: Grid, rows: Codes) -> Grid:
    return Grid(grid.values, {name: codes[rows] for name, codes in grid.codes.items()}, grid.listed)


def _chosen(grid: Grid, sample: Sample) -> Grid:
    if sample.n > len(grid):
        raise ParameterError(f".sample({sample.n:,}) of {len(grid):,} combinations; leave it out to run all of them")
    rng = np.random.Generator(np.random.PCG64(sample.seed))
    return _rows(grid, np.sort(rng.choice(len(grid), sample.n, replace=False)))


def _drawn(axes: Sequence[Axis], fixed: Mapping[str, object], tests: Sequence[Test], sample: Sample) -> Grid:
    """Combinations one draw after the other, until enough of them pass."""
    rng = np.random.Generator(np.random.PCG64(sample.seed))
    found: dict[tuple[object, ...], None] = {}
    for _ in range(DRAWS_MAX):
        columns = {axis.name: _values(axis, rng, sample.n) for axis in axes}
        drawn = Grid(columns, {name: np.arange(sample.n) for name in columns}, listed=False)
        rows = zip(*columns.values(), strict=True)
        found |= {row: None for row, point in zip(rows, _points(drawn, fixed), strict=True) if _passes(point, tests)}
        if len(found) >= sample.n:
            return _collected(axes, list(found)[: sample.n])
    drawn_n = DRAWS_MAX * sample.n
    raise ParameterError(
        f".sample({sample.n:,}): of {drawn_n:,} draws only {len(found):,} were different and passed .where; ask for "
        "fewer, or make the spaces fit the condition"
    )


def _values(axis: Axis, rng: np.random.Generator, n: int) -> Sequence[object]:
    if isinstance(axis.space, Drawn):
        return axis.space.draw(rng, n, whole=axis.whole)
    values = axis.space.values
    return [values[code] for code in rng.integers(len(values), size=n).tolist()]


def _collected(axes: Sequence[Axis], rows: Sequence[tuple[object, ...]]) -> Grid:
    """Draws as a grid; the values of a listed space stay those of the space, so that they keep their order."""
    values: dict[str, Sequence[object]] = {}
    codes: dict[str, Codes] = {}
    for axis, column in zip(axes, zip(*rows, strict=True), strict=True):
        known = axis.space.values if isinstance(axis.space, Listed) else tuple(dict.fromkeys(column))
        number = {value: code for code, value in enumerate(known)}
        values[axis.name] = known
        codes[axis.name] = np.fromiter((number[value] for value in column), np.int64, len(rows))
    return Grid(values, codes, listed=all(isinstance(axis.space, Listed) for axis in axes))


def _points(grid: Grid, fixed: Mapping[str, object]) -> Iterator[tuple[object, ...]]:
    """Every combination as an object with an attribute for each name."""
    kind = _kind((*grid.values, *fixed))
    columns: list[Iterable[object]] = [grid.column(name) for name in grid.values]
    return map(kind, *columns, *(repeat(value, len(grid)) for value in fixed.values()))


def _kind(names: tuple[str, ...]) -> Callable[..., tuple[object, ...]]:
    def unknown(point: object, name: str) -> object:
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean p.{near[0]}?" if near else f"there are {', '.join(names)}"
        raise AttributeError(f"a combination has no {name!r}; {hint}")

    plain = namedtuple("Parameters", names)  # type: ignore[misc]  # the names are known at run time only
    return type("Parameters", (plain,), {"__slots__": (), "__getattr__": unknown})


def _passes(point: tuple[object, ...], tests: Sequence[Test]) -> bool:
    return all(_answer(test, point) for test in tests)


def _answer(test: Test, point: tuple[object, ...]) -> bool:
    try:
        answer = test(point)
    except Exception as error:
        error.add_note(f"in .where for {point!r}")
        raise
    if answer is True or answer is False:
        return answer
    if type(answer).__name__ == "bool":
        return bool(answer)
    raise ParameterError(f".where for {point!r} answered {short(answer)}; give a function that answers True or False")
