"""A Run: its frames, their exact twins, trades worked by hand, and everything that is shown of it."""

from __future__ import annotations

import pickle
import re
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest
from hand_made import at, days, dividend, outcome, split

import workbench as wb
from workbench import ta
from workbench.analytics.metrics import FIGURES
from workbench.engine import events
from workbench.engine.events import exact_schema, float_schema
from workbench.errors import TimeError, UnsupportedError
from workbench.research import demo

FRAMES = {
    "fills": events.FILLS,
    "orders": events.ORDERS,
    "equity": events.EQUITY,
    "trades": events.TRADES,
    "ledger": events.LEDGER,
}


def script(**asked: Any) -> Any:
    """An on_slice that asks on some days: `d1=lambda ctx: ctx.buy("A", 1)`."""

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        asked.get(f"d{ctx.session.day}", lambda ctx: None)(ctx)

    return on_slice


def everything() -> wb.Run:
    """Two assets, all kinds of orders, a split with a fraction, dividends, costs, refusals and an open trade."""
    bars = days(
        A=[30, 30, 20, (20, 23, 18, 22), 22, 21],
        B=[5, 6, None, 7, 8, 9],
        actions=[split("A", 3, 3, 2), dividend("A", 4, "0.5", pay=6), dividend("B", 4, "0.25")],
    )
    asked = {
        "d1": lambda ctx: (ctx.buy("A", 5), ctx.target("B", weight=0.3), ctx.buy("A", 9, limit=1)),
        "d2": lambda ctx: (ctx.buy("A", 10_000), ctx.sell("A", 1, stop=5), ctx.record(x=1.5)),
        "d3": lambda ctx: (ctx.sell("A", 3, limit=23), ctx.target("B", quantity=1)),
        "d4": lambda ctx: (ctx.flatten("A"), ctx.sell("B", "0.4")),
        "d5": lambda ctx: ctx.rebalance({"B": 0.5}),
    }
    costs = {"fees": wb.fees.bps(10), "slippage": wb.slippage.bps(5)}
    return outcome(bars, costs, on_slice=script(**asked))


def nothing() -> wb.Run:
    return outcome(days(A=[10, 11]), on_bar=lambda *_: None)


RUNS = {"everything": everything, "nothing": nothing, "demo": demo.run}


@pytest.fixture(scope="module", params=RUNS.values(), ids=RUNS)
def run(request: pytest.FixtureRequest) -> wb.Run:
    return request.param()


@pytest.mark.parametrize("name", FRAMES)
def test_frames_follow_their_schemas(run: wb.Run, name: str) -> None:
    assert getattr(run, name).schema == float_schema(FRAMES[name])
    assert getattr(run.exact, name).schema == exact_schema(FRAMES[name])


@pytest.mark.parametrize("name", FRAMES)
def test_floats_are_the_nearest_of_the_exact(run: wb.Run, name: str) -> None:
    floats, exact = getattr(run, name), getattr(run.exact, name)
    for column, kind in exact.schema.items():
        given = exact[column].to_list()
        numbers = [None if x is None else float(x) for x in given] if isinstance(kind, pl.Decimal) else given
        assert floats[column].to_list() == numbers, column


def test_legs_sum_to_zero_at_every_event(run: wb.Run) -> None:
    sums = run.exact.ledger.group_by("sequence", "currency").agg(pl.col("amount").sum())
    assert sums["amount"].unique().to_list() == [Decimal(0)]


def test_the_ledger_adds_up_to_the_account(run: wb.Run) -> None:
    """Cash and receivable of the ledger are those of the last equity row; cost plus profit is the market value."""
    balance = dict(run.exact.ledger.group_by("account").agg(pl.col("amount").sum()).iter_rows())
    last = run.exact.equity.row(-1, named=True)
    assert (balance["cash"], balance.get("receivable", 0)) == (last["cash"], last["receivable"])
    assert balance["deposits"] == -run.deposits
    assert last["cash"] + last["positions"] + last["receivable"] == last["equity"] == run.final_equity


def test_profit_of_trades_is_the_profit_of_the_run(run: wb.Run) -> None:
    assert sum(run.exact.trades["profit"].to_list(), Decimal(0)) == run.final_equity - run.deposits


def test_equity_has_a_row_for_each_slice_in_order(run: wb.Run) -> None:
    assert run.equity["time"].to_list() == sorted(set(run.bars.frame["time"]))[-run.equity.height :]


def test_fills_sum_up_to_their_orders(run: wb.Run) -> None:
    filled = run.exact.fills.group_by("order").agg(pl.col("quantity").sum()).sort("order")
    known = run.exact.orders.filter(pl.col("filled") > 0).select("order", quantity="filled").sort("order")
    assert filled.rows() == known.rows()


