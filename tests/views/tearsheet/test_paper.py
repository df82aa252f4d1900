"""The tearsheet as a PDF: whole, the same bytes each time, nothing fetched, and a word where WeasyPrint is missing."""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from workbench.errors import StorageError, UnsupportedError
from workbench.market import simulate
from workbench.views.tearsheet import Tearsheet, paper

from ..made import MadeRun, made_run


def can_set() -> bool:
    """WeasyPrint finds Pango, which is a library of the system."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


TITLES = (
    "Cross", "Equity", "Monthly returns", "VaR 95%", "Long and short", "Turnover by month", "Costs by kind",
    "Profit by cause", "Provenance", "Cell that makes this run again",
)  # fmt: skip
needs_pango = pytest.mark.skipif(not can_set() and not os.environ.get("CI"), reason="WeasyPrint needs Pango")


@pytest.fixture(scope="module")
def short() -> MadeRun:
    return made_run(simulate.bars("X", every="1d", n=120, seed=3), stride=20)


@pytest.fixture(scope="module")
def made(short: MadeRun) -> bytes:
    return paper.pdf(Tearsheet.of(short).facts)


@needs_pango
def test_every_section_is_there_with_its_figures(short: MadeRun, made: bytes) -> None:
    document = pypdfium2.PdfDocument(made)
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    text = "\n".join(pages)
    for words in (*TITLES, f"{short.final_equity:f} USD"):
        assert words in text, words
    assert all(f"{number} / {len(pages)}" in page for number, page in enumerate(pages, 1))
    days = short.equity["session"]
    assert all(f"Cross, {days[0]} to {days[-1]}, 120 sessions" in page for page in pages)
    assert "mean / sample deviation" not in text  # explanations open on a screen only


@needs_pango
def test_the_same_run_gives_the_same_bytes(short: MadeRun, made: bytes, tmp_path: Path) -> None:
    sheet = Tearsheet.of(short)
    assert sheet.to_pdf(tmp_path / "sheet.pdf").read_bytes() == made
    with pytest.raises(StorageError, match=r"cannot write .*: No such file or directory"):
        sheet.to_pdf(tmp_path / "nowhere" / "sheet.pdf")


@needs_pango
def test_months_keep_their_colours(made: bytes) -> None:
    document = pypdfium2.PdfDocument(made)
    images = [page.render(scale=1).to_pil().convert("RGB") for page in document]
    colours = {colour for image in images for _, colour in image.getcolors(image.width * image.height)}
    document.close()
    strongest = (paper.mixed("#16794a", 62), paper.mixed("#c2412d", 62))
    assert any(tuple(bytes.fromhex(colour[1:])) in colours for colour in strongest)


def test_without_weasyprint_it_says_what_to_install(short: MadeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "weasyprint":
            raise ImportError("No module named 'weasyprint'")
        return found(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UnsupportedError, match=r"to_pdf needs WeasyPrint, .* pip install 'workbench\[pdf\]'"):
        paper.pdf(Tearsheet.of(short).facts)


def test_nothing_is_fetched() -> None:
    with pytest.raises(UnsupportedError, match="a tearsheet fetches nothing, but it asked for http"):
        paper._refuse("http://127.0.0.1/x.css")
