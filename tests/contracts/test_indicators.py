"""What every indicator of `workbench.ta` does; a new one is tested by being listed there.

The one idea: each is called with what its signature needs, and its column must be its stream, whatever it computes.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, get_type_hints

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import workbench as wb
from workbench import ta
from workbench.cli import commands
from workbench.errors import ParameterError
from workbench.indicators import Indicator, Outputs
from workbench.indicators.spelling import CANDLES
from workbench.indicators.units import DISTANCES, KEEPING, LEVELS, SPREADS, unit

FIELDS = ("open", "high", "low", "close", "volume")
# What a parameter without a default is given, by its name; a new name needs a line here.
NEEDED: dict[str, object] = {"n": 4, "q": 0.3, "against": "open"}
# Twice every field makes a value twice as large, bit for bit as 2 is a power of two; these are squares and ratios.
RATIOS = """
    adx adxr aroon_osc bop cci cmo dx fisher garman_klass kst linreg_r2 mass_index minus_di natr parkinson plus_di ppo
    roc rsi trix tsi ulcer ultosc willr yang_zhang
    aroon.up aroon.down bbands.percent_b bbands.bandwidth stoch.k stoch.d stochf.k stochf.d stochrsi.k stochrsi.d
    supertrend.direction vortex.plus vortex.minus
    beta cmf correl drawdown kurtosis mfi nvi rolling_argmax rolling_argmin rolling_drawdown sign skew zscore
"""
FACTORS = {"force": 4, "var": 4} | dict.fromkeys((*RATIOS.split(), *CANDLES), 1)
# Parameters that are numbers of bars.
LENGTHS = {
    *("n", "fast", "slow", "signal", "smooth", "short", "medium", "long", "k", "d", "rsi", "atr"),
    *("roc1", "roc2", "roc3", "roc4", "sma1", "sma2", "sma3", "sma4", "conversion", "base", "span"),
}
# Those of the same names that are not, or that no one promised to be.
REAL = {"bbands": {"k"}, "typical": {"n"}}


def names(name: str) -> dict[str, object]:
    """What the repr of an indicator is read with."""
    return {"ta": ta, type(made(name)).__name__: function(name)}


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
    """Bars on a cent, of two sessions, with an unknown volume now and then."""
    rng = np.random.default_rng(seed)
    closes = np.round(100 + np.cumsum(rng.normal(0, 1, n)), 2)
    opens = np.round(closes + rng.normal(0, 0.5, n), 2)
    highs = np.round(np.maximum(opens, closes) + rng.uniform(0, 1, n), 2)
    lows = np.round(np.minimum(opens, closes) - rng.uniform(0, 1, n), 2)
    volumes = [None if i % 31 == 30 else float(v) for i, v in enumerate(rng.integers(1, 1000, n))]
    sessions = [(START + timedelta(minutes=i)).date() for i in range(n)]
    fields = {"open": opens, "high": highs, "low": lows, "close": closes, "volume": volumes}
    return pl.DataFrame(fields | {"session": sessions})


START = datetime(2024, 1, 1, 23, 30, tzinfo=UTC)
PRICES = walk()


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
    bars = wb.Bars.from_frame(PRICES.select(*FIELDS, open_time=pl.Series(times)), "X", every="1m")
    assert bars.frame.select(*FIELDS, "session").equals(PRICES)
    return wb.Backtest(Watch(names=" ".join(NAMES)), bars, cash="1000 USD", warmup=False).run().recorded


# What a package of somebody else brings, found by its entry point.
THIRD = "typical"
THEIR_CODE = """
from workbench import Indicator
from workbench.errors import ParameterError

class Typical(Indicator):
    n: int = 4
    every: str | None = None
    reads = ("high", "low", "close")

    def on_start(self):
        if not 1 <= self.n <= 1000:
            raise ParameterError(f"n is from 1 to 1000, got {self.n}")
        self.kept = []

    def update(self, bar):
        self.kept = [*self.kept, bar.high + bar.low + bar.close][-self.n :]
        return sum(self.kept) / (3 * self.n) if len(self.kept) == self.n else None
