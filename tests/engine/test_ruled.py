"""The same rules as signals and as `on_bar` give the same run, to the last digit and in every record of the journal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from face import Seen, backtest
from hand_made import days, dividend, split
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_cases import cases
from ruled import assert_alike, both

import workbench as wb
from workbench import ta
from workbench.errors import LimitError
from workbench.indicators import Indicator
from workbench.market import simulate

Options = dict[str, Any]
Case = tuple[Callable[[], wb.Bars], dict[str, Any], Options]


def aapl() -> wb.Bars:
    """Years with two splits."""
    return wb.sample["AAPL"]


def two() -> wb.Bars:
    """Two assets with a split and many dividends."""
    return wb.sample[["IBM", "AAPL"]].since("2003-01-01").until("2006-12-31")


def five() -> wb.Bars:
    """Assets of which some begin late."""
    return wb.sample.bars(wb.sample.list()).since("2008-01-01")


def walk() -> wb.Bars:
    """Minutes of a coin, traded in small parts of units."""
    return simulate.bars("BTC/USDT", every="1m", n=1_500, seed=11)


def thin() -> wb.Bars:
    """Bars whose volume holds back most orders, so that they fill in parts over many bars."""
    made = simulate.bars("BTC/USDT", every="1m", n=1_500, seed=12)
    return wb.Bars.from_frame(made.frame.with_columns(volume=pl.lit(3.0)), assets=list(made.assets), every="1m")


def paid() -> wb.Bars:
    """A zigzag whose prices a split of 2:1 halves and one of 1:3 trebles, beside one that pays a dividend."""
    zigzag = [60 + 9 * ((i * 5) % 11) for i in range(31)]
    units = [1 if i < 9 else 2 if i < 20 else 2 / 3 for i in range(31)]
    actions = [split("A", 10, 2, 1), dividend("A", 15, "1.5"), split("A", 21, 1, 3), dividend("B", 12, "0.5", 14)]
    plain = [50 + 3 * ((i * 7) % 13) for i in range(31)]
    return days(A=[z / u for z, u in zip(zigzag, units, strict=True)], B=plain, actions=actions)


def cross(fast: int = 5, slow: int = 20) -> dict[str, Any]:
    gap = ta.sma(fast) - ta.sma(slow)
    return {"entry": gap > 0, "exit": gap < 0}


def flips() -> dict[str, Any]:
    """Rules that hold in turn, so that positions open and close within a few bars."""
    return {"entry": ta.close() > ta.close().shift(1), "exit": ta.close() < ta.close().shift(1)}


class Middle(wb.Indicator):
    """A slow average of a user's own, which keeps state from bar to bar."""

    mean: float = 0.0

    def on_start(self) -> None:
        self.last = self.mean

    def update(self, bar: wb.Bar) -> float:
        self.last += 0.1 * ((bar.high + bar.low) / 2 - self.last)
        return self.last


def falls() -> dict[str, Any]:
    """Rules of both sides that turn within a few bars."""
    up, down = ta.close() > ta.close().shift(1), ta.close() < ta.close().shift(1)
    return {"entry": up, "exit": down, "short_entry": down & (ta.rsi(3) > 20), "short_exit": up}


