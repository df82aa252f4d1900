"""Curves as SVG: well formed, escaped, the same text for the same numbers."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from workbench.views.svg import Curve, plot, sparkblocks, sparkline, thinned, ticks, window


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="none"),
        pytest.param([1.0], id="one"),
        pytest.param([2.0, 2.0], id="flat"),
        pytest.param([0.0, 0.0], id="flat at zero"),
        pytest.param([1.0, math.nan, 3.0, math.inf], id="unknown ones are left out"),
        pytest.param([float(i % 97) for i in range(100_000)], id="many"),
    ],
)
def test_sparkline_is_well_formed(values: list[float]) -> None:
    text = sparkline(values, 100, 20, 'a <b> & "c"')
    root = ElementTree.fromstring(text)
    assert (root.get("aria-label"), root[0].text) == ('a <b> & "c"', 'a <b> & "c"')
    assert "nan" not in text
    assert "inf" not in text
    assert len(text) < 4_000
    assert text == sparkline(values, 100, 20, 'a <b> & "c"')


def test_the_points_of_a_line_stand_where_they_should() -> None:
    curve = Curve("a", (0.0, 1.0), (10.0, 20.0))
    drawn = plot([curve], window([curve], margin=0.0), label="a", height=100)
    assert 'd="M0.0 100.0L1000.0 0.0"' in drawn


def test_an_area_reaches_its_level() -> None:
    curve = Curve("a", (0.0, 1.0), (-1.0, -1.0), "loss", area=0.0)
    drawn = plot([curve], window([curve], margin=0.0), label="a", height=100)
    assert 'd="M0.0 100.0L1000.0 100.0L1000.0 0.0L0.0 0.0Z"' in drawn


@pytest.mark.parametrize(
    ("values", "buckets", "wanted"),
    [
        ([3.0, 1.0], 1, [(0.0, 3.0), (1.0, 1.0)]),
        ([3.0, 1.0, 9.0, 2.0], 1, [(1.0, 1.0), (2.0, 9.0)]),
        ([5.0, 1.0, 5.0, 5.0, 5.0, 5.0, 8.0, 5.0], 2, [(0.0, 5.0), (1.0, 1.0), (4.0, 5.0), (6.0, 8.0)]),
        ([5.0, 5.0, 5.0], 1, [(0.0, 5.0)]),
    ],
    ids=["short as it is", "least and greatest in order", "each bucket", "one point where both are the same"],
)
def test_thinned(values: list[float], buckets: int, wanted: list[tuple[float, float]]) -> None:
    assert thinned(values, buckets) == wanted


@pytest.mark.parametrize(
    ("low", "high", "count", "wanted"),
    [
        (0.0, 100.0, 5, [0.0, 25.0, 50.0, 75.0, 100.0]),
        (-0.62, 0.02, 4, [-0.5, -0.25, 0.0]),
        (98_700.0, 131_000.0, 5, [100_000.0, 110_000.0, 120_000.0, 130_000.0]),
        (0.0011, 0.0029, 4, [0.002]),
    ],
    ids=["ends included", "through zero", "thousands", "small"],
)
def test_ticks(low: float, high: float, count: int, wanted: list[float]) -> None:
    assert ticks(low, high, count) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("values", "width", "wanted"),
    [([], 8, ""), ([1.0], 8, "▁"), ([1.0, 1.0], 8, "▁▁"), ([0.0, 7.0], 8, "▁█"), ([0.0, 3.0, 9.0, 7.0], 2, "▁█")],
    ids=["none", "one", "flat", "two", "the last of each bucket"],
)
def test_sparkblocks(values: list[float], width: int, wanted: str) -> None:
    assert sparkblocks(values, width) == wanted
