"""The quickstart notebook in a real JupyterLab: it runs, it shows, it can be read by day and by night."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Window, browser, chromium, lab

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "quickstart.ipynb"

# Contrast as WCAG 2 defines it, of every text in the outputs against the backgrounds under it.
LOW_CONTRAST = """() => {
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
    if (!node.textContent.trim() || !element.closest('.jp-RenderedHTMLCommon.jp-OutputArea-output')) continue;
    if (element.closest('style, script, svg, .js-plotly-plot') || !element.getClientRects().length) continue;
    const pair = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 3) low.push(`${ratio.toFixed(2)} ${node.textContent.trim().slice(0, 40)}`);
  }
  return low;
}"""


# Lab lays out lists by rules of its own; a label must stand above its figure all the same, not squeezed beside it.
SQUEEZED = """() => [...document.querySelectorAll('.jp-Notebook .wb-cell dt')]
  .filter(label => label.getBoundingClientRect().bottom > label.nextElementSibling.getBoundingClientRect().top + 1)
  .map(label => label.textContent)"""


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    executable = chromium()
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs a browser: chromium")
        pytest.skip("no chromium on this machine; name one in CHROMIUM")
    root, state = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("state")
    shutil.copy(NOTEBOOK, root)
    with lab(root, state) as address, browser(executable) as opened:
        opened.open_notebook(address, NOTEBOOK.name)
        opened.run_all()
        assert opened.errors() == []
        opened.page.wait_for_selector(".js-plotly-plot .main-svg", timeout=60_000)
        yield opened


def test_result_and_tearsheet_are_shown(window: Window) -> None:
    shown = window.page.locator(".jp-Notebook").inner_text()
    for words in ("AAPL", "Cross", "Sharpe"):
        assert words in shown
    assert window.page.locator(".jp-OutputArea-output svg, .jp-OutputArea-output iframe").count() >= 2


def test_labels_stand_above_their_figures(window: Window) -> None:
    assert window.page.locator(".wb-cell dt").count() > 10
    assert window.page.evaluate(SQUEEZED) == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_can_be_read(window: Window, theme: str, tmp_path: Path) -> None:
    window.theme(theme)
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    for number, cell in enumerate(window.page.locator(".jp-Notebook .jp-CodeCell").all()):
        cell.scroll_into_view_if_needed()
        cell.screenshot(path=folder / f"quickstart-{theme.lower()}-{number}.png")
    assert window.page.evaluate(LOW_CONTRAST) == []


def test_nothing_leaves_the_machine(window: Window) -> None:
    assert window.outside == []


def test_page_has_no_errors(window: Window) -> None:
    assert window.problems == []
