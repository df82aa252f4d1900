"""Fees and slippage: exact, checked, frozen."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from workbench.engine.costs import Fee, Slippage, fees, slippage
from workbench.errors import NumberError, ParameterError, WorkbenchError

D = Decimal
TENTH: Any = np.float32(0.1)
FIVE: Any = np.int64(5)
MADE: dict[str, tuple[Any, Any, str]] = {
    "no fee": (fees.none(), ("none", D(0), D(0), None), "fees.none()"),
    "bps": (fees.bps(10), ("bps", D(10), D(0), None), "fees.bps(10)"),
    "a float is its shortest decimal": (fees.bps(0.1), ("bps", D("0.1"), D(0), None), "fees.bps(0.1)"),
    "text": (fees.bps("2.50"), ("bps", D("2.5"), D(0), None), "fees.bps(2.5)"),
    "a Decimal": (fees.bps(D("1E+1")), ("bps", D(10), D(0), None), "fees.bps(10)"),
    "numpy": (fees.bps(TENTH), ("bps", D("0.1"), D(0), None), "fees.bps(0.1)"),
    "a numpy int": (fees.bps(FIVE), ("bps", D(5), D(0), None), "fees.bps(5)"),
    "bps with bounds": (fees.bps(1, minimum=1, cap=5), ("bps", D(1), D(1), D(5)), "fees.bps(1, minimum=1, cap=5)"),
    "per share": (
        fees.per_share(0.005, minimum=1),
        ("per_share", D("0.005"), D(1), None),
        "fees.per_share(0.005, minimum=1)",
    ),
    "a cap of nothing": (fees.per_share(1, cap=0), ("per_share", D(1), D(0), D(0)), "fees.per_share(1, cap=0)"),
    "a cap below the minimum, which it wins over": (
        fees.per_share(1, minimum=3, cap=2),
        ("per_share", D(1), D(3), D(2)),
        "fees.per_share(1, minimum=3, cap=2)",
    ),
    "per trade": (fees.per_trade("4.95"), ("per_trade", D("4.95"), D(0), None), "fees.per_trade(4.95)"),
    "twelve digits": (fees.bps("1e-12"), ("bps", D("1E-12"), D(0), None), "fees.bps(0.000000000001)"),
    "the largest": (
        fees.per_trade(10**12 - 1),
        ("per_trade", D(10**12 - 1), D(0), None),
        "fees.per_trade(999999999999)",
    ),
}


@pytest.mark.parametrize(("fee", "expected", "text"), MADE.values(), ids=MADE)
def test_fees_are_exact(fee: Fee, expected: tuple[object, ...], text: str) -> None:
    assert (fee.kind, fee.rate, fee.minimum, fee.cap) == expected
    assert repr(fee) == text
    assert pickle.loads(pickle.dumps(fee)) == fee


@pytest.mark.parametrize(
    ("made", "kind", "rate", "text"),
    [
        (slippage.none(), "none", D(0), "slippage.none()"),
        (slippage.bps(2), "bps", D(2), "slippage.bps(2)"),
        (slippage.bps(0.5), "bps", D("0.5"), "slippage.bps(0.5)"),
        (slippage.bps("9999.999"), "bps", D("9999.999"), "slippage.bps(9999.999)"),
        (slippage.spread("12000.5"), "spread", D("12000.5"), "slippage.spread(12000.5)"),
    ],
    ids=["none", "whole", "half", "the most", "spread"],
)
def test_slippage_is_exact(made: Slippage, kind: str, rate: Decimal, text: str) -> None:
    assert (made.kind, made.rate, repr(made)) == (kind, rate, text)


NUMBER = "must be a number such as 10, 0.5 or '0.005', got"
REFUSED: dict[str, tuple[Callable[[Any], object], Any, type[WorkbenchError], str]] = {
    "NaN": (fees.bps, float("nan"), NumberError, "the rate of fees.bps must be a finite number, got nan"),
    "inf": (fees.bps, float("inf"), NumberError, "the rate of fees.bps must be a finite number, got inf"),
    "a signalling NaN": (
        fees.bps,
        D("sNaN"),
        NumberError,
        "the rate of fees.bps must be a finite number, got Decimal('sNaN')",
    ),
    "a bool": (fees.bps, True, NumberError, f"the rate of fees.bps {NUMBER} True (bool)"),
    "a numpy bool": (fees.bps, np.bool_(True), NumberError, f"the rate of fees.bps {NUMBER} np.True_ (bool)"),
    "None": (fees.bps, None, NumberError, f"the rate of fees.bps {NUMBER} None (NoneType)"),
    "words": (fees.bps, "ten", NumberError, f"the rate of fees.bps {NUMBER} 'ten' (str)"),
    "percent": (fees.bps, "0.1%", NumberError, f"the rate of fees.bps {NUMBER} '0.1%' (str)"),
    "a fraction": (fees.bps, Fraction(1, 3), NumberError, f"the rate of fees.bps {NUMBER} Fraction(1, 3) (Fraction)"),
    "a list": (fees.bps, [10], NumberError, f"the rate of fees.bps {NUMBER} [10] (list)"),
    "a complex": (fees.bps, 1j, NumberError, f"the rate of fees.bps {NUMBER} 1j (complex)"),
    "negative": (
        fees.per_share,
        -0.005,
        NumberError,
        "the rate of fees.per_share must not be negative, got -0.005; a cost is given as a positive number",
    ),
    "too fine": (
        fees.per_share,
        "1e-13",
        NumberError,
        "the rate of fees.per_share must have at most 12 digits after the point, got '1e-13'",
    ),
    "far too fine": (
        fees.per_share,
        "1e-999999",
        NumberError,
        "the rate of fees.per_share must have at most 12 digits after the point, got '1e-999999'",
    ),
    "too large": (
        fees.per_trade,
        10**12,
        NumberError,
        "the rate of fees.per_trade must be below 10^12, got 1000000000000",
    ),
    "a negative minimum": (
        lambda x: fees.bps(1, minimum=x),
        -1,
        NumberError,
        "minimum of fees.bps must not be negative, got -1; a cost is given as a positive number",
    ),
    "a NaN cap": (
        lambda x: fees.per_share(1, cap=x),
        float("nan"),
        NumberError,
        "cap of fees.per_share must be a finite number, got nan",
    ),
    "an unknown kind": (
        lambda x: Fee(x),
        "percent",
        ParameterError,
        "a fee is one of none, bps, per_share, per_contract, per_trade, tiered, custom, sum, got 'percent'; "
        "use wb.fees",
    ),
    "a fee made by hand": (
        lambda x: Fee("bps", x),
        D(-1),
        NumberError,
        "the rate of fees.bps must not be negative, got Decimal('-1'); a cost is given as a positive number",
    ),
    "slippage NaN": (
        slippage.bps,
        float("nan"),
        NumberError,
        "the rate of slippage.bps must be a finite number, got nan",
    ),
    "slippage negative": (
        slippage.bps,
        -2,
        NumberError,
        "the rate of slippage.bps must not be negative, got -2; a cost is given as a positive number",
    ),
    "slippage of the whole price": (
        slippage.bps,
        10_000,
        NumberError,
        "the rate of slippage.bps must be below 10000 (the whole price), got 10000",
    ),
    "an unknown slippage": (
        lambda x: Slippage(x),
        "ticks",
        ParameterError,
        "slippage is one of none, bps, spread, volume_share, square_root, custom, got 'ticks'; use wb.slippage",
    ),
}


LEVELS = "write them like [(0, 25, 40), (10_000, 20, 35)]"
OPTIONS = "it has minimum, cap, cap_bps, round_to, side, currency"
THERE_ARE = (
    "there are alpaca-crypto, alpaca-us, binance-spot, coinbase-exchange, ib-us-fixed, ib-us-tiered, kraken-spot"
)
REFUSED |= {
    "tiers that do not begin at 0": (
        fees.tiered,
        [(10, 1, 2)],
        ParameterError,
        f"the tiers of fees.tiered begin above 0 and rise, got ['10']; {LEVELS}",
    ),
    "no tiers": (fees.tiered, [], ParameterError, f"the tiers of fees.tiered begin above 0 and rise, got []; {LEVELS}"),
    "tiers that fall": (
        fees.tiered,
        [(0, 1, 2), (20, 1, 2), (10, 1, 2)],
        ParameterError,
        f"the tiers of fees.tiered begin above 0 and rise, got ['0', '20', '10']; {LEVELS}",
    ),
    "a tier of two": (
        fees.tiered,
        [(0, 1)],
        ParameterError,
        "a tier is (traded value, maker, taker), got (0, 1); write (10_000, 20, 35)",
    ),
    "a rebate": (
        lambda rate: fees.maker_taker(rate, 5),
        -1,
        NumberError,
        "maker of a tier must not be negative, got -1; a cost is given as a positive number",
    ),
    "a side": (
        lambda side: fees.bps(1, side=side),
        "long",
        ParameterError,
        "side of fees.bps is 'buy', 'sell' or None for both, got 'long'",
    ),
    "no step": (
        lambda step: fees.bps(1, round_to=step),
        0,
        NumberError,
        "round_to of fees.bps must be above 0, such as '0.01'",
    ),
    "a cap off the step": (
        lambda cap: fees.bps(1, cap=cap, round_to="0.01"),
        "0.005",
        ParameterError,
        "cap=0.005 of fees.bps is no multiple of round_to=0.01",
    ),
    "an unknown option": (
        lambda maximum: fees.per_share(1, maximum=maximum),
        1,
        ParameterError,
        f"fees.per_share has no option 'maximum'; {OPTIONS}",
    ),
    "base currency of shares": (
        lambda currency: fees.per_share(1, currency=currency),
        "base",
        ParameterError,
        "fees.per_share(1, currency='base') cannot be paid in the base currency: "
        "that is a part of the bought quantity, so bps, maker_taker or tiered without bounds",
    ),
    "base currency with a minimum": (
        lambda currency: fees.bps(1, minimum=2, currency=currency),
        "base",
        ParameterError,
        "fees.bps(1, minimum=2, currency='base') cannot be paid in the base currency: "
        "that is a part of the bought quantity, so bps, maker_taker or tiered without bounds",
    ),
    "no currency": (
        lambda currency: fees.bps(1, currency=currency),
        "bnb",
        ParameterError,
        "currency='bnb' of fees.bps: use 'quote', 'base' or a code in capitals, 'EUR'",
    ),
    "no function": (
        fees.custom,
        1,
        ParameterError,
        "fees.custom takes a function of a deal, got 1; write fees.custom(lambda deal: ...)",
    ),
    "no function of slippage": (
        slippage.custom,
        "2",
        ParameterError,
        "slippage.custom takes a function of a deal, got '2'; write slippage.custom(lambda deal: ...)",
    ),
    "a schedule nearly right": (
        fees.schedule,
        "ib-fixed",
        ParameterError,
        f"there is no fee schedule 'ib-fixed'; {THERE_ARE}; did you mean 'ib-us-fixed'?",
    ),
    "a schedule that is not there": (
        fees.schedule,
        "robinhood",
        ParameterError,
        f"there is no fee schedule 'robinhood'; {THERE_ARE}; others are put together from wb.fees",
    ),
    "a broker alone": (
        fees.schedule,
        "IB",
        ParameterError,
        f"there is no fee schedule 'IB'; {THERE_ARE}; did you mean 'ib-us-fixed' or 'ib-us-tiered'?",
    ),
    "no name": (
        fees.schedule,
        "",
        ParameterError,
        f"there is no fee schedule ''; {THERE_ARE}; others are put together from wb.fees",
    ),
    "an impact": (
        slippage.square_root,
        -1,
        NumberError,
        "the rate of slippage.square_root must not be negative, got -1; a cost is given as a positive number",
    ),
}


@pytest.mark.parametrize(("make", "given", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(make: Callable[[Any], object], given: Any, error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error) as caught:
        make(given)
    assert str(caught.value) == message
    assert type(caught.value) is error


def test_the_users_decimal_context_changes_nothing() -> None:
    with localcontext(prec=2):
        assert fees.per_share("0.123456789").rate == D("0.123456789")


def test_equal_costs_are_equal_and_frozen() -> None:
    assert {fees.bps(10), fees.bps("10.0"), fees.bps(D("1e1"))} == {fees.bps(10)}
    assert fees.bps(-0.0) == fees.bps(0)
    assert repr(fees.bps(-0.0)) == "fees.bps(0)"
    with pytest.raises(AttributeError):
        fees.bps(1).rate = D(2)  # type: ignore[misc]


def test_sums_are_flat_and_nothing_adds_nothing() -> None:
    one, two, three = fees.bps(1), fees.per_trade(2), fees.per_share(3)
    assert (one + two) + three == one + (two + three)
    assert (one + two + three).parts == (one, two, three)
    assert fees.none() + one == one + fees.none() == one
    assert fees.none() + fees.none() == fees.none()
    assert repr(one + two) == "fees.bps(1) + fees.per_trade(2)"
    with pytest.raises(TypeError):
        one + 1  # type: ignore[operator]


@pytest.mark.parametrize("name", fees.SCHEDULES)
def test_every_schedule_has_a_source_and_a_date(name: str) -> None:
    schedule = fees.SCHEDULES[name]
    assert (schedule.name, schedule.source[:8]) == (name, "https://")
    assert date(2020, 1, 1) < schedule.date < date(2026, 11, 28)
    assert schedule.title
    assert schedule.notes
    assert fees.schedule(name) == fees.schedule(name)


def test_functions_are_named() -> None:
    assert repr(fees.custom(len, cap=1)) == "fees.custom(len, cap=1)"  # type: ignore[arg-type]
    assert repr(slippage.custom(len)) == "slippage.custom(len)"  # type: ignore[arg-type]
