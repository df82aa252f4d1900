"""Strategies written as callbacks: a class whose `on_*` methods are called as the bars come in.

An annotated attribute is a parameter; everything else that a strategy keeps is made in `on_start`. The object given to
a Backtest is a template: each run builds a fresh one from its parameters, so runs cannot influence each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform
from weakref import ReferenceType, WeakKeyDictionary, ref

from workbench.errors import ParameterError, StrategyError
from workbench.indicators.given import short
from workbench.strategies.definitions import HOOKS, check_definition
from workbench.strategies.kinds import spelled
from workbench.strategies.parameters import Parameter, checked, own_parameters, refuse_unknown, taken
from workbench.strategies.sources import constants_read, digest, source_of

if TYPE_CHECKING:
    from workbench.engine import Bar, Context, Fill, Order
    from workbench.market import Item

__all__ = ["Strategy", "code_hash", "code_of", "declared", "fresh", "hooks", "is_replaced", "members_of", "parameters"]


@dataclass_transform(kw_only_default=True)
class Strategy:
    """The base of every strategy; a subclass names its parameters and defines the hooks it needs.

    A strategy decides per asset in `on_bar` or over all assets in `on_slice`, on news in `on_data`, or it schedules its
    own methods in `on_start`. An `int`, `float`, `str`, `bool`, `Decimal`, `Literal`, tuple or union of these is
    checked when the object is made; a default comes from the class.

    Raises:
        StrategyError: The class cannot be run as it is defined.
        ParameterError: A parameter is unknown, missing or of the wrong type.

    Example:
        >>> class Cross(Strategy):
        ...     fast: int = 20
        ...     slow: int = 100
        ...     def on_bar(self, ctx, bar): ...
        >>> Cross(fast=10)
        Cross(fast=10, slow=100)
        >>> Cross(fats=3)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        workbench.errors.ParameterError: unknown parameter 'fats' of Cross; ... did you mean Cross(fast=3)?
    """

    _workbench_source: ClassVar[str] = ""
    _is_native: ClassVar[bool] = False
    _has_members: ClassVar[bool] = False

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        check_definition(cls, Strategy, _table(cls.__mro__[1:]))
        cls._workbench_source = digest(source_of(cls, own_parameters(cls)))
        _LATEST[_address(cls)] = ref(cls)

    def __init__(self, *values: object, **given: object) -> None:
        cls = type(self)
        _refuse_positional(cls, values)
        _refuse_idle(cls)
        # Not by way of vars(self): an object whose dict was ever asked for reads its attributes ten times slower.
        for name, value in checked(cls.__name__, _known(cls), given).items():
            object.__setattr__(self, name, value)

    def on_start(self, ctx: Context, /) -> None:
        """Called once before the first bar: watch indicators, schedule methods, make what is kept."""

    def on_bar(self, ctx: Context, bar: Bar, /) -> None:
        """Called for each bar of each asset at its close, first when every watched indicator has a value for it."""

    def on_slice(self, ctx: Context, bars: Mapping[str, Bar], /) -> None:
        """Called once per time with the bars of all assets that closed then, instead of `on_bar`."""

    def on_fill(self, ctx: Context, fill: Fill, /) -> None:
        """Called for each fill, before `on_bar` of the same time."""

    def on_reject(self, ctx: Context, order: Order, /) -> None:
        """Called for each order that was denied or rejected, with its reason."""

    def on_data(self, ctx: Context, item: Item, /) -> None:
        """Called for each row of a dataset in the first slice at or after the time at which it became known.

        It comes after `on_fill` and `on_reject` and before `on_bar`, from the first slice on, also while `on_bar` waits
        for its indicators. Rows known before the first traded bar opened are not told of, `ctx.data` holds them.
        """

    def on_end(self, ctx: Context, /) -> None:
        """Called once after the last bar; it may record, not order."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({spelled({name: getattr(self, name, ...) for name in _known(type(self))})})"


_LATEST: dict[tuple[str, str], ReferenceType[type[Strategy]]] = {}
_KNOWN: WeakKeyDictionary[type[Strategy], dict[str, Parameter]] = WeakKeyDictionary()


def parameters(strategy: Strategy) -> dict[str, object]:
    """The parameters as they are now, in the order of their definition, each checked again.

    Raises:
        ParameterError: One was never set, or was changed to something its annotation does not allow.

    Example:
        >>> class Hold(Strategy):
        ...     weight: float = 1
        ...     def on_bar(self, ctx, bar): ...
        >>> parameters(Hold())
        {'weight': 1.0}
    """
    cls = type(strategy)
    return {name: taken(cls.__name__, each, _current(strategy, name)) for name, each in _known(cls).items()}


def declared(strategy: Strategy) -> Mapping[str, Parameter]:
    """What the parameters may be, by name.

    Example:
        >>> class Hold(Strategy):
        ...     weight: float = 1
        ...     def on_bar(self, ctx, bar): ...
        >>> declared(Hold())["weight"].kind.allowed
        'a finite number'
    """
    return _known(type(strategy))


