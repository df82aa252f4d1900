"""Strategies written as signals: rules to enter and to leave, which the core decides on without a callback.

The one idea: `Signals` is a strategy whose parameters are its rules, and a `@wb.signals` function is a strategy whose
parameters are the function's. Both become a `Plan` when a run begins, and the core asks Python nothing while it lasts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Final, NoReturn, ParamSpec, overload

from workbench.errors import NumberError, ParameterError, StrategyError, UnsupportedError
from workbench.indicators import Indicator, Outputs
from workbench.indicators.feeds import check as check_feeds
from workbench.indicators.feeds import feeds
from workbench.indicators.given import short
from workbench.market.bars import Bars
from workbench.strategies.callbacks import Strategy, fresh, members_of, parameters
from workbench.strategies.ready import Ready, check_rows, levels, ready

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Plan",
    "Signals",
    "check",
    "has_signals",
    "is_auditable",
    "is_made_of_rules",
    "made_with",
    "planned",
    "sells_short",
    "signals",
    "takes_bars",
]

P = ParamSpec("P")
RULES: Final = ("entry", "exit", "short_entry", "short_exit")
SIZES: Final = ("weight", "quantity", "all_in")
PARTS: Final = {"stop_loss_pct": True, "take_profit_pct": False, "trail_pct": True}
DIGITS: Final = 12
PART_MAX: Final = 1_000_000
QUANTITY_MAX: Final = 10**17


class Ruled(Strategy):
    """What signals and functions that make them have in common: frozen values, decided on by the core."""

    _is_native: ClassVar[bool] = True

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise StrategyError(f"{type(self).__name__} is frozen; make another one: {type(self).__name__}({name}=...)")

    def __delattr__(self, name: str) -> NoReturn:
        raise StrategyError(f"{type(self).__name__} is frozen; {name} stays")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and parameters(self) == parameters(other)

    def __hash__(self) -> int:
        return hash((type(self), tuple(parameters(self).values())))


class Signals(Ruled):
    """Rules to enter and to leave a position, its size, and what protects it.

    Rules are levels, looked at when each bar closes, asset by asset, once all of them have had a value. Where nothing
    is held or coming and `entry` holds, a position is opened; where one is and `exit` holds, it is closed. Where both
    hold, nothing is opened; an entry while in a position does nothing. Orders are targets, filled as any other by the
    rules of the Backtest.

    Args:
        entry: a rule such as `ta.rsi(14) < 30`.
        exit: a rule; None leaves by its protection only.
        short_entry: a rule to sell short, mirrored; needs a margin account: `Backtest(..., account=wb.Margin())`. While
            long it reverses the position, as an entry does while short; entries that hold on both sides open nothing.
        short_exit: a rule to cover.
        weight: the part of equity that an entry is for, above 0 and up to 1; None is 1 / number of assets.
        quantity: the number of units that an entry is for, in the place of a weight.
        all_in: whether an entry takes all that cash pays, in the place of a weight; not with short rules.
        stop_loss_pct: the loss at which a position is closed, as a part of the price paid: 0.05 is 5%.
        take_profit_pct: the gain at which it is closed, as a part of the price paid.
        trail_pct: how far the price turns from its best until it is closed, as a part of that price.
        ready: levels made by `Signals.from_frame`.

    Raises:
        ParameterError: an unknown name, no entry, what is no rule, or several sizes.
        NumberError: a size or part out of its range.

    Example:
        >>> from workbench import ta
        >>> Signals(entry=ta.rsi(14) < 30, exit=ta.rsi(14) > 55, stop_loss_pct=0.05)
        Signals(entry=ta.rsi(14) < 30, exit=ta.rsi(14) > 55, stop_loss_pct=0.05)
    """

    _is_native: ClassVar[bool] = True

    entry: Indicator | None = None
    exit: Indicator | None = None
    short_entry: Indicator | None = None
    short_exit: Indicator | None = None
    weight: float | Decimal | None = None
    quantity: float | Decimal | None = None
    all_in: bool = False
    stop_loss_pct: float | Decimal | None = None
    take_profit_pct: float | Decimal | None = None
    trail_pct: float | Decimal | None = None
    ready: Ready | None = None

    def __init_subclass__(cls, **_: Any) -> NoReturn:
        raise StrategyError(f"{cls.__name__}: signals are no class to derive from; write a @wb.signals function")

    if not TYPE_CHECKING:  # a type checker knows the names from the fields

        def __init__(self, *values: object, **given: object) -> None:
            super().__init__(*values, **given)
            _check(self)

    @staticmethod
    def from_frame(
        frame: pl.DataFrame,
        *,
        weight: float | Decimal | None = None,
        quantity: float | Decimal | None = None,
        all_in: bool = False,
        stop_loss_pct: float | Decimal | None = None,
        take_profit_pct: float | Decimal | None = None,
        trail_pct: float | Decimal | None = None,
    ) -> Signals:
        """Signals from levels that were made elsewhere, a row per asset and bar; bars without a row have none.

        A row is taken as known at its bar's close. Nobody can tell whether it was made from later ones, so that a Run
        of it cannot be audited, unless a `@wb.signals` function makes the frame from the bars it is given.

        Args:
            frame: asset, `time` (a bar's close) or `session`, entry and exit (Boolean), short_entry and short_exit
                where short positions are meant, and weight (a part of equity, read where an entry holds).
            weight: as for `Signals`, as all that follow.
            quantity: units of an entry.
            all_in: whether an entry takes all that cash pays.
            stop_loss_pct: a loss, as a part of the price paid.
            take_profit_pct: a gain, as a part of the price paid.
            trail_pct: a fall from the best price, as a part of it.

        Raises:
            ParameterError: columns that are missing, unknown or of another kind, rows that repeat, entries without a
                weight.
            NumberError: a size or part out of its range.

        Example:
            >>> import polars as pl
            >>> from workbench import sample, ta
            >>> bars = sample["IBM"].with_columns(rsi=ta.rsi(14))
            >>> frame = bars.select("asset", "time", entry=pl.col("rsi") < 30, exit=pl.col("rsi") > 55)
            >>> Signals.from_frame(frame, weight=1)  # doctest: +ELLIPSIS
            Signals.from_frame(<... rows, ...>, weight=1.0)
        """
        given = {"weight": weight, "quantity": quantity, "all_in": all_in}
        protection = {"stop_loss_pct": stop_loss_pct, "take_profit_pct": take_profit_pct, "trail_pct": trail_pct}
        return Signals(ready=ready(frame), **given, **protection)  # type: ignore[arg-type]  # checked at birth

    def replace(self, **changes: Any) -> Signals:
        """A copy with some arguments changed.

        Raises:
            ParameterError, NumberError: as at birth.

        Example:
            >>> from workbench import ta
            >>> Signals(entry=ta.close() > 5).replace(weight=0.5)
            Signals(entry=ta.close() > 5, weight=0.5)
        """
        made = fresh(self, **changes)
        assert isinstance(made, Signals)
        return made

    @property
    def has_shorts(self) -> bool:
        """Whether some rule is about short positions."""
        in_frame = self.ready is not None and "short_entry" in self.ready.frame.columns
        return in_frame or self.short_entry is not None or self.short_exit is not None

    def __repr__(self) -> str:
        given = {name: value for name, value in parameters(self).items() if value not in (None, False)}
        first = [repr(given.pop("ready"))] if "ready" in given else []
        shown = [*first, *(f"{name}={value!r}" for name, value in given.items())]
        return f"Signals{'.from_frame' if first else ''}({', '.join(shown)})"


def _check(made: Signals) -> None:
    given = parameters(made)
    if made.ready is not None and not isinstance(made.ready, Ready):
        raise ParameterError(f"ready={short(made.ready)}: write wb.Signals.from_frame(frame), which checks the frame")
    for name in RULES:
        _check_rule(name, given[name])
    if made.ready is None and made.entry is None and made.short_entry is None:
        raise ParameterError("Signals never enter; give a rule, such as entry=ta.rsi(14) < 30")
    if made.ready is not None and any(given[name] is not None for name in RULES):
        raise ParameterError("signals come from rules or from a frame, not from both; leave one of them out")
    sizes = [name for name in SIZES if given[name] not in (None, False)]
    sizes += ["weight in the frame"] if made.ready is not None and "weight" in made.ready.frame.columns else []
    if made.all_in and made.has_shorts:
        raise ParameterError("all_in=True has no short side, as nothing bounds it; give weight= or quantity=")
    if len(sizes) > 1:
        raise ParameterError(f"an entry has one size, got {' and '.join(sizes)}; give one of them")
    _check_number("weight", made.weight, 1, "a part of equity above 0 and up to 1, such as weight=0.5")
    _check_number("quantity", made.quantity, QUANTITY_MAX, f"units above 0 and up to {QUANTITY_MAX:,}")
    for name, is_taken in PARTS.items():
        most = 1 - Decimal(1).scaleb(-DIGITS) if is_taken else PART_MAX
        bounds = "above 0 and below 1" if is_taken else f"above 0 and up to {PART_MAX:,}"
        _check_number(name, given[name], most, f"a part of the price {bounds}; write 0.05 for 5%")


def _check_rule(name: str, given: object) -> None:
    if given is None or (isinstance(given, Indicator) and given.is_rule):
        return
    if isinstance(given, Outputs):
        raise given.needs_one()
    what = f"{given!r}, which is no rule" if isinstance(given, Indicator) else f"{short(given)}"
    raise ParameterError(f"{name} takes a rule, got {what}; compare, as in {name}=ta.close() > ta.sma(100)")


def _check_number(name: str, given: object, most: Decimal | int, allowed: str) -> None:
    if given is not None and not Decimal(1).scaleb(-DIGITS) <= Decimal(str(given)) <= most:
        raise NumberError(f"{name}={given} of Signals: give {allowed}")


class Made(Ruled):
    """What a `@wb.signals` function becomes: each is a class of its own, with the function's parameters."""

    _is_native: ClassVar[bool] = True
    _makes: ClassVar[Callable[..., object]]
    _takes_bars: ClassVar[bool]

    if not TYPE_CHECKING:  # a type checker knows the parameters from the function

        def __init__(self, *values: object, **given: object) -> None:
            super().__init__(**_named(type(self), values, given))


def _named(cls: type[Made], values: tuple[object, ...], given: dict[str, object]) -> dict[str, object]:
    """Arguments by name; those without one come in the order of the function's parameters."""
    if any(isinstance(value, Bars) for value in values):
        raise ParameterError(
            f"{cls.__name__} is given its bars by the Backtest; write wb.Backtest({cls.__name__}(), bars)"
        )
    names = list(inspect.signature(cls._makes).parameters)[cls._takes_bars :]
    if len(values) > len(names):
        raise ParameterError(f"{cls.__name__} has {len(names)} parameters, got {len(values)}: {', '.join(names)}")
    return {**dict(zip(names, values, strict=False)), **given}


@overload
def signals(function: Callable[Concatenate[Bars, P], Signals], /) -> Callable[P, Strategy]: ...
@overload
def signals(function: Callable[P, Signals], /) -> Callable[P, Strategy]: ...
def signals(function: Callable[..., Signals], /) -> Callable[..., Strategy]:
    """Make a strategy of a function that returns `wb.Signals`; its parameters are those of the function.

    Parameters are checked by their annotations, else by their defaults, as those of a `wb.Strategy`. A first parameter
    called `bars` is no parameter of the strategy: it is given the Bars of each run, from which the function may make
    the frame of `wb.Signals.from_frame`.

    Raises:
        StrategyError: a function that is none, takes arguments without names, or has a default that its annotation
            does not allow.

    Example:
        >>> from workbench import ta
        >>> @signals
        ... def reversion(window: int = 14, low: float = 30, high: float = 55) -> Signals:
        ...     rsi = ta.rsi(window)
        ...     return Signals(entry=rsi < low, exit=rsi > high, weight=1)
        >>> reversion(window=3)
        reversion(window=3, low=30.0, high=55.0)
        >>> reversion(windw=3)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        workbench.errors.ParameterError: unknown parameter 'windw' of reversion; ... did you mean reversion(window=3)?
    """
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
        raise StrategyError(f"@wb.signals takes a function that returns wb.Signals, got {short(function)}")
    known = list(inspect.signature(function).parameters.values())
    takes_bars = bool(known) and known[0].name == "bars"
    body: dict[str, Any] = {
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
        "__annotations__": {},
        "_makes": staticmethod(function),
        "_takes_bars": takes_bars,
    }
    for each in known[takes_bars:]:
        _declare(function, body, each)
    return type(function.__name__, (Made,), body)


def _declare(function: Callable[..., object], body: dict[str, Any], given: inspect.Parameter) -> None:
    """Add a parameter of the function to the class that it becomes."""
    name, default = given.name, given.default
    if given.kind in (given.VAR_POSITIONAL, given.VAR_KEYWORD, given.POSITIONAL_ONLY) or name.startswith("_"):
        shown = str(given.replace(annotation=given.empty, default=given.empty))
        raise StrategyError(f"{function.__name__} takes {shown}, which no sweep could name; name each parameter")
    if name in ("bars", *vars(Made)) or hasattr(Made, name):
        raise StrategyError(
            f"{function.__name__} cannot call a parameter {name!r}; bars= comes first, other names are taken"
        )
    has_default = default is not given.empty
    if has_default:
        body[name] = default
    body["__annotations__"][name] = given.annotation if given.annotation is not given.empty else _like(default)


def _like(default: object) -> object:
    """The annotation of a parameter without one: that of its default."""
    if isinstance(default, bool):
        return bool
    if isinstance(default, int):
        return int | float
    return type(default) if isinstance(default, (float, str, Decimal)) else Any


@dataclass(frozen=True, slots=True)
class Plan:
    """What the core needs to decide: rules or levels, sizes and protection."""

    entry: Indicator | None
    exit: Indicator | None
    short_entry: Indicator | None
    short_exit: Indicator | None
    levels: list[pl.DataFrame] | None
    weight: float | Decimal
    quantity: float | Decimal | None
    all_in: bool
    stop_loss_pct: float | Decimal | None
    take_profit_pct: float | Decimal | None
    trail_pct: float | Decimal | None


def check(strategy: Strategy, bars: Bars, *, has_shorts: bool = False) -> None:
    """Refuse signals that could not run on these bars; a function that asks for bars is called when a run begins.

    Raises:
        StrategyError: the function returns something else.
        UnsupportedError: short positions, unless the account `has_shorts`.
        BarsError: rows of a ready frame that belong to no bar.
        UnknownAssetError: a rule reads an asset that is not among the bars.
        ParameterError: a rule reads longer bars that these do not make up.

    Example:
        >>> from workbench import sample, ta
        >>> check(Signals(short_entry=ta.close() < 5), sample["IBM"])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        workbench.errors.UnsupportedError: short_entry and short_exit open short positions, ...
    """
    for member in members_of(strategy):
        if isinstance(member, Ruled) and not takes_bars(member):
            _check_on(_made(member, bars), bars, has_shorts)


def planned(strategy: Strategy, bars: Bars, fed: Bars | None = None, *, has_shorts: bool = False) -> Plan | None:
    """The plan of a strategy for a run on these bars, which `check` has passed; None if callbacks decide.

    `fed` are the bars of the run, where a function that asks for bars shall see fewer of them.

    Raises:
        StrategyError, UnsupportedError, BarsError: as `check`, for a function that asks for bars.

    Example:
        >>> from workbench import sample, ta
        >>> planned(Signals(entry=ta.close() > 5), sample[["IBM", "AAPL"]]).weight
        0.5
    """
    if not isinstance(strategy, Ruled):
        return None
    made = _made(strategy, bars)
    if takes_bars(strategy):
        _check_on(made, bars, has_shorts)
    found = None if made.ready is None else levels(made.ready, bars if fed is None else fed)
    weight = 1 / len(bars.assets) if made.weight is None else made.weight
    sizes = (weight, made.quantity, made.all_in)
    rules = (made.entry, made.exit, made.short_entry, made.short_exit)
    return Plan(*rules, found, *sizes, made.stop_loss_pct, made.take_profit_pct, made.trail_pct)


def is_made_of_rules(strategy: Strategy) -> bool:
    """Whether its rules follow from its parameters alone: neither from bars nor from a ready frame.

    Example:
        >>> from workbench import ta
        >>> is_made_of_rules(Signals(entry=ta.close() > 5))
        True
    """
    if isinstance(strategy, Signals):
        return strategy.ready is None
    return isinstance(strategy, Made) and not strategy._takes_bars


def made_with(strategy: Strategy, given: Mapping[str, object]) -> Signals:
    """The signals of a strategy made of rules, with these values in the place of its own.

    Raises:
        StrategyError: the function returns something else.

    Example:
        >>> from workbench import ta
        >>> made_with(Signals(entry=ta.close() > 5), {"weight": 0.5})
        Signals(entry=ta.close() > 5, weight=0.5)
    """
    return _made(strategy, None, given)


def _made(strategy: Strategy, bars: Bars | None, given: Mapping[str, object] = MappingProxyType({})) -> Signals:
    """The signals themselves, or those that a function gives, with these values in the place of its own."""
    if not isinstance(strategy, Made):
        made: object = fresh(strategy, **given) if given else strategy
    else:
        first = (bars,) if strategy._takes_bars else ()
        made = strategy._makes(*first, **{**parameters(strategy), **given})
    if not isinstance(made, Signals):
        name = type(strategy).__name__
        raise StrategyError(f"{name} must return wb.Signals, got {short(made)}; end it with return wb.Signals(...)")
    return made


def _check_on(made: Signals, bars: Bars, has_shorts: bool) -> None:
    if made.has_shorts and not has_shorts:
        raise UnsupportedError(
            "short_entry and short_exit open short positions, which need a margin account; write "
            "Backtest(..., account=wb.Margin()) or leave them out"
        )
    if made.ready is not None:
        check_rows(made.ready, bars)
    rules = (getattr(made, name) for name in RULES)
    check_feeds(bars, [feed for rule in rules if rule is not None for feed in feeds(rule)])


def sells_short(strategy: Strategy) -> bool:
    """Whether signals made of rules, with the parameters they have, are about short positions.

    Example:
        >>> from workbench import ta
        >>> sells_short(Signals(short_entry=ta.close() < 5))
        True
    """
    try:
        return made_with(strategy, {}).has_shorts
    except Exception:  # noqa: BLE001  What cannot be made says so in its own run.
        return False


def has_signals(strategy: Strategy) -> bool:
    """Whether the core decides on rules, so that no hook is called.

    Example:
        >>> from workbench import ta
        >>> has_signals(Signals(entry=ta.close() > 5))
        True
    """
    return isinstance(strategy, Ruled)


def takes_bars(strategy: Strategy) -> bool:
    """Whether the signals are made by a function of the bars.

    Example:
        >>> from workbench import ta
        >>> takes_bars(Signals(entry=ta.close() > 5))
        False
    """
    return isinstance(strategy, Made) and strategy._takes_bars


def is_auditable(strategy: Strategy) -> bool:
    """Whether its decisions can be made again on bars that end earlier; a ready frame stays as it was made.

    Example:
        >>> from workbench import ta
        >>> is_auditable(Signals(entry=ta.close() > 5))
        True
    """
    return not any(isinstance(member, Signals) and member.ready is not None for member in members_of(strategy))
