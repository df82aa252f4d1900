"""Indicators made of what users hand to a function of `workbench.ta`.

The one idea: inputs, lengths of bars and windows are checked here, so that each function only says what it has.
"""

from __future__ import annotations

from difflib import get_close_matches

from workbench.errors import ParameterError
from workbench.indicators.given import longer_bars, only_one, short, window
from workbench.indicators.indicator import FIELDS, Field, Indicator, Part, plain
from workbench.indicators.spelling import FIXED

__all__ = ["described", "field", "of_bars", "reading"]


def described(name: str, n: object, of: object, every: object, *more: float, least: int = 1) -> Indicator:
    """An indicator with one window over one input, on bars of one length, all checked.

    Args:
        name: Its name in `workbench.ta`.
        n: The window in bars, no shorter than `least`.
        of: The input that is chosen; what it reads beside that is in `FIXED`.
        every: The length of its bars, None for those of the run.
        more: Further numbers, checked with `given.number`.
        least: The shortest window.

    Raises:
        ParameterError: The window is no whole number of bars, the input neither a field nor an indicator, or `every` no
            length of a bar.

    Example:
        >>> described("sma", 3, "high", "60m")
        ta.sma(3, of='high', every='1h')
    """
    return reading(name, (window(name, n, least), *more), (of,), every)


def reading(name: str, params: tuple[float, ...], chosen: tuple[object, ...], every: object) -> Indicator:
    """An indicator of inputs that are chosen, and of those that `FIXED` has for it, on bars of one length.

    Raises:
        ParameterError: An input is neither a field nor an indicator, or `every` no length of a bar.

    Example:
        >>> reading("obv", (), ("close",), None).inputs
        ('close', 'volume')
    """
    read = tuple(
        _source(name, argument, each, has_window=bool(params))
        for argument, each in zip(("of", "against"), chosen, strict=False)
    )
    return Indicator(name, params, (*read, *FIXED.get(name, ())), longer_bars(every))


def of_bars(name: str, params: tuple[float, ...], every: object) -> Indicator:
    """An indicator that reads the prices `FIXED` has for it, on bars of one length.

    Raises:
        ParameterError: `every` is no length of a bar.

    Example:
        >>> of_bars("atr", (14,), "60m").inputs
        ('high', 'low', 'close')
    """
    return Indicator(name, params, FIXED[name], longer_bars(every))


def field(name: Field, every: object) -> Indicator:
    """One number of a bar as an indicator, on bars of one length.

    Raises:
        ParameterError: `every` is no length of a bar.

    Example:
        >>> field("high", None)
        ta.high()
    """
    return Indicator("field", (), (name,), longer_bars(every))


def _source(name: str, argument: str, of: object, *, has_window: bool) -> Part | Indicator:
    if isinstance(of, Indicator):
        return plain(of)
    for field in FIELDS:
        if isinstance(of, str) and of == field:
            return field
    only_one(of)
    near = get_close_matches(str(of).lower(), FIELDS, n=1) if isinstance(of, str) else []
    hint = (
        f"did you mean {argument}={near[0]!r}?" if near else f'write ta.{name}({"20, " * has_window}{argument}="close")'
    )
    raise ParameterError(f"{argument}= takes {', '.join(FIELDS)} or an indicator, got {short(of)}; {hint}")
