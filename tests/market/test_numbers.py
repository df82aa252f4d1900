"""The exact numbers of the native core against Python's `decimal` at precision 60.

The one idea: the oracle never shares a line with what it judges. Raw values are integers at a scale; where a product
has more than 60 digits, Python's integers are the oracle.
"""

from __future__ import annotations

import decimal
import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from workbench import _native
from workbench.errors import NumberError, ParameterError, RangeError

MAX = 10**38 - 1
ROUNDINGS = ("half_even", "toward_zero", "floor", "ceil")
DECIMAL_ROUNDINGS = {
    "half_even": decimal.ROUND_HALF_EVEN,
    "toward_zero": decimal.ROUND_DOWN,
    "floor": decimal.ROUND_FLOOR,
    "ceil": decimal.ROUND_CEILING,
}
CONTEXT = decimal.Context(prec=60, traps=[decimal.Inexact, decimal.InvalidOperation])
THOUSAND = settings(max_examples=1_000, deadline=None)


def whole(digits: int = 38) -> st.SearchStrategy[int]:
    """Integers of every length up to `digits`, with the edges."""
    lengths = st.integers(0, digits).flatmap(lambda d: st.integers(-(10**d) + 1, 10**d - 1))
    return lengths | st.sampled_from([0, 1, -1, 10**digits - 1, 1 - 10**digits])


def quotient(top: int, bottom: int, rounding: str) -> int:
    """Exact integer oracle of a rounded quotient."""
    exact = Fraction(top, bottom)
    return {"half_even": round, "toward_zero": math.trunc, "floor": math.floor, "ceil": math.ceil}[rounding](exact)


def expect(call, wanted: int):
    """The wanted raw value, or a RangeError when it does not fit."""
    if abs(wanted) > MAX:
        with pytest.raises(RangeError, match="exact range"):
            call()
    else:
        assert call() == wanted


@THOUSAND
@given(whole(), whole())
@example(MAX, 1)
@example(-MAX, -1)
@example(MAX, -MAX)
def test_sum(a, b):
    wanted = CONTEXT.add(Decimal(a), Decimal(b))
    expect(lambda: _native.add(a, b), int(wanted))


@THOUSAND
@given(whole(30), whole(30))
@example(10**19, 10**19)
@example(10**19, -(10**19))
def test_product_of_price_and_quantity(price, quantity):
    with decimal.localcontext(CONTEXT):
        money = Decimal(price).scaleb(-12) * Decimal(quantity).scaleb(-8)
        wanted = int(money.scaleb(20))
    expect(lambda: _native.multiply(price, quantity), wanted)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@THOUSAND
@given(a=whole(30), b=whole(29), c=whole(20).filter(bool))
@example(a=5, b=1, c=2)
@example(a=-5, b=1, c=2)
@example(a=7, b=1, c=2)
@example(a=-1, b=1, c=3)
def test_mul_div_against_decimal(rounding, a, b, c):
    # A quotient that fits has 38 digits, and c keeps it 10^-20 away from what would round otherwise: 60 digits tell.
    with decimal.localcontext(decimal.Context(prec=60)):
        wanted = (Decimal(a) * Decimal(b) / Decimal(c)).to_integral_value(DECIMAL_ROUNDINGS[rounding])
    expect(lambda: _native.mul_div(a, b, c, rounding), int(wanted))


@pytest.mark.parametrize("rounding", ROUNDINGS)
@THOUSAND
@given(a=whole(), b=whole(), c=whole().filter(bool))
@example(a=MAX, b=MAX, c=MAX)
@example(a=-MAX, b=MAX, c=1)
@example(a=MAX, b=MAX, c=MAX - 1)
@example(a=MAX, b=1, c=2)
def test_mul_div_over_the_whole_range(rounding, a, b, c):
    expect(lambda: _native.mul_div(a, b, c, rounding), quotient(a * b, c, rounding))


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_mul_div_refuses_to_divide_by_zero(rounding):
    with pytest.raises(NumberError):
        _native.mul_div(1, 1, 0, rounding)


def test_an_unknown_rounding_names_the_known_ones():
    with pytest.raises(ParameterError, match="half_even, toward_zero, floor or ceil"):
        _native.mul_div(1, 1, 1, "up")


