"""What a fill does to the books, by what is traded.

The one idea: a spot trade closes lots it is against and opens the rest; an exchange of balances has no lots in the
books; crypto bought through another pair than its first passes through that pair's currency. Source: semantics.md,
Ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from twin.dated import variation
from twin.exact import ZERO
from twin.purse import post

if TYPE_CHECKING:
    from datetime import datetime

    from twin.case import Asset
    from twin.ledger import Leg
    from twin.state import State

__all__ = ["Trade", "settle"]


@dataclass(frozen=True)
class Trade:
    """A signed quantity at a price; `kept` units of a buy are kept out of it as a fee, `fee` is paid in cash."""

    asset: Asset
    quantity: Decimal
    kept: Decimal
    price: Decimal
    fee: Decimal

    @property
    def received(self) -> Decimal:
        """What the position changes by."""
        return self.quantity - self.kept

    def value(self, quantity: Decimal) -> Decimal:
        """At its price."""
        return self.asset.value(quantity, self.price)


def settle(state: State, trade: Trade, time: datetime) -> tuple[bool, Decimal]:
    """Post a fill; whether it closed a position and opened one, and the value that both together have."""
    home = state.case.assets[state.case.home(trade.asset)]
    holding = state.holdings[trade.asset.index]
    closing = holding.closing(trade.received)
    opening = trade.received - closing
    if trade.asset.kind == "future":
        variation(state, trade.asset, trade.price, time)
    if state.case.exchanges(trade.asset):
        legs = _exchanged(trade)
    elif not trade.asset.pays:
        legs = [("cash", "", -trade.fee, trade.asset.currency), ("fees", trade.asset.name, trade.fee, home.currency)]
    else:
        legs = [("cash", "", -trade.value(trade.quantity) - trade.fee, trade.asset.currency)]
        legs.append(("fees", trade.asset.name, trade.fee + trade.value(trade.kept), trade.asset.currency))
    paid, brought = _in_home(state, trade, home, opening), -_in_home(state, trade, home, closing)
    share = holding.take(-closing) if closing else ZERO
    if opening:
        holding.add(opening, paid)
    if trade.asset.kind == "perpetual":
        legs += [("cash", "", brought - share, home.currency), ("realised", home.name, share - brought, home.currency)]
    elif trade.asset.pays and not state.case.exchanges(trade.asset):
        legs += [("position", home.name, paid - share, home.currency)]
        legs += [("realised", home.name, share - brought, home.currency)]
        legs += [("conversion", trade.asset.name, trade.value(trade.received), trade.asset.currency)]
        legs += [("conversion", trade.asset.name, brought - paid, home.currency)]
    post(state, time, "fill", trade.asset, *legs)
    return bool(closing and opening), paid - brought


def _in_home(state: State, trade: Trade, home: Asset, quantity: Decimal) -> Decimal:
    """What a part of a trade is worth in the currency that keeps the cost."""
    return state.rates.convert(trade.value(quantity), trade.asset.currency, home.currency, state.now)


def _exchanged(trade: Trade) -> list[Leg]:
    """One balance for another; no lots, no profit."""
    asset, value = trade.asset, trade.value(trade.quantity)
    assert asset.base is not None
    base = [("cash", "", trade.received, asset.base), ("fees", asset.name, trade.kept, asset.base)]
    quote = [("conversion", asset.name, value, asset.currency), ("cash", "", -value - trade.fee, asset.currency)]
    return [
        *base,
        ("conversion", asset.name, -trade.quantity, asset.base),
        *quote,
        ("fees", asset.name, trade.fee, asset.currency),
    ]
