"""Indicators that other packages bring, found by the entry point group "workbench.indicators".

The one idea: `ta.name` looks among our own indicators first and then here, so a package never takes one of ours away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from workbench.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "installed", "loaded"]

GROUP: Final = "workbench.indicators"


def installed() -> dict[str, EntryPoint]:
    """Every indicator that other packages bring, by its name.

    Raises:
        ParameterError: two packages register one name.

    Example:
        >>> "sma" in installed()
        False
    """
    from workbench.market.registered import registered  # loads Polars, which descriptions do without

    return registered(GROUP, "indicator")


def loaded(point: EntryPoint) -> Callable[..., Any]:
    """What makes the indicator: a subclass of `Indicator`, or a function that gives one.

    Raises:
        ParameterError: it cannot be imported, or is nothing to be called.
    """
    try:
        found = point.load()
    except Exception as error:
        # A package may fail in any way when it is imported; which one it was is what the user needs to know.
        raise ParameterError(f"ta.{point.name} is {point.value}, which cannot be imported: {error}") from error
    if not callable(found):
        raise ParameterError(f"ta.{point.name} is {point.value}, a {type(found).__name__}; it has to make an indicator")
    made: Callable[..., Any] = found
    return made
