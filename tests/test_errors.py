"""Every class of `workbench.errors` is raised for real, and every error of the Rust core has its class.

One table for both: a class, the variant of `native/market/src/error.rs` that becomes it, and a public call that
raises it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from hand_made import days, outcome

import workbench as wb
from workbench import errors
from workbench.market.bars import ACTIONS

ROOT = Path(__file__).resolve().parents[1]


class Row(NamedTuple):
    """An error: the base that others catch it by, the variant of the core, the call and what it says."""

    error: str
    base: type[BaseException]
    variant: str | None
    call: Callable[[], object] | None
    message: str


def asked(ask: Callable[[wb.Context], object]) -> Callable[[], object]:
    """A run that asks for something at each bar of A."""
    return lambda: outcome(days(A=[10, 11]), on_bar=lambda self, ctx, bar: ask(ctx))


def interrupted() -> object:
    def on_bar(*_: Any) -> None:
        raise KeyboardInterrupt

    return outcome(days(A=[10]), on_bar=on_bar)


def foreign_journal() -> object:
    return wb.journal.Journal(__file__)


def overlapping() -> object:
    """Bars put together by hand, past the checks of `from_frame`: the core looks again."""
    bars = days(A=[10, 11])
    twice = pl.concat([bars.frame.head(1), bars.frame.head(1)])
    return outcome(replace(bars, frame=twice), on_bar=lambda *_: None)


def without_ex_date() -> object:
    bars = days(A=[10, 11])
    row = {"asset": "A", "ex": None, "kind": "split", "numerator": 2, "denominator": 1, "amount": None, "pay": None}
    return outcome(replace(bars, actions=pl.DataFrame([row], schema=ACTIONS)), on_bar=lambda *_: None)


def breached() -> object:
    limits = wb.Limits(order_quantity=1, on_breach="raise")
    return outcome(days(A=[10, 11]), {"limits": limits}, on_bar=lambda self, ctx, bar: ctx.buy("A", 2))


def idle() -> object:
    return type("Idle", (wb.Strategy,), {})()


# Raised carries what a user's cost function raised, and that comes out as it is; its class is for want of it only.
# A LedgerError is a defect by definition: no public call may raise it, so its row has none. The Rust unit tests of
# ledger.rs and order.rs raise it from legs that do not sum to zero and from impossible changes of an order.
ROWS = [
    Row("BarsError", ValueError, "Bars", overlapping, "row 1 of A overlaps the row before it or ends before it opens"),
    Row(
        "DatasetError", ValueError, None, lambda: wb.Dataset.from_frame(pl.DataFrame({"eps": [1.0]})),
        "there is no column 'known_at' that says when each row became known;",
    ),
    Row(
        "NumberError", ValueError, "Number", asked(lambda ctx: ctx.buy("A", True)),
        'quantity must be a number, got True (bool); give 100, 0.5, "0.1" or a Decimal',
    ),
    Row(
        "OrderError", ValueError, "Order", asked(lambda ctx: ctx.target("A")),
        "target takes exactly one of quantity=, weight=, value=, all_in=True",
    ),
    Row(
        "ParameterError", ValueError, "Parameter", asked(lambda ctx: ctx.history("A", 1, field="vwap")),
        'field "vwap" is unknown; use open, high, low, close or volume',
    ),
    Row(
        "TimeError", ValueError, None, lambda: days(A=[10]).since("2024-01-01T00:00"),
        "since='2024-01-01T00:00' is naive;",
    ),
    Row(
        "UnknownAssetError", KeyError, "UnknownAsset", asked(lambda ctx: ctx.position("B")),
        "asset 'B' is not in this run; there are A",
    ),
    Row(
        "UnknownNameError", KeyError, None, asked(lambda ctx: ctx.data["earnings"]),
        "there is no dataset 'earnings': the run was given none;",
    ),
    Row("StrategyError", TypeError, "Raised", idle, "Idle would never decide anything;"),
    Row(
        "ContextError", RuntimeError, "Context", asked(lambda ctx: ctx.schedule(print, every="1d")),
        "schedule belongs into on_start; move the call there",
    ),
    Row(
        "LookaheadError", IndexError, "Lookahead", asked(lambda ctx: ctx.history("A", -1)),
        "history of -1 bars of A would lie ahead; n counts bars back from now, from 1 on",
    ),
    Row(
        "UndefinedError", LookupError, "Undefined", asked(lambda ctx: ctx.history("A", 9)),
        "history of 9 bars of A: 1 have closed; watch an indicator or start later",
    ),
    Row(
        "UnsupportedError", NotImplementedError, "Unsupported", asked(lambda ctx: ctx.buy("A", 1, iceberg=1)),
        'buy has no argument "iceberg"; an iceberg hides in an order book, and bars have no book;',
    ),
    Row(
        "RangeError", OverflowError, "Range", asked(lambda ctx: ctx.buy("A", "1e31")),
        "1e31 is beyond the exact range of +-(10^38 - 1)",
    ),
    Row(
        "LimitError", RuntimeError, "Limit", breached,
        "the limit order_quantity was breached by order 1, buy 2 A: 1 is allowed, it would be 2; at the bar that",
    ),
    Row("LedgerError", Exception, "Ledger", None, ""),
    Row("StorageError", OSError, None, lambda: wb.load("nowhere"), "there is no saved run at nowhere;"),
    Row("JournalError", OSError, "Journal", foreign_journal, f"{__file__} is no journal of workbench;"),
    Row("InternalError", RuntimeError, None, without_ex_date, "an action without ex-date reached the engine:"),
    Row("Interrupted", KeyboardInterrupt, None, interrupted, "stopped at 0% of the bars; nothing was kept"),
]  # fmt: skip
ABSTRACT = {"InputError", "WorkbenchError"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.call], ids=lambda row: row.error)
def test_every_error_is_raised(row: Row) -> None:
    assert row.call is not None
    with pytest.raises(row.base) as raised:
        row.call()
    assert type(raised.value) is getattr(errors, row.error)
    assert str(raised.value).startswith(row.message)


def test_every_class_has_its_row() -> None:
    assert sorted([row.error for row in ROWS] + sorted(ABSTRACT)) == sorted(errors.__all__)


def test_every_class_is_of_the_tree() -> None:
    """Two ways to catch: by the root, and by the class that Python has for it."""
    for row in ROWS:
        kind = getattr(errors, row.error)
        assert issubclass(kind, row.base)
        assert issubclass(kind, errors.WorkbenchError) is (row.error != "Interrupted")


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"^    [| ]*[|`]-- (\w+)(?: \((\w+)\))?", errors.__doc__ or "", re.MULTILINE)
    assert {name for name, _ in drawn} == set(errors.__all__) - {"WorkbenchError", "Interrupted"}
    for name, base in drawn:
        bases = [each.__name__ for each in getattr(errors, name).__mro__]
        assert not base or base in bases


def rust(path: str) -> str:
    source = ROOT / "native" / path
    if not source.is_file():
        pytest.skip("the core's source is a matter of the checkout, and this is none")
    return source.read_text()


def variants() -> list[str]:
    """The variants of the core's one error enum."""
    (body,) = re.findall(r"pub enum Error \{(.*?)\n\}", rust("market/src/error.rs"), re.DOTALL)
    return re.findall(r"^    (\w+)\(String\),$", body, re.MULTILINE)


