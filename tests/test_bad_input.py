"""What a newcomer may type wrong outside a run: each mistake has its own error class and message, and changes nothing."""

from __future__ import annotations

import math
from datetime import datetime

import polars as pl
import pytest
import workbench as wb
from workbench import ta
from workbench.errors import (
    BarsError,
    NumberError,
    ParameterError,
    StorageError,
    StrategyError,
    TimeError,
    UnknownAssetError,
    UnsupportedError,
)

BARS = wb.simulate.bars("X", every="1d", n=30, seed=1, start="2024-01-01")
FRAME = pl.DataFrame(
    {
        "Date": ["2024-01-02", "2024-01-03"],
        "Open": [10.0, 11.0],
        "High": [12.5, 12.0],
        "Low": [9.5, 10.0],
        "Close": [11.0, 10.5],
        "Volume": [100, 200],
    }
)
NAIVE = datetime(2024, 1, 5)  # noqa: DTZ001 (the mistake itself)


class Idle(wb.Strategy):
    """Does nothing."""

    n: int = 3

    def on_bar(self, ctx, bar):
        """Wait."""


def framed(**columns):
    """Bars from FRAME with some columns replaced."""
    return wb.Bars.from_frame(FRAME.with_columns(**{name: pl.Series(column) for name, column in columns.items()}), "ABC")


def defined(**body):
    """A strategy class with this body, as `class S(wb.Strategy)` would define it."""
    return type("S", (wb.Strategy,), {"__module__": __name__, "__annotations__": {}} | body)


def hook(self, *given):
    """A hook with any arguments."""


TEST = wb.Backtest(Idle(), BARS)
RUN = TEST.run(progress=False)
OPTIONS = "cash, start, end, fees, slippage, fill, volume_cap, warmup, seed"
ROWS = [
@@ROWS@@
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_a_mistake_has_its_answer_and_changes_nothing(call, error, message):
    before = BARS.fingerprint, repr(TEST), repr(Idle())
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert str(raised.value) == message
    assert (BARS.fingerprint, repr(TEST), repr(Idle())) == before


def test_after_all_of_them_a_run_is_what_it_was():
    assert wb.Backtest(Idle(), BARS).run(progress=False).state_hash == RUN.state_hash
