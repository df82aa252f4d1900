"""Taking in a source: only what is missing is asked for, batches are kept, and a stopped call goes on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from workbench.errors import Interrupted, ParameterError, StorageError, TimeError
from workbench.market.adapters.csv import Csv
from workbench.market.catalog import Catalog, sources

DAYS = [date(2024, 1, 1) + timedelta(days=i) for i in range(20)]
Call = tuple[str, str | None, str | None]


class Days:
    """Twenty days of every asset, of which a window is given; it notes what it was asked for."""

    def __init__(self, stop_at: str | None = None, stop_with: BaseException | None = None) -> None:
        self.calls: list[Call] = []
        self.stop_at, self.stop_with = stop_at, stop_with

    def fetch(self, asset: str, start: datetime | None, end: datetime | None, every: str) -> pl.DataFrame:
        assert every == "1d"
        self.calls.append((asset, None if start is None else f"{start:%d}", None if end is None else f"{end:%d}"))
        if asset == self.stop_at and self.stop_with is not None:
            raise self.stop_with
        frame = pl.DataFrame({"date": DAYS}).with_columns(open=10.0, high=12.0, low=9.0, close=11.0, volume=5.0)
        at = pl.col("date").cast(pl.Datetime("us", "UTC"))
        frame = frame if start is None else frame.filter(at >= start)
        return frame if end is None else frame.filter(at < end)

    def actions(self, asset: str) -> pl.DataFrame:
        return pl.DataFrame({"ex": ["2024-01-05"], "kind": ["split"], "numerator": [2], "denominator": [1]})

    def assets(self) -> list[str]:
        return ["A", "B"]

    def describe(self) -> dict[str, object]:
        return {"path": "days"}


def rows(catalog: Catalog) -> int:
    return len(catalog.bars(every="1d")) if catalog.list() else 0


# Each row: what is asked for one after the other, what the source is asked then, rows held in the end.
WINDOWS = [
    ("the same twice", [("01-03", "01-06"), ("01-03", "01-06")], [("A", "03", "07")], 4),
    ("more after", [("01-03", "01-06"), ("01-03", "01-09")], [("A", "03", "07"), ("A", "07", "10")], 7),
    ("more before", [("01-03", "01-06"), ("01-01", "01-04")], [("A", "03", "07"), ("A", "01", "03")], 6),
    ("around", [("01-03", "01-04"), ("01-02", "01-06")], [("A", "03", "05"), ("A", "02", "07")], 5),
    ("open ended", [(None, None), (None, None)], [("A", None, None), ("A", "21", None)], 20),
    ("inside", [("01-01", "01-10"), ("01-03", "01-04")], [("A", "01", "11")], 10),
    ("apart", [("01-01", "01-02"), ("01-05", "01-06")], [("A", "01", "03"), ("A", "05", "07")], 4),
]


def day(given: str | None) -> str | None:
    return None if given is None else f"2024-{given}"


@pytest.mark.parametrize(("asked", "calls", "held"), [w[1:] for w in WINDOWS], ids=[w[0] for w in WINDOWS])
def test_only_what_is_missing_is_fetched(
    catalog: Catalog, asked: list[tuple[str | None, str | None]], calls: list[Call], held: int
) -> None:
    source = Days()
    for start, end in asked:
        catalog.ingest(source, "A", start=day(start), end=day(end))
    assert source.calls == calls
    assert rows(catalog) == held
    assert catalog["A"].actions.height == 1
    assert catalog.verify()


def test_refresh_asks_again(catalog: Catalog) -> None:
    source = Days()
    catalog.ingest(source, "A", end="2024-01-04")
    report = catalog.ingest(source, "A", end="2024-01-04", refresh=True)
    assert len(source.calls) == 2
    assert (report.rows, report.unchanged) == (4, 4)


def test_what_was_fetched_is_said(catalog: Catalog) -> None:
    catalog.ingest(Days(), end="2024-01-04")
    report = catalog.ingest(Days(), end="2024-01-04")
    assert report.rows == 0
    assert [notice.kind for notice in report.notices] == ["covered"]
    assert "refresh=True" in repr(report)


def test_another_source_is_asked_for_all(catalog: Catalog) -> None:
    """A source that was asked to be something else is another one."""

    class Others(Days):
        def describe(self) -> dict[str, object]:
            return {"path": "other days"}

    catalog.ingest(Days(), "A", end="2024-01-04")
    other = Others()
    report = catalog.ingest(other, "A", end="2024-01-04")
    assert (len(other.calls), report.unchanged) == (1, 4)


@pytest.mark.parametrize(
    ("error", "raised"),
    [(KeyboardInterrupt(), Interrupted), (StorageError("the line is dead"), StorageError)],
    ids=["Ctrl-C", "an error"],
)
def test_what_was_fetched_before_a_stop_is_kept(
    catalog: Catalog, error: BaseException, raised: type[BaseException]
) -> None:
    with pytest.raises(raised):
        catalog.ingest(Days("C", error), ["A", "B", "C", "D"], end="2024-01-04")
    assert catalog.list() == ["A", "B"]
    again = Days()
    report = catalog.ingest(again, ["A", "B", "C", "D"], end="2024-01-04")
    assert [asset for asset, _, _ in again.calls] == ["C", "D"]
    assert (report.new, report.assets) == (8, ("C", "D"))


def test_batches_are_committed(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BATCH_ASSETS", 2)
    report = catalog.ingest(Days(), list("ABCDE"), end="2024-01-02")
    assert (report.rows, report.assets) == (10, tuple("ABCDE"))
    assert catalog.ingests().height == 3


def test_an_asset_without_bars(catalog: Catalog) -> None:
    """A window before its first bar: asked for once its asset is known, and not again."""
    source = Days()
    assert catalog.ingest(source, "A", start="2023-01-01", end="2023-01-05").rows == 0
    catalog.ingest(source, "A", start="2024-01-01", end="2024-01-05")
    catalog.ingest(source, "A", start="2023-01-01", end="2023-01-05")
    assert len(source.calls) == 3
    catalog.ingest(source, "A", start="2023-01-01", end="2023-01-05")
    assert len(source.calls) == 3


def test_what_lies_ahead_is_asked_for_again(catalog: Catalog) -> None:
    source = Days()
    far = f"{datetime.now(UTC) + timedelta(days=400):%Y-%m-%d}"
    catalog.ingest(source, "A", end=far)
    catalog.ingest(source, "A", end=far)
    assert len(source.calls) == 2


def test_what_makes_no_sense(catalog: Catalog) -> None:
    with pytest.raises(TimeError, match="the end lies before the start"):
        catalog.ingest(Days(), "A", start="2024-01-04", end="2024-01-01")
    with pytest.raises(ParameterError, match="name the assets wanted of this source, each once"):
        catalog.ingest(Days(), ["A", "A"])
    assert catalog.list() == []


def test_identity_tells_sources_apart(tmp_path: Path) -> None:
    assert sources.identity(Days()) == 'days {"path": "days"}'
    assert sources.identity(object()) == "object {}"


CSV = "Date,Open,High,Low,Close,Volume\n2024-01-02,10,12,9,11,100\n2024-01-03,11,13,10,12,200\n"


def test_a_file_as_a_source(catalog: Catalog, tmp_path: Path) -> None:
    """The file grows by a day; what it had is not read into the catalog again."""
    path = tmp_path / "prices.csv"
    path.write_text(CSV)
    assert catalog.ingest(Csv(path=path, asset="ABC"), "ABC", calendar="XNYS").new == 2
    path.write_text(CSV + "2024-01-04,12,14,11,13,300\n")
    report = catalog.ingest(Csv(path=path, asset="ABC"), "ABC")
    assert (report.rows, report.new) == (1, 1)
    assert catalog["ABC"].frame["close"].to_list() == [11.0, 12.0, 13.0]
    assert str(catalog["ABC"].frame["time"][2]) == "2024-01-04 21:00:00+00:00"


def test_a_source_that_is_not_installed(catalog: Catalog) -> None:
    with pytest.raises(ParameterError, match="there is no source 'no such one'"):
        catalog.ingest("no such one", "ABC", path="prices.csv")
