"""How Bars look as plain text: notices first, then a header and a small table; the twin of the HTML in views.

The one idea: the facts are gathered once in `facts`, one row for each asset, and every picture is made from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from workbench.market.bars import Bars

__all__ = ["Facts", "bars_text", "facts", "headline"]

ASSETS_SHOWN_MAX: Final = 12
COLUMNS: Final = ("asset", "bars", "missing", "first", "last", "low", "high", "close", "splits", "dividends")


class Facts(NamedTuple):
    """What is said of one asset, as text."""

    asset: str
    bars: str
    missing: str
    first: str
    last: str
    low: str
    high: str
    close: str
    splits: str
    dividends: str


def facts(bars: Bars, most: int = ASSETS_SHOWN_MAX) -> list[Facts]:
    """One row for each of the first `most` assets.

    Example:
        >>> from workbench.market import catalog
        >>> facts(catalog.sample()["AAPL"])[0].splits
        '2'
    """
    shown = bars.assets[:most]
    frame = bars.frame.filter(pl.col("asset").is_in([str(a) for a in shown]))
    spans = frame.group_by("asset").agg(
        pl.len(),
        pl.col("session").first().alias("first"),
        pl.col("session").last().alias("last"),
        pl.col("low").min(),
        pl.col("high").max(),
        pl.col("close").last(),
    )
    found = {row["asset"]: row for row in spans.iter_rows(named=True)}
    return [_facts(bars, str(a), a.price_digits, found.get(a)) for a in shown]


def _facts(bars: Bars, asset: str, digits: int, row: dict[str, object] | None) -> Facts:
    kinds = bars.actions.filter(pl.col("asset") == asset)["kind"].to_list()
    acted = str(kinds.count("split")), str(kinds.count("dividend"))
    if row is None:
        return Facts._make((asset, "0", "0", "-", "-", "-", "-", "-", *acted))
    prices = [f"{row[name]:,.{digits}f}" for name in ("low", "high", "close")]
    counts = f"{row['len']:,}", f"{bars.gaps[asset]:,}"
    return Facts._make((asset, *counts, str(row["first"]), str(row["last"]), *prices, *acted))


def headline(bars: Bars) -> str:
    """One line: how many bars of how many assets, their length, calendar, gaps and source.

    Example:
        >>> from workbench.market import simulate
        >>> headline(simulate.bars("X", every="1h", n=3))
        'Bars: 3 x 1h of X, 24/7, USD, no bars missing, SYNTHETIC (simulate.bars seed 0)'
    """
    names = str(bars.assets[0]) if len(bars.assets) == 1 else f"{len(bars.assets)} assets"
    calendars = ", ".join(dict.fromkeys(a.calendar for a in bars.assets))
    currencies = ", ".join(dict.fromkeys(a.currency for a in bars.assets))
    gaps = sum(bars.gaps.values())
    missing = f"{gaps:,} bars missing" if gaps else "no bars missing"
    origin = f"SYNTHETIC ({bars.source})" if bars.synthetic else bars.source
    return f"Bars: {len(bars):,} x {bars.every} of {names}, {calendars}, {currencies}, {missing}, {origin}"


def bars_text(bars: Bars) -> str:
    """Notices, the headline and the table of assets, as plain text.

    Example:
        >>> from workbench.market import simulate
        >>> print(bars_text(simulate.bars("X", every="1d", n=3, seed=1)))
        Bars: 3 x 1d of X, 24/7, USD, no bars missing, SYNTHETIC (simulate.bars seed 1)
        asset  bars  missing       first        last    low    high   close  splits  dividends
        X         3        0  2020-01-01  2020-01-03  98.23  103.89  102.61       0          0
    """
    lines = [f"! {notice}" for notice in bars.notices]
    table = [COLUMNS, *facts(bars)]
    widths = [max(len(row[i]) for row in table) for i in range(len(COLUMNS))]
    lines += [headline(bars), *(_line(row, widths) for row in table)]
    rest = len(bars.assets) - ASSETS_SHOWN_MAX
    return "\n".join([*lines, f"... and {rest} more assets: bars.assets"] if rest > 0 else lines)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
    return "  ".join([row[0].ljust(widths[0]), *cells[1:]])
