"""The tearsheet on paper: the page as PDF, every section one after the other.

The one idea: the same HTML with a style sheet of its own, set by WeasyPrint; what is there for a pointer is left out.
Nothing is fetched, and no time is written into the file.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from workbench.errors import UnsupportedError
from workbench.views.summary import span
from workbench.views.tables import HEAT_MAX
from workbench.views.tearsheet.facts import Facts
from workbench.views.tearsheet.page import render
from workbench.views.theme import ROLES, sheet

__all__ = ["pdf"]

POINTED_AT: Final = re.compile(r'<div class="wb-(?:hits|spots)".*?</div>', re.DOTALL)
WHITE: Final = "#ffffff"


def pdf(facts: Facts) -> bytes:
    """The tearsheet as a PDF.

    Raises:
        UnsupportedError: WeasyPrint, or a library of the system that it needs, is missing.
    """
    page = POINTED_AT.sub("", render(facts)).replace("</head>", f"<style>{_style(facts)}</style></head>", 1)
    with _quiet():
        try:
            from weasyprint import HTML
        except (ImportError, OSError) as error:
            raise UnsupportedError(
                f"to_pdf needs WeasyPrint, which is not there ({error}): pip install 'workbench[pdf]', and on Linux "
                "Pango from the system, such as apt install libpango-1.0-0 libpangoft2-1.0-0; to_html works without"
            ) from error
        document = HTML(string=page, url_fetcher=_refuse)
        made: bytes = document.write_pdf()
    return made


def _style(facts: Facts) -> str:
    """The sheet for paper, the run's name for the foot of each page, and the heat of months as plain colours."""
    foot = "".join(f"\\{ord(letter):x} " for letter in f"{facts.run.name}, {span(facts.run)}")
    heat = "".join(
        f'.wb-sheet .wb-months .{name}[style="--heat:{part}"]{{background:{mixed(ROLES[role].light, part)}}}'
        for name, role in (("wb-gained", "gain"), ("wb-lost", "loss"))
        for part in range(int(HEAT_MAX) + 1)
    )
    return f'{sheet("paper")}.wb-sheet h1{{string-set:whole "{foot}"}}{heat}'


def mixed(colour: str, part: int) -> str:
    """So many hundredths of a colour on white, as `color-mix` does it in the browser.

    Example:
        >>> mixed("#000000", 20)
        '#cccccc'
    """
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(WHITE[1:]), strict=True)
    return "#" + bytes(round((own * part + other * (100 - part)) / 100) for own, other in pairs).hex()


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    raise UnsupportedError(f"a tearsheet fetches nothing, but it asked for {url}; please report it")


@contextmanager
def _quiet() -> Iterator[None]:
    """The browser's part of the style sheet is unknown on paper, which needs no word about each rule."""
    log = logging.getLogger("weasyprint")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
