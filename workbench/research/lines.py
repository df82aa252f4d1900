"""The lines of a strategy that ran at a bar, with the values beside them.

The one idea: Python tells of each line of the strategy's own methods before it runs. What the line looks at is read
then, what it assigns is read when the next one begins; the code itself is never run a second time.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, Final

from workbench._native import Bar
from workbench.research.reading import Unknown, assigned, looked_at, read, spelled
from workbench.strategies.callbacks import Strategy, members_of
from workbench.strategies.parameters import own_parameters
from workbench.strategies.sources import digest, function_of, source_of

__all__ = ["Call", "Line", "codes_of", "noting"]

EVENTS_MAX: Final = 20_000
VALUES_MAX: Final = 8


@dataclass(slots=True)
class Line:
    """A line of source: its number in its file, its text, how often it ran, and the last values beside it."""

    number: int
    text: str
    ran: int = 0
    values: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """A method that was called at the bar, with all its lines; without source `unknown` says why there are none."""

    name: str
    asset: str | None
    lines: list[Line]
    unknown: str = ""

    @property
    def ran(self) -> list[Line]:
        """The lines that ran."""
        return [line for line in self.lines if line.ran]


class _Source:
    """A method's text, and its statements by line."""

    def __init__(self, code: CodeType, name: str, unknown: str) -> None:
        self.name, self.first, self.texts, self.unknown = name, code.co_firstlineno, list[str](), unknown
        self.statements: dict[int, ast.stmt] = {}
        if not unknown:
            try:
                self.texts, self.first = inspect.getsourcelines(code)
            except (OSError, TypeError):
                self.unknown = f"no source of {name} is known: it was made by exec, or its file is gone"
        self._parse()

    def _parse(self) -> None:
        text = textwrap.dedent("".join(self.texts))
        try:
            tree = ast.parse(text)
        except SyntaxError:
            return  # a lambda in the middle of a call is no statement; its line is shown without values
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.statements[self.first + node.lineno - 1] = node

    def lines(self) -> list[Line]:
        texts = textwrap.dedent("".join(self.texts)).splitlines()
        return [Line(self.first + place, text) for place, text in enumerate(texts)]


def codes_of(strategy: Strategy) -> dict[CodeType, _Source]:
    """The methods of a strategy, or of each member of a Portfolio, that a user has written, by their code."""
    classes = [cls for member in members_of(strategy) for cls in type(member).__mro__ if _is_users(cls)]
    found: dict[CodeType, _Source] = {}
    for cls in dict.fromkeys(classes):
        unknown = "" if _is_as_it_was(cls) else f"the source of {cls.__name__} has changed since it was defined"
        for value in vars(cls).values():
            if (function := function_of(value)) is not None:
                name = function.__qualname__.rpartition("<locals>.")[2]
                found[function.__code__] = _Source(function.__code__, name, unknown)
    return found


def _is_users(cls: type) -> bool:
    return cls not in (object, Strategy) and "_is_native" not in vars(cls)


def _is_as_it_was(cls: type) -> bool:
    """Whether the text that is found now is that of the code that runs; a file may have been edited since."""
    kept = vars(cls).get("_workbench_source")
    return kept is None or kept == digest(source_of(cls, own_parameters(cls)))


@contextmanager
def noting(strategy: Strategy, asset: str) -> Iterator[list[Call]]:
    """Notes the calls of a strategy's own methods while it lasts; `on_bar` of other assets is passed over."""
    calls: list[Call] = []
    noter = _Noter(codes_of(strategy), asset, calls, _named(strategy))
    before = sys.gettrace()
    sys.settrace(noter.called)
    try:
        yield calls
    finally:
        sys.settrace(before)


def _named(strategy: Strategy) -> dict[int, str]:
    """The names of the members of a Portfolio, by what they are."""
    members: Mapping[str, Strategy] = getattr(strategy, "members", {}) if strategy._has_members else {}
    return {id(member): name for name, member in members.items()}


class _Noter:
    """What hears of each line."""

    def __init__(
        self, codes: Mapping[CodeType, _Source], asset: str, calls: list[Call], names: Mapping[int, str]
    ) -> None:
        self._codes, self._asset, self._calls, self._names = codes, asset, calls, names
        self._events = 0
        self._other: FrameType | None = None

    def called(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        """A call begins: of other code nothing more is heard."""
        source = self._codes.get(frame.f_code)
        if event != "call" or source is None or self._other is not None or self._events > EVENTS_MAX:
            return None
        asset = _bar_of(frame)
        if asset not in (None, self._asset):
            self._other = frame
            return self._passed_over
        given = frame.f_code.co_varnames[:1]
        member = self._names.get(id(frame.f_locals.get(given[0]))) if given else None
        call = Call(
            source.name if member is None else f"{member}: {source.name}", asset, source.lines(), source.unknown
        )
        self._calls.append(call)
        return _Reader(self, source, call).heard

    def _passed_over(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        """The call is about another asset: so is what it calls, until it is over."""
        if event == "return" and frame is self._other:
            self._other = None
        return self._passed_over

    def is_enough(self) -> bool:
        """Whether so many lines were heard of that no more shall be noted."""
        self._events += 1
        return self._events > EVENTS_MAX


def _bar_of(frame: FrameType) -> str | None:
    """The asset whose bar the call is about; nothing for others."""
    given = frame.f_code.co_varnames[: frame.f_code.co_argcount]
    bars = (value for name in given if isinstance(value := frame.f_locals.get(name), Bar))
    return next((str(bar.asset) for bar in bars), None)


class _Reader:
    """One call, line by line."""

    def __init__(self, noter: _Noter, source: _Source, call: Call) -> None:
        self._noter, self._source = noter, source
        self._lines = {line.number: line for line in call.lines}
        self._last: tuple[Line, ast.stmt] | None = None

    def heard(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        """The line before is over; another one begins, or the call ends."""
        if event == "line" and self._goes_on(frame.f_lineno):
            self._lines[frame.f_lineno].ran += 1
            return self.heard
        self._finish(frame)
        if event == "line":
            if self._noter.is_enough():
                return None
            self._begin(frame)
        return self.heard

    def _goes_on(self, number: int) -> bool:
        """Whether the line belongs to the statement that has begun on another one, as where it is broken up."""
        if self._last is None:
            return False
        statement = self._last[1]
        first, last = (self._source.first + (n or 0) - 1 for n in (statement.lineno, statement.end_lineno))
        is_simple = not isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Try | ast.Match)
        return is_simple and first < last and first <= number <= last and number in self._lines

    def _finish(self, frame: FrameType) -> None:
        if self._last is not None:
            line, statement = self._last
            self._last = None
            self._note(line, assigned(statement), frame)
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                line.values.pop(ast.unparse(statement.value), None)  # what was assigned says the same

    def _begin(self, frame: FrameType) -> None:
        line = self._lines.get(frame.f_lineno)
        if line is None:
            return
        line.ran += 1
        statement = self._source.statements.get(frame.f_lineno)
        if statement is not None:
            line.values.clear()
            self._note(line, looked_at(statement), frame)
            self._last = line, statement

    def _note(self, line: Line, parts: Iterator[ast.expr], frame: FrameType) -> None:
        for part in parts:
            name = ast.unparse(part)
            try:
                shown = spelled(read(part, frame))
            except Unknown:
                continue
            if shown is not None and shown != name and len(line.values) < VALUES_MAX:
                line.values[name] = shown
