"""Linear perpetuals, worked by hand: what is paid when, what counts in equity, funding and the price of a margin call.

The days are those of `hand_made`: what is asked after the first fills at the open of the second, which is 00:00 UTC, as
is the close of the day before. Cash is 10,000 USD; a contract is one unit, 10% of which must be one's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, run_of, strategy

import workbench as wb
from workbench.errors import DatasetError, JournalError, ParameterError, UnsupportedError, WorkbenchError

Ask = Callable[[wb.Context], object]
NAME = "A/USD"


def bars_of(prices: list[Any], **terms: Any) -> wb.Bars:
    margins = {"initial_margin": "0.1", "maintenance_margin": "0.05"}
    asset = wb.Asset(NAME, kind="perpetual", **{**margins, **terms})
    return replace(days(**{NAME: prices}), assets=(asset,))


def buy(quantity: float, **options: Any) -> Ask:
    return lambda ctx: ctx.buy(NAME, quantity, **options)


def sell(quantity: float, **options: Any) -> Ask:
    return lambda ctx: ctx.sell(NAME, quantity, **options)


def funding(*rows: tuple[datetime, float | str, float | None]) -> wb.Dataset:
    """Time, rate and mark of each row."""
    frame = pl.DataFrame(
        {
            "known_at": [row[0] for row in rows],
            "asset": NAME,
            "rate": [Decimal(str(row[1])) for row in rows],
            "mark": [row[2] for row in rows],
        },
        {"known_at": pl.Datetime("us", "UTC"), "asset": pl.String, "rate": pl.Decimal(38, 12), "mark": pl.Float64},
    )
    return wb.Dataset.from_frame(frame, name="funding")


def legs(run: wb.Run, event: str) -> list[tuple[str, str]]:
    rows = run.exact.ledger.filter(event=event)
    return [(account, f"{amount.normalize():f}") for account, amount in rows.select("account", "amount").iter_rows()]


def test_a_purchase_moves_its_fee_alone_and_a_reduction_what_it_gains() -> None:
    # 10 at 100 (fee 1), worth 10 x (110 - 100) more at the second close; 4 leave at 110: 40 and a fee of 0.44.
    run = run_of(bars_of([100, (100, 110, 100, 110), 110, 105]), {1: buy(10), 2: sell(4)}, fees=wb.fees.bps(10))
    assert legs(run, "fill") == [
        ("cash", "-1"), ("fees", "1"), ("cash", "39.56"), ("realised", "-40"), ("fees", "0.44"),
    ]  # fmt: skip
    rows = run.exact.equity.select("cash", "positions").rows()
    assert rows == [
        (Decimal(10_000), Decimal(0)),
        (Decimal(9_999), Decimal(100)),
        (Decimal("10038.56"), Decimal(60)),
        (Decimal("10038.56"), Decimal(30)),
    ]
    assert dict(run.explain().total)["price"] == 70


def test_crossing_realises_all_and_opens_at_the_fill() -> None:
    # -5 from 100; 8 bought at 96 close them with 20 and leave 3 from 96, worth 3 x (99 - 96).
    run = run_of(bars_of([100, 100, 96, 99]), {1: sell(5), 2: buy(8)})
    assert legs(run, "fill") == [("cash", "20"), ("realised", "-20")]
    assert run.exact.equity.select("cash", "positions").row(-1) == (Decimal(10_020), Decimal(9))
    assert run.exact.trades.select("side", "profit").rows() == [("short", Decimal(20)), ("long", Decimal(9))]


# 10 are held from the second day's open on; the close of the second day is 110.
PAID: list[tuple[str, Ask, list[tuple[datetime, Any, Any]], list[str]]] = [
    ("longs pay a positive rate", buy(10), [(at(3), "0.0001", None)], ["-0.11"]),
    ("and get a negative one", buy(10), [(at(3), "-0.0001", None)], ["0.11"]),
    ("shorts get a positive rate", sell(10), [(at(3), "0.0001", None)], ["0.11"]),
    ("on the mark", buy(10), [(at(3), "0.0001", 109.0)], ["-0.109"]),
    ("what opens at that time is not held yet", buy(10), [(at(2), "0.0001", None)], []),
    ("before a close the last one counts", buy(10), [(at(2, 8), "0.0001", None)], ["-0.1"]),
    (
        "each at its own time",
        buy(10),
        [(at(2, 8), "0.0001", 101.0), (at(2, 16), "0.0002", 102.0)],
        ["-0.101", "-0.204"],
    ),
    ("nothing is no event", buy(10), [(at(3), 0, None)], []),
    ("at the end of the run none is paid", buy(10), [(at(4), "0.0001", None)], []),
    ("rounded half-even once", buy(1), [(at(3), "0.000000000001", "109.5")], ["-0.0000000001095"]),
]


@pytest.mark.parametrize(("ask", "rows", "expected"), [row[1:] for row in PAID], ids=[row[0] for row in PAID])
def test_funding(ask: Ask, rows: list[Any], expected: list[str]) -> None:
    given = funding(*((time, rate, None if mark is None else float(mark)) for time, rate, mark in rows))
    run = run_of(bars_of([100, (100, 110, 100, 110), 110]), {1: ask}, funding=given)
    paid = run.exact.ledger.filter(event="funding", account="cash")
    assert [f"{amount.normalize():f}" for amount in paid["amount"]] == expected
    assert paid["time"].to_list() == [time for time, _, _ in rows][: len(expected)]
    total = sum(map(Decimal, expected))
    assert dict(run.explain().total)["funding"] == total
    assert run.exact.trades["fees"][0] == -total
    assert not any(notice.kind == "funding" for notice in run.notices)


def test_funding_comes_before_interest_of_the_same_midnight() -> None:
    # 19 of B at 100 leave 1,000 - 1,900 = -900, and 1 x 10 x 10 of funding -1,000: a day of that at 3.6% is 0.1.
    prices = {NAME: [10, 10, 10, 10], "B": [100, 100, 100, 100]}
    bars = days(**prices)
    bars = replace(bars, assets=(bars_of([1]).assets[0], bars.assets[1]))
    account = wb.Margin(initial="0.1", maintenance="0.05", maintenance_short="0.05", interest_bps=360)
    asks: dict[int, Ask] = {1: lambda ctx: (ctx.buy("B", 19), ctx.buy(NAME, 1))}
    given = funding((at(3), "10", 10.0))
    run = run_of(bars, asks, cash=1_000, account=account, funding=given)
    order = run.exact.ledger.filter(pl.col("event").is_in(["funding", "interest"]), account="cash")
    rows = [
        (time, event, f"{amount.normalize():f}")
        for time, event, amount in order.select("time", "event", "amount").rows()
    ]
    assert rows[:2] == [(at(3), "funding", "-100"), (at(3), "interest", "-0.1")]


def test_a_perpetual_without_funding_is_told() -> None:
    run = run_of(bars_of([100, 100, 100]), {1: buy(1)})
    assert [notice.text for notice in run.notices] == ["no funding was paid for A/USD, as none was given"]
    assert not run_of(bars_of([100, 100, 100]), {}).notices


def test_the_price_of_a_margin_call_is_where_it_comes() -> None:
    # 100 at 100: 10,000 + 100 (p - 100) = 5 p at p = 0. Of 500: 10,000 + 500 (p - 100) = 25 p at p = 40,000 / 475.
    seen: list[Any] = []
    bars = bars_of([100, 100, 100])
    for quantity in (100, 500):
        run_of(bars, {1: buy(quantity), 3: lambda ctx: seen.append(ctx.position(NAME).exact.liquidation_price)})
    assert seen == [None, Decimal("84.210526315789")]
    called = run_of(bars_of([100, 100, 84.22, 84.22]), {1: buy(500)})
    assert called.orders.filter(origin="liquidation").is_empty()
    called = run_of(bars_of([100, 100, 84.21, 84.21]), {1: buy(500)})
    assert called.orders.filter(origin="liquidation")["status"].to_list() == ["FILLED"]


def test_shorts_of_a_perpetual_pay_no_borrow() -> None:
    run = run_of(bars_of([100, 100, 100, 100]), {1: sell(10)}, account=wb.Margin(borrow_bps=360))
    assert legs(run, "borrow") == []


def test_leverage_counts_what_contracts_are_worth() -> None:
    limits = wb.Limits(leverage=2)
    run = run_of(bars_of([100, 100, 100]), {1: buy(201), 2: buy(200)}, limits=limits)
    assert run.orders["status"].to_list() == ["DENIED", "FILLED"]


WRONG: list[tuple[str, dict[str, Any], type[WorkbenchError], str]] = [
    ("no dataset", {"funding": pl.DataFrame()}, ParameterError, "funding is a DataFrame; give a Dataset"),
    (
        "two of one time",
        {"funding": funding((at(2), 1, None), (at(2), 1, None))},
        DatasetError,
        "two rows of one asset",
    ),
    ("a mark of nothing", {"funding": funding((at(2), 1, 0.0))}, DatasetError, "mark 0.0 is no number above 0"),
    ("a rate beyond all", {"funding": funding((at(2), 11, None))}, DatasetError, "is no number from -10 to 10"),
    ("a cash account", {"account": None}, UnsupportedError, "kind='perpetual', which is held on margin"),
]


@pytest.mark.parametrize(("options", "kind", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_cannot_be_is_refused(options: dict[str, Any], kind: type[WorkbenchError], message: str) -> None:
    with pytest.raises(kind, match=message):
        run_of(bars_of([100, 100, 100]), {1: buy(1)}, **options)


def test_funding_of_what_is_no_perpetual_is_refused() -> None:
    with pytest.raises(DatasetError, match="has rows of A/USD, which has kind='equity'; take them out"):
        run_of(days(**{NAME: [1, 1]}), {}, funding=funding((at(2), 1, None)))
    with pytest.raises(ParameterError, match="funding= is for perpetuals, and the bars have none; leave it out"):
        run_of(days(B=[1, 1]), {}, funding=funding((at(2), 1, None)))
    elsewhere = wb.Dataset.from_frame(pl.DataFrame({"known_at": [at(2)], "asset": ["BTC"], "rate": [0.1]}))
    with pytest.raises(ParameterError, match=f"the bars, {NAME}, but of BTC; spell assets alike"):
        run_of(bars_of([100, 100, 100]), {}, funding=elsewhere)


def test_a_journal_tells_of_funding_and_comes_back(tmp_path: Path) -> None:
    given, log = funding((at(3), "0.0001", 109.0)), tmp_path / "run.journal"
    bars = bars_of([100, (100, 110, 100, 110), 110])

    def on_slice(self: Any, ctx: wb.Context, told: object) -> None:
        self.count = getattr(self, "count", 0) + 1
        if self.count == 1:
            ctx.buy(NAME, 10)

    test = wb.Backtest(strategy(on_slice=on_slice), bars, cash=10_000, account=wb.Margin(), funding=given)
    run = test.run(journal=log)
    found = wb.journal.read(log)
    row = found.events.filter(event="funding").row(0, named=True)
    assert row["time"] == at(3)
    assert found.rebuild(bars, funding=given).state_hash == run.state_hash
    assert found.seek(time="2024-01-04T00:00:00+00:00").positions[NAME][0] == 10
    with pytest.raises(JournalError, match=r"funding= is not that of the journal, which had one"):
        found.rebuild(bars)
    with pytest.raises(JournalError, match=r"settlement= is not that of the journal, which had none"):
        found.rebuild(bars, funding=given, settlement=given)
    with pytest.raises(ParameterError, match="rebuild: funding is a int; give the Dataset that the run had"):
        found.rebuild(bars, funding=3)  # type: ignore[arg-type]  # that is the point
    again = wb.load(run.save(tmp_path / "saved"))
    assert again.at("2024-01-03").exact == run.at("2024-01-03").exact
    assert "Expenses:Funding" in run.to_beancount(tmp_path / "run.beancount").read_text()


def test_exposure_of_contracts_is_undefined_with_a_reason() -> None:
    # 90 contracts at 100 are 90% of the equity, but `positions` holds what they have gained: nothing.
    metrics = run_of(bars_of([100, 100, 100]), {1: buy(90)}).metrics
    assert metrics.exposure is None
    assert metrics.reasons["exposure"].startswith("positions of futures and perpetuals are gains")
