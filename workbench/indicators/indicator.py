"""The description of an indicator: a frozen, hashable value that Rust turns into a stream.

Two equal descriptions are the same indicator, so they can be watched, compared, pickled and used as keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Real
from typing import TYPE_CHECKING, Final, Literal, NoReturn, TypeAlias, get_args

from workbench.errors import ParameterError, StrategyError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FIELDS", "FIXED", "WINDOW_MAX", "Field", "Indicator", "Node", "described", "number", "of_bars", "window"]

Field: TypeAlias = Literal["open", "high", "low", "close", "volume"]
Node: TypeAlias = (
    "tuple[str, tuple[float, ...], tuple[object, ...]] | tuple[str, tuple[float, ...], tuple[object, ...], str]"
)

FIELDS: Final[tuple[Field, ...]] = get_args(Field)
# What an indicator reads beside the input that is chosen with of=, or without one.
FIXED: Final[dict[str, tuple[Field, ...]]] = {
    "vwma": ("volume",),
    "bop": ("open", "high", "low", "close"),
    **dict.fromkeys(("atr", "cci", "natr", "trange", "willr"), ("high", "low", "close")),
}
WINDOW_MAX: Final = 1_000_000
DEPTH_MAX: Final = 100


@dataclass(frozen=True, slots=True, repr=False)
class Indicator:
    """A value per bar, described by its name, its numbers, what it reads and the longer bars it lives on.

    Indicators are made by the functions of `workbench.ta` and by subtracting one from another. With `every` an
    indicator takes longer bars, of which it sees closed ones only, and keeps its value until the next one closes; what
    it reads takes the same bars, unless that has an `every` of its own.

    Example:
        >>> from workbench import ta
        >>> gap = ta.sma(20) - ta.sma(100)
        >>> gap
        ta.sma(20) - ta.sma(100)
        >>> gap == ta.sma(20) - ta.sma(100)
        True
    """

    name: str
    params: tuple[float, ...]
    inputs: tuple[Field | Indicator, ...]
    every: str | None = None

    def __post_init__(self) -> None:
        if self.depth > DEPTH_MAX:
            raise ParameterError(f"indicators nest at most {DEPTH_MAX} deep; split the expression into two watches")

    @property
    def depth(self) -> int:
        """How many indicators stand one inside the other."""
        return 1 + max((each.depth for each in self.inputs if isinstance(each, Indicator)), default=0)

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

    def __sub__(self, other: Indicator) -> Indicator:
        if not isinstance(other, Indicator):
            raise UnsupportedError(_only_minus(f"{self!r} - {other!r}"))
        return Indicator("sub", (), (self, other))

    def __rsub__(self, other: object) -> NoReturn:
        raise UnsupportedError(_only_minus(f"{other!r} - {self!r}"))

    def __neg__(self) -> NoReturn:
        raise UnsupportedError(_only_minus(f"-{self!r}"))

    def __bool__(self) -> NoReturn:
        raise StrategyError(f"{self!r} is a description, neither true nor false; {_WATCH}")

    def __float__(self) -> NoReturn:
        raise StrategyError(f"{self!r} is a description and has no value of its own; {_WATCH}")

    def __getitem__(self, key: object) -> NoReturn:
        raise StrategyError(f"{self!r} is a description and holds no values; {_WATCH}")

    def __repr__(self) -> str:
        if self.name == "sub":
            left, right = self.inputs
            return f"{left!r} - ({right!r})" if _is_difference(right) else f"{left!r} - {right!r}"
        return f"ta.{self.name}({', '.join([*map(str, self.params), *self._sources()])})"

    def _sources(self) -> list[str]:
        """Inputs and longer bars as arguments; the close and the bars of the run are the default and are not shown."""
        chosen = self.inputs[: len(self.inputs) - len(FIXED.get(self.name, ()))]
        longer = [] if self.every is None else [f"every={self.every!r}"]
        return [f"of={each!r}" for each in chosen if each != "close"] + longer

    if not TYPE_CHECKING:
        # Type checkers reject these operators by themselves; in a notebook the reason is worth a sentence.
        def _refused(sign: str) -> Callable[[Indicator, object], NoReturn]:  # noqa: N805
            def refuse(self: Indicator, other: object) -> NoReturn:
                raise UnsupportedError(_refusal(self, sign, other))

            return refuse

        __add__ = __radd__ = _refused("+")
        __mul__ = __rmul__ = _refused("*")
        __truediv__ = __rtruediv__ = _refused("/")
        __lt__, __le__, __gt__, __ge__ = _refused("<"), _refused("<="), _refused(">"), _refused(">=")
        __and__, __or__ = _refused("&"), _refused("|")
        del _refused


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
        return of
    for field in FIELDS:
        if isinstance(of, str) and of == field:
            return field
    near = get_close_matches(str(of).lower(), FIELDS, n=1) if isinstance(of, str) else []
    hint = f"did you mean of={near[0]!r}?" if near else f'write ta.{name}(20, of="close")'
    raise ParameterError(f"of= takes {', '.join(FIELDS)} or an indicator, got {_short(of)}; {hint}")


def _is_difference(source: Field | Indicator) -> bool:
    return isinstance(source, Indicator) and source.name == "sub"


def _only_minus(expression: str) -> str:
    return f"{expression}: this version subtracts one indicator from another and nothing else; {_WATCH}"


def _refusal(indicator: Indicator, sign: str, other: object) -> str:
    if sign in "+*/":
        return _only_minus(f"{sign} of {indicator!r} and {_short(other)}")
    return f"{sign} of {indicator!r} and {_short(other)}: rules are not available in this version; {_WATCH}"


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, (int, float, str, tuple, Indicator)) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"a {type(value).__name__}"
