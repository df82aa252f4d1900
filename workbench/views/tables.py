"""Tables: of the months, drawdowns and trades of a tearsheet, and of any rows, as HTML and as lines of text."""

from __future__ import annotations

from calendar import month_abbr
from html import escape
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.analytics.drawdown import worst_drawdowns
from workbench.analytics.metrics import cents
from workbench.analytics.returns import monthly_returns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from workbench.views.run_view import RunView

__all__ = ["HEAT_MAX", "drawdowns_table", "heat_table", "minute", "months_table", "table", "trades_table"]

TRADES_MAX: Final = 100
HEAT_MAX: Final = 62.0
MONTHS: Final = tuple(month_abbr[1:])


def months_table(closes: pl.DataFrame) -> str:
    """Returns by month in percent, a row per year with its own return, coloured by sign and size."""
    months = monthly_returns(closes)
    whole = months.group_by("year", maintain_order=True).agg((pl.col("return") + 1).product() - 1)
    return heat_table(months, dict(whole.iter_rows()))


def heat_table(months: pl.DataFrame, years: Mapping[int, float]) -> str:
    """A part for each month in percent, coloured by sign and size, a row for each year with its own part at the end.

    Args:
        months: rows of year, month, return.
        years: what stands at the end of each row.
    """
    strong = months["return"].abs().quantile(0.95) or 1.0
    head = "".join(f'<th scope="col">{name}</th>' for name in ("", *MONTHS, "Year"))
    parts = {key[0]: dict(rows.select("month", "return").iter_rows()) for key, rows in months.group_by("year")}
    rows = "".join(_year(year, parts[year], whole, strong) for year, whole in years.items())
    table = f'<table class="wb-table wb-months"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="wb-scroll">{table}</div>'


def _year(year: int, found: Mapping[int, float], whole: float, strong: float) -> str:
    body = "".join(_month(found.get(month), strong) for month in range(1, 13))
    return f'<tr><th scope="row">{year}</th>{body}<td class="wb-year">{100 * whole:z,.1f}</td></tr>'


def _month(change: float | None, strong: float) -> str:
    if change is None:
        return "<td></td>"
    heat = min(abs(change) / strong, 1.0) * HEAT_MAX
    tone = "wb-gained" if change >= 0 else "wb-lost"
    return f'<td class="{tone}" style="--heat:{heat:.0f}">{100 * change:z,.1f}</td>'


def drawdowns_table(closes: pl.DataFrame, n: int = 5) -> str:
    """The deepest drawdowns; no text where there was none."""
    rows = worst_drawdowns(closes, n)
    head = ("Peak", "Trough", "Recovered", "Depth", "To trough", "To recovery")
    data = [
        (
            str(peak),
            str(trough),
            "not yet" if back is None else str(back),
            f"{depth:.2%}",
            f"{length:,}",
            _count(recovery),
        )
        for peak, trough, back, depth, length, recovery in rows.iter_rows()
    ]
    return table(head, data, text_columns=3) if data else ""


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def trades_table(run: RunView, most: int = TRADES_MAX) -> str:
    """The last `most` trades, newest first, with a line that says so where there are more."""
    total = run.trades.height
    if not total:
        return '<p class="wb-more">No trade was made.</p>'
    shown = run.trades.sort("entry_time", descending=True, maintain_order=True).head(most)
    digits = {str(asset): (asset.price_digits, asset.quantity_digits) for asset in run.bars.assets}
    head = ("Asset", "Entry", "Exit", "Quantity", "Entry price", "Exit price", "Bars", "Fees", "Profit", "Return")
    data = [_trade(row, *digits.get(row["asset"], (2, 8))) for row in shown.iter_rows(named=True)]
    cut = f"The last {most:,} of {total:,} trades, newest first; all of them: run.trades" if total > most else ""
    more = f'<p class="wb-more">{cut}</p>' if cut else ""
    return more + table(head, data, text_columns=3)


def _trade(row: dict[str, Any], price_digits: int, quantity_digits: int) -> tuple[str, ...]:
    places = {
        "quantity": quantity_digits,
        "entry_price": price_digits,
        "exit_price": price_digits,
    }
    numbers = {name: "-" if row[name] is None else f"{row[name]:,.{n}f}" for name, n in places.items()}
    exit_time = "open" if row["open"] else minute(row["exit_time"])
    gained = "-" if row["return"] is None else f"{row['return']:.2%}"
    return (
        str(row["asset"]), minute(row["entry_time"]), exit_time, numbers["quantity"], numbers["entry_price"],
        numbers["exit_price"], f"{row['bars']:,}", cents(row["fees"]), cents(row["profit"]), gained,
    )  # fmt: skip


def minute(time: object) -> str:
    """A time to the minute.

    Example:
        >>> from datetime import datetime
        >>> minute(datetime(2024, 1, 2, 21, 0, 59))
        '2024-01-02 21:00'
    """
    when: datetime = time  # type: ignore[assignment]  # the schema says so
    return when.strftime("%Y-%m-%d %H:%M")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int) -> str:
    """A table whose first columns are text; negative numbers in columns with signs are shown as losses."""
    titles = "".join(f'<th scope="col"{_kind(i, text_columns)}>{escape(t)}</th>' for i, t in enumerate(head))
    body = "".join(f"<tr>{_cells(row, text_columns)}</tr>" for row in rows)
    table = f'<table class="wb-table wb-wide"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="wb-scroll">{table}</div>'


def _cells(row: Sequence[str], text_columns: int) -> str:
    return "".join(f"<td{_kind(i, text_columns, text)}>{escape(text)}</td>" for i, text in enumerate(row))


def _kind(index: int, text_columns: int, text: str = "") -> str:
    if index < text_columns:
        return ' class="wb-text"'
    return ' class="wb-down"' if text.startswith("-") and len(text) > 1 else ""
