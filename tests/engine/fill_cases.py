"""The worked fill cases, split into those of this version and those whose feature is still to come.

The one idea: a case is out of scope only for a named reason, so that building the feature moves its cases by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from twin import parse

__all__ = ["CASES", "MISSING", "PRESENT", "bar_numbers", "missing", "unusual"]

Json = Mapping[str, Any]
CASES: Final[tuple[Json, ...]] = tuple(
    json.loads((Path(__file__).resolve().parents[1] / "golden" / "fills.json").read_text(encoding="utf-8"))
)


USUAL: Final = {"account": "cash", "path": "pessimistic", "limit_through": 0, "lots": "average", "latency_s": 0}


def unusual(case: Json) -> Json:
    """The settings of a case that this version does not have, under the names that a Backtest would give them."""
    config = case["config"]
    return {name.removesuffix("_s"): config[name] for name, usual in USUAL.items() if config.get(name, usual) != usual}


def _features(case: Json) -> Iterator[str]:
    yield from unusual(case)
    yield from {case["config"]["slippage"]["kind"]} - {"none", "bps"}
    yield from ["sessions"] * any(asset["calendar"] == "sessions" for asset in case["assets"])
    for command in case["commands"]:
        yield from {command.get("type", "market")} - {"market", "limit", "stop"}
        yield from {command.get("tif", "GTC")} - {"GTC"}
        yield from (flag for flag in ("oco", "bracket", "post_only", "reduce_only") if command.get(flag))


def missing(case: Json) -> tuple[str, ...]:
    """The features that a case needs and this version does not have, sorted."""
    return tuple(sorted(set(_features(case))))


PRESENT: Final = tuple(case for case in CASES if not missing(case))
MISSING: Final = tuple(case for case in CASES if missing(case))


def bar_numbers(case: Json) -> dict[tuple[str, str, datetime], int]:
    """(asset, moment, time) to the number of that asset's bar."""
    bars = [(case["assets"][bar.asset]["name"], bar) for bar in parse(case).bars]
    opens = {(name, "open", bar.open_time): bar.number for name, bar in bars}
    return opens | {(name, "close", bar.time): bar.number for name, bar in bars}
