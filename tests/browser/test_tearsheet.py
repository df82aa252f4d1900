"""The tearsheet in a real JupyterLab and as a file: by mouse and key, pointed at, read by day, by night and small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import LOW_CONTRAST, Chrome, Lab, Scheme, Window
from workbench.research import demo

if TYPE_CHECKING:
    from playwright.sync_api import Page

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "tearsheet.ipynb"
SECTIONS = ("overview", "returns", "risk", "trades", "exposure", "costs", "explain", "data")
SHEET = ".jp-OutputArea-output .wb-sheet"


@pytest.fixture(scope="module")
def window(lab: Lab) -> Iterator[Window]:
    with lab.notebook("tearsheet", NOTEBOOK) as opened:
        yield opened


def chosen(page: Page) -> list[str]:
    """The sections that can be seen."""
    return [str(part.get_attribute("data-part")) for part in page.locator(".wb-part").all() if part.is_visible()]


def choose(page: Page, name: str) -> None:
    page.locator(f".wb-tabs label:has([value={name}])").click()


def test_sections_are_chosen_by_mouse(window: Window) -> None:
    for name in SECTIONS:
        choose(window.page, name)
        assert chosen(window.page) == [name]
    choose(window.page, "all")
    assert chosen(window.page) == list(SECTIONS)


def test_sections_are_chosen_by_arrow_keys(window: Window) -> None:
    """The notebook is in command mode there, in which Lab takes arrow keys for its cells."""
    page = window.page
    choose(page, "overview")
    for key, name in (
        ("ArrowRight", "returns"),
        ("ArrowDown", "risk"),
        ("ArrowLeft", "returns"),
        ("ArrowUp", "overview"),
    ):
        page.keyboard.press(key)
        assert chosen(page) == [name], key
    page.locator(".wb-zoom [value='1']").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".wb-zoom :checked").first.input_value() == "3"
    page.keyboard.press("ArrowLeft")


def test_a_curve_tells_its_values_and_can_be_widened(window: Window) -> None:
    page = window.page
    choose(page, "overview")
    hit = page.locator(".wb-hits i").nth(40)
    hit.hover()
    shown = hit.evaluate("each => getComputedStyle(each, '::after').content")
    assert "Buy and hold  " in shown
    pan = page.locator(".wb-pan").first
    assert pan.evaluate("each => each.scrollWidth <= each.clientWidth + 40")
    page.locator(".wb-zoom label:has([value='9'])").first.click()
    assert pan.evaluate("each => each.scrollWidth > 8 * each.clientWidth")
    page.locator(".wb-zoom label:has([value='1'])").first.click()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_can_be_read(window: Window, theme: str, shots: Path) -> None:
    window.theme(theme)
    for name in SECTIONS:
        choose(window.page, name)
        window.page.locator(SHEET).screenshot(path=shots / f"tearsheet-{theme.lower()}-{name}.png")
        assert window.low_contrast(SHEET, 3) == [], name


def test_nothing_leaves_the_machine_and_nothing_is_wrong(window: Window) -> None:
    assert window.outside == []
    assert window.problems == []


@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_alone_can_be_read(chrome: Chrome, width: int, scheme: Scheme, tmp_path: Path, shots: Path) -> None:
    file = demo.run().to_html(tmp_path / "sheet.html")
    page = chrome.context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    choose(page, "all")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(LOW_CONTRAST.replace(".jp-Notebook", "body"), ["body", 4.5]) == []
    page.screenshot(path=shots / f"tearsheet-file-{scheme}-{width}.png", full_page=True)
    page.close()
    assert requests == [file.as_uri()]
