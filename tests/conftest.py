"""What holds for every test: each run is explained to the last digit.

Hand-made bars and scripts stand beside the tests; this puts them within reach of an import from any folder.
"""

from __future__ import annotations

import os

import pytest

# Tables of tests are small and workers share the cores: handing rows to further threads takes longer than the rows do.
os.environ.setdefault("POLARS_MAX_THREADS", "1")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart() -> None:
    """Watch from the start, in every worker; imported here, so that what coverage measures is loaded after it began."""
    from closing import watch_every_run

    watch_every_run()
