"""The Python that makes some Bars or a dataset again, as far as it is known: where they came from, and what was done.

The one idea: whoever reads from a named place says so, each verb adds itself, and what takes anything that cannot be
typed (a frame in memory, a function) says nothing. Paths stand as the user gave them. The text is beside the values, no
part of them: two Bars that are equal may be spelled in different ways, and whoever runs it compares fingerprints.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import wraps
from pathlib import PurePath
from typing import Final, ParamSpec, TypeVar

from workbench.market.assets import Asset

__all__ = ["call", "call_on", "chained", "opened_by", "spelled", "spelling"]

PLACE: Final = "_spelling"  # an attribute and no field, so that a copy with other rows does not take it along

P = ParamSpec("P")
R = TypeVar("R")


def spelling(given: object) -> str | None:
    """The expression that makes it; None where nothing is known.

    Example:
        >>> from workbench.market import catalog
        >>> spelling(catalog.sample()[["IBM", "MSFT"]].since("2004-01-01"))
        'wb.sample[["IBM", "MSFT"]].since("2004-01-01")'
    """
    text = vars(given).get(PLACE) if hasattr(given, "__dict__") else None
    return text if isinstance(text, str) else None


def spelled(made: R, text: str | None) -> R:
    """The same object, which from now on says how it is made."""
    object.__setattr__(made, PLACE, text)
    return made


def chained(method: Callable[P, R]) -> Callable[P, R]:
    """A method whose outcome is spelled as what it was called on, and the call."""

    @wraps(method)
    def told(*args: P.args, **options: P.kwargs) -> R:
        made, (owner, *given) = method(*args, **options), args
        return made if made is owner else spelled(made, call_on(owner, method.__name__, given, options))

    return told


def opened_by(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function of this name that makes something out of what can be typed."""

    def named(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def told(*args: P.args, **options: P.kwargs) -> R:
            return spelled(function(*args, **options), call(name, args, options))

        return told

    return named


def call_on(owner: object, verb: str, args: Sequence[object], options: Mapping[str, object]) -> str | None:
    """A call of a method of something that is spelled itself.

    Example:
        >>> from workbench.market import catalog
        >>> call_on(catalog.sample(), "bars", ("IBM",), {"every": "1w"})
        'wb.sample.bars("IBM", every="1w")'
    """
    known = spelling(owner)
    if known is None:
        return None
    if verb == "__getitem__":
        key = _typed(args[0])
        return None if key is None else f"{known}[{key}]"
    return call(f"{known}.{verb}", args, options)


def call(name: str, args: Sequence[object], options: Mapping[str, object]) -> str | None:
    """A call of a function by its name; None where an argument cannot be typed.

    Example:
        >>> call("wb.Catalog", ("prices",), {"read_only": True}), call("wb.Bars.from_frame", (object(),), {})
        ('wb.Catalog("prices", read_only=True)', None)
    """
    given = [_typed(each) for each in args]
    named = {key: _typed(each) for key, each in options.items()}
    texts = [*given, *(None if text is None else f"{key}={text}" for key, text in named.items())]
    known = [text for text in texts if text is not None]
    return None if len(known) < len(texts) else f"{name}({', '.join(known)})"


def _typed(value: object) -> str | None:
    """A value as it is typed; None where it cannot be."""
    if isinstance(value, (bool, int, float, type(None), Asset)):
        return repr(value)
    if isinstance(value, (str, PurePath)):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, (date, datetime)):
        return json.dumps(value.isoformat())
    if isinstance(value, (list, tuple)):
        parts = [_typed(each) for each in value]
        return None if None in parts else f"[{', '.join(map(str, parts))}]"
    if isinstance(value, Mapping):
        pairs = [(_typed(key), _typed(each)) for key, each in value.items()]
        return None if any(None in pair for pair in pairs) else f"{{{', '.join(f'{k}: {v}' for k, v in pairs)}}}"
    return spelling(value)
