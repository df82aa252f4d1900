"""What a newcomer may define wrong: strategies, assets, costs and indicators are refused at birth."""

from __future__ import annotations

import math

import pytest

import workbench as wb
from workbench import ta
from workbench.errors import NumberError, ParameterError, StrategyError


class Idle(wb.Strategy):
    """Does nothing."""

    n: int = 3

    def on_bar(self, ctx, bar):
        """Wait."""


def defined(**body):
    """A strategy class with this body, as `class S(wb.Strategy)` would define it."""
    return type("S", (wb.Strategy,), {"__module__": __name__, "__annotations__": {}} | body)


def hook(self, *given):
    """A hook with any arguments."""


ROWS = [
    pytest.param(
        lambda: Idle(nn=3),
        ParameterError,
        "unknown parameter 'nn' of Idle; parameters are n; did you mean Idle(n=3)?",
        id="strategy-unknown-param",
    ),
    pytest.param(
        lambda: Idle(3), ParameterError, "Idle takes its parameters by name; write Idle(n=3)", id="strategy-positional"
    ),
    pytest.param(lambda: Idle(n=2.5), ParameterError, "n of Idle must be an int, got 2.5 (float)", id="strategy-type"),
    pytest.param(
        lambda: defined(on_data=lambda self, ctx: None),
        StrategyError,
        "S.on_data(self, ctx) cannot be called as on_data(self, ctx, item); write def on_data(self, ctx, item)",
        id="strategy-on_data",
    ),
    pytest.param(
        lambda: defined(on_tick=hook),
        StrategyError,
        "S.on_tick: this version has bars, no ticks: write on_bar(self, ctx, bar)",
        id="strategy-on_tick",
    ),
    pytest.param(
        lambda: defined(next=hook),
        StrategyError,
        "S.next is backtrader and backtesting.py's hook and is not called here; use on_bar(self, ctx, bar)",
        id="strategy-next",
    ),
    pytest.param(
        lambda: defined(handle_data=hook),
        StrategyError,
        "S.handle_data is Zipline's hook and is not called here; use on_bar(self, ctx, bar), or "
        "on_slice(self, ctx, bars) for all assets at once",
        id="strategy-handle_data",
    ),
    pytest.param(
        lambda: defined(initialize=hook),
        StrategyError,
        "S.initialize is Zipline's hook and is not called here; use on_start(self, ctx)",
        id="strategy-init",
    ),
    pytest.param(
        lambda: defined(on_bar=hook, on_slice=hook),
        StrategyError,
        "S defines both on_bar and on_slice; keep on_bar to decide per asset, on_slice to decide over "
        "all assets at once",
        id="strategy-both",
    ),
    pytest.param(
        lambda: defined(n=3, on_bar=hook),
        StrategyError,
        "S.n = 3 has no annotation, so it is no parameter; write n: int = 3 for a parameter, n: "
        "ClassVar[int] = 3 or _n = 3 for a constant",
        id="strategy-unannotated",
    ),
    pytest.param(
        lambda: defined(n=[], on_bar=hook, __annotations__={"n": list}),
        StrategyError,
        "the default of S.n is a list, which all runs would share; give a tuple or None",
        id="strategy-mutable",
    ),
    pytest.param(
        lambda: wb.Asset(""),
        ParameterError,
        "name='': the name of an Asset is a text, such as 'AAPL' or 'USD', and not empty",
        id="asset-empty",
    ),
    pytest.param(
        lambda: wb.Asset("X", price_digits=13),
        ParameterError,
        "price_digits=13: give a whole number from 0 to 12",
        id="asset-digits",
    ),
    pytest.param(
        lambda: wb.Asset("X", price_step="0.001"),
        NumberError,
        "price_step='0.001': a step is a positive multiple of 0.01, the last of 2 digits",
        id="asset-step",
    ),
    pytest.param(
        lambda: wb.Asset("X", quantity_digits=9),
        ParameterError,
        "quantity_digits=9: give a whole number from 0 to 8",
        id="asset-qdigits",
    ),
    pytest.param(
        lambda: wb.Asset("X", min_notional=-1),
        NumberError,
        "min_notional=-1: give a finite number that is not negative",
        id="asset-notional",
    ),
    pytest.param(
        lambda: wb.fees.bps(-1),
        NumberError,
        "the rate of fees.bps must not be negative, got -1; a cost is given as a positive number",
        id="fees-neg",
    ),
    pytest.param(
        lambda: wb.fees.bps(math.nan),
        NumberError,
        "the rate of fees.bps must be a finite number, got nan",
        id="fees-nan",
    ),
    pytest.param(
        lambda: wb.fees.per_trade(True),
        NumberError,
        "the rate of fees.per_trade must be a number such as 10, 0.5 or '0.005', got True (bool)",
        id="fees-bool",
    ),
    pytest.param(
        lambda: wb.fees.per_share("a lot"),
        NumberError,
        "the rate of fees.per_share must be a number such as 10, 0.5 or '0.005', got 'a lot' (str)",
        id="fees-text",
    ),
    pytest.param(
        lambda: wb.slippage.bps(-2),
        NumberError,
        "the rate of slippage.bps must not be negative, got -2; a cost is given as a positive number",
        id="slip-neg",
    ),
    pytest.param(
        lambda: wb.slippage.bps(10_000),
        NumberError,
        "the rate of slippage.bps must be below 10000 (the whole price), got 10000",
        id="slip-100%",
    ),
    pytest.param(
        lambda: ta.sma(0),
        ParameterError,
        "ta.sma takes a whole number of bars from 1 to 1,000,000, got 0; write ta.sma(20)",
        id="ta-sma-0",
    ),
    pytest.param(
        lambda: ta.sma(2.5),
        ParameterError,
        "ta.sma takes a whole number of bars from 1 to 1,000,000, got 2.5; write ta.sma(20)",
        id="ta-sma-float",
    ),
    pytest.param(
        lambda: ta.sma(5, of="price"),
        ParameterError,
        "of= takes open, high, low, close, volume or an indicator, got 'price'; write ta.sma(20, of=\"close\")",
        id="ta-of",
    ),
    pytest.param(
        lambda: ta.sma(5) < "3",
        ParameterError,
        "< takes an indicator or a plain number, got '3'",
        id="ta-lt",
    ),
    pytest.param(
        lambda: bool(ta.sma(5)),
        StrategyError,
        "ta.sma(5) is a description, neither true nor false; write self.value = ctx.watch(...) in "
        "on_start and read self.value[bar.asset] in on_bar",
        id="ta-bool",
    ),
    pytest.param(
        lambda: ta.sma(5) + None,
        ParameterError,
        "+ takes an indicator or a plain number, got None",
        id="ta-add",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_a_mistake_has_its_answer(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert str(raised.value) == message
    assert repr(Idle()) == "Idle(n=3)"
