"""`import workbench` is light: what it loads is checked, not how long it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench

HEAVY = {"ccxt", "empyrical", "exchange_calendars", "ipywidgets", "IPython", "jupyterlab", "numpy", "pandas", "panel"}
HEAVY |= {"plotly", "polars", "pyarrow", "yfinance"}
FIRST_RUN_HEAVY = {"ccxt", "IPython", "jupyterlab", "panel", "plotly", "yfinance"}

FIRST_RUN = """
import workbench as wb

class Hold(wb.Strategy):
    def on_bar(self, ctx, bar):
        ctx.target(bar.asset, weight=0.5)

wb.Backtest(Hold(), wb.sample["AAPL"].since("2012-01-01")).run()
"""


def loaded(code: str) -> set[str]:
    """Names of the top-level packages that a fresh interpreter has loaded after `code`."""
    probe = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    here = os.environ | {"PYTHONPATH": str(Path(workbench.__file__).parents[1])}  # the same workbench as this one
    answer = subprocess.run([sys.executable, "-P", "-c", probe], capture_output=True, text=True, check=True, env=here)
    return set(json.loads(answer.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        pytest.param("import workbench", HEAVY, id="import"),
        pytest.param("import workbench; dir(workbench)", HEAVY, id="completion"),
        pytest.param("import workbench; workbench.errors.BarsError", HEAVY, id="errors"),
        pytest.param("import workbench.cli", HEAVY, id="command line"),
        pytest.param(FIRST_RUN, FIRST_RUN_HEAVY, id="first run"),
    ],
)
def test_loads_none_of(code: str, heavy: set[str]) -> None:
    assert loaded(code) & heavy == set()


WITHOUT_VIEWS = """
import sys

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"plotly", "ipywidgets", "anywidget"} or name.startswith("workbench.views"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Gone())
"""
DATA_METHODS = """
bars = wb.sample["AAPL"]
assert bars.last(3).frame.height == 3 and bars.fingerprint and repr(bars)
run = wb.Backtest(Hold(), bars.since("2012-01-01")).run()
for name in ("fills", "orders", "equity", "trades", "ledger"):
    assert getattr(run, name).height == getattr(run.exact, name).height > 0
assert run.metrics.sharpe and run.at("2012-06-01").cash and run.state_hash
"""


def test_data_methods_run_with_views_uninstalled() -> None:
    assert "workbench" in loaded(WITHOUT_VIEWS + FIRST_RUN + DATA_METHODS)
