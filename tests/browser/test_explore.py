"""Sliders in a real JupyterLab: by key and mouse, one state for page and cells, and a kernel that stays free."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab, Window

CELLS = (
    """
import threading
import workbench as wb
from workbench import ta

class Cross(wb.Strategy):
    fast: int = 20
    slow: int = 100
    short: bool = False
    price: str = "close"

    def on_start(self, ctx):
        if self.fast >= self.slow:
            raise ValueError(f"fast={self.fast} must be below slow={self.slow}")
        self.gap = ctx.watch(ta.sma(self.fast, of=self.price) - ta.sma(self.slow, of=self.price))
        ctx.watch(ta.sma(self.fast)), ctx.watch(ta.sma(self.slow))

    def on_bar(self, ctx, bar):
        ctx.target(bar.asset, weight=1 if (self.gap[bar.asset] > 0) != self.short else 0)

test = wb.Backtest(Cross(), wb.sample["AAPL"].since("2005-01-01"), cash="100_000 USD", fees=wb.fees.bps(5))
runs = test.sweep(fast=range(5, 51, 5), slow=range(40, 201, 20)).run(workers=1, progress=False)
explore = runs.explore()
""",
    "explore",
    """
begun, let_go, ended = threading.Event(), threading.Event(), threading.Event()

class Slow(wb.Strategy):
    n: int = 0
    def on_bar(self, ctx, bar):
        if self.n == 1:
            begun.set()
            let_go.wait(60)

slow = wb.Backtest(Slow(), wb.sample["IBM"].last(200)).explore(n=range(4))
""",
    "slow",
    """
