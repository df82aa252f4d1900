"""The journal as Beancount text, read by a parser that is not ours and checked by a few lines that know no ledger."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from beancount_parser.parser import make_parser
from hand_made import days, dividend, outcome, split
from lark import Token, Tree

import workbench as wb
from workbench.engine.simulation import Host, simulate
from workbench.errors import StorageError
from workbench.research import demo
from workbench.research.beancount import ROOTS

Posting = tuple[str, Decimal, str]
PARSER = make_parser()


@dataclass
class Transaction:
    """A dated group of postings; metadata as text."""

    day: date
    told: tuple[str, ...]
    links: tuple[str, ...]
    facts: dict[str, str] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)


@dataclass
class Book:
    """What a file says."""

    options: dict[str, str] = field(default_factory=dict)
    opened: dict[str, tuple[date, str]] = field(default_factory=dict)
    commodities: list[str] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    balances: list[tuple[date, str, Decimal, Decimal, str]] = field(default_factory=list)
    prices: list[tuple[date, str, Decimal, str]] = field(default_factory=list)


def number(tree: Tree[Token]) -> Decimal:
    """A literal; the files hold no sums to be worked out."""
    return Decimal("".join(str(token) for token in tree.scan_values(lambda _: True)))


def read(path: Path) -> Book:
    """The file by its grammar alone."""
    book = Book()
    for statement in PARSER.parse(path.read_text("utf-8")).children:
        if isinstance(statement, Tree) and isinstance(statement.children[0], Tree):
            take(book, statement.children[0])
    return book


def take(book: Book, tree: Any) -> None:
    if tree.data in ("date_directive", "simple_directive"):
        take(book, tree.children[0])
    elif tree.data == "posting":
        account, amount = tree.children[0].children[1:3]
        book.transactions[-1].postings.append((str(account), number(amount.children[0]), str(amount.children[1])))
    elif tree.data == "metadata_item":
        key, value = tree.children
        if book.transactions:
            book.transactions[-1].facts[str(key)] = "".join(leaves(value))
    else:
        DIRECTIVES[tree.data](book, *tree.children)


def leaves(value: Any) -> Iterator[str]:
    return (str(leaf) for leaf in (value.scan_values(lambda _: True) if isinstance(value, Tree) else [value]))


def option(book: Book, name: str, value: str) -> None:
    book.options[json.loads(name)] = json.loads(value)


def opening(book: Book, day: str, account: str, currencies: Any, _: Any) -> None:
    assert account not in book.opened
    book.opened[str(account)] = date.fromisoformat(day), "".join(leaves(currencies))


def transaction(book: Book, day: str, _: Any, payee: str, told: str, annotations: Any) -> None:
    links = tuple(leaf for leaf in leaves(annotations) if leaf.startswith("^"))
    book.transactions.append(Transaction(date.fromisoformat(day), (json.loads(payee), json.loads(told)), links))


def balance(book: Book, day: str, account: str, amount: Any) -> None:
    assert amount.data == "amount_tolerance"
    value, tolerance, currency = amount.children
    book.balances.append((date.fromisoformat(day), str(account), number(value), number(tolerance), str(currency)))


def price(book: Book, day: str, symbol: str, amount: Any) -> None:
    value, currency = amount.children
    book.prices.append((date.fromisoformat(day), str(symbol), number(value), str(currency)))


DIRECTIVES: dict[str, Callable[..., None]] = {
    "option": option,
    "open": opening,
    "commodity": lambda book, _, symbol: book.commodities.append(str(symbol)),
    "txn": transaction,
    "balance": balance,
    "price": price,
}


def faults(book: Book) -> list[str]:
    """Everything that a reader who trusts nothing finds wrong."""
    with localcontext(prec=80):
        return [*unbalanced(book), *unopened(book), *unmet(book)]


def unbalanced(book: Book) -> Iterator[str]:
    for each in book.transactions:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for _, amount, currency in each.postings:
            sums[currency] += amount
        yield from (f"{each.links} does not balance" for rest in sums.values() if rest)


def unopened(book: Book) -> Iterator[str]:
    for each in book.transactions:
        for account, _, currency in each.postings:
            opened, allowed = book.opened.get(account, (date.max, ""))
            if opened > each.day or allowed != currency:
                yield f"{account} is not open for {currency} on {each.day}"
    yield from (f"{symbol} is no commodity" for _, symbol, *_ in book.prices if symbol not in book.commodities)


def unmet(book: Book) -> Iterator[str]:
    """An assertion is about the beginning of its day."""
    for day, account, amount, tolerance, currency in book.balances:
        held = [p for t in book.transactions if t.day < day for p in t.postings if p[0] == account and p[2] == currency]
        if abs(sum((p[1] for p in held), Decimal(0)) - amount) > tolerance:
            yield f"{account} does not hold {amount}"


def everything() -> wb.Run:
    """Names that the language cannot spell, costs with many digits, a split with a fraction, dividends, an open end."""
    actions = [split("x/y", 3, 7, 5), dividend("x/y", 4, "0.333333", pay=6), dividend("Z", 4, "0.25", pay=9)]
    prices = {"x/y": [30, 30, 20, 23, 22, 21], "X y": [1, 2, 3, 4, 5, 6], "Z": [5, 6, 7, 7, 8, 9], "^": [1] * 6}
    asked = {
        1: lambda ctx: [ctx.buy(asset, 9) for asset in ctx.assets],
        3: lambda ctx: [ctx.sell(asset, 4) for asset in ctx.assets],
    }
    options = {"fees": wb.fees.bps("1.23456789"), "slippage": wb.slippage.bps("0.987654321"), "cash": "1_000 USD"}
    bars = days(actions=actions, **prices)  # type: ignore[arg-type]  # the names are no keywords
    return outcome(bars, options, on_slice=lambda _, ctx, bars: asked.get(ctx.session.day, lambda ctx: None)(ctx))


def nothing() -> wb.Run:
    return outcome(days(A=[10, 11]), on_bar=lambda *_: None)


RUNS = {"everything": everything, "nothing": nothing, "demo": demo.run}
Pair = tuple[wb.Run, Book]


@pytest.fixture(scope="module", params=RUNS.values(), ids=RUNS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A run, and what the other reader makes of its file."""
    run = request.param()
    return run, read(run.to_beancount(tmp_path_factory.mktemp("journal") / "run.beancount"))


