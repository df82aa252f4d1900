"""What the files of this folder share: one browser, one JupyterLab, one folder of pictures.

The one idea: they end with the folder, since a browser that is driven keeps an event loop to itself.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as InVain
from playwright.sync_api import expect
from replays import Shown

from lab import VAIN_SECONDS, WAIT_SECONDS, Chrome, Lab, Window, chromium, started
from servers import lab as serving_lab

# What takes longest begins first, so that workers end at the same time.
LONGEST_FIRST = ("replay_long", "tearsheet", "replay", "quickstart", "explore", "hosts", "compare", "app", "why")

expect.set_options(timeout=1000 * WAIT_SECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files of this folder behind all others, the longest ones first."""
    order = {f"test_{name}.py": place for place, name in enumerate(LONGEST_FIRST)}
    here = Path(__file__).parent
    items.sort(key=lambda item: order[item.path.name] if item.path.parent == here else -1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
    """Where a wait was in vain the page may be broken for good; then each of its other tests tells so soon."""
    if call.excinfo is not None and call.excinfo.errisinstance(InVain):
        for each in getattr(item, "funcargs", {}).values():
            if isinstance(each, Window):
                each.wait(VAIN_SECONDS)
    return (yield)


@pytest.fixture(scope="package")
def chrome() -> Iterator[Chrome]:
    """The browser."""
    with started(chromium()) as chrome:
        yield chrome


@pytest.fixture(scope="package")
def lab(chrome: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on an empty folder."""
    root = tmp_path_factory.mktemp("root")
    with serving_lab(root, tmp_path_factory.mktemp("state")) as address:
        yield Lab(chrome, address, root)


@pytest.fixture(scope="module")
def replay(window: Window) -> Shown:
    """The first replay that the notebook of a file shows."""
    return Shown(window)


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are put for people to look at."""
    folder = Path(os.environ.get("WORKBENCH_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
