"""The run: one ordered timeline of Closes, actions, payments and Opens.

The one idea: moments are processed in the order (time, rank, asset index); at one Close time all assets are matched,
then the commands are carried out, then same-close fills, then one equity row.
Source: semantics.md, Bars, moments, slices.
"""

from __future__ import annotations

import decimal
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from twin.actions import earn, pay, split
from twin.case import Action, Bar, Case, parse
from twin.commands import carry_out, halt
from twin.exact import CONTEXT
from twin.explain import Explainer
from twin.limits import finish, must_halt
from twin.matching import match_close, match_open, match_same_close
from twin.result import Result
from twin.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["simulate"]


def simulate(raw: Mapping[str, Any]) -> Result:
    """Run a case in the notation of fills.json."""
    with decimal.localcontext(CONTEXT):
        return _Run(parse(raw)).result()


class _Run:
    def __init__(self, case: Case) -> None:
        self.case, self.state, self.slices = case, State(case), 0
        self.payments: list[tuple[datetime, Action, Decimal]] = []
        self.actions, self.explainer = self._due(), Explainer()
        cash = case.config.cash
        first = min(bar.time for bar in case.bars)
        self.state.now = first
        self.state.ledger.post(first, "deposit", ("cash", "", cash), ("deposits", "", -cash))

    def _due(self) -> list[tuple[Action, Bar]]:
        """Each action, by asset and date, with the first bar that opens on or after its ex-date."""
        due = []
        for action in sorted(self.case.actions, key=lambda a: (a.asset, a.ex)):
            later = [b for b in self.case.bars if b.asset == action.asset and b.open_time.date() >= action.ex]
            due += [(action, bar) for bar in later[:1]]
        return due

    def result(self) -> Result:
        """Walk all times up to the last Close and report."""
        bars = sorted(self.case.bars, key=lambda bar: bar.asset)
        end = max(bar.time for bar in bars)
        for now in sorted({t for bar in bars for t in (bar.open_time, bar.time)} | self._pay_times()):
            if now > end:
                break
            self.state.now = now
            self._cancels(now, arrived_at=False)
            self._close(now, [bar for bar in bars if bar.time == now])
            if now < end:
                self._act(now)
                self._cancels(now, arrived_at=True)
                self._open([bar for bar in bars if bar.open_time == now])
        state, names = self.state, [asset.name for asset in self.case.assets]
        rows = tuple(order.row(names[order.asset]) for order in state.orders)
        held = {name: state.holdings[index].quantity for index, name in enumerate(names)}
        told = tuple(state.fills), rows, tuple(state.ledger.events), tuple(state.equity)
        return Result(*told, held, tuple(self.explainer.parts))

    def _cancels(self, now: datetime, *, arrived_at: bool) -> None:
        """A cancel is effective before any moment later than its arrival and before the Open at that very time."""
        for order in self.state.working():
            if order.cancel_at and (order.cancel_at < now or (arrived_at and order.cancel_at == now)):
                order.status = "CANCELED"

    def _pay_times(self) -> set[datetime]:
        return {action.pay for action in self.case.actions if action.pay}

    def _close(self, now: datetime, bars: list[Bar]) -> None:
        if not bars:
            return
        match_close(self.state, bars)
        for bar in bars:
            self.state.marks[bar.asset] = bar.close
            self.state.lengths[bar.asset] = bar.time - bar.open_time
        if must_halt(self.state, bars):
            halt(self.state, now)
        asked = len(self.state.orders)
        carry_out(self.state, now, self.case.commands.get(self.slices, ()))
        match_same_close(self.state, bars, asked)
        self.state.row(now)
        self.explainer.slice(self.state, now)
        finish(self.state)
        self.slices += 1

    def _act(self, now: datetime) -> None:
        """Day by day splits, then dividends, each by asset; payments come last."""
        due = [(action, bar) for action, bar in self.actions if bar.open_time == now]
        for action, bar in sorted(due, key=lambda item: (item[0].ex, item[0].kind == "dividend", item[0].asset)):
            if action.kind == "split":
                split(self.state, action, bar)
            else:
                self.payments.append((max(action.pay or now, now), action, earn(self.state, action, bar)))
        for time, action, amount in [item for item in self.payments if item[0] <= now]:
            pay(self.state, action, amount, time)
        self.payments = [item for item in self.payments if item[0] > now]

    def _open(self, bars: list[Bar]) -> None:
        for bar in bars:
            self.state.open_bar(bar)
        match_open(self.state, bars)
