"""Files into a catalog: what quality finds and what is done about it, changed files, and calls that are stopped."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import BarsError, Interrupted, ParameterError
from workbench.market.adapters.csv import Csv
from workbench.market.adapters.tables import Table
from workbench.market.catalog import Catalog

HEAD = "date,open,high,low,close,volume\n"
Row = tuple[int, float, float, float, float]
# The second row closes above its high, the fourth stands there twice, the 5th of January is missing.
FLAWED: list[Row] = [(2, 10, 11, 9, 10), (3, 10, 11, 9, 12), (4, 10, 11, 9, 10), (6, 10, 11, 9, 10), (6, 10, 11, 9, 10)]


def lines(rows: list[Row]) -> str:
    return HEAD + "".join(f"2024-01-{day:02},{o},{h},{low},{c},5\n" for day, o, h, low, c in rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "X.csv"
    made.write_text(lines(FLAWED))
    return made


# Each row: the options, days held with their highs, duplicates told.
POLICIES: dict[str, tuple[dict[str, Any], dict[int, float]]] = {
    "drop": ({"policy": "drop"}, {2: 11, 4: 11, 6: 11}),
    "fix": ({"policy": "fix"}, {2: 11, 3: 12, 4: 11, 6: 11}),
    "fix, but drop one rule": ({"policy": "fix", "rules": {"ohlc": "drop"}}, {2: 11, 4: 11, 6: 11}),
}


@pytest.mark.parametrize(("options", "held"), POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("way", ["file", "frame"])
def test_flaws_are_mended_and_counted(
    catalog: Catalog, path: Path, options: dict[str, Any], held: dict[int, float], way: str
) -> None:
    given = path if way == "file" else pl.read_csv(path)
    report = catalog.ingest(given, "X", every="1d", **options)
    frame = catalog["X"].frame
    assert dict(zip(frame["session"].dt.day().to_list(), frame["high"].to_list(), strict=True)) == held
    assert (report.rows, report.duplicates, report.gaps) == (len(held), 1, 1)
    assert {rule: report.findings[rule] for rule in ("ohlc", "duplicate", "gap")} == dict.fromkeys(
        ("ohlc", "duplicate", "gap"), 1
    )
    (quality,) = report.quality
    assert quality.frame.filter(rule="ohlc")["row"].to_list() == [1]
    assert any(notice.kind == "quality" for notice in report.notices)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, "row 1", id="fail is the usual"),
        pytest.param({"policy": "flag"}, "row 1", id="what cannot be a bar is not kept"),
        pytest.param({"policy": "fix", "rules": {"gap": "fail"}}, "gap", id="a rule that fails"),
    ],
)
def test_flaws_are_refused(catalog: Catalog, path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BarsError, match=message):
        catalog.ingest(path, **options)
    assert catalog.list() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"policy": "mend"}, "policy='mend': give 'drop', 'fix', 'fail' or 'flag'", id="a policy"),
        pytest.param({"rules": {"ohcl": "drop"}}, "'ohcl' is no rule of data quality", id="a rule"),
    ],
)
def test_policies_that_do_not_exist(catalog: Catalog, path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        catalog.ingest(path, **options)
    assert catalog.list() == []


def test_outliers_are_counted_and_dropped_where_asked(catalog: Catalog, tmp_path: Path) -> None:
    """A hundred days around 10, and one at 40."""
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(100)]
    closes = [10 + (i * 7 % 5) / 100 if i != 50 else 40.0 for i in range(100)]
    frame = pl.DataFrame({"date": days, "open": closes, "high": closes, "low": closes, "close": closes, "volume": 5.0})
    report = catalog.ingest(frame, "X", every="1d")
    assert report.outliers == report.findings["outlier"] > 0
    assert len(catalog["X"]) == 100
    report = catalog.ingest(frame, "Y", every="1d", rules={"outlier": "drop"})
    assert report.outliers > 0
    assert 40.0 not in catalog["Y"].frame["close"].to_list()


def test_findings_of_refused_rows_are_not_told(catalog: Catalog, tmp_path: Path) -> None:
    """B has no row that can be true; A before it is kept, with its own findings only."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "A.csv").write_text(lines(FLAWED[:3]))
    (folder / "B.csv").write_text(lines([(2, 10, 11, 9, 12)]))
    with pytest.raises(BarsError, match="no row is left"):
        catalog.ingest(folder, policy="drop")
    assert catalog.list() == ["A"]
    assert len(catalog["A"]) == 2
    catalog.ingest(folder, "A", policy="drop", refresh=True)


