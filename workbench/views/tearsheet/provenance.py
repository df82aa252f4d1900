"""The last section: the data, the options, and what it takes to get the same run again."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

from workbench.market.display import COLUMNS, facts
from workbench.views.tables import table
from workbench.views.tearsheet.parts import block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.views.run_view import RunView
    from workbench.views.tearsheet.facts import Facts

__all__ = ["data", "footer"]


def data(given: Facts) -> str:
    """The bars, the options of the run, and its provenance."""
    run = given.run
    rows = facts(run.bars)
    rest = len(run.bars.assets) - len(rows)
    more = f'<p class="wb-more">... and {rest:,} more assets: run.bars.assets</p>' if rest > 0 else ""
    shown = table(COLUMNS, rows, text_columns=1) + more
    options = {name: option(value) for name, value in run.spec.items()}
    return (
        block("Bars", shown, "As they were given, warm-up included; prices are unadjusted.", run.bars.source)
        + block("Options", _list(options), "Every option of the run, defaults included.")
        + block(
            "Provenance", _list(provenance(run)), "What it takes to get this run again; equal hashes are equal runs."
        )
    )


def footer(run: RunView) -> str:
    """The cell that makes the run again, and its exact result; it stands below every section."""
    proof = f"final equity <b>{run.final_equity:f} {escape(run.currency)}</b>"
    shown = f'<p class="wb-more">One click marks all of it.</p><pre tabindex="0">{escape(run.cell)}</pre>'
    return (
        f'<footer><p class="wb-sub">{proof}</p><details><summary>Cell that makes this run again</summary>'
        f"{shown}</details></footer>"
    )


def provenance(run: RunView) -> dict[str, str]:
    """What the run names about itself; the exact final equity is named whatever it does."""
    return {"final equity": f"{run.final_equity:f} {run.currency}", **run.provenance}


def option(value: object) -> str:
    """An option as a reader writes it.

    Example:
        >>> option({"fast": 20, "slow": 100}), option(["AAPL", "MSFT"]), option(None)
        ('fast=20, slow=100', 'AAPL, MSFT', 'none')
        >>> option("0.100000000000")
        '0.1'
    """
    if isinstance(value, dict):
        return ", ".join(f"{name}={option(part)}" for name, part in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(option(part) for part in value) or "none"
    if isinstance(value, str) and value.replace(".", "", 1).isdigit() and "." in value:
        return f"{Decimal(value).normalize():f}"
    return "none" if value is None else str(value)


def _list(named: Mapping[str, str]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in named.items())
    return f'<dl class="wb-list">{rows}</dl>'
