"""What a Backtest is refused for: assets that are not simply bought and sold for their price."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hand_made import days

import workbench as wb
from workbench.errors import BarsError, ParameterError, UnsupportedError

BARS = days(A=[10, 11, 12])
FUTURE: dict[str, Any] = {"root": "ES", "month": "2024-06", "expiry": "2024-06-21"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "future": ({"kind": "future", **FUTURE, "multiplier": 50}, "held on margin: write Backtest"),
    "future of one": ({"kind": "future", **FUTURE, "multiplier": 1}, "kind='future'"),
    "continuous": ({"kind": "continuous", "root": "ES", "roll": "volume"}, "A only serves for signals"),
    "index": ({"kind": "index"}, "or of a fund that follows it"),
    "perpetual": ({"kind": "perpetual", "base": "A", "quote": "USD"}, "give the Asset its initial_margin"),
    "multiplier": ({"multiplier": "0.01", "quantity_digits": 7}, "multiplier=0.01 and quantity_digits=7"),
}
TAKEN: dict[str, dict[str, Any]] = {
    "equity": {"exchange": "XNYS", "first": "2020-01-02"},
    "etf": {"kind": "etf", "multiplier": "1.00"},
    "crypto": {"kind": "crypto", "base": "A", "quote": "USD"},
    "fx": {"kind": "fx", "base": "A", "quote": "USD"},
}


class Hold(wb.Strategy):
    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.target(bar.asset, quantity=1)


def as_kind(attributes: dict[str, Any]) -> wb.Bars:
    return replace(BARS, assets=(wb.Asset("A", **attributes),))


@pytest.mark.parametrize(("attributes", "message"), REFUSED.values(), ids=REFUSED)
def test_what_settles_otherwise_is_refused(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        wb.Backtest(Hold(), as_kind(attributes))


@pytest.mark.parametrize("attributes", TAKEN.values(), ids=TAKEN)
def test_what_is_bought_for_its_price_trades_alike(attributes: dict[str, Any]) -> None:
    run = wb.Backtest(Hold(), as_kind(attributes)).run(progress=False)
    assert run.final_equity == wb.Backtest(Hold(), as_kind({})).run(progress=False).final_equity
    assert run.fills.height == 1


def test_one_such_asset_among_others_is_named() -> None:
    bars = days(A=[10, 11], B=[20, 21])
    other = wb.Asset("B", kind="future", **FUTURE, multiplier=1)
    with pytest.raises(UnsupportedError, match="'B' has kind='future'"):
        wb.Backtest(Hold(), replace(bars, assets=(bars.assets[0], other)))


def test_bars_without_all_prices_are_refused() -> None:
    closes = wb.sample.bars("AAPL", fields=["close"])
    with pytest.raises(BarsError, match="bars have no open, high, low in some rows; ask the catalog without fields="):
        wb.Backtest(Hold(), closes)
    prices = wb.sample.bars("AAPL", fields=["open", "high", "low", "close"], end="2000-03-10")
    assert wb.Backtest(Hold(), prices, cash=1_000).run().fills.height == 1


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"path": BARS.frame}, ParameterError, "path=a DataFrame: allowed are pessimistic, open_high_low_close"),
    ({"withholding": 0.15}, UnsupportedError, "withholding=0.15: taxes on dividends are not available in this version"),
]


@pytest.mark.parametrize(("options", "kind", "message"), WRONG)
def test_options_that_cannot_be_taken(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        wb.Backtest(Hold(), BARS, **options)
