"""A replay as one file that needs no network and no Python.

The one idea: the columns stand in the page as text, a block for each asset that can be drawn, and of a long run further
ones for its parts.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from workbench.views.browser import licences, module
from workbench.views.pages import head

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["replay_page"]


def replay_page(title: str, assets: Mapping[str, Mapping[str, bytes]], cursor: int) -> str:
    """The page.

    Args:
        title: what the page is called.
        assets: the blocks, as `Parts.in_file` gives them, of each asset that can be drawn; the first one is.
        cursor: the slice that is shown first.
    """
    main = f'<main class="wb-replay-page" data-cursor="{cursor}"></main>'
    data = "".join(_data(asset, part, block) for asset, blocks in assets.items() for part, block in blocks.items())
    kept = f'<script type="text/plain" id="wb-replay-licences">{licences()}</script>'
    code = f'<script type="module">{module().replace("</script", "<" + chr(92) + "/script")}</script>'
    return f'{head(title, "replay")}<body class="wb-page">{main}{data}{kept}{code}</body></html>\n'


def _data(asset: str, part: str, block: bytes) -> str:
    kind = f'class="wb-replay-data" data-asset="{escape(asset)}" data-part="{part}"'
    return f'<script type="text/plain" {kind}>{b64encode(block).decode()}</script>'
