"""Orders with everything that can be said of them, for both makers of random cases.

The one idea: all choices are from short lists, through a `pick` that is hypothesis's draw here and a seeded generator
there, and only combinations that make sense are made; what does not is the business of the door's own tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

__all__ = ["TYPES", "account", "dressed", "ended", "finer", "inside", "limited", "protection", "shared", "worth"]

Json = dict[str, Any]
Pick = Callable[[Sequence[Any]], Any]
START = datetime(2024, 1, 1)  # noqa: DTZ001 (cases spell UTC without a zone)
FRIDAY = 4
BARS = 3  # so that the length of the bars can be told
PLAIN = ["market", "market", "limit", "limit", "stop", "stop"]
LOTS = ["average", "average", "fifo", "lifo"]
TYPES = [*PLAIN, "stop_limit", "stop_limit", "trailing", "trailing", "moo", "moc", "loo", "loc"]


def inside(pick: Pick, fill: str) -> Json:
    """How orders fill inside a bar, and how late they arrive."""
    seconds = pick([0, 0, 0, 60, 3600, 43200, 90000, [0, 0.000001], [0, 90000], [3600, 172800]])
    paths = ["pessimistic", "pessimistic", "open_high_low_close", "open_low_high_close", "finer", "finer"]
    late = {"latency_s": 0 if fill == "same_close" else seconds, "seed": pick([0, 1, 2**64 - 1, 2**70 + 5])}
    return {"path": pick(paths), "limit_through": pick([0, 0, 0, 1, 3]), "lots": pick(LOTS), **late}


def finer(pick: Pick, bars: Sequence[Json]) -> list[Json]:
    """Three parts of every bar, from its open to its close by way of its extremes; some are missing."""
    parts = []
    for place, bar in enumerate(bars):
        begin, end = (datetime.fromisoformat(bar[key]) for key in ("open_time", "time"))
        turns = pick([("h", "l"), ("l", "h")])
        corners = [Decimal(bar[key]) for key in ("o", *turns, "c")]
        for part in range(3) if place == 0 else pick([range(3), range(3), (0, 2), (1,), ()]):
            # A gap after the corner: the part opens where the one before it did, or at its turn.
            first, last = corners[pick([part, part, max(part - 1, 0)])], corners[part + 1]
            times = {"open_time": begin + (end - begin) * part / 3, "time": begin + (end - begin) * (part + 1) / 3}
            prices = {"o": first, "h": max(first, last), "l": min(first, last), "c": last}
            parts.append({"asset": bar["asset"], "v": None, **{key: f"{t:%Y-%m-%dT%H:%M}" for key, t in times.items()}})
            parts[-1] |= {key: str(price) for key, price in prices.items()}
    return parts


def ended(pick: Pick, assets: Sequence[Json], bars: Sequence[Json], days: int) -> tuple[list[Json], list[Json]]:
    """The bars, of which some assets have none from some day on, and the actions that end these assets."""
    kept, actions = list(bars), []
    for asset in assets:
        if not pick([False, True]) or asset.get("kind", "spot") != "spot":
            continue
        day = START + timedelta(days=pick(range(1, days + 1)))
        alike = [other for other in assets if _terms(other) == _terms(asset)]
        action = _end(pick, asset["name"], day, [other["name"] for other in alike])
        fewer = [bar for bar in kept if bar["asset"] != asset["name"] or bar["open_time"] < action["ex"]]
        if _is_possible([*actions, action], fewer, assets):
            kept = fewer
            actions.append(action)
    return kept, actions


def _terms(asset: Json) -> tuple[str, str | None]:
    """What assets must have in common for one to become units of the other."""
    return asset.get("kind", "spot"), asset.get("currency")


def _end(pick: Pick, name: str, day: datetime, names: Sequence[str]) -> Json:
    kinds = ["delisting", "delisting", "merger"] + ["symbol_change", "merger", "merger"] * (len(names) > 1)
    kind, cash = pick(kinds), pick(["0.35", "4.000001", "11.1"])
    pay = pick([None, None, f"{day + timedelta(days=pick(range(4))):%Y-%m-%dT%H:%M}"])
    action = {"asset": name, "ex": f"{day:%Y-%m-%dT%H:%M}", "kind": kind}
    others = [other for other in names if other != name]
    if kind == "delisting":
        return {**action, "amount": pick([None, None, "0", cash]), "pay": pay}
    if kind == "symbol_change":
        return {**action, "other": pick(others)}
    units = {"other": pick(others), "ratio": pick(["1", "1/3", "7/5", "3/2", "1/40"])} if others else {}
    terms = [units, {"amount": cash}, {**units, "amount": cash}] if units else [{"amount": cash}]
    return {**action, "pay": pay, **pick(terms)}


def _is_possible(actions: Sequence[Json], bars: Sequence[Json], assets: Sequence[Json]) -> bool:
    """Whether all that the actions need is there: bars of each asset, and those of others after it has ended."""
    calendars = {asset["name"]: asset["calendar"] for asset in assets}
    counts = Counter(bar["asset"] for bar in bars)
    if any(counts[name] < BARS for name in calendars):
        return False
    for action in actions:
        day = datetime.fromisoformat(action["ex"])
        while calendars[action["asset"]] == "24/5" and day.weekday() > FRIDAY:
            day += timedelta(days=1)
        opens = [bar["open_time"] for bar in bars if action.get("other") in (None, bar["asset"])]
        if max(opens) < f"{day:%Y-%m-%dT%H:%M}":
            return False
    return True


LIMITS: dict[str, list[Any]] = {
    "order_quantity": ["25", "80.5"],
    "order_notional": ["300", "1200.05"],
    "position_weight": ["0.15", "0.4"],
    "position_notional": ["350", "900.5"],
    "leverage": ["0.3", "0.75"],
    "orders_per_day": [1, 2, 3],
    "open_positions": [1, 2],
    "allowed": [["Z"], ["Z", "A"]],
    "restricted": [["A"], ["M"]],
    "long_only": [True],
    "daily_loss": ["0.01", "0.04"],
    "drawdown": ["0.02", "0.08"],
    "price_collar": ["0.02", "0.1"],
}


MULTIPLIERS = ["1", "1", "1", "1", "50", "0.1", "2.5"]
# A usual account, one that is called often, and one that lends all but nothing.
MARGINS: list[Json] = [
    {},
    {"initial": "0.2", "maintenance": "0.15", "maintenance_short": "0.2", "borrow_bps": "300", "interest_bps": "650.5"},
    {"initial": "0.05", "maintenance": "0.04", "maintenance_short": "0.05", "credit_bps": "77", "borrow_bps": "1"},
    {"initial": "1", "maintenance": "0.333333", "maintenance_short": "0.9", "interest_bps": "1", "credit_bps": "200"},
]


def worth(pick: Pick, fees: Json) -> str:
    """A multiplier; a fee in the base currency has none."""
    return "1" if _is_in_base(fees) else str(pick(MULTIPLIERS))


def _is_in_base(fees: Json) -> bool:
    return fees.get("currency") == "base" or any(map(_is_in_base, fees.get("parts", [])))


WEIGHTS = [("0.6", "0.4"), ("0.5", "0.25"), ("0.333333", "0.333333", "0.333334"), ("0.2", "0.3", "0.4"), ("1", "0")]
ALLOCATIONS = ["equal", "inverse_volatility", "risk_parity", "drawdown"]


def shared(pick: Pick) -> Json:
    """Two or three strategies in one account, at fixed weights or allotted ones."""
    weights = pick(WEIGHTS)
    members = {f"book{number}": weight for number, weight in enumerate(weights)}
    times = {"rebalance": pick([None, "1d", "1d", "1w", "1mo"])}
    given = [{"members": members}] * 2 + [{"members": list(members), "allocation": pick(ALLOCATIONS), "lookback": 25}]
    return {"books": {**pick(given), **times}}


def account(pick: Pick, on_margin: bool) -> Json:
    """A cash account, or one of several on margin."""
    return {"account": {"kind": "margin", **pick(MARGINS)} if on_margin else "cash"}


def limited(pick: Pick) -> Json:
    """No limits in half of the cases, else up to three, of which a breach is denied or halts."""
    if pick([True, False]):
        return {"limits": None}
    names = dict.fromkeys(pick(list(LIMITS)) for _ in range(pick([1, 2, 3])))
    chosen = {name: pick(LIMITS[name]) for name in names}
    return {"limits": {**chosen, "on_breach": pick(["deny", "deny", "halt"])}}


def dressed(pick: Pick, side: str, price: Callable[[], str], *, has_shorts: bool) -> Json:
    """Type, prices, time in force, links, protection and flags of one order; both sides open where there are shorts."""
    type_ = pick(TYPES)
    order = {"type": type_, **_prices(pick, type_, price)}
    if type_ not in ("moo", "moc", "loo", "loc"):
        order |= _tif(pick)
    if type_ == "limit" and order.get("tif", "GTC") not in ("IOC", "FOK"):
        order["post_only"] = pick([False, False, True])
    if pick([False, False, True]):
        order["oco"] = pick(["g", "h"])
    if (side == "buy" or has_shorts) and pick([False, True]):
        order["bracket"] = _bracket(pick, order, side)
    elif side == "sell" or has_shorts:
        order["reduce_only"] = pick([False, False, True])
    return order


def _prices(pick: Pick, type_: str, price: Callable[[], str]) -> Json:
    if type_ == "trailing":
        return pick([{"trail_amount": pick(["0.3", "0.755", "1.5"])}, {"trail_fraction": pick(["0.02", "0.0613"])}])
    names = {"limit": ("limit",), "stop": ("stop",), "stop_limit": ("stop", "limit"), "loo": ("limit",)}
    names["loc"] = names["loo"]
    return {name: price() for name in names.get(type_, ())}


def _tif(pick: Pick) -> Json:
    tif = pick(["GTC", "GTC", "GTC", "DAY", "GTD", "IOC", "FOK"])
    if tif != "GTD":
        return {"tif": tif}
    return {"tif": tif, "until": f"{START + timedelta(hours=pick(range(30, 200, 6))):%Y-%m-%dT%H:%M}"}


def _bracket(pick: Pick, order: Json, side: str) -> Json:
    """What protects an entry, around the price that it names."""
    return protection(pick, Decimal(order.get("limit", order.get("stop", "10"))), side)


def protection(pick: Pick, middle: Decimal, side: str = "buy") -> Json:
    """A stop of some kind around a price, or none, and targets for all of a position or for parts of it; of what was
    sold short they are mirrored."""
    at = lambda hundredths: f"{middle * (hundredths if side == 'buy' else 200 - hundredths) / 100:f}"  # noqa: E731
    stops = {"stop_part": pick(["0.01", "0.04", "0.123"])}, {"stop": at(pick([90, 96, 98]))}, {}
    trails = {"trail": pick(["0.2", "0.455", "1.5", "30"])}, {"trail_part": pick(["0.02", "0.0613"])}, {}, {}
    whole = {"target_part": pick(["0.011", "0.05", "0.2"])}, {"target": at(pick([102, 104, 110]))}, {}
    ways = pick([("101", "103", "108"), ("102", "104", "104.5")])
    sizes = pick([("0.5", "0.5"), ("0.25", "0.25", "0.5"), ("0.4", "0.4", "0.1"), ("0.333",), ("0.7", "0.05")])
    prices = [[at(Decimal(way)), size] for way, size in zip(ways, sizes, strict=False)]
    parts = [[f"{Decimal(way) / 100 - 1:f}", size] for way, size in zip(ways, sizes, strict=False)]
    stop, targets = {**pick(stops), **pick(trails)}, pick([*whole, {"targets": prices}, {"targets_part": parts}])
    if stop and pick([False, True]):
        stop |= pick([{"even": pick(["0.05", "0.33"])}, {"even_part": pick(["0.005", "0.031"])}])
    return {**stop, **targets} or stops[0]
