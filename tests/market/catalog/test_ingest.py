"""Bars into a catalog: what is new, what replaces, what stays; digits, actions, records and refusals."""

from __future__ import annotations

import sqlite3
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError, StorageError, UnsupportedError
from workbench.market import simulate
from workbench.market.assets import Asset
from workbench.market.bars import Bars, with_frame
from workbench.market.catalog import Catalog, index, sample, upkeep
from workbench.market.catalog.report import IngestReport
from workbench.market.catalog.store import Span

HOURS = simulate.bars("X", "1h", n=10, seed=3)


def daily(closes: dict[int, float], name: str = "X", **about: object) -> pl.DataFrame:
    """Days of January 2024 and their closes; open, high and low are made to fit."""
    days = [date(2024, 1, day) for day in closes]
    prices = {"open": list(closes.values()), "high": [c + 1 for c in closes.values()], "low": [1.0] * len(days)}
    return pl.DataFrame({"asset": [name] * len(days), "date": days, **prices, "close": list(closes.values()), **about})


def closes(catalog: Catalog, name: str = "X") -> dict[int, float]:
    frame = catalog.bars(name).frame
    return dict(zip(frame["session"].dt.day().to_list(), frame["close"].to_list(), strict=True))


HELD = {3: 10.0, 4: 11.0, 5: 12.0, 8: 13.0}
MERGES = [
    ("the same again", HELD, (0, 0, 4), HELD),
    ("one changed in the middle", {4: 11.5}, (0, 1, 0), {**HELD, 4: 11.5}),
    ("after all", {9: 14.0, 10: 15.0}, (2, 0, 0), {**HELD, 9: 14.0, 10: 15.0}),
    ("before all", {1: 8.0, 2: 9.0}, (2, 0, 0), {1: 8.0, 2: 9.0, **HELD}),
    ("into a hole", {6: 12.5, 7: 12.5}, (2, 0, 0), {3: 10.0, 4: 11.0, 5: 12.0, 6: 12.5, 7: 12.5, 8: 13.0}),
    ("over an end", {8: 13.5, 9: 14.0}, (1, 1, 0), {**HELD, 8: 13.5, 9: 14.0}),
    ("around all", {2: 9.0, 5: 12.0, 9: 14.0}, (2, 0, 1), {2: 9.0, **HELD, 9: 14.0}),
    ("all changed", dict.fromkeys(HELD, 20.0), (0, 4, 0), dict.fromkeys(HELD, 20.0)),
    ("first and last changed", {3: 1.5, 8: 2.5}, (0, 2, 0), {**HELD, 3: 1.5, 8: 2.5}),
]


@pytest.mark.parametrize(("given", "counts", "expected"), [m[1:] for m in MERGES], ids=[m[0] for m in MERGES])
def test_new_rows_among_old_ones(
    catalog: Catalog, given: dict[int, float], counts: tuple[int, int, int], expected: dict[int, float]
) -> None:
    catalog.ingest(pl.concat([daily(HELD), daily(HELD, "OTHER")]), every="1d", price_digits=2)
    report = catalog.ingest(daily(given), every="1d")
    assert (report.new, report.replaced, report.unchanged) == counts
    assert report.rows == len(given)
    assert closes(catalog) == dict(sorted(expected.items()))
    assert closes(catalog, "OTHER") == HELD
    assert catalog.verify()


def test_days_one_by_one_stay_in_few_places(catalog: Catalog) -> None:
    """Twenty ingests, more than an asset may have spans; the seventeenth puts them together."""
    for day in range(1, 21):
        catalog.ingest(daily({day: float(day)}), every="1d", price_digits=0)
    assert closes(catalog) == {day: float(day) for day in range(1, 21)}
    with sqlite3.connect(catalog.folder / "catalog.sqlite") as database:
        (spans,) = database.execute("SELECT count(*) FROM spans").fetchone()
    database.close()
    assert spans == 20 - upkeep.SPANS_MAX
    assert catalog.compact() == 20
    assert closes(catalog) == {day: float(day) for day in range(1, 21)}
    assert catalog.verify()


def test_unknown_volumes_are_compared_too(catalog: Catalog) -> None:
    catalog.ingest(daily({3: 10.0, 4: 11.0}, volume=[None, 5.0]), every="1d")
    report = catalog.ingest(daily({3: 10.0, 4: 11.0}, volume=[None, None]), every="1d")
    assert (report.replaced, report.unchanged) == (1, 1)
    assert catalog["X"].frame["volume"].to_list() == [None, None]


