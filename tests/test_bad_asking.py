"""What a newcomer may ask wrong inside a run: each mistake has its own error class and message, and changes nothing.

The one idea: the strategy catches the error and goes on; the run must then be, to the last event, the run of a strategy
that never asked.
"""

from __future__ import annotations

import math

import pytest

import workbench as wb
from workbench import ta
from workbench.errors import (
    ContextError,
    LookaheadError,
    NumberError,
    OrderError,
    ParameterError,
    RangeError,
    UndefinedError,
    UnknownAssetError,
    UnsupportedError,
)

BARS = wb.simulate.bars("X", every="1d", n=10, seed=1, start="2024-01-01")


class Asks(wb.Strategy):
    """Does one thing in one hook and keeps what came of it."""

    def on_start(self, ctx):
        self._try("on_start", ctx)

    def on_bar(self, ctx, bar):
        self._try("on_bar", ctx)

    def on_end(self, ctx):
        self._try("on_end", ctx)

    def _try(self, hook, ctx):
        wanted, call, caught = MISTAKE
        if hook == wanted:
            try:
                call(ctx)
            except Exception as error:  # noqa: BLE001 (whatever comes is what is asked for)
                caught.append(error)


MISTAKE = ["never", None, []]


def outcome(hook, call):
    """The errors caught, and the hashes of the run."""
    MISTAKE[:] = [hook, call, []]
    run = wb.Backtest(Asks(), BARS).run(progress=False)
    return MISTAKE[2], (run.journal_hash, run.state_hash)


