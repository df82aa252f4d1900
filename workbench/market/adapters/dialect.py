"""How a text file is laid out: encoding, delimiter, quotes and header, told from its first lines.

The one idea: a delimiter is the sign that cuts most lines into the same number of fields; a header is a first line
without any number or date.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.errors import BarsError, ParameterError, StorageError
from workbench.market.adapters.dates import candidates
from workbench.market.adapters.numerals import MISSING

__all__ = ["Dialect", "dialect_of", "opened"]

SAMPLE_BYTES: Final = 1 << 18
LINES: Final = 100
FIELDS_LEAST: Final = 4
AGREEING_LEAST: Final = 0.5
DELIMITERS: Final = ("\t", ";", "|", ",")
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GZIP: Final = b"\x1f\x8b"
NUMBER: Final = re.compile(r"[+-]?[$€£¥]?[\d][\d.,'\u2019 \u00a0]*(?:[eE][+-]?\d+)?")
POSITIONS: Final = {
    5: ("open_time", "open", "high", "low", "close"),
    6: ("open_time", "open", "high", "low", "close", "volume"),
    7: ("date", "time", "open", "high", "low", "close", "volume"),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """The layout of a text file, with the names of its columns and a few of its rows."""

    encoding: str
    delimiter: str
    quote: str
    header: bool
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    skipped: int  # lines before the first row of values

    def cells(self, name: str) -> list[str]:
        """The cells of one column in the rows looked at.

        Example:
            >>> Dialect("utf-8", ",", '"', True, ("a", "b"), (("1", "2"), ("3",)), 1).cells("b")
            ['2', '']
        """
        at = self.names.index(name)
        return [row[at] if at < len(row) else "" for row in self.rows]


def dialect_of(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    header: bool | None = None,
    skip_lines: int = 0,
    names: tuple[str, ...] = (),
) -> Dialect:
    r"""The layout of a file; what is given is not looked for.

    Args:
        path: the file, which may be compressed by gzip.
        encoding: such as "utf-8" or "cp1252".
        delimiter: the sign between fields.
        quote: the sign around fields that hold a delimiter.
        header: whether the first line names the columns.
        skip_lines: lines before the header.
        names: names of the columns where there is no header.

    Raises:
        StorageError: the file cannot be read.
        BarsError: it is empty, or not in that encoding.
        ParameterError: an encoding that does not exist.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "abc.csv"
        ...     _ = path.write_text("Datum;Open;High;Low;Close\n29.02.2024;1,5;1,5;1,5;1,5\n")
        ...     dialect_of(path).delimiter
        ';'
    """
    raw = opened(path, SAMPLE_BYTES)
    encoding = encoding or _encoding(raw)
    text = _decoded(raw, encoding, path)
    if len(raw) == SAMPLE_BYTES:
        text = text[: text.rfind("\n") + 1] or text
    lines = text.splitlines()[skip_lines : skip_lines + LINES]
    empty = next((i for i, line in enumerate(lines) if line.strip()), None)
    if empty is None:
        raise BarsError(f"{path.name} is not a readable CSV file: it is empty")
    mark = delimiter or _delimiter(lines, quote or '"')
    sign = quote or _quote(lines, mark)
    rows = _rows(lines, mark, sign)
    titled = not any(map(_is_value, rows[0])) if header is None else header
    width = max([len(rows[0]), *(n for n, _ in Counter(map(len, rows)).most_common(1))])
    labels = _titles(rows[0], width) if titled else _positions(path, width, names)
    body = tuple(map(tuple, rows[1:] if titled else rows))
    return Dialect(encoding, mark, sign, titled, labels, body, skip_lines + empty + titled)


def opened(path: Path, most: int = -1) -> bytes:
    """The bytes of a file, unpacked where it is packed by gzip; at most the first `most`.

    Raises:
        StorageError: the file is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            return file.read(most)
    except (OSError, EOFError) as error:
        raise StorageError(f"{path} cannot be read: {error}; see who may read it") from error


def _encoding(raw: bytes) -> str:
    for mark, name in MARKS:
        if raw.startswith(mark):
            return name
    if raw[1::2].count(0) > len(raw) // 4:
        return "utf-16-le"
    if raw[::2].count(0) > len(raw) // 4:
        return "utf-16-be"
    for name in ("utf-8", "cp1252"):
        try:
            codecs.getincrementaldecoder(name)().decode(raw)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def _decoded(raw: bytes, encoding: str, path: Path) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(raw)
    except LookupError as error:
        raise ParameterError(f"encoding={encoding!r} is no encoding; write 'utf-8', 'utf-16' or 'cp1252'") from error
    except UnicodeError as error:
        raise BarsError(f"{path.name} is not written in {encoding}: {error}; give its encoding=") from error


def _delimiter(lines: list[str], quote: str) -> str:
    """The first sign that cuts most lines into as many fields; failing that, the one that makes most fields."""
    scores = {}
    for sign in DELIMITERS:
        counts = Counter(map(len, _rows(lines, sign, quote)))
        fields, agreeing = counts.most_common(1)[0]
        if fields >= FIELDS_LEAST and agreeing >= AGREEING_LEAST * counts.total():
            return sign
        scores[sign] = fields
    return max(reversed(DELIMITERS), key=lambda sign: scores[sign])


def _quote(lines: list[str], delimiter: str) -> str:
    cut = re.escape(delimiter)
    single = re.compile(rf"(?:^|{cut})'[^']*'(?:$|{cut})")
    return "'" if not any('"' in line for line in lines) and any(map(single.search, lines)) else '"'


def _rows(lines: list[str], delimiter: str, quote: str) -> list[list[str]]:
    try:
        return list(csv.reader((line for line in lines if line.strip()), delimiter=delimiter, quotechar=quote))
    except csv.Error as error:
        raise BarsError(f"this is not a readable CSV file: {error}; give the file that holds text") from error


def _is_value(cell: str) -> bool:
    text = cell.strip()
    if text.lower() in MISSING:
        return False
    return bool(NUMBER.fullmatch(text)) or candidates([text]) != ()


def _titles(first: list[str], width: int) -> tuple[str, ...]:
    """Names as they stand there, each once; a second one of the same name is told apart by its number."""
    seen: Counter[str] = Counter()
    titles = []
    for title in (*(cell.strip() for cell in first), *(f"unnamed_{i}" for i in range(len(first), width))):
        titles.append(f"{title}_duplicate_{seen[title]}" if seen[title] else title)
        seen[title] += 1
    return tuple(titles)


def _positions(path: Path, width: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names by position: those given, else the usual order of time, open, high, low, close, volume."""
    usual = names or POSITIONS.get(width, ())
    if not usual or len(usual) > width:
        given = f"{len(names)} names for" if names else "no names in"
        raise BarsError(
            f"{path.name} has {given} {width} columns; name them in order: columns=['date', 'open', 'high', ...]"
        )
    return usual + tuple(f"unnamed_{i}" for i in range(len(usual), width))
