"""An Asset is its text, with checked attributes."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from workbench.errors import NumberError, ParameterError, TimeError, WorkbenchError
from workbench.market.assets import KINDS, Asset, as_text, from_text, with_attributes

FUTURE = {"kind": "future", "root": "ES", "month": "2024-06", "expiry": "2024-06-21", "multiplier": 50}
CONTINUOUS = {"kind": "continuous", "root": "ES", "roll": "volume"}
OPTION = {
    "kind": "option", "underlying": "AAPL", "strike": "200.5", "right": "put", "expiry": date(2024, 6, 21),
    "multiplier": "100",
}  # fmt: skip
PAIR = {"base": "BTC", "quote": "USDT"}
MARGINS = {"initial_margin": Decimal("0.1"), "maintenance_margin": Decimal("0.05")}
# One asset of every kind, and what it says beside the attributes of every asset.
BORN: dict[str, tuple[dict[str, Any], dict[str, object]]] = {
    "equity": ({}, {}),
    "etf": ({"kind": "etf", "multiplier": 1, "exchange": None}, {"kind": "etf"}),
    "index": ({"kind": "index", "exchange": "XNYS"}, {"kind": "index", "exchange": "XNYS"}),
    "future": (FUTURE, {**FUTURE, "expiry": date(2024, 6, 21), "multiplier": Decimal(50)}),
    "continuous": (CONTINUOUS, CONTINUOUS),
    "option": (OPTION, {**OPTION, "strike": Decimal("200.5"), "multiplier": Decimal(100)}),
    "crypto": ({"kind": "crypto", **PAIR}, {"kind": "crypto", **PAIR}),
    "perpetual": (
        {"kind": "perpetual", **PAIR, **MARGINS, "settlement": "BTC"},
        {"kind": "perpetual", **PAIR, **MARGINS, "settlement": "BTC"},
    ),
    "fx": ({"kind": "fx", "base": "EUR", "quote": "USD"}, {"kind": "fx", "base": "EUR", "quote": "USD"}),
}


def test_an_asset_is_its_text() -> None:
    apple = Asset("AAPL")
    assert apple == "AAPL"
    assert hash(apple) == hash("AAPL")
    counts: dict[str, int] = {apple: 1}
    assert counts["AAPL"] == 1
    assert apple.replace("A", "B") == "BBPL"


@pytest.mark.parametrize(
    ("arguments", "price_step", "quantity_step"),
    [
        pytest.param({}, "0.01", "1", id="defaults"),
        pytest.param({"price_digits": 0, "quantity_digits": 8}, "1", "0.00000001", id="one unit of the last digit"),
        pytest.param({"price_step": "0.25"}, "0.25", "1", id="a quarter on cents"),
        pytest.param({"price_step": 0.05}, "0.05", "1", id="a float is its shortest decimal"),
        pytest.param({"quantity_step": 100}, "0.01", "100", id="round lots"),
    ],
)
def test_steps(arguments: dict[str, object], price_step: str, quantity_step: str) -> None:
    asset = Asset("X", **arguments)  # type: ignore[arg-type]
    assert (asset.price_step, asset.quantity_step) == (Decimal(price_step), Decimal(quantity_step))


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        pytest.param("", {}, ParameterError, "name=''", id="empty name"),
        pytest.param("X", {"price_digits": 13}, ParameterError, "from 0 to 12", id="13 price digits"),
        pytest.param("X", {"price_digits": True}, ParameterError, "price_digits=True", id="a bool is no number"),
        pytest.param("X", {"quantity_digits": 9}, ParameterError, "from 0 to 8", id="9 quantity digits"),
        pytest.param("X", {"currency": ""}, ParameterError, "currency=''", id="no currency"),
        pytest.param("X", {"price_step": "0.015"}, NumberError, "multiple of 0.01", id="step between the digits"),
        pytest.param("X", {"price_step": 0}, NumberError, "multiple of 0.01", id="step of zero"),
        pytest.param("X", {"price_step": "cent"}, NumberError, "not a number", id="step of text"),
        pytest.param("X", {"price_step": True}, NumberError, "give a number", id="step of a bool"),
        pytest.param("X", {"min_notional": float("nan")}, NumberError, "finite", id="NaN notional"),
        pytest.param("X", {"min_notional": -1}, NumberError, "not negative", id="negative notional"),
        pytest.param("X", {"kind": "stock"}, ParameterError, "kind='stock': give one of 'equity', 'etf'", id="kind"),
        pytest.param("X", {"exchange": ""}, ParameterError, "exchange=''", id="no exchange"),
        pytest.param("X", {"multiplier": 0}, NumberError, "give a number above 0", id="multiplier of zero"),
        pytest.param("X", {"strke": 3}, ParameterError, "no 'strke'; it has strike", id="a slip of the pen"),
        pytest.param("X", {"strike": 3}, ParameterError, "strike belongs to option; kind='equity'", id="foreign term"),
        pytest.param("X", {**FUTURE, "strike": 3}, ParameterError, "strike belongs to option", id="strike of a future"),
        pytest.param(
            "X", {**FUTURE, "multiplier": None}, ParameterError, "'X' lacks multiplier", id="future of unknown size"
        ),
        pytest.param("X", {**FUTURE, "month": "2024-13"}, ParameterError, "contract month as '2024-06'", id="month"),
        pytest.param("X", {**FUTURE, "expiry": "June"}, TimeError, "expiry='June': give a date", id="expiry of text"),
        pytest.param("X", {**FUTURE, "expiry": 20240621}, TimeError, "give a date", id="expiry of a number"),
        pytest.param(
            "X",
            {**FUTURE, "expiry": datetime(2024, 6, 21, tzinfo=UTC)},
            TimeError,
            "give a date",
            id="a time",
        ),
        pytest.param(
            "X",
            {**FUTURE, "first_notice": "2024-06-22"},
            TimeError,
            "expiry 2024-06-21 lies before first_notice",
            id="notice after expiry",
        ),
        pytest.param("X", {"kind": "option"}, ParameterError, "lacks underlying, strike, right, expiry", id="option"),
        pytest.param("X", {**OPTION, "right": "C"}, ParameterError, "give one of 'call', 'put'", id="right"),
        pytest.param("X", {**OPTION, "strike": 0}, NumberError, "above 0", id="strike of zero"),
        pytest.param("X", {**CONTINUOUS, "roll": "open interest"}, ParameterError, "'calendar', 'volume'", id="roll"),
        pytest.param("X", {**CONTINUOUS, "days": 1.5}, ParameterError, "from 0 to 366", id="half a day"),
        pytest.param("BTCUSDT", {"kind": "crypto"}, ParameterError, "needs base, quote; 'BTCUSDT' lacks", id="pair"),
        pytest.param(
            "BTC/USDT",
            {"kind": "crypto", "currency": "USD"},
            ParameterError,
            "prices are in the quote, 'USDT'",
            id="currency of a pair",
        ),
        pytest.param(
            "BTC/USD:ETH",
            {"kind": "perpetual"},
            ParameterError,
            "is settled in its quote, 'USD', or in its base",
            id="coin",
        ),
        pytest.param("X", {"settlement": "USD"}, ParameterError, "settlement belongs to perpetual", id="settled share"),
        pytest.param("X", {"initial_margin": 1}, ParameterError, "has only one of initial_margin", id="one margin"),
        pytest.param(
            "X",
            {"initial_margin": "0.1", "maintenance_margin": "0.2"},
            NumberError,
            "maintenance_margin 0.2 is above initial_margin 0.1",
            id="more to keep than to open",
        ),
        pytest.param(
            "X", {**MARGINS, "initial_margin": 11}, NumberError, "a part of what a position", id="margin of 11"
        ),
        pytest.param("X", {**OPTION, **MARGINS}, ParameterError, "initial_margin belongs to equity", id="of an option"),
        pytest.param(
            "X",
            {"first": "2024-01-02", "last": "2024-01-01"},
            TimeError,
            "last 2024-01-01 lies before first",
            id="reversed dates",
        ),
    ],
)
def test_refusals(name: str, arguments: dict[str, object], error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=message):
        Asset(name, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(("arguments", "said"), BORN.values(), ids=BORN)
def test_kinds(arguments: dict[str, Any], said: dict[str, object]) -> None:
    asset = Asset("X", **arguments)
    plain = Asset("X", currency=asset.currency).attributes()
    assert asset.attributes() == {**plain, **said}
    assert list(asset.attributes()) == sorted(asset.attributes())
    assert from_text("X", as_text(asset)).attributes() == asset.attributes()
    assert eval(repr(asset)).attributes() == asset.attributes()
    assert pickle.loads(pickle.dumps(asset)).attributes() == asset.attributes()


def test_every_kind_is_tried() -> None:
    assert set(BORN) == set(KINDS)


def test_what_is_not_said_stays_out_of_the_text() -> None:
    """The fingerprint of Bars is made from this text, so it may not grow for assets that say nothing new."""
    assert as_text(Asset("X", price_digits=3, multiplier=1)) == {
        "calendar": "24/7",
        "currency": "USD",
        "min_notional": "0",
        "price_digits": "3",
        "price_step": "0.001",
        "quantity_digits": "0",
        "quantity_step": "1",
    }


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        pytest.param("BTC/USDT", "crypto", ("BTC", "USDT", "USDT", "USDT"), id="spot"),
        pytest.param("ETH/USD:ETH", "perpetual", ("ETH", "USD", "USD", "ETH"), id="settled in another coin"),
        pytest.param("ETH/USDT:USDT", "perpetual", ("ETH", "USDT", "USDT", "USDT"), id="settled in its quote"),
        pytest.param("EUR/USD", "fx", ("EUR", "USD", "USD", "USD"), id="currencies"),
    ],
)
def test_the_name_of_a_pair_says_its_parts(name: str, kind: str, expected: tuple[str, str, str, str]) -> None:
    asset = Asset(name, kind=kind)
    assert (asset.base, asset.quote, asset.currency, asset.settled_in) == expected


def test_it_is_frozen() -> None:
    asset = Asset("X")
    with pytest.raises(AttributeError, match="frozen"):
        asset.currency = "EUR"
    with pytest.raises(AttributeError, match="frozen"):
        del asset.currency


@pytest.mark.parametrize("copied", [lambda a: pickle.loads(pickle.dumps(a)), copy.copy, copy.deepcopy])
def test_it_travels_with_its_attributes(copied: object) -> None:
    asset = Asset("BTC/USDT", price_digits=1, quantity_digits=5, currency="USDT", min_notional="5", price_step="0.5")
    twin = copied(asset)  # type: ignore[operator]
    assert twin == asset
    assert twin.attributes() == asset.attributes()


def test_changed_digits_take_their_default_step_along() -> None:
    asset = with_attributes(Asset("X", price_digits=2, quantity_step=10), price_digits=4, currency="EUR")
    assert (asset.price_step, asset.quantity_step, asset.currency) == (Decimal("0.0001"), Decimal(10), "EUR")


def test_an_unknown_attribute_is_refused() -> None:
    with pytest.raises(ParameterError, match="no 'tick'; it has adjustment, base, calendar"):
        with_attributes(Asset("X"), tick=1)


def test_repr_shows_what_is_not_the_default() -> None:
    shown = repr(Asset("ES", price_step="0.25", min_notional=5))
    assert shown == "Asset('ES', min_notional='5', price_step='0.25')"
