"""What fills cost, sentence by sentence of the rules; every expectation is worked by hand.

A row asks by slice: `{0: [buy(100)]}` buys at the close of the first bar, so it fills in the second. Bars are flat at
10 unless a row says otherwise; a fill is (side, quantity, price, fee).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from hand_made import days, outcome

import workbench as wb
from workbench.engine import Deal
from workbench.errors import NumberError, ParameterError, StorageError

Ask = Callable[[wb.Context], object]
Fills = list[tuple[str, str, str, str]]
FLAT = [10.0] * 6
PARTS = {"volume": 100, "volume_cap": 0.1}  # ten units a bar
SCALE = [(0, 25, 40), (1000, 20, 35)]


class Row(NamedTuple):
    """A run and the fills it must have."""

    options: dict[str, Any]
    asks: dict[int, list[Ask]]
    fills: Fills


def buy(quantity: float, **terms: Any) -> Ask:
    return lambda ctx: ctx.buy("A", quantity, **terms)


def sell(quantity: float, **terms: Any) -> Ask:
    return lambda ctx: ctx.sell("A", quantity, **terms)


def all_in(ctx: wb.Context) -> None:
    ctx.target("A", all_in=True)


def run(row: Row) -> wb.Run:
    options = {"cash": 10_000_000, **row.options}
    prices, volume = options.pop("prices", FLAT), options.pop("volume", 1_000_000)

    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        self._n = getattr(self, "_n", -1) + 1
        for ask in row.asks.get(self._n, []):
            ask(ctx)

    return outcome(days(volume=volume, A=prices), options, on_slice=on_slice)


def fees(fee: wb.fees.Fee, **options: Any) -> dict[str, Any]:
    return {"fees": fee, **options}


def slips(slippage: Any, **options: Any) -> dict[str, Any]:
    return {"slippage": slippage, **options}


def both_sides(bought: str, sold: str) -> Fills:
    return [("buy", "100", bought, "0"), ("sell", "100", sold, "0")]


BUY: dict[int, list[Ask]] = {0: [buy(100)]}
ROUND_TRIP: dict[int, list[Ask]] = {0: [buy(100)], 1: [sell(100)]}
ROUNDED = wb.fees.per_share("0.005", round_to="0.01")
SOLD = wb.fees.bps(5, minimum=2, side="sell")
ONE_PART = wb.fees.maker_taker(10, 20)
IB = wb.fees.schedule("ib-us-fixed")
TOUCHED = (10, 10, 9, 10)


def own_fee(deal: Deal) -> float:
    return deal.value / 100 if deal.is_maker else deal.quantity * 0.1


def own_slippage(deal: Deal) -> Decimal:
    assert deal.exact.volume is not None
    return deal.exact.price * deal.exact.quantity / deal.exact.volume


ROWS: dict[str, Row] = {
    # Kinds of fees.
    "none": Row(fees(wb.fees.none()), BUY, [("buy", "100", "10", "0")]),
    "basis points of the value": Row(fees(wb.fees.bps(10)), BUY, [("buy", "100", "10", "1")]),
    "per share": Row(fees(wb.fees.per_share("0.005")), BUY, [("buy", "100", "10", "0.5")]),
    "per contract": Row(fees(wb.fees.per_contract("0.85")), {0: [buy(3)]}, [("buy", "3", "10", "2.55")]),
    "per trade, once per order": Row(
        fees(wb.fees.per_trade("4.95"), **PARTS), {0: [buy(20)]},
        [("buy", "10", "10", "4.95"), ("buy", "10", "10", "0")],
    ),
    # Minimum and cap accumulate over the order's fills.
    "a minimum": Row(fees(wb.fees.per_share("0.005", minimum=1)), BUY, [("buy", "100", "10", "1")]),
    "a minimum is used up": Row(  # sums 0.5, 1, 1.5; due 1, 1, 1.5
        fees(wb.fees.per_share("0.05", minimum=1), **PARTS), {0: [buy(30)]},
        [("buy", "10", "10", "1"), ("buy", "10", "10", "0"), ("buy", "10", "10", "0.5")],
    ),
    "a cap is reached": Row(  # sums 0.5, 1, 1.5; due 0.5, 0.8, 0.8
        fees(wb.fees.per_share("0.05", cap="0.8"), **PARTS), {0: [buy(30)]},
        [("buy", "10", "10", "0.5"), ("buy", "10", "10", "0.3"), ("buy", "10", "10", "0")],
    ),
    "the cap wins over the minimum": Row(
        fees(wb.fees.per_share("0.05", minimum=3, cap=2), **PARTS), {0: [buy(20)]},
        [("buy", "10", "10", "2"), ("buy", "10", "10", "0")],
    ),
    "another order has its own minimum": Row(
        fees(wb.fees.per_share("0.005", minimum=1)), ROUND_TRIP, [("buy", "100", "10", "1"), ("sell", "100", "10", "1")]
    ),
    "a cap by value wins over the minimum": Row(  # 1% of 20 is below 1
        fees(wb.fees.per_share("0.005", minimum=1, cap_bps=100), prices=[2] * 3), {0: [buy(10)]},
        [("buy", "10", "2", "0.2")],
    ),
    "a cap by value grows with the order": Row(  # values 100, 200; caps 0.1, 0.2
        fees(wb.fees.per_share("0.05", cap_bps=10), **PARTS), {0: [buy(20)]},
        [("buy", "10", "10", "0.1"), ("buy", "10", "10", "0.1")],
    ),
    # Rounding.
    "exact at twenty digits": Row(  # 10.01 x 0.000000000001 / 10000 is 1.001E-15
        fees(wb.fees.bps("0.000000000001"), prices=[10, 10.01, 10]), {0: [buy(1)]},
        [("buy", "1", "10.01", "0.000000000000001001")],
    ),
    "a tie goes to the even cent": Row(fees(ROUNDED), {0: [buy(1)]}, [("buy", "1", "10", "0")]),
    "another tie": Row(fees(ROUNDED), {0: [buy(3)]}, [("buy", "3", "10", "0.02")]),
    "what is due is rounded, not each fill": Row(  # 0.005, 0.01, 0.015 are 0, 0.01, 0.02
        fees(ROUNDED, volume=10, volume_cap=0.1), {0: [buy(3)]},
        [("buy", "1", "10", "0"), ("buy", "1", "10", "0.01"), ("buy", "1", "10", "0.01")],
    ),
    # Sides and sums.
    "sells only": Row(fees(SOLD), ROUND_TRIP, [("buy", "100", "10", "0"), ("sell", "100", "10", "2")]),
    "a sum of two": Row(  # 1 and nothing, 1 and 0.2% of 1000
        fees(wb.fees.per_share("0.005", minimum=1) + wb.fees.bps(20, side="sell")), ROUND_TRIP,
        [("buy", "100", "10", "1"), ("sell", "100", "10", "3")],
    ),
    # Makers are limits that rested for at least one bar.
    "a market order takes": Row(fees(ONE_PART), BUY, [("buy", "100", "10", "2")]),
    "a limit takes in its first bar": Row(
        fees(ONE_PART, prices=[10, TOUCHED, 10]), {0: [buy(100, limit=9)]}, [("buy", "100", "9", "1.8")]
    ),
    "a limit that rested one bar makes": Row(
        fees(ONE_PART, prices=[10, 10, TOUCHED]), {0: [buy(100, limit=9)]}, [("buy", "100", "9", "0.9")]
    ),
    "an order takes first and makes later": Row(
        fees(ONE_PART, **PARTS), {0: [buy(20, limit=10)]}, [("buy", "10", "10", "0.2"), ("buy", "10", "10", "0.1")]
    ),
    "a stop never makes": Row(
        fees(ONE_PART, prices=[10, 10, 10, (10, 12, 10, 12)]), {0: [buy(100, stop=11)]}, [("buy", "100", "11", "2.2")]
    ),
    "a stop-limit rests from its trigger on, and not yet": Row(  # triggered inside the second bar
        fees(ONE_PART, prices=[10, (10, 11.5, 10, 11), (11, 11, 10.5, 11)]), {0: [buy(100, stop=11, limit=10.5)]},
        [("buy", "100", "10.5", "2.1")],
    ),
    "a stop-limit that has rested": Row(
        fees(ONE_PART, prices=[10, (10, 11.5, 10, 11), 11, (11, 11, 10.5, 11)]),
        {0: [buy(100, stop=11, limit=10.5)]}, [("buy", "100", "10.5", "1.05")],
    ),
    "a target that rested since the entry's open": Row(
        fees(ONE_PART, prices=[10, 10, (10, 12, 10, 10)]), {0: [buy(100, take_profit=12)]},
        [("buy", "100", "10", "2"), ("sell", "100", "12", "1.2")],
    ),
    "under next_close too": Row(  # asked at the first close, tested at the second and third
        fees(ONE_PART, fill="next_close", prices=[10, 10, 9]), {0: [buy(100, limit=9)]}, [("buy", "100", "9", "0.9")]
    ),
    # Tiers: the value traded in the 30 UTC days before today.
    "a higher tier from the next day on": Row(
        fees(wb.fees.tiered(SCALE)), {0: [buy(100)], 1: [buy(50)]},
        [("buy", "100", "10", "4"), ("buy", "50", "10", "1.75")],
    ),
    "today does not count": Row(
        fees(wb.fees.tiered(SCALE)), {0: [buy(100), buy(100)]}, [("buy", "100", "10", "4"), ("buy", "100", "10", "4")]
    ),
    "sells count like buys": Row(
        fees(wb.fees.tiered(SCALE)), {0: [buy(50)], 1: [sell(50)], 2: [buy(100)]},
        [("buy", "50", "10", "2"), ("sell", "50", "10", "2"), ("buy", "100", "10", "3.5")],
    ),
    "thirty days later it still counts": Row(  # 2 January and 1 February
        fees(wb.fees.tiered(SCALE), prices=[10] * 33), {0: [buy(100)], 30: [buy(100)]},
        [("buy", "100", "10", "4"), ("buy", "100", "10", "3.5")],
    ),
    "thirty-one days later it does not": Row(
        fees(wb.fees.tiered(SCALE), prices=[10] * 33), {0: [buy(100)], 31: [buy(100)]},
        [("buy", "100", "10", "4"), ("buy", "100", "10", "4")],
    ),
    "a tier's maker": Row(
        fees(wb.fees.tiered(SCALE), prices=[10, 10, 10, TOUCHED]), {0: [buy(100)], 1: [buy(100, limit=9)]},
        [("buy", "100", "10", "4"), ("buy", "100", "9", "1.8")],
    ),
    # Schedules; the three of Interactive Brokers are the examples that its page gives.
    "100 shares at 25": Row(fees(IB, prices=[25] * 3), BUY, [("buy", "100", "25", "1")]),
    "1,000 shares at 25": Row(fees(IB, prices=[25] * 3), {0: [buy(1000)]}, [("buy", "1000", "25", "5")]),
    "1,000 shares at a quarter": Row(
        fees(IB, prices=[0.25] * 3), {0: [buy(1000)]}, [("buy", "1000", "0.25", "2.5")]
    ),
    "Interactive Brokers tiered": Row(
        fees(wb.fees.schedule("ib-us-tiered")), {0: [buy(200)]}, [("buy", "200", "10", "0.7")]
    ),
    "Binance": Row(fees(wb.fees.schedule("binance-spot")), BUY, [("buy", "100", "10", "1")]),
    "Alpaca's shares": Row(fees(wb.fees.schedule("alpaca-us")), BUY, [("buy", "100", "10", "0")]),
    "Alpaca's crypto": Row(  # 25 basis points, then 22 from 100,000 on
        fees(wb.fees.schedule("alpaca-crypto")), {0: [buy(10_000)], 1: [buy(100)]},
        [("buy", "10000", "10", "250"), ("buy", "100", "10", "2.2")],
    ),
    # A fee of one's own.
    "a function": Row(  # ten cents a unit for takers, 1% for makers
        fees(wb.fees.custom(own_fee), **PARTS), {0: [buy(20, limit=10)]},
        [("buy", "10", "10", "1"), ("buy", "10", "10", "1")],
    ),
    "a function with a cap": Row(
        fees(wb.fees.custom(own_fee, cap="1.5"), **PARTS), {0: [buy(20, limit=10)]},
        [("buy", "10", "10", "1"), ("buy", "10", "10", "0.5")],
    ),
    "a float means its shortest decimal": Row(
        fees(wb.fees.custom(lambda deal: 0.1)), BUY, [("buy", "100", "10", "0.1")]
    ),
    # Slippage, rounded against the account.
    "slippage in basis points": Row(slips(wb.slippage.bps(2)), ROUND_TRIP, both_sides("10.002", "9.998")),
    "half a spread on each side": Row(slips(wb.slippage.spread("0.03")), ROUND_TRIP, both_sides("10.015", "9.985")),
    "half of the finest spread": Row(
        slips(wb.slippage.spread("0.000000000001")), ROUND_TRIP, both_sides("10.000000000001", "9.999999999999")
    ),
    "the square of the share of volume": Row(  # 10 x 0.1 x 0.1^2
        slips(wb.slippage.volume_share("0.1"), volume=1000), ROUND_TRIP, both_sides("10.01", "9.99")
    ),
    "the share is the fill's": Row(  # shares 0.1 and 0.05
        slips(wb.slippage.volume_share("0.1"), volume=1000, volume_cap=0.1), {0: [buy(150)]},
        [("buy", "100", "10.01", "0"), ("buy", "50", "10.0025", "0")],
    ),
    "the root of the share of volume": Row(  # 10 x 0.1 x sqrt(0.01)
        slips(wb.slippage.square_root("0.1"), volume=10_000), ROUND_TRIP, both_sides("10.1", "9.9")
    ),
    "a root without an end": Row(  # sqrt(0.1) = 0.31622776601683...
        slips(wb.slippage.square_root("0.1"), volume=1000), ROUND_TRIP,
        both_sides("10.316227766017", "9.683772233983"),
    ),
    "an impact beyond the price": Row(
        slips(wb.slippage.volume_share(2), volume=100), ROUND_TRIP, both_sides("30", "0")
    ),
    "a function of the share": Row(
        slips(wb.slippage.custom(own_slippage), volume=1000), ROUND_TRIP, both_sides("11", "9")
    ),
    "limits do not slip": Row(
        slips(wb.slippage.bps(100), prices=[10, TOUCHED]), {0: [buy(100, limit=9)]}, [("buy", "100", "9", "0")]
    ),
    "a stop-limit never slips beyond its limit": Row(
        slips(wb.slippage.bps(100), prices=[10, (10, 12.05, 10, 12)]), {0: [buy(100, stop=11, limit=11.05)]},
        [("buy", "100", "11.05", "0")],
    ),
    "the fee is of the slipped value": Row(
        fees(wb.fees.bps(10), slippage=wb.slippage.bps(100)), BUY, [("buy", "100", "10.1", "1.01")]
    ),
    # Cash pays slippage and fees.
    "all in pays the fee": Row(
        fees(wb.fees.per_share("0.005", minimum=1), cash=1000), {0: [all_in]}, [("buy", "99", "10", "1")]
    ),
    "all in pays the impact of its own size": Row(  # 99 x 10.09801 = 999.70299, 100 x 10.1 = 1010
        slips(wb.slippage.volume_share(1), volume=1000, cash=1000), {0: [all_in]}, [("buy", "99", "10.09801", "0")]
    ),
    "a quantity that cash cannot pay with its fee": Row(fees(wb.fees.bps(10), cash=1000), BUY, []),
    "a limit reserves the dearer fee": Row(
        fees(wb.fees.maker_taker(0, 100), cash=1000), {0: [buy(100, limit=10)]}, []
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_fills_cost(row: Row) -> None:
    made = run(row).exact.fills
    got = made.select("side", "quantity", "price", "fee").rows()
    assert got == [(side, *map(Decimal, numbers)) for side, *numbers in row.fills]
    distances = made.select("price", "reference", "quantity").rows()
    assert made["slippage"].to_list() == [abs(price - reference) * quantity for price, reference, quantity in distances]


TIERS: dict[str, list[tuple[int, int, int]]] = {  # value traded before, then basis points for makers and takers
    "alpaca-crypto": [
        (0, 15, 25), (100_000, 12, 22), (500_000, 10, 20), (1_000_000, 8, 18), (10_000_000, 5, 15),
        (25_000_000, 2, 13), (50_000_000, 2, 12), (100_000_000, 0, 10),
    ],
    "binance-spot": [(0, 10, 10), (1_000_000_000, 10, 10)],
    "coinbase-exchange": [
        (0, 40, 60), (10_000, 25, 40), (50_000, 15, 25), (100_000, 10, 20), (1_000_000, 8, 18), (15_000_000, 6, 16),
        (75_000_000, 3, 12), (250_000_000, 0, 8), (400_000_000, 0, 5),
    ],
    "kraken-spot": [
        (0, 25, 40), (10_000, 20, 35), (50_000, 14, 24), (100_000, 12, 22), (250_000, 10, 20), (500_000, 8, 18),
        (1_000_000, 6, 16), (2_500_000, 4, 14), (5_000_000, 2, 12), (10_000_000, 0, 10),
    ],
}  # fmt: skip
REACHED = [(name, *tier) for name, tiers in TIERS.items() for tier in tiers]
# A tier ends one share, at 10, below the next.
ENDING = [
    (name, above - 10, maker, taker)
    for name, tiers in TIERS.items()
    for (_, maker, taker), (above, *_) in pairwise(tiers)
]


@pytest.mark.parametrize(("name", "traded", "maker", "taker"), REACHED + ENDING)
def test_every_tier_of_a_schedule(name: str, traded: int, maker: int, taker: int) -> None:
    """The first day trades a value, the second takes 100 at 10, or makes 100 at 9: a value of 1,000, or of 900."""
    options = fees(wb.fees.schedule(name), prices=[10, 10, TOUCHED], volume=10_000_000_000, cash=10_000_000_000)
    first = [buy(traded // 10)] if traded else []
    taken = run(Row(options, {0: first, 1: [buy(100)]}, [])).exact.fills
    made = run(Row(options, {0: [*first, buy(100, limit=9)]}, [])).exact.fills
    assert (taken["fee"][-1], made["fee"][-1]) == (Decimal(taker) / 10, Decimal(maker * 9) / 100)


def test_every_tiered_schedule_is_in_the_table() -> None:
    tiered = {name for name in wb.fees.SCHEDULES if wb.fees.schedule(name).tiers}
    assert tiered == set(TIERS)


def test_the_reference_is_reported_beside_the_slipped_price() -> None:
    fills = run(Row(slips(wb.slippage.volume_share("0.1"), volume=1000), BUY, [])).exact.fills
    assert fills.select("reference", "price", "slippage").rows() == [(Decimal(10), Decimal("10.01"), Decimal(1))]


def test_fees_are_expensed_and_never_in_a_lots_cost() -> None:
    ledger = run(Row(fees(ONE_PART), ROUND_TRIP, [])).exact.ledger
    sums = dict(ledger.group_by("account").agg(pl.col("amount").sum()).rows())
    assert (sums["fees"], sums.get("realised", 0), sums["position"]) == (Decimal(4), 0, Decimal(0))


BASE = wb.fees.bps(20, currency="base")


def test_a_fee_in_base_reduces_what_is_bought_and_a_sell_pays_in_money() -> None:
    # 100 at 10 are bought for 1,000; 0.2% stay behind, so 99.8 cost 998 and the fee is 0.2 x 10. The sale of 99.8
    # brings 998 and pays 0.2% of that, 1.996: 1,000,000 - 1,000 + 998 - 1.996.
    made = run(Row(fees(BASE, cash=1_000_000), {0: [buy(100)], 1: [lambda ctx: ctx.flatten("A")]}, []))
    columns = made.exact.fills.select("side", "quantity", "value", "fee", "withheld").rows()
    assert columns == [
        ("buy", Decimal(100), Decimal(1000), Decimal(2), Decimal("0.2")),
        ("sell", Decimal("99.8"), Decimal(998), Decimal("1.996"), Decimal(0)),
    ]
    legs = made.exact.ledger.filter(pl.col("event") == "fill").select("account", "amount").rows()
    assert legs == [
        ("position", Decimal(998)), ("cash", Decimal(-1000)), ("fees", Decimal(2)),
        ("position", Decimal(-998)), ("cash", Decimal("996.004")), ("fees", Decimal("1.996")),
    ]  # fmt: skip
    assert made.exact.trades.select("quantity", "entry_price", "exit_price", "fees", "profit").rows() == [
        (Decimal("99.8"), Decimal(10), Decimal(10), Decimal("3.996"), Decimal("-3.996"))
    ]
    assert made.final_equity == 1_000_000 - Decimal("3.996")


def test_what_is_withheld_is_rounded_at_eight_digits_and_knows_makers() -> None:
    fee = wb.fees.maker_taker("0.0001", "0.00001", currency="base")
    asks: dict[int, list[Ask]] = {0: [buy(3), buy(15), buy(2, limit=9)]}
    made = run(Row(fees(fee, prices=[10, 10, TOUCHED]), asks, []))
    # Takers: 3E-9 and 1.5E-8, which is a tie and goes to the even 2E-8; the maker 2E-8.
    assert made.exact.fills["withheld"].to_list() == [Decimal(0), Decimal("2E-8"), Decimal("2E-8")]


def test_a_target_moves_a_holding_off_the_step_by_whole_steps_and_lets_all_of_it_go() -> None:
    # 99.8 are held: 50 wanted sells 49, to 50.8; nothing wanted sells all of it.
    def want(quantity: int) -> Ask:
        return lambda ctx: ctx.target("A", quantity=quantity)

    made = run(Row(fees(BASE), {0: [want(100)], 1: [want(50)], 2: [want(0)]}, []))
    quantities = made.exact.fills["quantity"].to_list()
    assert quantities == [Decimal(100), Decimal(49), Decimal("50.8")]


def test_a_sell_of_more_than_the_fee_left_is_reduced_to_the_holding() -> None:
    made = run(Row(fees(BASE), {0: [buy(100, stop_loss=9)], 1: [sell(100)]}, []))
    assert made.exact.fills["quantity"].to_list() == [Decimal(100), Decimal("99.8")]
    assert made.orders["status"].to_list() == ["FILLED", "CANCELED", "FILLED"]


def broken(deal: Deal) -> float:
    return deal.quantity / 0  # the line that the user must see


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "a fee raises": (fees(wb.fees.custom(broken)), ZeroDivisionError, "division by zero"),
    "slippage raises": (slips(wb.slippage.custom(broken)), ZeroDivisionError, "division by zero"),
    "no number": (
        fees(wb.fees.custom(lambda deal: None)),  # type: ignore[arg-type,return-value]
        NumberError,
        'the result of fees.custom must be a number, got None (NoneType); give 100, 0.5, "0.1" or a Decimal',
    ),
    "not finite": (
        slips(wb.slippage.custom(lambda deal: float("nan"))),
        NumberError,
        "the result of slippage.custom must be finite, got NaN; check the calculation it comes from",
    ),
    "negative": (
        fees(wb.fees.custom(lambda deal: -1)),
        NumberError,
        "fees.custom gave -1; a cost is a positive number, or 0",
    ),
}


@pytest.mark.parametrize(("options", "error", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_function_is_answered_with_its_line_and_its_deal(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        run(Row(options, BUY, []))
    assert message in str(caught.value)
    kind = "fees" if "fees" in options else "slippage"
    assert (
        f"workbench: in {kind}.custom for Deal(buy 100 A at 10) on 2024-01-02 00:00:00+00:00" in caught.value.__notes__
    )
    if error is ZeroDivisionError:
        assert "the line that the user must see" in "".join(traceback.format_exception(caught.value))


def test_what_a_function_is_told() -> None:
    told: list[tuple[object, ...]] = []

    def note(deal: Deal) -> int:
        told.append((str(deal.asset), deal.side, f"{deal.time:%m-%d}", deal.quantity, deal.price, deal.value,
                     deal.volume, deal.traded, deal.is_maker, tuple(deal.exact), repr(deal)))  # fmt: skip
        return 0

    run(Row(fees(wb.fees.custom(note)), {0: [buy(100)], 1: [sell(50)]}, []))
    exact = (Decimal(50), Decimal(10), Decimal(500), Decimal(1_000_000), Decimal(1000))
    assert told[-1] == ("A", "sell", "01-03", 50, 10, 500, 1_000_000, 1000, False, exact, "Deal(sell 50 A at 10)")


def test_a_share_of_an_unknown_volume_costs_nothing_and_of_none_the_whole_impact() -> None:
    # Buys in a bar of 1,000, of unknown volume and of none: 10 x (1 + 0.1 x 0.1^2), 10, and 10 x (1 + 0.1).
    bars = days(volume=1000, A=[10] * 4)
    volumes = pl.Series([1000.0, 1000.0, None, 0.0])
    frame = bars.frame.with_columns(volume=volumes).select(
        "asset", "time", "open_time", *["open", "high", "low", "close", "volume"]
    )

    def on_slice(self: Any, ctx: wb.Context, bars: dict[str, wb.Bar]) -> None:
        ctx.buy("A", 100)

    options = {"cash": 10_000, "slippage": wb.slippage.volume_share("0.1")}
    made = outcome(wb.Bars.from_frame(frame, assets=bars.assets), options, on_slice=on_slice)
    assert made.exact.fills["price"].to_list() == [Decimal("10.01"), Decimal(10), Decimal(11)]


def test_a_saved_run_says_that_the_function_is_gone(tmp_path: Path) -> None:
    made = run(Row(fees(wb.fees.custom(own_fee)), BUY, []))
    assert made.at("2024-01-04").position("A").quantity == 100
    again = wb.load(made.save(tmp_path / "run"))
    assert again.spec == made.spec
    with pytest.raises(StorageError) as caught:
        again.at("2024-01-04")
    assert str(caught.value) == "the cost function own_fee was not saved, only its name; run the Backtest again for it"


def test_what_a_function_raises_in_a_replay_comes_out_too() -> None:
    calls = iter([0, 0])
    made = run(Row(fees(wb.fees.custom(lambda deal: next(calls, "gone"))), BUY, []))
    with pytest.raises(NumberError, match=r"the result of fees\.custom must be a number, got 'gone'"):
        made.at("2024-01-04")


def test_share_of_volume_needs_a_volume() -> None:
    message = (
        "slippage=wb.slippage.square_root(0.1) is a share of the bar's volume, and the bars of A have none; "
        "give wb.slippage.bps(2) or bars with volume"
    )
    with pytest.raises(ParameterError) as caught:
        run(Row(slips(wb.slippage.square_root("0.1"), volume=None), BUY, []))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fees": own_fee}, "write your own function as wb.fees.custom(function)"),
        ({"slippage": own_slippage}, "write your own function as wb.slippage.custom(function)"),
    ],
)
def test_a_bare_function_is_answered_with_the_right_spelling(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=r"write your own function") as caught:
        run(Row(options, BUY, []))
    assert str(caught.value).endswith(message)
