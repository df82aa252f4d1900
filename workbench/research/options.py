"""The options of a Backtest, read from what a user types and refused at the door when they make no sense."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation, localcontext
from difflib import get_close_matches
from functools import wraps
from typing import Final, ParamSpec, TypeVar, get_args

import polars as pl

from workbench._types import FillRule, LotRule, PathRule
from workbench.engine.actions import day
from workbench.engine.costs.fee import Fee
from workbench.engine.costs.slippage import Slippage
from workbench.engine.limits import Limits
from workbench.engine.margin import Margin
from workbench.engine.simulation import Setup
from workbench.errors import BarsError, NumberError, ParameterError, StrategyError, TimeError, UnsupportedError
from workbench.indicators.given import short
from workbench.market.bars import Bars, with_frame
from workbench.market.datasets import Dataset
from workbench.market.moments import moment
from workbench.market.spelling import spelled, spelling
from workbench.strategies import Strategy

__all__ = [
    "account_of",
    "by_name",
    "cap",
    "check_costs",
    "check_span",
    "checked_bars",
    "checked_data",
    "checked_strategy",
    "costs",
    "count_of",
    "dataset_of",
    "fill_rule",
    "latency_s",
    "latency_us",
    "limits_of",
    "lot_rule",
    "named",
    "path_rule",
    "seed_of",
    "signature_of",
    "start_of",
    "steps",
    "switch",
]

P = ParamSpec("P")
R = TypeVar("R")
CAP_DIGITS: Final = 12
STEPS_MAX: Final = 1_000_000
LATENCY_MAX_S: Final = 31_536_000
LATER: Final = {
    "benchmark": "other benchmarks",
    "withholding": "taxes on dividends",
}
OURS: Final = {
    "capital": "cash=100_000",
    "initial_cash": "cash=100_000",
    "leverage": "account=wb.Margin(initial=0.5), which is a leverage of 2",
    "margin": "account=wb.Margin(initial=0.5)",
    "starting_cash": "cash=100_000",
    "commission": "fees=wb.fees.bps(10)",
    "commissions": "fees=wb.fees.bps(10)",
    "spread": "slippage=wb.slippage.spread('0.02')",
    "trade_on_close": "fill='same_close'",
}


def named(function: Callable[P, R]) -> Callable[P, R]:
    """Answer an unknown keyword with the nearest name, instead of a bare TypeError."""
    known = [name for name in inspect.signature(function).parameters if name not in ("self", "strategy", "bars")]

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in kwargs.items():
            if name not in known and name not in ("strategy", "bars"):
                raise _unknown(name, value, known)
        return function(*args, **kwargs)

    return checked


def by_name(function: Callable[P, R]) -> Callable[P, R]:
    """Answer an argument without a name, or with one that a method does not have, instead of a bare TypeError."""
    called, (_, *known) = function.__name__, inspect.signature(function).parameters

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        unknown = next((f"{name}=" for name in kwargs if name not in known), None)
        given = repr(args[1]) if len(args) > 1 else unknown
        if given is None:
            return function(*args, **kwargs)
        near = get_close_matches(given.rstrip("="), known, n=1)
        hint = f"; did you mean {near[0]}=?" if near else ""
        # The figure to be robust by is a matter of a sweep, where many runs are compared.
        other = "; of a sweep, the robust run is runs.robust('sharpe')" if called == "robust" and not near else ""
        raise ParameterError(f"{called}() takes {', '.join(f'{name}=' for name in known)}, got {given}{hint}{other}")

    return checked


def _unknown(name: str, value: object, known: list[str]) -> Exception:
    if name in LATER:
        return UnsupportedError(f"{name}={value!r}: {LATER[name]} are not available in this version; leave {name} out")
    if name in OURS:
        return ParameterError(f"Backtest has no option {name!r}; write {OURS[name]}")
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    shown = f"wb.{value!r}" if isinstance(value, (Fee, Slippage)) else repr(value)
    shown = shown if "\n" not in shown else "..."
    hint = f"; write {near[0]}={shown}" if near else ""
    return ParameterError(f"Backtest has no option {name!r}; it has {', '.join(known)}{hint}")


def checked_strategy(given: object) -> Strategy:
    """The strategy object; a class or a function is answered with the right spelling."""
    if isinstance(given, Strategy):
        return given
    if isinstance(given, Bars):
        raise StrategyError("strategy and bars are swapped; write Backtest(My(), bars)")
    if isinstance(given, type) and issubclass(given, Strategy):
        raise StrategyError(f"{given.__name__} is the class; give an object of it: Backtest({given.__name__}(), bars)")
    raise StrategyError(f"{given!r} is no strategy; define class My(wb.Strategy) and give Backtest(My(), bars)")


def checked_bars(given: object) -> Bars:
    """Bars with at least one row."""
    if not isinstance(given, Bars):
        kind = type(given).__name__
        raise ParameterError(
            f"bars is a {kind}, not Bars; wrap it: wb.Bars.from_frame(frame, 'AAPL'), or wb.sample['AAPL']"
        )
    if not len(given):
        raise ParameterError("bars is empty; widen since/until, or look at bars.assets")
    _check_prices(given)
    return given


def _check_prices(bars: Bars) -> None:
    """Without a price nothing can be matched or valued; a volume may be unknown."""
    lacking = [name for name in ("open", "high", "low", "close") if bars.frame[name].null_count()]
    if lacking:
        raise BarsError(
            f"bars have no {', '.join(lacking)} in some rows; ask the catalog without fields=, or drop those rows"
        )


def checked_data(given: Sequence[Dataset] | Mapping[str, Dataset]) -> tuple[Dataset, ...]:
    """The datasets of a list, or of a mapping that names them; each has a name of its own."""
    if isinstance(given, Mapping):
        found = tuple(replace(d, name=name) if isinstance(d, Dataset) else d for name, d in given.items())
    elif isinstance(given, (list, tuple)):
        found = tuple(given)
    else:
        kind = type(given).__name__
        raise ParameterError(f"data is a {kind}; give a list of datasets, data=[earnings], or a dict with their names")
    for each in found:
        if not isinstance(each, Dataset):
            kind = type(each).__name__
            raise ParameterError(f"data holds a {kind}; wrap it: wb.Dataset.from_frame(frame, known_at='announced')")
    _check_names([each.name for each in found])
    return found


def _check_names(names: list[str]) -> None:
    for name in names:
        if not isinstance(name, str) or not name:
            raise ParameterError("a dataset has no name; write data={'earnings': dataset} or give it name='earnings'")
        if names.count(name) > 1:
            raise ParameterError(f"two datasets are called {name!r}; name them apart: data={{'first': a, 'second': b}}")


def cap(given: object) -> Decimal | None:
    """The part of a bar's volume that fills may take, or None for all of it."""
    if given is None:
        return None
    is_number = isinstance(given, (int, float, Decimal, str)) and not isinstance(given, bool)
    try:
        part = Decimal(str(given)) if is_number else None
    except InvalidOperation:
        part = None
    if part is None or not part.is_finite() or not 0 < part <= 1:
        raise NumberError(f"volume_cap={given!r}: give a part of the volume above 0 and up to 1, or None for no cap")
    with localcontext(prec=100):
        return round(part, CAP_DIGITS)


