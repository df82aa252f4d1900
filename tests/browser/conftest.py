"""What the files of this folder share: one browser, one JupyterLab, one folder of pictures.

The one idea: they end with the folder, since a browser that is driven keeps an event loop to itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Chrome, Lab, chromium, started
from servers import lab as serving_lab


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


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are put for people to look at."""
    folder = Path(os.environ.get("WORKBENCH_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
