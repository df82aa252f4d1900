"""How a catalog shows itself: tables and lanes, few and many, as text and as HTML."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from workbench.market.catalog.shown import Lane, Page, page_text
from workbench.views.catalog import lanes_svg, page_html

SPAN = ("2020-01-01", "2024-12-31")
HALF = (1.0,) * 100 + (0.0,) * 40 + (0.5,) * 20 + (None,) * 80


@pytest.mark.parametrize(("count", "named"), [(1, 1), (5, 5), (60, 60), (500, 84), (1000, 143)])
def test_lanes_stay_apart_and_names_do_not_overlap(count: int, named: int) -> None:
    """Beyond fifty lanes, names are left out until they are 13 pixels apart; a lane is at least 2 pixels high."""
    drawn = lanes_svg([Lane(f"A{i}", "", HALF) for i in range(count)], SPAN, "Coverage")
    picture = ElementTree.fromstring(drawn)
    lanes = picture.findall("g")
    assert len(lanes) == count
    names = [lane.find("text") for lane in lanes]
    places = [float(name.attrib["y"]) for name in names if name is not None]
    assert len(places) == named
    assert all(after - before >= 13 for before, after in pairwise(places))
    tops = [float(lane.findall("rect")[0].attrib["y"]) for lane in lanes]
    assert all(1.9 <= after - before <= 20 for before, after in pairwise(tops))
    assert float(picture.attrib["height"]) >= tops[-1]


def test_runs_are_where_they_belong() -> None:
    """240 stretches over 760 pixels from 130 on: 100 full ones, 40 without, 20 with a part, nothing after."""
    lane = ElementTree.fromstring(lanes_svg([Lane("A", "", HALF)], SPAN, "Coverage")).findall("g")[0]
    rects = [rect.attrib for rect in lane.findall("rect")]
    assert [(round(float(r["x"])), round(float(r["width"]))) for r in rects] == [(130, 317), (447, 127), (573, 63)]
    assert len({r["fill"] for r in rects}) == 3
    assert all("var(--wb-" in r["style"] for r in rects)


@pytest.mark.parametrize(
    ("shares", "runs"),
    [
        pytest.param((1.0, None, 1.0, 1.0), [(0, 4)], id="a weekend is bridged"),
        pytest.param((1.0, 0.0, None, 0.0, 1.0), [(0, 1), (1, 3), (4, 1)], id="also where all is missing"),
        pytest.param((None, 1.0, None), [(1, 1)], id="the ends stay empty"),
        pytest.param((None, None), [], id="nothing is due at all"),
    ],
)
def test_stretches_in_which_nothing_is_due(shares: tuple[float | None, ...], runs: list[tuple[int, int]]) -> None:
    lane = ElementTree.fromstring(lanes_svg([Lane("A", "", shares)], SPAN, "Coverage")).findall("g")[0]
    step = 760 / len(shares)
    drawn = [(float(r.attrib["x"]) - 130, float(r.attrib["width"])) for r in lane.findall("rect")]
    assert [(round(at / step, 2), round(wide / step, 2)) for at, wide in drawn] == runs


def test_one_missing_stretch_can_be_seen() -> None:
    shares = (1.0,) * 5_000 + (0.0,) + (1.0,) * 5_000
    lane = ElementTree.fromstring(lanes_svg([Lane("A", "", shares)], SPAN, "Coverage")).findall("g")[0]
    assert float(lane.findall("rect")[1].attrib["width"]) >= 1


def test_what_is_written_is_escaped() -> None:
    page = Page("<b>", ("a", "b"), (("<i>", "&"),), ("<script>",), (Lane("<x>", "&", (1.0,)),), SPAN)
    shown = page_html(page)
    assert not re.search(r"<(b|i|script|x)>", shown.replace("</style>", ""))
    for text in ("&lt;b&gt;", "&lt;i&gt;", "&lt;script&gt;", "&lt;x&gt;"):
        assert text in shown


def test_long_tables_and_pictures_say_what_they_leave_out() -> None:
    rows = tuple((str(i), "1") for i in range(150))
    assert "... and 50 more" in page_html(Page("t", ("a", "b"), rows))
    assert page_text(Page("t", ("a", "b"), rows)).splitlines()[-1] == "... and 110 more"
    lanes = tuple(Lane(str(i), "", (1.0,)) for i in range(1_200))
    assert "... and 200 more" in page_html(Page("t", lanes=lanes, span=SPAN))
    assert page_text(Page("t", lanes=lanes)).splitlines()[-1] == "... and 1,160 more"


@pytest.mark.parametrize(
    ("shares", "marks"),
    [
        pytest.param((1.0,) * 120, "█" * 60, id="all"),
        pytest.param((1.0,) * 60 + (0.0,) * 60, "█" * 30 + "·" * 30, id="half of it"),
        pytest.param((None,) * 60 + (1.0,) * 60, " " * 30 + "█" * 30, id="later"),
        pytest.param((1.0,) * 119 + (0.0,), "█" * 59 + "▄", id="one of many"),
        pytest.param((0.4, 1.0, None), "▄█ ", id="few"),
    ],
)
def test_marks_of_plain_text(shares: tuple[float | None, ...], marks: str) -> None:
    assert page_text(Page("t", lanes=(Lane("A", "end", shares),))).splitlines()[1] == f"A  {marks}  end"
