"""Why there was an order or none, in a real JupyterLab: checks in the panel, the lines of code, the guard's badge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from replays import REPLAY, Shown

from lab import Chrome, Lab, Window

CELLS = (
    """
import workbench as wb
from workbench import ta

class Dip(wb.Strategy):
    low: int = 30

    def on_start(self, ctx):
        self.rsi = ctx.watch(ta.rsi(5))
        self.mean = ctx.watch(ta.sma(50))

    def on_bar(self, ctx, bar):
        rsi = self.rsi[bar.asset]
        dips = ctx.check("dip", rsi, below=self.low)
        if dips and ctx.check("flat", not ctx.position(bar.asset)):
            self.enter(ctx, bar)

    def enter(self, ctx, bar):
        size = round(20_000 / bar.close)
        ctx.buy(bar.asset, size, stop_loss_pct=0.06, take_profit_pct=0.08)

bars = wb.sample["AAPL"].since("2003-01-01")
run = wb.Backtest(Dip(), bars, cash="100_000 USD", fees=wb.fees.bps(5)).run()
replay = run.replay()
""",
    "replay",
)
PEEKING = """
class Peek(wb.Strategy):
    def on_start(self, ctx):
        self.later = dict(zip(bars.frame["time"], bars.frame["close"].shift(-1)))

    def on_bar(self, ctx, bar):
        if (self.later[bar.time] or 0) > bar.close:
            ctx.target(bar.asset, weight=0.5)
        else:
            ctx.flatten(bar.asset)

