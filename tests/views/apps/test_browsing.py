"""The app: what its list is told, what is shown of the chosen run, and what it says where that is not possible."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import panel as pn
import pytest

from workbench.errors import ParameterError
from workbench.research import demo
from workbench.research.shelf import Shelf
from workbench.views.apps.browsing import browser, serve


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("runs")
    for name in ("first", "second", "torn"):
        demo.run().save(folder / name)
    (folder / "torn" / "fills.parquet").unlink()
    return Shelf(folder)


def shown(page: pn.Column) -> str:
    """The HTML below the list."""
    return "".join(each.object for each in page[1].select(pn.pane.HTML))


def test_the_list_is_told_what_the_runs_say(shelf: Shelf) -> None:
    told = json.loads(browser(shelf)[0].told)
    assert [row["name"] for row in told["rows"]] == ["first", "second", "torn"]
    first, _, torn = told["rows"]
    run = demo.run()
    assert (first["parameters"], first["assets"]) == ("fast=20, slow=100", "AAPL")
    assert first["texts"]["final_equity"] == f"{run.final_equity:,.2f}"
    assert first["texts"]["sharpe"] == f"{run.metrics.sharpe:,.2f}"
    assert set(torn) == {"name", "saved", "trouble"}
    assert "fills.parquet is missing" in torn["trouble"]
    assert told["figures"]["max_drawdown"] == {"label": "Max drawdown", "unit": "percent"}


def test_nothing_is_shown_until_a_run_is_chosen(shelf: Shelf) -> None:
    page = browser(shelf)
    assert len(page[1]) == 0
    page[0].chosen = "first"
    assert "Max drawdown" in shown(page)
    page[0].chosen = ""
    assert len(page[1]) == 0


def test_each_tab_shows_what_a_notebook_shows(shelf: Shelf) -> None:
    page = browser(shelf)
    page[0].param.update(chosen="first", tab="replay")
    (replay,) = page[1].select(pn.custom.AnyWidgetComponent)
    assert replay.cursor == demo.run().equity.height - 1
    page[0].param.update(versus="second", tab="compare")
    assert "nothing differs" in shown(page)
    page[0].versus = ""
    assert "wb-sheet" in shown(page)
    assert "nothing differs" not in shown(page)


def test_what_cannot_be_shown_says_why(shelf: Shelf) -> None:
    page = browser(shelf)
    page[0].chosen = "torn"
    assert "fills.parquet is missing; the folder is no complete saved run" in shown(page)
    page[0].chosen = "<b>gone</b>"
    assert "there is no saved run &lt;b&gt;gone&lt;/b&gt;" in shown(page)
    page[0].chosen = "second"
    assert 'role="alert"' not in shown(page)


@pytest.mark.parametrize("theme", ["default", "dark"])
def test_pictures_are_light_or_dark_as_panel_is(shelf: Shelf, theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pn.config, "theme", theme)
    page = browser(shelf)
    page[0].chosen = "first"
    assert shown(page).endswith("</style>") is (theme == "dark")
    assert json.loads(page[0].told)["theme"] == theme


def test_a_port_that_is_taken_is_refused(shelf: Shelf) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ParameterError, match=f"port {port} of this machine cannot be used"):
            serve(shelf, port=port, show=False, ready=lambda: pytest.fail("it is not ready"))


def test_a_folder_without_runs_is_an_empty_list(tmp_path: Path) -> None:
    assert json.loads(browser(Shelf(tmp_path))[0].told)["rows"] == []
