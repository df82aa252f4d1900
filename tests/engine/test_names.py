"""What Tab and help show of the modules that a user types into, and what a slip of the keys is answered with."""

from __future__ import annotations

import inspect
import re
from types import ModuleType

import pytest

import workbench as wb
from workbench.engine.limits import Limits

SLIPS = [
    (wb.fees, "per_shares", "wb.fees has no attribute 'per_shares'; did you mean per_share?"),
    (wb.slippage, "squareroot", "wb.slippage has no attribute 'squareroot'; did you mean square_root?"),
    (wb.sizing, "kely", "wb.sizing has no attribute 'kely'; did you mean kelly?"),
    (wb.journal, "open", "wb.journal has no attribute 'open'; there are Entry, File, Journal, Rebuilt, read"),
]


@pytest.mark.parametrize(("module", "name", "message"), SLIPS)
def test_a_name_that_is_not_there(module: ModuleType, name: str, message: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(message)):
        getattr(module, name)
    assert dir(module) == sorted(module.__all__)


def test_limits_name_what_they_take() -> None:
    names = list(inspect.signature(Limits).parameters)
    assert names[0] == "order_quantity"
    assert names[-1] == "on_breach"
    assert "self" not in names
