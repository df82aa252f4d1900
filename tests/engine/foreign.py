"""Several currencies in a random case: what its assets are priced in, what is there to pay with, and the rates.

The one idea: a case is made of plain assets first; this turns them into foreign ones or into pairs, and adds the rates
that they need. Everything stays near the money.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

__all__ = ["MARGINS", "foreign", "rates"]

Json = dict[str, Any]
Pick = Callable[[Sequence[Any]], Any]
START = datetime(2024, 1, 1)  # noqa: DTZ001 (cases spell UTC without a zone)
PAIRS = {("EUR", "USD"): Decimal("1.1"), ("USD", "JPY"): Decimal("2.9"), ("BTC", "USD"): Decimal(9)}
HOMES: list[Json] = [
    *({"currency": name} for name in ("USD", "EUR", "JPY", "EUR")),
    {"kind": "fx", "base": "EUR", "currency": "USD"},
    {"kind": "fx", "base": "USD", "currency": "JPY"},
    *({"kind": "crypto", "base": "BTC", "currency": name} for name in ("USD", "EUR", "JPY")),
]
MARGINS = {"initial": "0.2", "maintenance": "0.05"}
CASH = {"USD": "731.07", "EUR": "1500.5", "JPY": "4000", "BTC": "12.345678"}
PAID = ("percent", "tiered", "per_share", "per_trade")


def foreign(pick: Pick, config: Json, assets: Sequence[Json]) -> tuple[Json, list[Json]]:
    """The same case in several currencies."""
    account = pick(["USD", "EUR"])
    # On margin no holdings are shared.
    homes = HOMES if config["account"] == "cash" else [home for home in HOMES if home.get("kind") != "crypto"]
    own = [{**asset, **pick(homes)} for asset in assets]
    if config["account"] != "cash":
        own = [asset | MARGINS if "base" in asset else asset for asset in own]
    own = [asset if "base" not in asset else {**asset, "multiplier": "1"} for asset in own]
    # Its rate is that of a pair with the account's currency as soon as there is one, which may have no bar yet.
    has_pair = any((asset.get("base"), asset["currency"]) == ("BTC", account) for asset in own)
    names = [name for name in CASH if name != account and not (name == "BTC" and has_pair)]
    more = {name: CASH[name] for name in names if pick([True, False])}
    cash = pick([config["cash"], {account: config["cash"], **more}])
    return {**config, "currency": account, "cash": cash, "fees": _paid(pick, config["fees"])}, own


def _paid(pick: Pick, fees: Json) -> Json:
    """Some fees in a currency of their own."""
    if fees["kind"] == "sum":
        return {**fees, "parts": [_paid(pick, part) for part in fees["parts"]]}
    if fees["kind"] not in PAID or "currency" in fees or pick([True, True, False]):
        return fees
    return {**fees, "currency": pick(["USD", "EUR", "JPY"])}


def rates(pick: Pick, days: int) -> list[Json]:
    """A rate of each pair from the very start on; some days have none."""
    series = []
    for (base, quote), rate in PAIRS.items():
        rows, close = [], rate
        for day in range(days + 1):
            close = (close * pick([Decimal(1), Decimal("1.01"), Decimal("0.97"), Decimal("1.113")])).quantize(DIGITS)
            if day == 0 or pick([True, True, False]):
                rows.append({"time": f"{START + timedelta(days=day):%Y-%m-%dT%H:%M}", "c": f"{close:f}"})
        series.append({"base": base, "quote": quote, "bars": rows})
    return series


DIGITS = Decimal("0.000001")
