"""What a run decided, slice by slice and asset by asset, in words that can be compared and read.

The one idea: a run is fed again by its recorded commands, so these are its decisions; two runs that were decided by the
same data have the same commands, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import polars as pl

__all__ = ["CHANGED", "DECISIONS", "changed", "decisions"]

DECISIONS: Final = pl.Schema({"slice": pl.Int64(), "asset": pl.String(), "decided": pl.String()})
CHANGED: Final = pl.Schema({"slice": pl.Int64(), "asset": pl.String(), "full": pl.String(), "cut": pl.String()})
NANOSECONDS: Final = re.compile(r"(day|open|close)=[\d/-]+")
Decision = tuple[int, str | None, str]


def decisions(commands: pl.DataFrame, assets: Sequence[str]) -> pl.DataFrame:
    """A row for each slice and asset with what was asked, in the order of asking; without asset where it has none.

    Example:
        >>> from workbench.engine.simulation import COMMANDS
        >>> rows = [(4, "target", ["0", "weight", "0.5"]), (9, "flatten", ["0"])]
        >>> decisions(pl.DataFrame(rows, COMMANDS, orient="row"), ["KO"]).rows()
        [(4, 'KO', 'target weight 0.5'), (9, 'KO', 'flatten')]
    """
    rows = [row for number, name, words in commands.iter_rows() for row in _told(number, name, words, assets)]
    table = pl.DataFrame(rows, DECISIONS, orient="row")
    return table.group_by("slice", "asset", maintain_order=True).agg(pl.col("decided").str.join("; "))


def changed(full: pl.DataFrame, cut: pl.DataFrame, until: int, assets: Sequence[str]) -> pl.DataFrame:
    """Decisions up to a slice that two runs did not take alike: slice, asset, full, cut; null where nothing was asked.

    Args:
        full: commands of the one run.
        cut: commands of the other.
        until: number of the last slice that is compared.
        assets: those of the runs.

    Example:
        >>> from workbench.engine.simulation import COMMANDS
        >>> first = pl.DataFrame([(4, "flatten", ["0"])], COMMANDS, orient="row")
        >>> changed(first, first.clear(), 4, ["KO"]).rows()
        [(4, 'KO', 'flatten', None)]
    """
    full, cut = (commands.filter(pl.col("slice") <= until) for commands in (full, cut))
    if full.equals(cut):
        return pl.DataFrame(schema=CHANGED)
    # Words are only made of slices that are not the same in every command.
    slices = _differing(full, cut)
    one, other = (decisions(commands.filter(pl.col("slice").is_in(slices)), assets) for commands in (full, cut))
    both = one.join(other, on=["slice", "asset"], how="full", coalesce=True, nulls_equal=True)
    named = both.rename({"decided": "full", "decided_right": "cut"})
    return named.filter(pl.col("full").ne_missing(pl.col("cut"))).sort("slice", "asset", maintain_order=True)


def _differing(full: pl.DataFrame, cut: pl.DataFrame) -> list[int]:
    place = pl.int_range(pl.len()).over("slice").alias("place")
    one, other = (c.select("slice", "command", pl.col("words").list.join(" "), place) for c in (full, cut))
    keys = one.columns
    apart = pl.concat([one.join(other, on=keys, how="anti"), other.join(one, on=keys, how="anti")])
    return apart["slice"].unique().to_list()


def _told(number: int, command: str, words: list[str], assets: Sequence[str]) -> Iterator[Decision]:
    if command == "of":
        yield from _told(number, words[1], words[2:], assets)
    elif command == "allocate":
        yield number, None, f"allocate {' '.join(words)}"
    elif command == "order":
        yield number, assets[int(words[1])], _text(words[2:])
    elif command == "rebalance":
        yield from _weights(number, words, assets)
    elif command == "cancel":
        yield number, None, f"cancel order {words[0]}"
    else:
        yield number, assets[int(words[0])], _text([command, *words[1:]])


def _weights(number: int, words: list[str], assets: Sequence[str]) -> Iterator[Decision]:
    band = "" if words[0] == "0" else f" within {words[0]}"
    if len(words) == 1:
        yield number, None, f"rebalance to nothing{band}"
    for index, weight in zip(words[1::2], words[2::2], strict=True):
        yield number, assets[int(index)], f"rebalance to {weight}{band}"


def _text(words: Iterable[str]) -> str:
    return " ".join(NANOSECONDS.sub(r"\1", word).replace("_", " ") for word in words if word)