both = test.explore(fast=range(5, 151), short=[False, True], price=["close", "open"])
both
""",
)
FIRST, SLOW, BOTH = (f".wb-explore >> nth={n}" for n in range(3))
REST_MS = 300


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("explore", CELLS, width=1440, height=1000) as opened:
        for place in (FIRST, SLOW, BOTH):
            opened.page.wait_for_selector(f"{place} >> canvas")
        opened.page.locator(FIRST).scroll_into_view_if_needed()
        yield opened


def slider(window: Window, name: str, place: str = FIRST) -> None:
    window.page.locator(place).locator(f"input[data-name={name}]").focus()


def shows(window: Window, text: str, place: str = FIRST) -> None:
    """Waits until a result is shown that belongs to where the sliders stand, with these parameters."""
    found = window.page.locator(place).locator(f"xpath=self::*[@data-shown='{text}' and @data-state='fresh']")
    found.wait_for()


def put(window: Window, fast: int, slow: int) -> None:
    assert window.ask(f"explore.params = {{'fast': {fast}, 'slow': {slow}}}") == ""
    shows(window, f"fast {fast}, slow {slow}")


def figures(window: Window, place: str = FIRST) -> str:
    return window.page.locator(place).locator(".wb-explore-figures").inner_text()


def test_it_opens_with_all_of_its_parts(window: Window) -> None:
    shows(window, "fast 20, slow 100")
    element = window.page.locator(FIRST)
    legends = element.locator(".wb-replay-legends").inner_text()
    for name in ("AAPL, 1d", "sma_20", "sma_100", "Equity", "Drawdown"):
        assert name in legends
    assert window.ask("print(f'{explore.run.final_equity:,.2f}')") in figures(window)
    assert "Sharpe of 90 runs" in element.inner_text()


KEYS = (("ArrowRight", 25), ("ArrowLeft", 15), ("Home", 5), ("End", 50))


@pytest.mark.parametrize(("key", "fast"), KEYS)
def test_a_key_on_a_slider_redraws(window: Window, key: str, fast: int) -> None:
    put(window, 20, 100)
    slider(window, "fast")
    window.page.keyboard.press(key)
    shows(window, f"fast {fast}, slow 100")
    assert window.ask("print(explore.params, explore.run.spec['parameters']['fast'])") == (
        f"{{'fast': {fast}, 'slow': 100}} {fast}"
    )
    assert window.ask("print(f'{explore.run.final_equity:,.2f}')") in figures(window)
    assert f"sma_{fast}" in window.page.locator(FIRST).locator(".wb-replay-legends").inner_text()


def test_a_drag_redraws_and_ends_where_the_mouse_does(window: Window) -> None:
    put(window, 20, 100)
    box = window.page.locator(FIRST).locator("input[data-name=slow]").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    window.page.mouse.move(box["x"] + 8, middle)
    window.page.mouse.down()
    for step in range(1, 25):
        window.page.mouse.move(box["x"] + 8 + (box["width"] - 16) * step / 24, middle)
    window.page.mouse.up()
    shows(window, "fast 20, slow 200")
    assert window.ask("print(explore.params['slow'])") == "200"


def test_the_next_cell_sets_and_reads_the_sliders(window: Window) -> None:
    put(window, 35, 140)
    assert window.page.locator(FIRST).locator("input[data-name=fast]").get_attribute("aria-valuetext") == "35"
    assert window.ask("explore.params = {'fast': 36}").startswith("ParameterError: fast=36 is not in range(5, 51, 5)")


def test_a_click_on_the_heatmap_sets_the_sliders(window: Window) -> None:
    put(window, 20, 100)
    canvas = window.page.locator(FIRST).locator(".wb-explore-heat canvas")
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": box["width"] * 0.65, "y": box["height"] * 0.5})
    shows(window, "fast 35, slow 120")
    canvas.focus()
    window.page.keyboard.press("ArrowRight")
    shows(window, "fast 40, slow 120")
    window.page.keyboard.press("ArrowDown")
    shows(window, "fast 40, slow 100")


def test_pins_stay_beside_what_comes(window: Window) -> None:
    put(window, 20, 100)
    pinned = window.ask("print(f'{explore.run.final_equity:,.2f}')")
    window.page.locator(FIRST).get_by_role("button", name="Pin").click()
    element = window.page.locator(FIRST)
    element.get_by_role("button", name="Let go of fast 20, slow 100").wait_for()
    slider(window, "fast")
    window.page.keyboard.press("ArrowRight")
    shows(window, "fast 25, slow 100")
    window.page.keyboard.press("p")
    element.get_by_role("button", name="Let go of fast 25, slow 100").wait_for()
    window.page.keyboard.press("ArrowRight")
    shows(window, "fast 30, slow 100")
    assert pinned in figures(window)
    assert window.ask("print([pin.params['fast'] for pin in explore.pins])") == "[20, 25]"
    change = window.ask(
        "now, then = explore.run.metrics.sharpe, explore.pins[0].run.metrics.sharpe\nprint(f'{abs(now - then):.2f}')"
    )
    assert change in figures(window)
    element.get_by_role("button", name="fast 20, slow 100", exact=True).click()
    shows(window, "fast 20, slow 100")
    element.get_by_role("button", name="Let go of fast 25, slow 100").click()
    element.get_by_role("button", name="Let go of fast 25, slow 100").wait_for(state="detached")
    assert window.ask("print(len(explore.pins))") == "1"


def test_an_error_is_told_in_words_over_the_last_picture(window: Window) -> None:
    put(window, 50, 100)
    before = figures(window)
    slider(window, "slow")
    window.page.keyboard.press("Home")
    shown = window.page.locator(FIRST).locator("[role=alert]")
    shown.wait_for()
    assert shown.inner_text() == "ValueError: fast=50 must be below slow=40"
    assert figures(window) == before
    assert window.ask("print(explore.params, explore.error)") == (
        "{'fast': 50, 'slow': 100} fast=50 must be below slow=40"
    )
    window.page.keyboard.press("End")
    shows(window, "fast 50, slow 200")
    assert not shown.is_visible()
    assert window.errors() == []


def test_a_stale_run_is_cancelled_and_another_cell_runs_meanwhile(window: Window) -> None:
    window.page.locator(SLOW).scroll_into_view_if_needed()
    slider(window, "n", SLOW)
    window.page.keyboard.press("ArrowRight")
    assert window.ask("print(begun.wait(60), slow.params)") == "True {'n': 0}"
    assert window.page.locator(SLOW).get_attribute("data-state") == "late"
    assert window.ask("print(sum(range(1_000)))") == "499500"
    window.page.keyboard.press("ArrowRight")
    window.page.wait_for_timeout(REST_MS)
    assert window.ask("let_go.set()") == ""
    shows(window, "n 2", SLOW)
    assert window.ask("print(slow.params, slow.error)") == "{'n': 2} None"


def test_a_switch_and_a_list_are_controls_too(window: Window) -> None:
    element = window.page.locator(BOTH)
    element.scroll_into_view_if_needed()
    shows(window, "fast 20, short False, price close", BOTH)
    element.get_by_role("checkbox", name="short").check()
    shows(window, "fast 20, short True, price close", BOTH)
    element.get_by_role("combobox", name="price").select_option("open")
    shows(window, "fast 20, short True, price open", BOTH)
    assert window.ask("print(both.params)") == "{'fast': 20, 'short': True, 'price': 'open'}"


def test_the_cell_that_gives_the_run_is_copied(window: Window) -> None:
    put(window, 15, 120)
    element = window.page.locator(FIRST)
    element.get_by_role("button", name="Copy as code").click()
    wanted = "run = test.with_params(fast=15, slow=120).run()\nrun"
    text = element.locator("textarea")
    told = element.locator("[role=status]").filter(has_text="Copied")
    told.or_(element.locator("textarea:not([hidden])")).first.wait_for()
    if text.is_visible():
        assert text.input_value() == wanted
    assert window.ask("print(explore.code)") == wanted.strip()


def test_without_leave_to_copy_the_text_can_be_taken(window: Window) -> None:
    window.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    element = window.page.locator(FIRST)
    window.page.locator(FIRST).focus()
    window.page.keyboard.press("c")
    element.locator("textarea:not([hidden])").wait_for()
    assert window.page.evaluate("getSelection().toString()").startswith("run = test.with_params(")
    put(window, 20, 120)
    element.locator("textarea").wait_for(state="hidden")  # it was that of the run before


def test_its_keys_do_nothing_to_the_notebook(window: Window) -> None:
    before = window.kinds()
    slider(window, "fast")
    for key in ("r", "x", "a", "y", "m", "ArrowUp", "ArrowDown"):
        window.page.keyboard.press(key)
    assert window.kinds() == before


def test_every_control_has_a_name_and_shows_its_focus(window: Window) -> None:
    assert window.violations(".wb-explore") == []
    slider(window, "fast")
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_follows_the_theme(window: Window, theme: str, shots: Path) -> None:
    put(window, 30, 120)
    element = window.page.locator(FIRST)
    element.scroll_into_view_if_needed()
    window.theme(theme)
    window.page.mouse.move(5, 5)
    assert window.low_contrast(".wb-explore", 4.5) == []
    element.screenshot(path=shots / f"explore-{theme.lower()}.png")


def test_a_reload_keeps_the_state(window: Window) -> None:
    put(window, 20, 100)
    assert window.ask("explore.unpin(); explore.pin()") == ""
    put(window, 45, 160)
    window.reload()
    window.page.wait_for_selector(f"{FIRST} >> canvas")
    shows(window, "fast 45, slow 160")
    element = window.page.locator(FIRST)
    assert element.locator("input[data-name=slow]").get_attribute("aria-valuetext") == "160"
    assert element.get_by_role("button", name="Let go of fast 20, slow 100").is_visible()
    slider(window, "fast")
    window.page.keyboard.press("ArrowRight")
    shows(window, "fast 50, slow 160")


def test_nothing_leaves_the_machine(window: Window) -> None:
    assert window.outside == []


def test_page_has_no_errors(window: Window) -> None:
    assert window.problems == []


def test_without_its_kernel_the_picture_is_there(window: Window) -> None:
    still = window.page.locator(".wb-explore-still").first
    assert not still.is_visible()
    window.reload(kernel=False)
    still.wait_for()
    assert still.locator("svg").count() == 3
    assert "fast=" in still.inner_text()
