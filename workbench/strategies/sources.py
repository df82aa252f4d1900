"""The hash of a strategy's code: the same lines give the same hash, in any folder and on any Python.

Hashed are the source of every method, the constants of the class, and the module's and closure's constants that the
methods read. Parameters are not code: they stand in a run's spec.
"""

from __future__ import annotations

import dis
import hashlib
import inspect
import json
import sys
import sysconfig
import textwrap
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Final

__all__ = [
    "attributes_read",
    "constants_read",
    "digest",
    "function_of",
    "global_names",
    "globals_read",
    "is_own",
    "names_in",
    "read_by",
    "source_of",
    "text_of",
]

INSTALLED: Final = tuple(
    {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
SITES: Final = {"site-packages", "dist-packages"}
_CONSTANTS: Final = (int, float, complex, str, bytes, Decimal, date, timedelta, type(None))


def source_of(cls: type, parameters: Mapping[str, object]) -> dict[str, str]:
    """Every method and constant of the class body as text, by name.

    Read when the class is defined: later the file may have changed under the running code.

    Example:
        >>> class Level:
        ...     _step = 5
        >>> source_of(Level, {})
        {'_step': '5'}
    """
    own = {name: value for name, value in vars(cls).items() if name not in parameters and not _is_given(name)}
    found = {name: text_of(value) for name, value in own.items()}
    return {name: text for name, text in sorted(found.items()) if text is not None}


def constants_read(cls: type) -> dict[str, str]:
    """Constants of modules and closures that the methods of the class read now, by name.

    Example:
        >>> class Level:
        ...     def limit(self): return TEXT_MAX
        >>> constants_read(Level)
        {}
    """
    found: dict[str, str] = {}
    for function in _functions(cls):
        found.update({name: repr(value) for name, value in read_by(function).items() if _is_constant(value)})
    return dict(sorted(found.items()))


def read_by(function: FunctionType) -> dict[str, object]:
    """What a function reads from its module and its closure now, by name.

    Example:
        >>> sorted(read_by(read_by))
        ['_closure', 'globals_read']
    """
    return {**globals_read(function), **_closure(function)}


def digest(parts: object) -> str:
    """SHA-256 of the parts in canonical JSON.

    Example:
        >>> digest({})[:8]
        '44136fa3'
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _is_given(name: str) -> bool:
    """Names that Python or a base class puts there, and our own mark."""
    return name.startswith("_abc_") or name == "_workbench_source" or (name.startswith("__") and name != "__init__")


def text_of(value: object) -> str | None:
    """A member as text; None for what has no stable text."""
    if isinstance(value, type):
        return json.dumps(source_of(value, {}), sort_keys=True)
    function = function_of(value)
    if function is not None:
        return _source(function)
    return repr(value) if _is_constant(value) else type(value).__qualname__


def function_of(value: object) -> FunctionType | None:
    """The function inside a method, property or wrapper; None where there is none.

    Example:
        >>> function_of(staticmethod(digest)) is digest, function_of(5)
        (True, None)
    """
    for name in ("__func__", "fget", "func", "__wrapped__"):
        inner = getattr(value, name, None)
        if not isinstance(value, FunctionType) and isinstance(inner, FunctionType):
            return inner
    return value if isinstance(value, FunctionType) else None


def is_own(code: object) -> bool:
    """Whether a class, function or module was written by the user: no part of Python, of a package or of workbench.

    Example:
        >>> is_own(digest), is_own(Path), is_own(json)
        (False, False, False)
    """
    name = str(code.__name__ if isinstance(code, ModuleType) else getattr(code, "__module__", None))
    top = name.partition(".")[0]
    if name == "__main__" or top in ("workbench", "builtins", "None"):
        return name == "__main__"
    file = getattr(sys.modules.get(name), "__file__", None)
    # A module of the user may be called like one of Python, so the name decides only where there is no file.
    return top not in sys.stdlib_module_names if file is None else not _is_installed(Path(file).resolve())


def _is_installed(file: Path) -> bool:
    return not SITES.isdisjoint(file.parts) or any(file.is_relative_to(each) for each in INSTALLED)


def _source(function: FunctionType) -> str:
    try:
        lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    except (OSError, TypeError, SyntaxError):
        # Code made by exec leaves no source; its bytecode is stable on one Python version.
        return json.dumps(_bytecode(function.__code__))
    return "\n".join(line.rstrip() for line in lines)


def _bytecode(code: CodeType) -> list[object]:
    inner = [_bytecode(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return [code.co_code.hex(), list(code.co_names), inner]


def _functions(cls: type) -> Iterator[FunctionType]:
    for value in vars(cls).values():
        function = function_of(value)
        if function is not None:
            yield function


def globals_read(function: FunctionType) -> dict[str, object]:
    """What the function finds in its module by the names it uses, nested functions included.

    Example:
        >>> list(globals_read(digest))
        ['hashlib', 'json']
    """
    read = set(global_names(function.__code__))
    return {name: function.__globals__[name] for name in sorted(read) if name in function.__globals__}


def global_names(code: CodeType) -> Iterator[str]:
    """The names that code looks up in its module or among Python's own, nested functions included.

    Example:
        >>> list(global_names((lambda bar: open(bar.open)).__code__))
        ['open']
    """
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_GLOBAL":
            yield str(step.argval)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from global_names(inner)


def names_in(code: CodeType) -> set[str]:
    """Every name of a module, an attribute or an import that the code mentions, nested functions included.

    Example:
        >>> sorted(names_in((lambda frame: frame.sum()).__code__))
        ['sum']
    """
    inner = (names_in(each) for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*inner)


def attributes_read(code: CodeType) -> Iterator[tuple[str, str]]:
    """Names that stand one behind the other with a dot between them, nested functions included.

    Example:
        >>> list(attributes_read((lambda wb: wb.ta.sma).__code__))
        [('wb', 'ta'), ('ta', 'sma')]
    """
    for held, step in pairwise(dis.get_instructions(code)):
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(held.argval, str):
            yield held.argval, str(step.argval)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from attributes_read(inner)


def _closure(function: FunctionType) -> dict[str, object]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {name: cell.cell_contents for name, cell in cells if _is_filled(cell)}


def _is_filled(cell: object) -> bool:
    """Whether the cell has a value yet; `__class__` has none while the class is being made."""
    return hasattr(cell, "cell_contents")


def _is_constant(value: object) -> bool:
    """Whether the text of a value is the same everywhere: plain numbers and text, and tuples of them."""
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    if isinstance(value, dict):
        return all(_is_constant(each) for pair in value.items() for each in pair)
    return type(value) in _CONSTANTS or isinstance(value, bool)
