"""How Bars and datasets look as plain text: notices, a headline and a small table; the twin of the HTML in views.

The one idea: the facts are gathered once, one row for each asset or column, and every picture is made from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from workbench.market.aligned import aligned

if TYPE_CHECKING:
    from workbench.market.bars import Bars
    from workbench.market.datasets import Dataset

__all__ = [
    "COLUMN_FACTS",
    "Facts",
    "bars_text",
    "column_facts",
    "dataset_headline",
    "dataset_text",
    "facts",
    "headline",
]

ASSETS_SHOWN_MAX: Final = 12
TEXT_MAX: Final = 40
COLUMN_FACTS: Final = ("column", "type", "missing", "latest")
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
    lines += [headline(bars), *aligned([COLUMNS, *facts(bars)])]
    rest = len(bars.assets) - ASSETS_SHOWN_MAX
    return "\n".join([*lines, f"... and {rest} more assets: bars.assets"] if rest > 0 else lines)


def column_facts(dataset: Dataset) -> list[tuple[str, ...]]:
    """A row for each column but known_at: its name, type, how many values are missing, and the value of the last row.

    Example:
        >>> from workbench.market.datasets import Dataset
        >>> column_facts(Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "eps": [2.18]})))
        [('eps', 'Float64', '0', '2.18')]
    """
    columns = dataset.frame.drop("known_at").get_columns()
    return [(c.name, str(c.dtype), f"{c.null_count():,}", _last(c)) for c in columns]


def _last(column: pl.Series) -> str:
    if column.is_empty() or column[-1] is None:
        return "-"
    text = str(column[-1])
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 3]}..."


def dataset_headline(dataset: Dataset) -> str:
    """One line: the name, how many rows about how many assets, and from when to when they became known.

    Example:
        >>> from workbench.market.datasets import Dataset
        >>> made = Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "eps": [2.18]}), name="earnings")
        >>> dataset_headline(made)
        'Dataset earnings: 1 row, known 2024-01-25 21:30 UTC'
    """
    name, rows, count = f" {dataset.name}" if dataset.name else "", len(dataset), len(dataset.assets)
    about = f" about {dataset.assets[0] if count == 1 else f'{count:,} assets'}" if count else ""
    ends = [f"{at:%Y-%m-%d %H:%M}" for at in dataset.frame["known_at"][[0, -1]]] if rows else []
    known = f", known {' to '.join(dict.fromkeys(ends))} UTC" if ends else ""
    return f"Dataset{name}: {rows:,} row{'' if rows == 1 else 's'}{about}{known}"


def dataset_text(dataset: Dataset) -> str:
    """Notices, the headline and the table of columns, as plain text.

    Example:
        >>> from workbench.market.datasets import Dataset
        >>> print(dataset_text(Dataset.from_frame(pl.DataFrame({"known_at": ["2024-01-25T21:30Z"], "eps": [2.18]}))))
        Dataset: 1 row, known 2024-01-25 21:30 UTC
        column     type  missing  latest
        eps     Float64        0    2.18
    """
    notices = [f"! {notice}" for notice in dataset.notices]
    return "\n".join([*notices, dataset_headline(dataset), *aligned([COLUMN_FACTS, *column_facts(dataset)])])
