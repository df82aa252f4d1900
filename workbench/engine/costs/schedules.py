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


@dataclass(frozen=True, slots=True, repr=False)
class FeeSchedule:
    """A published schedule: what it is, where it was found and from which day on it is known to hold.

    `notes` says what it leaves out; `fees.schedule(name)` is the Fee.

    Example:
        >>> SCHEDULES["ib-us-fixed"]
        FeeSchedule('ib-us-fixed': Interactive Brokers, US shares, fixed pricing, known to hold from 2024-05-22)
        >>> SCHEDULES["ib-us-fixed"].source
        'https://www.interactivebrokers.co.uk/en/pricing/commissions-stocks.php?re=amer'
    """

    name: str
    title: str
    source: str
    date: date
    notes: str
    parts: tuple[Mapping[str, Any], ...]

    def __repr__(self) -> str:
        return f"FeeSchedule({self.name!r}: {self.title}, known to hold from {self.date})"


def named(name: str) -> FeeSchedule:
    """The schedule of that name.

    Raises:
        ParameterError: There is none; the nearest ones are named.

    Example:
        >>> named("ib-us-fixd")
        Traceback (most recent call last):
        workbench.errors.ParameterError: there is no fee schedule 'ib-us-fixd'; there are alpaca-crypto, alpaca-us,
        binance-spot, coinbase-exchange, ib-us-fixed, ib-us-tiered, kraken-spot; did you mean 'ib-us-fixed'?
    """
    if found := SCHEDULES.get(name):
        return found
    near = _near(str(name).casefold())
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "others are put together from wb.fees"
    raise ParameterError(f"there is no fee schedule {name!r}; there are {', '.join(SCHEDULES)}; {hint}")


def _near(name: str) -> list[str]:
    """The schedules of a broker that is named alone, else the one that is spelled alike."""
    of_broker = [known for known in SCHEDULES if name and known.startswith(name)]
    return of_broker or get_close_matches(name, SCHEDULES, n=1)


def _read() -> dict[str, FeeSchedule]:
    rows = json.loads(files("workbench.engine.costs").joinpath("schedules.json").read_text("utf-8"))
    return {row["name"]: _schedule(row) for row in rows}


def _schedule(row: Mapping[str, Any]) -> FeeSchedule:
    return FeeSchedule(**{**row, "date": date.fromisoformat(row["date"]), "parts": tuple(row["parts"])})


SCHEDULES: Final[Mapping[str, FeeSchedule]] = _read()
