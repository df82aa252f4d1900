"""How much of the account each strategy of a portfolio has, and how money moves when that changes.

The one idea: at the first Close of a period every book is to stand at its weight of the account; who has too much gives
what is free, who has too little takes it, and no order is made. Source: the docstring of `wb.Portfolio`.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from statistics import stdev
from typing import TYPE_CHECKING

from twin.case import equal
from twin.exact import PART, ZERO, half_even, on_step
from twin.portfolio import Book, divided, in_proportion
from twin.purse import free_of
from twin.result import Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.state import State

__all__ = ["Allotment"]

FEWEST = 20
DEEPEST = Fraction(1, 5)
ROUNDS, CLOSE = 150, Decimal("1e-25")
STILL = 1e-12  # a deviation of returns that is no more than the rounding of interest on cash


class Allotment:
    """The period that the last Close was in, and what each book had after it and had been given until then."""

    def __init__(self) -> None:
        self.period: tuple[int, ...] | None = None
        self.before: list[tuple[Decimal, Decimal]] = []

    def decide(self, state: State, day: date) -> None:
        """Move money if a period begins with this Close."""
        plan = state.case.config.books
        assert plan is not None
        period = None if plan.every is None else _period(day, plan.every)
        if period != self.period and self.period is not None:
            returns = [
                [*book.returns, now][-plan.lookback :]
                for book, now in zip(state.portfolio, self._gains(state), strict=True)
            ]
            _move(state, plan.weights if plan.allocation is None else _allotted(returns, plan.allocation))
        self.period = period

    def close(self, state: State) -> None:
        """A row is written."""
        for book, gained in zip(state.portfolio, self._gains(state), strict=bool(self.before)):
            book.returns.append(gained)
        self.before = [(book.equity(state), book.moved) for book in state.portfolio]

    def _gains(self, state: State) -> list[Fraction]:
        """What each book has gained since its last row, as a part of that, net of what it was given."""
        pairs = zip(state.portfolio, self.before, strict=bool(self.before))
        return [_gained(book, state, *before) for book, before in pairs]


def _gained(book: Book, state: State, before: Decimal, moved: Decimal) -> Fraction:
    gained = Fraction(book.equity(state) - (book.moved - moved) - before)
    return gained / Fraction(before) if before > 0 else Fraction(0)


def _period(day: date, every: str) -> tuple[int, ...]:
    """The calendar period of a session."""
    if every == "1w":
        return ((day - timedelta(days=day.weekday())).toordinal(),)
    length = {"1d": (day.year, day.month, day.day), "1mo": (day.year, day.month), "1y": (day.year,)}
    return length.get(every, (day.year, (day.month - 1) // 3))


def _move(state: State, weights: Sequence[Decimal]) -> None:
    goals = divided(state.equity_now(), weights)
    wants = [goal - book.equity(state) for goal, book in zip(goals, state.portfolio, strict=True)]
    gives = [_given(state, number, max(ZERO, -want)) for number, want in enumerate(wants)]
    takers = [number for number, want in enumerate(wants) if want > 0]
    parts = in_proportion(sum(gives, ZERO), [wants[number] for number in takers]) if takers else []
    left = dict(zip(takers, parts, strict=True))
    for giver, amount in enumerate(gives):
        for taker in takers:
            moved = min(amount, left[taker])
            if moved > 0:
                _transfer(state, giver, taker, moved)
                amount, left[taker] = amount - moved, left[taker] - moved


def _given(state: State, number: int, amount: Decimal) -> Decimal:
    """What a book can give of what it should: on margin all, else what is free."""
    return amount if state.case.config.margin else min(amount, max(ZERO, free_of(state, number)))


def _transfer(state: State, giver: int, taker: int, amount: Decimal) -> None:
    books = state.portfolio[giver], state.portfolio[taker]
    for book, signed in zip(books, (-amount, amount), strict=True):
        book.cash += signed
        book.moved += signed
    state.transfers.append(Transfer(state.now, books[0].name, books[1].name, amount))


def _allotted(returns: Sequence[Sequence[Fraction]], allocation: str) -> Sequence[Decimal]:
    """Weights in six digits by what the books have done; the largest takes the rest."""
    if allocation == "equal" or len(returns[0]) < FEWEST:
        return equal(len(returns))
    with localcontext(Context(prec=60)):  # a root is never exact, and six digits of it are wanted
        scores = WAYS[allocation](returns)
    if not any(scores):
        return equal(len(returns))
    weights = [on_step(Fraction(score) / Fraction(sum(scores)), PART, half_even) for score in scores]
    largest = max(range(len(weights)), key=lambda number: (weights[number], -number))
    weights[largest] += 1 - sum(weights, ZERO)
    return weights


def _by_volatility(returns: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """One over the standard deviation; who has none counts with the mean of those who have one."""
    found = [spread if (spread := stdev(map(float, row))) > STILL else 0 for row in returns]
    known = [deviation for deviation in found if deviation]
    mean = sum(known) / len(known) if known else 0
    return [1 / Fraction(deviation or mean) for deviation in found] if known else [Fraction(0)] * len(found)


def _by_parity(returns: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """Parts y of the same risk each: the root of C y = 1 / y, by damped steps of Newton's method.

    C are the covariances; who never moves has the mean deviation of those who do, and moves with nobody.
    Source: Maillard, Roncalli and Teiletche (2010); the damping is that of self-concordant functions.
    """
    apart = [[x - Fraction(sum(row), len(row)) for x in row] for row in returns]
    matrix = [[_number(sum(a * b for a, b in zip(one, other, strict=True))) for other in apart] for one in apart]
    still = Decimal(STILL) ** 2 * len(returns[0])
    deviations = [matrix[at][at].sqrt() if matrix[at][at] > still else ZERO for at in range(len(matrix))]
    if not any(deviations):
        return [Fraction(0)] * len(matrix)
    mean = sum(deviations, ZERO) / sum(1 for deviation in deviations if deviation)
    parts = [1 / (deviation or mean) for deviation in deviations]
    for at, deviation in enumerate(deviations):
        matrix[at][at] = (deviation or mean) ** 2
    for _ in range(ROUNDS):
        pull = [sum((a * y for a, y in zip(row, parts, strict=True)), ZERO) for row in matrix]
        slope = [force - 1 / y for force, y in zip(pull, parts, strict=True)]
        bend = [
            [a + (1 / parts[at] ** 2 if at == to else ZERO) for to, a in enumerate(row)]
            for at, row in enumerate(matrix)
        ]
        step = _solved(bend, slope)
        size = sum((g * d for g, d in zip(slope, step, strict=True)), ZERO).sqrt()
        parts = [y - d / (1 + size) for y, d in zip(parts, step, strict=True)]
        if size < CLOSE:
            break
    return [Fraction(y) for y in parts]


def _number(x: Fraction) -> Decimal:
    return Decimal(x.numerator) / Decimal(x.denominator)


def _solved(matrix: list[list[Decimal]], right: list[Decimal]) -> list[Decimal]:
    """The x of matrix x = right, by elimination; the matrix is positive definite, so no pivot is zero."""
    rows = [[*row, x] for row, x in zip(matrix, right, strict=True)]
    for at, row in enumerate(rows):
        for other in rows[:at] + rows[at + 1 :]:
            factor = other[at] / row[at]
            other[:] = [x - factor * y for x, y in zip(other, row, strict=True)]
    return [row[-1] / row[at] for at, row in enumerate(rows)]


def _by_drawdown(returns: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """What is left of a fifth that a book may be below its peak."""
    return [max(Fraction(0), 1 - _drawdown(row) / DEEPEST) for row in returns]


def _drawdown(returns: Sequence[Fraction]) -> Fraction:
    level = peak = Fraction(1)
    for part in returns:
        level *= 1 + part
        peak = max(peak, level)
    return 1 - level / peak


WAYS = {"drawdown": _by_drawdown, "inverse_volatility": _by_volatility, "risk_parity": _by_parity}
