"""What a replay in the browser asks Python about the bar under its cursor, and the answers.

The one idea: a question is a message with the number of a slice, and so is its answer; whoever has moved on in the
meantime sees by the number that the answer is about another bar. An audit answers from a thread, so that the kernel
stays free, unless it must put data of the user's aside while it works.
"""

from __future__ import annotations

from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final, Protocol

from workbench.errors import WorkbenchError
from workbench.views.closed import is_inside_days
from workbench.views.facts import moment
from workbench.views.why import answer_of
from workbench.views.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.views.audit import AuditView
    from workbench.views.run_view import ReplayView

__all__ = ["answer", "badge"]

TONES: Final = {"clean": "up", "look-ahead": "down", "not repeatable": "down", "incomplete": "warn"}
ONE_AT_A_TIME: Final = Lock()


class Asker(Protocol):
    """Who asks, and hears the answer."""

    def send(self, content: dict[str, object]) -> None:
        """Send an answer."""


def answer(asker: Asker, run: ReplayView, asset: str, asked: Mapping[str, Any]) -> None:
    """Answer a message: what can be asked, why there was an order or none, whether decisions look ahead."""
    kind, slice = asked.get("ask"), int(asked.get("slice", 0))
    if kind == "what":
        asker.send({"answer": "what"})
    elif kind == "why":
        asker.send({"answer": "why", "slice": slice, **_why(run, asset, slice)})
    elif kind == "guard" and run.reaches_data:
        _guard(asker, run, slice)
    elif kind == "guard":
        Thread(target=_guard, args=(asker, run, slice), daemon=True).start()


def _why(run: ReplayView, asset: str, slice: int) -> dict[str, object]:
    try:
        return answer_of(run.why(run.equity["time"][slice], asset))
    except Exception as error:  # noqa: BLE001  # whatever a strategy raises when it runs again is what is to be told
        return {"notes": [_failed(error)], "calls": [], "rules": [], "members": []}


def _guard(asker: Asker, run: ReplayView, slice: int) -> None:
    with ONE_AT_A_TIME:
        try:
            tone, text = badge(run.guard(run.equity["time"][slice]))
        except Exception as error:  # noqa: BLE001  # as above
            tone, text = "warn", _failed(error)
    time, session = run.equity.select("time", "session").row(slice)
    when = moment(time, session, not is_inside_days(run.bars.every))
    asker.send({"answer": "guard", "slice": slice, "tone": tone, "text": f"{when}: {text}"})


def _failed(error: Exception) -> str:
    told = str(error).partition("\n")[0]
    return told if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {told}"


def badge(audit: AuditView) -> tuple[str, str]:
    """The tone of an audit of one cut, and what it found in a line."""
    if audit.verdict == "look-ahead":
        first = audit.findings.row(0, named=True)
        what = [say("guard_nothing") if first[name] is None else first[name] for name in ("full", "cut")]
        is_here = first["time"] == first["cut_at"]
        who = say("guard_it") if is_here else say("guard_bar", day=f"{first['time']:%Y-%m-%d}")
        return TONES["look-ahead"], say("guard_changed", who=who, full=what[0], cut=what[1])
    failed = audit.cuts["failed"][0]
    if failed is not None:
        return "warn", say("guard_failed", why=failed)
    left = "; ".join(audit.not_checked)
    return TONES[audit.verdict], say(f"guard_{audit.verdict.replace(' ', '_')}", left=left)
