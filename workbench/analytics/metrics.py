"""The key figures of a run: numbers where they exist, else None with the reason.

The one idea: a figure is undefined for a reason that can be read (`metrics.reasons["sharpe"]`), never NaN or inf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from html import escape
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

import polars as pl

from workbench.analytics.returns import session_closes
from workbench.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "COUNTS", "FIGURES", "RANKED", "Figure", "Fold", "Metrics", "Statistics", "cents", "direction", "in_unit",
    "measure", "written",
]  # fmt: skip

Direction = Literal["high", "low"]


class Figure(NamedTuple):
    """How a figure is named and written, and whether a high or a low one is better; None where neither is."""

    label: str
    unit: str  # percent, ratio, sessions, money, count
    meaning: str
    better: Direction | None = "high"


FIGURES: Final[Mapping[str, Figure]] = {
    "total_return": Figure("Total return", "percent", "final equity / deposits - 1"),
    "annual_return": Figure("Annual return", "percent", "compound growth of the session returns, per year"),
    "volatility": Figure("Volatility", "percent", "sample deviation of the session returns, per year", "low"),
    "sharpe": Figure("Sharpe", "ratio", "mean / sample deviation of the session returns, per year, over a rate of 0"),
    "sortino": Figure("Sortino", "ratio", "mean / root mean square of the losing session returns, per year"),
    "calmar": Figure("Calmar", "ratio", "annual return / maximum drawdown"),
    "max_drawdown": Figure("Max drawdown", "percent", "deepest fall of a session close from the highest before"),
    "drawdown_length": Figure(
        "Drawdown length", "sessions", "from the peak of the maximum drawdown to its trough", "low"
    ),
    "recovery_time": Figure(
        "Recovery time", "sessions", "from that trough to the first close at or above the peak", "low"
    ),
    "win_rate": Figure("Win rate", "percent", "closed trades with a profit / closed trades"),
    "profit_factor": Figure("Profit factor", "ratio", "profits / losses of closed trades"),
    "average_win": Figure("Average win", "money", "mean profit of the closed trades that won"),
    "average_loss": Figure("Average loss", "money", "mean profit of the closed trades that lost, below 0"),
    "exposure": Figure(
        "Exposure", "percent", "mean over the session closes of positions / equity, shorts taken off longs", None
    ),
    "turnover": Figure("Turnover", "ratio", "half of the value traded / mean equity, per year", "low"),
    "fees": Figure("Fees", "money", "all fees charged", "low"),
}
UNMEASURED: Final = (
    "positions of futures and perpetuals are gains to be settled, not worth; see ctx.position(asset).value"
)
# What a sweep tells of a run beside its figures.
COUNTS: Final[Mapping[str, Figure]] = {
    "final_equity": Figure("Final equity", "money", "cash and positions at the last close"),
    "fills": Figure("Fills", "count", "number of fills", None),
    "denied": Figure("Denied orders", "count", "number of orders that were denied", None),
}
RANKED: Final[Mapping[str, Figure]] = {**FIGURES, **COUNTS}


class Statistics(Protocol):
    """What the fold gives: each of `FIGURES` as an attribute, a number or None."""

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why, for each figure that is None."""


class Fold(Protocol):
    """The fold over session closes, fills and closed trades that sweeps use too."""

    def __call__(
        self,
        closes: list[float],
        deposits: float,
        per_year: float,
        *,
        held: list[float],
        fills: Sequence[tuple[float, float]],
        profits: list[float],
    ) -> Statistics:
        """Every figure of one run."""