Row = tuple[Any, ...]
# quantity, entry price, exit price, fees, dividends, profit, return, bars, open; entry and exit days.
TRADES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[Row]]] = {
    "partial exits: 48 + 78 for 110, 1 a trade": (
        {"A": [10, 11, 12, 13, 14]}, {"fees": wb.fees.per_trade(1)},
        {"d1": lambda ctx: ctx.buy("A", 10), "d2": lambda ctx: ctx.sell("A", 4), "d3": lambda ctx: ctx.sell("A", 6)},
        [("10", "11", "12.6", "3", "0", "13", 13 / 110, 2, False, 2, 4)],
    ),
    "two entries: 44 + 72 for 130": (
        {"A": [10, 11, 12, 13, 14]}, {},
        {"d1": lambda ctx: ctx.buy("A", 4), "d2": lambda ctx: ctx.buy("A", 6), "d3": lambda ctx: ctx.sell("A", 10)},
        [("10", "11.6", "13", "0", "0", "14", 14 / 116, 2, False, 2, 4)],
    ),
    "a split and a dividend inside: 120 + 10 x 0.5 for 100": (
        {"A": [20, 20, 10, 12, 12], "actions": [split("A", 3, 2, 1), dividend("A", 4, "0.5")]}, {},
        {"d1": lambda ctx: ctx.buy("A", 5), "d4": lambda ctx: ctx.sell("A", 10)},
        [("10", "10", "12", "0", "5", "25", 0.25, 3, False, 2, 5)],
    ),
    "a fraction is paid out: 7 x 22 + 0.5 x 20 for 150": (
        {"A": [30, 30, 20, 21, 22], "actions": [split("A", 3, 3, 2)]}, {},
        {"d1": lambda ctx: ctx.buy("A", 5), "d4": lambda ctx: ctx.sell("A", 7)},
        [("7.5", "20", "22", "0", "0", "14", 14 / 150, 3, False, 2, 5)],
    ),
    "open, marked at the last close, with a dividend due": (
        {"A": [10, 11, 12, 14], "actions": [dividend("A", 4, "2", pay=9)]}, {},
        {"d1": lambda ctx: ctx.buy("A", 10)},
        [("10", "11", None, "0", "20", "50", 50 / 110, 3, True, 2, None)],
    ),
    "open after a part was sold: 48 + 6 x 14 for 110": (
        {"A": [10, 11, 12, 14]}, {},
        {"d1": lambda ctx: ctx.buy("A", 10), "d2": lambda ctx: ctx.sell("A", 4)},
        [("10", "11", "12", "0", "0", "22", 22 / 110, 3, True, 2, None)],
    ),
    "one after the other: +10, then -5": (
        {"A": [10, 10, 12, 11, 10]}, {},
        {"d1": lambda ctx: ctx.buy("A", 5), "d2": lambda ctx: ctx.sell("A", 5),
         "d3": lambda ctx: ctx.buy("A", 5), "d4": lambda ctx: ctx.sell("A", 5)},
        [("5", "10", "12", "0", "0", "10", 10 / 50, 1, False, 2, 3),
         ("5", "11", "10", "0", "0", "-5", -5 / 55, 1, False, 4, 5)],
    ),
    "in and out in one bar: 24 for 20, 1 a share": (
        {"A": [10, (10, 12, 10, 11), 10]}, {"fees": wb.fees.per_share(1)},
        {"d1": lambda ctx: (ctx.buy("A", 2), ctx.sell("A", 2, limit=12))},
        [("2", "10", "12", "4", "0", "0", 0.0, 1, False, 2, 3)],
    ),
    "none": ({"A": [10, 11]}, {}, {}, []),
}  # fmt: skip


@pytest.mark.parametrize(("market", "options", "asked", "expected"), TRADES.values(), ids=TRADES)
def test_trades(market: dict[str, Any], options: dict[str, Any], asked: dict[str, Any], expected: list[Row]) -> None:
    run = outcome(days(**market), options, on_slice=script(**asked))
    frame = run.exact.trades
    numbers = ("quantity", "entry_price", "exit_price", "fees", "dividends", "profit")
    got = [
        (*(row[name] for name in numbers), row["return"], row["bars"], row["open"], row["entry_time"], row["exit_time"])
        for row in frame.iter_rows(named=True)
    ]
    assert got == [
        (*(x and Decimal(x) for x in row[:6]), *row[6:9], at(row[9]), row[10] and at(row[10])) for row in expected
    ]
    assert set(frame["side"]) <= {"long"}
    assert set(frame["asset"]) <= {"A"}


