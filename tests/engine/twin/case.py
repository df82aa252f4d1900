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

from twin.exact import MONEY, PART, half_even, on_step

__all__ = [
    "Action",
    "Asset",
    "Bar",
    "Case",
    "Config",
    "FeeRule",
    "Funding",
    "Margin",
    "Plan",
    "equal",
    "instant",
    "parse",
]

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Asset:
    """An instrument; `index` is its place in the case.

    `currency` is that in which it is worth something, `kind` spot, fx, crypto, future, perpetual or option. A pair has
    a `base`; the coin of an `inverse` perpetual is its currency.
    """

    index: int
    name: str
    price_step: Decimal
    quantity_step: Decimal
    min_notional: Decimal
    calendar: str
    multiplier: Decimal
    currency: str
    kind: str
    base: str | None
    inverse: bool
    initial: Decimal | None
    maintenance: Decimal | None
    expiry: date | None
    underlying: int | None
    strike: Decimal | None
    right: str | None

    @property
    def pays(self) -> bool:
        """Whether a purchase is paid in full."""
        return self.kind not in ("future", "perpetual")

    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What so many units are worth at a price, signed; an inverse position gains as its price rises."""
        if self.inverse:
            return on_step(Fraction(-quantity * self.multiplier) / Fraction(price), MONEY, half_even)
        return quantity * self.multiplier * price

    def size(self, quantity: Decimal, price: Decimal) -> Decimal:
        """The same with the sign of the quantity."""
        return -self.value(quantity, price) if self.inverse else self.value(quantity, price)


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
    """A split (`ratio` new per old), a stock dividend (`ratio` new beside each held), a dividend, or an end.

    `amount` is cash per unit, paid at `pay` (None: at once); `other` is the asset whose units are received.
    """

    asset: int
    ex: date
    kind: str
    ratio: Fraction
    amount: Decimal | None
    pay: datetime | None
    other: int | None


@dataclass(frozen=True)
class Funding:
    """What longs pay to shorts at a time, a part of their value at `mark`, else at the last close."""

    asset: int
    time: datetime
    rate: Decimal
    mark: Decimal | None


@dataclass(frozen=True)
class FeeRule:
    """`rate` is per unit of value for "value", per unit for "per_share", per order for "per_trade".

    Without a `currency` it is paid in that of the prices.
    `cap_part` is a part of the order's value; `tiers` are (traded value, maker, taker) in basis points; a `base` fee of
    a buy is kept out of what it buys.
    """

    kind: str
    rate: Decimal
    minimum: Decimal
    cap: Decimal | None
    cap_part: Decimal | None
    round_to: Decimal | None
    side: str | None
    tiers: tuple[tuple[Decimal, ...], ...]
    base: bool
    currency: str | None


@dataclass(frozen=True)
class Margin:
    """The parts of value that a margin account asks for, and its rates a year in basis points."""

    initial: Decimal
    maintenance: Decimal
    maintenance_short: Decimal
    borrow_bps: Decimal
    interest_bps: Decimal
    credit_bps: Decimal


@dataclass(frozen=True)
class Plan:
    """The books of a portfolio in their order, their parts of the account, and what changes these.

    `every` is the period at whose beginnings money is moved between them; with an `allocation` the last `lookback`
    returns decide about the parts.
    """

    names: tuple[str, ...]
    weights: tuple[Decimal, ...]
    allocation: str | None
    every: str | None
    lookback: int


@dataclass(frozen=True)
class Config:
    """How orders fill and what they cost; `slippage` is in basis points, price units or an impact by its kind.

    Without a `margin` the account is a cash account.
    """

    deposits: tuple[tuple[str, Decimal], ...]
    fill: str
    volume_cap: Decimal | None
    fees: tuple[FeeRule, ...]
    slippage_kind: str
    slippage: Decimal
    path: str
    limit_through: int
    latency: tuple[timedelta, timedelta]
    seed: int
    lots: str
    limits: Json
    currency: str
    margin: Margin | None
    books: Plan | None


@dataclass(frozen=True)
class Case:
    """Everything a simulation needs; `commands[k]` are given in the callbacks of the k-th distinct Close time."""

    config: Config
    assets: tuple[Asset, ...]
    bars: tuple[Bar, ...]
    finer: tuple[Bar, ...]
    actions: tuple[Action, ...]
    commands: Mapping[int, tuple[Json, ...]]
    fx: tuple[tuple[tuple[str, str], tuple[tuple[datetime, Decimal], ...]], ...]
    currencies: tuple[str, ...]
    funding: tuple[Funding, ...]
    settlements: Mapping[tuple[int, date], Decimal]

    def exchanges(self, asset: Asset) -> bool:
        """Whether a pair exchanges two balances: fx, and crypto whose base is a currency of the run."""
        return asset.kind == "fx" or (asset.kind == "crypto" and asset.base in self.currencies)

    def home(self, asset: Asset) -> int:
        """The asset that keeps the holding: for crypto in a run of several currencies the first pair of the base."""
        if asset.kind != "crypto" or self.exchanges(asset) or len(self.currencies) == 1:
            return asset.index
        return next(other.index for other in self.assets if (other.kind, other.base) == ("crypto", asset.base))


def instant(text: str) -> datetime:
    """An ISO text as an aware UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _asset(index: int, raw: Json, account: str, places: Mapping[str, int]) -> Asset:
    steps = Decimal(raw.get("price_step", "0.01")), Decimal(raw.get("quantity_step", "1"))
    least, multiplier = Decimal(raw.get("min_notional", "0")), Decimal(raw.get("multiplier", "1"))
    inverse = bool(raw.get("inverse"))
    currency = raw["base"] if inverse else raw.get("currency", account)
    own = currency, raw.get("kind", "spot"), raw.get("base"), inverse
    initial, maintenance, strike = (_optional(raw, name) for name in ("initial", "maintenance", "strike"))
    expiry = date.fromisoformat(raw["expiry"]) if "expiry" in raw else None
    ends = expiry, places.get(raw.get("underlying", "")), strike, raw.get("right")
    plain = index, raw["name"], *steps, least, raw.get("calendar", "24/7"), multiplier
    return Asset(*plain, *own, initial, maintenance, *ends)