UNTOUCHED = outcome("never", None)[1]
ROWS = [
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", math.nan),
        NumberError,
        "quantity must be finite, got NaN; check the calculation it comes from",
        id="buy-nan",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", math.inf),
        NumberError,
        "quantity must be finite, got inf; check the calculation it comes from",
        id="buy-inf",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", True),
        NumberError,
        'quantity must be a number, got True (bool); give 100, 0.5, "0.1" or a Decimal',
        id="buy-bool",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", -5),
        OrderError,
        "buy(quantity=-5) must be more than 0; use ctx.sell for the other side",
        id="buy-neg",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", "ten"),
        NumberError,
        "quantity must be a number, got 'ten' (str); give 100, 0.5, \"0.1\" or a Decimal",
        id="buy-text",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", None),
        OrderError,
        "buy needs a quantity: ctx.buy(asset, 100); by weight or value use ctx.target",
        id="buy-none",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("Y", 1),
        UnknownAssetError,
        "asset 'Y' is not in this run; there are X",
        id="buy-unknown",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", 1, limit=-1),
        OrderError,
        "buy(limit=-1) is no price; X trades in steps of 0.01 above 0",
        id="buy-limit-neg",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", 1, limit=0),
        OrderError,
        "buy(limit=0) is no price; X trades in steps of 0.01 above 0",
        id="buy-limit-0",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", 1, limit="0.001"),
        OrderError,
        "buy(limit=0.001) is no price; X trades in steps of 0.01 above 0",
        id="buy-limit-tiny",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", 1, limt=90),
        ParameterError,
        'buy has no argument "limt"; it takes asset, quantity, limit, stop, trail, trail_pct, tif, until, on, '
        "post_only, reduce_only, oco, stop_loss, stop_loss_pct, take_profit, take_profit_pct, "
        "trailing_stop, trailing_stop_pct, break_even, break_even_pct; did you mean 'limit'?",
        id="buy-typo",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.buy("X", 10**31),
        RangeError,
        "10000000000000000000000000000000 is beyond the exact range of +-(10^38 - 1)",
        id="buy-huge",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.sell("X", -5),
        OrderError,
        "sell(quantity=-5) must be more than 0; use ctx.buy for the other side",
        id="sell-neg",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.target("X"),
        OrderError,
        "target takes exactly one of quantity=, weight=, value=, all_in=True",
        id="target-none",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.target("X", weight=0.5, value=100),
        OrderError,
        "target takes exactly one of quantity=, weight=, value=, all_in=True",
        id="target-two",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.target("X", weight=math.nan),
        NumberError,
        "weight must be finite, got NaN; check the calculation it comes from",
        id="target-nan",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.target("X", weight=-0.5),
        UnsupportedError,
        "a negative target is a short position, which needs a margin account: Backtest(..., account=wb.Margin()); an "
        "option cannot be sold short, covered by shares or not; else give 0 or more",
        id="target-neg",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.rebalance(["X"]),
        OrderError,
        "rebalance needs a mapping of asset to weight or a frame with asset and weight, got ['X']",
        id="rebalance-list",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.rebalance({"Y": 1}),
        UnknownAssetError,
        "asset 'Y' is not in this run; there are X",
        id="rebalance-unknown",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.rebalance({"X": 1}, band=-1),
        OrderError,
        "band must be 0 or more; it is the difference in weight that is left alone",
        id="rebalance-band",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.rebalance({"X": math.nan}),
        NumberError,
        "weight must be finite, got NaN; check the calculation it comes from",
        id="rebalance-nan",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.flatten("Y"),
        UnknownAssetError,
        "asset 'Y' is not in this run; there are X",
        id="flatten-unknown",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.cancel(99),
        OrderError,
        "there is no order #99 in this run; cancel what ctx.buy gave or ctx.open_orders lists",
        id="cancel-unknown",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.cancel("X"),
        OrderError,
        "cancel needs an Order or its id, got X; to cancel by asset use cancel(asset=...)",
        id="cancel-text",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.watch(ta.sma(3)),
        ContextError,
        "watch belongs into on_start, so that the indicator sees every bar; move the call there",
        id="watch-late",
    ),
    pytest.param(
        "on_start",
        lambda ctx: ctx.watch(5),
        ParameterError,
        "watch needs an indicator such as ta.sma(20), got 5",
        id="watch-class",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.schedule(print, every="1d"),
        ContextError,
        "schedule belongs into on_start; move the call there",
        id="schedule-late",
    ),
    pytest.param(
        "on_start",
        lambda ctx: ctx.schedule(print, every="daily"),
        ParameterError,
        "every='daily': give '1d', '1w', '1mo', '1y', or within the day '15m', '1h'",
        id="schedule-every",
    ),
    pytest.param(
        "on_start",
        lambda ctx: ctx.schedule(5, every="1d"),
        ParameterError,
        "schedule needs a function of one argument, the context, got 5",
        id="schedule-call",
    ),
    pytest.param(
        "on_start",
        lambda ctx: ctx.schedule(print, every="1d", at="noon"),
        ParameterError,
        "at='noon': give 'close', 'open+30m' or 'close-5m'",
        id="schedule-at",
    ),
    pytest.param(
        "on_start",
        lambda ctx: ctx.buy("X", 1),
        ContextError,
        "orders cannot be asked for now: in on_start there is no market yet; ask from on_bar on",
        id="buy-start",
    ),
    pytest.param(
        "on_end",
        lambda ctx: ctx.buy("X", 1),
        ContextError,
        "orders cannot be asked for now: in on_end the market is closed; only record works there",
        id="buy-end",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.history("X", 0),
        LookaheadError,
        "history of 0 bars of X would lie ahead; n counts bars back from now, from 1 on",
        id="history-n",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.history("X", -1),
        LookaheadError,
        "history of -1 bars of X would lie ahead; n counts bars back from now, from 1 on",
        id="history-neg",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.history("X", 500),
        UndefinedError,
        "history of 500 bars of X: 1 have closed; watch an indicator or start later",
        id="history-long",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.history("X", 1, field="price"),
        ParameterError,
        'field "price" is unknown; use open, high, low, close or volume',
        id="history-field",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.record(x="a"),
        NumberError,
        "x must be a number, got 'a' (str); give 100, 0.5, \"0.1\" or a Decimal",
        id="record-text",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.position("Y"),
        UnknownAssetError,
        "asset 'Y' is not in this run; there are X",
        id="position-unknown",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.can_trade("Y"),
        UnknownAssetError,
        "asset 'Y' is not in this run; there are X",
        id="can_trade-unknown",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.check("trend", 1.0, abov=0),
        ParameterError,
        'check has no argument "abov"; it takes name, value, above, at_least, below, at_most, asset; did you mean '
        "'above'?",
        id="check-misspelt",
    ),
    pytest.param(
        "on_bar",
        lambda ctx: ctx.chain("ES", rolls="volume"),
        ParameterError,
        "chain has no argument \"rolls\"; it takes root, roll, days, before; did you mean 'roll'?",
        id="chain-misspelt",
    ),
    pytest.param(
        "on_start",
        lambda ctx: wb.roll(ctx, "ES", day=3),
        ParameterError,
        "roll has no argument 'day'; it takes ctx, root, roll, days, before, carry; did you mean days=?",
        id="roll-misspelt",
    ),
]


@pytest.mark.parametrize(("hook", "call", "error", "message"), ROWS)
def test_a_mistake_has_its_answer_and_changes_nothing(hook, call, error, message):
    caught, hashes = outcome(hook, call)
    assert caught, "nothing was raised"
    assert (type(caught[0]), str(caught[0])) == (error, message)
    assert hashes == UNTOUCHED


def test_an_error_that_is_not_caught_ends_the_run_and_leaves_the_backtest_usable():
    MISTAKE[:] = ["never", None, []]

    class Fails(wb.Strategy):
        def on_bar(self, ctx, bar):
            ctx.buy("X", 5)
            ctx.buy("X", -5)

    test = wb.Backtest(Fails(), BARS)
    for _ in range(2):
        with pytest.raises(
            OrderError, match=r"buy\(quantity=-5\) must be more than 0; use ctx.sell for the other side"
        ):
            test.run(progress=False)
