"""The replay of a long run in a real JupyterLab: parts come as they are needed, and tell what the run says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
REPLAY = ".wb-replay"
SLIDER = f"{REPLAY} input[type=range]"
THERE = f"document.querySelector('{REPLAY}').getAttribute('aria-busy') === 'false'"


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("long", CELLS, width=1440, height=1100) as opened:
        opened.page.wait_for_function(f"document.querySelector('{REPLAY}') && {THERE}")
        opened.page.locator(REPLAY).scroll_into_view_if_needed()
        yield opened


def cursor(window: Window) -> int:
    return int(window.page.input_value(SLIDER))


def scrub(window: Window, place: int) -> None:
    """The slider on a bar, as a drag leaves it."""
    window.page.locator(SLIDER).evaluate(
        f"slider => {{ slider.value = {place}; slider.dispatchEvent(new Event('input')); }}"
    )
    settle(window)


def settle(window: Window) -> None:
    window.page.wait_for_function(f"{THERE} && !{panel_says('loading')}")


def panel_says(text: str) -> str:
    return f"document.querySelector('{REPLAY} .wb-replay-panel').innerText.includes('{text}')"


def press(window: Window, key: str, times: int = 1) -> None:
    window.page.focus(REPLAY)
    for _ in range(times):
        window.page.keyboard.press(key)
    settle(window)


def agrees(window: Window) -> None:
    """What the panel tells of the bar under the cursor is what the engine tells of it."""
    place = cursor(window)
    panel = window.page.inner_text(f"{REPLAY} .wb-replay-panel")
    assert f"bar {place + 1:,} of {COUNT:,}" in panel
    for text in window.ask(f"told({place})").split("|"):
        assert text in panel, (place, text, panel)


def legends(window: Window) -> str:
    return window.page.inner_text(f"{REPLAY} .wb-replay-legends")


def test_it_opens_with_all_of_the_run_in_sight(window: Window, shots: Path) -> None:
    assert cursor(window) == COUNT - 1
    assert "bars merged by" in legends(window)
    agrees(window)
    window.page.locator(REPLAY).screenshot(path=shots / "replay-long.png")


def test_scrubbed_to_the_middle(window: Window) -> None:
    scrub(window, COUNT // 2)
    assert cursor(window) == COUNT // 2
    agrees(window)


@pytest.mark.parametrize("number", [60, 61])
def test_steps_over_the_edge_of_a_part_both_ways(window: Window, number: int, shots: Path) -> None:
    scrub(window, number * SIZE - 2)
    press(window, "0")
    for _ in range(20):
        if "bars merged by" in legends(window):
            press(window, "+")
    assert "bars merged by" not in legends(window)
    for key, place in (("ArrowRight", -1), ("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("ArrowLeft", -1)):
        press(window, key)
        assert cursor(window) == number * SIZE + place
        agrees(window)
    window.page.locator(REPLAY).screenshot(path=shots / "replay-long-near.png")


def test_leaps_back_over_several_parts(window: Window) -> None:
    scrub(window, 70 * SIZE)
    press(window, "PageUp", 45)
    assert cursor(window) == 70 * SIZE - 4_500
    agrees(window)


def test_plays_over_the_edge_of_a_part(window: Window) -> None:
    scrub(window, 50 * SIZE - 20)
    window.page.locator(f"{REPLAY} select[data-does=speed]").select_option("1000")
    press(window, " ")
    window.page.wait_for_function(f"Number(document.querySelector('{SLIDER}').value) > {52 * SIZE}")
    press(window, " ")
    settle(window)
    agrees(window)


@pytest.mark.parametrize("times", [4, 8, 16])
def test_zoomed_out_the_bar_at_the_cursor_is_still_its_own(window: Window, times: int) -> None:
    scrub(window, 100_001)
    press(window, "0")
    press(window, "+", 16)
    press(window, "-", times)
    agrees(window)
    press(window, "ArrowRight", 3)
    agrees(window)
    press(window, "ArrowLeft", 5)
    agrees(window)


def test_trades_far_away_are_gone_to(window: Window) -> None:
    scrub(window, 1_000)
    press(window, "n")
    filled = "run.fills['time'].filter(run.fills['time'] > run.equity['time'][1_000])[0]"
    fill = int(window.ask(f"print(run.equity['time'].search_sorted({filled}, 'right'))"))
    assert cursor(window) == fill
    agrees(window)


def test_the_next_cell_sets_the_cursor(window: Window) -> None:
    assert window.ask("replay.at = run.equity['time'][222_222]") == ""
    window.page.wait_for_function(f"document.querySelector('{SLIDER}').value === '222222' && {THERE}")
    settle(window)
    agrees(window)


def test_a_reload_keeps_the_cursor(window: Window) -> None:
    window.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    window.page.wait_for_timeout(300)
    window.page.reload()
    window.page.wait_for_selector(f"{REPLAY} canvas")
    settle(window)
    assert cursor(window) == 222_222
    assert "222,223" in window.page.inner_text(f"{REPLAY} .wb-replay-panel")


def test_a_page_of_its_own_does_the_same(window: Window, lab: Lab) -> None:
    assert window.ask(f"replay.to_html({str(lab.root / 'long.html')!r}); told(222_222)")
    wanted = window.ask("told(222_222)").split("|")
    with lab.chrome.window(1440, 900) as page:
        page.page.goto(f"file://{lab.root / 'long.html'}")
        page.page.wait_for_function(f"document.querySelector('{REPLAY}') && {THERE}")
        settle(page)
        panel = page.page.inner_text(f"{REPLAY} .wb-replay-panel")
        assert all(text in panel for text in wanted)
        press(page, "Home")
        assert "are in this file" in page.page.inner_text(f"{REPLAY} .wb-replay-panel")
        assert page.problems == []


def test_page_has_no_errors(window: Window) -> None:
    assert window.problems == []
    assert window.outside == []
