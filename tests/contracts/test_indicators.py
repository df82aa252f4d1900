"""What every indicator of `workbench.ta` does; a new one is tested by being listed there.

The one idea: each is called with what its signature needs, and its column must be its stream, whatever it computes.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, get_type_hints

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError
from workbench.indicators import Indicator, Outputs

FIELDS = ("open", "high", "low", "close", "volume")
# What a parameter without a default is given, by its name; a new name needs a line here.
NEEDED: dict[str, object] = {"n": 4}
# Twice every field makes a value twice as large, bit for bit as 2 is a power of two; these are squares and ratios.
RATIOS = """
    adx adxr aroon_osc bop cci cmo dx fisher garman_klass kst linreg_r2 mass_index minus_di natr parkinson plus_di ppo
    roc rsi trix tsi ulcer ultosc willr yang_zhang
"""
FACTORS = {"var": 4} | dict.fromkeys(RATIOS.split(), 1)
# Parameters that are numbers of bars.
LENGTHS = {"n", "fast", "slow", "signal", "smooth", "short", "medium", "long"} | {
    f"{what}{i}" for what in ("roc", "sma") for i in (1, 2, 3, 4)
}


FACTORS |= dict.fromkeys(("bbands.percent_b", "bbands.bandwidth"), 1)


def function(name: str) -> Callable[..., Indicator | Outputs]:
    """What makes it; an output is called `macd.line`."""
    found: Callable[..., Indicator | Outputs] = getattr(ta, name.partition(".")[0])
    return found


def parameters(name: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function(name)).parameters)


def whole(name: str, **more: object) -> Indicator | Outputs:
    needed = {key: NEEDED[key] for key, each in parameters(name).items() if each.default is each.empty}
    return function(name)(**needed | more)


def made(name: str, **more: object) -> Indicator:
    found = whole(name, **more)
    return found if isinstance(found, Indicator) else found.each[name.partition(".")[2]]


def outputs(name: str) -> list[str]:
    """The indicator, or each of its outputs."""
    found = whole(name)
    return [name] if isinstance(found, Indicator) else [f"{name}.{output}" for output in found.outputs]


def walk(n: int = 80, seed: int = 5) -> pl.DataFrame:
    """Bars on a cent with an unknown volume now and then."""
    rng = np.random.default_rng(seed)
    closes = np.round(100 + np.cumsum(rng.normal(0, 1, n)), 2)
    opens = np.round(closes + rng.normal(0, 0.5, n), 2)
    highs = np.round(np.maximum(opens, closes) + rng.uniform(0, 1, n), 2)
    lows = np.round(np.minimum(opens, closes) - rng.uniform(0, 1, n), 2)
    volumes = [None if i % 31 == 30 else float(v) for i, v in enumerate(rng.integers(1, 1000, n))]
    return pl.DataFrame({"open": opens, "high": highs, "low": lows, "close": closes, "volume": volumes})


PRICES = walk()
START = datetime(2024, 1, 1, tzinfo=UTC)


class Watch(wb.Strategy):
    """Keeps what all streams say at every bar."""

    names: str

    def on_start(self, ctx: wb.Context) -> None:
        self.streams = {name: ctx.watch(made(name)) for name in self.names.split()}

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.record(bars=1, **{f"_{name}": stream.get(bar.asset) for name, stream in self.streams.items()})


@cache
def streams() -> pl.DataFrame:
    """What a strategy reads at each bar of `PRICES`."""
    times = [START + timedelta(minutes=i) for i in range(PRICES.height)]
    bars = wb.Bars.from_frame(PRICES.with_columns(open_time=pl.Series(times)), "X", every="1m")
    assert bars.frame.select(FIELDS).equals(PRICES)
    return wb.Backtest(Watch(names=" ".join(NAMES)), bars, cash="1000 USD", warmup=False).run().recorded


NAMES = [output for name in ta.__all__ for output in outputs(name)]
EVERY = pytest.mark.parametrize("name", NAMES)
SEVERAL = pytest.mark.parametrize("name", [name for name in ta.__all__ if isinstance(whole(name), Outputs)])


@EVERY
def test_column_is_stream(name: str) -> None:
    recorded = streams()
    assert recorded["time"].to_list() == [START + timedelta(minutes=i + 1) for i in range(PRICES.height)]
    assert made(name)(PRICES).cast(pl.Float64).to_list() == recorded[f"_{name}"].to_list()
    assert made(name)(PRICES).null_count() < PRICES.height


@EVERY
def test_a_row_knows_nothing_of_later_ones(name: str) -> None:
    whole = made(name)(PRICES)
    for known in range(PRICES.height):
        assert made(name)(PRICES.head(known)).equals(whole.head(known))


@SEVERAL
def test_all_outputs_are_each_of_them(name: str) -> None:
    several = whole(name)
    assert isinstance(several, Outputs)
    assert isinstance(get_type_hints(function(name))["return"], type(Outputs)), "its outputs are known to type checkers"
    parts = pl.concat([PRICES.head(7), PRICES.slice(7)], rechunk=False)
    found = several(parts)
    assert found.columns == outputs(name)
    assert all(found[output].equals(made(output)(PRICES)) for output in outputs(name))


@EVERY
def test_chunks_and_holes(name: str) -> None:
    whole = made(name)(PRICES)
    parts = pl.concat([PRICES.head(7), PRICES.slice(7, 1), PRICES.slice(8)], rechunk=False)
    assert made(name)(parts).equals(whole)
    assert made(name)(PRICES.with_columns(pl.col("volume").fill_null(float("nan")))).equals(whole)
    assert made(name)(PRICES.clear()).len() == 0


@EVERY
def test_in_an_expression_and_beside_bars(name: str) -> None:
    both = pl.concat([PRICES.with_columns(asset=pl.lit("A")), walk(seed=6).with_columns(asset=pl.lit("B"))])
    mixed = both.with_columns(row=pl.int_range(pl.len()).over("asset")).sort("row", "asset")
    found = mixed.select("asset", value=made(name).expr(over="asset"))
    for asset, rows in (("A", PRICES), ("B", walk(seed=6))):
        assert found.filter(pl.col("asset") == asset)["value"].to_list() == made(name)(rows).to_list()


# The angle of a slope of 2 is not twice that of a slope of 1.
@pytest.mark.parametrize("name", [name for name in ta.__all__ if name != "linreg_angle"])
def test_scale(name: str) -> None:
    twice = PRICES.with_columns(pl.col(field) * 2 for field in FIELDS)
    assert made(name)(twice).to_list() == (made(name)(PRICES) * FACTORS.get(name, 2)).to_list()


@EVERY
@pytest.mark.parametrize("every", [None, "1h"])
def test_descriptions(name: str, every: str | None) -> None:
    indicator = made(name, every=every)
    assert eval(repr(indicator), {"ta": ta}) == indicator
    assert pickle.loads(pickle.dumps(indicator)) == indicator
    assert hash(pickle.loads(pickle.dumps(indicator))) == hash(indicator)
    assert indicator == made(name, every=every) != made(name, every="1d")


@EVERY
def test_composed(name: str) -> None:
    indicator = made(name)
    rule = (indicator.shift(1) * 2 > indicator) & ~indicator.crosses_above(0.5)
    assert eval(repr(rule), {"ta": ta}) == rule
    assert rule(PRICES).dtype == pl.Boolean


@EVERY
@pytest.mark.parametrize("bad", [0, -1, 2.5, True, "3", 10**9], ids=repr)
def test_lengths_are_checked(name: str, bad: Any) -> None:
    lengths = LENGTHS & parameters(name).keys()
    for each in lengths:
        with pytest.raises(ParameterError):
            made(name, **{each: bad})
    with pytest.raises(ParameterError, match="every="):
        made(name, every=bad)


@EVERY
def test_documented(name: str) -> None:
    about = inspect.getdoc(function(name)) or ""
    assert "Example:" in about
    assert about.partition("\n")[0].endswith(".")
