"""Random cases through the engine and its twin: every fill, order, leg, account and equity row equal in every digit.

`WORKBENCH_EXAMPLES=20000 pytest tests/engine/test_ledger_twin.py` searches longer than a change can wait for.
"""

from __future__ import annotations

import os

from face import comparable, named, run_case
from hypothesis import HealthCheck, given, settings
from random_cases import cases
from twin import simulate

EXAMPLES = int(os.environ.get("WORKBENCH_EXAMPLES", "250"))
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW_IS_FINE, print_blob=True)
@given(cases())
def test_engine_and_twin_agree_in_every_digit(case):
    twin, engine = comparable(named(simulate(case)), case), comparable(run_case(case), case)
    assert engine.orders == twin.orders
    assert engine.fills == twin.fills
    assert engine.events == twin.events
    assert engine.equity == twin.equity
    assert engine.positions == twin.positions