def costs(fees: object, slippage: object) -> tuple[Fee, Slippage]:
    """Fee and slippage rules; None is none."""
    fee = Fee("none") if fees is None else fees
    slip = Slippage("none") if slippage is None else slippage
    if not isinstance(fee, Fee):
        if callable(fee):
            raise ParameterError(f"fees={fees!r}: write your own function as wb.fees.custom(function)")
        raise ParameterError(
            f"fees={fees!r}: give wb.fees.bps(10), wb.fees.per_share(0.005, minimum=1) or another of wb.fees"
        )
    if not isinstance(slip, Slippage):
        if callable(slip):
            raise ParameterError(f"slippage={slippage!r}: write your own function as wb.slippage.custom(function)")
        raise ParameterError(f"slippage={slippage!r}: give wb.slippage.bps(2) or None")
    return fee, slip


def check_costs(setup: Setup) -> None:
    """Costs that the assets of a run could not have."""
    _check_volume(setup)
    _check_units(setup)


def _check_volume(setup: Setup) -> None:
    """Slippage by share of volume needs a volume."""
    if not setup.slippage.needs_volume:
        return
    for asset, has_volume in zip(setup.assets, setup.has_volume, strict=True):
        if not has_volume:
            raise ParameterError(
                f"slippage=wb.{setup.slippage!r} is a share of the bar's volume, and the bars of {asset} have none; "
                "give wb.slippage.bps(2) or bars with volume"
            )


