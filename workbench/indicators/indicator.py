"""The description of an indicator: a frozen, hashable value that Rust turns into a stream.

Two equal descriptions are the same indicator, so they can be watched, compared, pickled and used as keys.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field as part
from decimal import Decimal
from difflib import get_close_matches
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NoReturn, TypeAlias, get_args

from workbench.errors import ParameterError, StrategyError
from workbench.indicators.spelling import FIXED, SIGNS, python

if TYPE_CHECKING:
    import numpy.typing as npt
    import polars as pl

__all__ = ["FIELDS", "WINDOW_MAX", "Field", "Indicator", "Node", "described", "field", "number", "of_bars", "window"]

Field: TypeAlias = Literal["open", "high", "low", "close", "volume"]
Node: TypeAlias = (
    "tuple[str, tuple[float, ...], tuple[object, ...]] | tuple[str, tuple[float, ...], tuple[object, ...], str]"
)

FIELDS: Final[tuple[Field, ...]] = get_args(Field)
WINDOW_MAX: Final = 1_000_000
DEPTH_MAX: Final = 100
SIZE_MAX: Final = 10_000
MAGNITUDE_MAX: Final = 1e290
RULES: Final = frozenset({"lt", "le", "gt", "ge", "and", "or", "not", "crosses_above", "crosses_below"})


@dataclass(frozen=True, slots=True, repr=False)
class Indicator:
    """A value per bar, described by its name, its numbers, what it reads and the longer bars it lives on.

    Indicators are made by the functions of `workbench.ta` and composed: `+ - * /` with each other and with numbers,
    `< <= > >=` and `crosses_above` make rules, `& | ~` join rules, `shift` looks back. A rule is 1 where it holds and 0
    where it does not. What is composed has a value at the bars where all its parts have one; a division by zero has
    none. With `every` an indicator takes longer bars, of which it sees closed ones only, and keeps its value until the
    next one closes; what it reads takes the same bars, unless that has an `every` of its own.

    Example:
        >>> from workbench import ta
        >>> up = (ta.sma(20) > ta.sma(100)) & (ta.close() > 5)
        >>> up
        (ta.sma(20) > ta.sma(100)) & (ta.close() > 5)
        >>> up == (ta.sma(20) > ta.sma(100)) & (ta.close() > 5)
        True
    """

    name: str
    params: tuple[float, ...]
    inputs: tuple[Field | Indicator | float, ...]
    every: str | None = None

    # A numpy number on the left leaves the operator to the indicator, in place of making an array of one.
    __array_ufunc__: ClassVar[None] = None

    depth: int = part(init=False, repr=False, compare=False)
    """How many indicators stand one inside the other."""
    size: int = part(init=False, repr=False, compare=False)
    """How many indicators it is made of; one that stands in two places counts twice."""

    def __post_init__(self) -> None:
        inner = [each for each in self.inputs if isinstance(each, Indicator)]
        object.__setattr__(self, "depth", 1 + max((each.depth for each in inner), default=0))
        object.__setattr__(self, "size", 1 + sum(each.size for each in inner))
        if self.depth > DEPTH_MAX:
            raise ParameterError(f"indicators nest at most {DEPTH_MAX} deep; split the expression into two watches")
        if self.size > SIZE_MAX:
            raise ParameterError(f"an expression has at most {SIZE_MAX:,} indicators; split it into two watches")

    @property
    def is_rule(self) -> bool:
        """Whether its value says yes (1) or no (0).

        Example:
            >>> from workbench import ta
            >>> (ta.close() > 5).is_rule, ta.close().is_rule
            (True, False)
        """
        first = self.inputs[0] if self.name == "shift" else None
        return self.name in RULES or (isinstance(first, Indicator) and first.is_rule)

    @property
    def node(self) -> Node:
        """The description as nested tuples `(name, params, inputs)`, and `every` if any, as they cross into Rust.

        Example:
            >>> from workbench import ta
            >>> ta.sma(20, of="high").node
            ('sma', (20,), ('high',))
        """
        inputs = tuple(each.node if isinstance(each, Indicator) else each for each in self.inputs)
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
        bars = _whole(n)
        if bars is not None and bars < 0:
            raise ParameterError(f"shift({bars}) would look ahead: no bar knows what comes after it; give 0 or more")
        if bars is None or bars > WINDOW_MAX:
            raise ParameterError(f"shift takes a whole number of bars from 0 to {WINDOW_MAX:,}, got {_short(n)}")
        return Indicator("shift", (bars,), (_plain(self),)) if bars else self

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
        return Indicator("crosses_above", (), (_plain(self), _operand("crosses_above", other)))

    def crosses_below(self, other: Indicator | float) -> Indicator:
        """A rule: below `other` at this bar, and at or above it at the bar before; see `crosses_above`.

        Raises:
            ParameterError: `other` is neither an indicator nor a number.

        Example:
            >>> from workbench import ta
            >>> ta.close().crosses_below(100)
            ta.close().crosses_below(100)
        """
        return Indicator("crosses_below", (), (_plain(self), _operand("crosses_below", other)))

    def __call__(self, values: pl.Series | pl.DataFrame | npt.NDArray[Any]) -> pl.Series:
        """The value at each row: its stream as a column, null where it has none, Boolean if it is a rule.

        Args:
            values: A Series or flat array, taken as the one field it reads, or a frame with the fields it reads.

        Raises:
            ParameterError: Values that it cannot read.
            UnsupportedError: It lives on longer bars, which a column does not have.

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
            UnsupportedError: It lives on longer bars, which a column does not have.

        Example:
            >>> from workbench import sample, ta
            >>> sample["AAPL"].frame.select(ta.sma(20).expr(over="asset")).columns
            ['sma_20']
        """
        from workbench.indicators.columns import expression

        return expression(self, over)

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
        return _joined("div", self, other)

    def __rtruediv__(self, other: float) -> Indicator:
        return _joined("div", other, self)

    def __neg__(self) -> Indicator:
        return Indicator("neg", (), (_plain(self),))

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
        raise StrategyError(f"{self!r} is a description, neither true nor false; {_WATCH}")

    def __float__(self) -> NoReturn:
        raise StrategyError(f"{self!r} is a description and has no value of its own; {_WATCH}")

    def __getitem__(self, key: object) -> NoReturn:
        raise StrategyError(f"{self!r} is a description and holds no values; {_WATCH}")

    def __repr__(self) -> str:
        return python(self)


def _joined(name: str, left: object, right: object) -> Indicator:
    return Indicator(name, (), (_operand(SIGNS[name], left), _operand(SIGNS[name], right)))


def _operand(sign: str, given: object) -> Field | Indicator | float:
    """What an operator takes; a number is kept as float64, which is what bars are made of."""
    if isinstance(given, Indicator):
        return _plain(given)
    if isinstance(given, bool) or not isinstance(given, (Real, Decimal)):
        _only_one(given)
        raise ParameterError(f"{sign} takes an indicator or a plain number, got {_short(given)}")
    number = _float(given)
    if not abs(number) <= MAGNITUDE_MAX:
        raise ParameterError(f"{sign} takes finite numbers up to {MAGNITUDE_MAX:g}, got {_short(given)}")
    return number


def _float(given: Real | Decimal) -> float:
    try:
        return float(given)
    except OverflowError:  # a whole number beyond every float
        return math.inf


def _plain(given: Indicator) -> Field | Indicator:
    """A field of the bars at hand is read as such, so that `of=ta.high()` and `of="high"` are one."""
    if given.name != "field" or given.every is not None:
        return given
    (field,) = given.inputs
    return field if isinstance(field, str) else given


def _rule(sign: str, given: object) -> Indicator:
    if isinstance(given, Indicator) and given.is_rule:
        return given
    _only_one(given)
    raise ParameterError(
        f"{sign} joins rules, and {_short(given)} is none; compare first, each in parentheses: "
        "(ta.close() > 5) & (ta.sma(20) > ta.sma(100))"
    )


def _only_one(given: object) -> None:
    """Says which outputs there are, where one of several is needed."""
    from workbench.indicators.outputs import Outputs  # which is made of indicators

    if isinstance(given, Outputs):
        raise given.needs_one()


_WATCH: Final = "write self.value = ctx.watch(...) in on_start and read self.value[bar.asset] in on_bar"


def described(name: str, n: object, of: object, every: object, *more: float, least: int = 1) -> Indicator:
    """An indicator with one window over one input, on bars of one length, all checked.

    Args:
        name: Its name in `workbench.ta`.
        n: The window in bars, no shorter than `least`.
        of: The input that is chosen; what it reads beside that is in `FIXED`.
        every: The length of its bars, None for those of the run.
        more: Further numbers, checked with `number`.
        least: The shortest window.

    Raises:
        ParameterError: The window is no whole number of bars, the input neither a field nor an indicator, or `every` no
            length of a bar.

    Example:
        >>> described("sma", 3, "high", "60m")
        ta.sma(3, of='high', every='1h')
    """
    bars = window(name, n, least)
    return Indicator(name, (bars, *more), (_source(name, of), *FIXED.get(name, ())), _every(every))


def of_bars(name: str, params: tuple[float, ...], every: object) -> Indicator:
    """An indicator that reads the prices `FIXED` has for it, on bars of one length.

    Raises:
        ParameterError: `every` is no length of a bar.

    Example:
        >>> of_bars("atr", (14,), "60m").inputs
        ('high', 'low', 'close')
    """
    return Indicator(name, params, FIXED[name], _every(every))


def number(call: str, given: object, low: float, high: float) -> float:
    """A number from `low` to `high` as a float; `call` is how the indicator is written, with the argument in question.

    Raises:
        ParameterError: It is no number, or outside of the range.

    Example:
        >>> number("ta.t3(5, vfactor=0.7)", 1, 0, 1)
        1.0
    """
    value = float(given) if isinstance(given, Real) and not isinstance(given, bool) else float("nan")
    if not low <= value <= high:
        what = call.split("(")[0]
        raise ParameterError(f"{what} takes a number from {low} to {high} here, got {_short(given)}; write {call}")
    return value


def field(name: Field, every: object) -> Indicator:
    """One number of a bar as an indicator, on bars of one length.

    Raises:
        ParameterError: `every` is no length of a bar.

    Example:
        >>> field("high", None)
        ta.high()
    """
    return Indicator("field", (), (name,), _every(every))


def _every(every: object) -> str | None:
    if every is None:
        return None
    from workbench.market.resampling import length  # loads Polars, which most descriptions do without

    return length(every)


def window(name: str, n: object, least: int) -> int:
    """A window in bars, from `least` to `WINDOW_MAX`.

    Raises:
        ParameterError: It is no whole number in this range.

    Example:
        >>> window("rsi", 14, 2)
        14
    """
    bars = _whole(n)
    if bars is None or not least <= bars <= WINDOW_MAX:
        allowed = f"a whole number of bars from {least} to {WINDOW_MAX:,}"
        raise ParameterError(f"ta.{name} takes {allowed}, got {_short(n)}; write ta.{name}(20)")
    return bars


def _whole(n: object) -> int | None:
    """The number as an int; numpy's integers count, a bool does not."""
    index = None if isinstance(n, bool) else getattr(type(n), "__index__", None)
    try:
        return None if index is None else int(index(n))
    except TypeError:
        # A numpy array has __index__, but answers only when it holds a single integer.
        return None


def _source(name: str, of: object) -> Field | Indicator:
    if isinstance(of, Indicator):
        return _plain(of)
    for field in FIELDS:
        if isinstance(of, str) and of == field:
            return field
    _only_one(of)
    near = get_close_matches(str(of).lower(), FIELDS, n=1) if isinstance(of, str) else []
    hint = f"did you mean of={near[0]!r}?" if near else f'write ta.{name}(20, of="close")'
    raise ParameterError(f"of= takes {', '.join(FIELDS)} or an indicator, got {_short(of)}; {hint}")


def _short(value: object) -> str:
    text = (
        repr(value) if isinstance(value, (int, float, str, tuple, Decimal, Indicator)) else f"a {type(value).__name__}"
    )
    return text if len(text) <= 60 else f"a {type(value).__name__}"
