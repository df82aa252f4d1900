"""The answer to "why?" at a bar, as a notebook shows it: the reasons, the lines that ran, the facts.

The one idea: what the strategy did stands first, as its own code with the values beside it; what was known follows in
the sections of the replay's panel.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, Protocol

from workbench.market.aligned import aligned
from workbench.views.theme import style
from workbench.views.wording import fixed, say, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    import polars as pl

    from workbench.views.facts import Section

__all__ = ["WhyView", "answer_of", "why_html", "why_text"]

GAP: Final = "   "
WIDTH_MAX: Final = 72


class LineView(Protocol):
    """A line of source."""

    @property
    def number(self) -> int:
        """In its file."""

    @property
    def text(self) -> str:
        """As it is written."""

    @property
    def ran(self) -> int:
        """How often it ran."""

    @property
    def values(self) -> Mapping[str, str]:
        """What it looked at and assigned."""


class CallView(Protocol):
    """A method that was called."""

    @property
    def name(self) -> str:
        """The method's."""

    @property
    def asset(self) -> str | None:
        """Whose bar it was called with."""

    @property
    def lines(self) -> Sequence[LineView]:
        """All of its lines."""

    @property
    def unknown(self) -> str:
        """Why there are none."""


class PartView(Protocol):
    """A part of a rule."""

    @property
    def text(self) -> str:
        """As it is spelt."""

    @property
    def value(self) -> float | None:
        """At the bar."""

    @property
    def holds(self) -> bool | None:
        """Of a rule."""

    @property
    def parts(self) -> Sequence[PartView]:
        """Its own."""


class MemberView(Protocol):
    """A strategy of a Portfolio."""

    @property
    def cash(self) -> float:
        """Of its book."""

    @property
    def equity(self) -> float:
        """Of its book."""

    @property
    def asked(self) -> pl.DataFrame:
        """Its orders of this bar."""

    @property
    def fills(self) -> pl.DataFrame:
        """Its fills in this bar."""


class WhyView(Protocol):
    """The answer about a bar, as far as it is shown."""

    @property
    def name(self) -> str:
        """The strategy's name."""

    @property
    def asset(self) -> str:
        """The one that was asked about."""

    @property
    def time(self) -> datetime:
        """When the bar closed."""

    @property
    def session(self) -> date:
        """The bar's."""

    @property
    def because(self) -> Sequence[str]:
        """The reasons."""

    @property
    def sections(self) -> Sequence[Section]:
        """All facts."""

    @property
    def calls(self) -> Sequence[CallView]:
        """What ran."""

    @property
    def rules(self) -> Mapping[str, PartView]:
        """Those of signals."""

    @property
    def members(self) -> Mapping[str, MemberView]:
        """Those of a Portfolio."""

    @property
    def notes(self) -> Sequence[str]:
        """What is missing."""


def why_text(why: WhyView) -> str:
    """The answer as plain text."""
    parts = [_title(why), *(f"! {note}" for note in why.notes), *(f"- {text}" for text in why.because)]
    parts += [line for call in why.calls for line in _call_text(call)]
    parts += [line for name, part in why.rules.items() for line in (f"{name}:", *_part_text(part))]
    for title, rows in (*_members(why), *_facts(why)):
        parts += [f"{title}:", *(f"  {line}" for line in aligned([(a, b) for a, b, _ in rows], texts=range(2)))]
    return "\n".join(parts)


def why_html(why: WhyView) -> str:
    """The same as self-contained HTML."""
    head = f'<p class="wb-title">{escape(_title(why))}</p>'
    notes = "".join(f'<p class="wb-note" role="note">{escape(note)}</p>' for note in why.notes)
    reasons = "".join(f"<li>{escape(text)}</li>" for text in why.because)
    calls = "".join(_call_html(call) for call in why.calls)
    rules = "".join(_rule_html(name, part) for name, part in why.rules.items())
    facts = "".join(_section_html(title, rows) for title, rows in (*_members(why), *_facts(why)))
    folded = "".join(_folded_html(each) for each in why.sections if each.is_folded)
    return (
        f'{style("why")}<div class="wb wb-why">{head}{notes}<ul class="wb-why-because">{reasons}</ul>{calls}{rules}'
        f'<div class="wb-why-facts">{facts}</div>{folded}</div>'
    )