def dataset_of(name: str, given: object) -> Dataset | None:
    """A dataset that the engine reads, or None."""
    if given is None or isinstance(given, Dataset):
        return given
    kind = type(given).__name__
    raise ParameterError(f"{name} is a {kind}; give a Dataset: wb.Dataset.from_frame(frame, known_at='time')")


def _check_units(setup: Setup) -> None:
    """A fee in what is bought needs units that are money of their own."""
    if all(part.currency != "base" for part in setup.fees.parts):
        return
    for asset in setup.assets:
        if asset.multiplier != 1:
            raise UnsupportedError(
                f"{str(asset)!r} has multiplier={asset.multiplier}, so that its units are no currency a fee could be "
                "paid in; leave currency='base' out of fees="
            )


def limits_of(given: object) -> Limits | None:
    """Limits, or None."""
    if given is None or isinstance(given, Limits):
        return given
    raise ParameterError(f"limits={given!r}: give wb.Limits(order_notional=25_000, position_weight=0.2) or None")


def account_of(given: object) -> Margin | None:
    """A margin account, or None for a cash account."""
    if given is None or isinstance(given, Margin):
        return given
    raise ParameterError(
        f"account={given!r}: give wb.Margin() for short positions and borrowed cash, or None for a cash account"
    )


def fill_rule(given: object) -> FillRule:
    """One of next_open, next_close, same_close."""
    allowed = get_args(FillRule)
    if given not in allowed:
        raise ParameterError(f"fill={given!r}: allowed are {', '.join(allowed)}")
    return given  # type: ignore[return-value]  # it is among the allowed ones


def path_rule(given: object, bars: Bars) -> tuple[str, Bars | None]:
    """The name of an assumed path, or finer bars of the same assets, which tell the real one."""
    if isinstance(given, Bars):
        return "finer", _finer(given, bars)
    allowed = get_args(PathRule)
    if not isinstance(given, str) or given not in allowed:
        told = repr(given) if isinstance(given, str) else f"a {type(given).__name__}"
        raise ParameterError(f"path={told}: allowed are {', '.join(allowed)}, or finer Bars of the same assets")
    return str(given), None


def _finer(given: Bars, bars: Bars) -> Bars:
    """The finer rows of the run's assets, if there are some of each and they are finer."""
    missing = [str(asset) for asset in bars.assets if asset not in given.assets]
    if missing:
        raise ParameterError(f"path= has no bars of {', '.join(missing)}; give finer Bars of every asset of the run")
    length = pl.col("time") - pl.col("open_time")
    longest = given.frame.group_by("asset").agg(finer=length.max())
    lengths = bars.frame.group_by("asset").agg(shortest=length.min()).join(longest, on="asset", how="left")
    if not lengths.select((pl.col("finer") < pl.col("shortest")).fill_null(False).all()).item():
        raise ParameterError(
            f"path= has bars of {given.every} for bars of {bars.every}: give shorter ones, such as every='1m'"
        )
    # Around the run's own assets and actions, so that a saved run comes back with the same.
    made = with_frame(bars, given.frame.filter(pl.col("asset").is_in([str(asset) for asset in bars.assets])))
    return spelled(made, spelling(given))


