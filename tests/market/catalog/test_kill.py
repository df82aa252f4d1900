"""A kill at any moment leaves the old state or the new one, for all assets and their actions alike."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from market.catalog import killed
from workbench.market.bars import Bars
from workbench.market.catalog import Catalog

if TYPE_CHECKING:
    import pytest

KILLS = 200
LONGEST_S = 0.1  # from the first ingest on; some more fit into it


def test_two_hundred_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real processes, killed by SIGKILL at random moments."""
    chance = random.Random(20240229)
    versions = [killed.version(number) for number in range(killed.VERSIONS)]
    allowed = {bars.fingerprint: number for number, bars in enumerate(versions)}
    assert len(allowed) == killed.VERSIONS
    server = multiprocessing.get_context("forkserver")
    # The fork server imports before it is told of our path, so that it has to find the module by itself.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    server.set_forkserver_preload([killed.__name__])
    moved, left = 0, 0
    for kill in range(KILLS):
        first = kill % killed.VERSIONS
        _kill_one(server, tmp_path, [*versions[first:], *versions[:first]], chance.uniform(0, LONGEST_S))
        catalog = Catalog(tmp_path)
        state = catalog.bars(killed.NAMES, every="1h").fingerprint
        assert state in allowed
        assert catalog.verify(), catalog.verify()
        moved += allowed[state] != first
        left += len(catalog.clean(dry_run=True).files)
        catalog.close()
    assert 0 < moved < KILLS, "kills before and after a commit"
    assert left > 0, "kills between the writing of a file and its commit"
    catalog = Catalog(tmp_path)
    assert catalog.ingest(versions[(allowed[state] + 1) % killed.VERSIONS]).replaced > 0
    assert catalog.clean(dry_run=True).files == ()
    catalog.close()


def _kill_one(
    server: multiprocessing.context.ForkServerContext, folder: Path, versions: list[Bars], seconds: float
) -> None:
    ready = server.Event()
    child = server.Process(target=killed.ingest_for_ever, args=(folder, versions, ready))
    child.start()
    assert ready.wait(60)
    time.sleep(seconds)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == -signal.SIGKILL
