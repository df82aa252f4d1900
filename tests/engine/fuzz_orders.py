"""Strategies that ask for anything at all, anywhere: nothing they say may break the books, the core or its manners.

The one idea: what is asked is drawn from absurd values and sensible ones alike, in every hook, on markets as extreme as
bars can be. The door may answer with an error of `workbench.errors` that says something, and then nothing has changed;
whatever else is raised is a finding, as is a broken invariant. An example is its seed.
`python tests/engine/fuzz_orders.py --seconds 600 --seed 1` looks for a while and tells what came of it.
"""

from __future__ import annotations

import argparse
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import polars as pl
from invariants import Books, broken

import workbench as wb
from workbench.errors import LimitError, RangeError, WorkbenchError
from workbench.market.bars import ACTIONS

__all__ = ["Finding", "example"]

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ABSURD: list[Any] = [
    *(0, -1, 1, 10**9, 10**18, 10**25, 10**30, -(10**25), 2**63, 2**127, 10**400, True, False, None),
    *(0.0, -0.0, 1e-300, 5e-324, 1e25, 1e308, float("nan"), float("inf"), -float("inf"), 0.1 + 0.2),
    *(
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("1e-30"),
        Decimal("1e30"),
        Decimal("-0"),
        Decimal(7),
    ),
    *("", "abc", "0.1", "1_000", " 5 ", "1e5", "1e25", "nan", "\u0663", "-3", "0x10", b"1", "9" * 60, "0." + "1" * 60),
    *(np.float32(0.1), np.float64("nan"), np.int64(2**62), np.bool_(True), np.array([1.0]), np.array([1, 2])),
    *([], {}, (), object(), Fraction(1, 3), 1j, date(2024, 1, 2), START, len, Ellipsis),
]
TIMES: list[Any] = [
    *("2024-01-02", "2024-01-01", "1900-01-01", "9999-12-31", "2024-13-01", "soon", ""),
    *(date(2024, 1, 3), date(1, 1, 1), date.max, START, START + HOUR * 30, datetime(2024, 1, 3)),  # noqa: DTZ001 (naive on purpose)
    *(datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), 5, None, 1e300),
]
ASSETS: list[Any] = ["", "a", "AA", None, 5, b"A", "\udcff", "A" * 10_000, (), np.str_("A")]
OPTIONS = ("limit", "stop", "trail", "trail_pct", "stop_loss", "stop_loss_pct", "take_profit", "take_profit_pct")
FORTUNE = "100000000000000000"
EXITS = ("stop_loss", "stop_loss_pct", "take_profit_pct", "trailing_stop", "trailing_stop_pct", "break_even")


class Finding(AssertionError):
    """Something that must not happen did."""