def test_bars_that_lie_over_others_are_refused(catalog: Catalog) -> None:
    frame = HOURS.frame
    catalog.ingest(HOURS)
    shifted = frame.with_columns(pl.col("open_time", "time").dt.offset_by("30m"))
    with pytest.raises(BarsError, match="it opens before the bar above it has closed"):
        catalog.ingest(with_frame(HOURS, shifted))
    assert catalog.bars("X", every="1h").frame.equals(frame)


def test_values_that_floats_hardly_hold(catalog: Catalog) -> None:
    frame = daily({3: 3e-10, 4: 2e-10}, volume=[1e13, 12_345_678_901_234.25]).with_columns(
        high=pl.lit(4e-10), low=pl.lit(1e-10)
    )
    report = catalog.ingest(frame, every="1d", price_digits=12)
    assert report.moved == 0
    found = catalog["X"].frame
    assert found["close"].to_list() == [3e-10, 2e-10]
    assert found["low"].to_list() == [1e-10, 1e-10]
    assert found["volume"].to_list() == [1e13, 12_345_678_901_234.25]


DIGITS = [
    ("kept as told", False, {"price_digits": 2}, 2, 10.12, 1),
    ("allowed to grow", True, {}, 4, 10.1234, 0),
    ("grown as told", True, {"price_digits": 6}, 6, 10.1234, 0),
]


@pytest.mark.parametrize(
    ("redigit", "options", "digits", "close", "moved"), [d[1:] for d in DIGITS], ids=[d[0] for d in DIGITS]
)
def test_a_known_asset_keeps_its_digits(
    catalog: Catalog, redigit: bool, options: dict[str, int], digits: int, close: float, moved: int
) -> None:
    catalog.ingest(daily({3: 9.25}), every="1d")
    report = catalog.ingest(daily({4: 10.1234}).with_columns(open=10.0, high=12.0), redigit=redigit, **options)
    assert report.moved == moved
    assert catalog["X"].assets[0].price_digits == digits
    assert closes(catalog) == {3: 9.25, 4: close}


def test_digits_are_not_lost_in_silence(catalog: Catalog) -> None:
    """Whole prices first, cents later: what two more digits would hold is no noise, and nothing is taken in."""
    catalog.ingest(daily({3: 9.0}), every="1d")
    message = "X: prices have 2 digits, the catalog keeps 0; let it have more with redigit=True"
    with pytest.raises(BarsError, match=message):
        catalog.ingest(daily({4: 10.25}).with_columns(open=10.0, high=12.0))
    assert closes(catalog) == {3: 9.0}


def test_noise_far_behind_the_point_is_moved(catalog: Catalog) -> None:
    catalog.ingest(daily({3: 9.25}), every="1d")
    report = catalog.ingest(daily({4: 10.123456789}).with_columns(open=10.0, high=12.0))
    assert (report.moved, closes(catalog)) == (1, {3: 9.25, 4: 10.12})


def test_digits_beyond_those_that_are_found_are_not_lost(catalog: Catalog) -> None:
    catalog.ingest(daily({3: 1e-8}).with_columns(open=1e-8, low=1e-8), every="1d", price_digits=8)
    report = catalog.ingest(daily({4: 3e-8}).with_columns(open=3e-8, low=1e-8), redigit=True)
    assert (report.moved, closes(catalog)) == (0, {3: 1e-8, 4: 3e-8})


def test_a_known_asset_needs_no_options(catalog: Catalog) -> None:
    catalog.ingest(daily({3: 9.25}), Asset("X", price_digits=2, calendar="XNYS", currency="EUR"), every="1d")
    catalog.ingest(daily({4: 9.5}), every="1d")
    (asset,) = catalog["X"].assets
    assert (asset.calendar, asset.currency) == ("XNYS", "EUR")
    assert str(catalog["X"].frame["time"][1]) == "2024-01-04 21:00:00+00:00"


CONTRADICTIONS = [
    ("calendar", {"calendar": "24/7"}, "the catalog knows it with calendar='XNYS', now it is '24/7'"),
    ("currency", {"currency": "EUR"}, "the catalog knows it with currency='USD', now it is 'EUR'"),
    ("digits", {"price_digits": 4}, "the catalog keeps X on 2; leave price_digits= out"),
    ("a word", {"calender": "XNYS"}, "ingest has no option 'calender'; did you mean calendar=?"),
]


@pytest.mark.parametrize(("options", "message"), [c[1:] for c in CONTRADICTIONS], ids=[c[0] for c in CONTRADICTIONS])
def test_what_is_known_is_not_contradicted(catalog: Catalog, options: dict[str, object], message: str) -> None:
    catalog.ingest(daily({3: 9.25}), calendar="XNYS", every="1d")
    with pytest.raises(ParameterError) as refused:
        catalog.ingest(daily({4: 9.5}), every="1d", **options)
    assert message in str(refused.value)
    assert closes(catalog) == {3: 9.25}


