"""A tearsheet read as its reader does: the figures and tables of the page as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "line", "path", "rect", "link"}


@dataclass
class Read(HTMLParser):
    """Cells by the name of their figure, and the tables of each section as rows of text."""

    figures: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[list[list[str]]]] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self._part = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self._open.append((tag, given))
        self._part = str(given.get("data-part") or self._part)
        if tag == "table":
            self.tables.setdefault(self._part, []).append([])
        if tag == "tr":
            self.tables[self._part][-1].append([])
        if tag in ("td", "th"):
            self.tables[self._part][-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _ in self._open]
        self.text.append(data)
        figure = next((str(given["data-figure"]) for _, given in self._open if "data-figure" in given), "")
        if figure and "dd" in inside and "small" not in inside:
            self.figures[figure] = self.figures.get(figure, "") + data.strip()
        if inside and inside[-1] in ("td", "th"):
            self.tables[self._part][-1][-1][-1] += data


def read(page: str) -> Read:
    found = Read()
    found.feed(page)
    return found


def number(text: str) -> Decimal:
    """What stands there, as it would be typed into a calculator: percents are divided."""
    plain = text.replace(",", "").replace("+", "")
    return Decimal(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
