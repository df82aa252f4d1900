"""Sizes and words so absurd that only the door can answer them: each has its error, and changes nothing."""

from __future__ import annotations

from datetime import date

import pytest
from test_bad_asking import UNTOUCHED, outcome

from workbench.errors import OrderError, ParameterError, RangeError, TimeError, UnknownAssetError

TOO_MANY = r"is more than is counted exactly, which is 10\^17 units or their worth; give less"
TOO_MUCH = r"is worth more than is counted exactly, which is 10\^17; give less"
KNOWN = "calendar 24/7 is known from 1900-01-01 to 2199-12-31; ask inside of it"


ROWS = {
    "buy": (lambda ctx: ctx.buy("X", 10**25), RangeError, f"^buy: 1{'0' * 25} of X at .* {TOO_MANY}"),
    "sell": (lambda ctx: ctx.sell("X", "1e18"), RangeError, f"^sell: 1{'0' * 18} of X at .* {TOO_MANY}"),
    "worth": (lambda ctx: ctx.buy("X", 10**9, limit=10**9), RangeError, f"^buy: .* of X at 1{'0' * 9} {TOO_MANY}"),
    "target": (lambda ctx: ctx.target("X", quantity=10**20), RangeError, f"^target: .* {TOO_MANY}"),
    "weight": (lambda ctx: ctx.target("X", weight=10**16), RangeError, f"^target: .* {TOO_MUCH}"),
    "value": (lambda ctx: ctx.target("X", value=2 * 10**17), RangeError, f"^target: .* {TOO_MUCH}"),
    "rebalance": (lambda ctx: ctx.rebalance({"X": 10**17}), RangeError, f"^rebalance: .* {TOO_MUCH}"),
    "all_in": (lambda ctx: ctx.target("X", all_in=1), OrderError, "^target: all_in=1 must be True or False$"),
    "field": (lambda ctx: ctx.history("X", 1, field=5.0), ParameterError, '^field "5.0" is unknown; use open'),
    "surrogate": (lambda ctx: ctx.buy("\udcff", 1), UnknownAssetError, "^asset '.*' is not in this run"),
    "until the last day": (lambda ctx: ctx.buy("X", 1, until=date.max), TimeError, f"^{KNOWN}$"),
    "until the first day": (lambda ctx: ctx.buy("X", 1, until=date.min), TimeError, f"^{KNOWN}$"),
}


@pytest.mark.parametrize(("ask", "error", "message"), ROWS.values(), ids=ROWS)
def test_an_absurd_size_or_word_is_answered_at_the_door(ask, error, message):
    caught, hashes = outcome("on_bar", ask)
    assert type(caught[0]) is error
    with pytest.raises(error, match=message):
        raise caught[0]
    assert hashes == UNTOUCHED
