"""Crowded cases from a seed: many orders near the price, thin volume, little cash, so that rules meet each other.

The one idea: hypothesis looks for edges one at a time, this looks where everything happens at once; a case that
disagrees is cut down by `smallest`, command by command and bar by bar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from dressed import account, dressed, ended, finer, inside, limited, protection, worth

__all__ = ["busy_case", "smallest"]

Json = dict[str, Any]
START = datetime(2024, 1, 1)  # noqa: DTZ001 (cases spell UTC without a zone); a Monday
WEEKEND = 5
NAMES = ("Z", "A", "M")


def busy_case(seed: int, *, on_margin: bool | None = None) -> Json:
    """One crowded case, in a cash account or on margin, if that is said."""
    r = Random(seed)
    assets = [_asset(r, name) for name in NAMES[: r.randint(1, 3)]]
    days = r.randint(6, 10)
    bars, ends = ended(r.choice, assets, [bar for asset in assets for bar in _bars(r, asset, days)], days)
    slices = len({bar["time"] for bar in bars})
    actions = [action for asset in assets for action in _actions(r, asset, days)] + ends
    config = _config(r, on_margin)
    has_shorts = config["account"] != "cash"
    commands: list[Json] = []
    for after in range(slices):
        for _ in range(r.choice([1, 2, 2, 3])):
            commands += [{"after": after, "id": f"c{len(commands)}", **_command(r, assets, commands, has_shorts)}]
    finest = [part for asset in assets for part in finer(r.choice, _of(asset, bars))]
    assets = [{**asset, "multiplier": worth(r.choice, config["fees"])} for asset in assets]
    whole = {"config": config, "assets": assets, "bars": bars, "actions": actions, "commands": commands}
    return {**whole, "finer": finest if config["path"] == "finer" else []}


def _of(asset: Json, bars: list[Json]) -> list[Json]:
    return [bar for bar in bars if bar["asset"] == asset["name"]]


def _asset(r: Random, name: str) -> Json:
    calendar = r.choice(["24/7", "24/7", "24/5"])
    steps = {"price_step": r.choice(["0.01", "0.05", "0.001"]), "quantity_step": r.choice(["1", "0.1", "0.005"])}
    return {"name": name, **steps, "min_notional": r.choice(["0", "0", "40"]), "calendar": calendar}


def _bars(r: Random, asset: Json, days: int) -> Iterator[Json]:
    hours = r.choice([24, 24, 12])
    step = Decimal(asset["price_step"])
    last = 10.0
    for place in range(days * 24 // hours):
        begin = START + timedelta(hours=hours * place)
        first = last * r.choice([1, r.uniform(0.95, 1.05)])
        last = first * r.uniform(0.94, 1.06)
        high, low = max(first, last) * r.uniform(1, 1.03), min(first, last) * r.uniform(0.97, 1)
        prices = (step * int(Decimal(x) / step) for x in (first, high, low, last))
        volume = r.choice(["0", "250", "600", "600", "1500", "40000", None])
        times = {"open_time": f"{begin:%Y-%m-%dT%H:%M}", "time": f"{begin + timedelta(hours=hours):%Y-%m-%dT%H:%M}"}
        if r.random() < 0.94 and (asset["calendar"] == "24/7" or begin.weekday() < WEEKEND):
            yield {"asset": asset["name"], **times, **dict(zip("ohlc", map(str, prices), strict=True)), "v": volume}


def _actions(r: Random, asset: Json, days: int) -> Iterator[Json]:
    for day in r.sample(range(1, days), 2):
        ex = {"asset": asset["name"], "ex": f"{START + timedelta(days=day):%Y-%m-%dT%H:%M}"}
        if r.random() < 0.4:
            yield {**ex, "kind": "split", "ratio": r.choice(["2", "3/2", "7/5", "1/3", "9/10"])}
        if r.random() < 0.3:
            yield {**ex, "kind": "stock_dividend", "ratio": r.choice(["1/20", "1/3", "1/2"])}
        if r.random() < 0.4:
            pay = r.choice([None, f"{START + timedelta(days=day + r.randint(0, 3)):%Y-%m-%dT%H:%M}"])
            yield {**ex, "kind": "dividend", "amount": f"{r.uniform(0.01, 0.5):.6f}", "pay": pay}


def _config(r: Random, on_margin: bool | None) -> Json:
    fill = r.choice(["next_open", "next_open", "next_close", "same_close"])
    return {
        "cash": f"{r.uniform(800, 6_000):.2f}",
        "fill": fill,
        **account(r.choice, r.choice([True, False]) if on_margin is None else on_margin),
        **inside(r.choice, fill),
        **limited(r.choice),
        "volume_cap": r.choice(["0.1", "0.1", "0.07", None]),
        "fees": _fees(r),
        "slippage": r.choice(
            [
                *({"kind": "bps", "value": value} for value in ("0", "5", "0.0012345678", "12.3456789")),
                {"kind": "spread", "value": "0.0123"},
                {"kind": "custom"},
            ]
        ),
    }


def _fees(r: Random) -> Json:
    kind = r.choice(["none", "percent", "percent", "per_share", "per_share", "per_trade", "tiered", "custom", "sum"])
    if kind == "sum":
        return {"kind": kind, "parts": [_fees(r), _fees(r)]}
    bounds = {"minimum": r.choice(["0", "0.5", "1.25"]), "cap": r.choice([None, "0.75", "2"])}
    if kind in ("none", "per_trade"):
        bounds = {"minimum": "0", "cap": None}
    if kind == "percent" and r.random() < 0.3:
        return {"kind": kind, "rate": f"{r.uniform(0.005, 0.2):.6f}", "currency": "base"}
    tiers = [["0", "10.5", "20"], [f"{r.uniform(100, 2_000):.2f}", "0.333", "7"]]
    more = {"tiers": tiers} if kind == "tiered" else {}
    return {"kind": kind, "rate": "0" if kind == "none" else f"{r.uniform(0.005, 0.2):.6f}", **bounds, **more}


def _command(r: Random, assets: list[Json], earlier: list[Json], has_shorts: bool) -> Json:
    name = r.choice(assets)["name"]
    asked = [command["id"] for command in earlier if command["do"] == "order"]
    chance = r.random()
    if chance < 0.66:
        return _order(r, name, has_shorts)
    if chance < 0.72:
        middle = Decimal(f"{r.uniform(9, 11):.4f}")
        return {"do": "protect", "asset": name, "bracket": protection(r.choice, middle, _side(r, has_shorts))}
    if chance < 0.84:
        return {"do": "target", "asset": name, **_size(r, has_shorts)}
    if chance < 0.90:
        weights = {asset["name"]: f"{r.uniform(-0.5 * has_shorts, 0.5):.3f}" for asset in assets if r.random() < 0.8}
        return {"do": "rebalance", "weights": weights, "band": r.choice(["0", "0.03", "0.2"])}
    if chance < 0.92:
        return {"do": "flatten", "asset": name}
    if chance < 0.94 or not asked:
        return {"do": "cancel", "id": None, "asset": name}
    return {"do": "cancel", "id": r.choice(asked[-4:])}


def _side(r: Random, has_shorts: bool) -> str:
    """The side that a position is opened on."""
    return r.choice(["buy", "sell"]) if has_shorts else "buy"


def _order(r: Random, name: str, has_shorts: bool) -> Json:
    side = _side(r, has_shorts) if has_shorts else r.choice(["buy", "buy", "sell"])
    terms = dressed(r.choice, side, lambda: f"{r.uniform(8.8, 11.2):.4f}", has_shorts=has_shorts)
    return {"do": "order", "asset": name, "side": side, "quantity": f"{r.uniform(1, 120):.3f}", **terms}


def _size(r: Random, has_shorts: bool) -> Json:
    kind = r.choice(["quantity", "weight", "value", "all_in"])
    high = {"quantity": 200, "weight": 0.8, "value": 3_000}
    return {"all_in": True} if kind == "all_in" else {kind: f"{r.uniform(-high[kind] * has_shorts, high[kind]):.4f}"}


def smallest(case: Mapping[str, Any], disagree: Callable[[Json], bool]) -> Json:
    """The case without whatever can be left out while it still disagrees."""
    small = dict(case)
    for part in [name for name in ("commands", "actions", "bars", "funding", "settlements") if name in small]:
        place = len(small[part]) - 1
        while place >= 0:
            fewer = {**small, part: small[part][:place] + small[part][place + 1 :]}
            if _is_whole(fewer) and disagree(fewer):
                small = fewer
            place -= 1
    return small


def _is_whole(case: Json) -> bool:
    """Whether every asset still has bars, every command a slice, every cancel its order."""
    closes = len({bar["time"] for bar in case["bars"]})
    known = {command["id"] for command in case["commands"] if command["do"] == "order"}
    cancels = {command["id"] for command in case["commands"] if command["do"] == "cancel"} - {None}
    has_bars = {bar["asset"] for bar in case["bars"]} == {asset["name"] for asset in case["assets"]}
    return has_bars and cancels <= known and all(command["after"] < closes for command in case["commands"])