BPS, SHARES = wb.fees.bps(10), wb.fees.per_share("0.005", minimum=1)
BRACKET = {"stop_loss_pct": 0.03, "take_profit_pct": 0.05}
rsi, close = ta.rsi(3), ta.close()
LOAN = wb.Margin(borrow_bps=80, interest_bps=500, credit_bps=50)
THIN = wb.Margin(initial="0.3", maintenance="0.28", maintenance_short="0.3")
MARGIN: dict[str, Case] = {
    "long alone": (two, cross(), {"account": LOAN, "fees": BPS}),
    "all in": (aapl, {**cross(), "all_in": True}, {"account": LOAN, "fees": BPS}),
    "short alone": (two, {"short_entry": rsi > 70, "short_exit": rsi < 40}, {"account": LOAN, "fees": SHARES}),
    "both sides": (two, falls(), {"account": LOAN, "fees": BPS}),
    "without exits, so that each entry reverses": (
        aapl, {"entry": rsi < 20, "short_entry": rsi > 80, "weight": 0.9}, {"account": LOAN, "fees": BPS},
    ),
    "entries that contradict each other": (
        aapl, {"entry": rsi > 50, "short_entry": close > close.shift(1), "short_exit": rsi < 30}, {"account": LOAN},
    ),
    "a bracket on both sides": (two, {**falls(), **BRACKET}, {"account": LOAN, "fees": BPS}),
    "a trail on both sides": (paid, {**falls(), "trail_pct": 0.02}, {"account": LOAN, "lots": "fifo"}),
    "a quantity over splits": (paid, {**falls(), "quantity": 100}, {"account": LOAN, "fees": BPS, "cash": 30_000}),
    "calls": (aapl, {"entry": rsi < 50, "short_entry": rsi > 60, "quantity": 9_000}, {"account": THIN}),
    "at the close that was decided on": (two, {**falls(), **BRACKET}, {"account": LOAN, "fill": "same_close"}),
    "at the next close": (two, falls(), {"account": LOAN, "fill": "next_close", "fees": BPS}),
    "volumes that hold back": (thin, {**falls(), **BRACKET, "quantity": 5}, {"account": LOAN, "cash": 1_000_000}),
    "orders on their way": (walk, {**falls(), "quantity": 1}, {"account": LOAN, "latency": (30, 200), "seed": 3}),
}  # fmt: skip
CASES: dict[str, Case] = {
    "a cross over splits": (aapl, cross(), {"cash": 10_000}),
    "all in, with fees": (aapl, {**cross(), "all_in": True}, {"fees": BPS}),
    "all in on several assets": (two, {**cross(), "all_in": True}, {"fees": SHARES}),
    "a weight for each of two": (two, cross(), {"fees": SHARES}),
    "a weight for each of five": (five, cross(20, 100), {"fees": BPS, "slippage": wb.slippage.bps(5)}),
    "a weight that is given": (two, {**cross(), "weight": 0.3}, {}),
    "an exact weight": (two, {**cross(), "weight": Decimal("0.123456789")}, {"fees": BPS}),
    "a quantity": (aapl, {**cross(), "quantity": 100}, {"fees": SHARES}),
    "a quantity off the step": (walk, {**flips(), "quantity": 0.1234567}, {"fees": BPS}),
    "a reversion": (aapl, {"entry": rsi < 20, "exit": rsi > 60, "weight": 1}, {"fees": BPS}),
    "rules joined": (two, {"entry": (rsi < 40) & (close > ta.sma(50)), "exit": (rsi > 70) | (close < ta.sma(50))}, {}),
    "rules turned around": (two, {"entry": ~(rsi > 30), "exit": ~(rsi < 70)}, {"fees": BPS}),
    "crossings": (
        aapl,
        {"entry": ta.ema(5).crosses_above(ta.ema(20)), "exit": ta.ema(5).crosses_below(ta.ema(20))},
        {"fees": BPS},
    ),
    "a crossing of a number": (aapl, {"entry": rsi.crosses_above(30), "exit": rsi.crosses_above(70)}, {}),
    "looking back": (aapl, {"entry": close > close.shift(20), "exit": close < close.shift(20)}, {}),
    "indicators of indicators": (two, {"entry": ta.sma(5, of=ta.rsi(5)) < 40, "exit": ta.rsi(5, of="high") > 60}, {}),
    "other fields": (two, {"entry": close > (ta.high() + ta.low()) / 2, "exit": ta.open() > close}, {"fees": BPS}),
    "weeks over days": (
        two,
        {"entry": close > ta.sma(10, every="1w"), "exit": close < ta.sma(10, every="1w")},
        {"fees": BPS},
    ),
    "hours over minutes": (walk, {"entry": rsi < ta.rsi(3, every="1h"), "exit": rsi > 80}, {"fees": BPS}),
    "the last value of a longer bar": (walk, {"entry": close > ta.close(every="15m"), "exit": rsi > 70}, {}),
    "an indicator of one's own": (aapl, {"entry": close > Middle(), "exit": close < Middle()}, {"fees": BPS}),
    "another asset": (two, {"entry": close.on("IBM") > ta.sma(9).on("IBM"), "exit": rsi.on("IBM") > 70}, {}),
    "the asset itself as another": (aapl, {"entry": close.on("AAPL") > ta.sma(9), "exit": rsi > 70}, {"fees": BPS}),
    "prices of the session": (walk, {"entry": close < ta.vwap(), "exit": close > ta.vwap()}, {"fees": BPS}),
    "no exit": (two, {"entry": rsi < 30}, {}),
    "no exit but a bracket": (two, {"entry": rsi < 30, **BRACKET}, {"fees": BPS}),
    "always in and out": (two, {"entry": close > 0, "exit": close > 0}, {}),
    "an exit that always holds": (two, {"entry": rsi < 30, "exit": close > 0}, {}),
    "a division by zero": (paid, {"entry": 1 / (close - close.shift(11)) > 0, "exit": rsi < 30}, {}),
    "stop and target": (aapl, {**cross(), **BRACKET}, {"fees": BPS}),
    "stop and target, all in": (two, {**flips(), **BRACKET, "all_in": True}, {"fees": BPS}),
    "a trailing stop": (two, {**cross(), "trail_pct": 0.04}, {"slippage": wb.slippage.bps(10)}),
    "all that protects": (paid, {**flips(), **BRACKET, "trail_pct": Decimal("0.02")}, {"fees": BPS}),
    "a bracket along a path": (two, {**cross(), **BRACKET}, {"path": "open_high_low_close"}),
    "splits and dividends": (paid, flips(), {"fees": SHARES, "lots": "fifo"}),
    "splits with all in": (paid, {**flips(), "all_in": True}, {"fees": BPS}),
    "at the close that was decided on": (two, cross(), {"fill": "same_close", "fees": BPS}),
    "a bracket at the same close": (paid, {**flips(), **BRACKET}, {"fill": "same_close"}),
    "at the next close": (two, {**flips(), "all_in": True}, {"fill": "next_close", "fees": BPS}),
    "volumes that hold back": (thin, {**flips(), "quantity": 5}, {"cash": 1_000_000}),
    "volumes that hold back a bracket": (thin, {**flips(), **BRACKET, "quantity": 5}, {"cash": 1_000_000}),
    "orders on their way": (walk, flips(), {"latency": (30, 200), "fees": BPS, "seed": 3}),
    "a bracket on its way": (walk, {**flips(), **BRACKET}, {"latency": 90, "fees": BPS}),
    "little volume, much latency": (thin, {**flips(), "quantity": 3}, {"latency": (10, 300), "cash": 1_000_000}),
    "limits that deny": (
        two,
        {**flips(), "weight": 0.15},
        {"limits": wb.Limits(order_notional=20_000, orders_per_day=1)},
    ),
    "limits that halt": (aapl, {**flips(), "weight": 1}, {"limits": wb.Limits(drawdown=0.2, on_breach="halt")}),
    "no waiting for indicators": (two, cross(), {"warmup": False}),
    "a late start": (aapl, cross(20, 200), {"start": "2005-02-20", "fees": BPS}),
    "an end": (two, flips(), {"end": "2005-03-01"}),
    "never ready": (paid, {"entry": close > ta.sma(200), "exit": close < 0}, {}),
    **{f"on margin: {name}": case for name, case in MARGIN.items()},
    "costs of one's own": (paid, flips(), {"fees": wb.fees.custom(lambda deal: deal.exact.value / 500)}),
}


