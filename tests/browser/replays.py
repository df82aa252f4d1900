"""One replay on a page, as whoever sits before it knows it: its keys, its buttons, its panel and its chart.

The one idea: what a test reads is what stands there; what takes a while is waited for, never slept over.
"""

from __future__ import annotations

import time

from playwright.sync_api import Locator, expect

from lab import Window

__all__ = ["REPLAY", "SLIDER", "THERE", "Shown"]

REPLAY = ".wb-replay"
SLIDER = f"{REPLAY} input[type=range]"
# The bar at the cursor is drawn, with nothing on its way.
THERE = f"document.querySelector('{REPLAY}')?.getAttribute('aria-busy') === 'false'"
SETTLED = """element => element.getAttribute('aria-busy') === 'false'
  && !element.querySelector('.wb-replay-panel').innerText.includes('loading')"""
NAMELESS = """element => [...element.querySelectorAll(':is(button, input, select, output, [role])')]
  .filter(each => !each.getAttribute('aria-label') && each.getAttribute('role') !== 'status')
  .map(each => each.outerHTML.slice(0, 80))"""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
FRAME_MS = 100
REST_MS = 300


class Shown:
    """One of the replays on a page, counted from the top, and the name that it has in the kernel."""

    def __init__(self, window: Window, number: int = 0, name: str = "replay") -> None:
        self.page, self.window, self.name = window.page, window, name
        self.element = window.page.locator(REPLAY).nth(number)
        self.element.scroll_into_view_if_needed()

    def press(self, *keys: str) -> None:
        self.element.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, label: str) -> None:
        self.element.get_by_role("button", name=label, exact=True).click()

    def put(self, time: str) -> None:
        """The cursor on the bar of a time, which is an expression of Python, as the next cell would."""
        place = self.window.ask(f"{self.name}.at = {time}\nprint({self.name}._cursor)")
        expect(self.slider).to_have_value(place)

    def settle(self) -> None:
        """Waits until the bar at the cursor is here and drawn."""
        self.page.wait_for_function(SETTLED, arg=self.element.element_handle())

    @property
    def cursor(self) -> int:
        return int(self.slider.input_value())

    def frame(self) -> None:
        """Waits until the page has drawn anew, as between two presses of a hand."""
        self.page.evaluate(DRAWN)

    def rested(self) -> int:
        """Where the cursor is after a while in which nothing moves it."""
        self.page.wait_for_timeout(REST_MS)
        return self.cursor

    @property
    def status(self) -> str:
        return self.text(".wb-replay-status")

    @property
    def panel(self) -> str:
        return self.text(".wb-replay-panel")

    @property
    def legends(self) -> str:
        return self.text(".wb-replay-legends")

    @property
    def slider(self) -> Locator:
        return self.element.locator("input[type=range]")

    def text(self, selector: str) -> str:
        return self.element.locator(selector).inner_text()

    def wait_for(self, selector: str, text: str) -> None:
        """Waits until a part of the replay says a text."""
        self.element.locator(selector).filter(has_text=text).wait_for()

    def nameless(self) -> list[str]:
        """Controls that a screen reader could not name."""
        return list(self.element.evaluate(NAMELESS))

    def picture(self, other_than: bytes = b"") -> bytes:
        """The chart once it stands still, and once it differs from a picture of before."""
        self.page.mouse.move(5, 5)
        chart = self.element.locator(".wb-replay-chart")
        end = time.monotonic() + self.window.patience
        shots = [b"", chart.screenshot()]
        while shots[-1] != shots[-2] or shots[-1] == other_than:
            if time.monotonic() > end:
                break
            self.page.wait_for_timeout(FRAME_MS)
            shots.append(chart.screenshot())
        return shots[-1]
