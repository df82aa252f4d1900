"""What other packages bring: their entry points of a group, by name.

The one idea: a name belongs to one package. Where two claim it, nobody guesses which one was meant.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from workbench.errors import ParameterError

__all__ = ["registered"]


def registered(group: str, kind: str) -> dict[str, EntryPoint]:
    """Every entry point of a group by its name, in their order; `kind` is what the group holds, for the error.

    Raises:
        ParameterError: two packages register one name.

    Example:
        >>> registered("workbench.sources", "source")["csv"].value
        'workbench.market.adapters.csv:Csv'
    """
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group), key=lambda p: p.name):
        if point.name in found and found[point.name].value != point.value:
            raise ParameterError(
                f"the {kind} {point.name!r} is registered as {found[point.name].value} and as {point.value}; "
                "uninstall one of the two packages"
            )
        found[point.name] = point
    return found
