"""The replay in a real JupyterLab: every control by mouse and by key, one cursor for the browser and the next cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
REPLAY = ".wb-replay"
SETTLE_MS = 300
WAITS = 20


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("replay", CELLS, width=1440, height=1100) as opened:
        opened.page.wait_for_selector(f"{REPLAY} canvas")
        opened.page.locator(REPLAY).scroll_into_view_if_needed()
        yield opened


def cursor(window: Window) -> int:
    return int(window.page.input_value(f"{REPLAY} input[type=range]"))


def status(window: Window) -> str:
    return window.page.inner_text(f"{REPLAY} [role=status]")


def put(window: Window, place: int) -> None:
    """The cursor on a bar, as the next cell would."""
    assert window.ask(f"replay.at = run.equity['time'][{place}]") == ""
    window.page.wait_for_function(f"document.querySelector('{REPLAY} input[type=range]').value === '{place}'")


def press(window: Window, key: str) -> None:
    window.page.focus(REPLAY)
    window.page.keyboard.press(key)


def click(window: Window, label: str) -> None:
    window.page.get_by_role("button", name=label, exact=True).click()


def picture(window: Window, other_than: bytes = b"") -> bytes:
    """The chart once it stands still, and once it differs from a picture of before."""
    window.page.mouse.move(5, 5)
    chart = window.page.locator(f"{REPLAY} .wb-replay-chart")
    shots = [b"", chart.screenshot()]
    for _ in range(WAITS):
        window.page.wait_for_timeout(SETTLE_MS)
        shots.append(chart.screenshot())
        if shots[-1] == shots[-2] and shots[-1] != other_than:
            break
    return shots[-1]


def stops(window: Window, kind: str) -> list[int]:
    """The bars with fills, or with refusals, by the kernel and not by the page."""
    table = {"fill": "run.fills", "refusal": "run.orders.filter(run.orders['status'] == 'DENIED')"}[kind]
    days = f"days = set({table}['time'].dt.date())"
    told = window.ask(f"{days}\nprint([n for n, day in enumerate(run.equity['session']) if day in days])")
    return [int(number) for number in told.strip("[]").split(",")]


def test_it_opens_with_all_of_its_panes(window: Window) -> None:
    legends = window.page.inner_text(f"{REPLAY} .wb-replay-legends")
    for name in ("AAPL, 1d", "sma_50", "rsi_5", "Volume", "Equity", "Drawdown", "Held, AAPL"):
        assert name in legends
    panel = window.page.inner_text(f"{REPLAY} .wb-replay-panel")
    assert window.ask("print(f'{run.equity[\"equity\"][-1]:,.2f}')") in panel


STEPS = (
    ("One bar on", "ArrowRight", 1),
    ("One bar back", "ArrowLeft", -1),
    (None, "PageDown", 100),
    (None, "PageUp", -100),
)


@pytest.mark.parametrize(("label", "key", "moved"), STEPS)
def test_steps(window: Window, label: str | None, key: str, moved: int) -> None:
    for by_mouse in (True, False) if label else (False,):
        put(window, 500)
        click(window, str(label)) if by_mouse else press(window, key)
        assert cursor(window) == 500 + moved


@pytest.mark.parametrize(
    ("label", "key", "kind", "direction"),
    [
        ("Next fill", "n", "fill", 1),
        ("Previous fill", "p", "fill", -1),
        ("Next refused order", "r", "refusal", 1),
        ("Previous refused order", "Shift+R", "refusal", -1),
    ],
)
def test_goes_to_the_next_stop(window: Window, label: str, key: str, kind: str, direction: int) -> None:
    every = stops(window, kind)
    assert len(every) > 2
    start = every[len(every) // 2] - direction
    beside = [n for n in every if (n > start if direction > 0 else n < start)]
    for by_mouse in (True, False):
        put(window, start)
        click(window, label) if by_mouse else press(window, key)
        assert cursor(window) == (beside[0] if direction > 0 else beside[-1])
    said = status(window)
    assert ("bought" in said or "sold" in said) if kind == "fill" else "refused" in said


def test_first_and_last(window: Window) -> None:
    press(window, "Home")
    assert cursor(window) == 0
    press(window, "End")
    assert cursor(window) == int(window.ask("print(run.equity.height)")) - 1


@pytest.mark.parametrize("by_mouse", [True, False])
def test_plays_and_pauses(window: Window, by_mouse: bool) -> None:
    put(window, 300)
    click(window, "Play") if by_mouse else press(window, " ")
    window.page.wait_for_function(f"Number(document.querySelector('{REPLAY} input[type=range]').value) > 305")
    click(window, "Pause") if by_mouse else press(window, " ")
    still = cursor(window)
    window.page.wait_for_timeout(SETTLE_MS)
    assert cursor(window) == still
    assert window.ask("print(replay.at.session)") == window.ask(f"print(run.equity['session'][{still}])")


def test_speed_by_key_and_by_mouse(window: Window) -> None:
    speed = window.page.locator(f"{REPLAY} select")
    press(window, "ArrowUp")
    assert speed.input_value() == "25"
    press(window, "ArrowDown")
    assert speed.input_value() == "10"
    speed.select_option("1000")
    put(window, 0)
    press(window, " ")
    window.page.wait_for_function(f"Number(document.querySelector('{REPLAY} input[type=range]').value) > 900")
    press(window, " ")
    speed.select_option("10")


def test_a_date_can_be_gone_to(window: Window) -> None:
    press(window, "d")
    assert window.page.evaluate("document.activeElement.type") == "date"
    window.page.locator(f"{REPLAY} input[type=date]").fill("2008-10-10")
    window.page.wait_for_timeout(SETTLE_MS)
    assert status(window).startswith("2008-10-10")
    assert window.ask("print(replay.at.session)") == "2008-10-10"


def test_scrubbing(window: Window) -> None:
    box = window.page.locator(f"{REPLAY} input[type=range]").bounding_box()
    assert box is not None
    count = int(window.ask("print(run.equity.height)"))
    window.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    window.page.mouse.down()
    window.page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2, steps=10)
    window.page.mouse.up()
    assert abs(cursor(window) / count - 0.7) < 0.02
    window.page.wait_for_timeout(SETTLE_MS)
    assert window.ask("print(replay._cursor)") == str(cursor(window))


@pytest.mark.parametrize(("label", "key"), [("Zoom in", "+"), ("Zoom out", "-"), ("Show all of it", "0")])
def test_zoom(window: Window, label: str, key: str) -> None:
    for by_mouse in (True, False):
        put(window, 1500)
        press(window, "+")
        press(window, "+")
        before = picture(window)
        click(window, label) if by_mouse else press(window, key)
        assert picture(window, before) != before


def test_the_keys_are_shown_and_hidden(window: Window) -> None:
    shown = window.page.get_by_role("dialog", name="Keys")
    press(window, "?")
    assert "next bar with a fill" in shown.inner_text()
    window.page.keyboard.press("Escape")
    assert not shown.is_visible()
    click(window, "Keys")
    assert shown.is_visible()
    click(window, "Keys")


def test_the_cursor_can_be_set_and_read_by_the_next_cell(window: Window) -> None:
    assert window.ask("heard.clear(); replay.at = '2005-03-11'") == ""
    window.page.wait_for_function(
        f"document.querySelector('{REPLAY} [role=status]').innerText.startsWith('2005-03-11')"
    )
    press(window, "ArrowRight")
    window.page.wait_for_timeout(SETTLE_MS)
    assert window.ask("print(replay.at.session, replay.at.equity == run.at('2005-03-14').equity)") == "2005-03-14 True"
    assert window.ask("print(heard)") == "['2005-03-11', '2005-03-14']"
    assert window.ask("replay.at = '1990-01-01'").startswith("TimeError: ")


@pytest.mark.parametrize(
    ("watched", "drawn"), [("", "sma_50"), ("ta.sma(50), ta.rsi(9)", "rsi_9"), ("ta.sma(9)", "sma_9")]
)
def test_another_run_in_the_same_place(window: Window, watched: str, drawn: str) -> None:
    """With lines of the same kinds as before, and with others; zoom and cursor stay."""
    put(window, 1500)
    made = "wb.Backtest(Dip(), wb.sample['IBM'].since('2003-01-01'), cash='50_000 USD').run()"
    assert window.ask(f"kept, kept_run = run.replay(), run; run = {made}; replay.show(run.replay({watched}))") == ""
    window.page.wait_for_function(
        f"document.querySelector('{REPLAY} .wb-replay-legends').innerText.includes('IBM, 1d')"
    )
    assert drawn in window.page.inner_text(f"{REPLAY} .wb-replay-legends")
    assert cursor(window) == 1500
    assert window.ask("print(f'{replay.at.equity:,.2f}')") in window.page.inner_text(f"{REPLAY} .wb-replay-panel")
    assert window.ask("run = kept_run; replay.show(kept)") == ""
    window.page.wait_for_function(
        f"document.querySelector('{REPLAY} .wb-replay-legends').innerText.includes('AAPL, 1d')"
    )
    assert "rsi_5" in window.page.inner_text(f"{REPLAY} .wb-replay-legends")


def test_the_panel_says_what_the_context_says(window: Window) -> None:
    place = stops(window, "fill")[4]
    put(window, place)
    panel = window.page.inner_text(f"{REPLAY} .wb-replay-panel")
    for code in ("equity", "cash"):
        assert window.ask(f"print(f'{{replay.at.{code}:,.2f}}')") in panel
    for price in window.ask("print(*[f'{o.stop or o.limit:,.2f}' for o in replay.at.open_orders])").split():
        assert price in panel


def test_the_bar_under_the_mouse_is_told(window: Window) -> None:
    put(window, 2000)
    box = window.page.locator(f"{REPLAY} .wb-replay-chart").bounding_box()
    assert box is not None
    heading = f"{REPLAY} .wb-replay-panel h2"
    at_cursor = window.page.inner_text(heading)
    window.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 200)
    window.page.wait_for_function(f"document.querySelector('{heading}').innerText !== '{at_cursor}'")
    window.page.mouse.move(5, 5)
    window.page.wait_for_function(f"document.querySelector('{heading}').innerText === '{at_cursor}'")


def test_its_keys_do_nothing_to_the_notebook(window: Window) -> None:
    """r would make a raw cell, x cut one, and the arrows go to another."""
    kinds = (
        r"[...document.querySelectorAll('.jp-Notebook .jp-Cell')].map(cell => cell.className.match(/jp-\w+Cell/)[0])"
    )
    before = window.page.evaluate(kinds)
    for key in ("r", "x", "a", "y", "m", "ArrowUp", "ArrowDown", "Shift+R"):
        press(window, key)
    assert window.page.evaluate(kinds) == before


def test_every_control_has_a_name_and_shows_its_focus(window: Window) -> None:
    nameless = f"""() => [...document.querySelectorAll('{REPLAY} :is(button, input, select, [role])')]
      .filter(each => !each.getAttribute('aria-label') && each.getAttribute('role') !== 'status')
      .map(each => each.outerHTML.slice(0, 80))"""
    assert window.page.evaluate(nameless) == []
    window.page.focus(REPLAY)
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert window.page.evaluate(outline) == "solid"


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_follows_the_theme(window: Window, theme: str, shots: Path) -> None:
    put(window, 1500)
    before = picture(window)
    window.theme(theme)
    assert picture(window, before) != before
    assert window.low_contrast(f"{REPLAY} :is(aside, .wb-replay-legends, .wb-replay-tools, [role=status])", 4.5) == []
    assert window.violations(REPLAY) == []
    window.page.locator(REPLAY).screenshot(path=shots / f"replay-{theme.lower()}.png")


def test_a_reload_keeps_the_cursor(window: Window) -> None:
    put(window, 1234)
    window.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    window.page.wait_for_timeout(SETTLE_MS)
    window.page.reload()
    window.page.wait_for_selector(f"{REPLAY} canvas", timeout=60_000)
    assert cursor(window) == 1234


def test_nothing_leaves_the_machine(window: Window) -> None:
    assert window.outside == []


def test_page_has_no_errors(window: Window) -> None:
    assert window.problems == []


def test_without_its_kernel_the_picture_is_there(window: Window) -> None:
    picture = window.page.locator(".wb-still")
    assert not picture.is_visible()
    window.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    window.page.wait_for_timeout(SETTLE_MS)
    window.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    window.page.reload()
    picture.wait_for(timeout=60_000)
    assert picture.locator("svg").count() == 3