@THOUSAND
@given(whole(), st.sampled_from([8, 12, 20]))
@example(1, 12)
@example(-1, 20)
@example(MAX, 20)
@example(-MAX, 8)
def test_text_round_trip(raw, scale):
    shown = _native.text(raw, scale)
    assert Decimal(shown) == Decimal(raw).scaleb(-scale, CONTEXT)
    assert "E" not in shown.upper()
    assert _native.parse(shown, scale) == raw


@THOUSAND
@given(whole(), whole(), st.sampled_from([8, 12, 20]))
def test_comparison(a, b, scale):
    one, other = (Decimal(x).scaleb(-scale, CONTEXT) for x in (a, b))
    first, second = _native.parse(str(one), scale), _native.parse(f"{other:f}", scale)
    assert (first < second, first == second, first > second) == (one < other, one == other, one > other)


@THOUSAND
@given(whole(), st.sampled_from([8, 12, 20]))
def test_the_nearest_float(raw, scale):
    assert _native.to_float(raw, scale) == float(Decimal(raw).scaleb(-scale, CONTEXT))


@THOUSAND
@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 8))
def test_float_round_trip(n, digits):
    x = float(Decimal(n).scaleb(-digits))
    raw = _native.on_step(x, 8, 1, "half_even")
    assert Decimal(raw).scaleb(-8) == Decimal(n).scaleb(-digits)
    assert _native.to_float(raw, 8) == x


@pytest.mark.parametrize("rounding", ROUNDINGS)
@THOUSAND
@given(raw=whole(36), step=st.integers(1, 10**15))
@example(raw=10**36 - 1, step=5)
def test_text_on_a_step(rounding, raw, step):
    given_text = _native.text(raw, 12)
    assert _native.on_step(given_text, 12, step, rounding) == quotient(raw, step, rounding) * step


@pytest.mark.parametrize("rounding", ROUNDINGS)
@THOUSAND
@given(n=st.integers(-(2**63), 2**63 - 1) | whole(18), scale=st.sampled_from([8, 12, 20]), step=st.integers(1, 10**20))
@example(n=9 * 10**18, scale=20, step=1)
@example(n=-(2**63), scale=20, step=1)
@example(n=10**18 - 1, scale=20, step=1)
def test_a_whole_number_on_a_step(rounding, n, scale, step):
    # Only the result must fit; what lies between has 256 bits.
    expect(lambda: _native.on_step(n, scale, step, rounding), quotient(n * 10**scale, step, rounding) * step)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@THOUSAND
@given(
    multiple=st.integers(1, 10**9),
    step=st.sampled_from([1, 5, 25, 10**2, 10**6, 25 * 10**4]),
    ulps=st.integers(-4, 4),
    negative=st.booleans(),
)
def test_a_float_within_four_ulp_is_the_step(rounding, multiple, step, ulps, negative):
    raw = -multiple * step if negative else multiple * step
    x = nudged(float(Decimal(raw).scaleb(-8)), ulps)
    assume(abs(Fraction(x) - Fraction(raw, 10**8)) <= 4 * Fraction(math.ulp(x)))
    assert _native.on_step(x, 8, step, rounding) == raw


@pytest.mark.parametrize("rounding", ROUNDINGS)
@THOUSAND
@given(multiple=st.integers(1, 10**9), step=st.sampled_from([10**2, 10**6, 10**8]), ulps=st.integers(6, 60))
def test_a_float_farther_off_is_rounded(rounding, multiple, step, ulps):
    raw = multiple * step
    for sign in (1, -1):
        x = nudged(float(Decimal(raw).scaleb(-8)), sign * ulps)
        assume(abs(Fraction(x) - Fraction(raw, 10**8)) > 5 * Fraction(math.ulp(x)))
        exact = Fraction(Decimal(repr(x))) * 10**8
        assert (
            _native.on_step(x, 8, step, rounding)
            == quotient(exact.numerator, exact.denominator * step, rounding) * step
        )


def nudged(x: float, ulps: int) -> float:
    """`x` moved by a number of floats."""
    for _ in range(abs(ulps)):
        x = math.nextafter(x, math.copysign(math.inf, ulps))
    return x


