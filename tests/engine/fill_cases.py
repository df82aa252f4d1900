"""The worked fill cases, and what they say beside fills.

The one idea: a case is data, moved to a calendar that exists, so that twin and engine are asked the very same.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from twin import Result, parse

__all__ = ["CASES", "bar_numbers", "claims", "told"]

Json = Mapping[str, Any]
GOLDEN: Final = Path(__file__).resolve().parents[1] / "golden"
# The worked cases that the rules came with, and those worked from the rules since.
FILES: Final = (
    "fills.json",
    "fills_more.json",
    "margin_cases.json",
    "currency_cases.json",
    "derivative_cases.json",
    "portfolio_cases.json",
)
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


def claims(case: Json) -> Json:
    """What a case says beside fills, orders and ends: sums of accounts, causes, refusals, calls, numbers of events."""
    claimed = {name: value for name, value in case["expect"].items() if name in TOLD}
    realised = case.get("extra", {}).get("realised")
    return claimed if realised is None else {**claimed, "realised": realised}


def told(case: Json, result: Result) -> Json:
    """The same of a result, as far as the case says something; numbers are those of the case where they are equal."""
    return {name: (TOLD | {"realised": _realised})[name](claim, result) for name, claim in claims(case).items()}


def _number(claim: str | None, found: Decimal | None) -> str | None:
    """The claim itself if the number is that, else the number found."""
    if claim is None or found is None:
        return None if found is None else f"{found:f}"
    return claim if found == Decimal(claim) else f"{found:f}"


def _numbers(claim: Json, found: Mapping[str, Decimal]) -> Json:
    return {name: _number(claim.get(name), found.get(name, Decimal(0))) for name in claim}


def _realised(claim: str, result: Result) -> str | None:
    """A profit is a credit."""
    return _number(claim, -_accounts(result)["realised"])


def _accounts(result: Result) -> Mapping[str, Decimal]:
    """The balance of each account, over all currencies and as "cash EUR" in one."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for account, _, amount, currency in (leg for event in result.events for leg in event.legs):
        sums[account] += amount
        sums[f"{account} {currency}"] += amount
    return sums


def _causes(claim: Json, result: Result) -> Json:
    """All causes that are not nothing, those not claimed too."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for part in result.explained:
        sums[part.cause] += part.amount
    return _numbers({**dict.fromkeys(name for name, amount in sums.items() if amount), **claim}, sums)


def _breaches(claim: Json, result: Result) -> Json:
    found = {row.order: row.breach for row in result.orders if row.breach}
    no = (None, None, None)
    return {name: [breach[0], *map(_number, claim.get(name, no)[1:], breach[1:])] for name, breach in found.items()}


def _calls(claim: list[Json], result: Result) -> list[Json]:
    blank: Json = {}
    pairs = zip_longest(claim[: len(result.calls)], result.calls, fillvalue=blank)
    return [
        {
            "kind": call.kind,
            "time": f"{call.time:%Y-%m-%dT%H:%M}",
            **{name: _number(row.get(name), getattr(call, name)) for name in ("equity", "maintenance")},
        }
        for row, call in pairs
    ]


def _books(claim: Json, result: Result) -> Json:
    """Cash, equity and positions of every book at the end."""
    rows = {row.strategy: row for row in result.books}
    return {
        name: {
            **{key: _number(claim.get(name, {}).get(key), getattr(row, key)) for key in ("cash", "equity")},
            "positions": _numbers(claim.get(name, {}).get("positions", {}), result.shares[name]),
        }
        for name, row in rows.items()
    }


def _crosses(claim: list[list[str]], result: Result) -> list[list[Any]]:
    """Asset, price and quantity, the buy and the sell."""
    return _rows(claim, [(c.asset, c.price, c.quantity, c.buy, c.sell) for c in result.crosses])


def _transfers(claim: list[list[str]], result: Result) -> list[list[Any]]:
    return _rows(claim, [(f"{t.time:%Y-%m-%dT%H:%M}", t.giver, t.taker, t.amount) for t in result.transfers])


def _rows(claim: list[list[str]], found: list[tuple[Any, ...]]) -> list[list[Any]]:
    pairs = zip_longest(claim[: len(found)], found, fillvalue=[])
    return [
        [_number(said, value) if isinstance(value, Decimal) else value for said, value in zip_longest(told, row)]
        for told, row in pairs
    ]


def _profits(claim: Json, result: Result) -> Json:
    """What each book has gained by all causes that are not nothing."""
    return {name: _numbers({**dict.fromkeys(own), **claim.get(name, {})}, own) for name, own in result.profits.items()}


def _events(claim: Json, result: Result) -> Json:
    return {name: sum(event.kind == name for event in result.events) for name in claim}


TOLD: Final[Mapping[str, Any]] = {
    "accounts": lambda claim, result: _numbers(claim, _accounts(result)),
    "causes": _causes,
    "breaches": _breaches,
    "calls": _calls,
    "events": _events,
    "books": _books,
    "crosses": _crosses,
    "transfers": _transfers,
    "profits": _profits,
}


def bar_numbers(case: Json) -> dict[tuple[str, str, datetime], int]:
    """(asset, moment, time) to the number of that asset's bar."""
    bars = [(case["assets"][bar.asset]["name"], bar) for bar in parse(case).bars]
    opens = {(name, "open", bar.open_time): bar.number for name, bar in bars}
    return opens | {(name, "close", bar.time): bar.number for name, bar in bars}
