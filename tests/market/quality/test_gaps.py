"""Missing bars are counted by the calendar of each asset."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from workbench.market.bars import Bars


def bars(times: list[str], every: str, calendar: str, column: str = "open_time") -> Bars:
    prices: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0)
    frame = pl.DataFrame({column: times}).with_columns(**{k: pl.lit(v) for k, v in prices.items()})
    return Bars.from_frame(frame, "X", every=every, calendar=calendar)


@pytest.mark.parametrize(
    ("times", "every", "calendar", "missing"),
    [
        pytest.param(["2024-01-02T00:00Z", "2024-01-02T00:01Z"], "1m", "24/7", 0, id="minutes in a row"),
        pytest.param(["2024-01-02T00:00Z", "2024-01-02T00:10Z"], "1m", "24/7", 9, id="nine minutes"),
        pytest.param(["2024-01-05T23:00Z", "2024-01-08T01:00Z"], "1h", "24/5", 1, id="a weekend is no gap"),
        pytest.param(["2024-07-02T19:30Z", "2024-07-03T13:30Z"], "1h", "XNYS", 0, id="the night is no gap"),
        # 2024-07-03 closes at 17:00 UTC: bars at 13:30, 14:30, 15:30, 16:30; July 4 is a holiday; July 5 from 13:30.
        pytest.param(["2024-07-02T19:30Z", "2024-07-05T14:30Z"], "1h", "XNYS", 5, id="a half day and a holiday"),
        pytest.param(["2024-07-02T14:30Z", "2024-07-02T16:30Z"], "1h", "XNYS", 1, id="inside one session"),
    ],
)
def test_intraday(times: list[str], every: str, calendar: str, missing: int) -> None:
    assert bars(times, every, calendar).gaps == {"X": missing}


@pytest.mark.parametrize(
    ("days", "calendar", "missing"),
    [
        pytest.param(["2024-07-03", "2024-07-05"], "XNYS", 0, id="a holiday is no gap"),
        pytest.param(["2024-07-03", "2024-07-05"], "24/7", 1, id="it is one around the clock"),
        pytest.param(["2024-07-01", "2024-07-08"], "XNYS", 3, id="three sessions"),
        pytest.param(["2024-07-05", "2024-07-08"], "24/5", 0, id="Friday to Monday"),
    ],
)
def test_daily(days: list[str], calendar: str, missing: int) -> None:
    made = bars(days, "1d", calendar, "date")
    assert made.gaps == {"X": missing}
    assert (f"{missing} bars missing" if missing else "no bars missing") in repr(made)


def test_gaps_are_of_each_asset() -> None:
    full = bars([f"2024-01-02T00:{m:02}Z" for m in range(5)], "1m", "24/7").frame
    thin = full[[0, 4]].with_columns(asset=pl.lit("Y"))
    assert Bars.from_frame(pl.concat([full, thin])).gaps == {"X": 0, "Y": 3}
    assert datetime.fromisoformat("2024-01-02T00:04+00:00") == full["open_time"][-1]
