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
NEVER_AHEAD = "n counts bars back from now, from 1 on"
NUMBER = 'give 100, 0.5, "0.1" or a Decimal'
ROWS = [
@@ROWS@@
]


@pytest.mark.parametrize(("hook", "call", "error", "message"), ROWS)
def test_a_mistake_has_its_answer_and_changes_nothing(hook, call, error, message):
    caught, hashes = outcome(hook, call)
    assert caught, "nothing was raised"
    assert {(type(each), str(each)) for each in caught} == {(error, message)}
    assert hashes == UNTOUCHED


def test_an_error_that_is_not_caught_ends_the_run_and_leaves_the_backtest_usable():
    MISTAKE[:] = ["never", None, []]

    class Fails(wb.Strategy):
        def on_bar(self, ctx, bar):
            ctx.buy("X", 5)
            ctx.buy("X", -5)

    test = wb.Backtest(Fails(), BARS)
    for _ in range(2):
        with pytest.raises(OrderError, match=r"buy\(quantity=-5\) must be more than 0; use ctx.sell for the other side"):
            test.run(progress=False)
