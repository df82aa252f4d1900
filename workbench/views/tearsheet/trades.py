"""The section of trades: long and short, how long, how far they went, and each of the last ones."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import polars as pl

from workbench.analytics.metrics import cents, in_unit
from workbench.views.tables import minute, table, trades_table
from workbench.views.tearsheet.parts import SHARES, Scale, block
from workbench.views.tearsheet.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from workbench.views.tearsheet.facts import Facts

__all__ = ["trades"]

HEAD: Final = ("Trades", "Open", "Win rate", "Profit factor", "Average", "Profit", "Bars held")
AMBIGUOUS_MAX: Final = 20
COUNTS: Final = Scale("{:,.0f}".format, "{:,.0f}".format)
PATH: Final = (
    "Over the bars that lie whole between entry and exit, and the two prices themselves, in units of the trade's end; "
    "a bar in which an order filled counts by that price alone, as nobody knows what came first in it."
)


def trades(facts: Facts) -> str:
    """Groups of trades, excursions, ambiguous fills, the last trades."""
    last = block(
        "Trades", trades_table(facts.run), "From flat to flat. Profit is after fees and with dividends, return is "
        "profit / cost of the entries; an open one is marked at the last close.", "times in UTC",
    )  # fmt: skip
    if not facts.run.trades.height:
        return last
    sides = table(("Side", *HEAD), _groups(facts.by_side, "side"), text_columns=1)
    held = table(("Bars", *HEAD), _groups(facts.by_holding.filter(pl.col("trades") > 0), "held"), text_columns=1)
    note = "Win rate, profit factor and average are of closed trades, profit is of all."
    return (
        block("Long and short", sides, note, facts.run.currency)
        + block("By holding time", held, f"Bars from entry to exit. {note}", facts.run.currency)
        + _excursions(facts)
        + _ambiguous(facts)
        + last
    )


def _groups(rows: pl.DataFrame, name: str) -> list[tuple[str, ...]]:
    return [_group(row, name) for row in rows.iter_rows(named=True)]


def _group(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    numbers = (in_unit(unit, row[key]) for key, unit in (("win_rate", "percent"), ("profit_factor", "ratio")))
    average = "-" if row["average"] is None else cents(row["average"])
    whole = (str(row[name]), f"{row['trades']:,}", f"{row['open']:,}", *numbers)
    return (*whole, average, cents(row["profit"]), f"{row['bars']:,.1f}")


def _excursions(facts: Facts) -> str:
    known = facts.trades.drop_nulls(["mae", "mfe", "return"])
    if known.is_empty():
        return ""
    against = scatter(known, "mae", f"Return of each trade of {facts.run.name} by its MAE", "against it (MAE)", SHARES)
    gained = scatter(known, "mfe", f"Return of each trade of {facts.run.name} by its MFE", "for it (MFE)", SHARES)
    long = scatter(known, "bars", f"Return of each trade of {facts.run.name} by bars held", "bars held", COUNTS)
    note = f"How far the price went against each trade, and for it, as parts of the entry price. {PATH}"
    three = f'<div class="wb-beside">{against}{gained}{long}</div>'
    return block("Return by excursion and holding time", three, note, "a dot for each trade; up is its return")


def _ambiguous(facts: Facts) -> str:
    rows = facts.ambiguous
    note = (
        "A bar can hold more than one order of events; where another one would have filled otherwise, it is told here."
    )
    if rows.is_empty():
        return block("Ambiguous fills", '<p class="wb-more">None: no bar left open what happened in it.</p>', note)
    cut = f"The first {AMBIGUOUS_MAX} of {rows.height:,}; all of them: run.fills.filter(pl.col('ambiguous'))"
    more = f'<p class="wb-more">{escape(cut)}</p>' if rows.height > AMBIGUOUS_MAX else ""
    shown = [
        (str(row["asset"]), minute(row["time"]), row["side"], f"{row['quantity']:,.8g}", f"{row['price']:,.12g}")
        for row in rows.head(AMBIGUOUS_MAX).iter_rows(named=True)
    ]
    filled = table(("Asset", "Time", "Side", "Quantity", "Price"), shown, text_columns=3)
    small = f"{rows.height:,} of {facts.run.fills.height:,} fills"
    return block("Ambiguous fills", more + filled, note, small)
