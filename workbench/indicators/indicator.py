"""The description of an indicator: a frozen, hashable value that Rust turns into a stream.

Two equal descriptions are the same indicator, so they can be watched, compared, pickled and used as keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as part
from decimal import Decimal
from numbers import Real
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    NoReturn,
    TypeAlias,
    TypeVar,
    dataclass_transform,
    get_args,
)

from workbench.errors import ParameterError, StrategyError
from workbench.indicators.given import WINDOW_MAX, as_float, only_one, short, whole
from workbench.indicators.slots import Slot
from workbench.indicators.spelling import SIGNS, no_attribute, python

if TYPE_CHECKING:
    import numpy.typing as npt
    import polars as pl

    from workbench._native import IndicatorStream

__all__ = [
    "FIELDS",
    "PARTS",
    "Field",
    "Indicator",
    "Node",
    "Part",
    "plain",
]

Field: TypeAlias = Literal["open", "high", "low", "close", "volume"]
# What is read of a bar; nobody chooses its session or its time as an input.
Part: TypeAlias = Field | Literal["session", "time"]
Node: TypeAlias = "tuple[object, ...]"

_T = TypeVar("_T")
FIELDS: Final[tuple[Field, ...]] = get_args(Field)
PARTS: Final[tuple[Part, ...]] = (*FIELDS, "session", "time")
DEPTH_MAX: Final = 100
SIZE_MAX: Final = 10_000
MAGNITUDE_MAX: Final = 1e290
RULES: Final = frozenset({"lt", "le", "gt", "ge", "and", "or", "not", "crosses_above", "crosses_below"})


def _value(cls: type[_T]) -> type[_T]:
    """Frozen, compared and hashed by its parts; to type checkers a plain class, as its heirs have other parts."""
    return dataclass(frozen=True, slots=True, repr=False)(cls)


@dataclass_transform(field_specifiers=(part,))
class Described:
    """Nothing but a word to type checkers: the annotations of a class of the user's are what it is made with."""

    __slots__ = ()


