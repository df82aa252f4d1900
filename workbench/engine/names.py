"""Answers to names that are not there: the nearest one, the place where it lives, or that it is still to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

__all__ = ["missing"]

LATER: Final = ("compare", "explore", "replay", "why")


def missing(
    owner: str, name: str, known: Sequence[str], elsewhere: Mapping[str, str] = MappingProxyType({})
) -> AttributeError:
    """The error for `owner.name`.

    Example:
        >>> str(missing("Run", "sharpe", ["fills"], {"sharpe": "run.metrics.sharpe"}))
        "Run has no attribute 'sharpe'; write run.metrics.sharpe"
    """
    if name in elsewhere:
        hint = f"write {elsewhere[name]}"
    elif name in LATER:
        hint = "it is not available in this version"
    else:
        near = get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return AttributeError(f"{owner} has no attribute {name!r}; {hint}")
