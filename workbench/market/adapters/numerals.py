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
    from collections.abc import Mapping

__all__ = ["MISSING", "PLAIN", "Numerals", "detected", "given", "numbers", "tidied"]

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


def detected(columns: Mapping[str, pl.Series], styles: tuple[Numerals, ...], *, whole: bool) -> Numerals:
    """The style of all cells together; where none holds, the one that most cells fit, so that the rest can be named.

    Args:
        columns: text, as `tidied` gives it.
        styles: those to choose from, the simplest first.
        whole: these are all cells of the file, so what they leave open stays open.

    Raises:
        BarsError: every cell can be read in two ways.

    Example:
        >>> detected({"close": pl.Series(["1.234,50", "12,25"])}, STYLES, whole=True)
        Numerals(decimal=',', thousands='.')
    """
    cells = pl.concat([column.drop_nulls().unique() for column in columns.values()]).unique(maintain_order=True)
    misfits = {style: int((~cells.str.contains(style.grammar)).sum()) for style in styles}
    holding = [style for style, count in misfits.items() if count == 0]
    if not holding:
        return min(misfits, key=lambda style: misfits[style])
    if whole and holding[0] != PLAIN and len({style.decimal for style in holding}) > 1:
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
    wrong = ~column.str.contains(style.grammar)
    values = _plain(column, style).cast(pl.Float64, strict=False)
    wrong = (wrong | values.is_null()) & column.is_not_null()
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        raise BarsError(
            f"row {row}: {column.name} {column[row]!r} is not a number as in {style.label}; correct the row, or say "
            "how numbers are written with decimal= and thousands="
        )
    return values


def _plain(column: pl.Series, style: Numerals) -> pl.Series:
    if style.thousands == " ":
        column = column.str.replace_all(r"[ \u00a0\u202f]", "")
    elif style.thousands:
        column = column.str.replace_all(style.thousands, "", literal=True)
    return column if style.decimal == "." else column.str.replace(style.decimal, ".", literal=True)
