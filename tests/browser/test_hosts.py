"""The same replay outside of JupyterLab: in a dashboard of Voila, served by Panel, and where no script runs at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from lab import Chrome, Window, written
from servers import free_port, served

PREPARED = """
import workbench as wb
from workbench import ta

@wb.signals
def reversion(window: int = 14, low: float = 30, high: float = 55) -> wb.Signals:
    rsi = ta.rsi(window)
    return wb.Signals(entry=rsi < low, exit=rsi > high, all_in=True)

test = wb.Backtest(reversion(), wb.sample["AAPL"], fees=wb.fees.bps(10))
replay = test.run().replay()
"""
DASHBOARD = f"""{PREPARED}
explore = test.explore(window=range(5, 31))
import ipywidgets
crash = ipywidgets.Button(description="To the crash")
told = ipywidgets.Label("nowhere yet")
crash.on_click(lambda _: setattr(replay, "at", "2008-10-10"))
replay.on_move(lambda ctx: setattr(told, "value", f"at {{ctx.session}}"))
"""
APP = f"""import panel as pn
{PREPARED}
pn.extension()
explore = test.explore(window=range(5, 31))
crash = pn.widgets.Button(name="To the crash")
told = pn.pane.Str("nowhere yet")
crash.on_click(lambda _: setattr(replay, "at", "2008-10-10"))
replay.on_move(lambda ctx: setattr(told, "object", f"at {{ctx.session}}"))
pn.Column(replay, crash, told, explore).servable()
"""
REPLAY = ".wb-replay"
# Voila's own page asks for its icons elsewhere, and Panel's extension of Lab is none of Voila.
OF_VOILA = re.compile(r"https://[\w.]+/npm/(@fortawesome|font-awesome)")
LIGHTNESS = """element => {
  const [red, green, blue] = getComputedStyle(element).color.match(/[\\d.]+/g).map(Number);
  return (red + green + blue) / 765;
}"""


@pytest.fixture(scope="module")
def voila(chrome: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    folder, port = tmp_path_factory.mktemp("voila"), free_port()
    nbformat.write(written((DASHBOARD, "replay", "crash", "told", "explore")), folder / "board.ipynb")
    command = ["voila", str(folder / "board.ipynb"), "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}"]
    command += ["--theme=dark", "--VoilaConfiguration.extension_denylist=@pyviz/jupyterlab_pyviz"]
    address = f"http://127.0.0.1:{port}"
    with (
        served(command, f"{address}/static/voila.js", tmp_path_factory.mktemp("state")),
        chrome.window(1280, 900) as window,
    ):
        window.page.goto(address)
        window.page.wait_for_selector(f"{REPLAY} canvas")
        yield window


@pytest.fixture(scope="module")
def panel(chrome: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Window]]:
    script, port = tmp_path_factory.mktemp("panel") / "board.py", free_port()
    script.write_text(APP)
    command = ["panel", "serve", str(script), "--address=127.0.0.1", f"--port={port}"]
    command += [f"--allow-websocket-origin=127.0.0.1:{port}"]
    with (
        served(command, f"http://127.0.0.1:{port}/", tmp_path_factory.mktemp("state")) as address,
        chrome.window(1280, 900) as window,
    ):
        yield f"{address}board", window


def works_by_mouse_and_by_key(window: Window) -> None:
    """Both sides move the cursor, and both hear of it."""
    status = window.page.locator(f"{REPLAY} [role=status]")
    heard = window.page.get_by_text(re.compile(r"^at \d{4}-"))
    window.page.locator(REPLAY).focus()
    window.page.keyboard.press("Home")
    window.page.keyboard.press("ArrowRight")
    window.page.get_by_role("button", name="One bar on", exact=True).click()
    window.page.locator(REPLAY, has_text="bar 3 of").wait_for()
    heard.filter(has_text="at 2000-03-03").wait_for()
    window.page.keyboard.press("n")
    status.filter(has_text="bought").wait_for()
    window.page.get_by_role("button", name="To the crash").click()
    status.filter(has_text="2008-10-10").wait_for()
    heard.filter(has_text="at 2008-10-10").wait_for()


def explores(window: Window) -> None:
    """A control moves by key, and what it shows is of that place."""
    window.page.locator(".wb-explore input[data-name=window]").focus()
    window.page.keyboard.press("ArrowRight")
    window.page.locator(".wb-explore[data-shown='window 15'][data-state=fresh]").wait_for()


def test_voila(voila: Window, shots: Path) -> None:
    works_by_mouse_and_by_key(voila)
    explores(voila)
    assert voila.page.locator(".wb-still:visible").count() == 0
    assert voila.page.locator(f"{REPLAY} .wb-replay-panel h2").evaluate(LIGHTNESS) > 0.8
    assert voila.violations(f"{REPLAY}, .wb-explore") == []
    voila.page.screenshot(path=shots / "voila-dark.png")
    assert [address for address in voila.outside if not OF_VOILA.match(address)] == []
    assert [problem for problem in voila.problems if "Failed to load resource" not in problem] == []


@pytest.mark.parametrize(("theme", "is_dark"), [("default", False), ("dark", True)])
def test_panel(panel: tuple[str, Window], theme: str, is_dark: bool, shots: Path) -> None:
    address, window = panel
    window.page.goto(f"{address}?theme={theme}")
    window.page.locator(f"{REPLAY} canvas").first.wait_for()
    works_by_mouse_and_by_key(window)
    window.page.get_by_role("button", name=re.compile("^Why")).click()
    window.page.locator(f"{REPLAY} .wb-replay-panel", has_text="rsi_14 <").wait_for()
    explores(window)
    lightness = window.page.locator(f"{REPLAY} .wb-replay-panel h2").evaluate(LIGHTNESS)
    assert (lightness > 0.8) if is_dark else (lightness < 0.2)
    window.page.screenshot(path=shots / f"panel-{'dark' if is_dark else 'light'}.png")
    assert (window.violations(), window.outside, window.problems) == ([], [], [])


@pytest.mark.parametrize("address", ["https://example.org/", "http://192.0.2.1/"], ids=["name", "number"])
def test_no_other_machine_can_be_reached(chrome: Chrome, address: str) -> None:
    with chrome.window() as window:
        asked = "address => fetch(address, {mode: 'no-cors'}).then(() => 'reached', error => error.message)"
        assert window.page.evaluate(asked, address) == "Failed to fetch"
        assert window.outside == [address]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    elsewhere = {"metadata": {"path": str(tmp_path_factory.mktemp("elsewhere"))}}  # away from the sources
    return NotebookClient(written((PREPARED, "replay")), resources=elsewhere).execute()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_saved_notebook_shows_the_picture_where_no_script_runs(
    saved: nbformat.NotebookNode, chrome: Chrome, scheme: str, tmp_path: Path, shots: Path
) -> None:
    page, _ = HTMLExporter(theme=scheme).from_notebook_node(saved)
    (tmp_path / "saved.html").write_text(re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL))
    with chrome.window(1000, 800) as window:
        window.page.goto((tmp_path / "saved.html").as_uri())
        picture = window.page.locator(".wb-still")
        assert picture.locator("svg").count() == 3
        assert picture.is_visible()
        assert window.violations(".wb-still") == []
        picture.screenshot(path=shots / f"saved-{scheme}.png")
        assert window.outside == []