peeking = wb.Backtest(Peek(), bars.until("2004-12-31"), cash="100_000 USD").run()
replay.show(peeking.replay())
"""
GIVE_UP = """AbortSignal.timeout = () => {
  const ending = new AbortController();
  queueMicrotask(() => ending.abort());
  return ending.signal;
};"""
PANEL = f"{REPLAY} .wb-replay-panel"
BADGE = f"{REPLAY} .wb-replay-badge"


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("why", CELLS, width=1440, height=1100) as opened:
        opened.page.wait_for_selector(f"{REPLAY} canvas")
        opened.page.wait_for_selector(f"{REPLAY} [data-does=why]")
        yield opened


def first_asked(window: Window) -> str:
    return window.ask("print(run.orders['time'].dt.date()[0])")


def first_without(window: Window) -> str:
    """The first day whose check failed."""
    return window.ask("print(run.checks.filter(~run.checks['passed'])['time'].dt.date()[0])")


def shoot(window: Window, shots: Path, name: str) -> None:
    """By day and by night, and the day again."""
    for theme in ("Light", "Dark"):
        window.theme(theme)
        window.page.screenshot(path=shots / f"{name}_{theme.lower()}.png")
        assert window.low_contrast(REPLAY, 3) == []
    window.theme("Light")


def test_the_panel_says_why(window: Window, replay: Shown, shots: Path) -> None:
    replay.put(repr(first_without(window)))
    panel = replay.panel
    assert "No order: dip does not hold" in panel
    assert panel.index("Why") < panel.index("Checks") < panel.index("Account, USD")
    replay.put(repr(first_asked(window)))
    assert [each in replay.panel for each in ("Asked: buy", "✓", "flat")] == [True] * 3
    shoot(window, shots, "why_panel")


def test_the_ledger_is_opened_once_and_stays_so(window: Window, replay: Shown) -> None:
    assert window.ask("replay.at = run.fills['time'][0].replace(hour=23)") == ""
    details = window.page.locator(f"{PANEL} details")
    details.wait_for()
    assert not details.locator("dl").is_visible()
    details.locator("summary").click()
    assert "debit" in details.inner_text()
    replay.press("n")
    assert window.page.locator(f"{PANEL} details dl").is_visible()
    window.page.locator(f"{PANEL} summary").click()


@pytest.mark.parametrize("by_mouse", [True, False])
def test_the_lines_that_ran_stand_in_the_panel(window: Window, replay: Shown, by_mouse: bool, shots: Path) -> None:
    replay.put(repr(first_asked(window)))
    window.page.locator(f"{REPLAY} [data-does=why]").click() if by_mouse else replay.press("w")
    code = window.page.locator(f"{REPLAY} .wb-replay-code").first
    code.wait_for()
    ran = [each.inner_text() for each in code.locator("li:not(.wb-idle) code").all()]
    assert [line.strip() for line in ran][-1] == "self.enter(ctx, bar)"
    assert "rsi = " in code.inner_text()
    assert "Dip.enter, AAPL" in replay.panel
    if by_mouse:
        shoot(window, shots, "why_lines")
    replay.press("w")
    assert window.page.locator(f"{REPLAY} .wb-replay-code").count() == 0


def test_the_lines_follow_the_cursor(window: Window, replay: Shown) -> None:
    replay.put(repr(first_asked(window)))
    replay.press("w")
    window.page.locator(f"{REPLAY} .wb-replay-code").nth(1).wait_for()
    replay.put(repr(first_without(window)))
    window.page.wait_for_function(f"document.querySelectorAll('{REPLAY} .wb-replay-code').length === 1")
    replay.press("w")


@pytest.mark.parametrize("by_mouse", [True, False])
def test_the_guard_is_green_where_nothing_changes(window: Window, replay: Shown, by_mouse: bool, shots: Path) -> None:
    day = "2008-10-10" if by_mouse else "2006-03-01"
    replay.put(repr(day))
    window.page.locator(f"{REPLAY} [data-does=guard]").click() if by_mouse else replay.press("g")
    window.page.wait_for_selector(f"{BADGE}[data-tone=up]")
    assert window.page.inner_text(BADGE) == f"{day}: decisions unchanged on data cut here"
    assert window.page.get_attribute(BADGE, "role") == "status"
    if by_mouse:
        shoot(window, shots, "guard_green")
    replay.press("ArrowRight")
    assert window.page.inner_text(BADGE) == ""


def test_the_guard_is_red_where_the_strategy_looks_ahead(window: Window, replay: Shown, shots: Path) -> None:
    assert window.ask(PEEKING) == ""
    time = window.ask("print(peeking.orders['time'].dt.date()[5])")
    window.page.wait_for_function(f"document.querySelector('{PANEL} .wb-replay-where').textContent.startsWith('Peek')")
    replay.put(repr(time))
    replay.press("g")
    window.page.wait_for_selector(f"{BADGE}[data-tone=down]")
    assert f"{time}: looks ahead: on data cut here it decides" in window.page.inner_text(BADGE)
    assert window.ask("print(replay.guard().verdict)") == "look-ahead"
    shoot(window, shots, "guard_red")
    assert window.ask("replay.show(run.replay())") == ""


def test_all_of_it_can_be_read_out(window: Window, replay: Shown) -> None:
    replay.press("w")
    window.page.locator(f"{REPLAY} .wb-replay-code, {REPLAY} .wb-note").first.wait_for()
    assert window.violations(REPLAY) == []
    replay.press("w")


def test_a_page_without_a_kernel_has_no_buttons(window: Window, chrome: Chrome, tmp_path: Path) -> None:
    assert window.ask(f"print(replay.to_html('{tmp_path}/replay.html'))")
    with chrome.window() as alone:
        alone.page.goto((tmp_path / "replay.html").as_uri())
        alone.page.wait_for_selector(f"{REPLAY} canvas")
        assert "Why" in alone.page.inner_text(PANEL)
        assert not alone.page.locator(f"{REPLAY} [data-does=why]").is_visible()
        assert alone.problems == []


def test_nothing_went_wrong(window: Window) -> None:
    assert (window.problems, window.outside, window.errors()) == ([], [], [])


def test_a_widget_that_the_page_gave_up_hears_all_the_same(window: Window, replay: Shown) -> None:
    """As happens where the page is so busy that the widget takes two seconds to come."""
    window.page.add_init_script(GIVE_UP)
    window.reload()
    window.page.wait_for_selector(f"{REPLAY} canvas")
    assert window.given_up > 0
    for day in (first_without(window), first_asked(window)):
        replay.put(repr(day))
        replay.wait_for(".wb-replay-panel h2", day)
    window.page.locator(f"{REPLAY} [data-does=why]").click()
    window.page.locator(f"{REPLAY} .wb-replay-code").first.wait_for()
