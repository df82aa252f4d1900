"""Order options that contradict each other: each combination has its answer at the door, and changes nothing."""

from __future__ import annotations

import pytest
from test_bad_asking import UNTOUCHED, outcome

from workbench.errors import NumberError, OrderError, ParameterError, TimeError, UnsupportedError

EXITS_OUT_OF_ORDER = "buy: stop_loss= must lie below, take_profit= above the entry's price and each other"
TRAIL_ALONE = "buy: a trailing stop has no limit= or stop=; give trail= alone"
AUCTION_ALONE = "buy: on= takes market and limit orders, and ends them itself: leave stop, trail and tif out"
RESTS = "buy: post_only rests in the book: it needs limit= alone, without on=, IOC or FOK"
SHORT = (
    "sell with stop_loss= or take_profit= opens a short position, which needs a margin account: "
    "Backtest(..., account=wb.Margin()); to protect a long one give them to buy"
)
NO_BOOK = "; an iceberg hides in an order book, and bars have no book; ask for its parts one by one"
ROWS = {
    "tif unknown": ({"tif": "day"}, OrderError, 'buy: tif="day" is unknown; use GTC, DAY, GTD, IOC or FOK'),
    "gtd without a time": ({"tif": "GTD"}, OrderError, 'buy: tif="GTD" needs until=, such as until="2024-06-28"'),
    "until of a day order": (
        {"tif": "DAY", "until": "2024-06-28"},
        OrderError,
        'buy: until= belongs to tif="GTD", not to DAY; leave one of them out',
    ),
    "until is over": ({"until": "2023-12-31"}, OrderError, "buy: until=2023-12-31 is over; give a later time"),
    "until without a zone": ({"until": "2024-01-05T00:00"}, TimeError, None),
    "trail with stop": ({"trail": 1, "stop": 90}, OrderError, TRAIL_ALONE),
    "trail with limit": ({"trail_pct": 0.1, "limit": 90}, OrderError, TRAIL_ALONE),
    "two trails": (
        {"trail": 1, "trail_pct": 0.1},
        OrderError,
        "buy: give trail= (an amount) or trail_pct= (a part of the price), not both",
    ),
    "trail of nothing": (
        {"trail": 0},
        OrderError,
        "buy: trail=0 must be more than 0; it is the distance to the best price",
    ),
    "trail in percent": (
        {"trail_pct": 5},
        OrderError,
        "buy: trail_pct=5 is a part of the price, above 0 and below 1; write 0.05 for 5%",
    ),
    "trail that is no number": ({"trail": float("nan")}, NumberError, None),
    "on unknown": ({"on": "noon"}, OrderError, 'buy: on="noon" is unknown; use "open" or "close"'),
    "auction with stop": ({"on": "open", "stop": 90}, OrderError, AUCTION_ALONE),
    "auction with tif": ({"on": "close", "tif": "DAY"}, OrderError, AUCTION_ALONE),
    "post_only at the market": ({"post_only": True}, OrderError, RESTS),
    "post_only at once": ({"post_only": True, "limit": 90, "tif": "IOC"}, OrderError, RESTS),
    "post_only at an auction": ({"post_only": True, "limit": 90, "on": "open"}, OrderError, RESTS),
    "post_only is a word": ({"post_only": "yes", "limit": 90}, OrderError, "buy: post_only=yes must be True or False"),
    "reduce_only with exits": (
        {"reduce_only": True, "stop_loss": 90},
        OrderError,
        "buy: reduce_only opens nothing that stop_loss= or take_profit= could protect",
    ),
    "group without a name": (
        {"oco": 1},
        OrderError,
        "buy: oco=1 must be a text; orders of one asset with the same one are linked",
    ),
    "two stop losses": (
        {"stop_loss": 90, "stop_loss_pct": 0.1},
        OrderError,
        "buy: give stop_loss= (a price) or stop_loss_pct= (a part of the price), not both",
    ),
    "stop loss of nothing": (
        {"stop_loss": 0},
        OrderError,
        "buy(stop_loss=0) is no price; X trades in steps of 0.01 above 0",
    ),
    "stop loss of all": (
        {"stop_loss_pct": 1},
        OrderError,
        "buy: stop_loss_pct=1 is a part of the price, above 0 and below 1; write 0.05 for 5%",
    ),
    "target of nothing": (
        {"take_profit_pct": 0},
        OrderError,
        "buy: take_profit_pct=0 is a part of the price, above 0; write 0.05 for 5%",
    ),
    "stop loss above target": ({"stop_loss": 110, "take_profit": 90}, OrderError, EXITS_OUT_OF_ORDER),
    "stop loss above the limit": ({"limit": 90, "stop_loss": 95}, OrderError, EXITS_OUT_OF_ORDER),
    "target below the stop": ({"stop": 90, "take_profit": 85}, OrderError, EXITS_OUT_OF_ORDER),
    "another library's word": (
        {"time_in_force": "DAY"},
        ParameterError,
        'buy has no argument "time_in_force"; write tif="DAY"',
    ),
    "iceberg": ({"iceberg": 10}, UnsupportedError, 'buy has no argument "iceberg"' + NO_BOOK),
}


@pytest.mark.parametrize(("options", "error", "message"), ROWS.values(), ids=ROWS)
def test_a_contradiction_has_its_answer_and_changes_nothing(options, error, message):
    caught, hashes = outcome("on_bar", lambda ctx: ctx.buy("X", 1, **options))
    assert caught, "nothing was raised"
    assert isinstance(caught[0], error)
    assert message in (None, str(caught[0]))
    assert hashes == UNTOUCHED


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        pytest.param(lambda ctx: ctx.sell("X", 1, stop_loss=90), UnsupportedError, SHORT, id="short"),
        pytest.param(
            lambda ctx: ctx.sell("X", 1, trail=1_000_000), OrderError, "sell: trail= is wider than the last close of X",
            id="wide",
        ),
        pytest.param(
            lambda ctx: ctx.target("X", quantity=1, tif="DAY"), ParameterError, 'target has no argument "tif"',
            id="target",
        ),
    ],
)  # fmt: skip
def test_what_a_cash_account_and_bars_cannot_do_is_said(ask, error, message):
    caught, hashes = outcome("on_bar", ask)
    assert (type(caught[0]), str(caught[0])[: len(message)]) == (error, message)
    assert hashes == UNTOUCHED
