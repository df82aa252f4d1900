"""The run: one ordered timeline of Closes, actions, payments and Opens.

The one idea: moments are processed in the order (time, rank, asset index); at one Close time all assets are matched,
then the commands are carried out, then same-close fills, then one equity row.
Source: semantics.md, Bars, moments, slices.
"""

from __future__ import annotations

import decimal
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from twin.actions import earn, pay, split
from twin.allotment import Allotment
from twin.case import Action, Bar, Case, parse
from twin.commands import carry_out, halt
from twin.dated import dated
from twin.ends import ENDS, end
from twin.exact import CONTEXT, ZERO
from twin.explain import Explainer
from twin.limits import Guard, finish, must_halt
from twin.margin import Accrual, brinks, call, is_bankrupt
from twin.matching import match_close, match_open, match_same_close
from twin.result import Brink, Call, Result
from twin.sessions import next_session
from twin.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["simulate"]

RANKS = ("symbol_change", "split", "stock_dividend", "dividend", "merger", "delisting")
Due = tuple[datetime, Action, Bar | None]


def simulate(raw: Mapping[str, Any]) -> Result:
    """Run a case in the notation of fills.json."""
    with decimal.localcontext(CONTEXT):
        return _Run(parse(raw)).result()


class _Run:
    def __init__(self, case: Case) -> None:
        self.case, self.state, self.slices = case, State(case), 0
        self.payments: list[tuple[datetime, Action, Decimal]] = []
        self.actions, self.explainer, self.dated = self._due(), Explainer(), dated(case)
        self.allotment = Allotment()
        self.brinks: list[Brink] = []
        self.accrual, self.is_over = Accrual(min(bar.open_time for bar in case.bars).date()), False
        first = min(bar.time for bar in case.bars)
        self.state.now = first
        for currency, cash in case.config.deposits:
            self.state.ledger.post(first, "deposit", ("cash", "", cash, currency), ("deposits", "", -cash, currency))
        self.state.guard = Guard(*[self.state.equity_now()] * 3)

    def _due(self) -> list[Due]:
        """Each action with the time at which it acts and the bar whose open it settles at.

        It waits for the first bar of its asset from the ex-date on. The end of an asset waits for one of the asset
        whose units come, or of any, once its ex-session has opened; what is still waiting then acts just before.
        """
        due = []
        for index in range(len(self.case.assets)):
            own = sorted((a for a in self.case.actions if a.asset == index), key=_place)
            ending = next((a for a in own if a.kind in ENDS), None)
            over = None if ending is None else self._end(ending)
            before = own if ending is None else own[: own.index(ending)]
            for action in before:
                later = [b for b in self.case.bars if b.asset == index and b.open_time.date() >= action.ex]
                if later:
                    due.append((later[0].open_time, action, later[0]))
                elif over is not None:
                    due.append((over.open_time, action, None))
            if ending is not None and over is not None:
                due.append((over.open_time, ending, over if ending.other is not None else None))
        return due

    def _end(self, action: Action) -> Bar | None:
        """The first bar before whose open an asset ends."""
        first = next_session(self.case, self.case.assets[action.asset], datetime.combine(action.ex, time(), UTC))[0]
        own = max(bar.time for bar in self.case.bars if bar.asset == action.asset)
        bars = [bar for bar in self.case.bars if action.other in (None, bar.asset)]
        later = [bar for bar in bars if bar.open_time >= max(first, own)]
        return min(later, key=lambda bar: bar.open_time, default=None)

    def result(self) -> Result:
        """Walk all times up to the last Close and report."""
        bars = sorted(self.case.bars, key=lambda bar: bar.asset)
        last = max(bar.time for bar in bars)
        moments = {t for bar in bars for t in (bar.open_time, bar.time)}
        midnights = {datetime.combine(moment.date(), time(), UTC) for moment in moments}
        for now in sorted(moments | midnights | self._pay_times() | {row[0] for row in self.dated}):
            if now > last or self.is_over:
                break
            self.state.now = now
            self._cancels(now, arrived_at=False)
            self._close(now, [bar for bar in bars if bar.time == now])
            if now < last and not self.is_over:
                self._act(now)
                self._cancels(now, arrived_at=True)
                self._date(now, midnights)
                self._open([bar for bar in bars if bar.open_time == now])
        state, names = self.state, [asset.name for asset in self.case.assets]
        rows = tuple(replace(order.row(names[order.asset]), strategy=state.whose(order)) for order in state.orders)
        held = {name: state.holdings[index].quantity for index, name in enumerate(names)}
        told = tuple(fill for fill in state.fills if fill.venue), rows, tuple(state.ledger.events), tuple(state.equity)
        moved = tuple(state.told), tuple(state.crosses), tuple(state.transfers)
        shares = {book.name: {name: book.held(place) for place, name in enumerate(names)} for book in state.portfolio}
        profits = {book.name: book.profits(state) for book in state.portfolio}
        ends = tuple(self.explainer.parts), tuple(state.calls), tuple(self.brinks), tuple(state.balances)
        return Result(*told, held, *ends, *moved, shares, profits)

    def _date(self, now: datetime, midnights: set[datetime]) -> None:
        """What has this date: funding, then interest and borrow, then settlements and expiries."""
        due = [row for row in self.dated if row[0] == now]
        for _, rank, _, act in due:
            if not rank:
                act(self.state)
        if now in midnights:
            self.accrual.due(self.state, now)
        for _, rank, _, act in due:
            if rank:
                act(self.state)

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
        if is_bankrupt(self.state):
            self.state.calls.append(Call(now, "bankrupt", self.state.equity_now(), ZERO))
            self.is_over = True
        else:
            self._decide(now, bars)
        self.state.row(now)
        self.allotment.close(self.state)
        self.explainer.slice(self.state, now)
        finish(self.state)
        self.slices += 1

    def _decide(self, now: datetime, bars: list[Bar]) -> None:
        """What the account and its limits ask for, then the strategy."""
        if self.case.config.margin:
            call(self.state, now)
        if must_halt(self.state, bars):
            halt(self.state, now)
        if self.state.portfolio:
            self.allotment.decide(self.state, max(bar.open_time.date() for bar in bars))
        if self.case.config.margin and len(self.case.currencies) == 1 and not self.state.portfolio:
            self.brinks += brinks(self.state, now)
        asked = len(self.state.orders)
        carry_out(self.state, now, self.case.commands.get(self.slices, ()))
        match_same_close(self.state, bars, asked)

    def _act(self, now: datetime) -> None:
        """Day by day, those of one day by their kind, then by asset; payments come last."""
        due = [(action, bar) for at, action, bar in self.actions if at == now]
        for action, bar in sorted(due, key=lambda item: (*_place(item[0]), item[0].asset)):
            later = self._carry_out(action, bar, now)
            self.payments.append((max(action.pay or now, now), action, later))
        for at, action, amount in [item for item in self.payments if item[0] <= now]:
            pay(self.state, action, amount, at)
        self.payments = [item for item in self.payments if item[0] > now]

    def _carry_out(self, action: Action, bar: Bar | None, now: datetime) -> Decimal:
        """One action; what is to be paid later."""
        if action.kind in ENDS:
            return end(self.state, action, bar, now)
        if action.kind == "dividend":
            return earn(self.state, action, now)
        ratio = action.ratio + (action.kind == "stock_dividend")
        split(self.state, replace(action, ratio=ratio), bar, now)
        return ZERO

    def _open(self, bars: list[Bar]) -> None:
        for bar in bars:
            self.state.open_bar(bar)
        match_open(self.state, bars)


def _place(action: Action) -> tuple[date, int]:
    return action.ex, RANKS.index(action.kind)
