"""Orders of every kind through the public face; each expectation is worked by hand from the rules.

The one idea: a row is a few flat or four-price days of one asset, what is asked after which of them, and every fill as
(side, quantity, price, ambiguous) with the end of every order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, minutes, outcome, split

import workbench as wb
from workbench.errors import ParameterError

Ask = Callable[[wb.Context], object]
PROTECTED = {"stop_loss": 9, "take_profit": 12}
SWING = (10, 12.5, 8.8, 11)  # both exits in one bar
CLIMB = (10, 12.5, 9.4, 12.2)  # an entry at 9.5 and its target


def asking(asks: Mapping[int, Ask]) -> Any:
    """An on_slice that asks after the slices of these numbers."""

    def on_slice(self: Any, ctx: wb.Context, bars: object) -> None:
        self._n = getattr(self, "_n", -1) + 1
        if self._n in asks:
            asks[self._n](ctx)

    return on_slice


def buying(quantity: float = 10, **options: Any) -> Ask:
    return lambda ctx: ctx.buy("A", quantity, **options)


def selling(quantity: float = 10, **options: Any) -> Ask:
    return lambda ctx: ctx.sell("A", quantity, **options)


def both(*asks: Ask) -> Ask:
    return lambda ctx: [ask(ctx) for ask in asks]


ROWS: dict[str, tuple[list[Any], dict[str, Any], dict[int, Ask], list[tuple[Any, ...]], list[str]]] = {
    "high first: the target": (
        [10, SWING], {"path": "open_high_low_close"}, {0: buying(**PROTECTED)},
        [("buy", 10, 10, False), ("sell", 10, 12, True)], ["FILLED", "CANCELED", "FILLED"],
    ),
    "low first: the stop": (
        [10, SWING], {"path": "open_low_high_close"}, {0: buying(**PROTECTED)},
        [("buy", 10, 10, False), ("sell", 10, 9, True)], ["FILLED", "FILLED", "CANCELED"],
    ),
    "a target after its entry, low first": (
        [10, CLIMB], {"path": "open_low_high_close"}, {0: buying(limit=9.5, **PROTECTED)},
        [("buy", 10, 9.5, False), ("sell", 10, 12, True)], ["FILLED", "CANCELED", "FILLED"],
    ),
    "a target after its entry, on the way to the close": (
        [10, CLIMB], {"path": "open_high_low_close"}, {0: buying(limit=9.5, **PROTECTED)},
        [("buy", 10, 9.5, False), ("sell", 10, 12, True)], ["FILLED", "CANCELED", "FILLED"],
    ),
    "a stop-limit whose limit the close allows": (
        [10, (10.5, 11.5, 10.4, 10.7)], {}, {0: buying(stop=11, limit=10.8)}, [("buy", 10, 10.8, True)], ["FILLED"],
    ),
    "a stop-limit whose limit the close forbids": (
        [10, (10.5, 11.5, 10.4, 11.4), (11.2, 11.3, 10.7, 11)], {}, {0: buying(stop=11, limit=10.8)},
        [("buy", 10, 10.8, False)], ["FILLED"],
    ),
    "a stop-limit on a path that comes back": (
        [10, (10.5, 11.5, 10.4, 11.4)], {"path": "open_high_low_close"}, {0: buying(stop=11, limit=10.8)},
        [("buy", 10, 10.8, True)], ["FILLED"],
    ),
    "a stop-limit never slips beyond its limit": (
        [10, (10.5, 11.5, 10.4, 11)], {"slippage": wb.slippage.bps(200)}, {0: buying(stop=11, limit=11.1)},
        [("buy", 10, 11.1, False)], ["FILLED"],  # 11.22 without the limit
    ),
    "exits in parts of the fill price": (
        [10, 10, (10, 11, 9.6, 10.5)], {}, {0: buying(stop_loss_pct=0.05, take_profit_pct=0.1)},
        [("buy", 10, 10, False), ("sell", 10, 11, False)], ["FILLED", "CANCELED", "FILLED"],
    ),
    "a stop beyond the price its entry got": (
        [10, (10.5, 11, 8.5, 9)], {}, {0: buying(stop=11, stop_loss=8.8)},
        [("buy", 10, 11, False), ("sell", 10, 8.8, True)], ["FILLED", "FILLED"],
    ),
    "the user's own sale ends the protection": (
        [10, 10, 10], {}, {0: buying(**PROTECTED), 1: selling(10)},
        [("buy", 10, 10, False), ("sell", 10, 10, False)], ["FILLED", "CANCELED", "CANCELED", "FILLED"],
    ),
    "protection follows a split": (
        [10, 10, (5, 5, 4.4, 4.6)], {"actions": [split("A", 3, 2, 1)]}, {0: buying(**PROTECTED)},
        [("buy", 10, 10, False), ("sell", 20, 4.5, False)], ["FILLED", "FILLED", "CANCELED"],
    ),
    "a limit order of two linked entries is all the cash there is": (
        [10, (10, 11.2, 9.9, 11)], {"cash": 110}, {0: both(buying(limit=9, oco="g"), buying(stop=11, oco="g"))},
        [("buy", 10, 11, False)], ["CANCELED", "FILLED"],
    ),
    "without the link the second is denied": (
        [10, (10, 11.2, 9.9, 11)], {"cash": 110}, {0: both(buying(limit=9), buying(stop=11))}, [],
        ["END_OF_DATA", "DENIED"],
    ),
    "one name is a group of its own for each asset": (
        [10, (10, 10, 9, 9.5)], {},
        {0: both(buying(limit=9.5, oco="g"), lambda ctx: ctx.buy("B", 1, limit=9, oco="g"))},
        [("buy", 10, 9.5, False)], ["FILLED", "END_OF_DATA"],
    ),
    "nothing to reduce": ([10, 10], {}, {0: selling(reduce_only=True)}, [], ["DENIED"]),
    "a fill or kill larger than what is held": (
        [10, 10, 10], {}, {0: buying(5), 1: selling(6, tif="FOK")}, [("buy", 5, 10, False)], ["FILLED", "CANCELED"],
    ),
    "at the open of the next session": ([10, 11, 12], {}, {0: buying(on="open")}, [("buy", 10, 11, False)], ["FILLED"]),
    "at the close of the session": (
        [10, (11, 13, 11, 12)], {}, {0: buying(on="close")}, [("buy", 10, 12, False)], ["FILLED"],
    ),
    "a limit at the close that the close does not meet": (
        [10, (9, 13, 9, 12), 9], {}, {0: buying(on="close", limit=10)}, [], ["CANCELED"],
    ),
    "an open order under next_close": (
        [10, (11, 13, 11, 12)], {"fill": "next_close"}, {0: buying(on="open")}, [("buy", 10, 11, False)], ["FILLED"],
    ),
    "a day order under same_close is of the session it is asked in": (
        [10, 10], {"fill": "same_close", "volume_cap": 0.000005}, {0: buying(tif="DAY")}, [("buy", 5, 10, False)],
        ["EXPIRED"],
    ),
    "good until a date": (
        [10, 10, 10, (10, 10, 9, 9)], {}, {0: buying(limit=9, until="2024-01-03")}, [], ["EXPIRED"],
    ),
    "good until the last day it can be": (
        [10, 10, (10, 10, 9, 9)], {}, {0: buying(limit=9, until="2024-01-03")}, [("buy", 10, 9, False)], ["FILLED"],
    ),
    "a spread on both sides": (
        [10, 10, 10], {"slippage": wb.slippage.spread("0.02")}, {0: buying(), 1: selling()},
        [("buy", 10, 10.01, False), ("sell", 10, 9.99, False)], ["FILLED", "FILLED"],
    ),
    "latency of more than a day": (
        [10, 11, 12, 13], {"latency": 86_401}, {0: buying()}, [("buy", 10, 13, False)], ["FILLED"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("prices", "options", "asks", "fills", "ends"), ROWS.values(), ids=ROWS)
def test_order(
    prices: list[Any],
    options: dict[str, Any],
    asks: dict[int, Ask],
    fills: list[tuple[Any, ...]],
    ends: list[str],
) -> None:
    actions = options.get("actions", ())
    bars = days(A=prices, B=[10] * len(prices), actions=actions)
    chosen = {name: value for name, value in options.items() if name != "actions"}
    run = outcome(bars, chosen, on_slice=asking(asks))
    assert run.fills.select("side", "quantity", "price", "ambiguous").rows() == fills
    assert run.orders["status"].to_list() == ends


def half_hours(*opened: datetime) -> wb.Bars:
    return minutes(opened, "30m", "XNYS")


LATE = [datetime(2024, 1, 2, 19, 30, tzinfo=UTC), datetime(2024, 1, 2, 20, tzinfo=UTC)]
MORNING = datetime(2024, 1, 3, 14, 30, tzinfo=UTC)
MISSED = {
    "a day": (buying(limit=5, tif="DAY"), "EXPIRED"),
    "an auction at the close": (buying(on="close"), "CANCELED"),
}


@pytest.mark.parametrize(("ask", "status"), MISSED.values(), ids=MISSED)
def test_a_session_whose_last_bar_is_missing_ends_before_the_next_open(ask: Ask, status: str) -> None:
    """The bar from 20:30 to the close at 21:00 is missing; the next Open is that of the morning after."""
    run = outcome(half_hours(*LATE, MORNING), {}, on_slice=asking({1: ask}))
    assert run.fills.is_empty()
    assert run.orders.select("status", "ended").rows() == [(status, MORNING)]


def test_an_open_order_waits_for_the_first_bar_of_the_next_session_and_no_longer() -> None:
    noon = MORNING + timedelta(hours=1)
    run = outcome(half_hours(*LATE, MORNING, noon), {}, on_slice=asking({0: buying(on="open")}))
    assert run.fills.select("time", "moment").rows() == [(MORNING, "open")]
    later = outcome(half_hours(*LATE, MORNING + timedelta(days=1)), {}, on_slice=asking({0: buying(on="open")}))
    assert later.orders["status"].to_list() == ["CANCELED"]


def test_what_a_strategy_sees_of_a_bracket() -> None:
    seen: list[Any] = []

    def on_fill(self: object, ctx: wb.Context, fill: wb.Fill) -> None:
        seen.append((fill.order, fill.ambiguous, [(o.parent, o.type, o.tif) for o in ctx.open_orders]))

    def on_slice(self: object, ctx: wb.Context, bars: object) -> None:
        if ctx.now == at(2):
            assert ctx.buy("A", 10, stop_loss=9, take_profit=12, tif="IOC").tif == "IOC"

    run = outcome(days(A=[10, 10, SWING]), {}, on_slice=on_slice, on_fill=on_fill)
    children = [(1, "stop", "GTC"), (1, "limit", "GTC")]
    assert seen == [(1, False, children), (2, True, [])]
    assert run.orders.select("order", "parent", "origin", "reason").rows() == [
        (1, None, "order", None), (2, 1, "bracket", None), (3, 1, "bracket", "oco"),
    ]  # fmt: skip
    assert [notice.text for notice in run.notices] == ["1 fill could have gone another way inside the bar"]
    assert run.at("2024-01-03").position("A").quantity == 0
    assert run.at("2024-01-02").position("A").quantity == 10


EIGHT_HOURS = {
    "the target came first": (
        [(10, 10.5, 9.5, 10.2), (10.2, 12.5, 10, 12.4), (12.4, 12.4, 8.8, 11)], ("sell", 10, 12, False),
    ),
    "the stop came first": (
        [(10, 10.5, 8.8, 10.2), (10.2, 12.5, 10, 12.4), (12.4, 12.4, 11, 11)], ("sell", 10, 9, False),
    ),
    "a gap between two of them": (
        [(10, 10.5, 9.5, 10.2), (12.2, 12.5, 10, 12.4), (12.4, 12.4, 8.8, 11)], ("sell", 10, 12.2, False),
    ),
    "both in one of them: the stop": (
        [(10, 12.5, 8.8, 10.2), (10.2, 12.5, 10, 12.4), (12.4, 12.4, 11, 11)], ("sell", 10, 9, False),
    ),
    "none of them: only the range is known": ([], ("sell", 10, 9, True)),
}  # fmt: skip


def eight_hours(prices: list[tuple[float, ...]]) -> wb.Bars:
    """Bars of eight hours: flat ones on the first day, these on the second."""
    rows = [(10.0,) * 4] * 3 + prices
    columns: dict[str, Any] = {"open_time": [at(1) + timedelta(hours=8 * place) for place in range(len(rows))]}
    columns |= {name: [float(row[i]) for row in rows] for i, name in enumerate(("open", "high", "low", "close"))}
    return wb.Bars.from_frame(pl.DataFrame(columns), assets=[wb.Asset("A", price_digits=2)], every="8h")


@pytest.mark.parametrize(("prices", "exit_"), EIGHT_HOURS.values(), ids=EIGHT_HOURS)
def test_finer_bars_tell_the_path(prices: list[tuple[float, ...]], exit_: tuple[Any, ...], tmp_path: Path) -> None:
    run = outcome(days(A=[10, SWING]), {"path": eight_hours(prices)}, on_slice=asking({0: buying(**PROTECTED)}))
    assert run.fills.select("side", "quantity", "price", "ambiguous").rows() == [("buy", 10, 10, False), exit_]
    again = wb.load(run.save(tmp_path / "run"))
    assert again.at("2024-01-02").exact == run.at("2024-01-02").exact
    assert again.spec == run.spec


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param(
            lambda: days(B=[10, 10]), "path= has no bars of A; give finer Bars of every asset of the run", id="asset"
        ),
        pytest.param(
            lambda: days(A=[10, 10]),
            "path= has bars of 1d for bars of 1d: give shorter ones, such as every='1m'",
            id="length",
        ),
    ],
)
def test_what_is_no_finer_path_is_refused(path: Callable[[], wb.Bars], message: str) -> None:
    with pytest.raises(ParameterError) as raised:
        outcome(days(A=[10, 10]), {"path": path()}, on_slice=asking({}))
    assert str(raised.value) == message


def test_lots_decide_whose_cost_leaves() -> None:
    def ask(self: Any, ctx: wb.Context, bars: object) -> None:
        {at(2): buying(10), at(3): buying(10), at(4): selling(15)}.get(ctx.now, lambda _: None)(ctx)

    profits = {}
    for rule in ("average", "fifo", "lifo"):
        run = outcome(days(A=[10, 10, 12, 13]), {"lots": rule, "cash": 1000}, on_slice=ask)
        profits[rule] = -run.ledger.filter(account="realised")["amount"].sum()
    # 15 x 13 = 195 less 15 x 11, less 10 x 10 + 5 x 12, less 10 x 12 + 5 x 10.
    assert profits == {"average": 30, "fifo": 35, "lifo": 25}
