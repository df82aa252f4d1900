"""The fingerprint stands for the values: not for how they are stored, and for nothing less."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.market import catalog, simulate
from workbench.market.assets import with_attributes
from workbench.market.bars import Bars, with_frame

BARS_ = catalog.sample()[["AAPL", "FB"]]


def test_chunks_do_not_enter() -> None:
    frame = BARS_.frame
    cut = pl.concat([frame[:10], frame[10:11], frame[11:]], rechunk=False)
    assert cut.n_chunks() > frame.n_chunks()
    assert with_frame(BARS_, cut).fingerprint == BARS_.fingerprint


def test_source_and_notices_do_not_enter() -> None:
    assert replace(BARS_, source="elsewhere", notices=()).fingerprint == BARS_.fingerprint


def changed(column: str, value: Any) -> Any:
    """A change of one value in the sixth row."""
    sixth = pl.when(pl.int_range(pl.len()) == 5).then(value).otherwise(pl.col(column)).alias(column)
    return lambda bars: with_frame(bars, bars.frame.with_columns(sixth))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(changed("close", 77.77), id="a price"),
        pytest.param(changed("volume", None), id="a volume becomes unknown"),
        pytest.param(changed("session", date(2000, 1, 3)), id="a session"),
        pytest.param(lambda b: with_frame(b, b.frame[1:]), id="a row less"),
        pytest.param(lambda b: b.select(["FB", "AAPL"]), id="the order of the assets"),
        pytest.param(lambda b: replace(b, every="1h"), id="the length of a bar"),
        pytest.param(lambda b: with_frame(b, b.frame, actions=b.actions[1:]), id="an action less"),
        pytest.param(
            lambda b: with_frame(
                b, b.frame, actions=b.actions.with_columns(known=pl.lit(datetime(2000, 1, 1, tzinfo=UTC)))
            ),
            id="when actions became known",
        ),
        pytest.param(
            lambda b: with_frame(b, b.frame, actions=b.actions.with_columns(other=pl.lit("META"))), id="another asset"
        ),
        pytest.param(
            lambda b: replace(b, assets=(with_attributes(b.assets[0], currency="EUR"), b.assets[1])), id="a currency"
        ),
    ],
)
def test_values_enter(change: Any) -> None:
    assert change(BARS_).fingerprint != BARS_.fingerprint


def test_actions_of_the_first_kinds_hash_as_they_did() -> None:
    """The hash of the sample's bars when actions had seven columns, taken from the version that had no others."""
    golden = Path(__file__).parents[1] / "golden" / "hashes.json"
    assert [BARS_.fingerprint] == json.loads(golden.read_text())["bars-with-a-split"]


def test_unknown_volume_is_not_zero_and_signs_of_zero_are_one() -> None:
    one = simulate.bars("X", n=3)
    volumes: list[list[float | None]] = [[0.0, 1.0, 2.0], [-0.0, 1.0, 2.0], [None, 1.0, 2.0]]
    zero, minus, unknown = (with_frame(one, one.frame.with_columns(volume=pl.Series(v))).fingerprint for v in volumes)
    assert zero == minus
    assert zero != unknown


def test_the_canonical_form_written_by_hand() -> None:
    """Two bars, encoded here with struct alone."""
    frame = pl.DataFrame({"open_time": [0, 60], "open": [1.0, 2.0], "high": [1.5, 2.0], "low": [1.0, 1.75],
                          "close": [1.25, 2.0], "volume": [3.0, None]})  # fmt: skip
    bars = Bars.from_frame(frame, "X", every="1m")
    attributes = {
        "calendar": "24/7", "currency": "USD", "min_notional": "0", "price_digits": "2", "price_step": "0.01",
        "quantity_digits": "0", "quantity_step": "1",
    }  # fmt: skip
    minute = 60_000_000
    form = json.dumps([1, "1m", [["X", 2, attributes]], []], sort_keys=True).encode() + b"\n"
    form += struct.pack("<2q", 0, minute) + struct.pack("<2q", minute, 2 * minute) + struct.pack("<2i", 0, 0)
    for pair in ((1.0, 2.0), (1.5, 2.0), (1.0, 1.75), (1.25, 2.0), (3.0, 0.0)):
        form += struct.pack("<2d", *pair)
    assert bars.fingerprint == hashlib.sha256(form + b"\x01\x00").hexdigest()
