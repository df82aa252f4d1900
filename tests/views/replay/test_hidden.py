"""Prediction mode: scores by hand, and nothing of what is ahead."""

from __future__ import annotations

import struct
from pathlib import Path

import polars as pl
import pytest

import workbench as wb
from workbench.errors import LookaheadError, UnsupportedError
from workbench.views.replay import Hidden
from workbench.views.replay.hidden import Score, scored

from .test_packing import unpacked

CLOSES: list[float | None] = [10.0, 20.0, 10.0, None, 15.0]
EQUITY = [100.0, 110.0, 121.0, 110.0, 90.0]

CASES: dict[str, tuple[list[tuple[int, int]], int, int, Score]] = {
    "nothing chosen is flat": ([], 0, 4, Score(0.0, -0.1, 4)),
    "long over a doubling": ([(0, 1)], 0, 1, Score(1.0, 0.1, 1)),
    "long over both: 2 x 0.5": ([(0, 1)], 0, 2, Score(0.0, 0.21, 2)),
    "long, then short: 2 x 1.5": ([(0, 1), (1, -1)], 0, 2, Score(2.0, 0.21, 2)),
    "short over a doubling loses all": ([(0, -1)], 0, 1, Score(-1.0, 0.1, 1)),
    "a bar that is missing moves nothing": ([(2, 1)], 0, 3, Score(0.0, 0.1, 3)),
    "and the next close is compared with the last known one": ([(2, 1)], 0, 4, Score(0.5, -0.1, 4)),
    "flat again": ([(0, 1), (1, 0)], 0, 4, Score(1.0, -0.1, 4)),
    "from a later start": ([(1, -1)], 1, 2, Score(0.5, 0.1, 1)),
    "at the start": ([(1, 1)], 1, 1, Score(0.0, 0.0, 0)),
    "looking back before the start": ([(1, 1)], 1, 0, Score(0.0, 0.0, 0)),
    "no bar at the start": ([(3, 1)], 3, 4, Score(0.5, 90 / 110 - 1, 1)),
}


@pytest.mark.parametrize(("choices", "start", "place", "expected"), CASES.values(), ids=CASES)
def test_scores_by_hand(choices: list[tuple[int, int]], start: int, place: int, expected: Score) -> None:
    found = scored(pl.Series(CLOSES), pl.Series(EQUITY), choices, start, place)
    assert found == pytest.approx(expected)


class Held(wb.Strategy):
    """Buys at the first bar."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        if not ctx.position(bar.asset) and not ctx.open_orders:
            ctx.target(bar.asset, weight=0.5)


@pytest.fixture(scope="module")
def run() -> wb.Run:
    return wb.Backtest(Held(), wb.sample["AAPL", "IBM"].between("2006-01-01", "2007-01-01")).run()


@pytest.fixture
def replay(run: wb.Run) -> Hidden:
    return run.replay(asset="IBM", hidden=True)


def test_it_starts_with_bars_to_look_at(run: wb.Run, replay: Hidden) -> None:
    """A fifth of the 251 sessions of 2006."""
    assert replay.at.now == run.equity["time"][50]
    assert replay.score == Score(0.0, 0.0, 0)
    about = unpacked(replay._data)[0]["about"]
    assert (about["hidden"], about["start"], about["assets"]) == (True, 50, ["IBM"])


def test_the_score_is_of_what_the_browser_says(run: wb.Run, replay: Hidden) -> None:
    """Long from bar 50, flat from bar 52, seen up to 60: IBM's closes have no split in 2006."""
    widget = replay._widget
    sent = {"choices": memoryview(struct.pack("<4i", 50, 1, 52, 0)), "seen": 60, "cursor": 60}
    widget.set_state(sent)  # as the browser does
    closes = run.bars.select("IBM").frame["close"]
    equity = run.equity["equity"]
    assert replay.score == pytest.approx((closes[52] / closes[50] - 1, equity[60] / equity[50] - 1, 10))
    widget.cursor = 51
    assert replay.score == pytest.approx((closes[51] / closes[50] - 1, equity[51] / equity[50] - 1, 1))
    assert repr(replay).endswith(str(replay.score))


def test_the_cursor_cannot_be_set_ahead(run: wb.Run, replay: Hidden) -> None:
    with pytest.raises(LookaheadError, match="the newest bar that was shown is of 2006-03-16, step on to see more"):
        replay.at = "2006-06-01"
    assert replay.at.now == run.equity["time"][50]
    replay._widget.seen = 120
    replay.at = "2006-06-01"
    assert str(replay.at.session) == "2006-06-01"


def test_choices_are_about_one_asset(replay: Hidden) -> None:
    with pytest.raises(UnsupportedError, match=r"run\.replay\(asset='AAPL', hidden=True\)"):
        replay.asset = "AAPL"
    replay.asset = "IBM"
    assert replay.asset == "IBM"


def test_where_scripts_do_not_run_nothing_is_given_away(run: wb.Run, replay: Hidden, tmp_path: Path) -> None:
    bundle = replay._repr_mimebundle_()
    assert "<svg" not in bundle["text/html"]
    for text in bundle.values():
        assert f"{run.final_equity:,.2f}" not in text
        assert "2007" not in text
    page = replay.to_html(tmp_path / "guess.html").read_text("utf-8")
    assert 'data-cursor="50"' in page
    assert page.count('class="wb-replay-data"') == 1