def test_metrics_are_all_there(run: wb.Run) -> None:
    assert set(run.metrics) == set(FIGURES)
    for name in FIGURES:
        assert run.metrics[name] is not None or run.metrics.reasons[name]


def test_metrics_of_a_run_worked_by_hand() -> None:
    """1,000 becomes 880 + 10 x (12, 15, 11): 1000, 1000, 1030, 990; one trade still open."""
    metrics = outcome(days(A=[10, 12, 15, 11]), on_slice=script(d1=lambda ctx: ctx.buy("A", 10))).metrics
    assert metrics.total_return == pytest.approx(-0.01, abs=1e-15)
    assert metrics.max_drawdown == pytest.approx(-40 / 1030, abs=1e-15)
    assert metrics.exposure == pytest.approx((0 + 120 / 1000 + 150 / 1030 + 110 / 990) / 4, abs=1e-15)
    assert (metrics.fees, metrics.win_rate) == (0.0, None)


def denied() -> wb.Run:
    return outcome(days(A=[10, 11]), on_slice=script(d1=lambda ctx: ctx.buy("A", 1000)))


def test_notices_come_first() -> None:
    run = denied()
    bundle = run._repr_mimebundle_()
    assert repr(run).startswith("! 1 order was denied at 2024-01-02 00:00 because cash was too little: ")
    assert bundle["text/plain"] == repr(run)
    html = bundle["text/html"]
    assert 0 < html.index("1 order was denied") < html.index('<p class="wb-title"')


def test_a_run_is_shown(run: wb.Run) -> None:
    assert f"Run of {run.name} on " in repr(run)
    assert f"became {run.final_equity:,.2f} USD" in repr(run)
    assert "<svg" in run._repr_mimebundle_()["text/html"]


def test_plot_is_a_figure(run: wb.Run) -> None:
    figure = run.plot()
    assert isinstance(figure, go.Figure)
    assert len(figure.data) >= 3


def test_the_tearsheet_stands_alone(run: wb.Run, tmp_path: Path) -> None:
    path = run.to_html(tmp_path / "sheet.html")
    html = path.read_text(encoding="utf-8")
    assert html == str(run.tearsheet())
    assert html.lower().startswith("<!doctype html>")
    assert re.findall(r"<(?:script|link|img|iframe)\b", html) == []
    assert re.findall(r"(?:src|href)\s*=\s*[\"']?(?!#)", html) == []
    assert re.findall(r"url\((?![\"']?#)|@import", html) == []
    for part in (run.bars.fingerprint, run.provenance["code hash"], f"{run.final_equity:f}"):
        assert part in html


def test_a_tearsheet_in_a_notebook() -> None:
    sheet = denied().tearsheet()
    bundle = sheet._repr_mimebundle_()
    assert bundle["text/plain"] == repr(sheet)
    assert re.findall(r"<(?:script|link|img|iframe|html|body)\b", bundle["text/html"]) == []
    assert "1 order was denied" in bundle["text/html"]


def test_provenance_is_whole(run: wb.Run) -> None:
    made = run.provenance
    for name in ("data hash", "code hash", "state hash"):
        assert re.fullmatch(r"[0-9a-f]{64}", made[name])
    assert made["data hash"] == run.bars.fingerprint
    assert made["state hash"] == run.state_hash
    assert made["final equity"] == f"{run.final_equity:f} USD"
    assert f"workbench {wb.__version__}, Python 3." in made["versions"]
    assert {"data source", "parameters", "seed"} <= set(made)


def test_the_spec_names_every_choice() -> None:
    spec = everything().spec
    assert (spec["strategy"], spec["assets"], spec["cash"]) == ("Script", ["A", "B"], "1000 USD")
    assert (spec["start"], spec["end"]) == (date(2024, 1, 1), date(2024, 1, 6))
    assert (spec["fill"], spec["volume_cap"], spec["warmup"], spec["seed"]) == ("next_open", None, True, 0)
    assert (spec["path"], spec["lots"], spec["account"]) == ("pessimistic", "average", "cash")
    assert "bps(10)" in str(spec["fees"])
    assert "bps(5)" in str(spec["slippage"])


# Bought 10 A at 12 on the second day; the order to sell them at 16 works from the second slice on.
def bought() -> wb.Run:
    asked = {"d1": lambda ctx: ctx.buy("A", 10), "d2": lambda ctx: ctx.sell("A", 10, limit=16)}
    return outcome(days(A=[10, 12, 15, 11]), on_slice=script(**asked))


