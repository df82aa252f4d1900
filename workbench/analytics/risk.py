"""What the session returns say of bad days: value at risk, expected shortfall, the shape of the distribution.

The one idea: historical, not modelled: each figure is read off the returns that there were, so it knows no day worse
than those.

Source: the definitions of empyrical (`value_at_risk`, `conditional_value_at_risk`), which the tests compare with.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import TYPE_CHECKING, Final, NamedTuple

from workbench.analytics.deflated import moments
from workbench.analytics.metrics import Figure
from workbench.errors import NumberError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RISK", "Measured", "expected_shortfall", "risk", "value_at_risk"]

LEVELS: Final = (0.95, 0.99)
FEW: Final = "fewer than two session returns"
RISK: Final[Mapping[str, Figure]] = {
    "var_95": Figure(
        "VaR 95%", "percent", "historical value at risk: 5% of the session returns were lower (linear between two)"
    ),
    "cvar_95": Figure("CVaR 95%", "percent", "mean of the worst 5% of the session returns, at least of one"),
    "var_99": Figure(
        "VaR 99%", "percent", "historical value at risk: 1% of the session returns were lower (linear between two)"
    ),
    "cvar_99": Figure("CVaR 99%", "percent", "mean of the worst 1% of the session returns, at least of one"),
    "worst_session": Figure("Worst session", "percent", "lowest return from one session close to the next"),
    "best_session": Figure("Best session", "percent", "highest return from one session close to the next"),
    "winning_sessions": Figure("Winning sessions", "percent", "session returns above 0 / all session returns"),
    "skew": Figure("Skew", "ratio", "third moment of the session returns: below 0 where bad days are the larger ones"),
    "excess_kurtosis": Figure(
        "Excess kurtosis", "ratio", "fourth moment less 3: above 0 where extreme days are more frequent than if normal"
    ),
}


class Measured(NamedTuple):
    """Figures by name, None where undefined, and the reason for each of those."""

    values: Mapping[str, float | None]
    reasons: Mapping[str, str]


def value_at_risk(returns: pl.Series, level: float = 0.95) -> float | None:
    """The return that a share 1 - `level` of all returns fall below, linear between two of them; below 0 is a loss.

    Returns:
        A fraction per session, None for fewer than two returns.

    Raises:
        NumberError: a level that does not lie between 0 and 1.

    Example:
        >>> import polars as pl
        >>> value_at_risk(pl.Series([-0.04, -0.02, 0.0, 0.01, 0.03]), 0.75)
        -0.02
    """
    _check(level)
    known = returns.drop_nulls()
    return known.quantile(1 - level, interpolation="linear") if known.len() > 1 else None


def expected_shortfall(returns: pl.Series, level: float = 0.95) -> float | None:
    """The mean of the worst share 1 - `level` of the returns (CVaR): of n, the floor((n - 1)(1 - level)) + 1 lowest.

    Returns:
        A fraction per session, None for fewer than two returns.

    Raises:
        NumberError: a level that does not lie between 0 and 1.

    Example:
        >>> import polars as pl
        >>> expected_shortfall(pl.Series([-0.04, -0.02, 0.0, 0.01, 0.03]), 0.75)
        -0.03
    """
    _check(level)
    known = returns.drop_nulls()
    # 0.05 x 20 is a hair off in floats; a count must not depend on that.
    worst = floor(round((known.len() - 1) * (1 - level), 9)) + 1
    return float(known.sort().head(worst).mean()) if known.len() > 1 else None  # type: ignore[arg-type]  # of floats


def risk(returns: pl.Series) -> Measured:
    """Every figure of `RISK`.

    Args:
        returns: of the sessions, oldest first, as fractions.

    Example:
        >>> import polars as pl
        >>> found = risk(pl.Series([-0.04, -0.02, 0.0, 0.01, 0.03]))
        >>> found.values["worst_session"], found.values["winning_sessions"], found.reasons
        (-0.04, 0.4, {})
    """
    known = returns.drop_nulls()
    if known.len() < 2:
        return Measured(dict.fromkeys(RISK), dict.fromkeys(RISK, FEW))
    shape = moments(known)
    tails = {
        f"{name}_{level:.0%}"[:-1]: of(known, level)
        for level in LEVELS
        for name, of in (("var", value_at_risk), ("cvar", expected_shortfall))
    }
    values: dict[str, float | None] = {
        **tails,
        "worst_session": known.min(),  # type: ignore[dict-item]  # of floats
        "best_session": known.max(),  # type: ignore[dict-item]  # of floats
        "winning_sessions": float((known > 0).mean()),  # type: ignore[arg-type]  # of booleans
        "skew": None if shape is None else shape.skew,
        "excess_kurtosis": None if shape is None else shape.kurtosis - 3,
    }
    return Measured(values, {name: "the returns do not vary" for name, value in values.items() if value is None})


def _check(level: float) -> None:
    if not 0 < level < 1:
        raise NumberError(f"the level {level!r} does not lie between 0 and 1; 0.95 looks at the worst 5%")
