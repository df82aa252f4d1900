"""What a strategy's code reaches: user code is followed, installed packages are only read where they are named."""

from __future__ import annotations

import functools
import importlib
import sys
from collections import OrderedDict
from collections.abc import Iterator
from enum import Enum
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import workbench as wb
from workbench import ta
from workbench.strategies.reach import reached

TABLE = [1.5]
OTHER = [2.5]
UNUSED = [3.5]


class Colour(Enum):
    RED = 1


class Holder:
    shared = TABLE

    def __init__(self) -> None:
        self.own = OTHER

    @cached_property
    def late(self) -> list[float]:
        return UNUSED

    @staticmethod
    def still() -> list[float]:
        return OTHER

    @classmethod
    def of_class(cls) -> list[float]:
        return TABLE


HOLDER = Holder()


def reads() -> object:
    return TABLE


def calls() -> object:
    return reads()


def nested() -> object:
    return [[TABLE for _ in OTHER] for _ in range(2)]


def loops() -> object:
    return loops, TABLE


def holds() -> object:
    return HOLDER.own


def imports() -> object:
    import test_reach

    return test_reach.OTHER


@lru_cache
def remembers() -> object:
    return TABLE


def calls_remembers() -> object:
    return remembers()


def uses_packages() -> object:
    return np.pi, np.mean, OrderedDict(), Colour.RED, functools.reduce


NAMES: dict[str, tuple[Any, set[str]]] = {
    "a global": (reads, {"TABLE"}),
    "through a call": (calls, {"TABLE", "reads"}),
    "in inner functions": (nested, {"TABLE", "OTHER"}),
    "a function that names itself": (loops, {"TABLE", "loops"}),
    "an object": (holds, {"HOLDER", "HOLDER.own", "Holder.shared", "UNUSED", "OTHER", "TABLE"}),
    "an import inside": (imports, {"test_reach.OTHER"}),
    "a function that remembers": (calls_remembers, {"TABLE", "remembers"}),
    "a class": (Holder, {"Holder.shared", "UNUSED", "OTHER", "TABLE"}),
    "an object as the root": (HOLDER, {"Holder.own", "Holder.shared", "UNUSED", "OTHER", "TABLE"}),
    "packages": (uses_packages, {"numpy.pi", "Colour", "OrderedDict"}),
}


@pytest.mark.parametrize(("root", "names"), NAMES.values(), ids=NAMES)
def test_what_is_named_is_reached(root: Any, names: set[str]) -> None:
    found = reached(root).places
    assert {place.name for place in found} == names
    assert len(found) == len({id(place.put) for place in found})


def test_places_are_read_and_written() -> None:
    (place,) = (place for place in reached(calls).places if place.name == "TABLE")
    assert place.value is TABLE
    held = TABLE
    place.put([9.5])
    try:
        assert reads() == [9.5]
    finally:
        place.put(place.value)
    assert reads() is held


def test_a_function_that_remembers_is_told_once() -> None:
    assert reached(calls_remembers, remembers).caches == (remembers,)


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package as if it were installed, which brings an indicator by name too."""
    site = tmp_path / "site-packages"
    info = site / "their_plugins-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their_plugins\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[workbench.indicators]\nmiddle = their_plugins:Middle\nsome = their_plugins:some\n"
    )
    (site / "their_plugins.py").write_text(
        "import workbench as wb\n"
        "class Middle(wb.Indicator):\n"
        "    n: int = 3\n"
        "    def update(self, bar): return stepped(bar.close)\n"
        "STEP, WINDOWS, UNUSED = [0.5], [3], [1]\n"
        "def stepped(value): return value // STEP[0] * STEP[0]\n"
        "def some(): return wb.ta.sma(WINDOWS[0])\n"
    )
    monkeypatch.syspath_prepend(site)
    yield importlib.import_module("their_plugins")
    del sys.modules["their_plugins"]


def by_module(their_plugins: Any) -> Any:
    return lambda: their_plugins.Middle(3)


def by_class(their_plugins: Any) -> Any:
    middle = their_plugins.Middle
    return lambda: middle(3)


def by_object(their_plugins: Any) -> Any:
    rule = ta.sma(3, of=their_plugins.Middle(5)) > 1
    return lambda: rule


def by_entry_point(_: Any) -> Any:
    return lambda: ta.middle(3)  # type: ignore[attr-defined]


def by_function(_: Any) -> Any:
    return lambda: wb.ta.some()  # type: ignore[attr-defined]


def by_a_name_alone(_: Any) -> Any:
    return lambda it: it.middle + ta.sma(3)


PLUGINS: dict[str, tuple[Any, set[str]]] = {
    "of a module": (by_module, {"STEP"}),
    "a class": (by_class, {"STEP"}),
    "inside a rule": (by_object, {"STEP"}),
    "by its entry point": (by_entry_point, {"STEP"}),
    "made by a function": (by_function, {"WINDOWS"}),
    "something else that is called so": (by_a_name_alone, set()),
}


@pytest.mark.parametrize("name", PLUGINS)
def test_indicators_of_installed_packages_are_followed(name: str, theirs: ModuleType) -> None:
    """Into what they call, and no further than their own package."""
    make, told = PLUGINS[name]
    assert {place.name for place in reached(make(theirs)).places} & {"STEP", "WINDOWS", "UNUSED"} == told


class Tabled(wb.Indicator):
    """With a table for a parameter."""

    table: tuple[float, ...]

    def update(self, bar: wb.Bar) -> float:
        return self.table[0]


def test_a_parameter_of_an_indicator_is_one_place() -> None:
    indicator = Tabled((1.5, 2.5))
    (place,) = (place for place in reached(indicator).places if place.value == (1.5, 2.5))
    assert place.name == "Tabled.table"
    place.put((3.5,))
    assert (indicator.table, indicator.params) == ((3.5,), ((3.5,),))
    place.put(place.value)
    assert (indicator.table, indicator.params) == ((1.5, 2.5), ((1.5, 2.5),))


def test_parameters_of_a_strategy_are_reached() -> None:
    class Holds(wb.Strategy):
        table: Any = None
        size: int = 1

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            reads()

    names = {place.name for place in reached(Holds(table=TABLE)).places}
    assert {"Holds.table", "Holds.size", "TABLE", "reads"} <= names


def opens() -> object:
    return open("prices.csv")  # noqa: PTH123  # never called


def opens_at(bar: Any) -> object:
    return bar.open


def fetches() -> object:
    import requests  # type: ignore[import-untyped]  # never called

    return requests.get("https://example.org")


READERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a file": (opens, ("opens uses open",)),
    "the open of a bar is no file": (opens_at, ()),
    "the network": (fetches, ("fetches uses requests",)),
    "nothing": (reads, ()),
}


@pytest.mark.parametrize(("root", "told"), READERS.values(), ids=READERS)
def test_readers_are_told(root: Any, told: tuple[str, ...]) -> None:
    assert reached(root).readers == told


def test_the_sample_is_reached_by_its_name() -> None:
    def loads() -> object:
        return wb.sample["AAPL"]

    assert "workbench.sample" in {place.name for place in reached(loads).places}
