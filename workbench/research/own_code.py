"""The user's own code behind a strategy: everything it reads, and the modules it stands in.

The one idea: what a notebook or a file of the user defines may change between two runs, what is installed does not. So
own code is followed from function to function, hashed where results are kept, and sent to workers as it is in memory
now, not as the file on the disk has become.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType

import cloudpickle

from workbench.errors import StrategyError
from workbench.indicators import Indicator, Outputs
from workbench.strategies.sources import digest, function_of, is_own, read_by, text_of

__all__ = ["content", "fingerprint", "pickled"]


def fingerprint(roots: Iterable[object]) -> str:
    """SHA-256 of all own code that classes and functions reach, and of the values it reads.

    Example:
        >>> fingerprint([5]) == fingerprint([5]) != fingerprint([6])
        True
    """
    return digest(sorted(_told(value) for value in _reached(roots)))


def pickled(value: object, roots: Iterable[object]) -> bytes:
    """A value for another process, with the own code that it needs.

    Raises:
        StrategyError: something in it cannot be sent.
    """
    modules = {module for each in _reached(roots) if (module := _module(each)) and module.__name__ != "__main__"}
    with _by_value(modules):
        try:
            return bytes(cloudpickle.dumps(value))
        except Exception as error:
            raise StrategyError(
                f"the strategy cannot be sent to a worker ({type(error).__name__}: {error}); make in on_start what "
                "belongs to one process, such as a connection or a lock, or run with workers=1"
            ) from error


def content(value: object) -> str:
    """A value as text, another one for another value: plain ones as they are written, the rest by a hash.

    Example:
        >>> content(("AAPL", 0.5))
        "('AAPL', 0.5)"
    """
    plain = text_of(value)
    if plain != type(value).__qualname__ and plain is not None:
        return plain
    return hashlib.sha256(cloudpickle.dumps(value)).hexdigest()


@contextmanager
def _by_value(modules: Iterable[ModuleType]) -> Iterator[None]:
    """Let classes and functions of these modules be sent as they are, not by the name of their file."""
    ours = [module for module in modules if module.__name__ not in cloudpickle.list_registry_pickle_by_value()]
    for module in ours:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in ours:
            cloudpickle.unregister_pickle_by_value(module)


def _reached(roots: Iterable[object]) -> list[object]:
    """Own classes, functions and modules from the roots on, and the values they read."""
    found: dict[int, object] = {}
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        if id(value) not in found and _may_change(value):
            found[id(value)] = value
            waiting.extend(_read(value))
    return list(found.values())


def _may_change(value: object) -> bool:
    """Whether it may be another one under the same name; a value always may, code where it is the user's own."""
    return is_own(value) if isinstance(value, (type, FunctionType, ModuleType)) else True


def _module(value: object) -> ModuleType | None:
    if isinstance(value, ModuleType):
        return value
    return sys.modules.get(getattr(value, "__module__", "")) if isinstance(value, (type, FunctionType)) else None


def _read(value: object) -> Iterator[object]:
    """What a class, a function or an indicator reads; a module is known by its file, a value by its content."""
    if isinstance(value, type):
        yield from value.__mro__[1:]
        for name, member in vars(value).items():
            if (function := function_of(member)) is not None:
                yield function
            elif isinstance(member, type) or not (name.startswith("_") or callable(member)):
                yield member
    if isinstance(value, FunctionType):
        yield from read_by(value).values()
    if isinstance(value, Outputs):
        yield value.description
    if isinstance(value, Indicator):
        # One of the user is a class with parameters, another one may read such.
        yield from (type(value), *value.params, *value.inputs)


def _told(value: object) -> str:
    if isinstance(value, ModuleType):
        file = getattr(value, "__file__", None)
        return value.__name__ if file is None else hashlib.sha256(Path(file).read_bytes()).hexdigest()
    if isinstance(value, type):
        return f"{value.__qualname__} {getattr(value, '_workbench_source', '')} {text_of(value)}"
    return f"{value.__qualname__} {text_of(value)}" if isinstance(value, FunctionType) else content(value)
