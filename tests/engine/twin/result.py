"""What a simulation hands back, in a form in which two engines can be compared with ``==``.

The one idea: rows are plain frozen values; ledger legs are netted per account within their event, so that two engines
may split a posting differently and still agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "Balance",
    "BookRow",
    "Breach",
    "Brink",
    "Call",
    "Cross",
    "EquityRow",
    "Event",
    "Exchange",
    "Fill",
    "Legs",
    "OrderRow",
    "Part",
    "Result",
    "Transfer",
]

Legs = tuple[tuple[str, str, Decimal, str], ...]
Breach = tuple[str, Decimal | None, Decimal | None]


@dataclass(frozen=True)
class Fill:
    """One fill; `order` is the id of its order, `moment` open or close; where two books met it was not at a `venue`."""

    order: str
    time: datetime
    asset: str
    side: str
    quantity: Decimal
    price: Decimal
    reference: Decimal
    value: Decimal
    fee: Decimal
    withheld: Decimal
    slippage: Decimal
    moment: str
    ambiguous: bool
    venue: bool = True


@dataclass(frozen=True)
class OrderRow:
    """One order as it ended; `origin` is order, target, bracket, protect, liquidation; `breach` why it was refused.

    `strategy` is the book that it belongs to.
    """

    order: str
    time: datetime
    asset: str
    origin: str
    side: str
    type: str
    limit: Decimal | None
    stop: Decimal | None
    quantity: Decimal
    filled: Decimal
    status: str
    breach: Breach | None = None
    strategy: str = ""


@dataclass(frozen=True)
class Event:
    """One posting: its kind, and (account, asset, amount, currency) with debits positive, sorted, without zeros."""

    time: datetime
    kind: str
    legs: Legs


@dataclass(frozen=True)
class Exchange:
    """What an asset was left for at its end: cash, cash for a fraction, and units of another one at their mark."""

    asset: str
    other: str
    cash: Decimal
    in_lieu: Decimal
    units: Decimal


@dataclass(frozen=True)
class EquityRow:
    """One row per Close slice."""

    time: datetime
    cash: Decimal
    positions: Decimal
    receivable: Decimal
    equity: Decimal


@dataclass(frozen=True)
class Call:
    """A `margin_call` or `bankrupt`: equity, and what it should have been at least."""

    time: datetime
    kind: str
    equity: Decimal
    maintenance: Decimal


@dataclass(frozen=True)
class Balance:
    """What there is of a currency at a row, in that currency, and what one unit of it is worth."""

    time: datetime
    currency: str
    cash: Decimal
    positions: Decimal
    receivable: Decimal
    rate: Decimal


@dataclass(frozen=True)
class BookRow:
    """What a book has at a row: its cash as its strategy sees it, and all it is worth."""

    time: datetime
    strategy: str
    cash: Decimal
    equity: Decimal


@dataclass(frozen=True)
class Cross:
    """Two orders of different books that met."""

    time: datetime
    asset: str
    price: Decimal
    quantity: Decimal
    buy: str
    sell: str


@dataclass(frozen=True)
class Transfer:
    """Cash from one book to another."""

    time: datetime
    giver: str
    taker: str
    amount: Decimal


@dataclass(frozen=True)
class Part:
    """What one cause did to equity in one asset and currency, in one slice; zeros are left out."""

    time: datetime
    asset: str
    cause: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Brink:
    """The price of an asset held on margin at which maintenance is all that there is, everything else as it is."""

    time: datetime
    asset: str
    price: Decimal


@dataclass(frozen=True)
class Result:
    """Everything that must agree to the last digit; `shares` are positions by book, `profits` its causes."""

    fills: tuple[Fill, ...]
    orders: tuple[OrderRow, ...]
    events: tuple[Event, ...]
    equity: tuple[EquityRow, ...]
    positions: dict[str, Decimal]
    explained: tuple[Part, ...]
    calls: tuple[Call, ...] = ()
    brinks: tuple[Brink, ...] = ()
    balances: tuple[Balance, ...] = ()
    books: tuple[BookRow, ...] = ()
    crosses: tuple[Cross, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    shares: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    profits: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)

    @property
    def cash(self) -> Decimal:
        """Cash at the end."""
        return self.equity[-1].cash
