"""What a newcomer may type wrong around a run: each mistake has its own error class and message; nothing changes."""

from __future__ import annotations

import math
from datetime import datetime

import polars as pl
import pytest

import workbench as wb
from workbench.errors import (
    BarsError,
    ContextError,
    NumberError,
    ParameterError,
    StorageError,
    StrategyError,
    TimeError,
    UnknownAssetError,
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
HOURS = [datetime(2024, 1, 2, hour) for hour in (1, 2)]  # noqa: DTZ001


class Idle(wb.Strategy):
    """Does nothing."""

    n: int = 3

    def on_bar(self, ctx, bar):
        """Wait."""


def framed(**columns):
    """Bars from FRAME with some columns replaced."""
    return wb.Bars.from_frame(
        FRAME.with_columns(**{name: pl.Series(column) for name, column in columns.items()}), "ABC"
    )


TEST = wb.Backtest(Idle(), BARS)
RUN = TEST.run(progress=False)
ROWS = [
    pytest.param(
        lambda: wb.Backtest(Idle, BARS),
        StrategyError,
        "Idle is the class; give an object of it: Backtest(Idle(), bars)",
        id="backtest-class",
    ),
    pytest.param(
        lambda: wb.Backtest(None, BARS),
        StrategyError,
        "None is no strategy; define class My(wb.Strategy) and give Backtest(My(), bars)",
        id="backtest-none",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS.frame),
        ParameterError,
        "bars is a DataFrame, not Bars; wrap it: wb.Bars.from_frame(frame, 'AAPL'), or wb.sample['AAPL']",
        id="backtest-frame",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, cash="lots"),
        NumberError,
        "cash='lots' is no amount; write cash='100_000 USD' or cash=100_000",
        id="backtest-cash-text",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, cash=-5),
        NumberError,
        "cash=-5: start with more than 0, such as cash='100_000 USD'",
        id="backtest-cash-neg",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, cash=math.nan),
        NumberError,
        "cash=nan: start with more than 0, such as cash='100_000 USD'",
        id="backtest-cash-nan",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, cash=True),
        NumberError,
        "cash=True is no amount; write cash='100_000 USD' or cash=100_000",
        id="backtest-cash-bool",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, cash="10_000 EUR"),
        ParameterError,
        "no rate leads from USD to EUR: give fx= Bars of USD/EUR (kind 'fx'), or a Catalog that holds them; pairs that "
        "are there: none",
        id="backtest-cash-eur",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, cash=0),
        NumberError,
        "cash=0: start with more than 0, such as cash='100_000 USD'",
        id="backtest-cash-zero",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, fees=0.001),
        ParameterError,
        "fees=0.001: give wb.fees.bps(10), wb.fees.per_share(0.005, minimum=1) or another of wb.fees",
        id="backtest-fee-number",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, slippage=2),
        ParameterError,
        "slippage=2: give wb.slippage.bps(2) or None",
        id="backtest-slip",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, fill="close"),
        ParameterError,
        "fill='close': allowed are next_open, next_close, same_close",
        id="backtest-fill",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, path="zigzag"),
        ParameterError,
        "path='zigzag': allowed are pessimistic, open_high_low_close, open_low_high_close, or finer Bars "
        "of the same assets",
        id="backtest-path",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, lots="hifo"),
        ParameterError,
        "lots='hifo': allowed are average, fifo, lifo",
        id="backtest-lots",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, limit_through=0.5),
        NumberError,
        "limit_through=0.5: give a whole number of price steps from 0 to 1,000,000",
        id="backtest-through",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, latency=-1),
        NumberError,
        "latency=-1: give seconds from 0 to 31,536,000, such as latency=0.25",
        id="backtest-latency",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, latency="fast"),
        NumberError,
        "latency='fast': give seconds from 0 to 31,536,000, such as latency=0.25",
        id="backtest-latency-text",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, latency=(0.5, 0.25)),
        NumberError,
        "latency=(0.5, 0.25): give one number of seconds, or the least and the most: (0.05, 0.25)",
        id="backtest-latency-turned",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, latency=(0.25,)),
        NumberError,
        "latency=(0.25,): give one number of seconds, or the least and the most: (0.05, 0.25)",
        id="backtest-latency-one",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, latency=(0, "long")),
        NumberError,
        "latency=(0, 'long'): give seconds from 0 to 31,536,000, such as latency=0.25",
        id="backtest-latency-words",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, latency=(0, 1), fill="same_close"),
        ParameterError,
        "fill='same_close' trades at the close it is asked on; leave latency out",
        id="backtest-latency-drawn-same",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, latency=1, fill="same_close"),
        ParameterError,
        "fill='same_close' trades at the close it is asked on; leave latency out",
        id="backtest-latency-same",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, volume_cap=10),
        NumberError,
        "volume_cap=10: give a part of the volume above 0 and up to 1, or None for no cap",
        id="backtest-cap",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, volume_cap=0),
        NumberError,
        "volume_cap=0: give a part of the volume above 0 and up to 1, or None for no cap",
        id="backtest-cap0",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, seed=-1),
        NumberError,
        "seed=-1: give a whole number from 0 on",
        id="backtest-seed",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, commission=0.001),
        ParameterError,
        "Backtest has no option 'commission'; write fees=wb.fees.bps(10)",
        id="backtest-commission",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, slipage=wb.slippage.bps(2)),
        ParameterError,
        "Backtest has no option 'slipage'; it has data, cash, currency, fx, start, end, fees, slippage, limits, "
        "account, funding, settlement, fill, path, limit_through, latency, lots, volume_cap, warmup, seed; "
        "write slippage=wb.slippage.bps(2)",
        id="backtest-slipage",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, account="margin"),
        ParameterError,
        "account='margin': give wb.Margin() for short positions and borrowed cash, or None for a cash account",
        id="backtest-margin",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, start=NAIVE),
        TimeError,
        "start=datetime.datetime(2024, 1, 5, 0, 0) is naive; add its zone, '2024-01-05T00:00:00+00:00', or give a date",
        id="backtest-start-naive",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, start="2030-01-01"),
        TimeError,
        "no bars from start='2030-01-01' to end=None; there are sessions from 2024-01-01 to 2024-01-30",
        id="backtest-start-late",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, start="soon"),
        TimeError,
        "start='soon' cannot be read; write '2024-02-29' or '2024-02-29T15:30+00:00'",
        id="backtest-start-bad",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS, start="2024-01-20", end="2024-01-10"),
        TimeError,
        "no bars from start='2024-01-20' to end='2024-01-10'; there are sessions from 2024-01-01 to 2024-01-30",
        id="backtest-end-below-start",
    ),
    pytest.param(
        lambda: TEST.replace(fil="next_close"),
        ParameterError,
        "Backtest has no option 'fil'; it has data, cash, currency, fx, start, end, fees, slippage, limits, "
        "account, funding, settlement, fill, path, limit_through, latency, lots, volume_cap, warmup, seed; "
        "write fill='next_close'",
        id="backtest-replace",
    ),
    pytest.param(
        lambda: TEST.with_params(m=4),
        ParameterError,
        "unknown parameter 'm' of Idle; parameters are n",
        id="backtest-with_params-unknown",
    ),
    pytest.param(
        lambda: TEST.with_params(n="4"),
        ParameterError,
        "n of Idle must be an int, got '4' (str); did you mean Idle(n=4)?",
        id="backtest-with_params-type",
    ),
    pytest.param(
        lambda: wb.Backtest(Idle(), BARS.since("2030-01-01")),
        ParameterError,
        "bars is empty; widen since/until, or look at bars.assets",
        id="backtest-empty",
    ),
    pytest.param(
        lambda: framed(Close=[11.0, math.nan]),
        BarsError,
        "row 1 (ABC, 2024-01-03): close is missing (null or NaN); correct or drop it first (rows count from 0)",
        id="bars-nan",
    ),
    pytest.param(
        lambda: framed(High=[9.0, 12.0]),
        BarsError,
        "row 0 (ABC, 2024-01-02): high 9 is below low 9.5; correct or drop it first (rows count from 0)",
        id="bars-hi-below-lo",
    ),
    pytest.param(
        lambda: framed(Open=[0.0, 11.0]),
        BarsError,
        "row 0 (ABC, 2024-01-02): open 0 is not positive; correct or drop it first (rows count from 0)",
        id="bars-zero",
    ),
    pytest.param(
        lambda: framed(Volume=[-1, 2]),
        BarsError,
        "row 0 (ABC, 2024-01-02): volume -1 is negative; correct or drop it first (rows count from 0)",
        id="bars-negvol",
    ),
    pytest.param(
        lambda: framed(Date=["2024-01-02", "2024-01-02"]),
        BarsError,
        "row 1 (ABC, 2024-01-02 00:00:00+00:00): the time stands there twice; if the frame holds several "
        "assets, give it an asset column; correct or drop it first (rows count from 0)",
        id="bars-dup",
    ),
    pytest.param(
        lambda: framed(Date=["2024-01-03", "2024-01-02"]),
        BarsError,
        "row 1 (ABC, 2024-01-02 00:00:00+00:00): it comes before the row above it; sort the frame by "
        "time; correct or drop it first (rows count from 0)",
        id="bars-unsorted",
    ),
    pytest.param(
        lambda: wb.Bars.from_frame(FRAME.drop("Close"), "ABC"),
        BarsError,
        "columns missing: close; found 'Date', 'Open', 'High', 'Low', 'Volume'; wanted open, high, low, "
        "close and one of open_time, time, date (volume and asset as needed)",
        id="bars-nocol",
    ),
    pytest.param(
        lambda: wb.Bars.from_frame(FRAME),
        BarsError,
        "there is no asset column: name the asset, Bars.from_frame(frame, 'AAPL'), or add the column",
        id="bars-noasset",
    ),
    pytest.param(
        lambda: wb.Bars.from_frame(
            FRAME.rename({"Date": "time"}).with_columns(pl.Series("time", HOURS)), "ABC", every="1h"
        ),
        TimeError,
        "column time holds naive times (2024-01-02 01:00:00); say in which zone they are: tz='UTC' or "
        "tz='America/New_York'",
        id="bars-naive",
    ),
    pytest.param(
        lambda: wb.Bars.from_frame([1, 2], "ABC"),
        ParameterError,
        "a list is no frame; give a Polars or pandas DataFrame, or an Arrow table",
        id="bars-dict",
    ),
    pytest.param(
        lambda: wb.Bars.from_frame(FRAME, "ABC", calendar="MOON"),
        ParameterError,
        "calendar='MOON' does not exist; the nearest are XMOS, XLON, OOTC",
        id="bars-calendar",
    ),
    pytest.param(
        lambda: wb.Bars.from_frame(FRAME, "ABC", every="5x"),
        ParameterError,
        "every='5x': give the length of a bar as '30s', '1m', '4h' or '1d'",
        id="bars-every",
    ),
    pytest.param(
        lambda: wb.Bars.from_csv("/nonexistent.csv", "ABC"),
        StorageError,
        "/nonexistent.csv is not a file; give the path of a file, or of a folder of files",
        id="csv-missing",
    ),
    pytest.param(
        lambda: BARS.since(NAIVE),
        TimeError,
        "since=datetime.datetime(2024, 1, 5, 0, 0) is naive; add its zone, '2024-01-05T00:00:00+00:00', or give a date",
        id="since-naive",
    ),
    pytest.param(
        lambda: BARS.since("yesterday"),
        TimeError,
        "since='yesterday' cannot be read; write '2024-02-29' or '2024-02-29T15:30+00:00'",
        id="since-text",
    ),
    pytest.param(
        lambda: BARS.between("2024-02-01", "2024-01-01"),
        TimeError,
        "between('2024-02-01', '2024-01-01'): the end lies before the start; give them in order",
        id="between-reversed",
    ),
    pytest.param(
        lambda: BARS.last(-1), ParameterError, "last(-1): give a whole number of bars from 1 on", id="last-neg"
    ),
    pytest.param(
        lambda: BARS.last(True), ParameterError, "last(True): give a whole number of bars from 1 on", id="last-bool"
    ),
    pytest.param(lambda: BARS.select(["Y"]), UnknownAssetError, "no asset 'Y'; these bars have X", id="select"),
    pytest.param(
        lambda: wb.sample["APPL"],
        UnknownAssetError,
        "no asset 'APPL'; did you mean 'AAPL'?",
        id="catalog-unknown",
    ),
    pytest.param(
        lambda: wb.sample[["AAPL", "MSTF"]],
        UnknownAssetError,
        "no asset 'MSTF'; did you mean 'MSFT'?",
        id="catalog-list-unknown",
    ),
    pytest.param(
        lambda: wb.Catalog("/nonexistent", read_only=True),
        StorageError,
        "/nonexistent holds no catalog.sqlite; give the folder of a catalog, or open it for writing",
        id="catalog-folder",
    ),
    pytest.param(
        lambda: wb.Calendar("XNYSE"),
        ParameterError,
        "calendar='XNYSE' does not exist; the nearest are XNYS, NYSE, XTSE",
        id="calendar",
    ),
    pytest.param(
        lambda: wb.simulate.bars("X", every="1m", n=0, seed=1),
        ParameterError,
        "n=0: give a whole number of bars from 1 to 100,000,000",
        id="sim-n",
    ),
    pytest.param(
        lambda: wb.simulate.bars("X", every="1 minute", n=10, seed=1),
        ParameterError,
        "every='1 minute': give the length of a bar as '30s', '1m', '4h' or '1d'",
        id="sim-every",
    ),
    pytest.param(
        lambda: wb.simulate.bars("X", every="1m", n=10, seed=1, price=-1),
        ParameterError,
        "price=-1: give a finite number above 0",
        id="sim-price",
    ),
    pytest.param(
        lambda: wb.simulate.bars("X", every="1m", n=10, seed=-1),
        ParameterError,
        "seed=-1: give a whole number from 0 on",
        id="sim-seed",
    ),
    pytest.param(
        lambda: wb.load("/nonexistent"),
        StorageError,
        'there is no saved run at /nonexistent; write one with run.save("/nonexistent")',
        id="load-missing",
    ),
    pytest.param(
        lambda: RUN.at(NAIVE),
        TimeError,
        "at=datetime.datetime(2024, 1, 5, 0, 0) is naive; add its zone, '2024-01-05T00:00:00+00:00', or give a date",
        id="run-at-naive",
    ),
    pytest.param(
        lambda: RUN.at("soon"),
        TimeError,
        "at='soon' cannot be read; write '2024-02-29' or '2024-02-29T15:30+00:00'",
        id="run-at-bad",
    ),
    pytest.param(
        lambda: RUN.at("2020-01-01"),
        TimeError,
        "at('2020-01-01') lies before the first slice of the run, 2024-01-02 00:00:00+00:00",
        id="run-at-before",
    ),
    pytest.param(
        lambda: RUN.at("2024-01-10").buy("X", 1),
        ContextError,
        "orders cannot be asked for now: this context is a picture of a finished run; it cannot trade",
        id="run-at-buy",
    ),
    pytest.param(
        lambda: RUN.to_html("/nonexistent/x.html"),
        StorageError,
        "cannot write /nonexistent/x.html: No such file or directory; name a file in a folder that exists",
        id="run-to_html",
    ),
    pytest.param(
        lambda: RUN.metrics["sharp"],
        ParameterError,
        "no figure 'sharp'; did you mean 'sharpe'? (total_return, annual_return, volatility, sharpe, "
        "sortino, calmar, max_drawdown, drawdown_length, recovery_time, win_rate, profit_factor, "
        "average_win, average_loss, exposure, turnover, fees)",
        id="run-metrics",
    ),
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
