"""The code of a strategy as text that can be run elsewhere: the definition, what it reads, and the imports.

The one idea: own code is quoted as it was written, names of packages are imported, plain values are assigned; what is
none of these cannot be written down and is named instead.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import sys
import textwrap
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import FunctionType, ModuleType
from typing import Any, Final, NamedTuple

from workbench.indicators import Indicator, Outputs
from workbench.strategies import Strategy
from workbench.strategies.callbacks import parameters
from workbench.strategies.sources import function_of, is_own

__all__ = ["Quoted", "quoted", "typed"]

PLAIN: Final = (int, float, complex, str, bytes, bool, type(None), Decimal, date, timedelta, Indicator, Outputs)


class Quoted(NamedTuple):
    """Imports, definitions in the order they need, the strategy as it is made, and what could not be written."""

    imports: tuple[str, ...]
    definitions: tuple[str, ...]
    made: str
    missing: tuple[str, ...]

    @staticmethod
    def read(document: Mapping[str, Any] | None) -> Quoted:
        """What a saved run kept; one that was saved before code was kept has none."""
        if document is None:
            return Quoted((), (), "...", ("the strategy, which was not kept when the run was saved",))
        lists = (tuple(document[name]) for name in ("imports", "definitions", "missing"))
        imports, definitions, missing = lists
        return Quoted(imports, definitions, str(document["made"]), missing)

    def document(self) -> dict[str, str | list[str]]:
        """What a saved run keeps."""
        return {name: part if isinstance(part, str) else list(part) for name, part in self._asdict().items()}


def quoted(strategy: Strategy) -> Quoted:
    """The code that makes a strategy.

    Example:
        >>> from workbench.research.demo import Cross
        >>> quoted(Cross(fast=10)).imports, quoted(Cross(fast=10)).made
        (('from workbench.research.demo import Cross',), 'Cross(fast=10, slow=100)')
    """
    book = _Book()
    made = book.expression(strategy)
    return Quoted(tuple(sorted(book.imports)), tuple(book.definitions), made, tuple(book.missing))


def typed(text: str) -> tuple[str, ...]:
    """The imports that an expression of names of workbench needs.

    Example:
        >>> typed("Limits(position_weight=0.5)"), typed("fees.bps(5)"), typed("[1, 2]")
        (('from workbench import Limits',), ('from workbench import fees',), ())
    """
    import workbench

    return tuple(
        f"from workbench import {name}" for name in sorted(_names(ast.parse(text))) if name in workbench.__all__
    )


class _Book:
    """What has been written so far; each name once, what it needs before it."""

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.definitions: list[str] = []
        self.missing: list[str] = []
        self._seen: set[str] = set()

    def expression(self, value: object) -> str:
        """A strategy, a list of them or a plain value, as it is typed."""
        if isinstance(value, Strategy):
            given = ", ".join(
                f"{name}={self.expression(each)}" for name, each in parameters(value).items() if each is not None
            )
            self.need(type(value).__name__, type(value))
            return f"{type(value).__name__}({given})"
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{name!r}: {self.expression(each)}" for name, each in value.items()) + "}"
        text = repr(value)
        try:
            names = _names(ast.parse(text, mode="eval"))
        except SyntaxError:
            self.missing.append(f"a {type(value).__name__} among the parameters")
            return "..."
        for name in sorted(names):
            self._public(name, value)
        return text

    def _public(self, name: str, value: object) -> None:
        """A name in the text of a value: one of workbench, or the value's own class."""
        import workbench

        if name in workbench.__all__:
            self.imports.add(f"from workbench import {name}")
        elif name == "datetime":  # how dates and spans of time are written
            self.imports.add("import datetime")
        elif (kind := next((type(part) for part in _parts(value) if type(part).__name__ == name), None)) is not None:
            self.need(name, kind)
        else:
            self.missing.append(f"{name}, among the parameters")

    def need(self, name: str, value: object) -> None:
        """Write what a name stands for, if it is not there yet."""
        if name in self._seen:
            return
        self._seen.add(name)
        if isinstance(value, ModuleType):
            self._module(name, value)
        elif isinstance(value, (type, FunctionType)):
            self._code(name, value)
        elif _is_plain(value):
            self.definitions.append(f"{name} = {self.expression(value)}")
        elif is_importable(value):
            self._import(name, value)
        else:
            self.missing.append(f"{name}, a {type(value).__name__} that was made elsewhere")

    def _module(self, name: str, value: ModuleType) -> None:
        parent, _, last = value.__name__.rpartition(".")
        if parent and last == name:
            self.imports.add(f"from {parent} import {name}")
        else:
            self.imports.add(f"import {value.__name__}" + ("" if value.__name__ == name else f" as {name}"))

    def _import(self, name: str, value: Any) -> None:
        import workbench

        module = "workbench" if name in workbench.__all__ else value.__module__
        self.imports.add(
            f"from {module} import {value.__qualname__}" + ("" if value.__qualname__ == name else f" as {name}")
        )

    def _code(self, name: str, value: type | FunctionType) -> None:
        if not is_own(value):
            self._import(name, value)
            return
        found = _definition(value)
        if found is None:
            self.missing.append(f"{name}, whose source is not at hand")
            return
        known = _scope(value)
        for each in sorted(_names(ast.parse(found))):
            if each in known and each != name:
                self.need(each, known[each])
        self.definitions.append(found)


def is_importable(value: object) -> bool:
    """Whether an object can be imported by the name it says it has: a builtin function, an alias of typing."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    return isinstance(name, str) and getattr(sys.modules.get(str(module)), name, None) is value


def _parts(value: object) -> Iterator[object]:
    """The values inside of tuples, lists, sets and dicts, however deep."""
    if isinstance(value, dict):
        value = tuple(value.items())
    if isinstance(value, (tuple, list, set, frozenset)):
        for each in value:
            yield from _parts(each)
    else:
        yield value


def _is_plain(value: object) -> bool:
    return all(isinstance(part, PLAIN) for part in _parts(value))


def _names(tree: ast.AST) -> set[str]:
    """Names that are looked up outside, without Python's own."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {name for name in found if not hasattr(builtins, name)}


def _functions(value: type | FunctionType) -> Iterator[FunctionType]:
    if isinstance(value, FunctionType):
        yield value
        return
    for member in vars(value).values():
        if (function := function_of(member)) is not None:
            yield function


def _scope(value: type | FunctionType) -> dict[str, object]:
    """What names mean where the code was written: those of its module, and of the functions around it."""
    known: dict[str, object] = dict(vars(sys.modules[value.__module__])) if value.__module__ in sys.modules else {}
    for function in _functions(value):
        known |= function.__globals__
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        known |= {name: cell.cell_contents for name, cell in cells if name != "__class__" and _is_filled(cell)}
    return known


def _is_filled(cell: object) -> bool:
    return hasattr(cell, "cell_contents")


def _definition(value: type | FunctionType) -> str | None:
    """The text of a class or function with its decorators: of a notebook's cell too, which is in no file."""
    for function in _functions(value):
        code = inspect.unwrap(function).__code__
        lines = linecache.getlines(code.co_filename, function.__globals__)
        found = _around("".join(lines), value.__name__, code.co_firstlineno)
        if found is not None:
            return found
    return None


def _around(text: str, name: str, line: int) -> str | None:
    """The definition of a name around or at a line of a text."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first <= line <= (node.end_lineno or first):
                return textwrap.dedent("\n".join(text.splitlines()[first - 1 : node.end_lineno]))
    return None
