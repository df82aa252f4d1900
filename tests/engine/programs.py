"""A program in the making: bars, actions and commands put together one after the other, in the notation of fills.json.

The one idea: time only moves forward. A bar goes on from the last price of its asset, an order is asked at the close
reached last, near the price of then; whatever has been put together at any time is a whole case for two engines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from dressed import dressed, ended, finer, protection
from foreign import rates
from twin import parse

__all__ = ["Program", "Shape"]

Json = dict[str, Any]
Pick = Callable[[Sequence[Any]], Any]
# Where a bar opens against the last price, then high and low against open and close, and the place of the close between
# them; the first is a factor, the others are in percent.
Shape = tuple[Decimal, int, int, int]
START = datetime(2024, 1, 1)  # noqa: DTZ001 (cases spell UTC without a zone); a Monday
WEEKEND = 5
LOWEST, HIGHEST = Decimal(1), Decimal(10) ** 12  # of a price, in units of its last digit


def _text(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M}"


class Program:
    """What has been put together so far; `lengths` are the hours of each asset's bars."""

    def __init__(self, config: Json, assets: Sequence[Json], lengths: Mapping[str, int], seed: int) -> None:
        self.config, self.assets, self.lengths = config, list(assets), dict(lengths)
        self.now = START
        self.prices = {asset["name"]: Decimal(10) for asset in assets}
        self.bars: list[Json] = []
        self.actions: list[Json] = []
        self.commands: list[Json] = []
        self.funding: list[Json] = []
        self.settlements: list[Json] = []
        self.seed = seed
        self._shown: set[str] = set()

    @property
    def has_shorts(self) -> bool:
        """Whether the account can hold short positions."""
        return bool(self.config["account"] != "cash")

    @property
    def members(self) -> list[str]:
        """The strategies of a portfolio."""
        return list((self.config.get("books") or {"members": ()})["members"])

    @property
    def names(self) -> list[str]:
        """The assets, in their order."""
        return [asset["name"] for asset in self.assets]

    @property
    def slices(self) -> int:
        """How many times something has closed by now."""
        return len({bar["time"] for bar in self.bars if bar["time"] <= _text(self.now)})

    @property
    def _midnight(self) -> datetime:
        """The first one from now on."""
        return self.now + (START - self.now) % timedelta(days=1)

    @property
    def asked(self) -> list[str]:
        """The ids of all orders asked so far."""
        return [command["id"] for command in self.commands if command["do"] == "order"]

    def advance(self, shapes: Mapping[str, Shape], volumes: Mapping[str, str | None]) -> None:
        """The shortest bar goes by; what opens now has the given shape, an asset without one has no bar."""
        for asset in self.assets:
            name = asset["name"]
            begins = (self.now - START) % timedelta(hours=self.lengths[name]) == timedelta()
            is_open = self._is_open(asset)
            is_open = is_open and _text(self.now)[:10] <= asset.get("expiry", "9999")
            # Every asset has a first bar.
            if begins and is_open and (name in shapes or name not in self._shown):
                self._bar(asset, shapes.get(name, (Decimal(1), 0, 0, 0)), volumes.get(name))
        self.now += timedelta(hours=min(self.lengths.values()))

    def _bar(self, asset: Json, shape: Shape, volume: str | None) -> None:
        name, unit = asset["name"], Decimal(asset["price_step"]).as_tuple().exponent
        on_digits = lambda x: min(max(x.scaleb(-unit).to_integral_value(), LOWEST), HIGHEST).scaleb(unit)  # noqa: E731
        opened = on_digits(self.prices[name] * shape[0])
        high, low = on_digits(opened * (100 + shape[1]) / 100), on_digits(opened * (100 - shape[2]) / 100)
        close = on_digits(low + (high - low) * shape[3] / 100)
        self.prices[name] = close
        self._shown.add(name)
        times = {"open_time": _text(self.now), "time": _text(self.now + timedelta(hours=self.lengths[name]))}
        prices = dict(zip("ohlc", (f"{price:f}" for price in (opened, high, low, close)), strict=True))
        self.bars.append({"asset": name, **times, **prices, "v": volume})

    def act(self, name: str, kind: str, **terms: Any) -> None:
        """An action of the next bar that opens from now on; at most one of a kind for an asset and day."""
        ex = _text(self._midnight)
        action = {"asset": name, "ex": ex, "kind": kind, **terms}
        is_first = all((old["asset"], old["ex"], old["kind"]) != (name, ex, kind) for old in self.actions)
        if is_first and self.kind(name) == "spot":
            self.actions.append(action)

    def kind(self, name: str) -> str:
        """What an asset is."""
        return next(str(asset.get("kind", "spot")) for asset in self.assets if asset["name"] == name)

    def fund(self, name: str, hours: int, rate: str, mark: str | None) -> None:
        """Funding of a perpetual in so many hours; at most one at a time."""
        time = self.in_hours(hours)
        if self.kind(name) == "perpetual" and all((old["asset"], old["time"]) != (name, time) for old in self.funding):
            self.funding.append({"asset": name, "time": time, "rate": rate, "mark": mark})

    def _is_open(self, asset: Json) -> bool:
        """Whether this day is a session."""
        return bool(asset["calendar"] == "24/7") or self.now.weekday() < WEEKEND

    def settle(self, name: str, price: str) -> None:
        """The price at which a future is settled today, where today is a session."""
        day, asset = _text(self.now)[:10], self.assets[self.names.index(name)]
        is_due = self.kind(name) == "future" and self._is_open(asset)
        if is_due and all((o["asset"], o["session"]) != (name, day) for o in self.settlements):
            self.settlements.append({"asset": name, "session": day, "price": price})

    def in_hours(self, hours: int) -> str:
        """A time so many hours from now."""
        return _text(self.now + timedelta(hours=hours))

    def paid(self, days: int | None) -> str | None:
        """A date so many days after the ex-date of an action of now."""
        return None if days is None else _text(self._midnight + timedelta(days=days))

    def ask(self, do: str, **terms: Any) -> None:
        """A command at the close reached last; of a portfolio one of its members asks."""
        number, members = len(self.commands), self.members
        whose = {"book": Random(self.seed + number).choice(members)} if members else {}
        self.commands.append({"after": self.slices - 1, "id": f"c{number}", "do": do, **whose, **terms})

    def order(self, pick: Pick, name: str, side: str, quantity: str) -> None:
        """An order with all that can be said of one, its prices near the last one."""
        price = lambda: f"{self.prices[name] * pick(range(900, 1_101)) / 1_000:.12f}"  # noqa: E731
        terms = dressed(pick, side, price, has_shorts=self.has_shorts)
        self.ask("order", asset=name, side=side, quantity=quantity, **terms)

    def protect(self, pick: Pick, name: str) -> None:
        """Stops and targets for what is held, around the last price."""
        side = pick(("buy", "sell")) if self.has_shorts else "buy"
        self.ask("protect", asset=name, bracket=protection(pick, self.prices[name], side))

    def case(self) -> Json:
        """All of it, with or without ends of some assets."""
        pick = Random(self.seed).choice
        days, ends = max((self.now - START).days, 1), []
        bars = [bar for name in self.names for bar in self.bars if bar["asset"] == name]
        if self.seed % 2 and all(self.kind(name) == "spot" for name in self.names):
            bars, ends = ended(pick, self.assets, bars, days)
        own = [[bar for bar in bars if bar["asset"] == name] for name in self.names]
        along, slices = self.config["path"] == "finer", len({bar["time"] for bar in bars})
        case = {
            "config": self.config,
            "assets": self.assets,
            "bars": bars,
            "finer": [part for of in own for part in finer(pick, of)] if along else [],
            "actions": self.actions + ends,
            "funding": self.funding,
            "settlements": self.settlements,
            "commands": [command for command in self.commands if command["after"] < slices],
        }
        return {**case, "fx": rates(pick, days)} if len(parse(case).currencies) > 1 else case
