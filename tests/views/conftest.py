"""Runs to look at."""

from __future__ import annotations

import pytest

from workbench._types import Notice
from workbench.market import catalog

from .made import MadeRun, made_run

DENIED = Notice("denied", 3, "3 orders were <denied>", "see run.orders")


@pytest.fixture(scope="session")
def run() -> MadeRun:
    return made_run(catalog.sample()["AAPL"].since("2001-01-01"), notices=(DENIED,))
