"""A replay as a component of Panel: what is set on either side is heard on the other."""

from __future__ import annotations

import panel as pn
import pytest

from workbench.errors import TimeError
from workbench.market.catalog import sample
from workbench.research import demo
from workbench.research.backtest import Backtest
from workbench.research.demo import run
from workbench.views.apps.component import shared
from workbench.views.replay import Replay
from workbench.views.replay.widget import ReplayWidget


@pytest.fixture
def replay() -> Replay:
    return run().replay()


def test_panel_takes_a_replay_as_it_is(replay: Replay) -> None:
    shown = pn.Column(replay)[0]
    assert type(shown) is type(pn.panel(replay))
    assert isinstance(shown, pn.custom.AnyWidgetComponent)
    assert shown.data == replay._data


def test_what_is_shared_are_the_columns_and_the_cursor() -> None:
    assert {"data", "cursor"} <= set(shared(ReplayWidget))
    assert [name for name in shared(ReplayWidget) if name.startswith("_")] == []


def test_the_browser_moves_the_cursor(replay: Replay) -> None:
    heard: list[object] = []
    replay.on_move(lambda ctx: heard.append(ctx.session))
    pn.panel(replay).cursor = 5
    assert replay.at.session == run().equity["session"][5]
    assert heard == [replay.at.session]


def test_python_moves_the_cursor_of_every_component(replay: Replay) -> None:
    shown, another = pn.panel(replay), pn.panel(replay)
    replay.at = "2008-10-10"
    assert {shown.cursor, another.cursor} == {replay._cursor}
    with pytest.raises(TimeError):
        replay.at = "1990-01-01"
    assert shown.cursor == replay._cursor


@pytest.mark.parametrize(("theme", "has_night"), [("default", False), ("dark", True)])
def test_is_light_or_dark_as_panel_is(
    replay: Replay, theme: str, has_night: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pn.config, "theme", theme)
    (sheet,) = pn.panel(replay).stylesheets
    assert (
        "--wb-ground:var(--jp-layout-color0,var(--vscode-editor-background,var(--panel-background-color,#10151d)))"
        in sheet
    ) is has_night


def test_nothing_is_to_be_fetched(replay: Replay) -> None:
    properties = pn.panel(replay)._get_properties(None)
    assert properties["importmap"] == {}
    assert properties["esm"] == replay._widget._esm


def test_messages_go_both_ways(replay: Replay) -> None:
    shown, sent = pn.panel(replay), []
    replay._widget.hosts.append(sent.append)
    shown._handle_msg({"ask": "what"})
    assert sent == [{"answer": "what"}]


def test_an_exploration_is_a_component_too() -> None:
    explore = Backtest(demo.Cross(), sample()["IBM"].since("2010-01-01")).explore(fast=range(5, 51))
    shown = pn.panel(explore)
    assert shown.places == explore._stage.widget.places
    explore.params = {"fast": 12}
    assert (shown.places, shown.shown) == (explore._stage.widget.places, explore._stage.widget.shown)
