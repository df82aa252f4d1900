"""Answers to names that are not there: the nearest one, or the place where it lives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from inspect import Signature, signature
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from workbench.errors import ParameterError

__all__ = ["Named", "missing"]


def missing(
    owner: str, name: str, known: Sequence[str], elsewhere: Mapping[str, str] = MappingProxyType({})
) -> AttributeError:
    """The error for `owner.name`.

    Example:
        >>> str(missing("Run", "sharpe", ["fills"], {"sharpe": "run.metrics.sharpe"}))
        "Run has no attribute 'sharpe'; write run.metrics.sharpe"
    """
    if name in elsewhere:
        hint = f"write {elsewhere[name]}"
    else:
        near = get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return AttributeError(f"{owner} has no attribute {name!r}; {hint}")


class _Names:
    """The signature of named terms: help and completion see the fields, not `__new__`, which takes anything."""

    def __get__(self, _: object, owner: Callable[..., Any]) -> Signature:
        return Signature(list(signature(vars(owner)["__init__"]).parameters.values())[1:])


class Named:
    """A dataclass of terms that are given by name alone: an unknown name is answered with the nearest one.

    Example:
        >>> from workbench.engine.margin import Margin
        >>> Margin(inital=1)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        workbench.errors.ParameterError: Margin has no 'inital'; it has initial, ..., credit_bps; write initial=
    """

    __slots__ = ()

    INSTEAD: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What to write for names that others give such a term."""

    if not TYPE_CHECKING:  # a type checker knows the names from the fields
        __signature__ = _Names()

        def __new__(cls, *unnamed: object, **given: object) -> Self:
            """Answer what has no name, or an unknown one, with the nearest one."""
            _refuse_unnamed(cls, unnamed)
            _refuse_unknown(cls, given)
            return object.__new__(cls)

    def replace(self, **changes: Any) -> Self:
        """A copy with some terms changed.

        Raises:
            ParameterError: an unknown name; ParameterError, NumberError: what is refused at birth.

        Example:
            >>> from workbench.engine.margin import Margin
            >>> Margin().replace(initial=1)
            Margin(initial=1)
        """
        _refuse_unknown(type(self), changes)
        return replace(self, **changes)  # type: ignore[type-var]  # every heir is a dataclass


def _refuse_unnamed(owner: type[Named], given: Sequence[object]) -> None:
    if given:
        first = fields(owner)[0].name  # type: ignore[arg-type]  # every heir is a dataclass
        name, term = owner.__name__, given[0]
        raise ParameterError(f"{name} takes its terms by name, got {term!r}; write {name}({first}={term!r})")


def _refuse_unknown(owner: type[Named], names: Iterable[str]) -> None:
    known = [field.name for field in fields(owner)]  # type: ignore[arg-type]  # every heir is a dataclass
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; write {near[0]}=" if near else ""
            hint = f"; {owner.INSTEAD[name]}" if name in owner.INSTEAD else hint
            raise ParameterError(f"{owner.__name__} has no {name!r}; it has {', '.join(known)}{hint}")
