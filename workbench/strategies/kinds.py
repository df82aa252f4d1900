"""What a parameter's annotation allows: every annotation becomes one function from a given value to the value kept.

Numbers, text, bool, Decimal, None, Literal, unions and tuples are checked; any other annotation takes every value.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from numbers import Real
from operator import index
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from workbench.indicators.given import short

__all__ = ["REFUSED", "Kind", "kind_of", "repaired", "spelled"]

Taker: TypeAlias = Callable[[object], object]

REFUSED: Final = object()


@dataclass(frozen=True, slots=True)
class Kind:
    """What is allowed, in words, and the function that gives the value kept or `REFUSED`."""

    allowed: str
    take: Taker


def kind_of(annotation: object) -> Kind:
    """What an annotation allows.

    Example:
        >>> kind_of(int | None).allowed
        'an int or None'
        >>> kind_of(int).take(20.0) is REFUSED
        True
    """
    annotation = _unwrapped(annotation)
    plain = _PLAIN.get(annotation) if isinstance(annotation, type) else None
    if plain is not None:
        return plain
    origin = get_origin(annotation)
    build = _BUILT.get(origin) if origin is not None else None
    return build(get_args(annotation)) if build is not None else ANYTHING


def repaired(kind: Kind, value: object) -> object:
    """The value that was probably meant, or `REFUSED`.

    Example:
        >>> repaired(kind_of(int), "20")
        20
    """
    for candidate in _candidates(value):
        taken = kind.take(candidate)
        if taken is not REFUSED:
            return taken
    return REFUSED


def spelled(given: Mapping[str, object]) -> str:
    """Values by name, as they would be typed in a call.

    Example:
        >>> spelled({"fast": 20, "mode": "slow"})
        "fast=20, mode='slow'"
    """
    return ", ".join(f"{name}={short(value)}" for name, value in given.items())


def _unwrapped(annotation: object) -> object:
    """Without `Annotated`, `Final` and the names of type aliases."""
    origin = get_origin(annotation)
    if origin in (Annotated, Final):
        return _unwrapped(get_args(annotation)[0])
    if type(annotation).__name__ == "TypeAliasType":
        return _unwrapped(getattr(annotation, "__value__", Any))
    return type(None) if annotation is None else annotation


def _candidates(value: object) -> Iterator[object]:
    if isinstance(value, float) and value.is_integer():
        yield int(value)
    if isinstance(value, list):
        yield tuple(value)
    if isinstance(value, str):
        try:
            yield ast.literal_eval(value)
        except (ValueError, SyntaxError):
            # Text that is no literal has no better reading.
            return


def _is_bool(value: object) -> bool:
    """Python's bool or numpy's, which are numbers to Python but never meant as such."""
    return type(value).__name__ in ("bool", "bool_")


def _int(value: object) -> object:
    if _is_bool(value) or not isinstance(value, Real) or not hasattr(type(value), "__index__"):
        return REFUSED
    return index(value)  # type: ignore[arg-type]


def _float(value: object) -> object:
    if _is_bool(value) or not isinstance(value, Real):
        return REFUSED
    try:
        number = float(value)
    except OverflowError:
        return REFUSED
    return number if isfinite(number) else REFUSED


def _bool(value: object) -> object:
    return bool(value) if _is_bool(value) else REFUSED


def _str(value: object) -> object:
    # An Asset is text with attributes and stays what it is; numpy's text becomes plain.
    if not isinstance(value, str):
        return REFUSED
    return str(value) if type(value).__module__ == "numpy" else value


def _decimal(value: object) -> object:
    if isinstance(value, Decimal):
        return value if value.is_finite() else REFUSED
    whole = _int(value)
    return REFUSED if whole is REFUSED else Decimal(str(whole))


def _none(value: object) -> object:
    return None if value is None else REFUSED


def _tuple(value: object) -> object:
    return value if isinstance(value, tuple) else REFUSED


def _literal(choices: tuple[Any, ...]) -> Kind:
    def take(value: object) -> object:
        # 1 == True, so the type has to agree as well.
        return next((each for each in choices if type(each) is type(value) and each == value), REFUSED)

    return Kind(f"one of {', '.join(map(repr, choices))}", take)


def _union(members: tuple[Any, ...]) -> Kind:
    kinds = [kind_of(each) for each in members]
    exact = {member: kind for member, kind in zip(members, kinds, strict=True) if isinstance(member, type)}

    def take(value: object) -> object:
        # `int | float` keeps an int an int: the member of the value's own type goes first.
        own = exact.get(type(value))
        taken = (kind.take(value) for kind in ([own] if own else []) + kinds)
        return next((each for each in taken if each is not REFUSED), REFUSED)

    return Kind(" or ".join(dict.fromkeys(kind.allowed for kind in kinds)), take)


def _tuples(members: tuple[Any, ...]) -> Kind:
    if len(members) == 2 and members[1] is Ellipsis:
        return _repeated(kind_of(members[0]))
    kinds = [kind_of(each) for each in members]

    def take(value: object) -> object:
        if not isinstance(value, tuple) or len(value) != len(kinds):
            return REFUSED
        return _all(kind.take(each) for kind, each in zip(kinds, value, strict=True))

    return Kind(f"a tuple of {', '.join(kind.allowed for kind in kinds)}", take)


def _repeated(kind: Kind) -> Kind:
    def take(value: object) -> object:
        return _all(map(kind.take, value)) if isinstance(value, tuple) else REFUSED

    return Kind(f"a tuple, each item {kind.allowed}", take)


def _all(taken: Iterator[object]) -> object:
    kept = tuple(taken)
    return REFUSED if any(each is REFUSED for each in kept) else kept


ANYTHING: Final = Kind("anything", lambda value: value)
_PLAIN: Final[dict[type, Kind]] = {
    int: Kind("an int", _int),
    float: Kind("a finite number", _float),
    str: Kind("text", _str),
    bool: Kind("True or False", _bool),
    Decimal: Kind("a finite Decimal", _decimal),
    type(None): Kind("None", _none),
    tuple: Kind("a tuple", _tuple),
}
_BUILT: Final[dict[object, Callable[[tuple[Any, ...]], Kind]]] = {
    Literal: _literal,
    Union: _union,
    types.UnionType: _union,
    tuple: _tuples,
}
