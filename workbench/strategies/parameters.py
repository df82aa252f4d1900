"""The parameters of a strategy class: its annotated public attributes, base classes first.

`ClassVar` marks a constant; a leading underscore marks something private. Neither is a parameter.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, Final, get_origin, get_type_hints

from workbench.errors import ParameterError
from workbench.indicators.given import short
from workbench.strategies.kinds import ANYTHING, REFUSED, Kind, kind_of, repaired, spelled

__all__ = ["MISSING", "Parameter", "checked", "own_annotations", "own_parameters", "refuse_unknown", "taken"]

MISSING: Final = object()
# Like `dataclasses`, read a ClassVar out of an annotation that cannot be evaluated.
_CLASS_VARIABLE: Final = re.compile(r"^['\"]?(?:\w+\s*\.\s*)?ClassVar\b")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A name, what it may hold, and its default or `MISSING`."""

    name: str
    kind: Kind
    default: object


def own_annotations(cls: type) -> dict[str, object]:
    """What the class body itself annotates; text where it cannot be evaluated.

    Example:
        >>> class Level:
        ...     price: "float"
        >>> own_annotations(Level)
        {'price': <class 'float'>}
    """
    return {name: _resolved(cls, name, each) for name, each in _raw_annotations(cls).items()}


def own_parameters(cls: type) -> dict[str, Parameter]:
    """The parameters that the class body itself declares.

    Example:
        >>> class Level:
        ...     price: float = 1.5
        >>> own_parameters(Level)["price"].kind.allowed
        'a finite number'
    """
    return {
        name: Parameter(name, ANYTHING if isinstance(each, str) else kind_of(each), vars(cls).get(name, MISSING))
        for name, each in own_annotations(cls).items()
        if not name.startswith("_") and not _is_class_variable(each)
    }


def refuse_unknown(owner: str, known: Mapping[str, Parameter], given: Mapping[str, object]) -> None:
    """Refuse names that are no parameters, with the line that was probably meant.

    Raises:
        ParameterError: A name in `given` is unknown.
    """
    unknown = [name for name in given if name not in known]
    if not unknown:
        return
    words = f"unknown parameter{'s' if len(unknown) > 1 else ''} {', '.join(map(repr, unknown))} of {owner}"
    if not known:
        name = unknown[0]
        line = f"{name}: {type(given[name]).__name__} = {short(given[name])}"
        raise ParameterError(f"{words}; {owner} has no parameters, an annotated attribute makes one: {line}")
    raise ParameterError(f"{words}; parameters are {', '.join(known)}{_meant(owner, known, given)}")


def checked(owner: str, known: Mapping[str, Parameter], given: Mapping[str, object]) -> dict[str, object]:
    """The value of every parameter, given or default, each checked.

    Raises:
        ParameterError: A name is unknown or missing, or a value is not what its annotation allows.
    """
    refuse_unknown(owner, known, given)
    return {name: taken(owner, each, given.get(name, each.default)) for name, each in known.items()}


def taken(owner: str, parameter: Parameter, value: object) -> object:
    """The value as the parameter keeps it.

    Raises:
        ParameterError: It is missing or not what the annotation allows.
    """
    name, kind = parameter.name, parameter.kind
    if value is MISSING:
        raise ParameterError(f"{owner} needs the parameter {name!r} ({kind.allowed}); write {owner}({name}=...)")
    kept = kind.take(value)
    if kept is not REFUSED:
        return kept
    better = repaired(kind, value)
    hint = "" if better is REFUSED else f"; did you mean {owner}({name}={short(better)})?"
    raise ParameterError(f"{name} of {owner} must be {kind.allowed}, got {short(value)} ({type(value).__name__}){hint}")


def _meant(owner: str, known: Mapping[str, Parameter], given: Mapping[str, object]) -> str:
    """The call with every unknown name replaced by its nearest parameter, if each has one that is still free."""
    line: dict[str, object] = {}
    for name, value in given.items():
        free = [each for each in known if each not in given and each not in line]
        near = [name] if name in known else get_close_matches(name, free, n=1)
        if not near:
            return ""
        line[near[0]] = value
    return f"; did you mean {owner}({spelled(line)})?"


def _raw_annotations(cls: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(cls)


def _resolved(cls: type, name: str, annotation: object) -> object:
    """The annotation evaluated where the class was written; its text when a name in it is not known there."""
    holder = type(cls.__name__, (), {"__annotations__": {name: annotation}, "__module__": cls.__module__})
    try:
        return get_type_hints(holder, include_extras=True)[name]
    except Exception:  # noqa: BLE001  An annotation may be any expression and fail in any way; then it is not checked.
        return annotation if isinstance(annotation, str) else str(annotation)


def _is_class_variable(annotation: object) -> bool:
    if isinstance(annotation, str):
        return _CLASS_VARIABLE.match(annotation) is not None
    return annotation is ClassVar or get_origin(annotation) is ClassVar
