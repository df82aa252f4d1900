"""What is asked of a catalog: assets, lengths, windows, fields, adjustments as of a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import ParameterError, TimeError, UnknownAssetError, UnsupportedError
from workbench.market import catalog as catalogs
from workbench.market import simulate
from workbench.market.assets import Asset
from workbench.market.bars import BARS, Bars
from workbench.market.catalog import Catalog
from workbench.market.catalog.coding import BLOCK

SAMPLE = catalogs.sample()
APPLE = SAMPLE["AAPL"]
MINUTES = simulate.bars("BTC/USDT", every="1m", n=12 * BLOCK, start="2024-01-01", seed=5)
QUARTERS = simulate.bars("BTC/USDT", every="15m", n=960, start="2024-01-01", seed=6)
YORK = simulate.bars("NY", every="1m", n=3_900, start="2024-07-01", seed=7, calendar="XNYS")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    made = Catalog(tmp_path_factory.mktemp("catalog"))
    for bars in (MINUTES, QUARTERS, YORK, APPLE, SAMPLE["FB"]):
        made.ingest(bars)
    yield made
    made.close()


def same(made: Bars, wanted: Bars) -> bool:
    return made.frame.equals(wanted.frame) and made.assets == wanted.assets and made.every == wanted.every


@pytest.mark.parametrize(
    ("assets", "names"),
    [
        pytest.param("AAPL", ["AAPL"], id="a name"),
        pytest.param(["FB", "AAPL"], ["FB", "AAPL"], id="several, in their order"),
        pytest.param(("FB",), ["FB"], id="a tuple"),
        pytest.param(APPLE.assets[0], ["AAPL"], id="an Asset"),
        pytest.param("aapl", ["AAPL"], id="in other letters"),
        pytest.param(None, ["AAPL", "FB"], id="all that hold daily bars, by name"),
    ],
)
def test_assets(held: Catalog, assets: Any, names: list[str]) -> None:
    assert list(held.bars(assets).assets) == names
    assert held.bars(assets).frame["asset"].unique(maintain_order=True).to_list() == names


@pytest.mark.parametrize(
    ("assets", "error", "message"),
    [
        pytest.param("APPL", UnknownAssetError, "no asset 'APPL'; did you mean 'AAPL'?", id="unknown"),
        pytest.param(["AAPL", "AAPL"], ParameterError, "name at least one asset, and each once", id="twice"),
        pytest.param(["AAPL", "aapl"], ParameterError, "name at least one asset, and each once", id="twice in effect"),
        pytest.param([], ParameterError, "name at least one asset, and each once", id="none"),
        pytest.param(7, ParameterError, "7 is no asset's name; write 'AAPL'", id="a number"),
    ],
)
def test_assets_that_are_refused(held: Catalog, assets: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as refused:
        held.bars(assets)
    assert message in str(refused.value)


def test_an_empty_catalog(tmp_path: Path) -> None:
    with pytest.raises(UnknownAssetError, match=r"the catalog holds no bars yet; catalog\.ingest"):
        Catalog(tmp_path).bars()


@pytest.mark.parametrize(
    ("asset", "every", "source", "notice"),
    [
        pytest.param("BTC/USDT", "1m", MINUTES, "", id="as held"),
        pytest.param("BTC/USDT", "60s", MINUTES, "", id="in another spelling"),
        pytest.param("BTC/USDT", "15m", QUARTERS, "", id="as held, though minutes make it up"),
        pytest.param("BTC/USDT", "1h", QUARTERS, "the 1h bars are made from the 15m bars", id="of the longest"),
        pytest.param("BTC/USDT", "5m", MINUTES, "the 5m bars are made from the 1m bars", id="of what makes it up"),
        pytest.param("BTC/USDT", "1d", QUARTERS, "the 1d bars are made from the 15m bars", id="days"),
        pytest.param("NY", "1h", YORK, "the 1h bars are made from the 1m bars", id="hours of sessions"),
        pytest.param("AAPL", "1w", APPLE, "the 1w bars are made from the 1d bars", id="weeks"),
        pytest.param("AAPL", "1mo", APPLE, "the 1mo bars are made from the 1d bars", id="months"),
    ],
)
def test_lengths(held: Catalog, asset: str, every: str, source: Bars, notice: str) -> None:
    made = held.bars(asset, every=every)
    assert same(made, source.resample(every))
    assert [n.text for n in made.notices if n.kind == "resampled"] == (
        [f"{notice} that the catalog holds"] if notice else []
    )


@pytest.mark.parametrize(
    ("assets", "every", "error", "message"),
    [
        pytest.param("AAPL", "1h", UnsupportedError, "every='1h': AAPL is held in 1d; ask for a whole", id="shorter"),
        pytest.param(
            ["AAPL", "NY"],
            "5m",
            UnsupportedError,
            "every='5m': AAPL is held in 1d; NY is held in 1m; ask",
            id="not all",
        ),
        pytest.param("AAPL", "100 trades", UnsupportedError, "every='100 trades': AAPL is held in 1d", id="no time"),
        pytest.param("AAPL", "3x", ParameterError, "every='3x': give '5m', '1h'", id="no length"),
    ],
)
def test_lengths_that_nothing_makes_up(
    held: Catalog, assets: Any, every: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as refused:
        held.bars(assets, every=every)
    assert message in str(refused.value)


WINDOWS = [
    pytest.param("2024-02-01", "2024-02-10", id="sessions"),
    pytest.param(datetime(2024, 2, 1, 5, 7, tzinfo=UTC), datetime(2024, 2, 1, 22, 30, tzinfo=UTC), id="times"),
    pytest.param("2024-03-25", None, id="from a session"),
    pytest.param(None, date(2024, 1, 2), id="to a session"),
    pytest.param("2025-01-01", None, id="later than all"),
    pytest.param(None, "2020-01-01", id="earlier than all"),
]


@pytest.mark.parametrize(("start", "end"), WINDOWS)
@pytest.mark.parametrize("every", ["1m", "5m", "1d", "1w"])
def test_windows(held: Catalog, start: Any, end: Any, every: str) -> None:
    """As cutting everything in memory: of minutes, of what is made of minutes, of quarters and of days made of them."""
    source = MINUTES if every in ("1m", "5m") else QUARTERS
    wanted = source.resample(every)
    wanted = wanted if start is None else wanted.since(start)
    wanted = wanted if end is None else wanted.until(end)
    made = held.bars("BTC/USDT", every=every, start=start, end=end)
    assert made.frame.equals(wanted.frame)
    assert made.frame.n_chunks() == 1


def test_a_window_reads_its_blocks_only(held: Catalog) -> None:
    noon = datetime(2024, 1, 2, 12, tzinfo=UTC)
    day = held.bars("BTC/USDT", every="1m", start=noon, end=datetime(2024, 1, 3, 12, tzinfo=UTC))
    assert len(held.bars("BTC/USDT", every="1m")) == 12 * BLOCK
    assert day._plan.rows == BLOCK  # type: ignore[attr-defined]
    assert len(day) == 1440


@pytest.mark.parametrize(
    ("window", "message"),
    [
        pytest.param({"start": "soon"}, "since='soon' cannot be read|start='soon' cannot be read", id="unreadable"),
        pytest.param({"end": datetime(2024, 1, 1)}, "is naive", id="naive"),  # noqa: DTZ001
        pytest.param({"start": "2012-01-02", "end": "2012-01-01"}, "the end lies before the start", id="reversed"),
        pytest.param({"as_of": "01/02/2024"}, "cannot be read", id="as of"),
    ],
)
def test_windows_that_are_refused(held: Catalog, window: dict[str, Any], message: str) -> None:
    with pytest.raises(TimeError, match=message):
        held.bars("AAPL", **window)


@pytest.mark.parametrize("fields", ["close", ["close"], ("volume", "open"), ["open", "high", "low", "close"]])
def test_fields_that_were_asked_for_are_there_and_others_null(held: Catalog, fields: Any) -> None:
    names = [fields] if isinstance(fields, str) else fields
    made = held.bars(["FB", "AAPL"], fields=fields, start="2013-01-01")
    wanted = SAMPLE[["FB", "AAPL"]].since("2013-01-01").frame
    others = [pl.lit(None, pl.Float64).alias(name) for name in BARS.names()[4:] if name not in names]
    assert made.frame.equals(wanted.with_columns(others))
    assert made.frame.schema == BARS
    assert [n.kind for n in made.notices] == ["fields"]
    assert made.since("2013-02-01").frame.equals(made.frame.filter(pl.col("session") >= date(2013, 2, 1)))


def test_fields_of_what_is_made_of_others(held: Catalog) -> None:
    made = held.bars("NY", every="1h", fields="high")
    assert made.frame["high"].equals(YORK.resample("1h").frame["high"])
    assert made.frame["close"].null_count() == len(made)


def test_all_fields_are_just_the_bars(held: Catalog) -> None:
    made = held.bars("FB", fields=["volume", "open", "high", "low", "close"])
    assert made.fingerprint == SAMPLE["FB"].fingerprint
    assert made.notices == ()


@pytest.mark.parametrize("fields", ["vwap", [], ["close", "time"], [None]])
def test_fields_that_are_refused(held: Catalog, fields: Any) -> None:
    with pytest.raises(ParameterError, match="give one or more of open, high, low, close, volume"):
        held.bars("AAPL", fields=fields)


@pytest.mark.parametrize("how", ["splits", "all", None])
@pytest.mark.parametrize("as_of", ["2005-02-25", "2005-02-28", datetime(2005, 2, 28, 22, tzinfo=UTC), "2013-03-01"])
def test_adjusted_as_of(held: Catalog, how: Any, as_of: Any) -> None:
    """As adjusting in memory; AAPL split on 2005-02-28."""
    made, wanted = held.bars("AAPL", adjusted=how, as_of=as_of), APPLE.adjusted(how, as_of=as_of)
    assert made.frame.equals(wanted.frame)
    assert made.actions.equals(wanted.actions)
    assert made.notices == wanted.notices
    assert made.frame["session"].max() <= date(2013, 3, 1)


def test_adjusted_knows_nothing_beyond_its_end(held: Catalog) -> None:
    """Closes of 2005-02-25 by hand: 88.99 before the split two for one of the next session, 44.495 after it."""
    closes = {end: held.bars("AAPL", end=end, adjusted="splits").frame["close"] for end in ("2005-02-25", "2005-02-28")}
    assert closes["2005-02-25"][-1] == 88.99
    assert closes["2005-02-28"][-2] == 44.495
    later = held.bars("AAPL", end="2005-02-28", adjusted="splits").until("2005-02-25")
    assert later.frame["close"][-1] == 44.495


def test_cut_after_adjusting(held: Catalog) -> None:
    bars = held.bars(["FB", "AAPL"], adjusted="all")
    wanted = SAMPLE[["FB", "AAPL"]].adjusted("all")
    for cut in (lambda b: b.since("2012-08-01"), lambda b: b.until("2012-08-10"), lambda b: b.select("AAPL").last(9)):
        assert cut(bars).frame.equals(cut(wanted).frame)


def test_actions_that_had_acted_by_the_last_bar_are_known_before_the_rows_are_used(held: Catalog) -> None:
    made = held.bars("AAPL", adjusted="splits", end="2012-12-31")
    assert made.actions.equals(APPLE.until("2012-12-31").adjusted("splits").actions)
    assert made.actions["ex"].to_list() == [date(2012, 8, 9), date(2012, 11, 7)]


def test_what_is_adjusted_otherwise_is_refused(held: Catalog) -> None:
    with pytest.raises(ParameterError, match="give 'splits', 'all'"):
        held.bars("AAPL", adjusted="dividends")  # type: ignore[arg-type]


def test_a_symbol_of_old(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE.folder, tmp_path / "copy")
    catalog = Catalog(tmp_path / "copy")
    catalog.assets.rename("FB", "META", on="2022-06-09")
    made = catalog["FB"]
    assert made.assets == ("META",)
    assert [notice.kind for notice in made.notices] == ["renamed"]
    assert made.frame.drop("asset").equals(SAMPLE["FB"].frame.drop("asset"))
    assert catalog.bars("FB", as_of="2013-01-02").assets == ("META",)
    catalog.close()


RATES = simulate.bars("EUR/USD", "1d", n=2_000, start="2008-01-01", seed=3, price=1.25, volatility=0.01, price_digits=5)


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Apple, two years of it, and what a euro costs."""
    made = Catalog(tmp_path_factory.mktemp("traded"))
    made.ingest(APPLE.since("2011-01-01"))
    made.ingest(replace(RATES, assets=(Asset("EUR/USD", kind="fx", price_digits=5),)))
    yield made
    made.close()