def test_bars_of_another_calendar_are_refused(catalog: Catalog) -> None:
    catalog.ingest(HOURS)
    (asset,) = HOURS.assets
    other = Bars(HOURS.frame, HOURS.actions, (Asset("X", currency="EUR"),), "1h", "a test")
    assert asset.currency == "USD"
    with pytest.raises(ParameterError, match="the catalog knows it with currency='USD', now it is 'EUR'"):
        catalog.ingest(other)


def test_options_of_frames_are_not_for_bars(catalog: Catalog) -> None:
    with pytest.raises(ParameterError, match="tz= is for frames"):
        catalog.ingest(HOURS, tz="UTC")
    with pytest.raises(ParameterError, match="these Bars are '1h'"):
        catalog.ingest(HOURS, every="1d")


def test_a_part_of_bars(catalog: Catalog) -> None:
    catalog.ingest(HOURS, start=HOURS.frame["open_time"][2], end=HOURS.frame["time"][5])
    assert catalog.bars("X", every="1h").frame.equals(HOURS.frame[2:6])


def test_a_part_without_some_of_the_assets(catalog: Catalog) -> None:
    both = pl.concat([daily({3: 9.0}), daily({4: 9.0}, "LATER")])
    report = catalog.ingest(both, every="1d", end="2024-01-03")
    assert (report.assets, catalog.list()) == (("X",), ["X"])
    with pytest.raises(BarsError, match="there are no bars in what was given, or none between"):
        catalog.ingest(both, every="1d", start="2025-01-01")


def test_bars_in_disorder_are_refused(catalog: Catalog) -> None:
    """Bars hold what they are given; the catalog does not."""
    two = Bars.from_frame(pl.concat([daily({3: 9.0, 4: 9.0}), daily({3: 9.0}, "OTHER")]), every="1d")
    for rows in ([1, 0, 2], [0, 2, 1], [0, 0, 2]):
        with pytest.raises(BarsError):
            catalog.ingest(with_frame(two, two.frame[rows]))
    assert catalog.list() == []


def test_long_history_is_left_alone_when_days_are_added(catalog: Catalog) -> None:
    catalog.ingest(simulate.bars("X", "1h", n=1000, seed=1))
    (first,) = (catalog.folder / "bars").glob("*.parquet")
    for hours in range(1001, 1019):
        catalog.ingest(simulate.bars("X", "1h", n=hours, seed=1))
    assert len(catalog.bars("X", every="1h")) == 1018
    assert first.name in {span.file.split("/")[1] for span in spans_of(catalog)}
    assert len(spans_of(catalog)) <= upkeep.SPANS_MAX
    assert catalog.verify()


def spans_of(catalog: Catalog) -> list[Span]:
    with catalog._database.reading() as connection:
        return [span for of_asset in index.found(connection, None, "bars", "1h").values() for span in of_asset]


def test_actions_of_a_day_are_told_together(catalog: Catalog) -> None:
    def told(*rows: tuple[str, str]) -> pl.DataFrame:
        return pl.DataFrame(rows, schema=["ex", "amount"], orient="row").with_columns(kind=pl.lit("dividend"))

    first = catalog.ingest(daily({3: 9.0}), every="1d", actions=told(("2024-01-03", "0.10"), ("2024-01-05", "0.20")))
    second = catalog.ingest(daily({3: 9.0}), every="1d", actions=told(("2024-01-05", "0.25"), ("2024-01-03", "0.10")))
    assert (first.actions, second.actions) == (2, 1)
    assert catalog["X"].actions["amount"].to_list() == [Decimal("0.10"), Decimal("0.25")]


def test_made_up_prices_stay_known_as_such(catalog: Catalog) -> None:
    catalog.ingest(HOURS)
    catalog.ingest(with_frame(HOURS, HOURS.frame.with_columns(volume=pl.lit(1.0))))
    assert HOURS.synthetic
    assert catalog.bars("X", every="1h").synthetic


def test_every_ingest_is_recorded(catalog: Catalog) -> None:
    catalog.ingest(daily({3: 9.0}), every="1d", source="by hand")
    catalog.ingest(daily({4: 9.0}), every="1d", end="2024-01-04")
    with sqlite3.connect(catalog.folder / "catalog.sqlite") as database:
        rows = database.execute(
            "SELECT source, every, json_extract(report, '$.new'), length(hash) FROM ingests"
        ).fetchall()
    database.close()
    assert rows == [("by hand", "1d", 1, 64), ("frame of polars", "1d", 1, 64)]
    assert catalog["X"].source == "by hand, frame of polars"


