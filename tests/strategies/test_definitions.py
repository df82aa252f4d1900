"""A strategy class that would not run as it reads is refused when it is defined."""

from __future__ import annotations

import textwrap
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import polars as pl
import pytest

from workbench.errors import StrategyError
from workbench.strategies import Strategy

BAR = "def on_bar(self, ctx, bar): ..."
HOOKS = "on_start, on_bar, on_slice, on_fill, on_reject, on_data, on_end"


def define(body: str, bases: str = "Strategy") -> type[Strategy]:
    """The class Cross with this body, as a notebook cell would define it."""
    cell = "from typing import *\nimport datetime, decimal\n"
    cell += f"class Cross({bases}):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
    known = {"Strategy": Strategy, "Base": Base, "Mixin": Mixin, "np": np, "pl": pl, "__name__": "__main__"}
    exec(cell, known)
    made = known["Cross"]
    assert isinstance(made, type)
    return made


class Base(Strategy):
    fast: int = 20

    def on_bar(self, ctx: object, bar: object) -> None: ...


class Mixin:
    LIMIT = 5

    def on_fill(self, ctx: object) -> None: ...


def unannotated(name: str, kind: str, text: str) -> str:
    return (
        f"Cross.{name} = {text} has no annotation, so it is no parameter; write {name}: {kind} = {text} for a "
        f"parameter, {name}: ClassVar[{kind}] = {text} or _{name} = {text} for a constant"
    )


def shared(name: str, kind: str) -> str:
    return (
        f"Cross.{name} is a {kind}, which all runs would share; make it in on_start as self.{name} = ..., "
        f"or mark a constant as {name}: ClassVar = ..."
    )


def unknown(name: str, hint: str) -> str:
    return f"Cross.{name} is not a hook; hooks are {HOOKS}; {hint}"


def foreign(name: str, library: str, ours: str) -> str:
    return f"Cross.{name} is {library}'s hook and is not called here; use {ours}"