"""


@pytest.fixture(scope="module", autouse=True)
def third_party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Another package on the path, as pip would have left it."""
    site = tmp_path_factory.mktemp("site")
    about = site / "their_indicators-1.0.dist-info"
    about.mkdir()
    (site / "their_indicators.py").write_text(THEIR_CODE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: their-indicators\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[workbench.indicators]\n{THIRD} = their_indicators:Typical\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        yield


NAMES = [*(output for name in ta.__all__ for output in outputs(name)), THIRD]
EVERY = pytest.mark.parametrize("name", NAMES)
SEVERAL = pytest.mark.parametrize("name", [name for name in ta.__all__ if isinstance(whole(name), Outputs)])


@EVERY
def test_column_is_stream(name: str) -> None:
    recorded = streams()
    assert recorded["time"].to_list() == [START + timedelta(minutes=i + 1) for i in range(PRICES.height)]
    assert made(name)(PRICES).cast(pl.Float64).to_list() == recorded[f"_{name}"].to_list()
    assert made(name)(PRICES).null_count() < PRICES.height


@EVERY
def test_fed_outside_of_a_run(name: str) -> None:
    stream = made(name).stream()
    found = [stream.update(SimpleNamespace(**row)) for row in PRICES.iter_rows(named=True)]
    assert found == made(name)(PRICES).cast(pl.Float64).to_list()


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


# The angle of a slope of 2 is not twice that of a slope of 1, nor is a logarithm that of half the price doubled.
BENT = ("exp", "linreg_angle", "log", "sqrt")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BENT])
def test_scale(name: str) -> None:
    twice = PRICES.with_columns(pl.col(field) * 2 for field in FIELDS)
    assert made(name)(twice).to_list() == (made(name)(PRICES) * FACTORS.get(name, 2)).to_list()


# Prices that all lie 64 higher: these values lie as much higher.
MOVED = """
    open high low close sma ema wma dema tema trima t3 kama hma zlema alma vwma midpoint midprice linreg
    linreg_intercept tsf rolling_max rolling_min sar supertrend.line bbands.upper bbands.middle bbands.lower
    keltner.upper keltner.middle keltner.lower donchian.upper donchian.middle donchian.lower ichimoku.conversion
    ichimoku.base ichimoku.span_a ichimoku.span_b
"""
# These stay as they are; what is left are shares of a price, and volume.
KEPT = """
    mom apo ao dpo macd.line macd.signal macd.histogram rsi cmo tsi cci willr bop ultosc fisher stoch.k stoch.d
    stochf.k stochf.d stochrsi.k stochrsi.d trange atr stddev var bbands.percent_b linreg_slope linreg_angle linreg_r2
    plus_di minus_di dx adx adxr aroon.up aroon.down aroon_osc mass_index vortex.plus vortex.minus
    supertrend.direction
"""


@pytest.mark.parametrize(
    ("name", "by"), [*((name, 64) for name in MOVED.split()), *((name, 0) for name in KEPT.split())]
)
def test_shift(name: str, by: float) -> None:
    assert (unit(made(name)) == "level") == bool(by), "charts draw it over the prices if it moves with them"
    higher = PRICES.with_columns(pl.col(field) + 64 for field in FIELDS if field != "volume")
    expected = (made(name)(PRICES) + by).to_numpy()
    np.testing.assert_allclose(made(name)(higher).to_numpy(), expected, rtol=1e-9, atol=1e-9)


@EVERY
@pytest.mark.parametrize("every", [None, "1h"])
def test_descriptions(name: str, every: str | None) -> None:
    indicator = made(name, every=every)
    assert eval(repr(indicator), names(name)) == indicator
    assert pickle.loads(pickle.dumps(indicator)) == indicator
    assert hash(pickle.loads(pickle.dumps(indicator))) == hash(indicator)
    assert indicator == made(name, every=every) != made(name, every="1d")


@EVERY
def test_composed(name: str) -> None:
    indicator = made(name)
    rule = (indicator.shift(1) * 2 > indicator) & ~indicator.crosses_above(0.5)
    assert eval(repr(rule), names(name)) == rule
    assert rule(PRICES).dtype == pl.Boolean


@EVERY
@pytest.mark.parametrize("bad", [0, -1, 2.5, True, "3", 10**9], ids=repr)
def test_lengths_are_checked(name: str, bad: Any) -> None:
    lengths = LENGTHS & parameters(name).keys() - REAL.get(name.partition(".")[0], set())
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


def test_what_others_bring_is_listed_after_ours() -> None:
    assert THIRD in dir(ta)
    listed = CliRunner().invoke(commands, ["indicators"]).stdout.splitlines()
    assert [line.split("  ")[0] for line in listed if "typical" in line] == ["ta.typical(n=4, *, every=None)"]
    assert len(listed) == len(ta.__all__) + 1
    with pytest.raises(AttributeError, match=r"did you mean ta.typical\?"):
        _ = ta.tipical  # type: ignore[attr-defined]


def test_units_are_known_of_indicators_that_are_there() -> None:
    assert {*NAMES, "shift", "field"} >= KEEPING | LEVELS | SPREADS | DISTANCES
