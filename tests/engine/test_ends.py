"""How runs end: the last news are told, late contexts refuse, and counts begin where a run does."""

from __future__ import annotations

from typing import Any

import pytest
from hand_made import days, outcome

import workbench as wb
from workbench.errors import ContextError, ParameterError


def test_denials_of_the_last_slice_reach_on_reject() -> None:
    told: list[tuple[int, str | None]] = []
    run = outcome(
        days(A=[10, 11]),
        on_bar=lambda self, ctx, bar: ctx.sell("A", 1),
        on_reject=lambda self, ctx, order: told.append((order.id, order.reason)),
    )
    assert told == [(1, "nothing_held"), (2, "nothing_held")]
    assert run.orders["status"].to_list() == ["DENIED", "DENIED"]


def test_what_is_asked_at_the_last_news_does_not_trade() -> None:
    run = outcome(
        days(A=[10]),
        on_bar=lambda self, ctx, bar: ctx.buy("A", 1),
        on_fill=lambda self, ctx, fill: ctx.sell("A", 1) if fill.side == "buy" else None,
        options={"fill": "same_close"},
    )
    assert run.fills["side"].to_list() == ["buy"]
    assert run.orders["status"].to_list() == ["FILLED", "END_OF_DATA"]


def test_a_context_kept_after_an_exception_refuses_orders() -> None:
    kept: list[wb.Context] = []

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        kept.append(ctx)
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError):
        outcome(days(A=[10, 11]), on_bar=on_bar)
    with pytest.raises(ContextError, match="picture of a finished run"):
        kept[0].buy("A", 1)


def test_the_random_numbers_of_a_finished_run_are_refused() -> None:
    run = outcome(days(A=[10, 11]), on_bar=lambda self, ctx, bar: None)
    with pytest.raises(ContextError, match="random numbers of a finished run are not kept"):
        _ = run.at("2024-01-02").rng


@pytest.mark.parametrize("n", [True, 2.0, "2", None])
def test_history_counts_in_whole_numbers(n: Any) -> None:
    with pytest.raises(ParameterError, match="n is a whole number from 1 on"):
        outcome(days(A=[10, 11]), on_bar=lambda self, ctx, bar: ctx.history("A", n))


@pytest.mark.parametrize(("every", "hit"), [("1d", [0, 1, 2, 3, 4]), ("2d", [0, 2, 4]), ("3d", [0, 3])])
def test_days_are_counted_from_the_first_session(every: str, hit: list[int]) -> None:
    seen: list[float] = []

    def on_start(self: Any, ctx: wb.Context) -> None:
        ctx.schedule(lambda ctx: seen.append(ctx.history("A", 1)[-1]), every=every)

    outcome(days(A=[0.5, 1.5, 2.5, 3.5, 4.5]), on_start=on_start)
    assert seen == [i + 0.5 for i in hit]
