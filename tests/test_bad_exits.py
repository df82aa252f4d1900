"""Exits that make no sense: each has its answer at the door, for orders and for what is held, and changes nothing."""

from __future__ import annotations

import pytest
from test_bad_asking import UNTOUCHED, outcome

from workbench.errors import NumberError, OrderError, ParameterError, UnknownAssetError, UnsupportedError

PAIRS = "takes a number, or pairs of a price and a part of the position such as [(110, 0.5), (120, 0.5)], got"
ROWS = {
    "two distances": (
        {"trailing_stop": 1, "trailing_stop_pct": 0.1},
        "give trailing_stop= (an amount) or trailing_stop_pct= (a part of the price), not both",
    ),
    "a trail of nothing": (
        {"trailing_stop": 0},
        "trailing_stop=0 must be more than 0; it is the distance to the best price",
    ),
    "a trail in percent": (
        {"trailing_stop_pct": 5},
        "trailing_stop_pct=5 is a part of the price, above 0 and below 1; write 0.05 for 5%",
    ),
    "break even without a stop": (
        {"break_even": 1, "take_profit": 110},
        "break_even= moves a stop; give stop_loss= or trailing_stop= too",
    ),
    "break even at once": (
        {"break_even": 0, "stop_loss": 90},
        "break_even=0 must be more than 0; it is the gain at which the stop moves to what was paid",
    ),
    "a gain beyond every price": (
        {"break_even": "1e13", "stop_loss": 90},
        "break_even=1e13 lies beyond every price; give at most 1000000000000",
    ),
    "a target beyond every price": (
        {"take_profit_pct": 1_000_001},
        "take_profit_pct=1000001 lies beyond every price; give at most 1000000",
    ),
    "parts of more than all": (
        {"take_profit": [(110, 0.5), (120, "0.6")]},
        "the parts of take_profit=[(110, 0.5), (120, '0.6')] must add up to at most 1, not to 1.1",
    ),
    "no targets": ({"take_profit": []}, "the parts of take_profit=[] must add up to at most 1, not to 0"),
    "a part of nothing": (
        {"take_profit": [(110, 0)]},
        "the part 0 in take_profit must be above 0 and at most 1; write 0.5 for half",
    ),
    "targets from far to near": (
        {"take_profit": [(120, 0.5), (110, 0.5)]},
        "take_profit=[(120, 0.5), (110, 0.5)] must go from the nearest target to the farthest",
    ),
    "targets on one step": (
        {"take_profit_pct": [(0.1, 0.5), (0.1, 0.5)]},
        "take_profit_pct=[(0.1, 0.5), (0.1, 0.5)] must go from the nearest target to the farthest",
    ),
    "a list of prices": ({"take_profit": [110, 120]}, f"take_profit {PAIRS} 110"),
    "a pair of three": ({"take_profit": [(110, 0.5, 1)]}, f"take_profit {PAIRS} (110, 0.5, 1)"),
    "price and part": (
        {"take_profit": 110, "take_profit_pct": 0.1},
        "give take_profit= (a price) or take_profit_pct= (a part of the price), not both",
    ),
}


@pytest.mark.parametrize(("options", "message"), ROWS.values(), ids=ROWS)
def test_exits_that_make_no_sense(options, message):
    for call, ask in (
        ("buy", lambda ctx: ctx.buy("X", 1, **options)),
        ("protect", lambda ctx: ctx.protect("X", **options)),
    ):
        caught, hashes = outcome("on_bar", ask)
        assert (type(caught[0]), str(caught[0])) == (OrderError, f"{call}: {message}")
        assert hashes == UNTOUCHED


CALLS = {
    "a target of a number that is none": (
        lambda ctx: ctx.protect("X", take_profit=[("far", 0.5)]),
        NumberError,
        "take_profit must be a number, got 'far' (str)",
    ),
    "a stop above its target": (
        lambda ctx: ctx.protect("X", stop_loss=120, take_profit=110),
        OrderError,
        "protect: stop_loss= must lie below, take_profit= above each other",
    ),
    "a target below the entry": (
        lambda ctx: ctx.buy("X", 1, limit=100, take_profit=[(99, 0.5), (110, 0.5)]),
        OrderError,
        "buy: stop_loss= must lie below, take_profit= above the entry's price and each other",
    ),
    "protect with nothing": (
        lambda ctx: ctx.protect("X"),
        OrderError,
        "protect: give stop_loss=, trailing_stop= or take_profit=; to take protection away cancel its orders",
    ),
    "protect with an order's word": (
        lambda ctx: ctx.protect("X", limit=90),
        ParameterError,
        'protect has no argument "limit"; it takes asset, stop_loss, stop_loss_pct, take_profit, take_profit_pct, '
        "trailing_stop, trailing_stop_pct, break_even, break_even_pct",
    ),
    "protect what is not there": (
        lambda ctx: ctx.protect("Y", stop_loss=90),
        UnknownAssetError,
        "asset 'Y' is not in this run; there are X",
    ),
    "a short position": (
        lambda ctx: ctx.sell("X", 1, trailing_stop=1),
        UnsupportedError,
        "sell with stop_loss= or take_profit= opens a short position",
    ),
}


@pytest.mark.parametrize(("ask", "error", "message"), CALLS.values(), ids=CALLS)
def test_calls_that_make_no_sense(ask, error, message):
    caught, hashes = outcome("on_bar", ask)
    assert (type(caught[0]), str(caught[0])[: len(message)]) == (error, message)
    assert hashes == UNTOUCHED