def lot_rule(given: object) -> LotRule:
    """One of average, fifo, lifo."""
    allowed = get_args(LotRule)
    if given not in allowed:
        raise ParameterError(f"lots={given!r}: allowed are {', '.join(allowed)}")
    return given  # type: ignore[return-value]  # it is among the allowed ones


def steps(name: str, given: object) -> int:
    """A whole number of price steps."""
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= STEPS_MAX:
        raise NumberError(f"{name}={given!r}: give a whole number of price steps from 0 to {STEPS_MAX:,}")
    return given


def latency_us(given: object, fill: object) -> tuple[int, int]:
    """Seconds as whole microseconds, the least and the most; a fill at the close asked on leaves no time for any."""
    both = given if isinstance(given, tuple) else (given, given)
    values = [_seconds(given, value) for value in both]
    if len(values) != 2 or values[0] > values[1]:
        raise NumberError(f"latency={given!r}: give one number of seconds, or the least and the most: (0.05, 0.25)")
    if values[1] and fill == "same_close":
        raise ParameterError("fill='same_close' trades at the close it is asked on; leave latency out")
    return int(values[0] * 1_000_000), int(values[1] * 1_000_000)


def latency_s(setup: Setup) -> float | list[float]:
    """The latency of a set-up in seconds: one number where it is fixed."""
    least, most = (each / 1_000_000 for each in setup.latency_us)
    return least if least == most else [least, most]


def _seconds(given: object, value: object) -> Decimal:
    is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    seconds = Decimal(str(value)) if is_number else Decimal("NaN")
    if not seconds.is_finite() or not 0 <= seconds <= LATENCY_MAX_S:
        raise NumberError(f"latency={given!r}: give seconds from 0 to {LATENCY_MAX_S:,}, such as latency=0.25")
    return seconds


def seed_of(given: object) -> int:
    """A whole number from 0 on."""
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise NumberError(f"seed={given!r}: give a whole number from 0 on")
    return given


def count_of(name: str, given: object, most: int | None = None) -> int:
    """A whole number from 1 on, or up to `most`.

    Example:
        >>> count_of("n", 3)
        3
    """
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= (given if most is None else most):
        bounds = "from 1 on" if most is None else f"from 1 to {most:,}"
        raise NumberError(f"{name}={short(given)}: give a whole number {bounds}")
    return given


def switch(name: str, given: object) -> bool:
    """True or False, and nothing that only looks like it."""
    if not isinstance(given, bool):
        raise ParameterError(f"{name}={given!r}: give True or False")
    return given


def start_of(given: str | date | datetime | None) -> tuple[int | None, int | None]:
    """Start as (session in days, None) or (None, time in microseconds)."""
    if given is None:
        return None, None
    value = moment("start", given)
    if isinstance(value, datetime):
        return None, int((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    return day(value), None


def check_span(bars: Bars, start: str | date | datetime | None, end: str | date | datetime | None) -> Bars:
    """The bars up to `end`, if any of them lies at or after `start`."""
    cut = bars if end is None else bars.until(end)
    traded = cut if start is None else cut.since(start)
    if not len(traded):
        known = bars.frame.select(first=pl.col("session").min(), last=pl.col("session").max()).row(0)
        raise TimeError(
            f"no bars from start={start!r} to end={end!r}; there are sessions from {known[0]} to {known[1]}"
        )
    return cut


def signature_of(cls: type) -> dict[str, inspect.Parameter]:
    """The parameters of a class by name.

    Example:
        >>> signature_of(Bars)["every"].name
        'every'
    """
    return dict(inspect.signature(cls).parameters)
