"""What a strategy's code can reach besides its context: every value that its methods, and what they call, name.

The one idea: a value that code can reach stands in some place (a module, a class, a closure, a default, an attribute),
and a place can be read and written. So other values can be put there for the time of a run and taken away again.

Followed are functions, classes and objects that were written by the user; of installed packages only what is named.
Indicators are followed to what they read, since that may be one of the user. One that an installed package brings is
part of the strategy, so the code of that package counts as the user's own from there on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, EnumType
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

from workbench import ta
from workbench.indicators import Indicator, Outputs
from workbench.indicators.written import put
from workbench.strategies.sources import attributes_read, function_of, global_names, globals_read, is_own, names_in

__all__ = ["Place", "Reached", "reached"]

PLAIN: Final = (int, float, complex, str, bytes, date, timedelta, Decimal, type(None))
READERS: Final = {
    "from_csv", "from_parquet", "fromfile", "genfromtxt", "load", "loadtxt", "open_dataset", "read_bytes",
    "read_clipboard", "read_csv", "read_database", "read_database_uri", "read_excel", "read_feather", "read_hdf",
    "read_ipc", "read_json", "read_ndjson", "read_parquet", "read_pickle", "read_sql", "read_sql_query",
    "read_sql_table", "read_table", "read_text", "scan_csv", "scan_ipc", "scan_ndjson", "scan_parquet", "urlopen",
    "urlretrieve", "aiohttp", "ccxt", "httpx", "requests", "socket", "sqlite3", "sqlalchemy", "urllib", "yfinance",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: what a reader would call it, the value now, and how another is put there."""

    name: str
    value: object
    put: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Reached:
    """All places, what reads files or the network while it runs, functions that remember their answers."""

    places: tuple[Place, ...]
    readers: tuple[str, ...]
    caches: tuple[Any, ...]


def reached(*roots: object) -> Reached:
    """What can be reached from objects, classes and functions.

    Example:
        >>> TABLE = [1.5, 2.5]
        >>> def rate(n, table=TABLE): return table[n]
        >>> [place.name for place in reached(rate).places]
        ["rate's default table"]
    """
    walk = _Walk()
    for root in roots:
        walk.root(root)
    return Reached(tuple(walk.places), tuple(walk.readers), tuple(walk.caches))


