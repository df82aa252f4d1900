"""Look at notebooks and pages with a real, headless browser, as a user does.

The one idea: one JupyterLab and one browser serve every file of this folder; a file has a page and a kernel of its own.
Every request that is not for this machine is cut and noted, so a pass also means that nothing needs the network.

A file of tests on a notebook begins so:

    from lab import Lab, Window

    @pytest.fixture(scope="module")
    def window(lab: Lab) -> Iterator[Window]:
        with lab.notebook("replay", CELLS, width=1440, height=1100) as window:  # written, opened, every cell run
            window.page.wait_for_selector(".wb-replay canvas")
            yield window

    def test_something(window: Window, shots: Path) -> None:
        window.page.screenshot(path=shots / "something.png")

`CELLS` are texts of cells, or the path of a notebook that is copied. `window.ask(code)` runs code in its kernel,
`window.theme("Dark")` changes the theme, `window.violations(".wb-replay")` are what axe-core finds serious, and
`window.problems` and `window.outside` must be empty at the end. For pages of another server there is the fixture
`chrome`: `with chrome.window() as window: window.page.goto(address)`. What is kept to be looked at goes into the folder
`shots`, which is the one named in WORKBENCH_SHOTS. The fixtures are in conftest.py, the servers in servers.py.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import nbformat
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, sync_playwright

__all__ = ["Chrome", "Lab", "Window", "chromium", "started", "written"]

Scheme = Literal["light", "dark"]
HERE = "http://127.0.0.1"
HERE_TOO = "ws://127.0.0.1"

START_SECONDS = 120
RUN_SECONDS = 120
WAIT_SECONDS = 45  # Many times what a page takes on a machine that has nothing else to do.
VAIN_SECONDS = 5  # Once a wait was in vain the page is broken, and its other tests shall tell so soon.
# A container has no user namespaces for the sandbox and no GPU.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
# No other machine has an address, so what is asked of one fails at once; to cut single requests would cost the cache.
ARGUMENTS += ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]

# "Idle" in the status bar comes too early: what is sent before the kernel answers is lost without a word.
READY = """async () => {
  const widget = window.jupyterapp?.shell.currentWidget;
  if (!widget?.sessionContext) return false;
  await widget.context.ready;
  await widget.sessionContext.ready;
  const kernel = widget.sessionContext.session?.kernel;
  if (!kernel) return false;
  await kernel.info;
  return kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
ASK = """async code => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({code, store_history: false});
  let told = '';
  future.onIOPub = ({header, content}) => {
    if (header.msg_type === 'stream') told += content.text;
    if (header.msg_type === 'error') told += `${content.ename}: ${content.evalue}`;
  };
  await future.done;
  return {told: told.trim()};
}"""
COMMAND = """async ([name, given]) => {
  await window.jupyterapp.commands.execute(name, given);
  return true;
}"""
END = "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); return true; }"
END_ALL = "async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll(); return true; }"
KINDS = r"[...document.querySelectorAll('.jp-Notebook .jp-Cell')].map(cell => cell.className.match(/jp-\w+Cell/)[0])"
# The style sheet of a theme comes after its attribute, and what we draw ourselves follows the sheet.
THEMED = """isLight => {
  const lightness = getComputedStyle(document.documentElement).getPropertyValue('--jp-shadow-base-lightness');
  const drawn = [...document.querySelectorAll(':is(.wb-replay, .wb-explore)')].map(each => each.style.colorScheme);
  return document.body.dataset.jpThemeLight === String(isLight) && (Number(lightness) === 0) === isLight
    && drawn.every(scheme => scheme === (isLight ? 'light' : 'dark'));
}"""
# What is said of a widget that did not come within two seconds, as on a busy machine; it hears Python all the same.
GIVEN_UP = "[anywidget] Failed to initialize model."
CELL = ".jp-Notebook .jp-Cell"
ERROR = '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]'
ALL_RAN = f"""() => document.querySelector('{ERROR}') || [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
  .every(prompt => /^\\[\\d+\\]/.test(prompt.innerText.trim()))"""

# Contrast as WCAG 2 defines it, of every text in some places against the backgrounds under it.
LOW_CONTRAST = """([places, least]) => {
  const parse = text => {
    const [r, g, b, alpha = 1] = text.match(/[\\d.]+(e-?\\d+)?/g).map(Number);
    const scale = text.startsWith('color(') ? 255 : 1;
    return [r * scale, g * scale, b * scale, alpha];
  };
  const light = rgb => rgb.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    if (!element) return [255, 255, 255];
    const [r, g, b, alpha] = parse(getComputedStyle(element).backgroundColor);
    if (alpha === 0) return ground(element.parentElement);
    const below = alpha < 1 ? ground(element.parentElement) : [0, 0, 0];
    return [r, g, b].map((v, i) => v * alpha + below[i] * (1 - alpha));
  };
  const root = document.querySelector('.jp-Notebook') ?? document.body;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const low = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.closest(places)) continue;
    if (element.closest('style, script, svg, .js-plotly-plot') || !element.getClientRects().length) continue;
    const pair = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < least) low.push(`${ratio.toFixed(2)} ${node.textContent.trim().slice(0, 40)}`);
  }
  return low;
}"""

# What axe-core finds, as lines that say where and what to do about it.
VIOLATIONS = """async places => {
  const {violations} = await axe.run(places ?? document, {resultTypes: ['violations']});
  return violations.filter(found => ['serious', 'critical'].includes(found.impact)).flatMap(found => found.nodes
    .map(node => `${found.id} at ${node.target.join(' ')}: ${node.failureSummary} ${node.html.slice(0, 160)}`));
}"""


def chromium() -> str:
    """The browser of this machine; without one a test is skipped, in CI it fails."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("CI needs a browser: chromium")
    return found or pytest.skip("no chromium on this machine; name one in CHROMIUM")


@dataclass
class Window:
    """One page of the browser, with what went wrong in it."""

    page: Page
    problems: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    given_up: int = 0
    patience: float = WAIT_SECONDS

    def open_notebook(self, address: str, name: str) -> None:
        """Open a notebook, alone in a workspace of its own, and wait until its kernel answers."""
        self.page.goto(f"{address}/lab/workspaces/{Path(name).stem}/tree/{name}")
        self.page.wait_for_selector(CELL, timeout=1000 * START_SECONDS)
        self.page.wait_for_function(READY, timeout=1000 * START_SECONDS)

    def run_all(self) -> None:
        """Run every cell and wait until each has its number, or one has failed."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        self.page.wait_for_function(ALL_RAN, timeout=1000 * RUN_SECONDS)

    def ask(self, code: str) -> str:
        """Run code in the notebook's kernel, as the next cell would, and give what it prints or raises."""
        told = self.page.wait_for_function(ASK, arg=code, timeout=3000 * self.patience)
        return str(told.evaluate("({told}) => told"))

    def until(self, code: str, wanted: str) -> None:
        """Wait until an expression of the kernel is what is wanted: what the page sends takes its way."""
        end = time.monotonic() + self.patience
        while (told := self.ask(f"print({code})")) != wanted and time.monotonic() < end:
            self.page.wait_for_timeout(50)
        assert told == wanted

    def does(self, command: str, **given: object) -> None:
        """Have Lab do a command, and wait until it is done."""
        self.page.wait_for_function(COMMAND, arg=[command, given])

    def reload(self, *, kernel: bool = True) -> None:
        """Save the notebook and load the page anew, with its kernel or after its end."""
        self.does("docmanager:save")
        if not kernel:
            self.page.wait_for_function(END)
        self.page.reload()
        self.page.wait_for_selector(CELL, timeout=1000 * START_SECONDS)

    def kinds(self) -> list[str]:
        """The kind of every cell, from the top."""
        return list(self.page.evaluate(KINDS))

    def low_contrast(self, places: str, least: float) -> list[str]:
        """Texts inside the elements of a selector that stand out less than `least` from their ground."""
        return list(self.page.evaluate(LOW_CONTRAST, [places, least]))

    def violations(self, places: str | None = None) -> list[str]:
        """What axe-core finds serious or critical in the elements of a selector, or in the whole page."""
        self.page.evaluate(AXE_SCRIPT)
        return list(self.page.evaluate(VIOLATIONS, places))

    def errors(self) -> list[str]:
        """Every traceback that is shown."""
        return [error.inner_text() for error in self.page.query_selector_all(ERROR)]

    def theme(self, name: str) -> None:
        """Change the theme of the whole Lab, Light or Dark, and wait until all that is shown has followed."""
        is_light = name == "Light"
        if not self.page.evaluate(THEMED, is_light):
            self.does("apputils:change-theme", theme=f"JupyterLab {name}")
            self.page.wait_for_function(THEMED, arg=is_light)

    def note(self, url: str) -> None:
        """Note what is not for this machine; the browser finds no way to it."""
        if not url.startswith((HERE, HERE_TOO, "data:", "blob:", "file:")):
            self.outside.append(url)

    def told(self, message: ConsoleMessage) -> None:
        """Note an error that was told, and what it is about."""
        if message.type == "error":
            self.problems.append(f"{message.text} {message.location['url']}".rstrip())

    def went_wrong(self, error: Error) -> None:
        """Note an error that nobody caught."""
        if GIVEN_UP in str(error):
            self.given_up += 1
        else:
            self.problems.append(str(error))

    def wait(self, seconds: float) -> None:
        """How long whatever is waited for may take from now on."""
        self.patience = seconds
        self.page.set_default_timeout(1000 * seconds)

    def watch(self) -> None:
        """Note what goes wrong in the page, and what would leave the machine."""
        self.wait(WAIT_SECONDS)
        self.page.set_default_navigation_timeout(1000 * START_SECONDS)  # To open some pages is to start a kernel, too.
        self.page.on("console", self.told)
        self.page.on("pageerror", self.went_wrong)
        self.page.on("websocket", lambda to: self.note(to.url))
        self.page.on("request", lambda request: self.note(request.url))


@dataclass
class Chrome:
    """The one browser; every window of it shares what was loaded before."""

    context: BrowserContext

    @contextlib.contextmanager
    def window(self, width: int = 1280, height: int = 900, scheme: Scheme = "light") -> Iterator[Window]:
        """A page that cannot reach the network, on a system that is light or dark."""
        window = Window(self.context.new_page())
        window.page.set_viewport_size({"width": width, "height": height})
        window.page.emulate_media(color_scheme=scheme)
        window.watch()
        try:
            yield window
        finally:
            window.page.close()


@dataclass
class Lab:
    """The one JupyterLab, with a browser in front of it."""

    chrome: Chrome
    address: str
    root: Path

    @contextlib.contextmanager
    def notebook(
        self, name: str, source: Sequence[str] | Path, width: int = 1280, height: int = 900
    ) -> Iterator[Window]:
        """A notebook of these cells, or a copy of the one at a path, opened by day with every cell run."""
        place = self.root / f"{name}.ipynb"
        shutil.copy(source, place) if isinstance(source, Path) else nbformat.write(written(source), place)
        with self.chrome.window(width, height) as window:
            window.open_notebook(self.address, place.name)
            window.theme("Light")
            window.run_all()
            assert window.errors() == []
            yield window
            window.page.wait_for_function(END_ALL)


def written(cells: Sequence[str]) -> nbformat.NotebookNode:
    """A notebook of Python cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [nbformat.v4.new_code_cell(cell.strip()) for cell in cells]
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


@contextlib.contextmanager
def started(executable: str, scale: float = 1) -> Iterator[Chrome]:
    """The browser, without a window to see, on a screen of so many dots to a pixel."""
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield Chrome(running.new_context(device_scale_factor=scale))
        finally:
            running.close()
