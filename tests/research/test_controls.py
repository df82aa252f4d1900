"""What a parameter is set by: the kind of control and its places, by annotation and space."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest

import workbench as wb
from workbench.errors import ParameterError
from workbench.research.controls import Control, controls_of, starts_of
from workbench.research.space import space_of


class Many(wb.Strategy):
    count: int = 20
    part: float = 0.5
    money: Decimal = Decimal("1.5")
    on: bool = True
    side: Literal["long", "short"] = "long"
    name: str = "a"
    any: object = None

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None: ...


def control(name: str, space: object) -> Control:
    [found] = controls_of(Many(), {name: space_of(name, space)})
    return found


KINDS = (
    ("count", range(5, 51), "slider", tuple(range(5, 51))),
    ("count", [50, 20, 100], "slider", (20, 50, 100)),
    ("count", np.array([3, 1]), "slider", (1, 3)),
    ("count", [7], "slider", (7,)),
    ("part", [0.1, 0.2], "slider", (0.1, 0.2)),
    ("money", [Decimal("0.5"), Decimal("0.25")], "slider", (Decimal("0.25"), Decimal("0.5"))),
    ("on", [True, False], "switch", (False, True)),
    ("on", [True], "list", (True,)),
    ("side", wb.space.choice("short", "long"), "list", ("short", "long")),
    ("name", ["b", "a"], "list", ("b", "a")),
    ("any", [1, "auto"], "list", (1, "auto")),
    ("count", wb.space.uniform(2, 6), "slider", (2, 3, 4, 5, 6)),
    ("count", wb.space.log_uniform(1, 4), "slider", (1, 2, 3, 4)),
)


@pytest.mark.parametrize(("name", "space", "kind", "stops"), KINDS)
def test_kind_and_places(name: str, space: object, kind: str, stops: tuple[object, ...]) -> None:
    found = control(name, space)
    assert (found.kind, found.stops) == (kind, stops)
    assert [type(stop) for stop in found.stops] == [type(stop) for stop in stops]


def test_between_two_numbers_the_places_are_round() -> None:
    """1.5 / 200 is 0.0075, and the next round step is 0.01."""
    assert control("part", wb.space.uniform(0.5, 2.0)).stops == tuple(n / 100 for n in range(50, 201))


def test_both_ends_are_places_even_where_no_step_reaches_them() -> None:
    """0.9 / 200 is 0.0045, so steps of 0.005 from 0.105 to 0.995."""
    stops = control("part", wb.space.uniform(0.1003, 0.9987)).stops
    assert (stops[0], stops[1], stops[-2], stops[-1]) == (0.1003, 0.105, 0.995, 0.9987)


def test_on_a_logarithmic_scale_places_stand_at_equal_ratios() -> None:
    stops = [float(str(stop)) for stop in control("part", wb.space.log_uniform(1, 10_000)).stops]
    assert (stops[0], stops[100], stops[-1], len(stops)) == (1.0, 100.0, 10_000.0, 201)
    ratios = [b / a for a, b in pairwise(stops)]
    assert max(ratios) / min(ratios) < 1.002


def test_many_whole_numbers_have_places_at_round_ones() -> None:
    stops = control("count", wb.space.uniform(3, 2003)).stops
    assert stops[:3] == (3, 10, 20)
    assert stops[-2:] == (2000, 2003)


PLACES = (
    ("count", range(5, 51), 20, 15),
    ("count", range(5, 51), 2, 0),
    ("count", range(5, 51), 99, 45),
    ("count", [10, 20, 40], 31, 2),
    ("on", [False, True], True, 1),
    ("side", wb.space.choice("short", "long"), "long", 1),
    ("any", [True, 1], 1, 1),
    ("any", [None, "auto"], "else", 0),
)


@pytest.mark.parametrize(("name", "space", "value", "place"), PLACES)
def test_place_of_a_value(name: str, space: object, value: object, place: int) -> None:
    assert control(name, space).place(value) == place


STARTS = (
    ("count", range(5, 51), 20),
    ("count", range(30, 51), 30),
    ("part", wb.space.uniform(0.1, 0.9), 0.5),
    ("part", wb.space.uniform(0.6, 0.9), 0.6),
    ("name", ["b", "c"], "b"),
)


@pytest.mark.parametrize(("name", "space", "start"), STARTS)
def test_begins_with_what_the_strategy_has_or_the_nearest(name: str, space: object, start: object) -> None:
    assert starts_of(Many(), (control(name, space),)) == {name: start}


def test_a_value_between_two_places_is_kept_as_it_is() -> None:
    assert control("part", wb.space.uniform(0, 1)).checked(Many(), 0.123456) == 0.123456


REFUSED = (
    ("count", range(5, 51), 60, r"count=60 is not in range\(5, 51\), which is explored; the nearest is 50"),
    ("count", range(5, 51), "x", "count of Many must be an int, got 'x'"),
    ("part", wb.space.uniform(0, 1), 1.5, r"part=1.5 is not in uniform\(0, 1\), which is explored; the nearest is 1.0"),
    ("side", ["long"], "short", r"side='short' is not in \['long'\], which is explored; the nearest is 'long'"),
)


@pytest.mark.parametrize(("name", "space", "value", "message"), REFUSED)
def test_refuses_what_the_space_does_not_hold(name: str, space: object, value: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        control(name, space).checked(Many(), value)


def test_refuses_more_values_than_a_slider_has_places_for() -> None:
    with pytest.raises(
        ParameterError, match=r"at most 10,000; give fewer, or write count=wb.space.uniform\(0, 10000\)"
    ):
        control("count", range(10_001))
