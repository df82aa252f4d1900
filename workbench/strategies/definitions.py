"""What a strategy class must look like, checked when the class is defined, not in the middle of a run.

Every refusal names the attribute, says why it would not do what it looks like, and gives the line to write.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from numbers import Number
from types import FunctionType
from typing import Final

from workbench.errors import StrategyError
from workbench.indicators.given import short
from workbench.strategies.kinds import REFUSED
from workbench.strategies.parameters import MISSING, Parameter, own_annotations, own_parameters

__all__ = ["HOOKS", "check_definition"]

HOOKS: Final[dict[str, tuple[str, ...]]] = {
    "on_start": ("ctx",),
    "on_bar": ("ctx", "bar"),
    "on_slice": ("ctx", "bars"),
    "on_fill": ("ctx", "fill"),
    "on_reject": ("ctx", "order"),
    "on_data": ("ctx", "item"),
    "on_end": ("ctx",),
}
_FOREIGN: Final = {
    "initialize": ("Zipline", "on_start(self, ctx)"),
    "handle_data": ("Zipline", "on_bar(self, ctx, bar), or on_slice(self, ctx, bars) for all assets at once"),
    "before_trading_start": ("Zipline", "ctx.schedule(self.prepare, every='1d', at='open') in on_start"),
    "init": ("backtesting.py", "on_start(self, ctx)"),
    "next": ("backtrader and backtesting.py", "on_bar(self, ctx, bar)"),
    "prenext": ("backtrader", "nothing: on_bar is first called when every watched indicator has a value"),
    "nextstart": ("backtrader", "nothing: on_bar is first called when every watched indicator has a value"),
    "notify_order": ("backtrader", "on_fill(self, ctx, fill) and on_reject(self, ctx, order)"),
    "notify_trade": ("backtrader", "on_fill(self, ctx, fill); the trades are in run.trades"),
    "start": ("backtrader", "on_start(self, ctx)"),
    "stop": ("backtrader", "on_end(self, ctx)"),
}
_ELSEWHERE: Final = {
    "on_stop": "on_stop is called on_end here: write on_end(self, ctx)",
    "on_order": "orders are heard in on_fill(self, ctx, fill) and on_reject(self, ctx, order)",
    "on_trade": "on_trade is called on_fill here: write on_fill(self, ctx, fill)",
    "on_tick": "this version has bars, no ticks: write on_bar(self, ctx, bar)",
}
_VALUES: Final = (Number, Decimal, str, bytes, date, timedelta)


def check_definition(cls: type, base: type, inherited: Mapping[str, Parameter]) -> None:
    """Refuse a class that would not run as it reads.

    Args:
        cls: The new class.
        base: `Strategy` itself, whose hooks do nothing.
        inherited: Parameters of the classes above.

    Raises:
        StrategyError: See the messages of this module.
    """
    annotated = own_annotations(cls)
    for owner, name, value in _members(cls, base):
        _check_member(owner, name, value)
    for name in annotated:
        _check_hook_name(cls, name)
    for parameter in own_parameters(cls).values():
        _check_default(cls, parameter)
    for name, value in vars(cls).items():
        if name not in annotated and not name.startswith("__"):
            _check_unannotated(cls, name, value, inherited)
    _check_both(cls, base)
    _check_init(cls, base, {**inherited, **own_parameters(cls)})


def _members(cls: type, base: type) -> Iterator[tuple[type, str, object]]:
    """What the class body and its mixins define; strategies above have been checked before."""
    mixins = [each for each in cls.__mro__[1:] if not issubclass(each, base) and each.__module__ not in _MACHINERY]
    for owner in (cls, *mixins):
        for name, value in vars(owner).items():
            yield owner, name, value


_MACHINERY: Final = ("builtins", "abc", "typing")


def _check_member(owner: type, name: str, value: object) -> None:
    _check_hook_name(owner, name)
    if name in HOOKS:
        _check_hook(owner, name, value)
    if name in _FOREIGN and isinstance(value, (FunctionType, staticmethod, classmethod)):
        library, ours = _FOREIGN[name]
        raise StrategyError(f"{owner.__name__}.{name} is {library}'s hook and is not called here; use {ours}")


def _check_hook_name(owner: type, name: str) -> None:
    if not name.startswith("on_") or name in HOOKS:
        return
    if name in _ELSEWHERE:
        raise StrategyError(f"{owner.__name__}.{name}: {_ELSEWHERE[name]}")
    near = get_close_matches(name, HOOKS, n=1)
    hint = f"did you mean {_spelled(near[0])}?" if near else "give a method of your own a name without on_"
    raise StrategyError(f"{owner.__name__}.{name} is not a hook; hooks are {', '.join(HOOKS)}; {hint}")


def _check_hook(owner: type, name: str, value: object) -> None:
    label = f"{owner.__name__}.{name}"
    if not callable(value) or isinstance(value, (staticmethod, classmethod, type)):
        kind = type(value).__name__
        raise StrategyError(f"{label} must be a plain method, got a {kind}; write def {_spelled(name)}")
    if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
        raise StrategyError(f"{label} is async, and nothing would await it; write def {_spelled(name)}")
    if inspect.isgeneratorfunction(value):
        raise StrategyError(f"{label} contains yield, so its body would never run; write def {_spelled(name)}")
    if not _takes(value, 1 + len(HOOKS[name])):
        given = inspect.signature(value)
        raise StrategyError(f"{label}{given} cannot be called as {_spelled(name)}; write def {_spelled(name)}")


def _takes(function: object, count: int) -> bool:
    """Whether a call with `count` positional arguments is possible."""
    try:
        inspect.signature(function).bind(*range(count))  # type: ignore[arg-type]
    except TypeError:
        return False
    except ValueError:
        # A function of a compiled module has no signature to read; the call itself will tell.
        return True
    return True


def _spelled(hook: str) -> str:
    return f"{hook}({', '.join(('self', *HOOKS[hook]))})"


def _check_default(cls: type, parameter: Parameter) -> None:
    name, default, kind = parameter.name, parameter.default, parameter.kind
    if default is MISSING:
        return
    if _is_mutable(default):
        raise StrategyError(
            f"the default of {cls.__name__}.{name} is a {type(default).__name__}, which all runs would share; "
            "give a tuple or None"
        )
    if kind.take(default) is REFUSED:
        hint = f"{name}: ... | None = None" if default is None else "a default of that type, or change the annotation"
        raise StrategyError(
            f"the default of {cls.__name__}.{name} must be {kind.allowed}, got {short(default)}; write {hint}"
        )


def _check_unannotated(cls: type, name: str, value: object, inherited: Mapping[str, Parameter]) -> None:
    label = f"{cls.__name__}.{name}"
    if name in inherited:
        raise StrategyError(
            f"{label} is a parameter of a base class and stays one; annotate it to change its default, "
            f"as in {name}: {type(value).__name__} = {short(value)}"
        )
    if isinstance(value, _VALUES) and not name.startswith("_"):
        kind, text = type(value).__name__, short(value)
        raise StrategyError(
            f"{label} = {text} has no annotation, so it is no parameter; write {name}: {kind} = {text} for a "
            f"parameter, {name}: ClassVar[{kind}] = {text} or _{name} = {text} for a constant"
        )
    if _is_mutable(value):
        raise StrategyError(
            f"{label} is a {type(value).__name__}, which all runs would share; make it in on_start as "
            f"self.{name} = ..., or mark a constant as {name}: ClassVar = ..."
        )


def _is_mutable(value: object) -> bool:
    """Whether the value can change in place: what Python itself refuses to hash."""
    if isinstance(value, (type, property, staticmethod, classmethod)) or callable(value):
        return False
    try:
        hash(value)
    except TypeError:
        return True
    return False


def _check_both(cls: type, base: type) -> None:
    if all(getattr(cls, name) is not getattr(base, name) for name in ("on_bar", "on_slice")):
        raise StrategyError(
            f"{cls.__name__} defines both on_bar and on_slice; keep on_bar to decide per asset, "
            "on_slice to decide over all assets at once"
        )


def _check_init(cls: type, base: type, known: Mapping[str, Parameter]) -> None:
    """Each run builds a fresh object by `Cross(fast=..., slow=...)`, so an own `__init__` must take the parameters."""
    own = inspect.getattr_static(cls, "__init__")
    if own is inspect.getattr_static(base, "__init__"):
        return
    try:
        inspect.signature(own).bind(cls, **dict.fromkeys(known))
    except TypeError:
        raise StrategyError(
            f"{cls.__name__}.__init__ does not take the parameters by name; move its lines to on_start(self, ctx), "
            "or write def __init__(self, **parameters): super().__init__(**parameters)"
        ) from None
