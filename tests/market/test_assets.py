"""An Asset is its text, with checked attributes."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest

from workbench.errors import NumberError, ParameterError, WorkbenchError
from workbench.market.assets import Asset, with_attributes


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
    ],
)
def test_refusals(name: str, arguments: dict[str, object], error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=message):
        Asset(name, **arguments)  # type: ignore[arg-type]


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