@pytest.mark.parametrize("window", [{}, {"start": "2012-08-01", "end": "2012-08-31"}, {"as_of": "2012-08-31"}])
def test_in_another_currency(traded: Catalog, window: dict[str, Any]) -> None:
    made, plain = traded.bars("AAPL", currency="EUR", **window), traded.bars("AAPL", **window)
    wanted = plain.convert("EUR", RATES)
    assert made.assets[0].currency == "EUR"
    assert made.assets == wanted.assets
    assert made.assets[0].attributes() == wanted.assets[0].attributes()
    assert made.frame.equals(wanted.frame)
    assert made.actions.equals(wanted.actions)
    assert made.notices == wanted.notices


def test_a_currency_in_which_prices_are_already(traded: Catalog) -> None:
    assert traded.bars("AAPL", currency="USD").fingerprint == APPLE.since("2011-01-01").fingerprint


def test_currencies_that_nothing_leads_to(held: Catalog, traded: Catalog) -> None:
    with pytest.raises(UnsupportedError, match="currency='EUR': the catalog holds no bars of a currency pair; ingest"):
        held.bars("AAPL", currency="EUR")
    with pytest.raises(ParameterError, match="no rate leads from USD to JPY; there are EUR/USD"):
        traded.bars("AAPL", currency="JPY")