def _optional(raw: Json, name: str) -> Decimal | None:
    return None if raw.get(name) is None else Decimal(raw[name])


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
    amount = None if raw.get("amount") is None else Decimal(raw["amount"])
    other = None if raw.get("other") is None else places[raw["other"]]
    ratio = Fraction(raw.get("ratio") or 1)
    return Action(places[raw["asset"]], instant(raw["ex"]).date(), raw["kind"], ratio, amount, pay, other)


def _fees(raw: Json) -> tuple[FeeRule, ...]:
    if raw["kind"] == "sum":
        return tuple(rule for part in raw["parts"] for rule in _fees(part))
    rate = Decimal(raw.get("rate", "0")) / (100 if raw["kind"] == "percent" else 1)
    kind = {"percent": "value", "per_contract": "per_share"}.get(raw["kind"], raw["kind"])
    cap, step = (None if raw.get(name) is None else Decimal(raw[name]) for name in ("cap", "round_to"))
    part = None if raw.get("cap_bps") is None else Decimal(raw["cap_bps"]) / 10_000
    tiers = tuple(tuple(map(Decimal, tier)) for tier in raw.get("tiers", ()))
    return (
        FeeRule(
            kind,
            rate,
            Decimal(raw.get("minimum", "0")),
            cap,
            part,
            step,
            raw.get("side"),
            tiers,
            raw.get("currency") == "base",
            None if raw.get("currency") in (None, "base", "quote") else raw["currency"],
        ),
    )


MARGIN = {"initial": "0.5", "maintenance": "0.25", "maintenance_short": "0.3"}
MARGIN |= {"borrow_bps": "0", "interest_bps": "0", "credit_bps": "0"}


