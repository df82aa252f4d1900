"""A widget of ours as a component of Panel, for `panel serve` and for apps.

The one idea: the widget stays the one that knows; each of its traits becomes a parameter of the component, and
whichever of the two is changed sets the other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import panel as pn
import param
import traitlets

from workbench.views.theme import night

if TYPE_CHECKING:
    from bokeh.document import Document

    from workbench.views.widget import Widget

__all__ = ["component"]

PARAMETERS: Final[dict[type, Any]] = {
    traitlets.Bool: param.Boolean,
    traitlets.Bytes: param.Bytes,
    traitlets.Dict: param.Dict,
    traitlets.Float: param.Number,
    traitlets.Int: param.Integer,
    traitlets.List: param.List,
    traitlets.Unicode: param.String,
}


class Hosted(pn.custom.AnyWidgetComponent):
    """A component whose module goes to the browser as it is, without the libraries that Panel would fetch for it."""

    __abstract = True
    hears: Callable[[object], object]

    def _handle_msg(self, data: object) -> None:
        self.hears(data)

    def tell(self, content: object) -> None:
        """Send a message to the browser."""
        self._send_msg(content)

    @classmethod
    def _process_importmap(cls) -> dict[str, Any]:
        return {}

    def _get_properties(self, doc: Document | None) -> dict[str, Any]:
        # A module that has a name of its own counts as bundled, and is not taken for TypeScript and translated.
        return {**super()._get_properties(doc), "bundle": sha256(str(self._esm).encode()).hexdigest()}


def component(widget: Widget) -> Hosted:
    """The component of Panel that shows a widget, by day or by night as Panel is."""
    kind: type = type(widget)
    names = shared(kind)
    values = {name: getattr(widget, name) for name in names}
    sheet = str(widget._css) + (night() if pn.config.theme == "dark" else "")
    shown = {"stylesheets": [sheet], "sizing_mode": "stretch_width", "margin": (5, 10)}
    made = _component_class(kind, str(widget._esm))(**values, **shown)
    made.param.watch(lambda *events: _tell(widget, events), list(names))
    widget.observe(lambda change: made.param.update(**{change["name"]: change["new"]}), list(names))
    made.hears = widget.hear
    widget.hosts.append(made.tell)
    _end_with_session(widget)
    return made


def shared(kind: type) -> dict[str, traitlets.TraitType[Any, Any]]:
    """The traits of a class of widgets that both sides have, without those that are the notebook's own."""
    own = [vars(each) for each in kind.mro() if each.__module__.startswith("workbench.")]
    traits = {name: trait for each in own for name, trait in each.items() if isinstance(trait, traitlets.TraitType)}
    return {name: trait for name, trait in traits.items() if trait.metadata.get("sync") and name[0] != "_"}


@cache
def _component_class(kind: type, module: str) -> type[Hosted]:
    """Panel makes a model of each class in the browser, so there is one for each kind of widget."""
    made = {name: PARAMETERS[type(trait)](allow_None=trait.allow_none) for name, trait in shared(kind).items()}
    return type(f"{kind.__name__}Component", (Hosted,), {"_esm": module, **made})


def _tell(widget: Widget, events: tuple[Any, ...]) -> None:
    for event in events:
        setattr(widget, event.name, event.new)


def _end_with_session(widget: Widget) -> None:
    """A widget is kept until it is closed; nobody in a server but its session would close it."""
    if pn.state.curdoc and pn.state.curdoc.session_context:
        pn.state.on_session_destroyed(lambda _: widget.close())