@_value
class Indicator(Described):
    """A value per bar, described by its name, its numbers, what it reads and the longer bars it lives on.

    Users write their own by a subclass, whose annotated attributes are its parameters. Its `update` is handed each bar
    and gives a number, or None where there is none. State is made in `on_start`, which can also refuse parameters, and
    kept in the object; each asset and each column has one of its own. `reads` are what its bars have, without which
    `update` is not asked, and `warmup` tells how many bars it takes to the first value. It takes `every=`, too.

    Indicators are made by the functions of `workbench.ta` and composed: `+ - * /` with each other and with numbers,
    `< <= > >=` and `crosses_above` make rules, `& | ~` join rules, `shift` looks back, `abs()` drops the sign. A rule
    is 1 where it holds and 0 where it does not. What is composed has a value at the bars where all its parts have one;
    a division by zero has none. With `every` an indicator takes longer bars, of which it sees closed ones only, and
    keeps its value until the next one closes; what it reads takes the same bars, unless that has an `every` of its own.

    Example:
        >>> from workbench import ta
        >>> up = (ta.sma(20) > ta.sma(100)) & (ta.close() > 5)
        >>> up
        (ta.sma(20) > ta.sma(100)) & (ta.close() > 5)
        >>> up == (ta.sma(20) > ta.sma(100)) & (ta.close() > 5)
        True
        >>> class Rising(Indicator):
        ...     n: int = 3
        ...     def on_start(self):
        ...         self.last, self.count = float("inf"), 0
        ...     def update(self, bar):
        ...         self.count = self.count + 1 if bar.close > self.last else 0
        ...         self.last = bar.close
        ...         return self.count >= self.n
        >>> Rising(2) > 0.5
        Rising(n=2) > 0.5
    """

    # To type checkers a class of the user's is made with its own parameters and `every`; the rest is worked out.
    if TYPE_CHECKING:
        name: str = part(init=False)
        params: tuple[float, ...] = part(init=False)
        inputs: tuple[Part | Indicator | float, ...] = part(init=False)
        every: str | None = part(default=None, kw_only=True)
        asset: str | None = part(init=False)
    else:
        name: str
        params: tuple[float, ...]
        inputs: tuple[Part | Indicator | float, ...]
        every: str | None = None
        asset: str | None = None  # the one that "on" reads; no other indicator has one

    # A numpy number on the left leaves the operator to the indicator, in place of making an array of one.
    __array_ufunc__: ClassVar[None] = None

    reads: ClassVar[tuple[Part, ...]] = ("open", "high", "low", "close")
    """What the bars of a subclass have: fields, `session` (a date), `time` (of the close). Without these no value."""

    warmup: ClassVar[int] = 1
    """How many bars a subclass takes to its first value; a property may work it out."""

    measures: ClassVar[Literal["level", "distance", "other"]] = "other"
    """What the values of a subclass are: prices, distances of prices, or neither; charts draw levels over prices."""

    depth: int = part(init=False, repr=False, compare=False)
    """How many indicators stand one inside the other."""
    size: int = part(init=False, repr=False, compare=False)
    """How many indicators it is made of; one that stands in two places counts twice."""

    if TYPE_CHECKING:

        def __init__(
            self,
            name: str,
            params: tuple[float, ...],
            inputs: tuple[Part | Indicator | float, ...],
            every: str | None = None,
            asset: str | None = None,
        ) -> None: ...

    def __init_subclass__(cls) -> None:
        from workbench.indicators.written import define

        define(cls)

    def __post_init__(self) -> None:
        inner = [each for each in self.inputs if isinstance(each, Indicator)]
        object.__setattr__(self, "depth", 1 + max((each.depth for each in inner), default=0))
        object.__setattr__(self, "size", 1 + sum(each.size for each in inner))
        if self.depth > DEPTH_MAX:
            raise ParameterError(f"indicators nest at most {DEPTH_MAX} deep; split the expression into two watches")
        if self.size > SIZE_MAX:
            raise ParameterError(f"an expression has at most {SIZE_MAX:,} indicators; split it into two watches")

    @property
    def is_written(self) -> bool:
        """Whether a user has written it.

        Example:
            >>> from workbench import ta
            >>> ta.close().is_written
            False
        """
        return type(self) is not Indicator

    @property
    def is_rule(self) -> bool:
        """Whether its value says yes (1) or no (0).

        Example:
            >>> from workbench import ta
            >>> (ta.close() > 5).is_rule, ta.close().is_rule
            (True, False)
        """
        first = self.inputs[0] if self.name in ("shift", "on") else None
        return self.name in RULES or (isinstance(first, Indicator) and first.is_rule)

    @property
    def node(self) -> Node:
        """The description as nested tuples `(name, params, inputs)`, and `every` if any, as they cross into Rust.

        That of another asset is `("on", asset, input)`, that of a class of the user's `("foreign", itself, every)`.

        Example:
            >>> from workbench import ta
            >>> ta.sma(20, of="high").node
            ('sma', (20,), ('high',))
        """
        inputs = tuple(each.node if isinstance(each, Indicator) else each for each in self.inputs)
        if self.asset is not None:
            return (self.name, self.asset, *inputs)
        if self.is_written:
            return ("foreign", self, self.every)
        plain = (self.name, self.params, inputs)
        return plain if self.every is None else (*plain, self.every)

    def shift(self, n: int) -> Indicator:
        """The value `n` bars ago, as it was at that bar; it has one from the (n + 1)-th value on.

        Args:
            n: Number of bars of whatever reads it, those of the run where nothing with an `every` does; 0 is now.

        Raises:
            ParameterError: `n` is no whole number from 0 to 1,000,000; a negative one would look ahead.

        Example:
            >>> from workbench import ta
            >>> ta.close() - ta.close().shift(1)
            ta.close() - ta.close().shift(1)
        """
        bars = whole(n)
        if bars is not None and bars < 0:
            raise ParameterError(f"shift({bars}) would look ahead: no bar knows what comes after it; give 0 or more")
        if bars is None or bars > WINDOW_MAX:
            raise ParameterError(f"shift takes a whole number of bars from 0 to {WINDOW_MAX:,}, got {short(n)}")
        return Indicator("shift", (bars,), (plain(self),)) if bars else self

    def on(self, asset: str) -> Indicator:
        """The same indicator of another asset: over the bars of that one, of which it knows those closed by now.

        A bar of it that closes in the same moment counts. Until it has a value, what reads it has none either. It takes
        the units of the other asset, and its longer bars where there is an `every`.

        Args:
            asset: An asset of the same Bars, by its name.

        Raises:
            ParameterError: `asset` is no name. An asset that is not among the bars is refused where they are known.

        Example:
            >>> from workbench import ta
            >>> ta.close() / ta.close().on("KO") > ta.sma(20).on("KO")
            ta.close() / ta.close().on('KO') > ta.sma(20).on('KO')
        """
        if not isinstance(asset, str) or not asset:
            raise ParameterError(f"on takes the name of an asset, got {short(asset)}; write {self!r}.on('KO')")
        return Indicator("on", (), (plain(self),), asset=str(asset))

    def crosses_above(self, other: Indicator | float) -> Indicator:
        """A rule: above `other` at this bar, and at or below it at the bar before.

        It has a value where both have one at both bars.

        Raises:
            ParameterError: `other` is neither an indicator nor a number.

        Example:
            >>> from workbench import ta
            >>> ta.sma(20).crosses_above(ta.sma(100))
            ta.sma(20).crosses_above(ta.sma(100))
        """
        return Indicator("crosses_above", (), (plain(self), _operand("crosses_above", other)))

    def crosses_below(self, other: Indicator | float) -> Indicator:
        """A rule: below `other` at this bar, and at or above it at the bar before; see `crosses_above`.

        Raises:
            ParameterError: `other` is neither an indicator nor a number.

        Example:
            >>> from workbench import ta
            >>> ta.close().crosses_below(100)
            ta.close().crosses_below(100)
        """
        return Indicator("crosses_below", (), (plain(self), _operand("crosses_below", other)))

    def __call__(self, values: pl.Series | pl.DataFrame | npt.NDArray[Any]) -> pl.Series:
        """The value at each row: its stream as a column, null where it has none, Boolean if it is a rule.

        Args:
            values: A Series or flat array, taken as the one field it reads, or a frame with the fields it reads.

        Raises:
            ParameterError: Values that it cannot read.
            UnsupportedError: It reads longer bars or another asset, which a column does not have.

        Example:
            >>> import polars as pl
            >>> from workbench import ta
            >>> ta.sma(2)(pl.Series([1.0, 3.0, 5.0])).rename("mean").to_list()
            [None, 2.0, 4.0]
        """
        from workbench.indicators.columns import of_values  # loads Polars, which descriptions do without

        return of_values(self, values)

    def expr(self, *, over: str | None = None) -> pl.Expr:
        """A Polars expression over the columns open, high, low, close and volume that it reads, in the order of rows.

        Args:
            over: The column that tells assets apart, each of which has a stream of its own; None takes all rows as one.

        Raises:
            ParameterError: `over` is no name of a column.
            UnsupportedError: It reads longer bars or another asset, which a column does not have.

        Example:
            >>> from workbench import sample, ta
            >>> sample["AAPL"].frame.select(ta.sma(20).expr(over="asset")).columns
            ['sma_20']
        """
        from workbench.indicators.columns import expression

        return expression(self, over)

    def stream(self) -> IndicatorStream:
        """It outside of a run: `update` takes the next number or bar, None where it is unknown, and gives the value.

        What a feed has as plain numbers is given by the names of a bar's fields, of which it takes those it reads.

        Example:
            >>> from workbench import ta
            >>> (mean := ta.sma(2).stream()).update(1.0), mean.update(3.0), mean.value
            (None, 2.0, 2.0)
            >>> (range := ta.trange().stream()).update(high=3, low=1, close=2), range.update(high=5, low=4, close=4.5)
            (None, 3.0)
        """
        from workbench.indicators.columns import stream

        return stream(self)

    def __add__(self, other: Indicator | float) -> Indicator:
        return _joined("add", self, other)

    def __radd__(self, other: float) -> Indicator:
        return _joined("add", other, self)

    def __sub__(self, other: Indicator | float) -> Indicator:
        return _joined("sub", self, other)

    def __rsub__(self, other: float) -> Indicator:
        return _joined("sub", other, self)

    def __mul__(self, other: Indicator | float) -> Indicator:
        return _joined("mul", self, other)

    def __rmul__(self, other: float) -> Indicator:
        return _joined("mul", other, self)

    def __truediv__(self, other: Indicator | float) -> Indicator:
        return _joined("div", self, _divisor(other))

    def __rtruediv__(self, other: float) -> Indicator:
        return _joined("div", other, self)

    def __neg__(self) -> Indicator:
        return Indicator("neg", (), (plain(self),))

    def __abs__(self) -> Indicator:
        return Indicator("abs", (), (plain(self),))

    def __lt__(self, other: Indicator | float) -> Indicator:
        return _joined("lt", self, other)

    def __le__(self, other: Indicator | float) -> Indicator:
        return _joined("le", self, other)

    def __gt__(self, other: Indicator | float) -> Indicator:
        return _joined("gt", self, other)

    def __ge__(self, other: Indicator | float) -> Indicator:
        return _joined("ge", self, other)

    def __and__(self, other: Indicator) -> Indicator:
        return Indicator("and", (), (_rule("&", self), _rule("&", other)))

    def __or__(self, other: Indicator) -> Indicator:
        return Indicator("or", (), (_rule("|", self), _rule("|", other)))

    def __invert__(self) -> Indicator:
        return Indicator("not", (), (_rule("~", self),))

    def __bool__(self) -> NoReturn:
        joined = "join rules by & | ~ instead of and, or, not, each in parentheses; " if self.is_rule else ""
        raise StrategyError(f"{self!r} is a description, neither true nor false; {joined}{_WATCH}")

    def __float__(self) -> NoReturn:
        raise StrategyError(f"{self!r} is a description and has no value of its own; {_WATCH}")

    def __getitem__(self, key: object) -> NoReturn:
        raise StrategyError(f"{self!r} is a description and holds no values; {_WATCH}")

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            if name[0] == "_" or hasattr(type(self), name):
                return object.__getattribute__(self, name)  # which raises the error of Python, or of a property
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return python(self)


