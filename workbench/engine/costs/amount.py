"""A number given for a cost, made exact at the door: a float means its shortest decimal."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation
from numbers import Real
from typing import Final, TypeAlias

from workbench.errors import NumberError

__all__ = ["Amount", "amount", "finite", "plain"]

Amount: TypeAlias = int | float | str | Decimal

DIGITS_MAX: Final = 12
LIMIT: Final = Decimal(10) ** 12
STEP: Final = Decimal("1e-12")
WIDE: Final = Context(prec=60)


def amount(value: object, name: str) -> Decimal:
    """The exact, non-negative number in `value`, with at most 12 digits after the point and below 10^12.

    Raises:
        NumberError: It is a bool, NaN, infinite, negative, too large, too fine or no number at all.

    Example:
        >>> amount(0.005, "rate")
        Decimal('0.005')
    """
    number = finite(value, name)
    if number < 0:
        raise NumberError(f"{name} must not be negative, got {value!r}; a cost is given as a positive number")
    if number >= LIMIT:
        raise NumberError(f"{name} must be below 10^12, got {value!r}")
    return _shortest(number, name, value)


def finite(value: object, name: str) -> Decimal:
    """The number in `value`, of either sign; a float means its shortest decimal.

    Raises:
        NumberError: It is a bool, NaN, infinite or no number at all.

    Example:
        >>> finite(-0.5, "rate")
        Decimal('-0.5')
    """
    number = _decimal(value, name)
    if not number.is_finite():
        raise NumberError(f"{name} must be a finite number, got {value!r}")
    return number


def plain(number: Decimal) -> str:
    """The number as it is typed, never with an exponent.

    Example:
        >>> plain(Decimal("1E+2"))
        '100'
    """
    return f"{number:f}"


def _decimal(value: object, name: str) -> Decimal:
    """The number as it reads: floats and numpy's scalars print as their shortest decimal."""
    try:
        # A bool is an int to Python.
        if not isinstance(value, bool) and isinstance(value, (str, Decimal, Real)):
            return Decimal(str(value))
    except InvalidOperation:
        # Text that is no number, or a fraction, gets the same answer as any other value.
        pass
    raise NumberError(f"{name} must be a number such as 10, 0.5 or '0.005', got {value!r} ({type(value).__name__})")


def _shortest(number: Decimal, name: str, given: object) -> Decimal:
    """The same number without superfluous zeros, so that equal costs are equal in text and hash."""
    on_step = number.quantize(STEP, context=WIDE)
    if on_step != number:
        raise NumberError(f"{name} must have at most {DIGITS_MAX} digits after the point, got {given!r}")
    return Decimal(f"{on_step.copy_abs():f}".rstrip("0").rstrip("."))
