"""A number that is not chosen yet: it goes through formulas like a number, and stops whatever would look at it.

The one idea: code that cannot see a number cannot branch on it. If a function that was called with slots in the place
of numbers comes to its end without looking at one, what it made holds for all of their values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

__all__ = ["Seen", "Slot"]


class Seen(Exception):
    """A slot was looked at, so what follows could depend on its value."""


class Slot:
    """One of several values, which one is left open; arithmetic with plain numbers gives another slot.

    Example:
        >>> twice = 2 * Slot("fast", (3, 5))
        >>> twice.axis, twice.values
        ('fast', (6, 10))
        >>> Slot("fast", (3, 5)) > 4
        Traceback (most recent call last):
        workbench.indicators.slots.Seen: the value of fast was looked at
    """

    # A numpy number leaves the operator to the slot.
    __array_ufunc__ = None

    def __init__(self, axis: str, values: Sequence[Any], seen: list[str] | None = None) -> None:
        self.axis = axis
        self.values = tuple(values)
        # Shared with every slot made of this one, so that a trace knows what was caught and swallowed.
        self.seen: list[str] = [] if seen is None else seen

    def each(self, change: Callable[[Any], Any]) -> Slot:
        """The slot with every value changed.

        Raises:
            Seen: the change fails for one of them, which would stop that run only.
        """
        try:
            return Slot(self.axis, [change(value) for value in self.values], self.seen)
        except Exception:  # noqa: BLE001  Whatever it is, the run that has this value will raise it again.
            self._look()

    def _look(self, *_: object) -> NoReturn:
        self.seen.append(self.axis)
        raise Seen(f"the value of {self.axis} was looked at")

    def _joined(self, other: object, join: Callable[[Any, Any], Any], *, swapped: bool = False) -> Any:
        if hasattr(other, "inputs"):
            return NotImplemented  # An indicator takes the slot as an operand.
        if isinstance(other, Slot) or not isinstance(other, (int, float)):
            self._look()
        return self.each(lambda value: join(other, value) if swapped else join(value, other))

    def __add__(self, other: object) -> Any:
        return self._joined(other, operator.add)

    def __radd__(self, other: object) -> Any:
        return self._joined(other, operator.add, swapped=True)

    def __sub__(self, other: object) -> Any:
        return self._joined(other, operator.sub)

    def __rsub__(self, other: object) -> Any:
        return self._joined(other, operator.sub, swapped=True)

    def __mul__(self, other: object) -> Any:
        return self._joined(other, operator.mul)

    def __rmul__(self, other: object) -> Any:
        return self._joined(other, operator.mul, swapped=True)

    def __truediv__(self, other: object) -> Any:
        return self._joined(other, operator.truediv)

    def __rtruediv__(self, other: object) -> Any:
        return self._joined(other, operator.truediv, swapped=True)

    def __neg__(self) -> Slot:
        return self.each(operator.neg)

    def _compared(self, other: object) -> Any:
        return NotImplemented if hasattr(other, "inputs") else self._look()

    __lt__ = __le__ = __gt__ = __ge__ = _compared
    __eq__ = __ne__ = __hash__ = __bool__ = __repr__ = __str__ = __format__ = _look
    __int__ = __float__ = __index__ = __round__ = __abs__ = __reduce__ = _look
