"""CSV files: one, or a folder with one for each asset, in whatever layout, read by one pass of Polars.

The one idea: what the first rows tell (delimiter, encoding, dates, numbers) becomes an explicit schema, so that the
whole is read once; when a later row does not fit it, all is read as text and told by every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench._types import Notice
from workbench.errors import BarsError, ParameterError
from workbench.market.adapters import dates, numerals
from workbench.market.adapters.dialect import Dialect, dialect_of, opened
from workbench.market.adapters.files import Files
from workbench.market.adapters.report import Detected
from workbench.market.adapters.tables import Table, mapped, settled, time_of
from workbench.market.columns import NUMBERS

__all__ = ["Csv", "schema_of"]

READ_AS_IT_IS: Final = ("utf-8", "utf-8-sig", "utf8", "ascii")
UNNAMED: Final = ("", "index")


@dataclass(frozen=True, kw_only=True)
class Csv(Files):
    r"""CSV files as a source; every layout is detected, and overruled by its keyword.

    Args:
        path: a file (also .gz), a folder of files named as their assets, or a pattern such as "prices/*.csv".
        asset: the asset of a single file; None takes its asset column, else the file's name.
        delimiter: the sign between fields.
        encoding: such as "utf-8", "utf-16" or "cp1252".
        quote: the sign around fields that hold a delimiter.
        header: whether the first line names the columns.
        skip_lines: lines before that.
        columns: their names -> ours; without a header a list of ours by position.
        date_format: "iso", "us", "eu", "yyyymmdd", "epoch_s" (ms, us, ns), or a format such as "%d.%m.%Y %H:%M".
        decimal: the sign before the decimals.
        thousands: the sign between thousands, or "".
        tz: time zone of naive times.
        missing: rows without a price: "fail", "skip" or "interpolate".

    Raises:
        ParameterError: an option that makes no sense.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "ABC.csv"
        ...     _ = path.write_text("Date;Open;High;Low;Close\n29.02.2024;1,5;1,75;1,25;1,5\n")
        ...     Csv(path).fetch("ABC").row(0)
        (datetime.date(2024, 2, 29), 1.5, 1.75, 1.25, 1.5, None)
    """

    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    header: bool | None = None
    skip_lines: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for what in ("delimiter", "quote"):
            sign = getattr(self, what)
            if sign is not None and (not isinstance(sign, str) or len(sign) != 1 or not sign.isascii()):
                raise ParameterError(f"{what}={sign!r}: give one sign, such as ';'")
        if isinstance(self.skip_lines, bool) or not isinstance(self.skip_lines, int) or self.skip_lines < 0:
            raise ParameterError(f"skip_lines={self.skip_lines!r}: give a whole number from 0 on")
        if self.header not in (None, True, False):
            raise ParameterError(f"header={self.header!r}: give True or False")

    @property
    def endings(self) -> tuple[str, ...]:
        """How the names of such files end."""
        return (".csv", ".txt", ".tsv", ".csv.gz")

    def table(self, path: Path) -> Table:
        """One file read through and through."""
        layout = self._layout(path)
        names, remarks = self.named(layout)
        found = self._found(layout)
        guess = _types(layout, names, self)
        try:
            frame = _scanned(path, layout, names, guess)
        except pl.exceptions.PolarsError:
            frame = self._as_text(path, layout, names)
        table = settled(frame, self, path.name, found)
        return table._replace(notices=(*remarks, *table.notices))

    def named(self, layout: Dialect) -> tuple[dict[str, str], tuple[Notice, ...]]:
        """Their names -> ours of what is read, and a remark on the rest; a stricter kind of file says it here."""
        return mapped(schema_of(layout), self)

    def _layout(self, path: Path) -> Dialect:
        said: Any = () if self.columns is None or hasattr(self.columns, "keys") else tuple(self.columns)
        header = False if said and self.header is None else self.header
        given = {"encoding": self.encoding, "delimiter": self.delimiter, "quote": self.quote}
        return dialect_of(path, **given, header=header, skip_lines=self.skip_lines, names=said)

    def _as_text(self, path: Path, layout: Dialect, names: dict[str, str]) -> pl.DataFrame:
        try:
            return _scanned(path, layout, names, dict.fromkeys(names, pl.String()))
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            remedy = "give encoding='cp1252' or its own" if "utf-8" in reason else "see its delimiter= and quote="
            raise BarsError(f"{path.name} is not a readable CSV file: {reason}; {remedy}") from error

    def _found(self, layout: Dialect) -> list[Detected]:
        plain = {"encoding": READ_AS_IT_IS, "delimiter": (",",), "quote": ('"',), "header": (True,)}
        return [
            Detected(
                what,
                repr(getattr(layout, what)) if what in ("delimiter", "quote") else str(getattr(layout, what)),
                "detected" if getattr(self, what) is None else "given",
                f"{what}=",
                getattr(layout, what) in usual,
            )
            for what, usual in plain.items()
        ]


def schema_of(layout: Dialect) -> dict[str, pl.DataType]:
    """All columns as text, but for one without a name that holds dates, as pandas writes its index."""
    unnamed = [n for n in layout.names if n.lower() in UNNAMED and dates.candidates(layout.cells(n))]
    return {name: pl.Date() if name in unnamed else pl.String() for name in layout.names}


def _types(layout: Dialect, names: dict[str, str], options: Csv) -> dict[str, pl.DataType]:
    """What the first rows say the columns hold; text where they leave doubt."""
    joined = len(time_of(list(names.values()))) == 2 and "open_time" not in names.values()
    numbers = [theirs for theirs, our in names.items() if our in NUMBERS]
    simple = options.decimal in (None, ".") and not options.thousands
    simple = simple and all(_is_plain(cell) for name in numbers for cell in layout.cells(name))
    types: dict[str, pl.DataType] = {name: pl.String() for name in names}
    if simple:
        types |= dict.fromkeys(numbers, pl.Float64())
    for theirs, our in names.items():
        formats = dates.candidates(layout.cells(theirs), options.date_format)
        if our in ("open_time", "date", "time") and not joined and formats[:1] and formats[0].startswith("epoch"):
            types[theirs] = pl.String() if any("." in cell for cell in layout.cells(theirs)) else pl.Int64()
    return types


def _is_plain(cell: str) -> bool:
    return cell in ("", "NaN", "nan") or numerals.PLAIN.fits(cell)


def _scanned(path: Path, layout: Dialect, names: dict[str, str], types: dict[str, pl.DataType]) -> pl.DataFrame:
    """The wanted columns under our names, in one pass; the others are not even parsed."""
    schema = {f"column_{i}": types.get(name, pl.String()) for i, name in enumerate(layout.names)}
    wanted = [pl.col(f"column_{i}").alias(names[name]) for i, name in enumerate(layout.names) if name in names]
    text = _utf8(path, layout.encoding)
    scan = pl.scan_csv(
        text,
        has_header=False,
        separator=layout.delimiter,
        quote_char=layout.quote,
        skip_lines=layout.skipped,
        schema=schema,
        missing_columns="insert",
        raise_if_empty=False,
    )
    return scan.select(wanted).collect()


def _utf8(path: Path, encoding: str) -> Path | BytesIO:
    if encoding.lower() in READ_AS_IT_IS:
        return path
    try:
        return BytesIO(opened(path).decode(encoding).encode())
    except UnicodeError as error:
        raise BarsError(f"{path.name} is not written in {encoding}: {error}; give its encoding=") from error