@pytest.mark.parametrize("rounding", ROUNDINGS)
@THOUSAND
@given(x=st.floats(-1e9, 1e9, allow_nan=False), step=st.sampled_from([1, 100, 10**6]))
def test_any_float_on_a_step(rounding, x, step):
    exact = Fraction(Decimal(repr(x))) * 10**8 / step
    near = round(exact)
    distance = abs(exact - near) * step / 10**8
    assume(not 3 * Fraction(math.ulp(x)) < distance < 5 * Fraction(math.ulp(x)))
    snapped = near if distance <= 3 * Fraction(math.ulp(x)) else quotient(exact.numerator, exact.denominator, rounding)
    assert _native.on_step(x, 8, step, rounding) == snapped * step


@THOUSAND
@given(st.integers(-(2**51) + 1, 2**51 - 1), st.integers(0, 12))
@example(2**51 - 1, 0)
@example(1 - 2**51, 12)
def test_ticks_are_exact_below_two_to_the_51(n, digits):
    assert _native.ticks(float(Decimal(n).scaleb(-digits)), digits) == n


@THOUSAND
@given(st.floats(-1e6, 1e6), st.integers(0, 6))
@example(0.125, 2)
@example(0.375, 2)
@example(-2.5, 0)
def test_ticks_round_half_even(x, digits):
    exact = Fraction(Decimal(repr(x))) * 10**digits
    got = _native.ticks(x, digits)
    assert abs(Fraction(got) - exact) <= Fraction(1, 2) + Fraction(math.ulp(x)) * 10**digits
    if (exact * 2).denominator == 1 and Fraction(x) == Fraction(Decimal(repr(x))):
        assert got == round(exact)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param(lambda: _native.ticks(float(2**51), 0), RangeError, id="tick-2^51"),
        pytest.param(lambda: _native.ticks(-float(2**51), 0), RangeError, id="tick-minus-2^51"),
        pytest.param(lambda: _native.ticks(1e300, 2), RangeError, id="tick-huge"),
        pytest.param(lambda: _native.ticks(math.nan, 2), NumberError, id="tick-nan"),
        pytest.param(lambda: _native.ticks(math.inf, 2), NumberError, id="tick-inf"),
        pytest.param(lambda: _native.add(MAX + 1, 0), RangeError, id="operand-too-large"),
        pytest.param(lambda: _native.mul_div(MAX + 1, 1, 2, "floor"), RangeError, id="mul-div-operand"),
        pytest.param(lambda: _native.parse("1" + "0" * 26, 12), RangeError, id="price-10^26"),
        pytest.param(lambda: _native.parse("1" + "0" * 30, 8), RangeError, id="quantity-10^30"),
        pytest.param(lambda: _native.parse("-1" + "0" * 18, 20), RangeError, id="money-minus-10^18"),
        pytest.param(lambda: _native.parse("1e40", 8), RangeError, id="exponent"),
        pytest.param(lambda: _native.parse("0.0000000000001", 12), NumberError, id="thirteen-digits"),
        pytest.param(lambda: _native.parse("", 12), NumberError, id="empty"),
        pytest.param(lambda: _native.parse("ten", 12), NumberError, id="word"),
        pytest.param(lambda: _native.parse("nan", 12), NumberError, id="nan-text"),
        pytest.param(lambda: _native.parse("1.2.3", 12), NumberError, id="two-points"),
        pytest.param(lambda: _native.on_step(1e19, 20, 1, "floor"), RangeError, id="float-too-large"),
        pytest.param(lambda: _native.on_step(math.nan, 8, 1, "floor"), NumberError, id="nan"),
        pytest.param(lambda: _native.on_step(-math.inf, 8, 1, "floor"), NumberError, id="inf"),
        pytest.param(lambda: _native.on_step(True, 8, 1, "floor"), NumberError, id="bool"),
        pytest.param(lambda: _native.on_step(None, 8, 1, "floor"), NumberError, id="none"),
    ],
)
def test_the_edges_raise(call, error):
    with pytest.raises(error):
        call()


def test_underscores_group_thousands():
    assert _native.parse("100_000.5", 8) == 10_000_050_000_000