class Asker:
    """One seeded strategy's mind."""

    def __init__(self, seed: int) -> None:
        self.r, self.names, self.orders = Random(seed), ["A", "B", "C"][: 1 + seed % 3], []
        self.answers: Counter[str] = Counter()
        self.level = 10.0 ** self.r.choice([-12, -8, -2, 0, 1, 1, 2, 4, 9, 15])
        self.crowd = self.r.random() < 0.05
        self.manner = self.r.choice([0.02, 0.2, 0.6])  # how much of what it says is absurd

    def act(self, ctx: wb.Context, often: float = 0.7) -> None:
        """Perhaps say something, or a lot."""
        count = self.r.choice([0, 1, 1, 2, 5]) if self.r.random() < often else 0
        for _ in range(count):
            self.say(ctx, self.r.choice(SAYINGS))
        if self.crowd and self.r.random() < 0.05:
            self.crowd = False
            for _ in range(2_000):
                self.say(ctx, order)

    def say(self, ctx: wb.Context, saying: Callable[[Asker, wb.Context], Any]) -> None:
        before = repr(ctx)
        try:
            self.answers[saying.__name__] += 1
            saying(self, ctx)
        except WorkbenchError as error:
            self.answers[type(error).__name__] += 1
            if len(str(error)) < 15 or repr(ctx) != before:
                raise Finding(f"{type(error).__name__}: {error}; {before} became {ctx!r}") from error

    def is_absurd(self) -> bool:
        return self.r.random() < self.manner

    def any(self, sensible: Callable[[], Any], absurd: list[Any] = ABSURD) -> Any:
        return self.r.choice(absurd) if self.is_absurd() else sensible()

    def asset(self) -> Any:
        return self.any(lambda: self.r.choice(self.names), ASSETS)

    def price(self) -> Any:
        return self.any(lambda: self.level * self.r.uniform(0.8, 1.2))

    def size(self) -> Any:
        return self.any(lambda: self.r.choice([1, 2.5, 10, 33, "7", Decimal("0.5"), 1e6 * self.r.random()]))

    def part(self) -> Any:
        return self.any(self.r.random)

    def options(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name in self.r.sample(OPTIONS, self.r.choice([0, 0, 1, 1, 2, 3])):
            given[name] = self.part() if name.endswith("pct") else self.price()
        if self.r.random() < 0.4:
            given["tif"] = self.any(lambda: self.r.choice(["GTC", "DAY", "GTD", "IOC", "FOK"]))
        if str(given.get("tif")) == "GTD" or self.r.random() < 0.05:
            given["until"] = self.r.choice(TIMES)
        for name, of, rate in (("on", ["open", "close"], 0.1), ("oco", ["g", "h"], 0.3)):
            if self.r.random() < rate:
                given[name] = self.any(lambda of=of: self.r.choice(of))
        for name in ("post_only", "reduce_only"):
            if self.r.random() < 0.1:
                given[name] = self.any(lambda: self.r.random() < 0.5)
        if self.r.random() < 0.01:
            given[self.r.choice(["qty", "type", "iceberg", ""])] = 1
        return given


def order(mind: Asker, ctx: wb.Context) -> None:
    ask = ctx.buy if mind.r.random() < 0.6 else ctx.sell
    mind.orders.append(ask(mind.asset(), mind.size(), **mind.options()))


def group(mind: Asker, ctx: wb.Context) -> None:
    name = mind.r.choice(mind.names)
    for _ in range(50):
        ctx.buy(name, 1 + mind.r.random(), limit=mind.level * mind.r.uniform(0.9, 1.0), oco="fifty")


def target(mind: Asker, ctx: wb.Context) -> None:
    kinds = {"quantity": mind.size, "weight": mind.part, "value": mind.price, "all_in": lambda: mind.any(lambda: True)}
    chosen = mind.r.sample(list(kinds), 2 if mind.r.random() < 0.05 else 1)
    ctx.target(mind.asset(), **{name: kinds[name]() for name in chosen})


def rebalance(mind: Asker, ctx: wb.Context) -> None:
    weights: Any = {mind.asset() if mind.is_absurd() else name: mind.part() for name in mind.names}
    if mind.is_absurd():
        frames = pl.DataFrame({"asset": mind.names}), pl.DataFrame({"asset": ["A", "A"], "weight": [0.5, 0.1]})
        weights = mind.r.choice([*ABSURD, *frames])
    ctx.rebalance(weights, **({"band": mind.part()} if mind.r.random() < 0.3 else {}))


def flatten(mind: Asker, ctx: wb.Context) -> None:
    ctx.flatten(mind.any(lambda: mind.r.choice([None, mind.names[0]])))


def cancel(mind: Asker, ctx: wb.Context) -> None:
    what = mind.any(lambda: mind.r.choice([*mind.orders[-5:], *ctx.open_orders[:3], None]))
    ctx.cancel(what, **({"asset": mind.asset()} if mind.r.random() < 0.2 else {}))


def protect(mind: Asker, ctx: wb.Context) -> None:
    given = {name: mind.part() if name.endswith("pct") else mind.price() for name in mind.r.sample(EXITS, 2)}
    if mind.r.random() < 0.3:
        given["take_profit"] = [(mind.price(), mind.part()) for _ in range(mind.r.choice([0, 1, 3]))]
    ctx.protect(mind.asset(), **given)


def look(mind: Asker, ctx: wb.Context) -> None:
    mind.r.choice(
        [
            lambda: ctx.position(mind.asset()).profit,
            lambda: ctx.can_trade(mind.asset()),
            lambda: ctx.history(mind.asset(), mind.any(lambda: 1), field=mind.any(lambda: "close")),
            lambda: ctx.record(**{mind.r.choice(["x", "time", "\u00e9"]): mind.price()}),
            lambda: ctx.schedule(mind.act, every=mind.any(lambda: "1d")),
            lambda: [order.exact for order in ctx.open_orders[:9]],
            lambda: (ctx.exact, ctx.positions, ctx.session, ctx.equity),
        ]
    )()


SAYINGS = [order, order, order, order, protect, target, target, rebalance, flatten, cancel, cancel, look, group]


def strategy(mind: Asker) -> wb.Strategy:
    """A strategy that lets the mind speak in every hook."""

    class Absurd(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            mind.act(ctx, 0.2)

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            mind.act(ctx)

        def on_fill(self, ctx: wb.Context, fill: wb.Fill) -> None:
            mind.act(ctx, 0.1)

        def on_reject(self, ctx: wb.Context, order: wb.Order) -> None:
            mind.act(ctx, 0.05)

        def on_end(self, ctx: wb.Context) -> None:
            mind.act(ctx)

    return Absurd()


def bars(mind: Asker) -> wb.Bars:
    """Hourly to daily bars at the mind's level of prices, with gaps, leaps, holes and splits."""
    r, rows, unit = mind.r, [], min(12, max(0, 3 - round(np.log10(mind.level))))
    hours, length = r.choice([1, 6, 24]), r.choice([6, 12, 30])
    for name in mind.names:
        price, unknown = mind.level, r.random() < 0.2
        for n in range(length):
            price = min(max(price * r.choice([1, 1, 1, 1.05, 0.95, 3, 0.3]), 10.0**-unit), 2e15 / 10**unit)
            high, low = price * r.uniform(1, 1.1), max(price * r.uniform(0.9, 1), 10.0**-unit)
            volume = None if unknown else r.choice([0.0, 1.0, 500.0, 1e6])
            if n == 0 or r.random() < 0.9:
                times = {"open_time": START + HOUR * hours * n, "time": START + HOUR * hours * (n + 1)}
                prices = {"open": price, "high": high, "low": low, "close": r.uniform(low, high), "volume": volume}
                rows.append({"asset": name, **times, **{k: v and round(v, unit) for k, v in prices.items()}})
    frame = pl.DataFrame(rows, schema_overrides={"volume": pl.Float64})
    frame = frame.with_columns(pl.col("open_time", "time").cast(pl.Datetime("us", "UTC")))
    assets = [wb.Asset(n, price_digits=unit, quantity_digits=r.choice([0, 2, 8])) for n in mind.names]
    return wb.Bars.from_frame(frame, assets=assets, actions=_actions(mind))


def _actions(mind: Asker) -> pl.DataFrame | None:
    r, rows = mind.r, []
    for name in mind.names:
        ex = {"asset": name, "ex": date(2024, 1, r.randint(2, 6))}
        if r.random() < 0.3:
            top, bottom = r.choice([(2, 1), (1, 10), (1, 1000), (7, 3), (1000, 1) if mind.level < 10**9 else (3, 2)])
            rows.append({**ex, "kind": "split", "numerator": top, "denominator": bottom})
        if r.random() < 0.3:
            rows.append(
                {**ex, "kind": "dividend", "amount": max(Decimal(f"{mind.level * r.random():.12f}"), Decimal("1e-12"))}
            )
    return pl.DataFrame(rows, schema=ACTIONS) if rows else None


def config(mind: Asker) -> dict[str, Any]:
    """Options of a Backtest, each sensible by itself, some of them extreme."""
    r, same = mind.r, mind.r.random() < 0.2
    fees = [wb.fees.none(), wb.fees.bps(10), wb.fees.per_share(0.005, minimum=1), wb.fees.per_trade(5)]
    fees += [wb.fees.bps(9_999), wb.fees.bps(10, currency="base"), wb.fees.per_share("0.000000000001", cap_bps=1)]
    slips = [wb.slippage.none(), wb.slippage.bps(5), wb.slippage.bps(9_999), wb.slippage.spread(min(mind.level, 10**9))]
    limits = [None, None, wb.Limits(order_quantity=50), wb.Limits(leverage=0.5, on_breach="halt")]
    limits += [wb.Limits(drawdown=0.01, on_breach="raise"), wb.Limits(position_weight=0.1, orders_per_day=3)]
    fitting = f"{min(mind.level, 10**12) * 1_000:.20f}"
    return {
        "cash": r.choice([fitting, fitting, fitting, "1000", "0.01", FORTUNE, "12345.678"]),
        "fees": r.choice(fees),
        "slippage": r.choice(slips),
        "limits": r.choice(limits),
        "fill": "same_close" if same else r.choice(["next_open", "next_close"]),
        "path": r.choice(["pessimistic", "open_high_low_close", "open_low_high_close"]),
        "limit_through": r.choice([0, 0, 1, 10**6]),
        "latency": 0 if same else r.choice([0, 0, 0.5, 3_600, (0, 90_000), 10**5, 31_536_000]),
        "lots": r.choice(["average", "fifo", "lifo"]),
        "volume_cap": r.choice([None, 0.1, 1, "0.000000000001"]),
    }


def example(seed: int) -> Counter[str]:
    """One whole run; what was asked and how the door answered.

    Raises:
        Finding: something that must not happen did.
    """
    mind = Asker(seed)
    try:
        absurd, market = strategy(mind), bars(mind)
        options = config(mind)
        test = wb.Backtest(absurd, market, **options)
    except WorkbenchError as error:
        return Counter({f"refused: {type(error).__name__}": 1})
    try:
        run = test.run(progress=False)
    except RangeError as error:
        # A fortune of 10^17 on a price that a split of 1,000 hardly moves is worth more than exact money can say.
        if options["cash"] != FORTUNE:
            raise Finding(f"seed {seed}: RangeError: {error}") from error
        mind.answers["beyond the exact range"] += 1
        return mind.answers
    except LimitError:
        mind.answers["ended by its limit"] += 1
        return mind.answers
    except Finding:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Finding(f"seed {seed}: {type(error).__name__}: {error}") from error
    if wrong := broken(Books(run, {})):
        raise Finding(f"seed {seed}: {wrong}")
    mind.answers["runs"] += 1
    mind.answers["fills"] += run.fills.height
    mind.answers["orders"] += run.orders.height
    return mind.answers


def main() -> None:
    """Look for a while, and tell what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stop", action="store_true", help="stop at the first finding and show where it was made")
    given, total, findings = parser.parse_args(), Counter[str](), Counter[str]()
    until, seed = time.monotonic() + given.seconds, given.seed
    while time.monotonic() < until:
        try:
            total += example(seed)
        except Finding as finding:
            total["findings"] += 1
            if not findings[kind := re.sub(r"[\d.]+", "#", str(finding))[:160]]:
                print(finding)
                if given.stop:
                    traceback.print_exc()
                    break
            findings[kind] += 1
        seed += 1
    print(f"seeds {given.seed} to {seed - 1}:", ", ".join(f"{name} {count}" for name, count in sorted(total.items())))


if __name__ == "__main__":
    main()
