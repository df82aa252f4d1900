"""The published schemas of every frame that a run hands out, and of their exact twins.

Each table is described once, by `Column`s; the Float64 schema and the Decimal schema follow from it.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import polars as pl

__all__ = [
    "BALANCES",
    "BOOKS",
    "BOOK_FILLS",
    "CHECKS",
    "EQUITY",
    "EXPLAINED",
    "FILLS",
    "LEDGER",
    "MARGIN_CALLS",
    "ORDERS",
    "SEVERAL",
    "STRATEGY",
    "TRADES",
    "TRANSFERS",
    "Column",
    "exact_schema",
    "float_schema",
]

TIME: Final = pl.Datetime("us", "UTC")
SCALE: Final = {"price": 12, "quantity": 8, "money": 20}


class Column(NamedTuple):
    """One column: a plain dtype, or a number with the scale of its unit."""

    name: str
    kind: pl.DataType | type[pl.DataType] | Literal["price", "quantity", "money"]


FILLS: Final = (
    Column("sequence", pl.Int64),
    Column("time", TIME),
    Column("order", pl.Int64),
    Column("asset", pl.String),
    Column("side", pl.String),  # buy, sell
    Column("quantity", "quantity"),
    Column("price", "price"),
    Column("reference", "price"),  # the price before slippage
    Column("value", "money"),
    Column("fee", "money"),
    Column("withheld", "quantity"),  # of a bought quantity, where the fee is paid in the base currency
    Column("slippage", "money"),  # cost against the reference price, never negative
    Column("moment", pl.String),  # open, close
    Column("ambiguous", pl.Boolean),  # the bar leaves open that it happened like this
)
# A split puts what is left of a working order into new units: limit and stop are those of the order's end, filled and
# average_price those of its fills; quantity is what was filled and what was left at the end. So a child that lives
# through a split has its stop in other units than the average_price of the entry it protects.
ORDERS: Final = (
    Column("order", pl.Int64),
    Column("time", TIME),
    Column("asset", pl.String),
    Column("side", pl.String),
    Column("type", pl.String),  # market, limit, stop, stop_limit, trailing, moo, moc, loo, loc
    Column("origin", pl.String),  # order, target, bracket, protect, liquidation
    Column("parent", pl.Int64),  # the order whose position a bracket's child protects
    Column("tif", pl.String),  # GTC, DAY, GTD, IOC, FOK
    Column("quantity", "quantity"),
    Column("limit", "price"),  # in units of the order's end, as the stop
    Column("stop", "price"),  # of a trailing stop where it stood last
    Column("filled", "quantity"),
    Column("average_price", "price"),
    Column("status", pl.String),  # FILLED, CANCELED, EXPIRED, DENIED, END_OF_DATA
    Column("reason", pl.String),
    Column("allowed", "money"),
    Column("actual", "money"),
    Column("ended", TIME),
)
EQUITY: Final = (
    Column("time", TIME),
    Column("session", pl.Date),
    Column("cash", "money"),
    Column(
        "positions", "money"
    ),  # market value, less than nothing of what is short; of contracts gains not yet in cash
    Column("receivable", "money"),  # less what is to be paid by the account
    Column("equity", "money"),
)
TRADES: Final = (
    Column("asset", pl.String),
    Column("side", pl.String),  # long, short
    Column("entry_time", TIME),
    Column("exit_time", TIME),  # null while open
    Column("quantity", "quantity"),  # total entered, in units of the trade's end
    Column("entry_price", "price"),
    Column("exit_price", "price"),  # null while nothing was closed
    Column(
        "fees", "money"
    ),  # with what was paid to borrow and for funding; a fill that turns a position shares its fee by quantity
    Column("dividends", "money"),
    Column("profit", "money"),  # after fees, with dividends and what mergers paid; an open rest is at its last close
    Column("return", pl.Float64),  # profit / cost of the entries
    Column("bars", pl.Int64),  # of the asset and those it was before, from entry to exit
    Column("open", pl.Boolean),
)
CHECKS: Final = (
    Column("time", TIME),
    Column("asset", pl.String),  # null where the check named none
    Column("name", pl.String),
    Column("value", pl.Float64),  # null of a truth, and of what has no value
    Column("above", pl.Float64),  # the thresholds that were given, null for the others
    Column("at_least", pl.Float64),
    Column("below", pl.Float64),
    Column("at_most", pl.Float64),
    Column("passed", pl.Boolean),
    Column("reason", pl.String),  # no value, no threshold
)
LEDGER: Final = (
    Column("sequence", pl.Int64),
    Column("time", TIME),
    # deposit, fill, fee, exchange, split, dividend, payment, symbol_change, merger, delisting, expiry, borrow,
    # interest, variation, funding
    Column("event", pl.String),
    # cash, receivable, position, fees, dividends, realised, deposits, conversion; on margin payable, borrow, interest,
    # funding
    Column("account", pl.String),
    Column("asset", pl.String),
    Column("currency", pl.String),
    Column("amount", "money"),  # debit positive; the legs of one sequence sum to zero in each currency
)
BALANCES: Final = (
    Column("time", TIME),
    Column("session", pl.Date),
    Column("currency", pl.String),
    Column("cash", "money"),  # in that currency, as the next two
    Column("positions", "money"),
    Column("receivable", "money"),
    Column("rate", "money"),  # what one of it is worth in the account's currency
)
# Runs in several currencies have these columns behind the others.
SEVERAL: Final = {
    "fills": (
        Column("currency", pl.String),  # of price, value, fee and slippage
        Column("rate", "money"),
        Column("other_fees", "money"),  # what was charged in other currencies, in the account's
    ),
    "trades": (
        Column("currency", pl.String),  # of all amounts
        Column("rate", "money"),  # at the exit, or at the end
    ),
    "ledger": (
        Column("rate", "money"),  # on one leg of a conversion: so much of the other leg's currency for one of its own
    ),
    "explained": (
        Column("currency", pl.String),  # in which it came about; the amount is in the account's
    ),
}
# Runs of a Portfolio have this column in fills and orders, and these frames: a row for each slice and book, the fills
# as they came to books, and cash that went from one to another.
STRATEGY: Final = Column("strategy", pl.String)  # null where the account itself asked
BOOKS: Final = (
    Column("time", TIME),
    Column("session", pl.Date),
    Column("strategy", pl.String),  # "cash" for what no strategy has
    Column("cash", "money"),
    Column("equity", "money"),
    Column("received", "money"),  # in this slice from other books, less than nothing of what was given
)
BOOK_FILLS: Final = (
    Column("sequence", pl.Int64),
    Column("time", TIME),
    Column("strategy", pl.String),
    Column("order", pl.Int64),
    Column("asset", pl.String),
    Column("side", pl.String),
    Column("quantity", "quantity"),
    Column("price", "price"),
    Column("reference", "price"),
    Column("value", "money"),
    Column("fee", "money"),
    Column("slippage", "money"),
    Column("venue", pl.Boolean),  # False where it was crossed with another book
)
TRANSFERS: Final = (
    Column("time", TIME),
    Column("giver", pl.String),
    Column("taker", pl.String),
    Column("amount", "money"),
)
MARGIN_CALLS: Final = (
    Column("time", TIME),
    Column("event", pl.String),  # margin_call, bankrupt
    Column("equity", "money"),
    Column("maintenance", "money"),  # what the positions asked for at that close
)
EXPLAINED: Final = (
    Column("time", TIME),
    Column("session", pl.Date),
    Column("asset", pl.String),  # or the name of a currency, of whose balance it is
    Column("cause", pl.String),  # price, slippage, fees, dividends, borrow, interest, funding, fx, cash_in_lieu
    Column("amount", "money"),  # what it did to equity since the row before; never zero
)


def float_schema(columns: tuple[Column, ...]) -> pl.Schema:
    """Schema of the frame in Float64.

    Example:
        >>> float_schema(EQUITY)["cash"]
        Float64
    """
    return pl.Schema({c.name: pl.Float64() if isinstance(c.kind, str) else c.kind for c in columns})


def exact_schema(columns: tuple[Column, ...]) -> pl.Schema:
    """Schema of the exact twin: Decimal(38, 12) prices, (38, 8) quantities, (38, 20) money.

    Example:
        >>> exact_schema(EQUITY)["cash"]
        Decimal(precision=38, scale=20)
    """
    return pl.Schema({c.name: pl.Decimal(38, SCALE[c.kind]) if isinstance(c.kind, str) else c.kind for c in columns})
