"""The words of a bar's facts, and its numbers as text: what Python and the browser say alike.

The one idea: the words stand in one file that both read, and numbers are written as a browser writes them: rounded from
their shortest decimal, half away from zero.
"""

from __future__ import annotations

import json
import math
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["NONE", "fixed", "number", "percent", "say", "short", "value"]

NONE: Final = "\N{EN DASH}"
WIDE: Final = Context(prec=400)
SIZES: Final = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


def say(key: str, **given: str) -> str:
    """The text of a key, with what is given in its places.

    Example:
        >>> say("order", side="buy", quantity="100", asset="KO")
        'buy 100 KO'
    """
    return _words()[key].format(**given)


@cache
def _words() -> dict[str, str]:
    words: dict[str, str] = json.loads(files("workbench.views").joinpath("wording.json").read_text("utf-8"))
    return words


def fixed(given: float | None, digits: int) -> str:
    """A number with so many digits behind the point; a dash for none.

    Example:
        >>> fixed(1234.5, 2), fixed(1.005, 2), fixed(None, 2) == NONE
        ('1,234.50', '1.01', True)
    """
    if given is None or math.isnan(given):
        return NONE
    exact = Decimal(repr(float(given)))
    return f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, WIDE):,f}"


def number(given: float | None, digits: int = 8) -> str:
    """A number with at most so many digits behind the point.

    Example:
        >>> number(1500.0), number(0.125)
        ('1,500', '0.125')
    """
    text = fixed(given, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def value(given: float | None) -> str:
    """A value of an indicator: six digits that mean something.

    Example:
        >>> value(10.3333333), value(0.000123456789)
        ('10.3333', '0.000123457')
    """
    if given is None or math.isnan(given):
        return NONE
    power = math.floor(math.log10(abs(given))) if given else 0
    return number(given, max(0, min(12, 5 - power)))


def short(given: float | None) -> str:
    """A volume or another large count, short.

    Example:
        >>> short(1_250_000.0), short(12.0)
        ('1.25M', '12')
    """
    if given is None or math.isnan(given):
        return NONE
    for size, unit in SIZES:
        if abs(given) >= size:
            return f"{fixed(given / size, 2)}{unit}"
    return number(given, 2)


def percent(part: float | None, digits: int = 2) -> str:
    """A part of a whole.

    Example:
        >>> percent(-0.1)
        '-10.00%'
    """
    return NONE if part is None or math.isnan(part) else f"{fixed(100 * part, digits)}%"
