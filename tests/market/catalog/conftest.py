"""A new catalog in a folder of its own, and its database alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.market.catalog import Catalog
from workbench.market.catalog.database import Database


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path / "catalog")
    yield made
    made.close()


def opened(folder: Path) -> Iterator[Database]:
    database = Database(folder, None, read_only=False)
    yield database
    database.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty one."""
    yield from opened(tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One that the tests of a module fill once and share."""
    yield from opened(tmp_path_factory.mktemp("filled"))