class _Walk:
    """One search; each object is looked into once, and each place noted once."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.readers: list[str] = []
        self.caches: list[Any] = []
        self._packages: set[str] = set()  # that bring indicators which were met
        self._seen: dict[int, object] = {}  # holds what it has seen, so that no id is used twice
        self._noted: set[tuple[int, str]] = set()

    def root(self, value: object) -> None:
        """Look into a value wherever it was written."""
        if isinstance(value, type) or function_of(value) is not None:
            self._code(value)
        else:
            self._object(type(value).__name__, value)

    def _place(self, owner: object, key: str, name: str, value: object, put: Callable[[Any], object]) -> None:
        if (id(owner), key) not in self._noted:
            self._noted.add((id(owner), key))
            self.places.append(Place(name, value, put))
            self._follow(name, value)

    def _follow(self, name: str, value: object) -> None:
        """Go on from a value to what can be reached through it."""
        if type(value) in (list, tuple, set, frozenset, dict):
            self._elements(name, value)
        elif isinstance(value, (MethodType, partial)):
            parts = (value.__func__, value.__self__) if isinstance(value, MethodType) else (value.func, *value.args)
            self._elements(name, parts)
        elif isinstance(value, type) or function_of(value) is not None:
            if self._is_ours(value):
                self._code(value)
            elif _is_plugin(value):
                self._plugin(value)
        elif isinstance(value, Outputs):
            self._follow(name, value.description)
        elif isinstance(value, Indicator) and not value.is_written:
            self._elements(name, value.inputs)
        elif isinstance(value, Indicator):
            self._plugin(type(value))
            self._object(name, value)
        elif not isinstance(value, (ModuleType, Enum)) and self._is_ours(type(value)):
            self._object(name, value)

    def _plugin(self, made_by: Any) -> None:
        """Goes into an indicator that may be of an installed package, or a function that makes one."""
        if package := _package(made_by):
            self._packages.add(package)
        self._code(made_by)

    def _is_ours(self, code: Any) -> bool:
        """Whether code is followed: the user's, and that of packages whose indicators the strategy has."""
        return is_own(code) or _package(code) in self._packages

    def _elements(self, name: str, value: Any) -> None:
        for each in value.values() if isinstance(value, dict) else value:
            if not isinstance(each, PLAIN):
                self._follow(name, each)

    def _is_new(self, value: object) -> bool:
        return id(value) not in self._seen and self._seen.setdefault(id(value), value) is value

    def _code(self, value: object) -> None:
        """Look into a class or a function, through what is wrapped around it."""
        if hasattr(value, "cache_clear") and self._is_new(value):
            self.caches.append(value)
        if isinstance(value, EnumType):
            return  # its members are names, and it lets none of them be changed
        if isinstance(value, type):
            self._class(value)
        elif (function := function_of(value)) is not None:
            self._function(function)

    def _class(self, cls: type) -> None:
        for base in cls.__mro__:
            if (base is cls or self._is_ours(base)) and self._is_new(base):
                self._members(base)

    def _members(self, cls: type) -> None:
        for name, value in list(vars(cls).items()):
            if function_of(value) is not None:
                self._code(value)
            elif not name.startswith("__"):
                self._place(cls, name, f"{cls.__name__}.{name}", value, partial(setattr, cls, name))

    def _object(self, name: str, value: object) -> None:
        if not self._is_new(value):
            return
        self._class(type(value))
        # An object of the user may refuse changes, such as a frozen dataclass; it gets its own values back.
        setter: Callable[..., object] = put if isinstance(value, Indicator) else object.__setattr__
        for attribute, held in list(_attributes(value)):
            self._place(value, attribute, f"{name}.{attribute}", held, partial(setter, value, attribute))

    def _function(self, function: FunctionType) -> None:
        if not self._is_new(function):
            return
        names = names_in(function.__code__)
        self._reads(function, names)
        for name, value in globals_read(function).items():
            if isinstance(value, ModuleType):
                self._module(value, names)
            else:
                self._place(function.__globals__, name, name, value, partial(function.__globals__.__setitem__, name))
        for name in sorted(names & sys.modules.keys()):
            self._module(sys.modules[name], names)
        self._entry_points(function)
        self._cells(function)
        self._defaults(function)

    def _entry_points(self, function: FunctionType) -> None:
        """What is read of `ta` that other packages bring."""
        theirs = {one for held, one in attributes_read(function.__code__) if _is_ta(function, held)}
        for name in sorted(theirs.difference(ta.__all__)):
            value = getattr(ta, name)
            self._plugin(value)

    def _reads(self, function: FunctionType, names: set[str]) -> None:
        # Bars have an attribute `open` too; the function of that name is looked up among the globals.
        read = sorted(names & READERS) + sorted({"open"}.intersection(global_names(function.__code__)))
        if read:
            self.readers.append(f"{function.__qualname__.rpartition('<locals>.')[2]} uses {', '.join(read)}")

    def _module(self, module: ModuleType, names: set[str]) -> None:
        """What is named of a module; of an installed one only values, not functions."""
        for name in sorted(names & _held(module)):
            value = getattr(module, name)
            is_ours = self._is_ours(module)
            if not is_ours and _is_plugin(value):
                self._plugin(value)
            elif not isinstance(value, ModuleType) and (is_ours or not callable(value)):
                spelled = f"{module.__name__.rpartition('.')[2]}.{name}"
                self._place(vars(module), name, spelled, value, partial(setattr, module, name))

    def _cells(self, function: FunctionType) -> None:
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if not hasattr(cell, "cell_contents"):
                continue
            if isinstance(cell.cell_contents, ModuleType):
                self._module(cell.cell_contents, names_in(function.__code__))
            elif self._is_new(cell):
                spelled = f"{name} around {function.__name__}"
                self._place(cell, name, spelled, cell.cell_contents, partial(_fill, cell))

    def _defaults(self, function: FunctionType) -> None:
        code = function.__code__
        given = function.__defaults__ or ()
        names = code.co_varnames[code.co_argcount - len(given) : code.co_argcount]
        for index, (name, value) in enumerate(zip(names, given, strict=True)):
            put: Callable[[Any], object] = partial(_default, function, index)
            self._place(function, name, f"{function.__name__}'s default {name}", value, put)
        named: dict[str, Any] = function.__kwdefaults__ or {}
        for name, value in named.items():
            put = partial(named.__setitem__, name)
            self._place(function, name, f"{function.__name__}'s default {name}", value, put)


def _package(code: Any) -> str:
    """The package that a class, function or module stands in; none where there is no telling it from workbench's."""
    name = str(code.__name__ if isinstance(code, ModuleType) else getattr(code, "__module__", ""))
    top = name.partition(".")[0]
    return "" if top in ("workbench", "builtins", "__main__", "None") else top


def _is_plugin(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Indicator) and value is not Indicator


def _is_ta(function: FunctionType, name: str) -> bool:
    """Whether a name in a function is that of `ta`, as a global or, as in `wb.ta`, as an attribute."""
    return function.__globals__.get(name, ta if name == "ta" else None) is ta


def _fill(cell: Any, value: object) -> None:
    cell.cell_contents = value


def _default(function: FunctionType, index: int, value: object) -> None:
    held = list(function.__defaults__ or ())
    held[index] = value
    function.__defaults__ = tuple(held)


def _held(module: ModuleType) -> set[str]:
    """Names a module has, also those that ours makes when they are first asked for."""
    return set(vars(module)) | (set(module.__all__) if module.__name__ == "workbench" else set())


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    """The attributes that an object of the user holds, in its dict or its slots; of an indicator its parameters."""
    yield from getattr(value, "__dict__", {}).items()
    for cls in () if isinstance(value, Indicator) else type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(value, name):
                yield name, getattr(value, name)