@pytest.mark.parametrize("name", CASES)
def test_signals_trade_as_their_callback(name: str) -> None:
    make, rules, options = CASES[name]
    one, other = both(wb.Signals(**rules), make(), options)
    assert_alike(one, other)


SILENT = {"always in and out", "an exit that always holds", "never ready"}


def test_the_cases_trade() -> None:
    """What never trades would agree on anything."""
    idle = {name for name, (make, rules, options) in CASES.items() if not traded(make(), rules, options)}
    assert idle == SILENT


def traded(bars: wb.Bars, rules: dict[str, Any], options: Options) -> int:
    return wb.Backtest(wb.Signals(**rules), bars, **options).run(progress=False).fills.height


def test_plain_cases_trade_as_two_lines_do() -> None:
    """Where no order waits, the position alone says what to do."""
    gap = ta.sma(5) - ta.sma(20)

    class Plain(wb.Strategy):
        def on_start(self, ctx: wb.Context) -> None:
            self.gap = ctx.watch(gap)

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            if ctx.position(bar.asset):
                if self.gap[bar.asset] < 0:
                    ctx.target(bar.asset, quantity=0)
            elif self.gap[bar.asset] > 0:
                ctx.target(bar.asset, weight=0.5)

    signals = wb.Signals(entry=gap > 0, exit=gap < 0)
    one, other = (wb.Backtest(each, two(), fees=BPS).run(progress=False) for each in (signals, Plain()))
    assert one.fills.height > 100
    assert_alike(one, other)


NUMBERS = st.sampled_from([close, ta.open(), ta.high(), ta.sma(2), ta.sma(3, of="low"), close.shift(1), ta.rsi(2) / 5])
LEVELS = st.one_of(NUMBERS, st.sampled_from([8.0, 9.9, 10, 10.05, 12]))


def compared(signs: tuple[Indicator, str, Any]) -> Indicator:
    left, sign, right = signs
    return {"<": left < right, ">": left > right, "x": left.crosses_above(right), "y": left.crosses_below(right)}[sign]


ONE_RULE = st.tuples(NUMBERS, st.sampled_from("<>xy"), LEVELS).map(compared)
RULES = st.recursive(
    ONE_RULE,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
        inner.map(lambda rule: ~rule),
        inner.map(lambda rule: rule.shift(1)),
    ),
    max_leaves=3,
)
SIZES = st.sampled_from([{}, {"weight": 0.4}, {"weight": 1}, {"quantity": 7}, {"quantity": 0.35}, {"all_in": True}])
SHORTS = st.fixed_dictionaries({"short_entry": RULES, "short_exit": st.one_of(st.none(), RULES)})
PARTS = st.sampled_from([None, None, 0.01, 0.05, Decimal("0.2")])
SIGNALS = st.builds(
    lambda size, **rules: wb.Signals(**size, **rules),
    SIZES,
    entry=RULES,
    exit=st.one_of(st.none(), RULES),
    stop_loss_pct=PARTS,
    take_profit_pct=PARTS,
    trail_pct=PARTS,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(), signals=SIGNALS, shorts=SHORTS)
def test_random_signals_trade_as_their_callback(
    case: dict[str, Any], signals: wb.Signals, shorts: dict[str, Indicator]
) -> None:
    made = backtest(case, Seen())
    if made._given["account"] is not None and not signals.all_in:
        signals = signals.replace(**shorts)
    try:
        one, other = both(signals, made._all, dict(made._given))
    except LimitError:  # a breach that ends the run, in either
        return
    assert_alike(one, other)
