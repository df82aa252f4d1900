"""The embedded sample: known events, checksums, and its source where that is installed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from workbench.market import catalog
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar

DATA = Path(__file__).parents[2] / "data"
NAMES = ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
SAMPLE = catalog.sample()


@pytest.mark.parametrize(
    ("asset", "first", "count"),
    [
        ("AAPL", date(2000, 3, 1), 3270),
        ("FB", date(2012, 5, 18), 196),
        ("GOOG", date(2004, 8, 19), 2148),
        ("IBM", date(2000, 3, 1), 3270),
        ("MSFT", date(2000, 3, 1), 3270),
    ],
    ids=NAMES,
)
def test_span(asset: str, first: date, count: int) -> None:
    bars = SAMPLE[asset]
    sessions = bars.frame["session"]
    assert (sessions[0], sessions[-1], len(bars)) == (first, date(2013, 3, 1), count)
    assert sessions.to_list() == Calendar("XNYS").sessions(first, date(2013, 3, 1))
    assert bars.gaps == {asset: 0}
    attributes = bars.assets[0].attributes()
    assert [attributes[k] for k in ("price_digits", "quantity_digits", "currency", "calendar")] == [2, 0, "USD", "XNYS"]


@pytest.mark.parametrize("asset", NAMES)
def test_the_files_pass_the_door_as_they_are(asset: str) -> None:
    bars = SAMPLE[asset]
    again = Bars.from_frame(bars.frame, assets=bars.assets, actions=bars.actions)
    assert again.notices == ()
    assert again.fingerprint == bars.fingerprint


GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "hashes.json").read_text())["sample"]


@pytest.mark.parametrize(("asset", "fingerprint"), [*zip(NAMES, GOLDEN, strict=True)], ids=NAMES)
def test_the_bars_are_those_of_the_first_sample(asset: str, fingerprint: str) -> None:
    """Taken when the sample was a folder of plain Parquet files, so the way they are stored now changes nothing."""
    assert SAMPLE[asset].fingerprint == fingerprint


# Sources: the companies' own announcements (IBM's dividend history, Microsoft's and Apple's investor pages).
SPLITS = [
    ("AAPL", date(2000, 6, 21), 2, 1),
    ("AAPL", date(2005, 2, 28), 2, 1),
    ("MSFT", date(2003, 2, 18), 2, 1),
]
DIVIDENDS = [
    ("AAPL", date(2012, 8, 9), "2.65"),
    ("AAPL", date(2012, 11, 7), "2.65"),
    ("AAPL", date(2013, 2, 7), "2.65"),
    ("MSFT", date(2003, 2, 19), "0.08"),
    ("MSFT", date(2004, 11, 15), "3.08"),
    ("MSFT", date(2013, 2, 19), "0.23"),
    ("IBM", date(2000, 5, 8), "0.13"),
    ("IBM", date(2005, 5, 6), "0.20"),
    ("IBM", date(2008, 5, 7), "0.50"),
    ("IBM", date(2013, 2, 6), "0.85"),
]


def test_all_splits() -> None:
    splits = SAMPLE[NAMES].actions.filter(pl.col("kind") == "split")
    assert splits.select("asset", "ex", "numerator", "denominator").rows() == SPLITS


@pytest.mark.parametrize(("asset", "ex", "amount"), DIVIDENDS, ids=[f"{a} {d}" for a, d, _ in DIVIDENDS])
def test_known_dividends(asset: str, ex: date, amount: str) -> None:
    found = SAMPLE[asset].actions.filter((pl.col("ex") == ex) & (pl.col("kind") == "dividend"))
    assert found["amount"].to_list() == [Decimal(amount)]


@pytest.mark.parametrize(
    ("asset", "years"),
    [("AAPL", {2012: 2, 2013: 1}), ("IBM", dict.fromkeys(range(2001, 2013), 4)), ("FB", {}), ("GOOG", {})],
    ids=["AAPL", "IBM every quarter", "FB none", "GOOG none"],
)
def test_how_often_dividends_come(asset: str, years: dict[int, int]) -> None:
    paid = SAMPLE[asset].actions.filter(pl.col("kind") == "dividend")["ex"].dt.year().to_list()
    assert {year: paid.count(year) for year in years} == years
    assert bool(paid) == bool(years)


def test_half_days_close_early() -> None:
    closes = SAMPLE["IBM"].between("2012-07-02", "2012-07-03").frame["time"]
    assert [str(t) for t in closes] == ["2012-07-02 20:00:00+00:00", "2012-07-03 17:00:00+00:00"]


def test_checksums_stand_in_the_readme() -> None:
    text = (DATA / "README.md").read_text()
    told = dict(re.findall(r"^\| (\S+\.(?:parquet|sqlite)) \| [\d,]+ \| `([0-9a-f]{64})` \|$", text, re.MULTILINE))
    paths = [path for path in (DATA / "sample").rglob("*") if path.is_file()]
    files = {str(p.relative_to(DATA / "sample")): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
    assert told == files


@pytest.fixture(scope="module")
def script() -> ModuleType:
    pytest.importorskip("bokeh_sampledata", reason="the source of the sample is needed only to make it")
    spec = importlib.util.spec_from_file_location("make_sample", DATA / "make_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["make_sample"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("asset", NAMES)
def test_the_source_gives_the_same_bars(script: ModuleType, asset: str) -> None:
    made = script.bars(asset, script.raw(asset))
    assert made.frame.equals(SAMPLE[asset].frame)


@pytest.mark.parametrize("asset", ["AAPL", "IBM", "MSFT"])
def test_the_actions_explain_the_adjusted_close(script: ModuleType, asset: str) -> None:
    """Back from the last close: each event divides by its factor; the source's own adjusted close comes out."""
    table = script.raw(asset)
    adjusted, factor = table["adj_close"].to_list(), 1.0
    events = {row["ex"]: row for row in SAMPLE[asset].actions.iter_rows(named=True)}
    last = adjusted[-1] / table["close"][-1]
    for i in range(table.height - 1, -1, -1):
        assert table["close"][i] * last / factor == pytest.approx(adjusted[i], rel=1e-9)
        if event := events.get(table["date"][i]):
            dividend = float(event["amount"] or 0) / table["close"][i]
            factor *= (event["numerator"] or 1) / (event["denominator"] or 1) * (1 + dividend)


@pytest.mark.parametrize(
    ("factor", "close", "message"),
    [(1.37, 10.0, "no ratio"), (1.0012345, 10.0, "no whole number")],
    ids=["a strange ratio", "a strange amount"],
)
def test_what_cannot_be_explained_stops_the_script(
    script: ModuleType, factor: float, close: float, message: str
) -> None:
    with pytest.raises(SystemExit, match=message):
        script.action(script.Jump("X", date(2000, 1, 3), factor + 1e-6, close))