def test_the_report_is_shown_and_told() -> None:
    notice = Notice("digits", 1, "1 price was moved <", "declare more")
    report = IngestReport("a file", "bars", "1d", ("A", "B", "C", "D"), 5, 3, 1, 1, seconds=0.5, notices=(notice,))
    assert repr(report) == (
        "! 1 price was moved <: declare more\n"
        "5 bars of 4 assets (1d) from a file: 3 new, 1 replaced, 1 unchanged, in 0.50 s"
    )
    shown = report._repr_mimebundle_()
    assert shown["text/plain"] == repr(report)
    assert "1 price was moved &lt;: declare more" in shown["text/html"]
    assert report.to_dict()["notices"] == [
        {"kind": "digits", "count": 1, "text": "1 price was moved <", "remedy": "declare more"}
    ]
    one = IngestReport("a file", "bars", "1d", ("A",), 1, 1, gaps=1, outliers=2)
    assert str(one) == "1 bars of A (1d) from a file: 1 new, 1 gap, 2 outliers"
    assert str(IngestReport("a file", "bars", "1d", ())) == "0 bars (1d) from a file: nothing"
    both = report + IngestReport("a file", "bars", "1d", ("D", "E"), 2, 2, seconds=0.25, hash="x")
    assert (both.rows, both.new, both.assets, both.seconds, both.hash) == (7, 5, ("A", "B", "C", "D", "E"), 0.75, "x")


@pytest.mark.parametrize(
    ("start", "told"),
    [
        pytest.param("2000-03-01", "2 jumps look like splits", id="those of 2000 and 2005"),
        pytest.param("2004-01-02", "1 jump looks like a split", id="that of 2005"),
    ],
)
def test_a_split_without_its_action_is_told_first(catalog: Catalog, start: str, told: str) -> None:
    bare = catalog.ingest(sample()["AAPL"].since(start).frame, "AAPL", every="1d", calendar="XNYS")
    remedy = "a run takes that for a loss; ingest the actions too, unless they are held already; see report.quality"
    assert repr(bare).startswith(f"! {told} without an action: {remedy}\n")
    assert f"{told} without an action" in bare._repr_mimebundle_()["text/html"]
    whole = Catalog(catalog.folder / "whole")
    assert "without an action" not in repr(whole.ingest(sample()["AAPL"].since(start)))
    whole.close()


def test_catalogs_that_cannot_be_written_or_opened(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="is read-only; open a catalog in a folder of your own"):
        sample().ingest(HOURS)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="is a file; give a folder"):
        Catalog(tmp_path / "file")
    with pytest.raises(StorageError, match=r"holds no catalog\.sqlite"):
        Catalog(tmp_path, read_only=True)
    (tmp_path / "catalog.sqlite").write_text("this is no database, though it is as long as a page of one " * 100)
    with pytest.raises(StorageError, match="cannot be read or written: file is not a database"):
        Catalog(tmp_path).list()


def test_an_empty_catalog_makes_nothing(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "new")
    assert (catalog.list(), len(catalog)) == ([], 0)
    assert not (tmp_path / "new").exists()
    catalog.ingest(HOURS)
    assert catalog.list() == ["X"]
    catalog.close()


def test_what_a_killed_writer_left_is_removed(catalog: Catalog) -> None:
    catalog.ingest(HOURS)
    left = [catalog.folder / "bars" / name for name in ("000009-new.tmp", "000009-0123456789abcdef.parquet")]
    for path in left:
        path.write_text("left behind")
    catalog.ingest(HOURS)
    assert not any(path.exists() for path in left)
    assert catalog.verify()


def test_a_reader_is_not_disturbed(catalog: Catalog) -> None:
    """Bars asked for before an ingest are read after it, from the files of then."""
    catalog.ingest(daily(HELD), every="1d", price_digits=2)
    before = catalog["X"]
    catalog.ingest(daily(dict.fromkeys(HELD, 20.0)), every="1d")
    assert before.frame["close"].to_list() == list(HELD.values())
    assert closes(catalog) == dict.fromkeys(HELD, 20.0)


def test_writers_take_turns(tmp_path: Path) -> None:
    """Four catalogs of one folder, each with its own connection, five ingests each at the same time."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        catalog = Catalog(tmp_path)
        try:
            for i in range(5):
                catalog.ingest(simulate.bars(f"X{number}", "1h", n=10 + i, seed=number))
        except BaseException as error:  # noqa: BLE001  told by the main thread
            failures.append(error)
        catalog.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    catalog = Catalog(tmp_path)
    assert catalog.verify()
    for number in range(4):
        bars = catalog.bars(f"X{number}", every="1h")
        assert bars.frame.equals(simulate.bars(f"X{number}", "1h", n=14, seed=number).frame)
    catalog.close()
