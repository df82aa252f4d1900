"""A case, parsed: what is traded, its bars and actions, what is configured and what is asked.

The one idea: text in, frozen exact values out; everything after this file works with `Decimal` and aware datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["Action", "Asset", "Bar", "Case", "Config", "FeeRule", "instant", "parse"]

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Asset:
    """An instrument; `index` is its place in the case."""

    index: int
    name: str
    price_step: Decimal
    quantity_step: Decimal
    min_notional: Decimal
    calendar: str


@dataclass(frozen=True)
class Bar:
    """An interval of an asset; `number` counts that asset's bars, `volume` None means unknown."""

    asset: int
    number: int
    open_time: datetime
    time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None


@dataclass(frozen=True)
class Action:
    """A split (`ratio` new per old) or a dividend (`amount` per unit, paid at `pay`, None: at once)."""

    asset: int
    ex: date
    kind: str
    ratio: Fraction
    amount: Decimal
    pay: datetime | None


@dataclass(frozen=True)
class FeeRule:
    """`rate` is per unit of value for "value", per unit for "per_share", per order for "per_trade"."""

    kind: str
    rate: Decimal
    minimum: Decimal
    cap: Decimal | None


@dataclass(frozen=True)
class Config:
    """How orders fill and what they cost; `slippage` is a fraction of the price, `half_spread` in price units."""

    cash: Decimal
    fill: str
    volume_cap: Decimal | None
    fees: FeeRule
    slippage: Decimal
    half_spread: Decimal
    path: str
    limit_through: int
    latency: timedelta
    lots: str
    limits: Json


@dataclass(frozen=True)
class Case:
    """Everything a simulation needs; `commands[k]` are given in the callbacks of the k-th distinct Close time."""

    config: Config
    assets: tuple[Asset, ...]
    bars: tuple[Bar, ...]
    actions: tuple[Action, ...]
    commands: Mapping[int, tuple[Json, ...]]


def instant(text: str) -> datetime:
    """An ISO text as an aware UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _asset(index: int, raw: Json) -> Asset:
    steps = Decimal(raw.get("price_step", "0.01")), Decimal(raw.get("quantity_step", "1"))
    return Asset(index, raw["name"], *steps, Decimal(raw.get("min_notional", "0")), raw.get("calendar", "24/7"))


def _bars(raw: list[Json], places: Mapping[str, int]) -> tuple[Bar, ...]:
    counts: dict[str, int] = {}
    bars = []
    for row in raw:
        number = counts.setdefault(row["asset"], 0)
        counts[row["asset"]] += 1
        prices = [Decimal(row[field]) for field in "ohlc"]
        volume = None if row["v"] is None else Decimal(row["v"])
        times = instant(row["open_time"]), instant(row["time"])
        bars.append(Bar(places[row["asset"]], number, *times, *prices, volume))
    return tuple(bars)


def _action(raw: Json, places: Mapping[str, int]) -> Action:
    pay = None if raw.get("pay") is None else instant(raw["pay"])
    terms = Fraction(raw.get("ratio", 1)), Decimal(raw.get("amount", 0))
    return Action(places[raw["asset"]], instant(raw["ex"]).date(), raw["kind"], *terms, pay)


def _config(raw: Json) -> Config:
    fees = raw["fees"]
    rate = Decimal(fees["rate"]) / 100 if fees["kind"] == "percent" else Decimal(fees["rate"])
    kind = {"percent": "value"}.get(fees["kind"], fees["kind"])
    cap = None if fees["cap"] is None else Decimal(fees["cap"])
    rule = FeeRule(kind, rate, Decimal(fees["minimum"]), cap)
    limit = None if raw["volume_cap"] is None else Decimal(raw["volume_cap"])
    slip, is_spread = Decimal(raw["slippage"]["value"]), raw["slippage"]["kind"] == "spread"
    bps, spread = (Decimal(0), slip) if is_spread else (slip, Decimal(0))
    inside = raw.get("path", "pessimistic"), raw.get("limit_through", 0)
    latency = timedelta(seconds=float(raw.get("latency_s", 0)))
    return Config(
        Decimal(raw["cash"]),
        raw["fill"],
        limit,
        rule,
        bps / 10_000,
        spread / 2,
        *inside,
        latency,
        raw.get("lots", "average"),
        raw.get("limits") or {},
    )


def parse(raw: Json) -> Case:
    """The frozen values of a case in the notation of fills.json."""
    assets = tuple(_asset(index, row) for index, row in enumerate(raw["assets"]))
    places = {asset.name: asset.index for asset in assets}
    commands: dict[int, tuple[Json, ...]] = {}
    for row in raw["commands"]:
        commands[row["after"]] = (*commands.get(row["after"], ()), row)
    actions = tuple(_action(row, places) for row in raw["actions"])
    return Case(_config(raw["config"]), assets, _bars(raw["bars"], places), actions, commands)
