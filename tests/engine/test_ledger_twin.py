"""Random cases through the engine and its twin: all that happened and every cause of profit, equal in every digit.

`WORKBENCH_EXAMPLES=20000 pytest tests/engine/test_ledger_twin.py` searches longer, and elsewhere each time; without it
the examples are the same ones every time, so that a change is judged by itself.
"""

from __future__ import annotations

import json
import os

from busy_cases import busy_case, smallest
from face import assert_agree, comparable, named, run_case
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_cases import cases
from twin import simulate

WANTED = os.environ.get("WORKBENCH_EXAMPLES")
SEARCH = settings(
    max_examples=int(WANTED or 250),
    derandomize=WANTED is None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def both(case):
    """The twin's result and the engine's."""
    return comparable(named(simulate(case)), case), comparable(run_case(case), case)


def disagree(case):
    """Whether anything differs."""
    twin, engine = both(case)
    return twin != engine


@SEARCH
@given(cases())
def test_engine_and_twin_agree_in_every_digit(case):
    twin, engine = both(case)
    assert_agree(engine, twin)


@settings(SEARCH, phases=[Phase.generate])
@given(st.integers(0, 2**32 - 1))
def test_they_agree_where_everything_happens_at_once(seed):
    case = busy_case(seed)
    assert not disagree(case), f"seed {seed}: {json.dumps(smallest(case, disagree))}"
