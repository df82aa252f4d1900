"""Indicators that users write: a subclass of `Indicator` with parameters and an `update`.

The one idea: an object that is made by hand is a description and never changes; whoever runs it makes fresh objects of
the same class with the same parameters, one for each asset and column, and those keep what they like. One more is made
at birth and thrown away, so `on_start` can refuse parameters at the door.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from workbench.errors import ParameterError, StrategyError
from workbench.indicators.given import longer_bars
from workbench.indicators.indicator import PARTS, Indicator

if TYPE_CHECKING:
    from workbench.strategies.parameters import Parameter

__all__ = ["define", "label_of", "put", "spelled"]

OURS: Final = frozenset({"update", "on_start", "reads", "warmup", "measures"})


def define(cls: type[Indicator]) -> None:
    """Checks a new class, and gives it what makes its objects descriptions.

    Raises:
        StrategyError: The class would not do what it looks like.

    Example:
        >>> from workbench.indicators import Indicator
        >>> class Middle(Indicator):
        ...     def updat(self, bar): ...
        >>> Middle()
        Traceback (most recent call last):
        workbench.errors.StrategyError: Middle has no update; write def update(self, bar), which gives a number or None
    """
    from workbench.strategies.parameters import MISSING, own_annotations, own_parameters

    annotated = own_annotations(cls)
    for name, value in vars(cls).items():
        _check_member(cls, name, value, name in annotated)
    for name, parameter in own_parameters(cls).items():
        if hasattr(Indicator, name) and name != "every":
            raise StrategyError(f"{cls.__name__}.{name}: every indicator has a {name} of its own; give it another name")
        if parameter.default is not MISSING and not _is_fixed(parameter.default):
            raise StrategyError(f"the default of {cls.__name__}.{name} can change; give a tuple or None")
    for name, method in METHODS.items():
        setattr(cls, name, method)
    cls.__signature__ = _signature(cls)  # type: ignore[attr-defined]


def _check_member(cls: type, name: str, value: object, is_annotated: bool) -> None:
    label = f"{cls.__name__}.{name}"
    if name in METHODS and name != "__repr__":
        raise StrategyError(f"{label} is made by workbench; keep state from on_start(self) on")
    if name.startswith("on_") and name != "on_start":
        raise StrategyError(f"{label} is not called; an indicator has on_start(self) and update(self, bar)")
    if name in ("update", "on_start"):
        _check_hook(label, name, value)
    elif name not in (*OURS, "every") and not name.startswith("_") and hasattr(Indicator, name):
        raise StrategyError(f"{label}: every indicator has a {name} of its own; give it another name")
    if isinstance(value, (int, float, str)) and not is_annotated and name not in OURS and not name.startswith("_"):
        kind = type(value).__name__
        raise StrategyError(
            f"{label} = {value!r} has no annotation, so it is no parameter; write {name}: {kind} = {value!r} for a "
            f"parameter, {name}: ClassVar[{kind}] = {value!r} or _{name} = {value!r} for a constant"
        )
    if name == "reads":
        _check_reads(label, value)


def _check_hook(label: str, name: str, value: object) -> None:
    spelled = {"update": "def update(self, bar)", "on_start": "def on_start(self)"}[name]
    if not isinstance(value, FunctionType) or inspect.iscoroutinefunction(value) or inspect.isgeneratorfunction(value):
        raise StrategyError(f"{label} must be a plain method; write {spelled}")
    try:
        inspect.signature(value).bind(*(("self", "bar") if name == "update" else ("self",)))
    except TypeError:
        raise StrategyError(
            f"{label}{inspect.signature(value)} cannot be called as {spelled[4:]}; write {spelled}"
        ) from None


def _check_reads(label: str, value: object) -> None:
    unknown = [each for each in value if each not in PARTS] if isinstance(value, tuple) else [value]
    if unknown or not value:
        near = get_close_matches(str(unknown[0]) if unknown else "", PARTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else 'write reads = ("high", "low")'
        raise StrategyError(f"{label} is a tuple of {', '.join(PARTS)}, got {value!r}; {hint}")


def _is_fixed(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _known(cls: type) -> Mapping[str, Parameter]:
    """Its parameters, those of base classes first; `every` is one of every indicator, annotated or not."""
    from workbench.strategies.parameters import own_parameters

    bases = [each for each in reversed(cls.__mro__) if issubclass(each, Indicator) and each is not Indicator]
    found = {name: parameter for each in bases for name, parameter in own_parameters(each).items()}
    found.pop("every", None)
    return found


def _signature(cls: type) -> inspect.Signature:
    from workbench.strategies.parameters import MISSING

    empty = inspect.Parameter.empty
    made = [
        inspect.Parameter(
            name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=empty if each.default is MISSING else each.default
        )
        for name, each in _known(cls).items()
    ]
    # A parameter without a default may follow one with it, as in the class; then all of them go by name.
    kinds = [each.default is empty for each in made]
    if kinds != sorted(kinds, reverse=True):
        made = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in made]
    return inspect.Signature([*made, inspect.Parameter("every", inspect.Parameter.KEYWORD_ONLY, default=None)])


def _init(self: Indicator, *values: object, every: str | None = None, **given: object) -> None:
    from workbench.strategies.parameters import checked

    cls = type(self)
    name, known = cls.__name__, _known(cls)
    if not hasattr(cls, "update"):
        raise StrategyError(f"{name} has no update; write def update(self, bar), which gives a number or None")
    if len(values) > len(known):
        raise ParameterError(f"{name} takes {len(known)} parameters, got {len(values)}; they are {', '.join(known)}")
    twice = [key for key, _ in zip(known, values, strict=False) if key in given]
    if twice:
        raise ParameterError(f"{name} got {twice[0]!r} twice, by place and by name; give it once")
    found = checked(name, known, dict(zip(known, values, strict=False)) | given)
    for key, value in found.items():
        if not _is_fixed(value):
            raise ParameterError(f"{key} of {name} can change, so no description can hold it; give a tuple")
    _set_up(self, found, longer_bars(every))
    _fresh(self)  # what on_start refuses is refused here, and not in the midst of a run


def _set_up(self: Indicator, found: Mapping[str, Any], every: str | None) -> None:
    parts = {"name": type(self).__name__, "params": tuple(found.values()), "inputs": type(self).reads}
    for name, value in {**parts, "every": every, "asset": None, **found}.items():
        object.__setattr__(self, name, value)
    self.__post_init__()


def _fresh(self: Indicator) -> Indicator:
    """An object that is fed bars: of the same class, with the same parameters, and free to change."""
    cls = type(self)
    made = object.__new__(cls)
    _set_up(made, dict(zip(_known(cls), self.params, strict=True)), self.every)
    object.__setattr__(made, "_is_running", True)
    start = getattr(made, "on_start", None)
    if start is not None:
        start()
    return made


def _set(self: Indicator, name: str, value: object) -> None:
    if not getattr(self, "_is_running", False):
        raise StrategyError(f"{self!r} is a description and never changes; make {name} in on_start or update")
    object.__setattr__(self, name, value)


def _reduce(self: Indicator) -> tuple[object, ...]:
    return _again, (type(self), self.params, self.every)


def _again(cls: type[Indicator], params: tuple[object, ...], every: str | None) -> Indicator:
    return cls(**dict(zip(_known(cls), params, strict=True)), every=every)  # type: ignore[arg-type]


def _delete(self: Indicator, name: str) -> None:
    _set(self, name, None)
    object.__delattr__(self, name)


METHODS: Final[dict[str, Any]] = {
    "__init__": _init,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__reduce__": _reduce,
    "_fresh": _fresh,
}


def put(it: Indicator, name: str, value: object) -> None:
    """Another value in the place of a parameter, for those who put the old one back.

    Example:
        >>> from workbench.indicators import Indicator
        >>> class Middle(Indicator):
        ...     n: int = 20
        ...     def update(self, bar): ...
        >>> middle = Middle(3)
        >>> put(middle, "n", 5)
        >>> middle.n, middle.params
        (5, (5,))
    """
    object.__setattr__(it, name, value)
    object.__setattr__(it, "params", tuple(getattr(it, each) for each in _known(type(it))))


def spelled(it: Indicator) -> str:
    """The call that makes it.

    Example:
        >>> from workbench.indicators import Indicator
        >>> class Middle(Indicator):
        ...     n: int = 20
        ...     def update(self, bar): ...
        >>> spelled(Middle(3, every="60m"))
        "Middle(n=3, every='1h')"
    """
    given = [f"{name}={value!r}" for name, value in zip(_known(type(it)), it.params, strict=True)]
    return f"{it.name}({', '.join([*given, *([f'every={it.every!r}'] if it.every else [])])})"


def label_of(it: Indicator) -> str:
    """The name of its column.

    Example:
        >>> from workbench.indicators import Indicator
        >>> class Middle(Indicator):
        ...     n: int = 20
        ...     def update(self, bar): ...
        >>> label_of(Middle(3, every="60m"))
        'middle_3_1h'
    """
    return "_".join([it.name.lower(), *map(str, it.params), *([it.every] if it.every else [])])
