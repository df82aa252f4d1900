"""Where workbench and the witnesses part, each with a market of a few bars in which it shows.

The one idea: the table is data that is run; README.md tells the same rows, and a test holds it to them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["DIFFERENCES", "Difference"]

Row = list[float]


class Difference(NamedTuple):
    """What is asked on which bars, what each does, as (bar, side, quantity, price), and why ours does it so."""

    title: str
    why: str
    bars: list[Row]
    script: list[tuple[int, str, dict[str, Any]]]
    ours: list[tuple[int, str, float, float]]
    theirs: dict[str, list[tuple[int, str, float, float]]]
    volume_cap: float | None = None
    cash: float = 100_000


def flat(price: float, volume: float = 10_000) -> Row:
    return [price, price, price, price, volume]


FIRST = flat(10)  # the bar that one of the witnesses does not show
DIFFERENCES = [
    Difference(
        "The bar of an entry at the open",
        "stop and target work from the entry on; backtrader's work from the next bar",
        [FIRST, flat(10), [10, 10, 8, 9, 10_000], flat(8.2), flat(8)],
        [(1, "bracket", {"size": 100, "stop_loss": 8.5, "take_profit": 12})],
        [(2, "buy", 100, 10), (2, "sell", 100, 8.5)],
        {
            "backtesting": [(2, "buy", 100, 10), (2, "sell", 100, 8.5)],
            "backtrader": [(2, "buy", 100, 10), (3, "sell", 100, 8.2)],
        },
    ),
    Difference(
        "The bar of an entry inside the bar",
        "the worse is assumed: a stop that the bar reaches fills, and the fill is marked ambiguous; theirs waits",
        [FIRST, flat(10), [10, 10, 8, 9, 10_000], flat(9), flat(8.2), flat(8)],
        [(1, "limit_bracket", {"size": 100, "limit": 9.5, "stop_loss": 8.5, "take_profit": 12})],
        [(2, "buy", 100, 9.5), (2, "sell", 100, 8.5)],
        {
            "backtesting": [(2, "buy", 100, 9.5), (4, "sell", 100, 8.2)],
            "backtrader": [(2, "buy", 100, 9.5), (4, "sell", 100, 8.2)],
        },
    ),
    Difference(
        "A gap over a stop-limit",
        "nothing fills at a price that the bar did not have; backtesting.py takes the stop",
        [FIRST, flat(10), [12, 13, 11.5, 12, 10_000], flat(12)],
        [(1, "stop_limit", {"size": 100, "stop": 11, "limit": 12.5})],
        [(2, "buy", 100, 12)],
        {"backtesting": [(2, "buy", 100, 11)], "backtrader": [(2, "buy", 100, 12)]},
    ),
    Difference(
        "Volume",
        "a bar gives a tenth of its volume, and the rest works on; theirs gives all of an order",
        [FIRST, flat(10, 500), flat(10, 500), flat(10, 500), flat(10, 500)],
        [(1, "market", {"side": "buy", "size": 100})],
        [(2, "buy", 50, 10), (3, "buy", 50, 10)],
        {"backtesting": [(2, "buy", 100, 10)], "backtrader": [(2, "buy", 100, 10)]},
        volume_cap=0.1,
    ),
    Difference(
        "Selling more than is held",
        "a cash account has no short positions, so the order is reduced; theirs goes short",
        [FIRST, flat(10), flat(10), flat(10), flat(10)],
        [(1, "market", {"side": "buy", "size": 100}), (2, "market", {"side": "sell", "size": 150})],
        [(2, "buy", 100, 10), (3, "sell", 100, 10)],
        {
            "backtesting": [(2, "buy", 100, 10), (3, "sell", 100, 10), (3, "sell", 50, 10)],
            "backtrader": [(2, "buy", 100, 10), (3, "sell", 150, 10)],
        },
    ),
    Difference(
        "Prices and quantities on their steps",
        "a limit is put on the asset's step, to the safe side; theirs trades at any float",
        [FIRST, flat(10), [10, 10, 9, 9.5, 10_000], flat(9.5)],
        [(1, "limit", {"size": 100, "limit": 9.678})],
        [(2, "buy", 100, 9.67)],
        {"backtesting": [(2, "buy", 100, 9.678)], "backtrader": [(2, "buy", 100, 9.678)]},
    ),
    Difference(
        "All of the cash when prices rise overnight",
        "all_in is sized at the fill; backtrader sizes at the close before and then refuses the order",
        [FIRST, flat(10), flat(11), flat(11)],
        [(1, "all_in", {})],
        [(2, "buy", 90, 11)],
        {"backtesting": [(2, "buy", 90, 11)], "backtrader": []},
        cash=1_000,
    ),
    Difference(
        "What a trailing stop follows",
        "the highest price of completed bars; backtrader's follows the closes",
        [
            FIRST,
            flat(10),
            flat(10),
            [10, 12, 10, 10.5, 10_000],
            [10.5, 10.5, 10.2, 10.4, 10_000],
            [10.4, 10.4, 9, 9, 10_000],
        ],
        [(1, "market", {"side": "buy", "size": 100}), (2, "trailing", {"size": 100, "trail": 1})],
        [(2, "buy", 100, 10), (4, "sell", 100, 10.5)],
        {"backtrader": [(2, "buy", 100, 10), (5, "sell", 100, 9.5)]},
    ),
]
