"""How an indicator is spelt: as the Python that makes it, and as the name of a column.

The one idea: both are the same expression, with Python's own precedence; only its leaves are written in two ways.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from workbench.indicators.indicator import Field, Indicator

__all__ = ["FIXED", "SIGNS", "label", "number_text", "python"]

# What an indicator reads beside the input that is chosen with of=, or without one.
FIXED: Final[dict[str, tuple[Field, ...]]] = {
    "vwma": ("volume",),
    **dict.fromkeys(("ao", "aroon_osc", "fisher", "mass_index", "midprice", "parkinson", "sar"), ("high", "low")),
    **dict.fromkeys(("bop", "garman_klass", "yang_zhang"), ("open", "high", "low", "close")),
    **dict.fromkeys(("adx", "adxr", "atr", "cci", "dx", "minus_di"), ("high", "low", "close")),
    **dict.fromkeys(("natr", "plus_di", "trange", "ultosc", "willr"), ("high", "low", "close")),
}
# What is written with an argument of another function's that is no number.
VARIANTS: Final = {"apo_ema": ("apo", "ma='ema'"), "ppo_ema": ("ppo", "ma='ema'")}
SIGNS: Final = {
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "or": "|", "and": "&",
    "add": "+", "sub": "-", "mul": "*", "div": "/", "neg": "-", "not": "~",
}  # fmt: skip
LEVELS: Final = {"or": 1, "and": 2, "add": 3, "sub": 3, "mul": 4, "div": 4, "neg": 5, "not": 5}
METHODS: Final = ("shift", "crosses_above", "crosses_below")
CALL: Final = 6
Leaf: TypeAlias = "Callable[[Indicator | str], str]"


def python(indicator: Indicator) -> str:
    """The expression that makes an equal indicator.

    Example:
        >>> from workbench import ta
        >>> python((ta.close() - ta.sma(20)) / 2)
        '(ta.close() - ta.sma(20)) / 2'
    """
    return _text(indicator, _called)


def label(indicator: Indicator) -> str:
    """The name of its column.

    Example:
        >>> from workbench import ta
        >>> label(ta.sma(20)), label(ta.ema(5, of="high") > 3)
        ('sma_20', 'ema_5_high > 3')
        >>> label(ta.macd().line > 0)
        'macd.line > 0'
    """
    return _text(indicator, _named)


def number_text(number: float) -> str:
    """A number as short as Python reads it back.

    Example:
        >>> number_text(30.0), number_text(0.1)
        ('30', '0.1')
    """
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else repr(number)


def _text(it: Indicator | str | float, leaf: Leaf) -> str:
    if isinstance(it, (int, float)):
        return number_text(it)
    if isinstance(it, str):
        return leaf(it)
    if it.name in METHODS:
        inside = [number_text(n) for n in it.params] + [_text(each, leaf) for each in it.inputs[1:]]
        return f"{_inside(it.inputs[0], CALL, leaf)}.{it.name}({', '.join(inside)})"
    if it.name not in SIGNS:
        return leaf(it)
    return _signed(it, leaf)


def _signed(it: Indicator, leaf: Leaf) -> str:
    level, sign = _level(it), SIGNS[it.name]
    if len(it.inputs) == 1:
        return sign + _inside(it.inputs[0], level, leaf)
    # Python takes a + b + c from the left, and would chain a < b < c.
    left = _inside(it.inputs[0], level or 1, leaf)
    return f"{left} {sign} {_inside(it.inputs[1], level + 1, leaf)}"


def _inside(it: Indicator | str | float, least: int, leaf: Leaf) -> str:
    text = _text(it, leaf)
    return f"({text})" if _level(it) < least else text


def _level(it: Indicator | str | float) -> int:
    if isinstance(it, (int, float, str)) or it.name not in SIGNS:
        return CALL
    return LEVELS.get(it.name, 0)


def _called(it: Indicator | str) -> str:
    if isinstance(it, str):
        return f"ta.{it}()"
    longer = [] if it.every is None else [f"every={it.every!r}"]
    if it.name == "field":
        return f"ta.{it.inputs[0]}({', '.join(longer)})"
    # The close and the bars of the run are the default and are not shown.
    read = [f"of={each!r}" for each in _chosen(it) if each != "close"]
    base, dot, output = it.name.partition(".")
    name, *variant = VARIANTS.get(base, (base,))
    return f"ta.{name}({', '.join([*map(number_text, it.params), *read, *variant, *longer])}){dot}{output}"


def _named(it: Indicator | str) -> str:
    if isinstance(it, str):
        return it
    if "." in it.name:
        # An output is called by its name alone: a MACD has many numbers, and a frame mostly one MACD.
        return it.name
    read = [_read(each) for each in _chosen(it) if each != "close" or it.name == "field"]
    own = [] if it.name == "field" else [it.name]
    return "_".join([*own, *map(number_text, it.params), *read, *([it.every] if it.every else [])])


def _chosen(it: Indicator) -> tuple[Field | Indicator | float, ...]:
    """What it reads by choice, without the fields that it always reads."""
    return it.inputs[: len(it.inputs) - len(FIXED.get(it.name.partition(".")[0], ()))]


def _read(it: Indicator | str | float) -> str:
    return it if isinstance(it, str) else f"of_{_inside(it, CALL, _named)}"
