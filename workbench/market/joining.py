"""Bars of several sources in one: the rows and actions of each, asset behind asset.

The one idea: nothing is changed and nothing is guessed. Each asset keeps its own calendar, digits and currency; what
two Bars cannot share, the length of a bar and the name of an asset, is refused.
"""

from __future__ import annotations

from itertools import chain

import polars as pl

from workbench.errors import ParameterError
from workbench.market.bars import Bars

__all__ = ["joined"]


def joined(every: tuple[object, ...]) -> Bars:
    """The Bars in one, in their order; what `Bars.join` does.

    Raises:
        ParameterError: something else than Bars, bars of two lengths, or an asset that two of them have.

    Example:
        >>> from workbench.market import simulate
        >>> joined((simulate.bars("X", n=3), simulate.bars("Y", n=5))).assets == ("X", "Y")
        True
    """
    given = [_checked(each) for each in every]
    first, assets = given[0], tuple(chain.from_iterable(each.assets for each in given))
    _check_lengths(given)
    _check_names(given)
    frame, actions = (pl.concat([getattr(each, name) for each in given]) for name in ("frame", "actions"))
    source = " + ".join(dict.fromkeys(each.source for each in given))
    notices = tuple(dict.fromkeys(chain.from_iterable(each.notices for each in given)))
    return Bars(frame, actions, assets, first.every, source, any(each.synthetic for each in given), notices)


def _checked(given: object) -> Bars:
    if isinstance(given, Bars):
        return given
    shown = type(given).__name__
    raise ParameterError(f"join takes Bars, got {shown}; make Bars of it by wb.Bars.from_frame, or unpack: join(*many)")


def _check_lengths(given: list[Bars]) -> None:
    for each in given[1:]:
        if each.every != given[0].every:
            raise ParameterError(
                f"{_names(given[0])} has bars of {given[0].every}, {_names(each)} of {each.every}; bring them to one "
                "length first, by bars.resample(every) on the shorter ones"
            )


def _check_names(given: list[Bars]) -> None:
    seen: set[str] = set()
    for each in given:
        if twice := [name for name in map(str, each.assets) if name in seen]:
            told = ", ".join(twice[:5]) + (", ..." if len(twice) > 5 else "")
            raise ParameterError(
                f"more than one of the Bars has {told}; leave it out of one with bars.select([...]), or give one "
                "series another name when it is made"
            )
        seen.update(map(str, each.assets))


def _names(bars: Bars) -> str:
    return ", ".join(bars.assets[:2]) + (", ..." if len(bars.assets) > 2 else "")
