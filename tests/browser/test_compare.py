"""Two runs, several assets and hidden bars in a real JupyterLab: by mouse and by key, and as the next cell sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from replays import Shown

from lab import Lab, Window

CELLS = (
    """
import workbench as wb
from workbench import ta

class Cross(wb.Strategy):
    fast: int = 20

    def on_start(self, ctx):
        self.near, self.far = ctx.watch(ta.sma(self.fast)), ctx.watch(ta.sma(100))

    def on_bar(self, ctx, bar):
        wanted = self.near[bar.asset] > self.far[bar.asset]
        if wanted != bool(ctx.position(bar.asset)):
            ctx.target(bar.asset, weight=0.3 if wanted else 0)

bars = wb.sample["AAPL", "IBM", "MSFT"].between("2003-01-01", "2008-01-01")
test = wb.Backtest(Cross(), bars, cash="100_000 USD", fees=wb.fees.bps(5))
run, other = test.run(), test.with_params(fast=50).run()
shown = wb.compare(base=run, slow=other)
""",
    "shown",
    "duel = shown.replay(asset='AAPL')\nduel",
    "guess = run.replay(asset='IBM', hidden=True)\nguess",
)
DUEL, GUESS = 0, 1
BOTH = "[...document.querySelectorAll('.wb-replay')].filter(each => each.querySelector('canvas')).length === 2"


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("compare", CELLS, width=1440, height=1100) as opened:
        opened.page.wait_for_function(BOTH)
        yield opened


@pytest.fixture
def duel(window: Window) -> Shown:
    return Shown(window, DUEL, "duel")


@pytest.fixture
def guess(window: Window) -> Shown:
    return Shown(window, GUESS, "guess")


def differences(window: Window) -> list[int]:
    """The bars with other fills, by the kernel and not by the page."""
    code = "times = set(shown.differences['time'])\nprint([n for n, t in enumerate(run.equity['time']) if t in times])"
    return [int(number) for number in window.ask(code).strip("[]").split(",")]


def test_the_comparison_is_a_page_of_figures(window: Window) -> None:
    page = window.page.locator(".wb-duel:not(.wb-still)")
    assert page.locator("h1").inner_text() == "Cross: fast 20 against 50"
    for run in ("run", "other"):
        for code in ("final_equity", "metrics.fees"):
            assert window.ask(f"print(f'{{{run}.{code}:,.2f}}')") in page.inner_text()


def test_it_opens_where_they_part(window: Window, duel: Shown) -> None:
    assert duel.cursor == differences(window)[0]
    legends = duel.legends
    assert "Equity, base" in legends
    assert legends.count("slow") == 2


@pytest.mark.parametrize("by_mouse", [True, False])
def test_the_next_and_the_previous_difference(window: Window, duel: Shown, by_mouse: bool) -> None:
    every = differences(window)
    assert len(every) > 10
    duel.press("Home")
    for place in every[:3]:
        duel.click("Next difference") if by_mouse else duel.press("n")
        assert duel.cursor == place
    duel.click("Previous difference") if by_mouse else duel.press("p")
    assert duel.cursor == every[1]


def test_fills_are_still_reached(window: Window, duel: Shown) -> None:
    duel.press("Home", "f")
    days = window.ask("print(run.fills['time'][0].date())")
    assert duel.status.startswith(days)


def test_the_panel_shows_both_sides(window: Window, duel: Shown) -> None:
    duel.press("n", "n")
    assert window.ask(f"duel.at = run.equity['time'][{duel.cursor}]") == ""
    panel = duel.panel
    for name in ("base", "slow"):
        assert window.ask(f"equity = duel.both[{name!r}].equity\nprint(f'{{equity:,.2f}}')") in panel
    assert "slow, against base" in panel


@pytest.mark.parametrize("by_mouse", [True, False])
def test_another_asset_keeps_cursor_and_zoom(window: Window, duel: Shown, by_mouse: bool) -> None:
    select = duel.element.locator("select[data-does=asset]")
    duel.press("n", "+")
    before, shown = duel.cursor, select.input_value()
    picture = duel.picture()
    names = ["AAPL", "IBM", "MSFT"]
    wanted = names[(names.index(shown) + 1) % 3]
    select.select_option(wanted) if by_mouse else duel.press("a")
    duel.wait_for(".wb-replay-legends", f"{wanted}, 1d")
    expect(select).to_have_value(wanted)
    assert duel.cursor == before
    assert duel.picture(picture) != picture
    assert window.ask("print(duel.asset)") == wanted
    assert window.ask(f"duel.asset = {shown!r}") == ""
    duel.wait_for(".wb-replay-legends", f"{shown}, 1d")
    assert (duel.cursor, select.input_value()) == (before, shown)
    duel.press("A", "a")
    duel.wait_for(".wb-replay-legends", f"{shown}, 1d")


def test_nothing_ahead_can_be_reached(window: Window, guess: Shown) -> None:
    """By no control but a step: keys, the scrub bar, a date, the next fill, the next cell."""
    start = guess.cursor
    guess.press("End", "n", "r")
    assert guess.cursor == start
    box = guess.element.locator("input[type=range]").bounding_box()
    assert box is not None
    window.page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    assert guess.cursor == start
    guess.element.locator("input[type=date]").fill("2007-06-01")
    assert guess.rested() == start
    assert window.ask("guess.at = '2007-06-01'").startswith("LookaheadError: ")
    panel = guess.panel
    assert "Asked at this bar" not in panel


def test_choices_are_scored_step_by_step(window: Window, guess: Shown) -> None:
    """Long by mouse, short by key, flat by mouse; what Python says is what the closes say."""
    start = guess.cursor
    guess.click("Go long")
    guess.press("ArrowRight", "ArrowRight")
    guess.press("ArrowDown", "ArrowRight")
    guess.click("Go flat")
    guess.press("ArrowRight")
    assert guess.cursor == start + 4
    code = f"""