def fresh(strategy: Strategy, **changes: object) -> Strategy:
    """A new object of the same class with the same parameters, apart from `changes`.

    Raises:
        ParameterError: A change is unknown or of the wrong type.

    Example:
        >>> class Hold(Strategy):
        ...     weight: float = 1.0
        ...     def on_bar(self, ctx, bar): ...
        >>> fresh(Hold(), weight=0.5)
        Hold(weight=0.5)
    """
    cls = type(strategy)
    refuse_unknown(cls.__name__, _known(cls), changes)
    return cls(**{**parameters(strategy), **changes})


def hooks(strategy: Strategy) -> dict[str, Callable[..., object]]:
    """The hooks that the class defines, bound to the object, in the order of a run.

    Example:
        >>> class Hold(Strategy):
        ...     def on_bar(self, ctx, bar): ...
        >>> list(hooks(Hold()))
        ['on_bar']
    """
    return {name: getattr(strategy, name) for name in _defined(type(strategy))}


def members_of(strategy: Strategy) -> tuple[Strategy, ...]:
    """The strategies that decide: those of a Portfolio, else the one itself.

    Example:
        >>> class Hold(Strategy):
        ...     def on_bar(self, ctx, bar): ...
        >>> members_of(Hold())
        (Hold(),)
    """
    members: Mapping[str, Strategy] = getattr(strategy, "members", {}) if strategy._has_members else {"": strategy}
    return tuple(members.values())


def code_of(strategy: Strategy) -> str:
    """The hash of the code that decides, of a Portfolio that of all members.

    Example:
        >>> class Hold(Strategy):
        ...     def on_bar(self, ctx, bar): ...
        >>> code_of(Hold()) == code_hash(Hold)
        True
    """
    if not strategy._has_members:
        return code_hash(type(strategy))
    return digest([code_hash(type(member)) for member in members_of(strategy)])


def code_hash(cls: type[Strategy]) -> str:
    """SHA-256 over the source of the methods and the constants of the class, its bases and mixins.

    Constants of the module and of closures count as they are now. Parameters do not count: a run's spec holds them.

    Example:
        >>> class Hold(Strategy):
        ...     def on_bar(self, ctx, bar): ...
        >>> len(code_hash(Hold))
        64
    """
    # What this library defines says so in its own body; its version stands elsewhere.
    return digest([_code(each) for each in cls.__mro__ if each is not object and "_is_native" not in vars(each)])


def is_replaced(strategy: Strategy) -> bool:
    """Whether the class, or a strategy it inherits from, has been defined anew since: a notebook cell was run again.

    Classes made inside functions are never replaced, since each call makes one of its own.

    Example:
        >>> class Hold(Strategy):
        ...     def on_bar(self, ctx, bar): ...
        >>> is_replaced(Hold())
        False
    """
    classes = (each for member in members_of(strategy) for each in _lineage(type(member).__mro__))
    return any(_latest(each) is not each for each in classes)


def _code(cls: type) -> list[object]:
    own = vars(cls).get("_workbench_source")
    return [own if own is not None else digest(source_of(cls, {})), constants_read(cls)]


def _latest(cls: type[Strategy]) -> type[Strategy]:
    known = _LATEST.get(_address(cls))
    latest = known() if known is not None else None
    return cls if latest is None or "<locals>" in cls.__qualname__ else latest


def _address(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def _lineage(classes: tuple[type, ...]) -> Iterator[type[Strategy]]:
    """The strategies among the classes, without `Strategy` itself."""
    return (each for each in classes if issubclass(each, Strategy) and each is not Strategy)


def _table(classes: tuple[type, ...]) -> dict[str, Parameter]:
    """The parameters of several classes, given from the most derived one on; a subclass may change a default."""
    table: dict[str, Parameter] = {}
    for each in reversed(list(_lineage(classes))):
        table.update(own_parameters(each))
    return table


def _known(cls: type[Strategy]) -> dict[str, Parameter]:
    # Filled when it is first asked for: cloudpickle defines a class before it gives it its attributes.
    if cls not in _KNOWN:
        _KNOWN[cls] = _table(cls.__mro__)
    return _KNOWN[cls]


def _current(strategy: Strategy, name: str) -> object:
    try:
        return vars(strategy)[name]
    except KeyError:
        raise ParameterError(
            f"{name} of {type(strategy).__name__} was never set; call super().__init__(**parameters) first in __init__"
        ) from None


def _defined(cls: type[Strategy]) -> list[str]:
    return [name for name in HOOKS if getattr(cls, name) is not getattr(Strategy, name)]


def _refuse_positional(cls: type[Strategy], values: tuple[object, ...]) -> None:
    if values:
        names = [*_known(cls), *("..." for _ in values)]
        line = ", ".join(f"{name}={short(value)}" for name, value in zip(names, values, strict=False))
        raise ParameterError(f"{cls.__name__} takes its parameters by name; write {cls.__name__}({line})")


def _refuse_idle(cls: type[Strategy]) -> None:
    if not cls._is_native and not {"on_start", "on_bar", "on_slice", "on_data"} & set(_defined(cls)):
        raise StrategyError(
            f"{cls.__name__} would never decide anything; define on_bar(self, ctx, bar), on_slice(self, ctx, bars), "
            "on_data(self, ctx, item), or on_start(self, ctx) with ctx.schedule"
        )
