"""Random cases for two engines to agree on, in the notation of fills.json.

The one idea: everything is drawn small and near the money, so that limits are touched, stops gap, caps bind, cash runs
out and fractions of splits appear often, and hypothesis can shrink what disagrees to a few lines.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dressed import account, dressed, ended, finer, inside, limited, protection, worth
from hypothesis import strategies as st

__all__ = ["cases", "configs", "instruments", "sizes"]

Json = dict[str, Any]
START = datetime(2024, 1, 1)  # noqa: DTZ001 (cases spell UTC without a zone); a Monday
WEEKEND = 5
NAMES = ("Z", "A", "M")  # asset order is not text order


@st.composite
def cases(draw: st.DrawFn) -> Json:
    """One whole case: assets, bars, actions, configuration and commands."""
    assets = [draw(instruments(name)) for name in NAMES[: draw(st.integers(1, 3))]]
    days = draw(st.integers(3, 7))
    whole = [bar for asset in assets for bar in draw(_bars(asset, days))]
    bars, ends = ended(_picker(draw), assets, whole, days)
    slices = len({bar["time"] for bar in bars})
    traded = {bar["asset"] for bar in bars if bar["v"] not in (None, "0")}
    config = draw(configs(len(traded) == len(assets)))
    return {
        "config": config,
        "assets": [{**asset, "multiplier": worth(_picker(draw), config["fees"])} for asset in assets],
        "bars": bars,
        "finer": _each(draw, assets, bars) if config["path"] == "finer" else [],
        "actions": draw(_actions(assets, days)) + ends,
        "commands": draw(_commands(assets, slices, config["account"] != "cash")),
    }


def _each(draw: st.DrawFn, assets: list[Json], bars: list[Json]) -> list[Json]:
    rows = [[bar for bar in bars if bar["asset"] == asset["name"]] for asset in assets]
    return [part for of in rows for part in finer(_picker(draw), of)]


def _decimal(low: int, high: int, digits: int) -> st.SearchStrategy[str]:
    """A number as text, from low to high units of its last digit."""
    return st.integers(low, high).map(lambda n: f"{Decimal(n).scaleb(-digits):f}")


@st.composite
def instruments(draw: st.DrawFn, name: str) -> Json:
    """What is traded: steps, a minimum and a calendar."""
    return {
        "name": name,
        "price_step": draw(st.sampled_from(["0.01", "0.05", "0.001"])),
        "quantity_step": draw(st.sampled_from(["1", "0.1", "0.005", "10"])),
        "min_notional": draw(st.sampled_from(["0", "0", "0", "120"])),
        "calendar": draw(st.sampled_from(["24/7", "24/7", "24/5"])),
    }


@st.composite
def _bars(draw: st.DrawFn, asset: Json, days: int) -> list[Json]:
    """Bars of 6 to 24 hours; some are missing, some have no volume or an unknown one."""
    length = draw(st.sampled_from([24, 24, 24, 12, 6]))
    count = min(days * 24 // length, 10)
    places = sorted(draw(st.sets(st.integers(0, count - 1), min_size=max(count - 2, 1))))
    digits = -Decimal(asset["price_step"]).as_tuple().exponent
    known = draw(st.sampled_from([True, True, True, False]))
    begins = [START + timedelta(hours=length * i) for i in places]
    traded = [begin for begin in begins if asset["calendar"] == "24/7" or begin.weekday() < WEEKEND]
    return [_bar(draw, asset, begin, length, digits, known) for begin in traded or begins[:1]]


def _bar(draw: st.DrawFn, asset: Json, begin: datetime, length: int, digits: int, known: bool) -> Json:
    unit = 10**digits
    low = draw(st.integers(7 * unit, 11 * unit))
    high = low + draw(st.integers(0, 3 * unit))
    inside = st.integers(low, high)
    prices = [Decimal(n).scaleb(-digits) for n in (draw(inside), high, low, draw(inside))]
    volume = draw(st.sampled_from(["0", "40", "333", "333", "1000", "100000"]) | st.none()) if known else None
    times = {"open_time": f"{begin:%Y-%m-%dT%H:%M}", "time": f"{begin + timedelta(hours=length):%Y-%m-%dT%H:%M}"}
    return {"asset": asset["name"], **times, **dict(zip("ohlc", map(str, prices), strict=True)), "v": volume}


@st.composite
def configs(draw: st.DrawFn, have_volume: bool) -> Json:
    """Cash, filling and costs; impacts only where every asset has a volume."""
    fill = draw(st.sampled_from(["next_open", "next_close", "same_close"]))
    return {
        "cash": draw(_decimal(50_000, 2_000_000, 2)),
        "fill": fill,
        **account(_picker(draw), draw(st.booleans())),
        **inside(_picker(draw), fill),
        **limited(_picker(draw)),
        "volume_cap": draw(st.sampled_from(["0.1", "0.25", "1", None])),
        "fees": draw(_fees()),
        "slippage": draw(st.sampled_from(SLIPPAGES + IMPACTS * have_volume)),
    }


SLIPPAGES = [
    {"kind": "custom"},
    *({"kind": "bps", "value": value} for value in ("0", "2", "33", "0.0007")),
    *({"kind": "spread", "value": value} for value in ("0.03", "0.000000000001")),
]


# Only where every asset has a volume.
IMPACTS = [
    *({"kind": "volume_share", "value": value} for value in ("0.1", "3")),
    *({"kind": "square_root", "value": value} for value in ("0.02", "0.7")),
]


def _picker(draw: st.DrawFn) -> Any:
    return lambda choices: draw(st.sampled_from(choices))


@st.composite
def _fees(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(["none", "percent", "per_share", "per_trade", "tiered", "custom", "sum"]))
    if kind == "sum":
        return {"kind": kind, "parts": [draw(_fees()) for _ in range(2)]}
    if kind in ("tiered", "percent") and draw(st.sampled_from([True, False, False])):
        rate = {"rate": draw(_decimal(1, 1_000, 4))} if kind == "percent" else {"tiers": draw(st.sampled_from(TIERS))}
        return {"kind": kind, "currency": "base", **rate}
    if kind == "tiered":
        return {"kind": kind, "tiers": draw(st.sampled_from(TIERS)), **draw(_bounds())}
    if kind == "custom":
        return {"kind": kind, **draw(_bounds())}
    if kind in ("none", "per_trade"):
        return {"kind": kind, "rate": "0" if kind == "none" else draw(_decimal(1, 300, 2)), "minimum": "0", "cap": None}
    return {"kind": kind, "rate": draw(_decimal(1, 1_000, 4)), **draw(_bounds())}


TIERS = [[["0", "10", "20"]], [["0", "25", "40"], ["900", "20", "35"], ["3000", "0", "7.5"]]]


@st.composite
def _bounds(draw: st.DrawFn) -> Json:
    return {
        "minimum": draw(st.sampled_from(["0", "1", "7.5"])),
        "cap": draw(st.sampled_from([None, None, "9"])),
        "cap_bps": draw(st.sampled_from([None, None, "100"])),
        "round_to": draw(st.sampled_from([None, None, "0.01", "0.5"])),
        "side": draw(st.sampled_from([None, None, None, "sell"])),
    }


@st.composite
def _actions(draw: st.DrawFn, assets: list[Json], days: int) -> list[Json]:
    """At most one action of a kind per asset and day."""
    actions = []
    for asset in assets:
        for day in draw(st.sets(st.integers(0, days - 1), max_size=2)):
            ex = {"asset": asset["name"], "ex": f"{START + timedelta(days=day):%Y-%m-%dT%H:%M}"}
            for kind in draw(st.sampled_from(KINDS)):
                actions += [{**ex, "kind": kind, **draw(_terms(kind, day))}]
    return actions


KINDS = [("split",), ("dividend",), ("split", "dividend"), ("stock_dividend",), ("split", "stock_dividend", "dividend")]


@st.composite
def _terms(draw: st.DrawFn, kind: str, day: int) -> Json:
    if kind == "split":
        return {"ratio": draw(st.sampled_from(["2", "3/2", "1/3", "1/10", "7/5"]))}
    if kind == "stock_dividend":
        return {"ratio": draw(st.sampled_from(["1/20", "1/3", "1", "2/7"]))}
    later = draw(st.none() | st.integers(0, 4))
    pay = None if later is None else f"{START + timedelta(days=day + later):%Y-%m-%dT%H:%M}"
    return {"amount": draw(_decimal(1, 2_000_000, 6)), "pay": pay}


@st.composite
def _commands(draw: st.DrawFn, assets: list[Json], slices: int, has_shorts: bool) -> list[Json]:
    """Up to three commands in a slice, in the order of the slices."""
    commands: list[Json] = []
    counts = [draw(st.sampled_from([0, 1, 1, 2, 3])) for _ in range(slices)]
    for after in (k for k, count in enumerate(counts) for _ in range(count)):
        commands += [{"after": after, "id": f"c{len(commands)}", **_command(draw, assets, commands, has_shorts)}]
    return commands


def _command(draw: st.DrawFn, assets: list[Json], earlier: list[Json], has_shorts: bool) -> Json:
    name = draw(st.sampled_from(assets))["name"]
    asked = [command["id"] for command in earlier if command["do"] == "order"]
    kinds = ["order", "order", "order", "target", "target", "rebalance", "flatten", "cancel_asset", "protect"]
    kind = draw(st.sampled_from(kinds + ["cancel"] * bool(asked)))
    if kind == "order":
        return draw(_order(name, has_shorts))
    if kind == "target":
        return {"do": "target", "asset": name, **draw(sizes(has_shorts))}
    if kind == "rebalance":
        weights = {asset["name"]: draw(_decimal(-60 * has_shorts, 60, 2)) for asset in assets if draw(st.booleans())}
        return {"do": "rebalance", "weights": weights, "band": draw(st.sampled_from(["0", "0", "0.05"]))}
    if kind == "flatten":
        return {"do": "flatten", "asset": draw(st.sampled_from([name, None]))}
    if kind == "protect":
        middle = Decimal(draw(_decimal(800, 1_200, 2)))
        return {"do": "protect", "asset": name, "bracket": protection(_picker(draw), middle, draw(_sides(has_shorts)))}
    if kind == "cancel":
        return {"do": "cancel", "id": draw(st.sampled_from(asked))}
    return {"do": "cancel", "id": None, "asset": name}


@st.composite
def _order(draw: st.DrawFn, name: str, has_shorts: bool) -> Json:
    side = draw(st.sampled_from(["buy", "buy", "sell"]) if not has_shorts else _sides(has_shorts))
    price = lambda: draw(_decimal(7_000, 13_999, 3))  # noqa: E731
    terms = dressed(_picker(draw), side, price, has_shorts=has_shorts)
    return {"do": "order", "asset": name, "side": side, "quantity": draw(_decimal(1_000, 200_000, 3)), **terms}


def _sides(has_shorts: bool) -> st.SearchStrategy[str]:
    """The side that a position is opened on."""
    return st.sampled_from(["buy", "sell"]) if has_shorts else st.just("buy")


def sizes(has_shorts: bool) -> st.SearchStrategy[Json]:
    """What a target may want."""
    return st.one_of(
        _decimal(-150_000 * has_shorts, 150_000, 3).map(lambda q: {"quantity": q}),
        _decimal(-110 * has_shorts, 110, 2).map(lambda w: {"weight": w}),
        _decimal(-900_000 * has_shorts, 900_000, 2).map(lambda v: {"value": v}),
        st.just({"all_in": True}),
    )
