"""How numbers are written in a file: 1234.5 and 1,234.5 and 1.234,5 and 1'234.5, told by all cells together.

The one idea: a style holds when every cell fits its grammar. Where two styles hold and read different values
("1,234" alone), nothing is guessed: it is refused until the caller says which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from workbench.errors import BarsError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MISSING", "PLAIN", "Numerals", "given", "numbers", "read", "tidied"]

MISSING: Final = ("", "na", "n/a", "#n/a", "nan", "null", "none", "-", "--", ".")
SIGNS: Final = r"^[$€£¥]|[\s\u00a0\u202f]+$|^[\s\u00a0\u202f]+"


class Numerals(NamedTuple):
    """The sign before the decimals and the sign between thousands; "" is none.

    Example:
        >>> Numerals(",", ".").label
        "'1.234,5'"
    """

    decimal: str = "."
    thousands: str = ""

    @property
    def label(self) -> str:
        """The style by an example."""
        return f"'1{self.thousands}234{self.decimal}5'"

    def fits(self, cell: str) -> bool:
        """Whether a cell is a number of this style.

        Example:
            >>> PLAIN.fits("12.5"), PLAIN.fits("12,5")
            (True, False)
        """
        return re.match(self.grammar, cell) is not None

    @property
    def grammar(self) -> str:
        """A regular expression that every number of this style fits."""
        point = re.escape(self.decimal)
        plain = rf"\d+(?:{point}\d*)?(?:[eE][+-]?\d+)?|{point}\d+"
        if not self.thousands:
            return rf"^[+-]?(?:{plain})$"
        group = r"[ \u00a0\u202f]" if self.thousands == " " else re.escape(self.thousands)
        return rf"^[+-]?(?:{plain}|\d{{1,3}}(?:{group}\d{{3}})+(?:{point}\d*)?)$"


PLAIN: Final = Numerals()
SAMPLE: Final = 1_000
STYLES: Final = (
    PLAIN,
    Numerals(","),
    Numerals(".", ","),
    Numerals(",", "."),
    *(Numerals(decimal, sign) for decimal in (".", ",") for sign in (" ", "'", "\u2019")),
)


def given(decimal: str | None, thousands: str | None) -> tuple[Numerals, ...]:
    """The styles that what the caller said leaves.

    Raises:
        ParameterError: a sign that is none of those in use, or the same for both.

    Example:
        >>> given(",", None)[0]
        Numerals(decimal=',', thousands='')
    """
    if decimal not in (None, ".", ","):
        raise ParameterError(f"decimal={decimal!r}: give '.' or ','")
    if thousands not in (None, "", *(style.thousands for style in STYLES)):
        raise ParameterError(f"""thousands={thousands!r}: give ',' or '.' or ' ' or "'" or '' for none""")
    left = tuple(s for s in STYLES if decimal in (None, s.decimal) and thousands in (None, s.thousands))
    if not left:
        raise ParameterError(f"decimal={decimal!r} and thousands={thousands!r} are the same; give two signs")
    return left


def tidied(column: pl.Series) -> pl.Series:
    """Text without spaces around it and without a currency sign; what stands for 'missing' is null.

    Example:
        >>> tidied(pl.Series([" $1.5 ", "n/a"])).to_list()
        ['1.5', None]
    """
    text = column.str.strip_chars().str.replace(SIGNS, "")
    known = text.to_frame("t").select(
        pl.when(pl.col("t").str.to_lowercase().is_in(MISSING)).then(None).otherwise(pl.col("t")).alias(column.name)
    )
    return known.to_series()


def read(columns: Sequence[pl.Series], styles: Sequence[Numerals]) -> tuple[Numerals, list[pl.Series]]:
    """Columns of text, as `tidied` gives them, as Float64, and the style in which all their cells are written.

    The first rows choose the style, which is right when every other cell fits it too; only when one does not, or when
    two styles are left, are all cells asked.

    Args:
        columns: the columns of numbers of one file.
        styles: those to choose from, the simplest first.

    Raises:
        BarsError: a cell that is no number, or cells that can all be read in two ways.

    Example:
        >>> style, columns = read([pl.Series("close", ["1.234,50", "12,25"])], STYLES)
        >>> style, columns[0].to_list()
        (Numerals(decimal=',', thousands='.'), [1234.5, 12.25])
    """
    first = _holding([column.head(SAMPLE) for column in columns], styles)
    if len({style.decimal for style in first}) == 1 or first[:1] == [PLAIN]:
        values = [_values(column, first[0]) for column in columns]
        if all(wrong is None for _, wrong in values):
            return first[0], [series for series, _ in values]
    style = _settled(columns, styles)
    return style, [numbers(column, style) for column in columns]


def _holding(columns: Sequence[pl.Series], styles: Sequence[Numerals]) -> list[Numerals]:
    cells = pl.concat([column.drop_nulls() for column in columns]).unique()
    return [style for style in styles if cells.str.contains(style.grammar).all()]


def _settled(columns: Sequence[pl.Series], styles: Sequence[Numerals]) -> Numerals:
    """The style of all cells; where none holds, the one that most of them fit, so that the others can be named."""
    cells = pl.concat([column.drop_nulls().unique() for column in columns]).unique(maintain_order=True)
    misfits = {style: int((~cells.str.contains(style.grammar)).sum()) for style in styles}
    holding = [style for style, count in misfits.items() if count == 0]
    if not holding:
        return min(misfits, key=lambda style: misfits[style])
    if holding[0] != PLAIN and len({style.decimal for style in holding}) > 1:
        cell = cells.filter(cells.str.contains(r"\D"))[0]
        raise BarsError(
            f"{cell!r} can be read in two ways and no other number of the file tells which: "
            "give decimal=',' or thousands=','"
        )
    return holding[0]


def numbers(column: pl.Series, style: Numerals) -> pl.Series:
    """Tidied text as Float64.

    Raises:
        BarsError: the first row that does not fit the style.

    Example:
        >>> numbers(pl.Series("close", ["1.234,5", None]), Numerals(",", ".")).to_list()
        [1234.5, None]
    """
    values, row = _values(column, style)
    if row is not None:
        raise BarsError(
            f"row {row}: {column.name} {column[row]!r} is not a number as in {style.label}; correct the row, or say "
            "how numbers are written with decimal= and thousands="
        )
    return values


def _values(column: pl.Series, style: Numerals) -> tuple[pl.Series, int | None]:
    """The numbers, and the first row that is none; Polars reads what has no sign between thousands by itself."""
    values = _plain(column, style).cast(pl.Float64, strict=False)
    wrong = values.is_null() if style == PLAIN else values.is_null() | ~column.str.contains(style.grammar)
    wrong = wrong & column.is_not_null()
    return values, int(wrong.arg_max() or 0) if wrong.any() else None


def _plain(column: pl.Series, style: Numerals) -> pl.Series:
    if style.thousands == " ":
        column = column.str.replace_all(r"[ \u00a0\u202f]", "")
    elif style.thousands:
        column = column.str.replace_all(style.thousands, "", literal=True)
    return column if style.decimal == "." else column.str.replace(style.decimal, ".", literal=True)
