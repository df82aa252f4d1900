"""Random programs in several currencies, of assets, pairs and contracts."""

from __future__ import annotations

from machine import Abroad, is_wide, searched

# Kinds of assets, and whether those were on margin.
WANTED = {
    *(("spot", on_margin) for on_margin in (False, True)),
    *(("fx", on_margin) for on_margin in (False, True)),
    *(("crypto", False), ("future", True), ("perpetual", True)),
}


def test_engine_twin_feed_and_replay_agree_on_every_program_abroad() -> None:
    reached = searched(Abroad)
    assert not is_wide() or reached.abroad >= WANTED
