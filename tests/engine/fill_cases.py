"""The worked fill cases, split into those of this version and those whose feature is still to come.

The one idea: a case is out of scope only for a named reason, so that building the feature moves its cases by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from twin import Result, parse

__all__ = ["CASES", "MISSING", "PRESENT", "bar_numbers", "missing", "realised", "unusual"]

Json = Mapping[str, Any]
GOLDEN: Final = Path(__file__).resolve().parents[1] / "golden"
# The worked cases that the rules came with, and those worked from the rules since.
FILES: Final = ("fills.json", "fills_more.json")
DAY: Final = timedelta(days=1)
# Made-up sessions of two hours move to the end of New York's: 14:00-16:00 of 1 January to 19:00-21:00 of the second.
MOVE: Final = DAY + timedelta(hours=5)


def _settled(case: Json) -> Json:
    """The case on a calendar that exists: whole days are those of 24/5, hours those that New York trades last."""
    if case["assets"][0]["calendar"] != "sessions":
        return case
    first = case["bars"][0]
    is_daily = datetime.fromisoformat(first["time"]) - datetime.fromisoformat(first["open_time"]) == DAY
    move, calendar = (timedelta(), "24/5") if is_daily else (MOVE, "XNYS")
    bars = [{**bar, **{key: _moved(bar[key], move) for key in ("open_time", "time")}} for bar in case["bars"]]
    return {**case, "bars": bars, "assets": [{**asset, "calendar": calendar} for asset in case["assets"]]}


def _moved(text: str, by: timedelta) -> str:
    return f"{datetime.fromisoformat(text) + by:%Y-%m-%dT%H:%M}"


CASES: Final[tuple[Json, ...]] = tuple(
    _settled(case) for name in FILES for case in json.loads((GOLDEN / name).read_text(encoding="utf-8"))
)


USUAL: Final = {"account": "cash"}


def unusual(case: Json) -> Json:
    """The settings of a case that this version does not have, under the names that a Backtest would give them."""
    config = case["config"]
    return {name: config[name] for name, usual in USUAL.items() if config.get(name, usual) != usual}


def _features(case: Json) -> Iterator[str]:
    yield from unusual(case)


def missing(case: Json) -> tuple[str, ...]:
    """The features that a case needs and this version does not have, sorted."""
    return tuple(sorted(set(_features(case))))


PRESENT: Final = tuple(case for case in CASES if not missing(case))
MISSING: Final = tuple(case for case in CASES if missing(case))


def realised(case: Json, result: Result) -> bool:
    """Whether the realised profit is the one that the case names, if it names one; a profit is a credit."""
    legs = (leg for event in result.events for leg in event.legs)
    total = -sum((amount for account, _, amount in legs if account == "realised"), Decimal(0))
    return total == Decimal(case.get("extra", {}).get("realised", total))


def bar_numbers(case: Json) -> dict[tuple[str, str, datetime], int]:
    """(asset, moment, time) to the number of that asset's bar."""
    bars = [(case["assets"][bar.asset]["name"], bar) for bar in parse(case).bars]
    opens = {(name, "open", bar.open_time): bar.number for name, bar in bars}
    return opens | {(name, "close", bar.time): bar.number for name, bar in bars}
