"""Published fee schedules of brokers and venues, each with its source and date.

The one idea: a schedule is data. What could not be confirmed at its source is not in the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, Final

from workbench.errors import ParameterError

__all__ = ["SCHEDULES", "FeeSchedule", "named"]


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """A published schedule: what it is, where it was found and from which day on it is known to hold.

    Example:
        >>> SCHEDULES["ib-us-fixed"].title
        'Interactive Brokers, US shares, fixed pricing'
    """

    name: str
    title: str
    source: str
    date: date
    notes: str
    parts: tuple[Mapping[str, Any], ...]


def named(name: str) -> FeeSchedule:
    """The schedule of that name.

    Raises:
        ParameterError: There is none; the nearest one is named.

    Example:
        >>> named("ib-us-fixd")
        Traceback (most recent call last):
        workbench.errors.ParameterError: there is no fee schedule 'ib-us-fixd'; there are alpaca-crypto, alpaca-us,
        binance-spot, ib-us-fixed, ib-us-tiered; did you mean 'ib-us-fixed'?
    """
    if found := SCHEDULES.get(name):
        return found
    near = get_close_matches(str(name), SCHEDULES, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "; write it as wb.fees.maker_taker or wb.fees.tiered"
    raise ParameterError(f"there is no fee schedule {name!r}; there are {', '.join(SCHEDULES)}{hint}")


def _read() -> dict[str, FeeSchedule]:
    rows = json.loads(files("workbench.engine.costs").joinpath("schedules.json").read_text("utf-8"))
    return {row["name"]: _schedule(row) for row in rows}


def _schedule(row: Mapping[str, Any]) -> FeeSchedule:
    return FeeSchedule(**{**row, "date": date.fromisoformat(row["date"]), "parts": tuple(row["parts"])})


SCHEDULES: Final[Mapping[str, FeeSchedule]] = _read()
