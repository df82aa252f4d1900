"""The browser's part of the views, as text: a module for each widget with everything it uses, made with the package.

The one idea: nothing is fetched when it runs, so the modules travel inside the package.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import Final
from zlib import compress

from workbench.errors import UnsupportedError

__all__ = ["carried", "licences", "module"]

# What a notebook waits for only a moment is here at once; what takes longer is imported when something is to be shown.
UNPACKING: Final = """\
/* {notice} */
async function unpacked() {{
  const bytes = Uint8Array.from(atob("{block}"), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const script = new Blob([await new Response(stream).arrayBuffer()], {{ type: "text/javascript" }});
  const place = URL.createObjectURL(script);
  const {{ default: shown }} = await import(place);
  URL.revokeObjectURL(place);
  return shown;
}}
async function render(given) {{
  const isSeen = given.el.isConnected;
  const shown = await unpacked();
  const isGone = isSeen && !given.el.isConnected; // A page that has gone on meanwhile wants nothing here.
  return isGone ? () => {{}} : shown.render(given);
}}
export default {{ render }};
"""
NOTICE: Final = "workbench, with TradingView Lightweight Charts (Apache-2.0, https://www.tradingview.com)"


@cache
def module(name: str = "replay") -> str:
    """The module of a widget, which exports `render` as anywidget wants it.

    Raises:
        UnsupportedError: it was never built, as in a checkout that is not installed.
    """
    return _text(f"{name}.js")


@cache
def carried(name: str = "replay") -> str:
    """The same module, deflated inside of one that unpacks it: a saved notebook keeps the text of its widgets."""
    block = b64encode(compress(module(name).encode(), 9)).decode()
    return UNPACKING.format(notice=NOTICE, block=block)


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