def test_quality_is_that_of_each_asset(held: Catalog) -> None:
    """As one report on both in memory; the outlier of AAPL is row 148 of it, after the 196 rows of FB."""
    made, wanted = held.validate(["FB", "AAPL"], outlier_z=9), SAMPLE[["FB", "AAPL"]].validate(outlier_z=9)
    assert made.frame.equals(wanted.frame)
    assert repr(made) == repr(wanted)
    assert (made.rows, made.span, made.limits) == (wanted.rows, wanted.span, wanted.limits)
    assert held.validate().frame.filter(rule="outlier")["row"].to_list() == [148]
    with pytest.raises(ParameterError):
        held.validate("FB", loudness=3)


def test_lists_and_completion(held: Catalog) -> None:
    names = ["AAPL", "BTC/USDT", "FB", "NY"]
    assert held.list() == names == list(held) == held._ipython_key_completions_()
    assert held.list(every="1m") == ["BTC/USDT", "NY"]
    assert held.list(kind="future") == []
    assert len(held) == 4
    assert "NY" in held
    assert "ny" not in held
    assert 7 not in held
    with pytest.raises(ParameterError, match="kind='share': give one of"):
        held.list(kind="share")


def test_a_catalog_at_a_glance(held: Catalog) -> None:
    lines = repr(held).splitlines()
    assert lines[0].startswith(f"Catalog {held.folder.name} of 4 assets, ")
    assert lines[0].endswith(": AAPL, BTC/USDT, FB, NY")
    assert [line.split() for line in lines[1:]] == [
        ["every", "kind", "assets", "rows"],
        ["15m", "bars", "1", "960"],
        ["1d", "bars", "2", "3,466"],
        ["1m", "bars", "2", "200,508"],
    ]
    assert "200,508" in held._repr_mimebundle_()["text/html"]


def test_keys(held: Catalog) -> None:
    assert held["FB"].assets == ("FB",)
    assert held[["FB", "AAPL"]].assets == ("FB", "AAPL")
    assert held[Asset("FB")].assets == ("FB",)
