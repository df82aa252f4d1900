"""A Zipline bundle taken into a catalog, as a whole and twice; the reference reads its tables with bcolz alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import hand_made_bundle
import polars as pl
import pytest
from hand_made_bundle import SESSIONS, nanoseconds, prices

from workbench.errors import BarsError, Interrupted, ParameterError, StorageError
from workbench.market import Asset
from workbench.market.catalog import Catalog

bcolz = pytest.importorskip("bcolz", reason="bcolz-zipline has no wheel for this Python")

FIRST, LAST = SESSIONS[0], SESSIONS[-1]
PRICES = ("open", "high", "low", "close")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hand_made_bundle.example(tmp_path_factory.mktemp("bundle"))


def test_bars_are_those_of_the_tables(catalog: Catalog, bundle: Path) -> None:
    """Every number of the daily table that is a trade, and the minutes by their own ratio."""
    report = catalog.migrate(bundle)
    folder = bundle / "2024-01-02T03;04;05.678901"
    table = bcolz.open(str(folder / "daily_equities.bcolz"), mode="r")
    for name, sid in {"META": 3, "Q": 12, "Q#11": 11}.items():
        rows = [i for i in range(len(table)) if table["id"][i] == sid and table["close"][i] > 0]
        wanted = [
            (
                datetime.fromtimestamp(int(table["day"][i]), UTC).date(),
                *(int(table[c][i]) / 1000 for c in PRICES),
                float(table["volume"][i]),
            )
            for i in rows
        ]
        assert catalog[name].frame.select("session", *PRICES, "volume").rows() == wanted
        assert wanted
    minutes = catalog.bars("META", every="1m").frame
    assert minutes["open"].to_list() == [38.1234] * 3
    assert catalog.bars("CLN12", every="1m").frame["open"].to_list() == [38.123] * 3
    assert minutes["open_time"].to_list()[-1] == datetime(2012, 7, 3, 16, 59, tzinfo=UTC)
    held = sum(len(catalog[name]) for name in ("META", "Q", "Q#11")) + 2 * 3
    assert (report.rows, report.new, report.every) == (held, held, "1d, 1m")
    assert report.assets == ("META", "Q#11", "Q", "CLN12")
    assert catalog.verify()


def test_assets_with_their_symbols(catalog: Catalog, bundle: Path) -> None:
    catalog.migrate(bundle)
    place = {"exchange": "NASDAQ GLOBAL SELECT", "calendar": "XNYS", "first": FIRST}
    known = {name: catalog.assets.find(name).attributes() for name in ("META", "Q#11", "Q", "CLN12")}
    assert {**known["META"], **place} == known["META"]
    assert "last" not in known["META"]
    assert known["Q#11"]["last"] == SESSIONS[4]
    assert (known["Q"]["exchange"], known["Q"]["first"]) == ("ELSEWHERE", SESSIONS[5])
    future = {"kind": "future", "root": "CL", "month": "2012-07", "expiry": date(2012, 6, 20), "exchange": "NYMEX"}
    future |= {"multiplier": Decimal(1000), "price_step": Decimal("0.01"), "price_digits": 3}
    assert {**known["CLN12"], **future} == known["CLN12"]
    assert catalog.assets.symbols("META").rows() == [
        ("FB", FIRST, date(2012, 6, 8)),
        ("META", date(2012, 6, 9), None),
    ]
    assert catalog.assets.symbols("Q#11").rows() == [("Q", FIRST, SESSIONS[4])]
    assert catalog.assets.find("FB", as_of="2012-06-01") == "META"
    assert [catalog.assets.find("Q", as_of=day) for day in (FIRST, LAST)] == ["Q#11", "Q"]


def test_actions_and_what_could_not_be_kept(catalog: Catalog, bundle: Path) -> None:
    report = catalog.migrate(bundle)
    assert report.actions == 4
    assert catalog["META"].actions.select("ex", "kind", "numerator", "denominator", "amount").rows() == [
        (date(2012, 6, 1), "dividend", None, None, Decimal("0.265")),
        (date(2012, 6, 5), "split", 7, 1, None),
        (date(2012, 6, 6), "split", 1, 2, None),
    ]
    assert [n.text for n in report.notices if n.kind == "actions"] == [
        "META: 1 mergers and 1 dividends in stock were left out"
    ]


def state(catalog: Catalog) -> list[Any]:
    names = catalog.list()
    bars = [catalog.bars(every=every).fingerprint for every in ("1d", "1m")]
    return [*bars, names, catalog.assets.frame().rows(), *(catalog.assets.symbols(name).rows() for name in names)]


def test_twice_is_as_once(catalog: Catalog, bundle: Path) -> None:
    catalog.migrate(bundle)
    before = state(catalog)
    report = catalog.migrate(bundle)
    assert (report.new, report.replaced, report.actions) == (0, 0, 0)
    assert {notice.kind for notice in report.notices} == {"covered"}
    assert state(catalog) == before


def test_what_was_stopped_goes_on(catalog: Catalog, bundle: Path, tmp_path: Path) -> None:
    """Ctrl-C after the second of five; then the rest, and it is as if it had never been stopped."""

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    seen: list[tuple[int, int]] = []
    with pytest.raises(Interrupted):
        catalog.migrate(bundle, progress=stop)
    assert catalog.list() == ["META", "Q#11"]
    report = catalog.migrate(bundle, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 5), (2, 5), *((done, 5) for done in range(1, 6))]
    assert report.assets == ("Q", "META", "CLN12")
    whole = Catalog(tmp_path / "whole")
    whole.migrate(bundle)
    assert sorted(map(str, state(catalog)[:2])) == sorted(map(str, state(whole)[:2]))
    assert catalog.assets.symbols("META").equals(whole.assets.symbols("META"))
    whole.close()


def test_what_the_catalog_knew_holds(catalog: Catalog, bundle: Path) -> None:
    """An exchange and a change of symbol that were told by hand; what nobody told is filled in."""
    catalog.assets.add(Asset("META", exchange="XNAS", calendar="XNYS"))
    catalog.assets.rename("FACEBOOK", "META", on="2012-06-09")
    report = catalog.migrate(bundle)
    found = catalog.assets.find("META")
    assert (found.exchange, found.first, found.price_digits) == ("XNAS", FIRST, 4)
    assert catalog.assets.symbols("META")["symbol"].to_list() == ["FACEBOOK", "META"]
    (told,) = [notice for notice in report.notices if notice.kind == "symbols"]
    assert "FB from 2012-05-18 to 2012-06-08" in told.text


def test_another_calendar_is_refused(catalog: Catalog, bundle: Path) -> None:
    catalog.assets.add(Asset("META", calendar="XLON"))
    with pytest.raises(ParameterError, match="META: the catalog knows it with calendar='XLON'"):
        catalog.migrate(bundle)


def test_rows_that_cannot_be_true(catalog: Catalog, tmp_path: Path) -> None:
    frame = prices(SESSIONS[:3], 10).with_columns(high=pl.Series([10.999, 1.0, 12.999]))
    hand_made_bundle.write_daily(tmp_path / "daily_equities.bcolz", {5: frame}, SESSIONS)
    with pytest.raises(BarsError, match="row 1"):
        catalog.migrate(tmp_path)
    assert catalog.list() == []
    report = catalog.migrate(tmp_path, policy="drop")
    assert (report.rows, catalog["5"].frame["session"].to_list()) == (2, [SESSIONS[0], SESSIONS[2]])
    assert report.findings["ohlc"] == 1


def listed(folder: Path, equities: list[Any], futures: list[Any], exchanges: list[Any]) -> None:
    sids = [row[0] for row in (*equities, *futures)]
    frames = {sid: prices(SESSIONS[:3], 10) for sid in sids}
    hand_made_bundle.write_daily(folder / "daily_equities.bcolz", frames, SESSIONS)
    tables = {"equities": equities, "futures_contracts": futures, "exchanges": exchanges}
    hand_made_bundle.write_assets(folder / "assets-8.sqlite", tables)


def future(symbol: str | None, root: str | None, expiry: date | None, size: float | None, tick: float | None) -> Any:
    ends = (nanoseconds(FIRST), nanoseconds(SESSIONS[2]), None, "X", None)
    day = None if expiry is None else nanoseconds(expiry)
    return (7, symbol, root, "A future", *ends, day, None, size, tick)


FUTURES = {
    "all terms": (future("ESU12", "ES", date(2012, 9, 21), 50.0, 0.25), {"month": "2012-09", "price_step": "0.25"}),
    "the last century": (future("ESZ99", "ES", date(2012, 12, 21), 50.0, None), {"month": "1999-12"}),
    "a symbol of another kind": (future("E-MINI", "ES", date(2012, 9, 21), 50.0, None), {"month": "2012-09"}),
    "no expiry": (future("ESU12", "ES", None, 50.0, 0.25), None),
    "no size": (future("ESU12", "ES", date(2012, 9, 21), None, 0.25), None),
    "expired before it began": (future("ESU12", "ES", date(2011, 9, 16), 50.0, 0.25), None),
}


@pytest.mark.parametrize(("row", "terms"), FUTURES.values(), ids=FUTURES)
def test_futures(catalog: Catalog, tmp_path: Path, row: Any, terms: dict[str, str] | None) -> None:
    listed(tmp_path, [], [row], [])
    report = catalog.migrate(tmp_path)
    found = catalog.assets.find(row[1])
    told = [notice.text for notice in report.notices if notice.kind == "assets"]
    if terms is None:
        assert found.kind == "equity"
        assert f"{row[1]}: what the bundle says of it was left out: " in told[0]
    else:
        assert told == []
        assert {key: str(getattr(found, key)) for key in terms} == terms
        assert (found.kind, found.multiplier) == ("future", 50)


@pytest.mark.parametrize(
    ("currency", "held", "notices"),
    [(None, "USD", ["2 assets are listed in CA, GB, and their prices were taken to be in USD"]), ("GBP", "GBP", [])],
)
def test_currency(catalog: Catalog, tmp_path: Path, currency: str | None, held: str, notices: list[str]) -> None:
    ends = (nanoseconds(FIRST), nanoseconds(SESSIONS[2]), None, None)
    rows = [(sid, f"Number {sid}", *ends, place) for sid, place in ((1, "T"), (2, "L"), (3, "N"))]
    listed(tmp_path, rows, [], [("T", "Toronto", "CA"), ("L", "London", "GB"), ("N", "New York", "US")])
    report = catalog.migrate(tmp_path, currency=currency)
    assert [notice.text for notice in report.notices if notice.kind == "currency"] == notices
    assert {catalog.assets.find(name).currency for name in catalog.list()} == {held}


def test_without_a_database_of_assets(catalog: Catalog, tmp_path: Path) -> None:
    hand_made_bundle.write_daily(tmp_path / "daily_equities.bcolz", {5: prices(SESSIONS, 1)}, SESSIONS)
    assert catalog.migrate(tmp_path).notices == ()
    assert catalog.assets.find("5").calendar == "XNYS"


def test_an_asset_without_a_trade_is_known(catalog: Catalog, tmp_path: Path) -> None:
    empty = prices(SESSIONS[:3], 1).with_columns(**dict.fromkeys((*PRICES, "volume"), 0))
    hand_made_bundle.write_daily(tmp_path / "daily_equities.bcolz", {5: prices(SESSIONS, 1), 6: empty}, SESSIONS)
    assert catalog.migrate(tmp_path, calendar="XNYS").assets == ("5",)
    assert catalog.list() == ["5", "6"]


def test_nothing_there(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="holds neither"):
        catalog.migrate(tmp_path / "nowhere")
    assert not catalog.folder.exists()
