"""What a parameter is set by on a page: a control with a place for each value that it can take.

The one idea: a page knows places only, counted from 0; which value stands at a place is known here, so nothing is
rounded on the way. Where every number between two is allowed, the places are round numbers between them.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Final, Literal

from workbench.errors import ParameterError
from workbench.indicators.given import short
from workbench.research.design import is_whole
from workbench.research.space import Drawn, Listed
from workbench.strategies.callbacks import declared, parameters
from workbench.strategies.parameters import taken

if TYPE_CHECKING:
    from workbench.strategies import Strategy

__all__ = ["Control", "controls_of"]

PLACES_MAX: Final = 10_000
BETWEEN_MAX: Final = 200
ROUND: Final = (1, 2, 5, 10)
LOG_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Control:
    """A parameter, how it is set, and the values it can be set to.

    Example:
        >>> from workbench.research.demo import Cross
        >>> from workbench.research.space import space_of
        >>> [fast] = controls_of(Cross(), {"fast": space_of("fast", range(5, 51))})
        >>> fast.kind, len(fast.stops), fast.stops[fast.place(20)]
        ('slider', 46, 20)
    """

    name: str
    kind: Literal["slider", "switch", "list"]
    stops: tuple[object, ...]
    space: Listed | Drawn

    def place(self, value: object) -> int:
        """The place of a value, or of the nearest one; the first where values have no order."""
        for place, stop in enumerate(self.stops):
            if _same(stop, value):
                return place
        if self.kind != "slider" or not _is_number(value):
            return 0
        numbers = [float(stop) for stop in self.stops]  # type: ignore[arg-type]  # a slider has numbers
        above = bisect_left(numbers, float(value))  # type: ignore[arg-type]  # a number
        near = [place for place in (above - 1, above) if 0 <= place < len(numbers)]
        return min(near, key=lambda place: abs(numbers[place] - float(value)))  # type: ignore[arg-type]

    def checked(self, owner: Strategy, value: object) -> object:
        """A value that is one of the space, as the parameter keeps it.

        Raises:
            ParameterError: the parameter does not take it, or the space does not hold it.
        """
        kept = taken(type(owner).__name__, declared(owner)[self.name], value)
        if isinstance(self.space, Drawn) and self.space.low <= kept <= self.space.high:  # type: ignore[operator]
            return kept
        found = [stop for stop in self.stops if _same(stop, kept)]
        if found and isinstance(self.space, Listed):
            return found[0]
        near = self.stops[self.place(kept)]
        raise ParameterError(
            f"{self.name}={short(value)} is not in {self.space!r}, which is explored; the nearest is {short(near)}"
        )

    def start(self, own: object) -> object:
        """The value to begin with: the strategy's own, else the nearest one."""
        if isinstance(self.space, Drawn) and _is_number(own) and self.space.low <= own <= self.space.high:  # type: ignore[operator]
            return own
        return self.stops[self.place(own)]


def controls_of(strategy: Strategy, spaces: Mapping[str, Listed | Drawn]) -> tuple[Control, ...]:
    """A control for each space.

    Raises:
        ParameterError: more values than a control has places for.
    """
    known = declared(strategy)
    return tuple(_control(name, space, is_whole(space, known[name])) for name, space in spaces.items())


def starts_of(strategy: Strategy, controls: tuple[Control, ...]) -> dict[str, object]:
    """What the controls begin with."""
    own = parameters(strategy)
    return {control.name: control.start(own[control.name]) for control in controls}


def _control(name: str, space: Listed | Drawn, whole: bool) -> Control:
    if isinstance(space, Drawn):
        return Control(name, "slider", _between(space, whole), space)
    values = space.values
    if len(values) > PLACES_MAX:
        raise ParameterError(
            f"{name} has {len(values):,} values, and a slider has at most {PLACES_MAX:,}; give fewer, or write "
            f"{name}=wb.space.uniform({short(values[0])}, {short(values[-1])}) for any between"
        )
    if {type(value) for value in values} == {bool} and len(values) == 2:
        return Control(name, "switch", (False, True), space)
    if all(map(_is_number, values)):
        return Control(name, "slider", tuple(sorted(values)), space)  # type: ignore[type-var]  # numbers
    return Control(name, "list", values, space)


def _between(space: Drawn, whole: bool) -> tuple[object, ...]:
    """Round numbers from the least to the greatest, on a logarithmic scale where the space has one."""
    low, high = space.low, space.high
    if whole:
        numbers = _logarithmic(low, high) if space.log else _even(low, high, least=1)
        return tuple(sorted({int(low), int(high), *(round(number) for number in numbers)}))
    numbers = _logarithmic(low, high) if space.log else _even(low, high)
    return tuple(sorted({float(low), float(high), *numbers}))


def _logarithmic(low: float, high: float) -> list[float]:
    ratio = math.log(high / low) / BETWEEN_MAX
    numbers = [low * math.exp(ratio * place) for place in range(1, BETWEEN_MAX)]
    return [rounded for number in numbers if low < (rounded := float(f"{number:.{LOG_DIGITS}g}")) < high]


def _even(low: float, high: float, least: float = 0.0) -> list[float]:
    """Every multiple of a round step between two numbers."""
    rough = max((high - low) / BETWEEN_MAX, least)
    power = math.floor(math.log10(rough))
    step = next(Decimal(n).scaleb(power) for n in ROUND if float(Decimal(n).scaleb(power)) >= rough * (1 - 1e-9))
    first, last = math.floor(Decimal(str(low)) / step) + 1, math.ceil(Decimal(str(high)) / step)
    return [float(step * number) for number in range(first, last)]


def _is_number(value: object) -> bool:
    return isinstance(value, (Real, Decimal)) and not isinstance(value, bool)


def _same(stop: object, value: object) -> bool:
    """Equal and of one kind: True is not 1."""
    return isinstance(stop, bool) == isinstance(value, bool) and stop == value