def test_a_changed_file_is_read_anew(catalog: Catalog, path: Path) -> None:
    path.write_text(lines(FLAWED[2:4]))
    assert catalog.ingest(path).new == 2
    assert [notice.kind for notice in catalog.ingest(path).notices] == ["covered"]
    path.write_text(lines([(4, 10, 11, 9, 11), FLAWED[3]]))
    report = catalog.ingest(path)
    assert (report.new, report.replaced, report.unchanged) == (0, 1, 1)
    os.utime(path, ns=(0, 0))
    assert catalog.ingest(path).unchanged == 2


def test_a_changed_csvdir_is_read_anew(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "daily").mkdir()
    (tmp_path / "daily" / "X.csv").write_text(lines(FLAWED[2:3]))
    assert catalog.ingest("csvdir", path=tmp_path).new == 1
    assert catalog.ingest("csvdir", path=tmp_path).rows == 0
    (tmp_path / "daily" / "X.csv").write_text(lines(FLAWED[2:4]))
    assert catalog.ingest("csvdir", path=tmp_path).new == 1


READ: list[str] = []


@dataclass(frozen=True, kw_only=True)
class Counted(Csv):
    """CSV files that note each time one is read."""

    def table(self, path: Path) -> Table:
        READ.append(path.name)
        return super().table(path)


NAMES = [f"A{i}" for i in range(5)]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Five assets of three days in one file, day after day."""
    made = tmp_path / "all.csv"
    days = [f"2024-01-0{day},{name},1,1,1,1,5\n" for day in (2, 3, 4) for name in NAMES]
    made.write_text("date,asset,open,high,low,close,volume\n" + "".join(days))
    READ.clear()
    return made


def test_one_file_of_many_assets_is_read_once(catalog: Catalog, many: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = catalog.ingest(Counted(path=many), progress=lambda done, total: seen.append((done, total)))
    assert READ == ["all.csv"]
    assert (report.rows, report.assets, catalog.list()) == (15, tuple(NAMES), NAMES)
    assert seen == [(i, 5) for i in range(1, 6)]
    assert catalog.ingests().height == 1


def test_what_is_missing_differs_from_asset_to_asset(catalog: Catalog, many: Path) -> None:
    source = Counted(path=many)
    catalog.ingest(source, ["A1", "A3"], end="2024-01-03")
    report = catalog.ingest(source)
    assert (report.new, report.unchanged) == (3 * 3 + 2, 0)
    assert READ == ["all.csv"]
    assert [len(catalog[name]) for name in NAMES] == [3] * 5


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()], ids=["Ctrl-C", "an error"])
def test_what_was_fetched_before_progress_stopped_is_kept(catalog: Catalog, many: Path, error: BaseException) -> None:
    """Three of five were fetched; the rest comes with the same call."""

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise error

    with pytest.raises(Interrupted if isinstance(error, KeyboardInterrupt) else ZeroDivisionError):
        catalog.ingest(many, progress=stop)
    assert catalog.list() == NAMES[:3]
    seen: list[int] = []
    report = catalog.ingest(many, progress=lambda done, total: seen.append(done))
    assert (report.assets, report.new, seen) == (tuple(NAMES[3:]), 6, [1, 2, 3, 4, 5])


def test_what_the_catalog_refuses_is_refused_once(catalog: Catalog, many: Path) -> None:
    """Bars that lie over others in time are refused when they are put in; the error is told as it is."""
    hours = pl.DataFrame({"open_time": ["2024-01-02T00:30Z", "2024-01-02T01:30Z"], "asset": "A0"})
    catalog.ingest(hours.with_columns(open=1.0, high=1.0, low=1.0, close=1.0, volume=5.0), every="1h")
    text = many.read_text().replace("date,", "open_time,").replace("2024-01-0", "2024-01-02T0")
    many.write_text(text.replace(",A", ":00Z,A"))
    with pytest.raises(BarsError, match="opens before the bar above it"):
        catalog.ingest(many, every="1h")
    assert catalog.list() == ["A0"]
    assert catalog.ingests().height == 1
