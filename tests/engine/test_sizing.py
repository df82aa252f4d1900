"""Sizing against answers worked by hand, and what has no answer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import inf, log, nan
from typing import Any

import numpy as np
import pytest
from hand_made import days, outcome

import workbench as wb
from workbench.errors import NumberError, UndefinedError

size = wb.sizing
ANSWERS: dict[str, tuple[float, float]] = {
    "a tenth of 100,000 at 50": (size.fixed_fraction(100_000, 50, fraction=0.1), 200),
    "the same in contracts of 10": (size.fixed_fraction(100_000, 50, fraction=0.1, multiplier=10), 20),
    "nothing of it": (size.fixed_fraction(100_000, 50, fraction=0), 0),
    "1,000 at risk over 2 below": (size.risk(100_000, 50, 48, fraction=0.01), 500),
    "1,000 at risk over 2 above": (size.risk(100_000, 50, 52, fraction=0.01), 500),
    "1,000 at risk over a tenth, exactly": (size.risk(100_000, 50, 49.9, fraction=0.01), 10_000),
    "capped at half of equity": (size.risk(100_000, 50, 49.9, fraction=0.01, weight_max=0.5), 1_000),
    "a cap that does not bind": (size.risk(100_000, 50, 48, fraction=0.01, weight_max=0.5), 500),
    "contracts of 10": (size.risk(100_000, 50, 48, fraction=0.01, multiplier=10), 50),
    "capped contracts of 10": (size.risk(100_000, 50, 49.9, fraction=0.01, multiplier=10, weight_max=0.5), 100),
    "a stop at zero risks all of it": (size.risk(1_000, 50, 0, fraction=1), 20),
    "no equity, no risk": (size.risk(0, 50, 48, fraction=0.01), 0),
    "decimals and numpy's scalars": (size.risk(Decimal(1000), np.float64(10), np.int64(9), fraction=0.1), 100),
    "a tenth wanted of a quarter": (size.volatility_target(0.25, target=0.1), 0.4),
    "quieter than wanted": (size.volatility_target(0.05, target=0.1), 1),
    "leverage allowed": (size.volatility_target(0.05, target=0.1, weight_max=3), 2),
    "next to no volatility": (size.volatility_target(1e-300, target=0.1), 1),
    "an even bet at 55": (size.kelly(0.55, 1), 0.1),
    "two for one at 40": (size.kelly(0.4, 2), 0.1),
    "half of it": (size.kelly(0.4, 2, part=0.5), 0.05),
    "capped": (size.kelly(0.9, 2, weight_max=0.25), 0.25),
    "a sure win": (size.kelly(1, 3), 1),
    "no edge": (size.kelly(0.5, 1), 0),
    "an edge of the other side": (size.kelly(0, 5), 0),
    "a mean of 0.06 at 0.2": (size.kelly_continuous(0.06, 0.2, weight_max=2), 1.5),
    "a mean of 0.06 at 0.2, capped": (size.kelly_continuous(0.06, 0.2), 1),
    "a mean of 0.06 at 0.2, a quarter": (size.kelly_continuous(0.06, 0.2, part=0.25), 0.375),
    "a loss": (size.kelly_continuous(-0.06, 0.2), 0),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_answers(answer: float, expected: float) -> None:
    assert answer == expected
    assert type(answer) is float


@pytest.mark.parametrize(("probability", "payoff"), [(0.55, 1), (0.4, 2), (0.7, 0.8), (0.3, 4)])
def test_kelly_makes_the_logarithm_of_wealth_grow_fastest(probability: float, payoff: float) -> None:
    """Found by trying every bet in thousandths."""
    growth = {x: probability * log(1 + payoff * x) + (1 - probability) * log(1 - x) for x in np.arange(0, 0.999, 0.001)}
    best = max(growth, key=lambda x: growth[x])
    assert abs(size.kelly(probability, payoff) - best) <= 0.001


BAD: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "entry is stop": (lambda: size.risk(1_000, 50, 50, fraction=0.01), UndefinedError, "entry and stop are both 50"),
    "no volatility": (lambda: size.volatility_target(0, target=0.1), UndefinedError, "volatility=0: no weight"),
    "no risk": (lambda: size.kelly_continuous(0.1, 0), UndefinedError, "volatility=0: returns without risk"),
    "beyond floats": (lambda: size.risk(1e300, 1, 1 - 1e-16, fraction=1), UndefinedError, "larger than any float"),
    "an indicator without a value": (lambda: size.risk(1_000, 50, nan, fraction=0.01), NumberError, "stop .* got nan"),
    "infinity": (lambda: size.fixed_fraction(inf, 50, fraction=1), NumberError, "equity must be a finite number"),
    "a signaling nan": (lambda: size.kelly(Decimal("sNaN"), 1), NumberError, "probability must be a finite number"),
    "a bool": (lambda: size.kelly(True, 1), NumberError, "probability must be a finite number, got True"),
    "text": (lambda: size.kelly("0.5", 1), NumberError, "probability must be a finite number, got '0.5'"),  # type: ignore[arg-type]
    "none": (lambda: size.kelly_continuous(None, 1), NumberError, "excess must be a finite number"),  # type: ignore[arg-type]
    "negative equity": (lambda: size.risk(-1, 50, 48, fraction=0.01), NumberError, "equity must not be negative"),
    "a price of zero": (lambda: size.fixed_fraction(1, 0, fraction=1), NumberError, "price must be above 0"),
    "percent": (lambda: size.risk(1_000, 50, 48, fraction=2), NumberError, "fraction is a part, at most 1, got 2"),
    "nothing at risk": (lambda: size.risk(1_000, 50, 48, fraction=0), NumberError, "fraction must be above 0"),
    "a certainty and more": (lambda: size.kelly(1.1, 1), NumberError, "probability is a part, at most 1"),
    "no payoff": (lambda: size.kelly(0.5, 0), NumberError, "payoff must be above 0"),
    "twice Kelly": (lambda: size.kelly(0.5, 1, part=2), NumberError, "part is a part, at most 1"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_what_has_no_answer(call: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_strategy_sizes_by_its_stop() -> None:
    """1% of 1,000 over half a dollar is 20 units; at the stop 10 are lost, and nothing else."""

    def on_bar(self: Any, ctx: wb.Context, bar: wb.Bar) -> None:
        if not ctx.position(bar.asset).quantity and not ctx.open_orders:
            quantity = wb.sizing.risk(ctx.equity, bar.close, 9.5, fraction=0.01)
            ctx.buy(bar.asset, quantity, stop_loss=9.5)

    run = outcome(days(A=[10, (10, 10, 9.4, 9.4)]), on_bar=on_bar)
    assert run.fills["quantity"].to_list() == [20, 20]
    assert run.final_equity == 990


def test_the_names_of_the_namespace() -> None:
    assert dir(wb.sizing) == ["fixed_fraction", "kelly", "kelly_continuous", "risk", "volatility_target"]
