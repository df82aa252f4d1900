"""What was found out about a file before it was read: encoding, delimiter, dates, numbers; shown, and to be overruled.

The one idea: each finding names the keyword that overrules it, so the report is also the manual.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from workbench._types import Notice
from workbench.market.aligned import aligned

__all__ = ["Detected", "FileReport"]

HEADS: Final = ("what", "value", "how", "overrule with")


@dataclass(frozen=True, slots=True)
class Detected:
    """One finding: what, its value, whether it was detected, given or is the default, and the keyword that sets it.

    `usual` findings are those of a plain file and need no remark.

    Example:
        >>> Detected("delimiter", ";", "detected", "delimiter=", usual=False).value
        ';'
    """

    what: str
    value: str
    how: Literal["detected", "given", "default"]
    keyword: str
    usual: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class FileReport:
    """How one file was read, as a small table.

    Example:
        >>> report = FileReport("prices.csv", 2, (Detected("delimiter", "';'", "detected", "delimiter="),))
        >>> report
        prices.csv: 2 rows
        what       value  how       overrule with
        delimiter  ';'    detected  delimiter=
    """

    file: str
    rows: int
    found: tuple[Detected, ...]

    def __getitem__(self, what: str) -> str:
        return next(each.value for each in self.found if each.what == what)

    def __repr__(self) -> str:
        cells = [HEADS, *((d.what, d.value, d.how, d.keyword) for d in self.found)]
        return "\n".join([f"{self.file}: {self.rows:,} rows", *aligned(cells, texts=range(len(HEADS)))])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        left = ' style="text-align:left"'  # notebooks set numbers, and so everything, to the right
        head = "".join(f"<th{left}>{name}</th>" for name in HEADS)
        rows = "".join(
            "<tr>" + "".join(f"<td{left}>{escape(cell)}</td>" for cell in (d.what, d.value, d.how, d.keyword)) + "</tr>"
            for d in self.found
        )
        title = f"<p><strong>{escape(self.file)}</strong>: {self.rows:,} rows</p>"
        html = f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return {"text/plain": repr(self), "text/html": html}

    def remarks(self) -> tuple[Notice, ...]:
        """One notice with the findings that are out of the ordinary, if there are any.

        Example:
            >>> odd = Detected("delimiter", "';'", "detected", "delimiter=", usual=False)
            >>> print(FileReport("prices.csv", 2, (odd,)).remarks()[0])
            prices.csv was read with delimiter ';': overrule with delimiter= if that is wrong
        """
        odd = [d for d in self.found if d.how == "detected" and not d.usual]
        if not odd:
            return ()
        text = f"{self.file} was read with " + ", ".join(f"{d.what} {d.value}" for d in odd)
        words = ", ".join(dict.fromkeys(d.keyword for d in odd))
        return (Notice("file", len(odd), text, f"overrule with {words} if that is wrong"),)