MOMENTS: dict[str, tuple[Any, datetime, float, float, int]] = {
    "first session, before its orders": ("2024-01-01", at(2), 1000.0, 0.0, 0),
    "a date": (date(2024, 1, 2), at(3), 880.0, 10.0, 0),
    "a time is the last slice at or before it": (at(3, 12), at(3), 880.0, 10.0, 0),
    "the very close": (at(4), at(4), 880.0, 10.0, 1),
    "text with a zone": ("2024-01-04T01:00+01:00", at(4), 880.0, 10.0, 1),
    "the last session": ("2024-01-04", at(5), 880.0, 10.0, 1),
}


@pytest.mark.parametrize(("moment", "now", "cash", "held", "orders"), MOMENTS.values(), ids=MOMENTS)
def test_at(moment: Any, now: datetime, cash: float, held: float, orders: int) -> None:
    ctx = bought().at(moment)
    assert (ctx.now, ctx.cash, ctx.position("A").quantity, len(ctx.open_orders)) == (now, cash, held, orders)
    assert ctx.bars().frame["time"].max() == ctx.now
    assert list(ctx.history("A", 1)) == [ctx.position("A").price]


@pytest.mark.parametrize(("moment", "message"), [
    ("2023-12-31", r"at\('2023-12-31'\) lies before the first slice of the run, 2024-01-02 00:00:00\+00:00"),
    (datetime(2024, 1, 2), "is naive; add its zone"),  # noqa: DTZ001  # it is what is refused
    ("soon", "at='soon' cannot be read"),
], ids=["too early", "naive", "words"])  # fmt: skip
def test_at_refuses(moment: Any, message: str) -> None:
    with pytest.raises(TimeError, match=message):
        bought().at(moment)


def test_at_every_slice_is_what_the_strategy_saw() -> None:
    seen: list[Any] = []

    def look(ctx: wb.Context) -> Any:
        orders = [(o.id, o.status, o.quantity, o.filled) for o in ctx.open_orders]
        held = {a: tuple(p.exact) for a, p in ctx.positions.items()}
        return ctx.now, ctx.exact, held, orders, list(ctx.history("A", ctx.session.day)), ctx.bars().frame

    bars = everything().bars

    def on_start(self: Any, ctx: wb.Context) -> None:
        self.mean = ctx.watch(ta.sma(2))

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        seen.append(look(ctx))
        ctx.target("A", weight=0.1 * ctx.session.day)
        ctx.buy("B", 1, limit=6.5)

    run = outcome(bars, {"fees": wb.fees.bps(10)}, on_start=on_start, on_slice=on_slice)
    assert len(seen) == run.equity.height - 1
    for now, *rest, frame in seen:
        again = look(run.at(now))
        assert again[:-1] == (now, *rest)
        assert again[-1].equals(frame)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("trade", "did you mean trades?"),
        ("sharpe", "write run.metrics.sharpe"),
        ("audit", "write test.audit(), with the Backtest"),
        ("sweep", "write test.sweep(), with the Backtest"),
    ],
)
def test_names_that_are_not_there_are_answered(name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(f"Run has no attribute {name!r}; {hint}")):
        getattr(bought(), name)


def test_a_run_is_saved_and_not_pickled(run: wb.Run) -> None:
    with pytest.raises(UnsupportedError, match=r"cannot be pickled; write run\.save\(folder\) and wb\.load\(folder\)"):
        pickle.dumps(run)
    assert copy(run) is run


def test_a_moment_after_the_end_is_refused() -> None:
    with pytest.raises(TimeError, match="lies after the last slice"):
        bought().at("2030-01-01")


def test_a_parameter_that_a_strategy_changes_does_not_falsify_the_spec() -> None:
    class Counting(wb.Strategy):
        n: int = 10

        def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
            self.n += 1

    template = Counting()
    test = wb.Backtest(template, days(A=[1, 2, 3]))
    template.n = 99
    assert test.run().spec["parameters"] == {"n": "10"}


UNSEEN = [
    ("on_bar", ta.sma(5), "on_bar was never called where indicators lacked bars (A has 2 of 5)"),
    ("on_slice", ta.sma(5), "on_slice was given no bar where indicators lacked bars (A has 2 of 5)"),
    ("on_slice", ta.sma(5).on("B"), "on_slice was given no bar where indicators lacked bars (A had no value in 2)"),
]


@pytest.mark.parametrize(("hook", "indicator", "said"), UNSEEN, ids=["by bar", "by slice", "of another asset"])
def test_a_strategy_that_never_saw_a_bar_says_why(hook: str, indicator: wb.Indicator, said: str) -> None:
    asked = {"on_start": lambda self, ctx: ctx.watch(indicator), hook: lambda self, ctx, told: ctx.buy("A", 1)}
    run = outcome(days(A=[1, 2], B=[1, 2, 3, 4, 5]), **asked)
    assert [str(notice) for notice in run.notices if notice.kind == "waiting"] == [
        f"{said}: give more history or shorter windows"
    ]
