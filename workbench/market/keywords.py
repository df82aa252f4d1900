"""Keywords that a function of the face does not have are answered with the nearest one.

The one idea: a typing mistake is told as one, with what there is to choose from, and not as Python's bare TypeError.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from typing import ParamSpec, TypeVar

from workbench.errors import ParameterError

__all__ = ["keyworded"]

P = ParamSpec("P")
R = TypeVar("R")


def keyworded(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, which tells an unknown keyword.

    Example:
        >>> @keyworded
        ... def moved(by: int = 1, *, back: bool = False) -> None: ...
        >>> moved(bak=True)
        Traceback (most recent call last):
        workbench.errors.ParameterError: moved has no argument 'bak'; it takes by, back; did you mean back=?
    """
    known = [name for name in inspect.signature(function).parameters if name != "self"]

    @wraps(function)
    def checked(*args: P.args, **options: P.kwargs) -> R:
        for name in options:
            if name not in known:
                raise ParameterError(_told(function.__name__, name, known))
        return function(*args, **options)

    return checked


def _told(function: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}=?" if near else ""
    return f"{function} has no argument {name!r}; it takes {', '.join(known)}{hint}"
