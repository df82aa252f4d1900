"""The strategies in backtesting.py's words; questions come as JSON, fills and money go back.

The one idea: nothing is said here but what the strategy does; a trade is told as its two fills.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta

import pandas as pd
from backtesting import Backtest, Strategy, backtesting

START = datetime(2020, 1, 1)  # noqa: DTZ001 (backtesting.py knows no zones)
backtesting._tqdm = lambda items, **_: items  # no progress bar


class Told(Strategy):
    script = ()

    def init(self):
        self.held = 0

    def next(self):
        self.n = len(self.data.Close) - 1
        self.held = self.held + 1 if self.position else 0
        self.act()

    def forget(self):
        for order in self.orders:
            order.cancel()


class Cross(Told):
    def act(self):
        close = self.data.Close
        if self.n < 20:
            return
        fast, slow = sum(close[-5:]) / 5, sum(close[-20:]) / 20
        if fast > slow + 1e-9 and not self.position:
            self.buy(size=100)
        elif fast < slow - 1e-9 and self.position:
            self.position.close()


class Pullback(Told):
    def act(self):
        if self.held >= 5:
            self.position.close()
        elif not self.position:
            self.forget()
            self.buy(size=100, limit=round(float(self.data.Close[-1]) * 0.98, 2))


class Breakout(Told):
    def act(self):
        if self.held >= 5:
            self.position.close()
        elif self.n >= 5 and not self.position:
            self.forget()
            self.buy(size=100, stop=round(float(max(self.data.High[-5:])) + 0.01, 2))


class Bracket(Told):
    def act(self):
        if not self.position and self.n % 7 == 0:
            close = float(self.data.Close[-1])  # numpy rounds in another way
            self.buy(size=100, sl=round(close * 0.95, 2), tp=round(close * 1.06, 2))


class AllIn(Told):
    def act(self):
        if self.n % 21 == 0:
            self.buy()
        elif self.n % 21 == 15:
            self.position.close()


class Script(Told):
    """What a difference asks: a list of [bar, word, options]."""

    def act(self):
        for bar, word, given in self.script:
            if bar == self.n:
                getattr(self, word)(**given)

    def market(self, side, size):
        getattr(self, side)(size=size)

    def stop_limit(self, size, stop, limit):
        self.buy(size=size, stop=stop, limit=limit)

    def limit(self, size, limit):
        self.buy(size=size, limit=limit)

    def bracket(self, size, stop_loss, take_profit):
        self.buy(size=size, sl=stop_loss, tp=take_profit)

    def limit_bracket(self, size, limit, stop_loss, take_profit):
        self.buy(size=size, limit=limit, sl=stop_loss, tp=take_profit)

    def all_in(self):
        self.buy()


def told(trades, name):
    """Fills of trades by their bars; what is still open has been entered only."""
    fills = []
    for trade in trades:
        fills.append([trade.entry_bar, trade.size > 0, abs(trade.size), trade.entry_price])
        if trade.exit_bar is not None:
            fills.append([trade.exit_bar, trade.size < 0, abs(trade.size), trade.exit_price])
    sides = "sell", "buy"
    rows = [[int(bar), name, sides[bool(buys)], int(size), float(price)] for bar, buys, size, price in fills]
    return sorted(rows, key=lambda row: row[0])


def answer(question):
    ((name, rows),) = question["bars"].items()
    index = pd.DatetimeIndex([START + timedelta(days=number) for number in range(len(rows))])
    data = pd.DataFrame(rows, columns=["Open", "High", "Low", "Close", "Volume"], index=index, dtype=float)
    test = Backtest(
        data, globals()[question["strategy"]], cash=question["cash"], commission=question["fee_bps"] / 10_000
    )
    stats = test.run(**({"script": question["script"]} if "script" in question else {}))
    strategy = stats["_strategy"]
    trades = [*strategy.closed_trades, *strategy.trades]
    return {"fills": told(trades, name), "equity": float(stats["Equity Final [$]"])}


print(json.dumps([answer(question) for question in json.load(sys.stdin)]))
