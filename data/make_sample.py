"""Make the embedded sample catalog, data/sample, from the public-domain prices of the package bokeh_sampledata.

Run it as ``python data/make_sample.py`` where workbench and bokeh_sampledata are installed. It prints what
it found and did and the table of checksums that data/README.md shows; the same versions of bokeh_sampledata and
polars give the same prices file and the same rows in the database.

The one idea: the source gives unadjusted bars and an adjusted close with about 14 digits. The ratio of the two is
constant between corporate actions, so it jumps exactly at them: on an ex-date by 1 + dividend / close of that day, at
a split by its ratio. A jump is accepted only when it is a whole ratio or a dividend in whole hundredths of a cent
within the error of the digits given; anything else stops the script.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bokeh_sampledata.stocks as source
import polars as pl

from workbench.market.adjustments import checked_actions
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.catalog import Catalog

if TYPE_CHECKING:
    from datetime import date

FOLDER: Final = Path(__file__).parent / "sample"
TICKERS: Final = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
SOURCE: Final = "Quandl WIKI Prices (public domain) from bokeh_sampledata"
JUMP_LEAST: Final = 1e-9  # ratios of neighbouring days agree to 1e-13 where nothing happened
AMOUNT_ERROR: Final = 1e-8  # of a dividend against its nearest whole 1/10,000 USD
RATIO_ERROR: Final = 1e-9  # of a split against its nearest ratio
SPLIT_LEAST: Final = 1.2  # a jump from here on is a split; no dividend here is 20% of its price


@dataclass(frozen=True)
class Jump:
    """One day on which close / adjusted close changed."""

    asset: str
    ex: date
    factor: float
    close: float


def raw(ticker: str) -> pl.DataFrame:
    """The source's table of one ticker: date, open, high, low, close, volume, adj_close."""
    return pl.DataFrame(getattr(source, ticker)).with_columns(pl.col("date").str.to_date())


def jumps(ticker: str, table: pl.DataFrame) -> list[Jump]:
    """Days on which adj_close / close differs from the day before."""
    ratio = pl.col("adj_close") / pl.col("close")
    marked = table.with_columns(factor=ratio / ratio.shift(1)).filter((pl.col("factor") - 1).abs() > JUMP_LEAST)
    return [Jump(ticker, r["date"], r["factor"], r["close"]) for r in marked.iter_rows(named=True)]


def action(jump: Jump) -> dict[str, object]:
    """The split or the dividend that a jump is, or an error when it is neither beyond doubt."""
    return split(jump) if jump.factor >= SPLIT_LEAST or jump.factor < 1 else dividend(jump)


def split(jump: Jump) -> dict[str, object]:
    """A split by the nearest ratio of small whole numbers."""
    ratio = Fraction(jump.factor).limit_denominator(20)
    if abs(float(ratio) - jump.factor) > RATIO_ERROR:
        raise SystemExit(f"{jump}: no ratio of small whole numbers")
    terms = {"numerator": ratio.numerator, "denominator": ratio.denominator}
    return {"asset": jump.asset, "ex": jump.ex, "kind": "split", **terms, "amount": None, "pay": None}


def dividend(jump: Jump) -> dict[str, object]:
    """A cash dividend, in whole hundredths of a cent."""
    exact = (jump.factor - 1) * jump.close
    amount = Decimal(round(exact * 10_000)).scaleb(-4).normalize()
    if abs(float(amount) - exact) > AMOUNT_ERROR:
        raise SystemExit(f"{jump}: {exact} is no whole number of hundredths of a cent")
    none = {"numerator": None, "denominator": None, "pay": None}
    return {"asset": jump.asset, "ex": jump.ex, "kind": "dividend", **none, "amount": amount}


def bars(ticker: str, table: pl.DataFrame) -> Bars:
    """Checked bars on cents and whole shares; from_frame counts and reports what it moves."""
    asset = Asset(ticker, price_digits=2, quantity_digits=0, currency="USD", calendar="XNYS")
    return Bars.from_frame(table.drop("adj_close"), asset, every="1d", calendar="XNYS", source=SOURCE)


def settle(path: Path) -> None:
    """Put fixed times for those of the making and write the database anew: the same prices give the same file."""
    fresh = path.with_suffix(".new")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        report = "json_set(report, '$.seconds', 0.0)"
        database.execute(f"UPDATE ingests SET began_us = 0, seconds = 0.0, report = {report}")
        for command in ("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 1024", f"VACUUM INTO '{fresh}'"):
            database.execute(command)
    fresh.replace(path)


def main() -> None:
    """Make the catalog anew and print what was found."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    rows: list[dict[str, object]] = []
    parts: list[Bars] = []
    for ticker in TICKERS:
        table = raw(ticker)
        made = bars(ticker, table)
        found = [action(jump) for jump in jumps(ticker, table)]
        moved = " ".join(str(notice) for notice in made.notices)
        first, *_, last = table["date"].to_list()
        counts = f"missing {made.gaps[ticker]}, actions {len(found)}"
        print(f"{ticker}: {len(made)} bars, {first} to {last}, {counts}; {moved}")
        rows += found
        parts.append(made)
    assets = tuple(asset for made in parts for asset in made.assets)
    actions = checked_actions(pl.DataFrame(rows, infer_schema_length=None), assets)
    catalog = Catalog(FOLDER)
    catalog.ingest(Bars(pl.concat([made.frame for made in parts]), actions, assets, "1d", SOURCE))
    catalog.close()
    settle(FOLDER / "catalog.sqlite")
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"| {path.relative_to(FOLDER)} | {path.stat().st_size:,} | `{digest}` |")


if __name__ == "__main__":
    main()
