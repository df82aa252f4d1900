"""How far trades went against their holder and for him: bars and trades written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from workbench.analytics.excursions import excursions
from workbench.engine.events import FILLS, TRADES, float_schema
from workbench.market.bars import Bars

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
# Day by day: open, high, low, close.
PRICES = [(100, 110, 95, 105), (105, 120, 100, 115), (115, 125, 80, 90), (90, 130, 70, 100)]


def bars(rows: list[tuple[int, int, int, int]] = PRICES, actions: list[dict[str, object]] | None = None) -> Bars:
    columns = dict(zip(("open", "high", "low", "close"), map(list, zip(*rows, strict=True)), strict=True))
    days = [FIRST + timedelta(i) for i in range(len(rows))]
    return Bars.from_frame(
        pl.DataFrame({"open_time": days, **columns}),
        "X",
        every="1d",
        actions=pl.DataFrame(actions) if actions else None,
    )


def trade(side: str, entry: float, exit: float | None, begun: float, ended: float | None) -> pl.DataFrame:
    """A trade from one day to another, told in days after the first midnight."""
    row = {
        "asset": "X",
        "side": side,
        "entry_time": FIRST + timedelta(begun),
        "exit_time": None if ended is None else FIRST + timedelta(ended),
        "quantity": 1.0,
        "entry_price": entry,
        "exit_price": exit,
        "open": ended is None,
    }
    return pl.DataFrame([row], schema=float_schema(TRADES))


def exits(trades: pl.DataFrame, moment: str = "open") -> pl.DataFrame:
    """The fills that ended trades."""
    sides = {"long": "sell", "short": "buy"}
    rows = [
        {"asset": row["asset"], "time": row["exit_time"], "side": sides[row["side"]], "moment": moment}
        for row in trades.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=float_schema(FILLS))


UNTIL = FIRST + timedelta(4)


@pytest.mark.parametrize(
    ("given", "moment", "mae", "mfe"),
    [
        (trade("long", 100.0, 115.0, 0, 2), "open", 95 / 100 - 1, 120 / 100 - 1),
        (trade("short", 100.0, 115.0, 0, 2), "open", 1 - 120 / 100, 1 - 95 / 100),
        (trade("long", 105.0, 90.0, 1, 3), "open", 80 / 105 - 1, 125 / 105 - 1),
        (trade("long", 105.0, 140.0, 1, 1), "open", 0.0, 140 / 105 - 1),
        (trade("long", 105.0, 60.0, 1, 1.5), "open", 60 / 105 - 1, 0.0),
        (trade("long", 90.0, None, 3, None), "open", 70 / 90 - 1, 130 / 90 - 1),
        # A fill inside of a bar is stamped with its close: of the first and of the last bar only its price counts.
        (trade("long", 104.0, 98.0, 1, 3), "close", 98 / 104 - 1, 120 / 104 - 1),
        (trade("short", 104.0, 98.0, 1, 3), "close", 1 - 120 / 104, 1 - 98 / 104),
        (trade("long", 0.0, 90.0, 0, 2), "open", None, None),
    ],
    ids=[
        "long",
        "short",
        "two bars",
        "no bar between",
        "loss at once",
        "open",
        "inside of bars",
        "short, inside of bars",
        "no price",
    ],
)
def test_by_hand(given: pl.DataFrame, moment: str, mae: float | None, mfe: float | None) -> None:
    found = excursions(given, exits(given, moment), bars(), UNTIL)
    assert found["mae"].to_list() == pytest.approx([mae])
    assert found["mfe"].to_list() == pytest.approx([mfe])
    assert found.drop("mae", "mfe").equals(given)


def test_a_split_is_no_move() -> None:
    halved = [(100, 110, 95, 105), (105, 108, 96, 104), (52, 60, 50, 57), (57, 62, 40, 45)]
    split = [{"asset": "X", "ex": (FIRST + timedelta(2)).date(), "kind": "split", "numerator": 2, "denominator": 1}]
    given = trade("long", 50.0, 57.0, 0, 3)  # bought at 100, told in units of the end
    found = excursions(given, exits(given), bars(halved, split), UNTIL)
    assert found["mae"].item() == pytest.approx(47.5 / 50 - 1)
    assert found["mfe"].item() == pytest.approx(60 / 50 - 1)
    # Sold before the split, it is told in the old units.
    sold = trade("long", 100.0, 105.0, 0, 1)
    early = excursions(sold, exits(sold), bars(halved, split), UNTIL)
    assert early["mae"].item() == pytest.approx(95 / 100 - 1)
    assert early["mfe"].item() == pytest.approx(110 / 100 - 1)


def test_order_is_kept_and_bars_after_the_end_are_not_looked_at() -> None:
    both = pl.concat([trade("long", 115.0, None, 2, None), trade("long", 100.0, 105.0, 0, 1)])
    found = excursions(both, exits(both), bars(), FIRST + timedelta(3))
    assert found["entry_price"].to_list() == [115.0, 100.0]
    assert found["mae"].to_list() == pytest.approx([80 / 115 - 1, 95 / 100 - 1])


def test_without_bars_or_trades_there_is_nothing_to_tell() -> None:
    stranger = trade("long", 100.0, 105.0, 0, 1).with_columns(asset=pl.lit("Y"))
    assert excursions(stranger, exits(stranger), bars(), UNTIL)["mae"].to_list() == [None]
    assert excursions(stranger.clear(), exits(stranger), bars(), UNTIL).columns[-2:] == ["mae", "mfe"]
