"""The browser's part as a widget carries it: the same module, in fewer bytes."""

from __future__ import annotations

import re
from base64 import b64decode
from zlib import decompress

import pytest

from workbench.views.browser import carried, module


@pytest.mark.parametrize("name", ["replay", "explore"])
def test_a_widget_carries_the_whole_module_in_half_the_bytes(name: str) -> None:
    found = re.search(r'atob\("([^"]+)"\)', carried(name))
    assert found is not None
    assert decompress(b64decode(found[1])).decode() == module(name)
    assert len(carried(name)) < len(module(name)) / 2


def test_what_is_carried_says_whose_it_is() -> None:
    assert "TradingView" in carried().splitlines()[0]
