"""The strategies in backtrader's words; questions come as JSON, fills and money go back.

The one idea: nothing is said here but what the strategy does; bars are numbered by the day since 2020-01-01.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta

import backtrader as bt
import pandas as pd

START = datetime(2020, 1, 1)  # noqa: DTZ001 (backtrader knows no zones)


class Told(bt.Strategy):
    params = (("script", ()), ("fills", None))

    def __init__(self):
        self.n, self.held, self.waits = -1, 0, None

    def notify_order(self, order):
        if order.status == order.Completed:
            bar = (bt.num2date(order.executed.dt) - START).days
            side, size = ("buy", "sell")[order.issell()], abs(order.executed.size)
            self.p.fills.append([bar, order.data._name, side, size, order.executed.price])

    def next(self):
        self.n += 1
        self.held = self.held + 1 if self.position.size else 0
        if self.n:  # the others do not see the first bar
            self.act()

    def forget(self):
        if self.waits is not None and self.waits.alive():
            self.cancel(self.waits)


class Cross(Told):
    def act(self):
        close = self.data.close
        if self.n < 20:
            return
        fast, slow = sum(close.get(size=5)) / 5, sum(close.get(size=20)) / 20
        if fast > slow + 1e-9 and not self.position.size:
            self.buy(size=100)
        elif fast < slow - 1e-9 and self.position.size:
            self.sell(size=100)


class Pullback(Told):
    def act(self):
        if self.held >= 5:
            self.sell(size=100)
        elif not self.position.size:
            self.forget()
            self.waits = self.buy(size=100, exectype=bt.Order.Limit, price=round(self.data.close[0] * 0.98, 2))


class Breakout(Told):
    def act(self):
        if self.held >= 5:
            self.sell(size=100)
        elif self.n >= 5 and not self.position.size:
            self.forget()
            self.waits = self.buy(
                size=100, exectype=bt.Order.Stop, price=round(max(self.data.high.get(size=5)) + 0.01, 2)
            )


class Bracket(Told):
    def act(self):
        if not self.position.size and self.n % 7 == 0:
            close = self.data.close[0]
            exits = {"stopprice": round(close * 0.95, 2), "limitprice": round(close * 1.06, 2)}
            self.buy_bracket(size=100, exectype=bt.Order.Market, **exits)


class Rotation(Told):
    def act(self):
        if self.n >= 10 and self.n % 10 == 0:
            best = max(self.datas, key=lambda data: data.close[0] / data.close[-10])
            for data in self.datas:
                held = self.getposition(data).size
                if held and data is not best:
                    self.sell(data=data, size=held)
                elif not held and data is best:
                    self.buy(data=data, size=100)


class Script(Told):
    """What a difference asks: a list of [bar, word, options]."""

    def act(self):
        for bar, word, given in self.p.script:
            if bar == self.n:
                getattr(self, word)(**given)

    def market(self, side, size):
        getattr(super(), side)(size=size)

    def stop_limit(self, size, stop, limit):
        self.buy(size=size, exectype=bt.Order.StopLimit, price=stop, plimit=limit)

    def limit(self, size, limit):
        self.buy(size=size, exectype=bt.Order.Limit, price=limit)

    def bracket(self, size, stop_loss, take_profit):
        self.buy_bracket(size=size, exectype=bt.Order.Market, stopprice=stop_loss, limitprice=take_profit)

    def limit_bracket(self, size, limit, stop_loss, take_profit):
        exits = {"stopprice": stop_loss, "limitprice": take_profit}
        self.buy_bracket(size=size, exectype=bt.Order.Limit, price=limit, **exits)

    def all_in(self):
        self.order_target_percent(target=1)

    def trailing(self, size, trail):
        self.sell(size=size, exectype=bt.Order.StopTrail, trailamount=trail)


def frame(rows):
    index = pd.DatetimeIndex([START + timedelta(days=number) for number in range(len(rows))])
    return pd.DataFrame(rows, columns=["open", "high", "low", "close", "volume"], index=index, dtype=float)


def answer(question):
    fills = []
    cerebro = bt.Cerebro(stdstats=False)
    for name, rows in question["bars"].items():
        cerebro.adddata(bt.feeds.PandasData(dataname=frame(rows)), name=name)
    cerebro.addstrategy(globals()[question["strategy"]], script=question.get("script", ()), fills=fills)
    cerebro.broker.setcash(question["cash"])
    cerebro.broker.setcommission(commission=question["fee_bps"] / 10_000)
    cerebro.run()
    return {"fills": fills, "equity": cerebro.broker.getvalue()}


print(json.dumps([answer(question) for question in json.load(sys.stdin)]))
