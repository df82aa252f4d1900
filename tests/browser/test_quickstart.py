"""The quickstart notebook in a real JupyterLab: it runs, it shows, it can be read by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab, Window

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "quickstart.ipynb"

# Lab lays out lists by rules of its own; a label must stand above its figure all the same, not squeezed beside it.
SQUEEZED = """() => [...document.querySelectorAll('.jp-Notebook .wb-cell dt')]
  .filter(label => label.getBoundingClientRect().bottom > label.nextElementSibling.getBoundingClientRect().top + 1)
  .map(label => label.textContent)"""


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("quickstart", NOTEBOOK) as opened:
        opened.page.wait_for_selector(".js-plotly-plot .main-svg")
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
def test_can_be_read(window: Window, theme: str, shots: Path) -> None:
    window.theme(theme)
    for number, cell in enumerate(window.page.locator(".jp-Notebook .jp-CodeCell").all()):
        cell.scroll_into_view_if_needed()
        cell.screenshot(path=shots / f"quickstart-{theme.lower()}-{number}.png")
    assert window.low_contrast(".jp-RenderedHTMLCommon.jp-OutputArea-output", 3) == []
    assert window.violations(".jp-OutputArea-output .wb") == []


def test_nothing_leaves_the_machine(window: Window) -> None:
    assert window.outside == []


def test_page_has_no_errors(window: Window) -> None:
    assert window.problems == []