def _joined(name: str, left: object, right: object) -> Indicator:
    return Indicator(name, (), (_operand(SIGNS[name], left), _operand(SIGNS[name], right)))


def _divisor(given: object) -> object:
    """What is divided by; a plain 0 would leave no value anywhere."""
    if isinstance(given, Slot):
        return given.each(_divisor)
    if isinstance(given, (Real, Decimal)) and not isinstance(given, bool) and as_float(given) == 0:
        raise ParameterError(f"/ {short(given)} has no value at any bar; divide by another number or by an indicator")
    return given


def _operand(sign: str, given: object) -> Part | Indicator | float:
    """What an operator takes; a number is kept as float64, which is what bars are made of."""
    if isinstance(given, Indicator):
        return plain(given)
    if isinstance(given, Slot):
        return given.each(lambda value: _operand(sign, value))  # type: ignore[return-value]  # stands for a number
    if isinstance(given, bool) or not isinstance(given, (Real, Decimal)):
        only_one(given)
        raise ParameterError(f"{sign} takes an indicator or a plain number, got {short(given)}")
    number = as_float(given)
    if not abs(number) <= MAGNITUDE_MAX:
        raise ParameterError(f"{sign} takes finite numbers up to {MAGNITUDE_MAX:g}, got {short(given)}")
    return number


def plain(given: Indicator) -> Part | Indicator:
    """A field of the bars at hand is read as such, so that `of=ta.high()` and `of="high"` are one."""
    if given.name != "field" or given.every is not None:
        return given
    (field,) = given.inputs
    return field if isinstance(field, str) else given


def _rule(sign: str, given: object) -> Indicator:
    if isinstance(given, Indicator) and given.is_rule:
        return given
    only_one(given)
    raise ParameterError(
        f"{sign} joins rules, and {short(given)} is none; compare first, each in parentheses: "
        "(ta.close() > 5) & (ta.sma(20) > ta.sma(100))"
    )


_WATCH: Final = "write self.value = ctx.watch(...) in on_start and read self.value[bar.asset] in on_bar"