WARM = "nothing: on_bar is first called when every watched indicator has a value"
OWN_NAME = "give a method of your own a name without on_"
REFUSED = {
    "an unannotated int": ("fast = 20", unannotated("fast", "int", "20")),
    "an unannotated float": ("stop = 0.5", unannotated("stop", "float", "0.5")),
    "an unannotated text": ("mode = 'x'", unannotated("mode", "str", "'x'")),
    "an unannotated bool": ("long = True", unannotated("long", "bool", "True")),
    "an unannotated Decimal": ("a = decimal.Decimal(1)", unannotated("a", "Decimal", "Decimal('1')")),
    "an unannotated numpy number": ("a = np.int64(1)", unannotated("a", "int64", "np.int64(1)")),
    "an unannotated date": (
        "a = datetime.date(2001, 1, 2)",
        unannotated("a", "date", "datetime.date(2001, 1, 2)"),
    ),
    "a mutable default": (
        "levels: list = []",
        "the default of Cross.levels is a list, which all runs would share; give a tuple or None",
    ),
    "a mutable default of an unchecked kind": (
        "levels: Any = np.zeros(2)",
        "the default of Cross.levels is a ndarray, which all runs would share; give a tuple or None",
    ),
    "a shared list": ("trades = []", shared("trades", "list")),
    "a shared private dict": ("_cache = {}", shared("_cache", "dict")),
    "a shared frame": ("data = pl.DataFrame()", shared("data", "DataFrame")),
    "a default of the wrong type": (
        "fast: int = 2.5",
        "the default of Cross.fast must be an int, got 2.5; write a default of that type, or change the annotation",
    ),
    "a default None": (
        "fast: int = None",
        "the default of Cross.fast must be an int, got None; write fast: ... | None = None",
    ),
    "a default NaN": (
        "low: float = float('nan')",
        "the default of Cross.low must be a finite number, got nan; "
        "write a default of that type, or change the annotation",
    ),
    "a misspelt hook": ("def on_baar(self, ctx, bar): ...", unknown("on_baar", "did you mean on_bar(self, ctx, bar)?")),
    "a hook in capitals": (
        "def on_Bar(self, ctx, bar): ...",
        unknown("on_Bar", "did you mean on_bar(self, ctx, bar)?"),
    ),
    "a hook nobody has": ("def on_qqq(self): ...", unknown("on_qqq", OWN_NAME)),
    "a parameter named as a hook": ("on_zzz: int = 3", unknown("on_zzz", OWN_NAME)),
    "on_data without an item": (
        "def on_data(self, ctx): ...",
        "Cross.on_data(self, ctx) cannot be called as on_data(self, ctx, item); write def on_data(self, ctx, item)",
    ),
    "on_stop": (
        "def on_stop(self): ...",
        "Cross.on_stop: on_stop is called on_end here: write on_end(self, ctx)",
    ),
    "on_order": (
        "def on_order(self, ctx): ...",
        "Cross.on_order: orders are heard in on_fill(self, ctx, fill) and on_reject(self, ctx, order)",
    ),
    "on_trade": (
        "def on_trade(self): ...",
        "Cross.on_trade: on_trade is called on_fill here: write on_fill(self, ctx, fill)",
    ),
    "on_tick": (
        "def on_tick(self): ...",
        "Cross.on_tick: this version has bars, no ticks: write on_bar(self, ctx, bar)",
    ),
    "both on_bar and on_slice": (
        f"{BAR}\ndef on_slice(self, ctx, bars): ...",
        "Cross defines both on_bar and on_slice; keep on_bar to decide per asset, "
        "on_slice to decide over all assets at once",
    ),
    "too few arguments": (
        "def on_bar(self, bar): ...",
        "Cross.on_bar(self, bar) cannot be called as on_bar(self, ctx, bar); write def on_bar(self, ctx, bar)",
    ),
    "too many arguments": (
        "def on_start(self, ctx, bar): ...",
        "Cross.on_start(self, ctx, bar) cannot be called as on_start(self, ctx); write def on_start(self, ctx)",
    ),
    "no self": (
        "def on_start(ctx): ...",
        "Cross.on_start(ctx) cannot be called as on_start(self, ctx); write def on_start(self, ctx)",
    ),
    "an async hook": (
        "async def on_bar(self, ctx, bar): ...",
        "Cross.on_bar is async, and nothing would await it; write def on_bar(self, ctx, bar)",
    ),
    "an async generator": (
        "async def on_bar(self, ctx, bar): yield",
        "Cross.on_bar is async, and nothing would await it; write def on_bar(self, ctx, bar)",
    ),
    "a generator": (
        "def on_bar(self, ctx, bar): yield",
        "Cross.on_bar contains yield, so its body would never run; write def on_bar(self, ctx, bar)",
    ),
    "a static hook": (
        "@staticmethod\ndef on_bar(ctx, bar): ...",
        "Cross.on_bar must be a plain method, got a staticmethod; write def on_bar(self, ctx, bar)",
    ),
    "a number for a hook": (
        "on_end = 5",
        "Cross.on_end must be a plain method, got a int; write def on_end(self, ctx)",
    ),
    "an __init__ without the parameters": (
        "fast: int = 1\ndef __init__(self): ...",
        "Cross.__init__ does not take the parameters by name; move its lines to on_start(self, ctx), "
        "or write def __init__(self, **parameters): super().__init__(**parameters)",
    ),
    "an __init__ with arguments of its own": (
        "def __init__(self, data): ...",
        "Cross.__init__ does not take the parameters by name; move its lines to on_start(self, ctx), "
        "or write def __init__(self, **parameters): super().__init__(**parameters)",
    ),
    "Zipline's initialize": (
        "def initialize(self, context): ...",
        foreign("initialize", "Zipline", "on_start(self, ctx)"),
    ),
    "Zipline's handle_data": (
        "def handle_data(self, context, data): ...",
        foreign(
            "handle_data", "Zipline", "on_bar(self, ctx, bar), or on_slice(self, ctx, bars) for all assets at once"
        ),
    ),
    "Zipline's before_trading_start": (
        "def before_trading_start(self, context, data): ...",
        foreign("before_trading_start", "Zipline", "ctx.schedule(self.prepare, every='1d', at='open') in on_start"),
    ),
    "backtesting.py's init": (
        "def init(self): ...",
        foreign("init", "backtesting.py", "on_start(self, ctx)"),
    ),
    "backtrader's next": (
        "def next(self): ...",
        foreign("next", "backtrader and backtesting.py", "on_bar(self, ctx, bar)"),
    ),
    "backtrader's prenext": ("def prenext(self): ...", foreign("prenext", "backtrader", WARM)),
    "backtrader's nextstart": ("def nextstart(self): ...", foreign("nextstart", "backtrader", WARM)),
    "backtrader's notify_order": (
        "def notify_order(self, order): ...",
        foreign("notify_order", "backtrader", "on_fill(self, ctx, fill) and on_reject(self, ctx, order)"),
    ),
    "backtrader's notify_trade": (
        "def notify_trade(self, trade): ...",
        foreign("notify_trade", "backtrader", "on_fill(self, ctx, fill); the trades are in run.trades"),
    ),
    "backtrader's start": ("def start(self): ...", foreign("start", "backtrader", "on_start(self, ctx)")),
    "backtrader's stop": ("def stop(self): ...", foreign("stop", "backtrader", "on_end(self, ctx)")),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_at_definition(body: str, message: str) -> None:
    with pytest.raises(StrategyError) as caught:
        define(body)
    assert str(caught.value) == message
    assert type(caught.value) is StrategyError


@pytest.mark.parametrize(
    ("bases", "body", "message"),
    [
        pytest.param(
            "Base",
            "fast = 5",
            "Cross.fast is a parameter of a base class and stays one; annotate it to change its default, "
            "as in fast: int = 5",
            id="an inherited parameter without annotation",
        ),
        pytest.param(
            "Base",
            "def on_slice(self, ctx, bars): ...",
            "Cross defines both on_bar and on_slice; keep on_bar to decide per asset, "
            "on_slice to decide over all assets at once",
            id="on_bar inherited, on_slice defined",
        ),
        pytest.param(
            "Mixin, Strategy",
            BAR,
            "Mixin.on_fill(self, ctx: 'object') -> 'None' cannot be called as on_fill(self, ctx, fill); "
            "write def on_fill(self, ctx, fill)",
            id="a hook of a mixin",
        ),
    ],
)
def test_refused_with_bases(bases: str, body: str, message: str) -> None:
    with pytest.raises(StrategyError) as caught:
        define(body, bases)
    assert str(caught.value) == message


ACCEPTED = {
    "a constant": "STEP: ClassVar[int] = 5",
    "a constant table": "TABLE: ClassVar = {}",
    "a constant as text": "STEP: 'ClassVar[Unknown]' = []",
    "a private number": "_step = 5",
    "a private annotation": "_step: int = 5",
    "a helper method": "def cross(self): ...",
    "a property": "@property\ndef gap(self): return 1",
    "a static helper": "@staticmethod\ndef gap(x): return x",
    "a function as constant": "rule = len",
    "a nested class": "class State: ...",
    "parameters named as foreign hooks": "start: int = 1\nstop: float = 0.5\nnext: int = 2",
    "a hook with defaults": "def on_start(self, ctx, times=3): ...",
    "a hook with any arguments": "def on_start(self, *args): ...",
    "a hook with other names": "def on_start(self, context): ...",
    "an annotation nobody knows": "curve: Unknown = None",
    "a builtin for a hook": "on_end = print",
    "an __init__ that hands on": "fast: int = 1\ndef __init__(self, **parameters): super().__init__(**parameters)",
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(body: str) -> None:
    assert issubclass(define(f"{body}\n{BAR}"), Strategy)


def test_an_abstract_base_may_wait_for_its_hooks() -> None:
    class Rule(Strategy, ABC):
        window: int = 5
        NAMES: ClassVar[tuple[str, ...]] = ()

        @abstractmethod
        def level(self) -> float: ...

    class Half(Rule):
        def level(self) -> float:
            return self.window / 2

        def on_bar(self, ctx: object, bar: object) -> None: ...

    assert Half(window=3).level() == 1.5
