"""Strategy objects: parameters checked at birth, fresh copies, hooks, code hashes."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import cloudpickle
import numpy as np
import pytest

from workbench.errors import ParameterError, StrategyError
from workbench.market.assets import Asset
from workbench.strategies import Strategy
from workbench.strategies.callbacks import code_hash, fresh, hooks, is_replaced, parameters
from workbench.strategies.kinds import REFUSED, kind_of


class Cross(Strategy):
    fast: int = 20
    slow: int = 100

    def on_bar(self, ctx: object, bar: object) -> None: ...


class Wide(Cross):
    band: float
    slow: int = 200
    mode: Literal["both", "long"] = "both"
    name: str | None = None
    share: Decimal = Decimal("0.5")
    sizes: tuple[int, ...] = ()


class Plain(Strategy):
    def on_bar(self, ctx: object, bar: object) -> None: ...


class Idle(Strategy):
    fast: int = 20

    def on_fill(self, ctx: object, fill: object) -> None: ...


class Deaf(Strategy):
    fast: int = 20

    def __init__(self, fast: int = 20) -> None:
        self.other = fast

    def on_bar(self, ctx: object, bar: object) -> None: ...


def test_parameters_come_from_the_class_and_its_bases() -> None:
    expected = {
        "fast": 20, "slow": 200, "band": 1.0, "mode": "both", "name": None, "share": Decimal("0.5"), "sizes": (),
    }  # fmt: skip
    assert parameters(Wide(band=1)) == expected
    assert list(parameters(Wide(band=1))) == list(expected)
    assert parameters(Cross()) == {"fast": 20, "slow": 100}
    assert repr(Cross(fast=3)) == "Cross(fast=3, slow=100)"
    assert repr(Plain()) == "Plain()"


NOT_BORN: dict[str, tuple[Any, dict[str, Any], str]] = {
    "an unknown name": (
        Cross,
        {"fats": 3},
        "unknown parameter 'fats' of Cross; parameters are fast, slow; did you mean Cross(fast=3)?",
    ),
    "an unknown name beside a known one": (
        Cross,
        {"slow": 5, "fats": 3},
        "unknown parameter 'fats' of Cross; parameters are fast, slow; did you mean Cross(slow=5, fast=3)?",
    ),
    "two unknown names": (
        Cross,
        {"fats": 3, "slw": 5},
        "unknown parameters 'fats', 'slw' of Cross; parameters are fast, slow; did you mean Cross(fast=3, slow=5)?",
    ),
    "an unknown name near one that is taken": (
        Cross,
        {"fast": 5, "fats": 3},
        "unknown parameter 'fats' of Cross; parameters are fast, slow",
    ),
    "an unknown name near nothing": (Cross, {"xyz": 3}, "unknown parameter 'xyz' of Cross; parameters are fast, slow"),
    "no parameters": (
        Plain,
        {"fast": 3},
        "unknown parameter 'fast' of Plain; Plain has no parameters, an annotated attribute makes one: fast: int = 3",
    ),
    "a missing one": (Wide, {}, "Wide needs the parameter 'band' (a finite number); write Wide(band=...)"),
    "a float for an int": (
        Cross,
        {"fast": 20.0},
        "fast of Cross must be an int, got 20.0 (float); did you mean Cross(fast=20)?",
    ),
    "a fraction for an int": (Cross, {"fast": 2.5}, "fast of Cross must be an int, got 2.5 (float)"),
    "text for an int": (
        Cross,
        {"fast": "20"},
        "fast of Cross must be an int, got '20' (str); did you mean Cross(fast=20)?",
    ),
    "any text for an int": (Cross, {"fast": "a b"}, "fast of Cross must be an int, got 'a b' (str)"),
    "a bool for an int": (Cross, {"fast": True}, "fast of Cross must be an int, got True (bool)"),
    "None for an int": (Cross, {"fast": None}, "fast of Cross must be an int, got None (NoneType)"),
    "a range for an int": (Cross, {"fast": range(5, 51)}, "fast of Cross must be an int, got range(5, 51) (range)"),
    "a long list for an int": (Cross, {"fast": [5] * 99}, "fast of Cross must be an int, got a list (list)"),
    "NaN": (Wide, {"band": float("nan")}, "band of Wide must be a finite number, got nan (float)"),
    "inf": (Wide, {"band": float("inf")}, "band of Wide must be a finite number, got inf (float)"),
    "an int beyond a float": (
        Wide,
        {"band": 10**400},
        "band of Wide must be a finite number, got a int (int)",
    ),
    "a Literal": (
        Wide,
        {"band": 1, "mode": "short"},
        "mode of Wide must be one of 'both', 'long', got 'short' (str)",
    ),
    "an Optional": (Wide, {"band": 1, "name": 5}, "name of Wide must be text or None, got 5 (int)"),
    "a float for a Decimal": (
        Wide,
        {"band": 1, "share": 0.1},
        "share of Wide must be a finite Decimal, got 0.1 (float)",
    ),
    "a NaN Decimal": (
        Wide,
        {"band": 1, "share": Decimal("NaN")},
        "share of Wide must be a finite Decimal, got Decimal('NaN') (Decimal)",
    ),
    "a list for a tuple": (
        Wide,
        {"band": 1, "sizes": [1, 2]},
        "sizes of Wide must be a tuple, each item an int, got [1, 2] (list); did you mean Wide(sizes=(1, 2))?",
    ),
}


@pytest.mark.parametrize(("cls", "given", "message"), NOT_BORN.values(), ids=NOT_BORN)
def test_refused_at_birth(cls: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        cls(**given)
    assert str(caught.value) == message
    assert type(caught.value) is ParameterError


def test_positions_are_refused_with_the_line_to_write() -> None:
    make: Any = Cross
    with pytest.raises(ParameterError) as caught:
        make(3, 5)
    assert str(caught.value) == "Cross takes its parameters by name; write Cross(fast=3, slow=5)"


@pytest.mark.parametrize("cls", [Idle, Strategy], ids=["only on_fill", "Strategy itself"])
def test_a_strategy_that_never_decides_is_refused(cls: type[Strategy]) -> None:
    with pytest.raises(StrategyError) as caught:
        cls()
    assert str(caught.value) == (
        f"{cls.__name__} would never decide anything; define on_bar(self, ctx, bar), on_slice(self, ctx, bars), "
        "on_data(self, ctx, item), or on_start(self, ctx) with ctx.schedule"
    )


def test_an_init_that_does_not_hand_on_is_noticed() -> None:
    with pytest.raises(ParameterError) as caught:
        fresh(Deaf(fast=3))
    assert str(caught.value) == ("fast of Deaf was never set; call super().__init__(**parameters) first in __init__")


KEPT = {
    "int": (int, 5, 5),
    "numpy int": (int, np.int64(5), 5),
    "bool as int": (int, True, REFUSED),
    "numpy bool as int": (int, np.bool_(True), REFUSED),
    "float from int": (float, 5, 5.0),
    "float from numpy": (float, np.float32(0.5), 0.5),
    "bool as float": (float, True, REFUSED),
    "Decimal as float": (float, Decimal(1), REFUSED),
    "str": (str, "a", "a"),
    "numpy str": (str, np.str_("a"), "a"),
    "int as str": (str, 5, REFUSED),
    "bool": (bool, False, False),
    "numpy bool": (bool, np.bool_(True), True),
    "int as bool": (bool, 1, REFUSED),
    "Decimal": (Decimal, Decimal("0.1"), Decimal("0.1")),
    "Decimal from int": (Decimal, 3, Decimal(3)),
    "None": (None, None, None),
    "no None": (None, 0, REFUSED),
    "Optional": (int | None, None, None),
    "Union keeps an int": (float | int, 5, 5),
    "Union keeps a float": (int | float, 5.0, 5.0),
    "Union of nothing that fits": (int | str, 2.5, REFUSED),
    "Literal": (Literal["a", 1], 1, 1),
    "Literal is not fooled by True": (Literal["a", 1], True, REFUSED),
    "tuple": (tuple, (1, "a"), (1, "a")),
    "no tuple": (tuple, 1, REFUSED),
    "tuple of ints": (tuple[int, ...], (1, np.int64(2)), (1, 2)),
    "tuple with text": (tuple[int, ...], (1, "a"), REFUSED),
    "pair": (tuple[int, float], (1, 2), (1, 2.0)),
    "pair of three": (tuple[int, float], (1, 2, 3), REFUSED),
    "pair is no number": (tuple[int, float], 1, REFUSED),
    "Annotated": (Annotated[int, "days"], 2.5, REFUSED),
    "Final": (Final[int], 5, 5),
    "Any": (Any, [1], [1]),
    "a class": (Cross, 5, 5),
    "a generic": (list[int], "x", "x"),
}


@pytest.mark.parametrize(("annotation", "given", "kept"), KEPT.values(), ids=KEPT)
def test_what_an_annotation_keeps(annotation: Any, given: Any, kept: Any) -> None:
    taken = kind_of(annotation).take(given)
    assert taken == kept
    assert type(taken) is type(kept)


def test_an_asset_stays_an_asset() -> None:
    class Single(Strategy):
        asset: str = "AAPL"

        def on_bar(self, ctx: object, bar: object) -> None: ...

    assert type(parameters(Single(asset=Asset("IBM")))["asset"]) is Asset


def test_fresh_builds_a_new_object() -> None:
    old = Cross(fast=3)
    vars(old)["gap"] = "left over"
    new = fresh(old, slow=50)
    assert (type(new), parameters(new), "gap" in vars(new)) == (Cross, {"fast": 3, "slow": 50}, False)
    assert parameters(old) == {"fast": 3, "slow": 100}


def test_fresh_refuses_like_birth() -> None:
    with pytest.raises(ParameterError) as caught:
        fresh(Cross(slow=7), fats=3)
    assert str(caught.value) == NOT_BORN["an unknown name"][2]


def test_a_parameter_changed_on_the_object_is_used_and_checked() -> None:
    changed = Cross()
    changed.fast = 7
    assert parameters(fresh(changed)) == {"fast": 7, "slow": 100}
    vars(changed)["fast"] = 7.5
    with pytest.raises(ParameterError, match=r"^fast of Cross must be an int, got 7.5 \(float\)$"):
        fresh(changed)


def test_a_strategy_made_a_dataclass_is_still_checked() -> None:
    @dataclass
    class Loose(Strategy):
        fast: int = 20

        def on_bar(self, ctx: object, bar: object) -> None: ...

    assert parameters(Loose(fast=3)) == {"fast": 3}
    with pytest.raises(ParameterError, match=r"^fast of Loose must be an int, got 'x' \(str\)$"):
        fresh(Loose(fast="x"))  # type: ignore[arg-type]


def test_hooks_are_those_the_class_defines() -> None:
    class Many(Cross):
        def on_end(self, ctx: object) -> None: ...

        def on_start(self, ctx: object) -> None: ...

    many = Many()
    assert hooks(many) == {"on_start": many.on_start, "on_bar": many.on_bar, "on_end": many.on_end}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_copies_keep_the_parameters(again: Any) -> None:
    assert parameters(again(Cross(fast=3))) == {"fast": 3, "slow": 100}


def test_a_class_sent_to_another_process_keeps_parameters_and_hash() -> None:
    known: dict[str, Any] = {"Strategy": Strategy, "__name__": "__main__"}
    exec("class Sent(Strategy):\n    fast: int = 3\n    def on_bar(self, ctx, bar): ...", known)
    sent = cloudpickle.dumps(known["Sent"](fast=5))
    # Forgetting the class makes cloudpickle build it anew, as in another process.
    cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS.clear()
    cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.clear()
    received = pickle.loads(sent)
    assert type(received) is not known["Sent"]
    assert parameters(fresh(received)) == {"fast": 5}
    assert code_hash(type(received)) == code_hash(known["Sent"])
    with pytest.raises(ParameterError):
        fresh(received, fast="x")


def test_a_class_defined_again_replaces_the_first() -> None:
    cell = "class Again(Strategy):\n    def on_bar(self, ctx, bar): ...\nclass Below(Again): ..."
    known: dict[str, Any] = {"Strategy": Strategy, "__name__": "__main__"}
    exec(cell, known)
    first, below = known["Again"](), known["Below"]()
    assert not is_replaced(first)
    exec(cell.splitlines()[0] + "\n" + cell.splitlines()[1], known)
    assert is_replaced(first)
    assert is_replaced(below)
    assert not is_replaced(known["Again"]())


def test_classes_of_a_factory_do_not_replace_each_other() -> None:
    first, second = made(1), made(2)
    assert not is_replaced(first())
    assert code_hash(first) != code_hash(second)
    assert code_hash(first) == code_hash(made(1))


def made(level: int) -> type[Strategy]:
    class Level(Strategy):
        def on_bar(self, ctx: object, bar: object) -> int:  # type: ignore[override]
            return level

    return Level


HASHED = """
    LEVEL = 1
    class One(Strategy):
        fast: int = 20
        _step = 5
        def on_bar(self, ctx, bar):
            return self.helper() > LEVEL
        def helper(self):
            return 1