@dataclass(frozen=True, eq=False, repr=False)
class Metrics(Mapping[str, "float | int | None"]):
    """Key figures by attribute or by name; what each means stands in `FIGURES` and in the table's tooltips.

    Returns and shares are fractions (0.1 is 10%), lengths count sessions, money is in the account's currency.
    `reasons` says of each figure that is None why it is undefined.

    Example:
        >>> metrics = Metrics(total_return=0.25, reasons={"sharpe": "the returns do not vary"})
        >>> metrics["total_return"], metrics.sharpe, metrics.reasons["sharpe"]
        (0.25, None, 'the returns do not vary')
    """

    total_return: float | None = None
    annual_return: float | None = None
    volatility: float | None = None
    sharpe: float | None = None
    sortino: float | None = None
    calmar: float | None = None
    max_drawdown: float | None = None
    drawdown_length: int | None = None
    recovery_time: int | None = None
    win_rate: float | None = None
    profit_factor: float | None = None
    average_win: float | None = None
    average_loss: float | None = None
    exposure: float | None = None
    turnover: float | None = None
    fees: float | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float | int | None:
        if name not in FIGURES:
            raise ParameterError(_unknown(name, FIGURES))
        value: float | int | None = getattr(self, name)
        return value

    def __contains__(self, name: object) -> bool:
        return name in FIGURES

    def __iter__(self) -> Iterator[str]:
        return iter(FIGURES)

    def __len__(self) -> int:
        return len(FIGURES)

    def __repr__(self) -> str:
        width = max(len(figure.label) for figure in FIGURES.values())
        shown = {name: written(name, self[name]) for name in FIGURES}
        room = max(len(text) for text in shown.values())
        lines = (f"{FIGURES[name].label:<{width}}  {text:>{room}}  {self._why(name)}" for name, text in shown.items())
        return "\n".join(line.rstrip() for line in lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        rows = "".join(_row(name, self[name], self._why(name)) for name in FIGURES)
        return {"text/plain": repr(self), "text/html": f"<table><tbody>{rows}</tbody></table>"}

    def _ipython_key_completions_(self) -> list[str]:
        return list(FIGURES)

    def _why(self, name: str) -> str:
        return self.reasons.get(name, "")


def measure(
    equity: pl.DataFrame,
    fills: pl.DataFrame,
    trades: pl.DataFrame,
    *,
    deposits: float,
    per_year: float,
    fold: Fold,
    has_contracts: bool = False,
) -> Metrics:
    """Key figures of a run.

    Args:
        equity: rows of `EQUITY` in Float64, oldest first, from the start of the run on.
        fills: rows of `FILLS` in Float64.
        trades: rows of `TRADES` in Float64.
        deposits: money paid in, in the account's currency.
        per_year: sessions of a year, see `sessions_per_year`.
        fold: `workbench._native.statistics`, which sweeps use too.
        has_contracts: whether it could hold futures or perpetuals, which leaves the exposure undefined.

    Returns:
        Metrics; a figure that does not exist is None and has its reason.

    Raises:
        NumberError: deposits or per_year not above 0, or an equity that is no finite number.
    """
    closes = session_closes(equity, "equity", "positions")
    found = fold(
        closes["equity"].to_list(),
        deposits,
        per_year,
        held=closes["positions"].to_list(),
        fills=list(zip(fills["value"], fills["fee"], strict=True)),
        profits=trades.filter(~pl.col("open"))["profit"].to_list(),
    )
    values, reasons = {name: getattr(found, name) for name in FIGURES}, dict(found.reasons)
    if has_contracts:
        values["exposure"], reasons["exposure"] = None, UNMEASURED
    return Metrics(**values, reasons=reasons)


def written(name: str, value: float | int | None) -> str:
    """A figure as text in its own unit; one that is undefined is a dash.

    Example:
        >>> written("max_drawdown", -0.1234), written("sharpe", 1.0), written("fees", 1234.5), written("calmar", None)
        ('-12.34%', '1.00', '1,234.50', '-')
    """
    return in_unit(RANKED[name].unit, value)


def in_unit(unit: str, value: float | int | None) -> str:
    """A number as text in the unit of a `Figure`.

    Example:
        >>> in_unit("percent", -0.00001), in_unit("sessions", 1), in_unit("count", 1200)
        ('0.00%', '1 session', '1,200')
    """
    if value is None:
        return "-"
    if unit == "percent":
        return f"{value:z,.2%}"
    if unit == "sessions":
        return f"{value:,} session{'' if value == 1 else 's'}"
    if unit == "money":
        return cents(value)
    if unit == "count":
        return f"{value:,}"
    return f"{value:z,.2f}"


def direction(name: str) -> Direction:
    """Whether a high or a low figure is the better one.

    Raises:
        ParameterError: no such figure, or one that is neither good nor bad.

    Example:
        >>> direction("sharpe"), direction("max_drawdown"), direction("volatility"), direction("final_equity")
        ('high', 'high', 'low', 'high')
    """
    if name not in RANKED:
        raise ParameterError(_unknown(name, RANKED))
    better = RANKED[name].better
    if better is None:
        raise ParameterError(f"{name!r} is neither good nor bad, so no run is the best by it; sort the frame by it")
    return better


def cents(amount: float) -> str:
    """Money to two digits, half-even as its Decimal would be: by the 15 digits that a float is sure of.

    Example:
        >>> cents(251.205), f"{251.205:.2f}", f"{Decimal('251.205'):.2f}"
        ('251.20', '251.21', '251.20')
    """
    return f"{Decimal(f'{amount:.15g}'):z,.2f}"


def _row(name: str, value: float | int | None, why: str) -> str:
    figure = FIGURES[name]
    head = f'<th scope="row" style="text-align:left" title="{escape(figure.meaning)}">{escape(figure.label)}</th>'
    shown = f'<td style="text-align:right">{escape(written(name, value))}</td>'
    return f'<tr>{head}{shown}<td style="text-align:left">{escape(why)}</td></tr>'


def _unknown(name: object, known: Mapping[str, Figure]) -> str:
    near = get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "there are"
    return f"no figure {name!r}; {hint} ({', '.join(known)})"
