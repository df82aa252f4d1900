"""`catalog.assets` as it is typed: lists, chains, completion, and what it shows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import workbench as wb
from workbench.errors import NumberError, ParameterError, TimeError, UnknownAssetError, UnsupportedError, WorkbenchError
from workbench.market.assets import Asset
from workbench.market.catalog.assets import ASSETS, Assets
from workbench.market.catalog.database import Database


def future(root: str, month: str, expiry: str) -> Asset:
    return Asset(f"{root} {month}", kind="future", root=root, month=month, expiry=expiry, multiplier="0.5")


def option(right: str, strike: str, expiry: str) -> Asset:
    terms: dict[str, Any] = {"underlying": "AAPL", "strike": strike, "right": right, "expiry": expiry}
    return Asset(f"{right[0]}{strike} {expiry[:7]}", kind="option", multiplier=100, **terms)


EVERYTHING = [
    Asset("MSFT", exchange="XNAS"),
    Asset("AAPL", exchange="XNAS"),
    Asset("SPY", kind="etf", exchange="ARCX"),
    Asset("BTC/USDT", kind="crypto"),
    # CL is written before ES, and the months of ES out of order: the expiry decides.
    future("CL", "2024-07", "2024-06-20"),
    future("ES", "2024-09", "2024-09-20"),
    future("ES", "2024-06", "2024-06-21"),
    option("put", "190", "2024-06-21"),
    option("call", "190", "2024-06-21"),
    option("call", "200.5", "2024-06-21"),
    option("call", "200", "2024-06-21"),
    option("call", "210", "2024-07-19"),
]


@pytest.fixture(scope="module")
def assets(filled: Database) -> Assets:
    told = Assets(filled)
    assert told.add(*EVERYTHING) == list(range(1, 13))
    return told


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        pytest.param({"kind": "equity"}, ["AAPL", "MSFT"], id="kind"),
        pytest.param({"exchange": "ARCX"}, ["SPY"], id="exchange"),
        pytest.param({"currency": "USDT"}, ["BTC/USDT"], id="currency"),
        pytest.param({"root": "ES"}, ["ES 2024-06", "ES 2024-09"], id="root"),
        pytest.param({"kind": "option", "underlying": "MSFT"}, [], id="none"),
        pytest.param({"kind": "equity", "exchange": "XNAS"}, ["AAPL", "MSFT"], id="two terms"),
    ],
)
def test_list_and_frame(assets: Assets, terms: dict[str, str], expected: list[str]) -> None:
    assert assets.list(**terms) == expected
    frame = assets.frame(**terms)
    assert frame["asset"].to_list() == expected
    assert frame.schema == ASSETS


def test_all_of_them(assets: Assets) -> None:
    names = sorted(str(asset) for asset in EVERYTHING)
    assert assets.list() == list(assets) == assets.frame()["asset"].to_list() == names
    assert len(assets) == 12


def test_the_frame_says_the_terms(assets: Assets) -> None:
    future, stock = assets.frame(root="CL").row(0, named=True), assets.frame(kind="equity").row(0, named=True)
    said = {"month": "2024-07", "expiry": date(2024, 6, 20), "multiplier": 0.5, "kind": "future", "id": 5}
    assert {key: future[key] for key in said} == said
    assert (stock["multiplier"], stock["expiry"], stock["exchange"]) == (1.0, None, "XNAS")


def test_futures_come_by_expiry(assets: Assets) -> None:
    assert assets.futures("ES")["asset"].to_list() == ["ES 2024-06", "ES 2024-09"]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        pytest.param(
            {}, ["c190 2024-06", "c200 2024-06", "c200.5 2024-06", "p190 2024-06", "c210 2024-07"], id="the whole chain"
        ),
        pytest.param({"right": "put"}, ["p190 2024-06"], id="puts"),
        pytest.param({"expiry": "2024-07-19"}, ["c210 2024-07"], id="one expiry"),
        pytest.param({"expiry": ("2024-06-22", date(2024, 7, 19))}, ["c210 2024-07"], id="expiries between"),
        pytest.param({"strike": "200.5"}, ["c200.5 2024-06"], id="one strike"),
        pytest.param({"strike": (200, 200.5)}, ["c200 2024-06", "c200.5 2024-06"], id="strikes between, ends included"),
        pytest.param({"strike": (191, 199)}, [], id="no such strike"),
        pytest.param({"strike": 190, "right": "call", "expiry": date(2024, 6, 21)}, ["c190 2024-06"], id="one option"),
    ],
)
def test_options(assets: Assets, terms: dict[str, Any], expected: list[str]) -> None:
    assert assets.options("aapl", **terms)["asset"].to_list() == expected


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(lambda a: a.add("AAPL"), ParameterError, "'AAPL' is no Asset", id="add a text"),
        pytest.param(lambda a: a.add(Asset("A"), Asset("A")), ParameterError, "'A'.* is given twice", id="twice"),
        pytest.param(
            lambda a: a.add(Asset("A"), Asset("B"), symbol="X"),
            ParameterError,
            "one asset with its symbol",
            id="symbol",
        ),
        pytest.param(
            lambda a: a.add(Asset("AAPL"), symbol="APC"), ParameterError, "known under the symbol 'AAPL'", id="known"
        ),
        pytest.param(lambda a: a.rename("AAPL", "", on="2024-01-02"), ParameterError, "name=''", id="no name"),
        pytest.param(lambda a: a.add(Asset("A"), symbol=" "), ParameterError, "symbol=' '", id="empty symbol"),
        pytest.param(lambda a: a.list(kind="futures"), ParameterError, "kind='futures': give one of", id="kind"),
        pytest.param(lambda a: a.futures("EES"), UnknownAssetError, "there are those of CL, ES", id="root"),
        pytest.param(lambda a: a.options("MSFT"), UnknownAssetError, "there are those of AAPL", id="no options"),
        pytest.param(lambda a: a.options("APL"), UnknownAssetError, "did you mean 'AAPL'", id="no such underlying"),
        pytest.param(lambda a: a.options("AAPL", right="C"), ParameterError, "give 'call' or 'put'", id="right"),
        pytest.param(lambda a: a.options("AAPL", strike="high"), NumberError, "strike='high'", id="strike"),
        pytest.param(lambda a: a.options("AAPL", strike=float("nan")), NumberError, "finite", id="strike of NaN"),
        pytest.param(lambda a: a.options("AAPL", strike=(2, 1)), ParameterError, "in order", id="reversed strikes"),
        pytest.param(lambda a: a.options("AAPL", strike=(1, 2, 3)), ParameterError, "one value or two", id="three"),
        pytest.param(lambda a: a.options("AAPL", expiry="June"), TimeError, "expiry='June'", id="expiry"),
        pytest.param(lambda a: a["APL"], UnknownAssetError, "did you mean 'AAPL'", id="key"),
        pytest.param(lambda a: a.APL, AttributeError, "did you mean 'AAPL'", id="attribute"),
    ],
)
def test_refusals(assets: Assets, call: Any, error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=message):
        call(assets)
    assert len(assets) == 12


def test_a_symbol_told_again_changes_nothing(database: Database) -> None:
    told = Assets(database)
    assert told.add(Asset("SAP.XETR"), symbol="SAP") == told.add(Asset("SAP.XETR"), symbol="SAP")
    assert told.symbols("SAP").rows() == [("SAP", None, None)]


def test_the_sample_is_read_only() -> None:
    assert (wb.sample.assets.find("aapl").calendar, wb.sample.assets.AAPL) == ("XNYS", "AAPL")
    with pytest.raises(UnsupportedError, match="read-only"):
        wb.sample.assets.add(Asset("NEW"))


def test_one_bad_asset_adds_none(assets: Assets) -> None:
    with pytest.raises(ParameterError, match="3 is no Asset"):
        assets.add(Asset("NEW"), 3)  # type: ignore[arg-type]
    assert "NEW" not in assets


def test_completion(assets: Assets) -> None:
    assert assets.AAPL == assets["AAPL"] == assets["aapl"] == "AAPL"
    assert {"AAPL", "MSFT", "find"} <= set(dir(assets))
    assert "BTC/USDT" not in dir(assets)
    assert "BTC/USDT" in assets._ipython_key_completions_()
    assert "AAPL" in assets
    assert "aapl" not in assets
    assert not hasattr(assets, "_repr_json_")


def test_an_empty_one_says_what_to_do(database: Database) -> None:
    assert repr(Assets(database)) == "Assets: none; add them with catalog.assets.add(wb.Asset(...))"
    with pytest.raises(UnknownAssetError, match="the catalog holds no future"):
        Assets(database).futures("ES")


def test_what_it_shows(assets: Assets) -> None:
    shown = assets._repr_mimebundle_()
    assert shown["text/plain"] == (
        "Assets: 2 equity, 1 etf, 3 future, 5 option, 1 crypto: AAPL, BTC/USDT, CL 2024-07, ES 2024-06, ES 2024-09, "
        "MSFT, SPY, c190 2024-06, c200 2024-06, c200.5 2024-06, ... and 2 more"
    )
    assert "<p>Assets: 2 equity, 1 etf" in shown["text/html"]
    assert "<table" in shown["text/html"]
