"""The values of expressions in a frame that has stopped at a line, read without running anything of the user's.

The one idea: only what cannot have a side effect is worked out: names, attributes of plain objects, look-ups,
arithmetic of plain numbers, and the few questions to the context that change nothing. Everything else is left out.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import FrameType
from typing import Any, Final

import numpy as np

from workbench._native import Bar, Context, Fill, Order, Position, Stream
from workbench.market.assets import Asset

__all__ = ["Unknown", "assigned", "looked_at", "read", "spelled"]

PLAIN: Final = (bool, int, float, str, Decimal, date, type(None), np.number, np.bool_)
NUMBERS: Final = (bool, int, float, Decimal, np.number, np.bool_)
FROZEN: Final = (Bar, Fill, Order, Position, date)
OF_CONTEXT: Final = ("now", "session", "cash", "equity")
QUESTIONS: Final = {Context: ("position", "can_trade"), Stream: ("get",), dict: ("get",)}
FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    each.__name__: each for each in (abs, bool, float, int, len, max, min, round)
}
WORKED: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Not: operator.not_, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
TEXT_MAX: Final = 60


class Unknown(Exception):
    """What cannot be read without running something."""


def read(node: ast.AST, frame: FrameType) -> Any:
    """The value of an expression.

    Raises:
        Unknown: it would take more than reading.
    """
    reader = _READERS.get(type(node))
    if reader is None:
        raise Unknown
    try:
        return reader(node, frame)
    except Unknown:
        raise
    except Exception as error:
        # What fails here fails in the line too, which tells it itself.
        raise Unknown from error


def looked_at(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement that are worth a value: what it compares, looks up and is given."""
    for part in _heads(statement):
        yield from _worth(part)


def assigned(statement: ast.stmt) -> Iterator[ast.expr]:
    """What a statement gives a value to."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign | ast.For):
        targets = [statement.target]
    for target in targets:
        yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]


def spelled(value: object) -> str | None:
    """A value as it stands beside its line; None for what says nothing in a few letters.

    Example:
        >>> spelled(0.1 + 0.2), spelled("KO"), spelled([1, 2]), spelled(object())
        ('0.3', "'KO'", '[1, 2]', None)
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, np.integer | Decimal | date):
        return str(value)
    if isinstance(value, Asset):
        return None  # whose bar it is stands over the lines
    if isinstance(value, PLAIN):
        return _short(repr(value))
    if isinstance(value, Position):
        return f"{value.quantity:g} held"
    if isinstance(value, list | tuple | dict | set) and len(value) <= 8:
        return _many(value)
    return None


def _many(values: list[object] | tuple[object, ...] | dict[object, object] | set[object]) -> str | None:
    inside = [*values, *(values.values() if isinstance(values, dict) else ())]
    return _short(repr(values)) if all(isinstance(each, PLAIN) for each in inside) else None


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 3]}..."


def _heads(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement itself, without those of the statements inside it."""
    for name, value in ast.iter_fields(statement):
        if name in ("targets", "target", "body", "orelse", "finalbody", "handlers", "decorator_list"):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.expr):
                yield each


def _worth(node: ast.AST) -> Iterator[ast.expr]:
    """What is looked at in an expression, the whole after its parts; names of the code itself say nothing."""
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Constant):
        return
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        yield node
        return
    callee = node.func if isinstance(node, ast.Call) else None
    for child in ast.iter_child_nodes(node):
        if child is not callee:
            yield from _worth(child)
    if isinstance(node, ast.Compare | ast.Call):
        yield node


def _name(node: Any, frame: FrameType) -> Any:
    for space in (frame.f_locals, frame.f_globals):
        if node.id in space:
            return space[node.id]
    raise Unknown


def _attribute(node: Any, frame: FrameType) -> Any:
    held, name = read(node.value, frame), node.attr
    if isinstance(held, FROZEN) or (isinstance(held, Context) and name in OF_CONTEXT):
        return getattr(held, name)
    if name in getattr(held, "__dict__", {}):
        return vars(held)[name]
    found = next((vars(cls)[name] for cls in type(held).__mro__ if name in vars(cls)), object)
    if isinstance(found, (*PLAIN, Mapping, list, tuple)):
        return found
    raise Unknown


def _subscript(node: Any, frame: FrameType) -> Any:
    held, key = read(node.value, frame), read(node.slice, frame)
    if isinstance(held, Stream):
        return held.get(key)
    if type(held) in (dict, list, tuple, str):
        return held[key]
    raise Unknown


def _call(node: Any, frame: FrameType) -> Any:
    if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
        raise Unknown
    given = [read(each, frame) for each in node.args]
    if isinstance(node.func, ast.Name):
        return _of_python(node.func.id, frame)(*_numbers(given))
    held = read(node.func.value, frame) if isinstance(node.func, ast.Attribute) else None
    if isinstance(node.func, ast.Attribute) and node.func.attr in QUESTIONS.get(type(held), ()):
        return getattr(held, node.func.attr)(*given)
    raise Unknown


def _of_python(name: str, frame: FrameType) -> Callable[..., object]:
    if name not in FUNCTIONS or name in frame.f_locals or name in frame.f_globals:
        raise Unknown
    return FUNCTIONS[name]


def _numbers(values: list[Any]) -> list[Any]:
    if not all(isinstance(each, NUMBERS) or type(each) in (list, tuple, dict, str) for each in values):
        raise Unknown
    return values


def _binary(node: Any, frame: FrameType) -> Any:
    return _work(node.op, *_numbers([read(node.left, frame), read(node.right, frame)]))


def _unary(node: Any, frame: FrameType) -> Any:
    value = read(node.operand, frame)
    return _work(node.op, value if isinstance(value, Position) else _numbers([value])[0])


def _compare(node: Any, frame: FrameType) -> Any:
    values = [read(each, frame) for each in (node.left, *node.comparators)]
    if not all(isinstance(each, PLAIN) for each in values):
        raise Unknown
    pairs = zip(node.ops, values[:-1], values[1:], strict=True)
    return all(_work(op, one, other) for op, one, other in pairs)


def _both(node: Any, frame: FrameType) -> Any:
    stops = isinstance(node.op, ast.Or)
    value: Any = not stops
    for each in node.values:
        value = read(each, frame)
        if not isinstance(value, (*PLAIN, Position)):
            raise Unknown
        if bool(value) is stops:
            break
    return value


def _work(op: ast.AST, *values: Any) -> Any:
    if type(op) not in WORKED:
        raise Unknown
    return WORKED[type(op)](*values)


_READERS: Final[dict[type[ast.AST], Callable[[Any, FrameType], Any]]] = {
    ast.Constant: lambda node, _: node.value,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _both,
}