def test_every_variant_of_the_core_has_its_row() -> None:
    assert len(variants()) > 5
    assert sorted(variants()) == sorted(row.variant for row in ROWS if row.variant)


def test_every_variant_becomes_the_class_of_its_row() -> None:
    mapped = re.findall(r'Error::(\w+)\(_\) => "(\w+)"', rust("python/src/errors.rs"))
    assert dict(mapped) == {row.variant: row.error for row in ROWS if row.variant}


def test_every_variant_is_raised_in_the_core() -> None:
    sources = [path.read_text() for path in (ROOT / "native").rglob("*.rs") if path.name != "errors.rs"]
    if not sources:
        pytest.skip("the core's source is a matter of the checkout, and this is none")
    made = {name for source in sources for name in re.findall(r"Error::(\w+)\(", source)}
    assert set(variants()) <= made


@pytest.mark.parametrize("source", ["engine/src/ledger.rs", "engine/src/life.rs"])
def test_the_ledger_error_has_unit_tests_in_rust(source: str) -> None:
    _, _, tests = rust(source).partition("#[cfg(test)]")
    assert "Err(Error::Ledger(_))" in tests


def test_an_unknown_asset_reads_as_a_sentence() -> None:
    """A plain KeyError would show its message in quotes."""
    with pytest.raises(KeyError) as raised:
        asked(lambda ctx: ctx.position("B"))()
    assert str(raised.value) == "asset 'B' is not in this run; there are A"
    assert str(errors.UnknownAssetError()) == str(errors.UnknownNameError()) == ""
