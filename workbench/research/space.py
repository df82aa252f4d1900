"""Spaces: the values that a parameter takes in a sweep, listed or drawn.

The one idea: a space that can be listed is a tuple of values in an order; one that cannot, `uniform` and `log_uniform`,
says how to draw them and needs `.sample(n)`. `range`, a list and a numpy array are listed spaces already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from workbench.engine.names import missing
from workbench.errors import ParameterError
from workbench.indicators.given import short

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Drawn", "Listed", "choice", "log_uniform", "space_of", "steps", "uniform"]

VALUES_MAX: Final = 1_000_000
Number = float | Decimal


@dataclass(frozen=True, slots=True)
class Listed:
    """Values one by one; `text` is how it was written."""

    values: tuple[object, ...]
    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Drawn:
    """Every number between two, both included; on a logarithmic scale where `log` says so."""

    low: float
    high: float
    log: bool

    def draw(self, rng: np.random.Generator, n: int, *, whole: bool) -> list[float] | list[int]:
        """`n` values; whole ones where the parameter takes no others."""
        low, high = (self.low, self.high + 1) if whole else (self.low, self.high)
        low, high = (math.log(low), math.log(high)) if self.log else (low, high)
        numbers: list[float] = rng.uniform(low, high, n).tolist()
        drawn = [math.exp(number) for number in numbers] if self.log else numbers
        # What rounding puts beside an end is put on it.
        kept = [min(max(number, self.low), self.high + whole) for number in drawn]
        return [min(math.floor(number), int(self.high)) for number in kept] if whole else kept

    @property
    def is_whole(self) -> bool:
        """Whether both ends are whole numbers."""
        return float(self.low).is_integer() and float(self.high).is_integer()

    def __repr__(self) -> str:
        return f"{'log_uniform' if self.log else 'uniform'}({self.low!r}, {self.high!r})"


def steps(first: Number, last: Number, step: Number) -> Listed:
    """Numbers from `first` to `last`, both included, each `step` after the one before, in exact decimal steps.

    Returns:
        A space of ints, of Decimals where first or step is one, else of floats.

    Raises:
        ParameterError: a step of 0 or in the wrong direction, no finite number, or a last that no step reaches.

    Example:
        >>> steps(0.1, 0.3, 0.1).values
        (0.1, 0.2, 0.3)
    """
    begin, end, by = _exact("first", first), _exact("last", last), _exact("step", step)
    count = (end - begin) / by if by else Decimal(-1)
    written = f"steps({first!r}, {last!r}, {step!r})"
    if count < 0 or count != int(count):
        near = f"; the nearest is {begin + int(count) * by}" if count > 0 else ""
        raise ParameterError(f"{written}: last must be reached from first by whole steps{near}")
    if count >= VALUES_MAX:
        raise ParameterError(f"{written} has {int(count) + 1:,} values; give at most {VALUES_MAX:,}")
    values = (begin + number * by for number in range(int(count) + 1))
    return Listed(tuple(map(_like(first, step), values)), written)


def uniform(low: float, high: float) -> Drawn:
    """Any number from `low` to `high`, evenly; of a parameter that takes whole numbers only, whole ones.

    Returns:
        A space for `.sample(n)`.

    Raises:
        ParameterError: no finite numbers, or low not below high.

    Example:
        >>> uniform(0.5, 2.0)
        uniform(0.5, 2.0)
    """
    return _drawn("uniform", low, high, log=False)


def log_uniform(low: float, high: float) -> Drawn:
    """Any number from `low` to `high`, evenly by its logarithm: as many from 1 to 10 as from 10 to 100.

    Returns:
        A space for `.sample(n)`.

    Raises:
        ParameterError: no finite numbers, low not above 0, or not below high.

    Example:
        >>> log_uniform(1, 100)
        log_uniform(1, 100)
    """
    if _exact("low", low) <= 0:
        raise ParameterError(f"log_uniform({low!r}, {high!r}): a logarithm needs numbers above 0")
    return _drawn("log_uniform", low, high, log=True)


def choice(*values: object) -> Listed:
    """The given values and no others, such as texts or tuples.

    Returns:
        A space; only numbers have neighbours in it.

    Raises:
        ParameterError: no value, or a list in the place of its values.

    Example:
        >>> choice("open", "close").values
        ('open', 'close')
    """
    if not values:
        raise ParameterError("choice() has no value; write choice('open', 'close')")
    if len(values) == 1 and (given := _values(values[0])) is not None:
        raise ParameterError(
            f"choice({short(values[0])}) has one value, the {type(values[0]).__name__} itself; write "
            f"choice({', '.join(map(short, given[:3]))}{', ...' if len(given) > 3 else ''}), or leave choice out"
        )
    return Listed(values, f"choice({', '.join(map(short, values))})")


def space_of(name: str, given: object) -> Listed | Drawn:
    """The space that a keyword of `sweep` means.

    Raises:
        ParameterError: a tuple, a single value, something without an order, or nothing at all.

    Example:
        >>> space_of("fast", range(3, 6)).values
        (3, 4, 5)
    """
    if isinstance(given, (Listed, Drawn)):
        return given
    if isinstance(given, tuple):
        raise ParameterError(f"{name}={short(given)} is a tuple, which can be read in two ways; {_meant(name, given)}")
    values = _values(given)
    if values is None:
        raise ParameterError(f"{name}={short(given)} is a {type(given).__name__}; {_spelled(name, given)}")
    if not values:
        raise ParameterError(f"{name}={short(given)} holds no value; give at least one, such as {name}=range(5, 51)")
    if len(values) > VALUES_MAX:
        raise ParameterError(f"{name} has {len(values):,} values; give at most {VALUES_MAX:,}")
    return Listed(tuple(values), short(given) if isinstance(given, range) else _listing(values))


def _values(given: object) -> Sequence[object] | None:
    if isinstance(given, (range, list)):
        return given
    # A numpy array is known by what it can do, so that numpy need not be loaded to ask.
    to_list: Callable[[], Any] | None = getattr(given, "tolist", None)
    if to_list is None or getattr(given, "ndim", None) != 1:
        return None
    return list(to_list())


def _listing(values: Sequence[object]) -> str:
    if len(values) <= 6:
        return f"[{', '.join(map(short, values))}]"
    return f"[{short(values[0])}, {short(values[1])}, ..., {short(values[-1])}]"


def _meant(name: str, given: tuple[object, ...]) -> str:
    listed = f"{name}=[{', '.join(map(short, given))}] for these values"
    if len(given) == 2 and all(type(value) is int for value in given):
        low, high = given
        return f"write {name}=range({low}, {high} + 1) for all between, or {listed}"
    if len(given) == 2 and all(isinstance(value, (int, float)) for value in given):
        low, high = given
        return f"write {name}=wb.space.uniform({low}, {high}) with .sample(n) for any between, or {listed}"
    return f"write {listed}"


def _spelled(name: str, given: object) -> str:
    if isinstance(given, (set, frozenset, dict)):
        return f"it has no order; write {name}=sorted(...)"
    if hasattr(given, "__iter__") and not isinstance(given, (str, bytes)):
        return f"give a range, a list, a numpy array of one dimension or wb.space.*: {name}=list(...)"
    return f"give a range, a list, a numpy array or wb.space.*; for one value write .with_params({name}={short(given)})"


def _exact(name: str, value: object) -> Decimal:
    try:
        number = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ParameterError(f"{name}={short(value)}: give a finite number")
    return number


def _like(first: Number, step: Number) -> Callable[[Decimal], object]:
    """Numbers of the kind that the first and the step are: Decimals, whole numbers or floats."""
    if isinstance(first, Decimal) or isinstance(step, Decimal):
        return Decimal
    return int if isinstance(first, int) and isinstance(step, int) else float


def _drawn(name: str, low: float, high: float, *, log: bool) -> Drawn:
    if _exact("low", low) >= _exact("high", high):
        raise ParameterError(f"{name}({low!r}, {high!r}): the first must be below the second")
    return Drawn(low, high, log)


if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

    def __getattr__(name: str) -> object:
        raise missing("wb.space", name, ("choice", "log_uniform", "steps", "uniform"))
