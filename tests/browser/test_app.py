"""`workbench app`: saved runs found, sorted, chosen and compared in a browser, by mouse and by key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

import workbench as wb
from lab import Chrome, Window
from servers import free_port, served
from workbench.research.demo import Cross

LIST = ".wb-shelf-table"
DEEP = """() => {
  const found = root => [...root.querySelectorAll('*')].flatMap(each => each.shadowRoot
    ? [...each.shadowRoot.querySelectorAll('.wb-shelf-table tbody th'), ...found(each.shadowRoot)] : []);
  return found(document).map(each => each.firstChild.textContent);
}"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for fast in (5, 20, 50):
        for asset, start in (("AAPL", "2001-01-01"), ("IBM", "2008-01-01")):
            test = wb.Backtest(Cross(fast=fast), wb.sample[asset], start=start, fees=wb.fees.bps(5))
            test.run().save(folder / f"{asset.lower()}-{fast}")
    (folder / "ibm-50" / "fills.parquet").write_bytes(b"PAR1")
    return folder


@pytest.fixture(scope="module")
def address(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = ["workbench", "app", str(runs), "--port", str(port)]
    with served(command, f"http://127.0.0.1:{port}/", tmp_path_factory.mktemp("state")) as address:
        yield address


@pytest.fixture(scope="module")
def window(chrome: Chrome, address: str) -> Iterator[Window]:
    with chrome.window(1440, 1000) as window:
        window.page.goto(address)
        window.page.locator(f"{LIST} tbody tr").first.wait_for()
        yield window


def names(window: Window) -> list[str]:
    return list(window.page.evaluate(DEEP))


def test_lists_every_run_and_what_is_torn(window: Window) -> None:
    assert names(window) == ["aapl-5", "aapl-20", "aapl-50", "ibm-5", "ibm-20", "ibm-50"]
    assert window.page.locator(".wb-shelf-torn").inner_text().endswith("restore it, or run again and save")
    assert window.page.get_by_text("6 runs", exact=True).is_visible()


def test_filters_and_sorts(window: Window, runs: Path) -> None:
    page = window.page
    page.get_by_label("Search").fill("ibm fast=5")
    assert names(window) == ["ibm-5"]
    assert page.get_by_text("1 of 6 runs").is_visible()
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("To", exact=True).fill("2005-01-01")
    assert names(window) == ["aapl-5", "aapl-20", "aapl-50"]
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Figure").select_option("max_drawdown")
    deepest = {n: wb.load(runs / n).metrics.max_drawdown for n in ("aapl-5", "aapl-20", "aapl-50", "ibm-5", "ibm-20")}
    page.get_by_label("At least, %").fill("-60")
    assert names(window) == [name for name, value in deepest.items() if value is not None and value >= -0.6]
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Max drawdown").click()
    assert names(window) == [*sorted(deepest, key=lambda name: deepest[name] or 0, reverse=True), "ibm-50"]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Max drawdown")
    page.get_by_role("button", name="Run", exact=True).click()
    assert names(window)[0] == "aapl-5"


def test_shows_the_chosen_run_by_key(window: Window) -> None:
    page = window.page
    page.get_by_role("button", name="aapl-5", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="aapl-20", exact=True).wait_for()
    page.locator(".wb-sheet h1").wait_for()
    page.get_by_role("tab", name="Tearsheet").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".wb-replay canvas").first.wait_for()
    page.locator(".wb-replay").focus()
    page.keyboard.press("Home")
    page.locator(".wb-replay", has_text="bar 1 of").wait_for()
    assert window.violations() == []


def test_compares_two_and_a_reload_keeps_them(window: Window, shots: Path) -> None:
    page = window.page
    page.get_by_label("Compare with aapl-5", exact=True).check()
    page.get_by_role("heading", name="Cross: fast 20 against 5").wait_for()
    page.screenshot(path=shots / "app-light.png")
    page.reload()
    page.get_by_role("heading", name="Cross: fast 20 against 5").wait_for()
    expect(page.get_by_role("tab", name="Compare with aapl-5")).to_have_attribute("aria-selected", "true")
    page.get_by_label("Compare with aapl-5", exact=True).uncheck()
    page.locator(".wb-sheet h1").wait_for()
    assert window.violations() == []


def test_a_run_that_was_torn_meanwhile_says_so(window: Window, runs: Path) -> None:
    (runs / "ibm-20" / "orders.parquet").unlink()
    window.page.get_by_role("button", name="ibm-20", exact=True).click()
    window.page.get_by_role("alert").filter(has_text="orders.parquet is missing").wait_for()


def test_is_dark_where_the_system_is(chrome: Chrome, address: str, shots: Path) -> None:
    with chrome.window(1440, 1000, scheme="dark") as window:
        window.page.goto(f"{address}?run=aapl-20")
        window.page.wait_for_url("**theme=dark**")
        window.page.locator(".wb-sheet h1").wait_for()
        assert window.violations() == []
        window.page.screenshot(path=shots / "app-dark.png")
        window.page.get_by_role("link", name="Use the light theme").click()
        window.page.get_by_role("link", name="Use the dark theme").wait_for()
        assert (window.outside, window.problems) == ([], [])


def test_nothing_leaves_the_machine(window: Window) -> None:
    assert (window.outside, window.problems) == ([], [])