closes = run.bars.select("IBM").frame["close"]
a, b, c = (closes[n] for n in ({start}, {start + 2}, {start + 3}))
own = b / a * (1 - (c / b - 1)) - 1
print(f"You {{own:+.2%}}", abs(guess.score.own - own) < 1e-12)
"""
    window.until("guess.score.bars", "4")
    told, isclose = window.ask(code).rsplit(" ", 1)
    assert isclose == "True"
    assert guess.text(".wb-replay-score").startswith(told)


def test_going_back_changes_nothing(window: Window, guess: Shown) -> None:
    newest = guess.cursor
    before = window.ask("print(guess.score)")
    guess.press("ArrowLeft", "ArrowLeft")
    assert guess.element.get_by_role("button", name="Go long").is_disabled()
    pressed = guess.element.locator("[aria-pressed=true]")
    assert pressed.inner_text() == "Short"
    guess.press("ArrowUp", "x", "ArrowRight", "ArrowRight")
    assert guess.rested() == newest
    assert window.ask("print(guess.score)") == before
    assert pressed.inner_text() == "Flat"
    assert guess.element.get_by_role("button", name="Go long").is_enabled()


@pytest.mark.parametrize("number", [DUEL, GUESS])
def test_every_control_has_a_name(window: Window, number: int) -> None:
    assert Shown(window, number).nameless() == []


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_follows_the_theme(window: Window, duel: Shown, guess: Shown, theme: str, shots: Path) -> None:
    window.theme(theme)
    places = ":is(aside, .wb-replay-legends, .wb-replay-tools, [role=status])"
    assert window.low_contrast(f".wb-replay {places}, .wb-duel", 4.5) == []
    duel.press("n")
    for name, each in (("duel", duel), ("guess", guess)):
        each.element.scroll_into_view_if_needed()
        each.picture()
        each.element.screenshot(path=shots / f"{name}-{theme.lower()}.png")
    window.page.locator(".wb-duel:not(.wb-still)").screenshot(path=shots / f"compare-{theme.lower()}.png")


def test_a_reload_keeps_what_was_chosen(window: Window, guess: Shown) -> None:
    cursor, score = guess.cursor, guess.text(".wb-replay-score")
    window.reload()
    window.page.wait_for_function(BOTH)
    again = Shown(window, GUESS)
    again.wait_for(".wb-replay-score", score)
    assert again.cursor == cursor
    assert Shown(window, DUEL).cursor > 0


def test_nothing_leaves_the_machine(window: Window) -> None:
    assert window.outside == []


def test_page_has_no_errors(window: Window) -> None:
    assert window.problems == []
