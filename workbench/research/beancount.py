"""The journal of a run as Beancount text: a plain file that other programs can read, check and chart.

The one idea: one transaction for each posting of the ledger, with the legs it has and every digit they have. Accounts
hold money, a position what it cost; quantities and prices stand beside as metadata, since a cost per unit would have to
be rounded. Beancount is told to let nothing slip: its tolerance is zero, and every balance is asserted at the end.

Source: the Beancount language syntax, https://beancount.github.io/docs/beancount_language_syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.errors import StorageError
from workbench.market.paths import local

if TYPE_CHECKING:
    from workbench.research.run import Run

__all__ = ["text", "write"]

ROOTS: Final = {
    "cash": "Assets:Cash",
    "receivable": "Assets:Receivable",
    "position": "Assets:Positions",
    "fees": "Expenses:Fees",
    "dividends": "Income:Dividends",
    "realised": "Income:Realised",
    "deposits": "Equity:Deposits",
    "payable": "Liabilities:Payable",
    "borrow": "Expenses:Borrow",
    "interest": "Expenses:Interest",
    "funding": "Expenses:Funding",
    "conversion": "Equity:Conversions",
}
SHARED: Final = ("cash", "deposits", "conversion")
SYMBOL_MAX: Final = 24
Row = Mapping[str, Any]


def write(run: Run, path: str | Path) -> Path:
    """Write the journal of a run to a file.

    Raises:
        ParameterError: no path.
        StorageError: the file cannot be written.
    """
    target = local("path", path)
    try:
        target.write_text(text(run), "utf-8", newline="\n")
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error.strerror}; name a file in a folder that exists") from error
    return target


def text(run: Run) -> str:
    r"""The whole file: options, commodities, accounts, a transaction for each posting, prices and balances.

    Example:
        >>> from workbench.research.demo import run
        >>> print(*text(run()).splitlines()[3:6], sep="\n")
        option "title" "Cross on AAPL"
        option "operating_currency" "USD"
        option "tolerance_multiplier" "0"
    """
    return "\n".join(_lines(run)) + "\n"


def _lines(run: Run) -> Iterator[str]:
    assets = [str(asset) for asset in run.bars.assets]
    ledger = run.exact.ledger.with_columns(day=pl.col("time").dt.date())
    parts, symbols = _distinct(assets, _account_part), _distinct(assets, _symbol)
    booked = ledger.with_columns(name=_account(parts))
    yield from _head(run, assets)
    if booked.is_empty():
        return
    first, last = booked["day"][0], run.equity["time"][-1].date()
    currencies = dict.fromkeys([run.currency, *booked["currency"]])
    yield from _openings(booked)
    yield from _commodities(first, currencies, {name: symbols[name] for name in assets})
    yield from _transactions(booked, run)
    yield ""
    yield from _prices(run, symbols, last)
    yield from _balances(booked, last + timedelta(days=1))


def _head(run: Run, assets: Sequence[str]) -> Iterator[str]:
    yield f"; The ledger of a run of {run.name}, state {run.state_hash}."
    yield "; Each posting is a transaction; its legs have all their digits and sum to zero, in debit and credit."
    yield "; A position is what it cost: unrealised profit is not posted, the last closes stand at the end as prices."
    options = {"title": f"{run.name} on {', '.join(assets)}", "operating_currency": run.currency}
    for name, value in {**options, "tolerance_multiplier": "0"}.items():
        yield f"option {_quoted(name)} {_quoted(value)}"
    yield ""


def _openings(booked: pl.DataFrame) -> Iterator[str]:
    """Every account that is used, opened on the day of its first leg for the currencies that it has."""
    held = pl.col("currency").unique(maintain_order=True).str.join(",")
    for name, day, names in booked.group_by("name").agg(pl.col("day").min(), held).sort("day", "name").iter_rows():
        yield f"{day} open {name} {names}"
    yield ""


def _commodities(first: date, currencies: Iterable[str], symbols: Mapping[str, str]) -> Iterator[str]:
    """The currencies and the assets, whose own names stand beside their symbols."""
    for currency in currencies:
        yield f"{first} commodity {currency}"
    for name, symbol in symbols.items():
        yield f"{first} commodity {symbol}"
        yield f"  name: {_quoted(name)}"


def _transactions(booked: pl.DataFrame, run: Run) -> Iterator[str]:
    currencies = {str(asset): asset.currency for asset in run.bars.assets}
    fills = {row["sequence"]: row for row in run.exact.fills.iter_rows(named=True)}
    columns = ("sequence", "time", "day", "event", "asset", "name", "currency", "amount")
    rows = booked.select(columns).iter_rows(named=True)
    for sequence, legs in groupby(rows, key=lambda leg: leg["sequence"]):
        yield ""
        yield from _transaction(sequence, list(legs), fills.get(sequence), currencies)


def _transaction(sequence: int, legs: Sequence[Row], fill: Row | None, currencies: Mapping[str, str]) -> Iterator[str]:
    first = legs[0]
    told = first["asset"] or "" if fill is None else _deal(fill)
    yield f"{first['day']} * {_quoted(first['event'])} {_quoted(told)} #{first['event']} ^event-{sequence}"
    yield f"  time: {_quoted(_time(first['time']))}"
    if fill is not None:
        yield from _facts(fill, currencies[fill["asset"]])
    for leg in legs:
        yield f"  {leg['name']}  {_number(leg['amount'])} {leg['currency']}"


def _deal(fill: Row) -> str:
    return f"{fill['side']} {_plain(fill['quantity'])} {fill['asset']} at {_plain(fill['price'])}"


def _facts(fill: Row, currency: str) -> Iterator[str]:
    """What the money of a fill stands for."""
    yield f"  order: {fill['order']}"
    yield f"  quantity: {_plain(fill['quantity'])}"
    for name in ("price", "reference"):
        yield f"  {name}: {_plain(fill[name])} {currency}"


def _prices(run: Run, symbols: Mapping[str, str], day: date) -> Iterator[str]:
    """The last close of every asset that was traded."""
    traded = run.fills["asset"].unique().implode()
    known = run.bars.frame.filter(pl.col("time") <= run.equity["time"][-1], pl.col("asset").is_in(traded))
    closes = dict(known.group_by("asset").agg(pl.col("close").last()).iter_rows())
    for asset in (asset for asset in run.bars.assets if str(asset) in closes):
        close = Decimal(f"{closes[str(asset)]:.{asset.price_digits}f}")
        yield f"{day} price {symbols[str(asset)]} {_plain(close)} {asset.currency}"


def _balances(booked: pl.DataFrame, day: date) -> Iterator[str]:
    """What every account must hold when all is done, without tolerance."""
    sums = booked.group_by("name", "currency", maintain_order=True).agg(pl.col("amount").sum())
    for name, currency, amount in sums.sort("name", maintain_order=True).iter_rows():
        yield f"{day} balance {name}  {_number(amount)} ~ 0 {currency}"


def _account(parts: Mapping[str, str]) -> pl.Expr:
    """The full name of an account; cash and deposits are one account each, the others one for each asset."""
    root = pl.col("account").replace_strict(ROOTS)
    own = pl.concat_str(root, pl.lit(":"), pl.col("asset").replace_strict(parts, default=""))
    return pl.when(pl.col("account").is_in(SHARED)).then(root).otherwise(own)


def _distinct(names: Iterable[str], spelled: Any) -> dict[str, str]:
    """Names as the language can spell them; those that would become one are numbered."""
    found: dict[str, str] = {}
    for name in names:
        plain, number = spelled(name, ""), 2
        while plain in found.values():
            plain, number = spelled(name, f"-{number}"), number + 1
        found[name] = plain
    return found


def _account_part(name: str, tail: str) -> str:
    """Letters, digits and dashes, with a capital or a digit first."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "X"
    return plain[0].upper() + plain[1:] + tail


def _symbol(name: str, tail: str) -> str:
    """At most 24 capitals, digits and marks, with a capital first and no mark last."""
    plain = re.sub(r"[^A-Z0-9._-]+", "-", name.upper()).strip("._-")
    plain = plain if plain[:1].isalpha() else f"X{plain}"
    return plain[: SYMBOL_MAX - len(tail)].rstrip("._-") + tail


def _number(amount: Decimal) -> str:
    """An amount with all its digits, at least to the cent."""
    whole, _, part = f"{amount:f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"


def _plain(number: Decimal) -> str:
    """A number with the digits it needs."""
    shown = f"{number:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _quoted(told: str) -> str:
    escaped = told.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
