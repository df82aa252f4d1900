"""How an indicator is spelt: as the Python that makes it, and as the name of a column.

The one idea: both are the same expression, with Python's own precedence; only its leaves are written in two ways.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from workbench.indicators.indicator import Indicator, Part

__all__ = ["FIXED", "SIGNS", "label", "no_attribute", "number_text", "python"]

CANDLES: Final = (
    "dark_cloud_cover", "doji", "engulfing", "evening_star", "hammer", "hanging_man",
    "harami", "inverted_hammer", "morning_star", "piercing", "shooting_star",
)  # fmt: skip
# What an indicator reads beside the input that is chosen with of=, or without one.
FIXED: Final[dict[str, tuple[Part, ...]]] = {
    "eom": ("high", "low", "volume"),
    "vwap": ("high", "low", "close", "volume", "session"),
    **dict.fromkeys(("pivots", "pivots_camarilla", "pivots_fibonacci"), ("high", "low", "close", "session")),
    **dict.fromkeys(("force", "nvi", "obv", "vwma"), ("volume",)),
    **dict.fromkeys(("ad", "adosc", "cmf", "mfi", "rolling_vwap"), ("high", "low", "close", "volume")),
    **dict.fromkeys(("bop", "garman_klass", "yang_zhang", *CANDLES), ("open", "high", "low", "close")),
    **dict.fromkeys(("adx", "adxr", "atr", "cci", "dx", "keltner", "minus_di", "natr"), ("high", "low", "close")),
    **dict.fromkeys(("plus_di", "stoch", "stochf", "supertrend", "trange"), ("high", "low", "close")),
    **dict.fromkeys(("ultosc", "vortex", "willr"), ("high", "low", "close")),
    **dict.fromkeys(("ao", "aroon", "aroon_osc", "donchian", "fisher", "ichimoku"), ("high", "low")),
    **dict.fromkeys(("mass_index", "midprice", "parkinson", "sar"), ("high", "low")),
}
# What is written with an argument of another function's that is no number.
VARIANTS: Final = {"apo_ema": ("apo", "ma='ema'"), "ppo_ema": ("ppo", "ma='ema'")}
# The arguments of those that choose two inputs; of others it is "of" alone.
CHOSEN: Final = dict.fromkeys(("beta", "correl"), ("of", "against"))
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
    if it.asset is not None:
        return f"{_inside(it.inputs[0], CALL, leaf)}.on({it.asset!r})"
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
    if it.is_written:
        from workbench.indicators.written import spelled

        return spelled(it)
    longer = [] if it.every is None else [f"every={it.every!r}"]
    if it.name == "field":
        return f"ta.{it.inputs[0]}({', '.join(longer)})"
    # The close and the bars of the run are the default and are not shown.
    read = [f"{key}={each!r}" for key, each in _chosen(it) if (key, each) != ("of", "close")]
    base, dot, output = it.name.partition(".")
    name, *variant = VARIANTS.get(base, (base,))
    return f"ta.{name}({', '.join([*map(number_text, it.params), *read, *variant, *longer])}){dot}{output}"


def _named(it: Indicator | str) -> str:
    if isinstance(it, str):
        return it
    if it.is_written:
        from workbench.indicators.written import label_of

        return label_of(it)
    if "." in it.name:
        # An output is called by its name alone: a MACD has many numbers, and a frame mostly one MACD.
        return it.name
    read = [_read(each) for key, each in _chosen(it) if (key, each) != ("of", "close") or it.name == "field"]
    own = [] if it.name == "field" else [it.name]
    return "_".join([*own, *map(number_text, it.params), *read, *([it.every] if it.every else [])])


def _chosen(it: Indicator) -> list[tuple[str, Part | Indicator | float]]:
    """What it reads by choice, each with its argument, without the fields that it always reads."""
    name = it.name.partition(".")[0]
    chosen = it.inputs[: len(it.inputs) - len(FIXED.get(name, ()))]
    return list(zip(CHOSEN.get(name, ("of",)), chosen, strict=False))


def _read(it: Indicator | str | float) -> str:
    return it if isinstance(it, str) else f"of_{_inside(it, CALL, _named)}"


def no_attribute(it: object, name: str) -> AttributeError:
    """The error of an attribute that is not there, with the public one whose name is nearest.

    Example:
        >>> no_attribute(1.5, "is_intger")
        AttributeError("1.5 has no attribute 'is_intger'; did you mean .is_integer?")
    """
    near = get_close_matches(name, [each for each in dir(type(it)) if each[0] != "_"], n=1)
    hint = f"; did you mean .{near[0]}?" if near else ""
    return AttributeError(f"{it!r} has no attribute {name!r}{hint}")
