"""The replay of a long run in a real JupyterLab: parts come as they are needed, and tell what the run says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from replays import REPLAY, SLIDER, THERE, Shown

from lab import Lab, Window

COUNT = 300_000
SIZE = 2_048
CELLS = (
    f"""
import workbench as wb
from workbench import ta
from workbench.market import simulate

@wb.signals
def cross(fast: int = 20, slow: int = 400) -> wb.Signals:
    gap = ta.sma(fast) - ta.sma(slow)
    return wb.Signals(entry=gap > 1e-5, exit=gap < -1e-5, weight=0.9, stop_loss_pct=0.02)

bars = simulate.bars("X", every="1m", n={COUNT}, seed=3)
run = wb.Backtest(cross(), bars, cash="10_000 USD", fees=wb.fees.bps(1)).run()
replay = run.replay()
closes = dict(zip(bars.frame["time"], bars.frame["close"]))

def told(place):
    ctx = run.at(run.equity["time"][place])
    held = [f"{{position.quantity:g}}" for position in ctx.positions.values()] or ["nothing"]
    stops = [f"{{order.stop:,.2f}}" for order in ctx.open_orders]
    close = f"{{closes[run.equity['time'][place]]:.2f}}"
    print("|".join([f"{{ctx.equity:,.2f}}", f"{{ctx.cash:,.2f}}", close, *held, *stops]))
""",
    "replay",
)


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("long", CELLS, width=1440, height=1100) as opened:
        opened.page.wait_for_function(THERE)
        yield opened


class Long(Shown):
    """A replay of which not every part is here: whatever moves it is waited for."""

    def press(self, *keys: str) -> None:
        super().press(*keys)
        self.settle()

    def scrub(self, place: int) -> None:
        """The slider on a bar, as a drag leaves it."""
        self.slider.evaluate(f"slider => {{ slider.value = {place}; slider.dispatchEvent(new Event('input')); }}")
        self.settle()

    def agrees(self) -> None:
        """What the panel tells of the bar under the cursor is what the engine tells of it."""
        place, panel = self.cursor, self.panel
        assert f"bar {place + 1:,} of {COUNT:,}" in panel
        for text in self.window.ask(f"told({place})").split("|"):
            assert text in panel, (place, text, panel)


@pytest.fixture(scope="module")
def replay(window: Window) -> Long:
    return Long(window)


def test_it_opens_with_all_of_the_run_in_sight(window: Window, replay: Long, shots: Path) -> None:
    assert replay.cursor == COUNT - 1
    assert "bars merged by" in replay.legends
    replay.agrees()
    window.page.locator(REPLAY).screenshot(path=shots / "replay-long.png")


def test_scrubbed_to_the_middle(replay: Long) -> None:
    replay.scrub(COUNT // 2)
    assert replay.cursor == COUNT // 2
    replay.agrees()


@pytest.mark.parametrize("number", [60, 61])
def test_steps_over_the_edge_of_a_part_both_ways(window: Window, replay: Long, number: int, shots: Path) -> None:
    replay.scrub(number * SIZE - 2)
    replay.press("0")
    for _ in range(20):
        if "bars merged by" in replay.legends:
            replay.press("+")
            replay.frame()
    expect(replay.element.locator(".wb-replay-legends")).not_to_contain_text("bars merged by")
    for key, place in (("ArrowRight", -1), ("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("ArrowLeft", -1)):
        replay.press(key)
        assert replay.cursor == number * SIZE + place
        replay.agrees()
    window.page.locator(REPLAY).screenshot(path=shots / "replay-long-near.png")


def test_leaps_back_over_several_parts(replay: Long) -> None:
    replay.scrub(70 * SIZE)
    replay.press(*["PageUp"] * 45)
    assert replay.cursor == 70 * SIZE - 4_500
    replay.agrees()


def test_plays_over_the_edge_of_a_part(window: Window, replay: Long) -> None:
    replay.scrub(50 * SIZE - 20)
    window.page.locator(f"{REPLAY} select[data-does=speed]").select_option("1000")
    replay.press(" ")
    window.page.wait_for_function(f"Number(document.querySelector('{SLIDER}').value) > {52 * SIZE}")
    replay.press(" ")
    replay.settle()
    replay.agrees()


@pytest.mark.parametrize("times", [4, 8, 16])
def test_zoomed_out_the_bar_at_the_cursor_is_still_its_own(replay: Long, times: int) -> None:
    replay.scrub(100_001)
    replay.press("0")
    replay.press(*["+"] * 16)
    replay.press(*["-"] * times)
    replay.agrees()
    replay.press(*["ArrowRight"] * 3)
    replay.agrees()
    replay.press(*["ArrowLeft"] * 5)
    replay.agrees()


def test_trades_far_away_are_gone_to(window: Window, replay: Long) -> None:
    replay.scrub(1_000)
    replay.press("n")
    filled = "run.fills['time'].filter(run.fills['time'] > run.equity['time'][1_000])[0]"
    fill = int(window.ask(f"print(run.equity['time'].search_sorted({filled}, 'right'))"))
    assert replay.cursor == fill
    replay.agrees()


def test_the_next_cell_sets_the_cursor(replay: Long) -> None:
    replay.put("run.equity['time'][222_222]")
    replay.settle()
    assert replay.cursor == 222_222
    replay.agrees()


def test_a_reload_keeps_the_cursor(window: Window, replay: Long) -> None:
    window.reload()
    window.page.wait_for_selector(f"{REPLAY} canvas")
    replay.settle()
    assert replay.cursor == 222_222
    assert "222,223" in replay.panel


def test_a_page_of_its_own_does_the_same(window: Window, lab: Lab) -> None:
    assert window.ask(f"replay.to_html({str(lab.root / 'long.html')!r}); told(222_222)")
    wanted = window.ask("told(222_222)").split("|")
    with lab.chrome.window(1440, 900) as page:
        page.page.goto(f"file://{lab.root / 'long.html'}")
        page.page.wait_for_function(THERE)
        alone = Long(page)
        alone.settle()
        panel = alone.panel
        assert all(text in panel for text in wanted)
        alone.press("Home")
        assert "are in this file" in alone.panel
        assert page.problems == []


def test_page_has_no_errors(window: Window) -> None:
    assert window.problems == []
    assert window.outside == []