"""
CHANGES = {
    "a line of the hook": ("self.helper() > LEVEL", "self.helper() < LEVEL", True),
    "a line of a helper": ("return 1", "return 2", True),
    "a constant of the class": ("_step = 5", "_step = 6", True),
    "a constant of the module": ("LEVEL = 1", "LEVEL = 2", True),
    "a default of a parameter": ("fast: int = 20", "fast: int = 21", False),
    "the name of the class": ("class One", "class Two", False),
    "nothing": ("", "", False),
}


def hashed(cell: str) -> str:
    import textwrap

    known: dict[str, Any] = {"Strategy": Strategy, "__name__": "__main__"}
    exec(textwrap.dedent(cell), known)
    return next(code_hash(each) for name, each in known.items() if name in ("One", "Two"))


@pytest.mark.parametrize(("old", "new", "differs"), CHANGES.values(), ids=CHANGES)
def test_what_changes_the_code_hash(old: str, new: str, differs: bool) -> None:
    assert (hashed(HASHED) != hashed(HASHED.replace(old, new))) is differs


def test_the_hash_is_of_the_source_and_holds_on_every_python() -> None:
    # Made by hand: SHA-256 of the canonical JSON of the one method's dedented text.
    import hashlib
    import json

    source = hashlib.sha256(b'{"on_bar":"def on_bar(self, ctx: object, bar: object) -> None: ..."}').hexdigest()
    expected = hashlib.sha256(json.dumps([[source, {}]], separators=(",", ":")).encode()).hexdigest()
    assert code_hash(Plain) == expected
    assert code_hash(Cross) == expected
    assert code_hash(Wide) != expected
