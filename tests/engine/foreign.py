"""Several currencies and derivatives in a random case: what its assets are, what pays, and what comes by the date.

The one idea: a case is made of plain assets first; this turns some of them into pairs, foreign stocks, futures,
perpetuals or options, and adds the rates, funding and settlements that they need. Everything stays near the money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

__all__ = ["dated", "derived", "expired", "foreign", "is_plain", "rates"]

Json = dict[str, Any]
Pick = Callable[[Sequence[Any]], Any]
START = datetime(2024, 1, 1)  # noqa: DTZ001 (cases spell UTC without a zone)
BARS = 3  # so that the length of the bars can be told
PAIRS = {("EUR", "USD"): Decimal("1.1"), ("USD", "JPY"): Decimal("2.9"), ("BTC", "USD"): Decimal(9)}
HOMES: list[Json] = [
    *({"currency": name} for name in ("USD", "EUR", "JPY", "EUR")),
    {"kind": "fx", "base": "EUR", "currency": "USD"},
    {"kind": "fx", "base": "USD", "currency": "JPY"},
    *({"kind": "crypto", "base": "BTC", "currency": name} for name in ("USD", "EUR", "JPY")),
]
CASH = {"USD": "731.07", "EUR": "1500.5", "JPY": "4000", "BTC": "12.345678"}
PAID = ("percent", "tiered", "per_share", "per_trade")


def is_plain(asset: Json) -> bool:
    """Whether there are corporate actions of it."""
    return asset.get("kind", "spot") == "spot"


def foreign(pick: Pick, config: Json, assets: Sequence[Json]) -> tuple[Json, list[Json]]:
    """The same case in several currencies."""
    account = pick(["USD", "EUR"])
    homes = HOMES if config["account"] == "cash" else [home for home in HOMES if is_plain(home)]
    own = [{**asset, **pick(homes)} for asset in assets]
    own = [asset if is_plain(asset) else {**asset, "multiplier": "1"} for asset in own]
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


def derived(pick: Pick, config: Json, assets: Sequence[Json]) -> tuple[Json, list[Json]]:
    """The same case with derivatives: futures and perpetuals on margin, options in a cash account."""
    own = [_derivative(pick, config, asset, assets) for asset in assets]
    return {**config, "fees": _in_quote(config["fees"])}, own


def _in_quote(fees: Json) -> Json:
    """Units are kept out of nothing that has none."""
    if fees["kind"] == "sum":
        return {**fees, "parts": [_in_quote(part) for part in fees["parts"]]}
    return {name: value for name, value in fees.items() if (name, value) != ("currency", "base")}


def _derivative(pick: Pick, config: Json, asset: Json, assets: Sequence[Json]) -> Json:
    if not is_plain(asset) or pick([True, False]):
        return asset
    if config["account"] == "cash":
        under = assets[0]
        terms = {"underlying": under["name"], "strike": pick(["8.5", "10", "12"]), "right": pick(["call", "put"])}
        is_home = under.get("currency") == asset.get("currency")
        return {**asset, "kind": "option", **terms} if under is not asset and is_plain(under) and is_home else asset
    parts = {"initial": pick(["0.1", "0.05", "0.3"]), "maintenance": pick(["0.04", "0.05"])}
    if pick([True, False]):
        return {**asset, **parts, "kind": "future"}
    # The coin of an inverse one needs a rate.
    inverse = "currency" in config and pick([True, False])
    return {**asset, **parts, "kind": "perpetual", "base": "BTC", "inverse": inverse}


def expired(pick: Pick, assets: Sequence[Json], bars: Sequence[Json], days: int) -> tuple[list[Json], list[Json]]:
    """Assets with the dates on which they expire, and the bars up to then."""
    own, kept = [], list(bars)
    for asset in assets:
        if asset.get("kind") not in ("future", "option"):
            own.append(asset)
            continue
        day = START + timedelta(days=pick(range(1, days + 3)))
        fewer = [bar for bar in kept if bar["asset"] != asset["name"] or bar["time"] <= _text(_close(asset, day))]
        if sum(bar["asset"] == asset["name"] for bar in fewer) < BARS:
            day, fewer = START + timedelta(days=365), kept
        own.append({**asset, "expiry": f"{day:%Y-%m-%d}"})
        kept = fewer
    return own, kept


def _close(asset: Json, day: datetime) -> datetime:
    """The end of the session of a day, or of the last one before it."""
    while asset["calendar"] == "24/5" and day.weekday() > FRIDAY:
        day -= timedelta(days=1)
    return day + timedelta(days=1)


FRIDAY = 4


def dated(pick: Pick, assets: Sequence[Json], days: int) -> Json:
    """Funding of perpetuals and some settlement prices of futures."""
    paid = [row for asset in assets if asset.get("kind") == "perpetual" for row in _funding(pick, asset, days)]
    given = [
        {"asset": asset["name"], "session": f"{_day(day):%Y-%m-%d}", "price": pick(["9.5", "10.25", "11"])}
        for asset in assets
        for day in range(days)
        if asset.get("kind") == "future" and pick([True, False, False]) and _is_session(asset, _day(day))
    ]
    return {"funding": paid, "settlements": given}


def _funding(pick: Pick, asset: Json, days: int) -> Iterator[Json]:
    for hour in range(0, days * 24, 8):
        if pick([True, False]):
            terms = {"rate": pick(["0.0001", "-0.00035", "0.003"]), "mark": pick([None, None, "9.875", "10.3"])}
            yield {"asset": asset["name"], "time": _text(START + timedelta(hours=hour)), **terms}


def _day(number: int) -> date:
    return (START + timedelta(days=number)).date()


def _is_session(asset: Json, day: date) -> bool:
    return bool(asset["calendar"] == "24/7" or day.weekday() <= FRIDAY)


def _text(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M}"