def test_nothing_is_wrong_for_a_reader_that_trusts_nothing(pair: Pair) -> None:
    assert faults(pair[1]) == []


def test_every_posting_is_there_with_all_its_digits(pair: Pair) -> None:
    run, book = pair
    ledger = run.exact.ledger.group_by("sequence", maintain_order=True).agg("amount")
    told = [(each.links, [amount for _, amount, _ in each.postings]) for each in book.transactions]
    assert told == [((f"^event-{sequence}",), amounts) for sequence, amounts in ledger.iter_rows()]


def test_balances_are_those_of_the_run(pair: Pair) -> None:
    run, book = pair
    asserted = {account: amount for _, account, amount, _, _ in book.balances}
    assert book.opened.keys() == asserted.keys()
    last = run.exact.equity.row(-1, named=True)
    of = lambda root: sum(amount for account, amount in asserted.items() if account.startswith(root))  # noqa: E731
    assert (of("Assets:Cash"), of("Assets:Receivable")) == (last["cash"], last["receivable"])
    roots = {"position": "Assets:Positions", "fees": "Expenses:Fees", "realised": "Income:Realised"}
    for account, root in (roots | {"dividends": "Income:Dividends", "deposits": "Equity:Deposits"}).items():
        legs = run.exact.ledger.filter(pl.col("account") == account)["amount"]
        assert of(root) == legs.sum(), account


def test_nothing_may_slip(pair: Pair) -> None:
    _, book = pair
    assert book.options["tolerance_multiplier"] == "0"
    assert {tolerance for *_, tolerance, _ in book.balances} == {Decimal(0)}


def test_a_fill_says_what_its_money_stands_for(pair: Pair) -> None:
    run, book = pair
    told = [each for each in book.transactions if each.told[0] == "fill"]
    for each, fill in zip(told, run.exact.fills.iter_rows(named=True), strict=True):
        assert Decimal(each.facts["quantity"]) == fill["quantity"]
        for name in ("price", "reference"):
            assert Decimal(each.facts[name].removesuffix("USD")) == fill[name]


def test_names_are_spelled_in_the_language_and_stay_apart(tmp_path: Path) -> None:
    run = everything()
    book = read(run.to_beancount(tmp_path / "run.beancount"))
    assert book.options["title"] == "Script on x/y, X y, Z, ^"
    assert book.commodities == ["USD", "X-Y", "X-Y-2", "Z", "X"]
    positions = [account for account in book.opened if account.startswith("Assets:Positions:")]
    assert sorted(positions) == [f"Assets:Positions:{name}" for name in ("X", "X-y", "X-y-2", "Z")]


def test_last_closes_are_prices(tmp_path: Path) -> None:
    book = read(everything().to_beancount(tmp_path / "run.beancount"))
    day = date(2024, 1, 7)
    assert [(each, symbol, float(amount)) for each, symbol, amount, _ in book.prices] == [
        *((day, "X-Y", 21.0), (day, "X-Y-2", 6.0), (day, "Z", 9.0), (day, "X", 1.0)),
    ]


def test_every_account_of_the_ledger_has_its_name() -> None:
    parts = nothing().parts()
    balances = simulate(parts.setup, parts.bars, {}, Host(parts.bars, parts.setup.seed)).balances()
    assert {name for name, _ in balances} == set(ROOTS)


def test_a_loaded_run_writes_the_same(tmp_path: Path) -> None:
    run = everything()
    again = wb.load(run.save(tmp_path / "run"))
    first, second = run.to_beancount(tmp_path / "a"), again.to_beancount(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="name a file in a folder that exists"):
        nothing().to_beancount(tmp_path / "missing" / "run.beancount")


SPOILED = {
    "a digit in a leg": ("  Assets:Cash  1000.00 USD", "  Assets:Cash  1000.00000000000000000001 USD"),
    "a balance": ("balance Assets:Cash  1000.00 ~", "balance Assets:Cash  1000.01 ~"),
    "an account that nobody opened": ("open Assets:Cash USD", "open Assets:Bank USD"),
}


@pytest.mark.parametrize(("old", "new"), SPOILED.values(), ids=SPOILED)
def test_the_reader_finds_what_is_wrong(tmp_path: Path, old: str, new: str) -> None:
    path = nothing().to_beancount(tmp_path / "run.beancount")
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    assert faults(read(path)) != []
