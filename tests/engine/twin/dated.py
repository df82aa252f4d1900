"""What happens to derivatives at their own times: funding of perpetuals, settlement of futures, expiry.

The one idea: a dated thing is (time, rank, asset) and acts on the position and the last close of its time; a future's
variation is what its notional value has changed by since its last settlement. Source: semantics.md, Costs and Ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.exact import MONEY, ZERO, half_even, on_step
from twin.portfolio import Given, bring, convert
from twin.purse import post
from twin.result import Exchange
from twin.sessions import sessions

if TYPE_CHECKING:
    from twin.case import Asset, Case, Funding
    from twin.state import State

__all__ = ["Dated", "dated", "variation"]

# Time, rank and asset; the accrual of interest stands between ranks 0 and 2.
Dated = tuple[datetime, int, int, Callable[["State"], None]]


def dated(case: Case) -> list[Dated]:
    """Everything that has a date of its own, in order."""
    last = max(bar.time for bar in case.bars)
    rows = [(f.time, 0, f.asset, _calls(_fund, f)) for f in case.funding]
    for asset in case.assets:
        if asset.kind == "future":
            rows += [(at, 2, asset.index, _calls(_settle, asset, day)) for day, at in _sessions(case, asset, last)]
        if asset.expiry is not None:
            *_, (day, at) = _sessions(case, asset, datetime.max.replace(tzinfo=last.tzinfo))
            rows.append((at, 3, asset.index, _calls(_expire, asset, day)))
    return sorted(rows, key=lambda row: row[:3])


def _calls(act: Callable[..., None], *given: object) -> Callable[[State], None]:
    return lambda state: act(state, *given)


def _sessions(case: Case, asset: Asset, last: datetime) -> Iterator[tuple[date, datetime]]:
    """The date and the close of each session from that of the first bar up to that of the expiry."""
    first = min(bar.open_time for bar in case.bars if bar.asset == asset.index)
    for begin, end in sessions(case, asset, first):
        if end > last or (asset.expiry is not None and begin.date() > asset.expiry):
            return
        yield begin.date(), end


def variation(state: State, asset: Asset, price: Decimal, at: datetime) -> None:
    """What a future's position has gained or lost since its last settlement moves to cash."""
    held = state.holdings[asset.index].quantity
    if held:
        amount = asset.value(held, price) - asset.value(held, state.settled[asset.index])
        legs = ("cash", "", amount, asset.currency), ("realised", asset.name, -amount, asset.currency)
        post(state, at, "variation", asset, *legs)
    state.settled[asset.index] = price


def _settlement(state: State, asset: Asset, day: date) -> Decimal | None:
    return state.case.settlements.get((asset.index, day), state.marks.get(asset.index))


def _settle(state: State, asset: Asset, day: date) -> None:
    price = _settlement(state, asset, day)
    if price is not None:
        variation(state, asset, price, state.now)


def _fund(state: State, row: Funding) -> None:
    """Longs pay a positive rate."""
    asset, held = state.case.assets[row.asset], state.holdings[row.asset].quantity
    if not held and not any(book.held(row.asset) for book in state.portfolio):
        return
    mark = state.mark(row.asset) if row.mark is None else row.mark

    def paid(quantity: Decimal) -> Decimal:
        units = Fraction(-quantity * asset.multiplier * row.rate)
        return on_step(units / Fraction(mark) if asset.inverse else units * Fraction(mark), MONEY, half_even)

    amount = paid(held)
    bring(state, row.asset, amount, paid, "funding")
    legs = ("cash", "", amount, asset.currency), ("funding", asset.name, -amount, asset.currency)
    post(state, state.now, "funding", asset, *legs)


def _expire(state: State, asset: Asset, day: date) -> None:
    """The end of an asset: a future at its settlement, an option at its intrinsic value; no fee, no slippage."""
    holding, held = state.holdings[asset.index], state.holdings[asset.index].quantity
    state.ended.add(asset.index)
    for order in state.working(asset.index):
        order.status = "CANCELED"
    price = _settlement(state, asset, day) if asset.kind == "future" else _intrinsic(state, asset, day)
    if price is None:
        return
    convert(state, asset.index, Given(asset.value(held, price)), price)
    if not held:
        return
    brought = asset.value(held, price)
    if asset.kind == "option":
        legs = [("cash", "", brought), ("position", asset.name, -holding.cost)]
        legs.append(("realised", asset.name, holding.cost - brought))
        post(state, state.now, "expiry", asset, *((*leg, asset.currency) for leg in legs))
    state.exchanged.append(Exchange(asset.name, asset.name, brought, ZERO, ZERO))
    holding.lots = []


def _intrinsic(state: State, asset: Asset, day: date) -> Decimal:
    assert asset.underlying is not None
    assert asset.strike is not None
    given = state.case.settlements.get((asset.index, day))
    spot = state.marks[asset.underlying] if given is None else given
    return max(ZERO, spot - asset.strike if asset.right == "call" else asset.strike - spot)
