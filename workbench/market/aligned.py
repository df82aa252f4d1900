"""Rows of text as lines whose columns stand one below the other.

The one idea: what is read as a number stands to the right, what is read as text to the left, and nobody else counts
blanks.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

__all__ = ["aligned"]


def aligned(rows: Sequence[Sequence[str]], texts: Container[int] = (0,)) -> list[str]:
    """A line for each row; the columns with the numbers `texts` to the left, the others to the right.

    Example:
        >>> aligned([("asset", "bars"), ("AAPL", "3")])
        ['asset  bars', 'AAPL      3']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = ["<" if i in texts else ">" for i in range(len(widths))]
    lines = ("  ".join(f"{c:{side}{w}}" for c, side, w in zip(row, sides, widths, strict=True)) for row in rows)
    return [line.rstrip() for line in lines]