def answer_of(why: WhyView) -> dict[str, object]:
    """What only Python can tell of a bar, for the panel of a replay: notes, lines with their values, rules."""
    calls = [
        {
            "name": _named(call),
            "unknown": call.unknown,
            "lines": [[line.number, line.text, line.ran, _beside(line)] for line in call.lines],
        }
        for call in why.calls
    ]
    rules = [{"name": name, "lines": [list(row) for row in _tree(part, 0)]} for name, part in why.rules.items()]
    members = [[name, text] for _, rows in _members(why) for name, text, _ in rows]
    return {"notes": list(why.notes), "calls": calls, "rules": rules, "members": members}


def _title(why: WhyView) -> str:
    return f"Why {why.name} did what it did with {why.asset} at {why.time:%Y-%m-%d %H:%M} UTC, session {why.session}"


Rows = list[tuple[str, str, str]]


def _facts(why: WhyView) -> Iterator[tuple[str, Rows]]:
    for section in why.sections:
        if section.title != say("why") and not section.is_folded:
            yield section.title, [(row.name, row.text, row.tone) for row in section.rows]


def _members(why: WhyView) -> Iterator[tuple[str, Rows]]:
    if why.members:
        yield say("members"), [(name, _member(each), "") for name, each in why.members.items()]


def _member(each: MemberView) -> str:
    counts = say("member_did", asked=str(each.asked.height), fills=str(each.fills.height))
    return say("member", equity=fixed(each.equity, 2), cash=fixed(each.cash, 2), did=counts)


def _named(call: CallView) -> str:
    return call.name if call.asset is None else f"{call.name}, {call.asset}"


def _beside(line: LineView) -> str:
    times = f"{line.ran:,} times; " if line.ran > 1 else ""
    told = ", ".join(f"{name} = {shown}" for name, shown in line.values.items())
    return f"{times}{told}" if told else times.removesuffix("; ")


def _call_text(call: CallView) -> list[str]:
    if call.unknown:
        return [f"{_named(call)}: {call.unknown}"]
    width = min(WIDTH_MAX, max((len(line.text) for line in call.lines), default=0))
    rows = [
        f"{'>' if line.ran else ' '} {line.number:>4} {line.text:<{width}}{GAP}{_beside(line)}" for line in call.lines
    ]
    return [f"{_named(call)}, > ran:", *(row.rstrip() for row in rows)]


def _tree(part: PartView, depth: int) -> Iterator[tuple[int, str, str, str]]:
    """Depth, text, value and tone of a part and of all below it."""
    holds = part.holds
    told = value(part.value) if holds is None else say("yes" if holds else "no")
    if holds is None and part.value is None:
        told = say("no_value_yet")
    yield depth, part.text, told, {True: "up", False: "down", None: ""}[holds]
    for each in part.parts:
        yield from _tree(each, depth + 1)


def _part_text(part: PartView) -> list[str]:
    rows = [(f"{'  ' * depth}{text}", told) for depth, text, told, _ in _tree(part, 1)]
    return aligned(rows, texts=range(2))


def _call_html(call: CallView) -> str:
    head = f"<h4>{escape(_named(call))}</h4>"
    if call.unknown:
        return f'{head}<p class="wb-sub">{escape(call.unknown)}</p>'
    rows = "".join(_line_html(line) for line in call.lines)
    return f'{head}<div class="wb-scroll"><table class="wb-code"><tbody>{rows}</tbody></table></div>'


def _line_html(line: LineView) -> str:
    kind = "" if line.ran else ' class="wb-idle"'
    code, beside = escape(line.text) or " ", escape(_beside(line))
    return f"<tr{kind}><td>{line.number}</td><td><code>{code}</code></td><td>{beside}</td></tr>"


def _rule_html(name: str, part: PartView) -> str:
    rows = "".join(
        f'<tr><td><code style="padding-left:{depth * 18}px">{escape(text)}</code></td>'
        f'<td class="wb-{tone or "plain"}">{escape(told)}</td></tr>'
        for depth, text, told, tone in _tree(part, 0)
    )
    return f'<h4>{escape(name)}</h4><div class="wb-scroll"><table class="wb-code"><tbody>{rows}</tbody></table></div>'


def _section_html(title: str, rows: Rows) -> str:
    return f"<section><h4>{escape(title)}</h4><dl>{_rows_html(rows)}</dl></section>"


def _rows_html(rows: Sequence[tuple[str, str, str]]) -> str:
    return "".join(
        f'<div><dt>{escape(name)}</dt><dd class="wb-{tone or "plain"}">{escape(text)}</dd></div>'
        for name, text, tone in rows
    )


def _folded_html(section: Section) -> str:
    rows = [(row.name, row.text, row.tone) for row in section.rows]
    return f"<details><summary>{escape(section.title)}</summary><dl>{_rows_html(rows)}</dl></details>"
