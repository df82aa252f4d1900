"""What is held and what is missing, by calendars and by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import UnknownAssetError
from workbench.market import catalog as catalogs
from workbench.market import simulate
from workbench.market.bars import Bars, with_frame
from workbench.market.catalog import Catalog
from workbench.market.catalog.coverage import STRETCHES, counted, covered

SAMPLE = catalogs.sample()
IBM = SAMPLE["IBM"]


def without(bars: Bars, *rows: int) -> Bars:
    kept = ~pl.int_range(pl.len()).is_in(rows)
    return with_frame(bars, bars.frame.filter(kept))


@pytest.mark.parametrize(
    ("bars", "missing"),
    [
        pytest.param(simulate.bars("X", "1d", n=10), 0, id="days without a gap"),
        pytest.param(without(simulate.bars("X", "1d", n=10), 2, 3, 7), 3, id="days with three"),
        pytest.param(without(simulate.bars("X", "1h", n=50), 0, 1, 49), 0, id="a later start is no gap"),
        pytest.param(without(simulate.bars("X", "1h", n=50), 20, 30), 2, id="hours around the clock"),
        pytest.param(IBM, 0, id="sessions of New York"),
        pytest.param(without(IBM, *range(700, 720)), 20, id="sessions left out"),
        pytest.param(without(IBM.resample("1w"), 9), 1, id="a week"),
        pytest.param(without(IBM.resample("1mo"), 9, 10), 2, id="two months"),
        pytest.param(
            without(simulate.bars("X", "1m", n=900, start="2024-07-02", calendar="XNYS"), 400, 500, 650),
            3,
            id="minutes",
        ),
        pytest.param(
            without(simulate.bars("X", "1h", n=30, start="2024-07-02", calendar="XNYS"), 12), 1, id="hours, a half day"
        ),
        pytest.param(
            without(simulate.bars("X", "30m", n=60, start="2024-02-05", calendar="XHKG"), 5, 6), 2, id="with lunch"
        ),
    ],
)
def test_what_is_missing(bars: Bars, missing: int) -> None:
    found = covered([counted(bars.frame, bars.every, bars.assets[0].calendar)])
    assert found.missing == missing == sum(bars.gaps.values())
    assert found.frame["bars"].to_list() == [len(bars)]


def test_bars_of_trades_have_no_gaps() -> None:
    made = covered([counted(simulate.bars("X", "1h", n=30).frame, "100 trades", "24/7")])
    assert (made.missing, made.frame["bars"][0]) == (0, 30)


def test_the_picture_divides_time_in_equal_stretches() -> None:
    """480 days of two in each stretch; 10 days from day 100 on are stretches 50 to 54, day 300 is half of 150."""
    days = simulate.bars("X", "1d", n=480, start="2024-01-01")
    found = covered([counted(without(days, *range(100, 110), 300).frame, "1d", "24/7")])
    share = dict(found.shares.select("stretch", "share").iter_rows())
    assert len(share) == STRETCHES
    assert [share[i] for i in range(49, 56)] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    assert [share[i] for i in (149, 150, 151)] == [1.0, 0.5, 1.0]
    line = repr(found).splitlines()[1]
    marks = line.removeprefix("X 1d  ").split("  ")[0]
    assert [marks[i] for i in (11, 12, 13, 14, 37, 38)] == ["█", "▄", "▄", "█", "▄", "█"]
    assert line.endswith("469 bars, 11 missing, 2024-01-01 to 2025-04-24")


def test_nothing_is_expected_before_the_first_bar(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.ingest(SAMPLE[["FB", "IBM"]])
    found = catalog.coverage()
    assert found.frame.rows() == [
        ("FB", "1d", 196, 0, date(2012, 5, 18), date(2013, 3, 1)),
        ("IBM", "1d", 3270, 0, date(2000, 3, 1), date(2013, 3, 1)),
    ]
    first = found.shares.filter(asset="FB")["stretch"].min()
    assert first == (date(2012, 5, 18) - date(2000, 3, 1)).days * 240 // (
        (date(2013, 3, 1) - date(2000, 3, 1)).days + 1
    )
    assert repr(found).splitlines()[0] == (
        "Coverage: 3,466 bars of 2 assets, no bars missing, 2000-03-01 to 2013-03-01"
    )
    catalog.close()


def test_lengths_and_assets_are_chosen(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.ingest(SAMPLE["FB"])
    catalog.ingest(simulate.bars("X", "1h", n=30))
    catalog.ingest(simulate.bars("X", "1d", n=3))
    names = [tuple(row) for row in catalog.coverage().frame.select("asset", "every").rows()]
    assert sorted(names) == [("FB", "1d"), ("X", "1d"), ("X", "1h")]
    assert catalog.coverage(every="1h").frame["asset"].to_list() == ["X"]
    assert catalog.coverage("X").frame["every"].sort().to_list() == ["1d", "1h"]
    assert repr(catalog.coverage("FB", every="1h")) == "Coverage: no bars are held"
    with pytest.raises(UnknownAssetError):
        catalog.coverage("Y")
    catalog.close()


def test_what_is_known_of_one_asset(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.ingest(without(SAMPLE["FB"], 7).until("2012-12-31"))
    catalog.ingest(SAMPLE["FB"].since("2013-01-01"), source="second")
    catalog.ingest(
        simulate.bars("FB", "1h", n=30, calendar="XNYS", start="2013-01-02", price_digits=2, quantity_digits=0)
    )
    info = catalog.info("FB")
    rows: list[Any] = info.series.select("every", "rows", "missing", "first", "last", "ingests").rows()
    assert [row[:3] for row in rows] == [("1d", 195, 1), ("1h", 30, 0)]
    assert [row[5] for row in rows] == [[1, 2], [3]]
    assert rows[0][3] == datetime.fromisoformat("2012-05-18T13:30+00:00")
    assert rows[0][4] == datetime.fromisoformat("2013-03-01T21:00+00:00")
    assert info.ingests["source"].to_list()[1] == "second"
    assert info.asset.attributes() == catalog.assets["FB"].attributes()
    assert info.symbols["symbol"].to_list() == ["FB"]
    lines = repr(info).splitlines()
    assert lines[0] == "FB: equity, USD, XNYS, 2 digits of prices, 0 of quantities, 0 corporate actions; FB"
    assert lines[2].split()[:6] == ["1d", "bars", "195", "1", "2012-05-18", "13:30"]
    assert "second" in info._repr_mimebundle_()["text/html"]
    catalog.close()


def test_ingests_are_told_in_order(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.ingest(SAMPLE["FB"])
    catalog.ingest(SAMPLE[["FB", "IBM"]].since("2013-01-01"), source="second")
    told = catalog.ingests()
    assert told.select("id", "every", "rows", "new", "replaced").rows() == [
        (1, "1d", 196, 196, 0),
        (2, "1d", 82, 41, 0),
    ]
    assert told["assets"].to_list() == [["FB"], ["FB", "IBM"]]
    assert told["source"][1] == "second"
    assert told["hash"][0] == SAMPLE["FB"].fingerprint
    catalog.close()


def test_an_ingest_tells_which_file_it_was(tmp_path: Path) -> None:
    (tmp_path / "X.csv").write_text("Date,Open,High,Low,Close\n2024-01-02,1,1,1,1\n")
    catalog = Catalog(tmp_path / "held")
    catalog.ingest(tmp_path / "X.csv", source="a broker", date_format="iso")
    told = catalog.ingests().row(0, named=True)
    assert told["source"] == "a broker"
    assert str(tmp_path / "X.csv") in json.loads(told["parameters"])["of"]
    assert repr(catalog.coverage()).startswith("Coverage: 1 bars of 1 asset, no bars missing")
    assert repr(catalog.verify()).startswith("Verified: 1 file, 1 row,")
    catalog.close()
