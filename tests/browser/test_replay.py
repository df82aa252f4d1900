"""The replay in a real JupyterLab: every control by mouse and by key, one cursor for the browser and the next cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from replays import REPLAY, SLIDER, Shown

from lab import Lab, Window

CELLS = (
    """
import workbench as wb
from workbench import ta

class Dip(wb.Strategy):
    def on_start(self, ctx):
        self.rsi = ctx.watch(ta.rsi(5))
        self.mean = ctx.watch(ta.sma(50))

    def on_bar(self, ctx, bar):
        if self.rsi[bar.asset] < 30 and not ctx.position(bar.asset):
            ctx.buy(bar.asset, 100, stop_loss_pct=0.06, take_profit_pct=0.08)
        if self.rsi[bar.asset] > 92:
            ctx.buy(bar.asset, 10_000_000)

run = wb.Backtest(Dip(), wb.sample["AAPL"].since("2003-01-01"), cash="100_000 USD", fees=wb.fees.bps(5)).run()
replay = run.replay()
heard = []
replay.on_move(lambda ctx: heard.append(str(ctx.session)))
""",
    "replay",
)


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("replay", CELLS, width=1440, height=1100) as opened:
        opened.page.wait_for_selector(f"{REPLAY} canvas")
        yield opened


def bar(place: int) -> str:
    """The time of a bar, for the kernel."""
    return f"run.equity['time'][{place}]"


def stops(window: Window, kind: str) -> list[int]:
    """The bars with fills, or with refusals, by the kernel and not by the page."""
    table = {"fill": "run.fills", "refusal": "run.orders.filter(run.orders['status'] == 'DENIED')"}[kind]
    days = f"days = set({table}['time'].dt.date())"
    told = window.ask(f"{days}\nprint([n for n, day in enumerate(run.equity['session']) if day in days])")
    return [int(number) for number in told.strip("[]").split(",")]


def test_it_opens_with_all_of_its_panes(window: Window, replay: Shown) -> None:
    legends = replay.legends
    for name in ("AAPL, 1d", "sma_50", "rsi_5", "Volume", "Equity", "Drawdown", "Held, AAPL"):
        assert name in legends
    panel = replay.panel
    assert window.ask("print(f'{run.equity[\"equity\"][-1]:,.2f}')") in panel


STEPS = (
    ("One bar on", "ArrowRight", 1),
    ("One bar back", "ArrowLeft", -1),
    (None, "PageDown", 100),
    (None, "PageUp", -100),
)


@pytest.mark.parametrize(("label", "key", "moved"), STEPS)
def test_steps(replay: Shown, label: str | None, key: str, moved: int) -> None:
    for by_mouse in (True, False) if label else (False,):
        replay.put(bar(500))
        replay.click(str(label)) if by_mouse else replay.press(key)
        assert replay.cursor == 500 + moved


@pytest.mark.parametrize(
    ("label", "key", "kind", "direction"),
    [
        ("Next fill", "n", "fill", 1),
        ("Previous fill", "p", "fill", -1),
        ("Next refused order", "r", "refusal", 1),
        ("Previous refused order", "Shift+R", "refusal", -1),
    ],
)
def test_goes_to_the_next_stop(window: Window, replay: Shown, label: str, key: str, kind: str, direction: int) -> None:
    every = stops(window, kind)
    assert len(every) > 2
    start = every[len(every) // 2] - direction
    beside = [n for n in every if (n > start if direction > 0 else n < start)]
    for by_mouse in (True, False):
        replay.put(bar(start))
        replay.click(label) if by_mouse else replay.press(key)
        assert replay.cursor == (beside[0] if direction > 0 else beside[-1])
    said = replay.status
    assert ("bought" in said or "sold" in said) if kind == "fill" else "refused" in said


def test_first_and_last(window: Window, replay: Shown) -> None:
    replay.press("Home")
    assert replay.cursor == 0
    replay.press("End")
    assert replay.cursor == int(window.ask("print(run.equity.height)")) - 1


@pytest.mark.parametrize("by_mouse", [True, False])
def test_plays_and_pauses(window: Window, replay: Shown, by_mouse: bool) -> None:
    replay.put(bar(300))
    replay.click("Play") if by_mouse else replay.press(" ")
    window.page.wait_for_function(f"Number(document.querySelector('{SLIDER}').value) > 305")
    replay.click("Pause") if by_mouse else replay.press(" ")
    still = replay.cursor
    assert replay.rested() == still
    window.until("replay.at.session", window.ask(f"print(run.equity['session'][{still}])"))


def test_speed_by_key_and_by_mouse(window: Window, replay: Shown) -> None:
    speed = window.page.locator(f"{REPLAY} select")
    replay.press("ArrowUp")
    assert speed.input_value() == "25"
    replay.press("ArrowDown")
    assert speed.input_value() == "10"
    speed.select_option("1000")
    replay.put(bar(0))
    replay.press(" ")
    window.page.wait_for_function(f"Number(document.querySelector('{SLIDER}').value) > 900")
    replay.press(" ")
    speed.select_option("10")


def test_a_date_can_be_gone_to(window: Window, replay: Shown) -> None:
    replay.press("d")
    assert window.page.evaluate("document.activeElement.type") == "date"
    window.page.locator(f"{REPLAY} input[type=date]").fill("2008-10-10")
    replay.wait_for(".wb-replay-status", "2008-10-10")
    window.until("replay.at.session", "2008-10-10")


def test_scrubbing(window: Window, replay: Shown) -> None:
    box = replay.slider.bounding_box()
    assert box is not None
    count = int(window.ask("print(run.equity.height)"))
    window.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    window.page.mouse.down()
    window.page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2, steps=10)
    window.page.mouse.up()
    assert abs(replay.cursor / count - 0.7) < 0.02
    window.until("replay._cursor", str(replay.cursor))


@pytest.mark.parametrize(("label", "key"), [("Zoom in", "+"), ("Zoom out", "-"), ("Show all of it", "0")])
def test_zoom(replay: Shown, label: str, key: str) -> None:
    for by_mouse in (True, False):
        replay.put(bar(1500))
        replay.press("+")
        replay.press("+")
        before = replay.picture()
        replay.click(label) if by_mouse else replay.press(key)
        assert replay.picture(before) != before


def test_the_keys_are_shown_and_hidden(window: Window, replay: Shown) -> None:
    shown = window.page.get_by_role("dialog", name="Keys")
    replay.press("?")
    assert "next bar with a fill" in shown.inner_text()
    window.page.keyboard.press("Escape")
    assert not shown.is_visible()
    replay.click("Keys")
    assert shown.is_visible()
    replay.click("Keys")


def test_the_cursor_can_be_set_and_read_by_the_next_cell(window: Window, replay: Shown) -> None:
    assert window.ask("heard.clear(); replay.at = '2005-03-11'") == ""
    replay.wait_for(".wb-replay-status", "2005-03-11")
    replay.press("ArrowRight")
    window.until("replay.at.session", "2005-03-14")
    assert window.ask("print(replay.at.equity == run.at('2005-03-14').equity)") == "True"
    assert window.ask("print(heard)") == "['2005-03-11', '2005-03-14']"
    assert window.ask("replay.at = '1990-01-01'").startswith("TimeError: ")


@pytest.mark.parametrize(
    ("watched", "drawn"), [("", "sma_50"), ("ta.sma(50), ta.rsi(9)", "rsi_9"), ("ta.sma(9)", "sma_9")]
)
def test_another_run_in_the_same_place(window: Window, replay: Shown, watched: str, drawn: str) -> None:
    """With lines of the same kinds as before, and with others; zoom and cursor stay."""
    replay.put(bar(1500))
    made = "wb.Backtest(Dip(), wb.sample['IBM'].since('2003-01-01'), cash='50_000 USD').run()"
    assert window.ask(f"kept, kept_run = run.replay(), run; run = {made}; replay.show(run.replay({watched}))") == ""
    replay.wait_for(".wb-replay-legends", "IBM, 1d")
    assert drawn in replay.legends
    assert replay.cursor == 1500
    assert window.ask("print(f'{replay.at.equity:,.2f}')") in replay.panel
    assert window.ask("run = kept_run; replay.show(kept)") == ""
    replay.wait_for(".wb-replay-legends", "AAPL, 1d")
    assert "rsi_5" in replay.legends


def test_the_panel_says_what_the_context_says(window: Window, replay: Shown) -> None:
    place = stops(window, "fill")[4]
    replay.put(bar(place))
    panel = replay.panel
    for code in ("equity", "cash"):
        assert window.ask(f"print(f'{{replay.at.{code}:,.2f}}')") in panel
    for price in window.ask("print(*[f'{o.stop or o.limit:,.2f}' for o in replay.at.open_orders])").split():
        assert price in panel


def test_the_bar_under_the_mouse_is_told(window: Window, replay: Shown) -> None:
    replay.put(bar(2000))
    box = window.page.locator(f"{REPLAY} .wb-replay-chart").bounding_box()
    assert box is not None
    heading = f"{REPLAY} .wb-replay-panel h2"
    at_cursor = window.page.inner_text(heading)
    window.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 200)
    window.page.wait_for_function(f"document.querySelector('{heading}').innerText !== '{at_cursor}'")
    window.page.mouse.move(5, 5)
    window.page.wait_for_function(f"document.querySelector('{heading}').innerText === '{at_cursor}'")


def test_its_keys_do_nothing_to_the_notebook(window: Window, replay: Shown) -> None:
    """r would make a raw cell, x cut one, and the arrows go to another."""
    before = window.kinds()
    for key in ("r", "x", "a", "y", "m", "ArrowUp", "ArrowDown", "Shift+R"):
        replay.press(key)
    assert window.kinds() == before


def test_every_control_has_a_name_and_shows_its_focus(window: Window, replay: Shown) -> None:
    assert replay.nameless() == []
    window.page.focus(REPLAY)
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert window.page.evaluate(outline) == "solid"


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_follows_the_theme(window: Window, replay: Shown, theme: str, shots: Path) -> None:
    replay.put(bar(1500))
    before = replay.picture()
    window.theme(theme)
    assert replay.picture(before) != before
    assert window.low_contrast(f"{REPLAY} :is(aside, .wb-replay-legends, .wb-replay-tools, [role=status])", 4.5) == []
    assert window.violations(REPLAY) == []
    window.page.locator(REPLAY).screenshot(path=shots / f"replay-{theme.lower()}.png")


def test_a_reload_keeps_the_cursor(window: Window, replay: Shown) -> None:
    replay.put(bar(1234))
    window.reload()
    window.page.wait_for_selector(f"{REPLAY} canvas")
    assert replay.cursor == 1234


def test_nothing_leaves_the_machine(window: Window) -> None:
    assert window.outside == []


def test_page_has_no_errors(window: Window) -> None:
    assert window.problems == []


def test_without_its_kernel_the_picture_is_there(window: Window) -> None:
    picture = window.page.locator(".wb-still")
    assert not picture.is_visible()
    window.reload(kernel=False)
    picture.wait_for()
    assert picture.locator("svg").count() == 3
