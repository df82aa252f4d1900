"""What a notebook shows of a look-ahead audit: the verdict first, then the evidence, then what was not checked.

The one idea: the strip of time shows where it was cut, and above it where a cut changed a decision, so that a report
without findings shows how much it looked at.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, Protocol

import polars as pl

from workbench.market.aligned import aligned
from workbench.market.catalog.shown import many
from workbench.views.svg import strip
from workbench.views.tables import table
from workbench.views.theme import style

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AuditView", "audit_html", "audit_text"]

ROWS: Final = 8
BUCKETS: Final = 120
TEXT_MAX: Final = 60
TONES: Final = {"clean": "wb-up", "look-ahead": "wb-down"}
NAMES: Final = ("decided at", "asset", "with all data", "with the data of then", "found by the cut at", "cuts")


class AuditView(Protocol):
    """What an audit found, as far as it is shown."""

    @property
    def name(self) -> str:
        """The strategy's name."""

    @property
    def verdict(self) -> str:
        """In a word."""

    @property
    def findings(self) -> pl.DataFrame:
        """A row for each decision that changed."""

    @property
    def cuts(self) -> pl.DataFrame:
        """A row for each cut."""

    @property
    def decisions(self) -> int:
        """How many there are."""

    @property
    def checked(self) -> int:
        """How many lie at or before a cut."""

    @property
    def at_cut(self) -> int:
        """How many lie in the slice of a cut."""

    @property
    def share(self) -> float:
        """The part of the decisions that were checked."""

    @property
    def data(self) -> tuple[str, ...]:
        """What was cut beside the bars."""

    @property
    def not_checked(self) -> tuple[str, ...]:
        """What could not be cut."""

    @property
    def seconds(self) -> float:
        """How long it took."""


def audit_text(audit: AuditView) -> str:
    """An audit as plain text: verdict, evidence, what was cut and what was not."""
    rows = [NAMES, *_rows(audit)] if audit.findings.height else []
    lines = aligned(rows, texts=range(len(NAMES)))
    return "\n".join([_headline(audit), _scope(audit), *lines, *_rest(audit), *_remarks(audit)])


def audit_html(audit: AuditView) -> str:
    """An audit as self-contained HTML: the same facts, with a strip of time."""
    tone = TONES.get(audit.verdict, "")
    head = f'<p class="wb-title {tone}">{escape(_headline(audit))}</p><p class="wb-sub">{escape(_scope(audit))}</p>'
    remarks = "".join(f'<p class="wb-note" role="note">{escape(text)}</p>' for text in _notes(audit))
    cut = f'<p class="wb-sub">{escape(_cut(audit))}</p>' if audit.data else ""
    return f'{style()}<div class="wb">{head}{_strips(audit)}{_table(audit)}{remarks}{cut}</div>'


def _headline(audit: AuditView) -> str:
    count = audit.findings.height
    told = {
        "clean": f"{audit.name} is clean: no decision changes when later data is taken away",
        "incomplete": f"No look-ahead found in {audit.name}, but not all of it could be checked",
        "look-ahead": f"{audit.name} looks ahead: {many(count, 'decision')} change{'s' if count == 1 else ''} when "
        "later data is taken away",
        "not repeatable": f"{audit.name} decides differently each time on the same data, so cuts cannot tell; take "
        "random numbers from ctx.rng and times from ctx.now, and keep nothing from run to run",
    }
    return told[audit.verdict]


def _scope(audit: AuditView) -> str:
    """How much was looked at, and what it cost."""
    looked = f"{many(audit.cuts.height, 'cut')} in {audit.seconds:.1f} s"
    checked = f"{audit.checked:,} of {many(audit.decisions, 'decision')} ({int(audit.share * 100)}%) at or before one"
    return f"{looked}: {checked}, {audit.at_cut:,} in the very slice of one"


def _rows(audit: AuditView) -> Iterator[tuple[str, ...]]:
    for time, asset, full, cut, cut_at, cuts in audit.findings.head(ROWS).iter_rows():
        told = [_short(text) if text is not None else "nothing" for text in (full, cut)]
        yield f"{time:%Y-%m-%d %H:%M}", asset or "-", *told, f"{cut_at:%Y-%m-%d %H:%M}", f"{cuts:,}"


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 3]}..."


def _rest(audit: AuditView) -> list[str]:
    rest = audit.findings.height - ROWS
    return [f"... and {rest:,} more in audit.findings"] if rest > 0 else []


def _cut(audit: AuditView) -> str:
    return f"cut beside the bars, each row taken as known at its time: {'; '.join(audit.data)}"


def _notes(audit: AuditView) -> Iterator[str]:
    failed = audit.cuts.filter(pl.col("failed").is_not_null())
    if failed.height:
        yield f"{many(failed.height, 'cut')} left too little data to begin with ({failed['failed'][0]})"
    yield from (f"not checked: {text}" for text in audit.not_checked)


def _remarks(audit: AuditView) -> list[str]:
    return [f"! {text}" for text in _notes(audit)] + ([_cut(audit)] if audit.data else [])


def _table(audit: AuditView) -> str:
    if not audit.findings.height:
        return ""
    more = "".join(f'<p class="wb-sub">{text}</p>' for text in _rest(audit))
    return table(NAMES, list(_rows(audit)), text_columns=len(NAMES)) + more


def _cell(text: str) -> str:
    return f'<td class="wb-text">{escape(text)}</td>'


def _strips(audit: AuditView) -> str:
    """Where it was cut, and where a cut changed something."""
    if audit.cuts.height < 2:
        return ""
    cuts = audit.cuts.with_columns(place=_places(audit.cuts["time"]))
    lanes = [("cuts", cuts, "muted"), ("that changed a decision", cuts.filter(pl.col("changed") > 0), "loss")]
    rows = "".join(_lane(name, at["place"], role) for name, at, role in lanes if at.height)
    first, last = (f"{time:%Y-%m-%d}" for time in (cuts["time"][0], cuts["time"][-1]))
    return f'<table class="wb-table"><tbody>{rows}<tr><td></td>{_cell(f"{first} to {last}")}</tr></tbody></table>'


def _lane(name: str, places: pl.Series, role: str) -> str:
    counts = [0] * BUCKETS
    for place in places:
        counts[place] += 1
    return f'<tr>{_cell(name)}<td class="wb-text">{strip(counts, role, width=480, label=name)}</td></tr>'


def _places(times: pl.Series) -> pl.Series:
    """Which of 120 equal parts of their span each of the times lies in; they stand in order."""
    whole = max((times[-1] - times[0]).total_seconds(), 1.0)
    parts: pl.Series = (times - times[0]).dt.total_seconds() / whole * BUCKETS
    return parts.cast(pl.Int64).clip(0, BUCKETS - 1)