def _margin(raw: Json | str) -> Margin | None:
    """The account: "cash", "margin", or a mapping that names what differs from the usual."""
    given = {"kind": raw} if isinstance(raw, str) else raw
    if given["kind"] == "cash":
        return None
    return Margin(**{name: Decimal(given.get(name, usual)) for name, usual in MARGIN.items()})


def _config(raw: Json) -> Config:
    limit = None if raw["volume_cap"] is None else Decimal(raw["volume_cap"])
    kind, slip = raw["slippage"]["kind"], Decimal(raw["slippage"].get("value", "0"))
    inside = raw.get("path", "pessimistic"), raw.get("limit_through", 0)
    late = raw.get("latency_s", 0)
    least, most = (timedelta(seconds=float(s)) for s in (late if isinstance(late, list) else [late, late]))
    account, cash = raw.get("currency"), raw["cash"]
    given = {account or "USD": cash} if isinstance(cash, str) else cash
    return Config(
        tuple((name, Decimal(amount)) for name, amount in given.items()),
        raw["fill"],
        limit,
        _fees(raw["fees"]),
        "bps" if kind == "none" else kind,
        slip,
        *inside,
        (least, most),
        raw.get("seed", 0),
        raw.get("lots", "average"),
        raw.get("limits") or {},
        account or next(iter(given)),
        _margin(raw.get("account", "cash")),
        _plan(raw["books"]) if raw.get("books") else None,
    )


def _plan(raw: Json) -> Plan:
    """Members with their weights, a list of members for an allocation; what is not given to them is a book too."""
    members = raw["members"]
    every, lookback = raw.get("rebalance", "1mo"), raw.get("lookback", 63)
    if not isinstance(members, Mapping):
        names = tuple(members)
        return Plan(names, equal(len(names)), raw.get("allocation", "equal"), every, lookback)
    weights = {name: Decimal(weight) for name, weight in members.items()}
    if (rest := 1 - sum(weights.values())) > 0:
        weights["cash"] = rest
    return Plan(tuple(weights), tuple(weights.values()), None, every, lookback)


def equal(count: int) -> tuple[Decimal, ...]:
    """The same for all, in six digits; the first takes the rest."""
    part = on_step(Fraction(1, count), PART, half_even)
    return 1 - part * (count - 1), *[part] * (count - 1)


def parse(raw: Json) -> Case:
    """The frozen values of a case in the notation of fills.json."""
    config = _config(raw["config"])
    places = {row["name"]: index for index, row in enumerate(raw["assets"])}
    assets = tuple(_asset(index, row, config.currency, places) for index, row in enumerate(raw["assets"]))
    commands: dict[int, tuple[Json, ...]] = {}
    for row in raw["commands"]:
        commands[row["after"]] = (*commands.get(row["after"], ()), row)
    actions = tuple(_action(row, places) for row in raw["actions"])
    bars, finer = (_bars(raw.get(key, []), places) for key in ("bars", "finer"))
    fx = tuple(((row["base"], row["quote"]), _closes(row["bars"])) for row in raw.get("fx", ()))
    funding = tuple(
        Funding(places[row["asset"]], instant(row["time"]), Decimal(row["rate"]), _optional(row, "mark"))
        for row in raw.get("funding", ())
    )
    settlements = {
        (places[row["asset"]], date.fromisoformat(row["session"])): Decimal(row["price"])
        for row in raw.get("settlements", ())
    }
    money = fx, _currencies(config, assets)
    return Case(config, assets, bars, finer, actions, commands, *money, funding, settlements)


def _closes(rows: list[Json]) -> tuple[tuple[datetime, Decimal], ...]:
    return tuple((instant(row["time"]), Decimal(row["c"])) for row in rows)


def _currencies(config: Config, assets: tuple[Asset, ...]) -> tuple[str, ...]:
    """All that money is in: the account's first; the base of crypto only if it is one of the others."""
    names = [config.currency, *(name for name, _ in config.deposits), *(asset.currency for asset in assets)]
    names += [asset.base for asset in assets if asset.kind == "fx" and asset.base is not None]
    names += [rule.currency for rule in config.fees if rule.currency is not None]
    return tuple(dict.fromkeys(names))
