"""The browser's part of the views, as text: a module for each widget with everything it uses, made with the package.

The one idea: nothing is fetched when it runs, so the modules travel inside the package.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from workbench.errors import UnsupportedError

__all__ = ["licences", "module"]


@cache
def module(name: str = "replay") -> str:
    """The module of a widget, which exports `render` as anywidget wants it.

    Raises:
        UnsupportedError: it was never built, as in a checkout that is not installed.
    """
    return _text(f"{name}.js")


@cache
def licences() -> str:
    """The licences of the libraries that are inside the modules."""
    return _text("LICENSES.txt")


def _text(name: str) -> str:
    try:
        return files("workbench.views").joinpath("bundle", name).read_text("utf-8")
    except OSError as error:
        raise UnsupportedError(
            "the browser's part of workbench is missing; install the package, which builds it: pip install ."
        ) from error
