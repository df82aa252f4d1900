"""Drive JupyterLab with a real, headless browser: a server in empty folders, a page, and waiting for what a user sees.

Every request that is not for this machine is cut and noted, so a pass also means that nothing needs the network.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, sync_playwright

__all__ = ["Window", "browser", "chromium", "lab"]

START_SECONDS = 120
RUN_SECONDS = 120
# A container has no user namespaces for the sandbox and no GPU.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]

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
  return told.trim();
}"""
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
  const walker = document.createTreeWalker(document.querySelector('.jp-Notebook'), NodeFilter.SHOW_TEXT);
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


def chromium() -> str:
    """The browser of this machine; without one a test is skipped, in CI it fails."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("CI needs a browser: chromium")
    return found or pytest.skip("no chromium on this machine; name one in CHROMIUM")


@contextlib.contextmanager
def lab(root: Path, state: Path) -> Iterator[str]:
    """JupyterLab on `root` with its settings in `state`; gives its address and stops it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = state / "lab.log"
    with log.open("w") as out:
        server = subprocess.Popen(_command(root, port), stdout=out, stderr=subprocess.STDOUT, env=_settings(state))
        try:
            _wait(f"http://127.0.0.1:{port}/api", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()
            server.wait()


def _command(root: Path, port: int) -> list[str]:
    options = {
        "ServerApp.root_dir": root,
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": "",
        "LabApp.expose_app_in_browser": True,
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    fixed = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    return [sys.executable, "-m", "jupyterlab", *fixed, *(f"--{name}={value}" for name, value in options.items())]


def _settings(state: Path) -> dict[str, str]:
    """No theme, workspace or pop-up of the person who runs the tests reaches the page."""
    page = state / "config" / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True)
    quiet = {"@jupyterlab/apputils-extension:announcements": True}
    page.write_text(json.dumps({"buildCheck": False, "buildAvailable": False, "disabledExtensions": quiet}))
    tracker = state / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text(json.dumps({"windowingMode": "none"}))
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "HOME": ".",
    }
    return os.environ | {name: str(state / folder) for name, folder in folders.items()}


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@dataclass
class Window:
    """One page of the browser, with what went wrong in it."""

    page: Page
    problems: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open_notebook(self, address: str, name: str) -> None:
        """Open a notebook and wait until its kernel answers."""
        self.page.goto(f"{address}/lab/tree/{name}")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=1000 * START_SECONDS)
        self.page.wait_for_function(READY, timeout=1000 * START_SECONDS)

    def run_all(self) -> None:
        """Run every cell and wait until each has its number, or one has failed."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        self.page.wait_for_function(ALL_RAN, timeout=1000 * RUN_SECONDS)

    def ask(self, code: str) -> str:
        """Run code in the notebook's kernel, as the next cell would, and give what it prints or raises."""
        return str(self.page.evaluate(ASK, code))

    def low_contrast(self, places: str, least: float) -> list[str]:
        """Texts inside the elements of a selector that stand out less than `least` from their ground."""
        return list(self.page.evaluate(LOW_CONTRAST, [places, least]))

    def errors(self) -> list[str]:
        """Every traceback that is shown."""
        return [error.inner_text() for error in self.page.query_selector_all(ERROR)]

    def theme(self, name: str) -> None:
        """Change the theme of the whole Lab: Light or Dark."""
        self.page.evaluate(
            f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {name}'}})"
        )
        light = "true" if name == "Light" else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
        self.page.wait_for_timeout(1000)  # the style sheet of the theme comes after its attribute

    def gate(self, route: Route) -> None:
        """Let pass what stays on this machine."""
        if route.request.url.startswith(("http://127.0.0.1", "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()


@contextlib.contextmanager
def browser(executable: str, width: int = 1280, height: int = 900) -> Iterator[Window]:
    """A headless window that cannot reach the network."""
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
        window = Window(running.new_page(viewport={"width": width, "height": height}))
        window.page.set_default_timeout(1000 * START_SECONDS)
        window.page.on("console", lambda m: window.problems.append(m.text) if m.type == "error" else None)
        window.page.on("pageerror", lambda error: window.problems.append(str(error)))
        window.page.route("**/*", window.gate)
        try:
            yield window
        finally:
            running.close()
