"""The app of `workbench app`: the saved runs of a folder, and what one of them, or two, look like.

The one idea: the list is a component of ours that says which run was chosen; below it stands what a notebook would
show.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Protocol

import panel as pn
import traitlets

from workbench.analytics.metrics import RANKED, written
from workbench.errors import ParameterError, WorkbenchError
from workbench.views.apps.component import component
from workbench.views.theme import night, rules, style
from workbench.views.widget import Widget

__all__ = ["Shelved", "browser", "serve"]

HOST: Final = "127.0.0.1"
SYNCED: Final = {"chosen": "run", "versus": "versus", "tab": "show", "sought": "seek"}


class Saved(Protocol):
    """A run of the list; see `workbench.research.shelf.Saved`."""

    name: str
    saved: datetime
    about: Mapping[str, Any]
    trouble: str


class Shelved(Protocol):
    """Where the runs are; see `workbench.research.shelf.Shelf`."""

    @property
    def folder(self) -> Path:
        """The folder that they are in."""

    def runs(self) -> list[Any]:
        """Every run as it is now."""

    def load(self, name: str) -> Any:
        """One of them, whole."""

    def compare(self, base: str, other: str) -> Any:
        """Two of them side by side."""


class ShelfWidget(Widget):
    """The list: what is told to the browser once, and what is chosen there."""

    _esm = files("workbench.views.apps").joinpath("shelf.js").read_text("utf-8")
    _css = rules("shelf")

    told = traitlets.Unicode().tag(sync=True)
    sought = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    versus = traitlets.Unicode().tag(sync=True)
    tab = traitlets.Unicode("tearsheet").tag(sync=True)


def serve(shelf: Shelved, *, port: int, show: bool, ready: Callable[[], object]) -> None:
    """Serve the app on this machine alone, until it is stopped.

    Raises:
        ParameterError: something answers at that port already.
    """
    _refuse_taken(port)
    ready()
    pn.serve(  # type: ignore[no-untyped-call]
        {"/": lambda: browser(shelf)},
        address=HOST,
        port=port,
        show=show,
        title=f"workbench: {shelf.folder.name}",
        verbose=False,
        websocket_origin=[f"{HOST}:{port}", f"localhost:{port}"],
    )


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ParameterError(
                f"port {port} of this machine cannot be used: {error.strerror}; give another one"
            ) from error


def browser(shelf: Shelved) -> pn.Column:
    """The page of one visitor: the list, and what was chosen in it; the address keeps the choice."""
    widget = ShelfWidget(told=_told(shelf))
    listed = component(widget)
    below = pn.Column(sizing_mode="stretch_width", min_height=400, margin=(14, 0, 40, 0))
    widget.observe(lambda _: _show(shelf, widget, below), ["chosen", "versus", "tab"])
    if pn.state.location:
        pn.state.location.sync(listed, SYNCED)
    _show(shelf, widget, below)
    return pn.Column(listed, below, sizing_mode="stretch_width", max_width=1440, styles={"margin": "0 auto"})


def _told(shelf: Shelved) -> str:
    figures = {name: {"label": each.label, "unit": each.unit} for name, each in RANKED.items()}
    told = {"folder": str(shelf.folder), "figures": figures, "theme": pn.config.theme}
    return json.dumps({**told, "rows": [_row(each) for each in shelf.runs()]})


def _row(run: Saved) -> dict[str, Any]:
    plain = {"name": run.name, "saved": f"{run.saved:%Y-%m-%d %H:%M}", "trouble": run.trouble}
    if run.trouble:
        return plain
    figures = run.about["figures"]
    listed = ", ".join(f"{name}={value}" for name, value in run.about["parameters"].items())
    joined = {"assets": ", ".join(run.about["assets"]), "parameters": listed}
    return {**run.about, **plain, **joined, "texts": {name: written(name, value) for name, value in figures.items()}}


def _show(shelf: Shelved, widget: ShelfWidget, below: pn.Column) -> None:
    """What is wanted of the chosen run; what cannot be shown says why."""
    if not widget.chosen:
        below.objects = []
        return
    try:
        below.objects = [SHOWN[widget.tab](shelf, widget)]
    except WorkbenchError as error:
        below.objects = [
            _html(f'{style()}<div class="wb"><p class="wb-note" role="alert">{escape(str(error))}</p></div>')
        ]


def _tearsheet(shelf: Shelved, widget: ShelfWidget) -> pn.viewable.Viewable:
    return _html(shelf.load(widget.chosen).tearsheet()._repr_mimebundle_()["text/html"])


def _replay(shelf: Shelved, widget: ShelfWidget) -> pn.viewable.Viewable:
    replay: pn.viewable.Viewable = shelf.load(widget.chosen).replay().__panel__()
    return replay


def _compare(shelf: Shelved, widget: ShelfWidget) -> pn.viewable.Viewable:
    if not widget.versus:
        return _tearsheet(shelf, widget)
    return _html(shelf.compare(widget.chosen, widget.versus)._repr_mimebundle_()["text/html"])


SHOWN: Final[Mapping[str, Callable[[Shelved, ShelfWidget], pn.viewable.Viewable]]] = {
    "tearsheet": _tearsheet,
    "replay": _replay,
    "compare": _compare,
}


def _html(text: str) -> pn.pane.HTML:
    """Static pictures, by day or by night."""
    dark = f"<style>{night()}</style>" if pn.config.theme == "dark" else ""
    return pn.pane.HTML(text + dark, sizing_mode="stretch_width")  # type: ignore[no-untyped-call]
