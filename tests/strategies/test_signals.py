"""Signals as values, functions that make them, and levels from a frame: what is taken, refused and kept."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import cloudpickle
import polars as pl
import pytest
from hand_made import days
from ruled import assert_alike

import workbench as wb
from workbench import journal, ta
from workbench.errors import BarsError, NumberError, ParameterError, StrategyError, UnknownAssetError, UnsupportedError
from workbench.strategies.callbacks import code_hash
from workbench.strategies.signals import Signals, signals

UP, DOWN = ta.close() > ta.close().shift(1), ta.close() < ta.close().shift(1)
WALK = [10, 11, 12, 11, 10, 9, 10, 11, 10, 9]


@signals
def turns(back: int = 1, part: float = 1.0) -> Signals:
    """Follow the last change."""
    close = ta.close()
    return Signals(entry=close > close.shift(back), exit=close < close.shift(back), weight=part)


@signals
def framed(bars: wb.Bars, level: float = 10.0) -> Signals:
    """The levels of a frame that is made from the bars of the run."""
    return Signals.from_frame(levels_of(bars, level), weight=0.5)


def levels_of(bars: wb.Bars, level: float = 10.0, key: str = "time") -> pl.DataFrame:
    close = pl.col("close")
    return bars.frame.select("asset", key, entry=close > level, exit=close < level)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (Signals(entry=UP), f"Signals(entry={UP!r})"),
        (Signals(entry=UP, exit=DOWN, all_in=True), f"Signals(entry={UP!r}, exit={DOWN!r}, all_in=True)"),
        (Signals(entry=UP, weight=1), f"Signals(entry={UP!r}, weight=1.0)"),
        (Signals(entry=UP, trail_pct=Decimal("0.1")), f"Signals(entry={UP!r}, trail_pct=Decimal('0.1'))"),
        (Signals(entry=UP, quantity=100), f"Signals(entry={UP!r}, quantity=100.0)"),
        (turns(), "turns(back=1, part=1.0)"),
        (turns(2), "turns(back=2, part=1.0)"),
        (turns(2, part=0.5), "turns(back=2, part=0.5)"),
        (framed(), "framed(level=10.0)"),
    ],
    ids=str,
)  # fmt: skip
def test_signals_are_values(given: wb.Strategy, shown: str) -> None:
    assert repr(given) == shown
    for copy in (pickle.loads(pickle.dumps(given)), cloudpickle.loads(cloudpickle.dumps(given))):
        assert copy == given
        assert hash(copy) == hash(given)
    assert given != Signals(entry=DOWN)
    with pytest.raises(StrategyError, match="is frozen"):
        given.weight = 2  # type: ignore[attr-defined]
    with pytest.raises(StrategyError, match="is frozen"):
        del given.weight  # type: ignore[attr-defined]


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nothing": ({}, ParameterError, "Signals never enter; give a rule, such as entry="),
    "no entry": ({"exit": UP}, ParameterError, "Signals never enter"),
    "an unknown name": ({"entry": UP, "wieght": 1}, ParameterError, "unknown parameter 'wieght' .*weight=1"),
    "no rule": ({"entry": ta.sma(3)}, ParameterError, r"got ta.sma\(3\), which is no rule; compare"),
    "several outputs": ({"entry": ta.macd()}, StrategyError, "has the outputs line, signal, histogram; take one"),
    "no frame that was checked": ({"ready": 5}, ParameterError, r"ready=5: write wb\.Signals\.from_frame"),
    "no indicator": ({"entry": UP, "exit": True}, ParameterError, "exit takes a rule, got True; compare"),
    "two sizes": ({"entry": UP, "weight": 1, "all_in": True}, ParameterError, "one size, got weight and all_in"),
    "two more": ({"entry": UP, "weight": 1, "quantity": 3}, ParameterError, "one size, got weight and quantity"),
    "no weight": ({"entry": UP, "weight": 0}, NumberError, "weight=0.0 of Signals: give a part of equity above 0"),
    "too large a weight": ({"entry": UP, "weight": 1_001}, NumberError, "above 0, .* on a margin account up to 1,000"),
    "a weight that is text": ({"entry": UP, "weight": "1"}, ParameterError, "weight of Signals must be a finite"),
    "no quantity": ({"entry": UP, "quantity": -1}, NumberError, "quantity=-1.0 of Signals: give units above 0"),
    "a stop of all": ({"entry": UP, "stop_loss_pct": 1}, NumberError, "stop_loss_pct=1.0 of Signals: .*0.05 for 5%"),
    "a trail of nothing": ({"entry": UP, "trail_pct": 0}, NumberError, "above 0 and below 1"),
    "a target in percent": ({"entry": UP, "take_profit_pct": 2e6}, NumberError, "above 0 and up to 1,000,000"),
    "a stop finer than prices": ({"entry": UP, "stop_loss_pct": 1e-13}, NumberError, "above 0 and below 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_signals_are_checked_at_birth(name: str) -> None:
    given, error, said = REFUSED[name]
    with pytest.raises(error, match=said):
        Signals(**given)


def test_a_value_is_changed_by_a_copy() -> None:
    first = Signals(entry=UP, weight=0.5)
    assert first.replace(weight=None, all_in=True) == Signals(entry=UP, all_in=True)
    assert first.weight == 0.5
    with pytest.raises(NumberError, match="weight=-2"):
        first.replace(weight=-2)
    with pytest.raises(StrategyError, match=r"write a @wb\.signals function"):

        class _Own(Signals):
            pass


@pytest.mark.parametrize(
    "given", [{"short_entry": DOWN}, {"entry": UP, "short_entry": DOWN}, {"entry": UP, "short_exit": UP}]
)
def test_short_positions_are_refused_at_the_backtest(given: dict[str, Any]) -> None:
    made = Signals(**given)
    for strategy in (made, signals(lambda_of(made))()):
        with pytest.raises(UnsupportedError, match="need a margin account; write Backtest"):
            wb.Backtest(strategy, days(A=WALK))


BORROWED: dict[str, Callable[[], wb.Strategy]] = {
    "rules": lambda: Signals(entry=UP, exit=DOWN, weight=1.5),
    "a function": lambda: turns(part=1.5),
    "a frame": lambda: Signals.from_frame(levels_of(days(A=WALK)), weight=1.5),
    "a frame's own": lambda: Signals.from_frame(levels_of(days(A=WALK)).with_columns(weight=1.5)),
}


@pytest.mark.parametrize("name", BORROWED)
def test_weights_above_one_need_a_margin_account(name: str) -> None:
    made, bars = BORROWED[name](), days(A=WALK)
    message = (
        r"weight=1.5 is more than the whole equity, and a cash account borrows nothing; write Backtest\(..., account"
    )
    with pytest.raises(UnsupportedError, match=message):
        wb.Backtest(made, bars)
    run = wb.Backtest(made, bars, account=wb.Margin(initial="0.5")).run(progress=False)
    first = run.fills.row(0, named=True)
    assert first["quantity"] * run.bars.frame["close"][1] == pytest.approx(150_000, rel=0.001)
    assert run.equity["cash"].min() < 0  # type: ignore[operator]  # a column of numbers


def test_swept_weights_above_one_fail_alone_in_a_cash_account() -> None:
    test = wb.Backtest(turns(part=0.5), days(A=WALK))
    runs = test.sweep(part=[0.5, 1.5]).run(progress=False)
    assert runs.frame["total_return"].is_null().to_list() == [False, True]
    assert runs.failed["error"][0].startswith("UnsupportedError: weight=1.5 is more than the whole equity")
    on_margin = test.replace(account=wb.Margin())
    both = on_margin.sweep(part=[0.5, 1.5]).run(progress=False)
    for part, told in both.frame.select("part", "total_return").iter_rows():
        assert on_margin.with_params(part=part).run(progress=False).metrics.total_return == told


def test_short_positions_are_taken_on_margin() -> None:
    made = Signals(short_entry=DOWN, short_exit=UP)
    wb.Backtest(made, days(A=WALK), account=wb.Margin())
    with pytest.raises(ParameterError, match="all_in=True has no short side"):
        made.replace(all_in=True)


FEEDS: dict[str, tuple[Signals, type[Exception], str]] = {
    "an asset that is not there": (
        Signals(entry=ta.close().on("XX") > 5),
        UnknownAssetError,
        "no asset 'XX'; these bars have A",
    ),
    "an asset that is not there, of a short rule": (
        Signals(entry=UP, short_exit=ta.close().on("XX") > 5),
        UnknownAssetError,
        "no asset 'XX'; these bars have A",
    ),
    "shorter bars": (
        Signals(entry=UP, exit=ta.sma(5, every="1h") > 5),
        ParameterError,
        "every='1h' is no multiple of the bars' own 1d",
    ),
}


@pytest.mark.parametrize("name", FEEDS)
def test_rules_that_the_bars_do_not_make_up_are_refused_at_the_backtest(name: str) -> None:
    made, error, said = FEEDS[name]
    for strategy in (made, signals(lambda_of(made))()):
        with pytest.raises(error, match=said):
            wb.Backtest(strategy, days(A=WALK), account=wb.Margin())


def lambda_of(made: object) -> Callable[[], Signals]:
    def function() -> Signals:
        return made  # type: ignore[return-value]

    return function


def test_a_function_is_run_as_what_it_returns() -> None:
    bars = days(A=WALK)
    one = wb.Backtest(turns(part=0.5), bars).run(progress=False)
    assert one.name == "turns"
    assert one.spec["parameters"] == {"back": "1", "part": "0.5"}
    assert one.provenance["code hash"] == code_hash(type(turns()))
    assert_alike(one, wb.Backtest(Signals(entry=UP, exit=DOWN, weight=0.5), bars).run(progress=False))
    other = wb.Backtest(turns(), bars).with_params(back=2).run(progress=False)
    assert_alike(other, wb.Backtest(turns(back=2), bars).run(progress=False))
    assert other.journal_hash != one.journal_hash


def test_code_hashes_tell_functions_apart_and_nothing_else() -> None:
    def one(level: float = 1) -> Signals:
        return Signals(entry=ta.close() > level)

    def two(level: float = 1) -> Signals:
        return Signals(entry=ta.close() >= level)

    hashes = [code_hash(type(each)) for each in (signals(one)(), signals(one)(level=2), signals(two)())]
    assert hashes[0] == hashes[1] != hashes[2]
    assert code_hash(Signals) == code_hash(type(Signals(entry=UP)))


def _starred(*windows: int) -> Signals: ...
def _named(**windows: int) -> Signals: ...
def _second(window: int, bars: wb.Bars) -> Signals: ...
def _private(_window: int = 3) -> Signals: ...
def _wrong(window: int = "3") -> Signals: ...  # type: ignore[assignment]
def _mutable(windows: Any = []) -> Signals: ...  # type: ignore[empty-body]  # noqa: B006
async def _awaited() -> Signals: ...


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (_starred, r"_starred takes \*windows, which no sweep could name"),
        (_named, r"_named takes \*\*windows, which no sweep could name"),
        (_second, "_second cannot call a parameter 'bars'; bars= comes first"),
        (_private, "_private takes _window, which no sweep could name"),
        (_wrong, "default of _wrong.window must be an int, got '3'"),
        (_mutable, "default of _mutable.windows is a list, which all runs would share"),
        (_awaited, "takes a function that returns wb.Signals"),
        (Signals, "takes a function that returns wb.Signals"),
        (Signals(entry=UP), "takes a function that returns wb.Signals"),
    ],
)
def test_functions_are_checked_when_they_are_defined(function: Any, said: str) -> None:
    with pytest.raises(StrategyError, match=said):
        signals(function)


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda: turns(bakc=3), ParameterError, r"unknown parameter 'bakc' of turns; .*did you mean turns\(back=3\)"),
        (lambda: turns(back="3"), ParameterError, r"back of turns must be an int, .*did you mean turns\(back=3\)"),
        (lambda: turns(1, 1, 1), ParameterError, "turns has 2 parameters, got 3: back, part"),
        (lambda: framed(days(A=WALK)), ParameterError, r"write wb.Backtest\(framed\(\), bars\)"),
        (lambda: wb.Backtest(turns, days(A=WALK)), StrategyError, r"give an object of it: Backtest\(turns\(\), bars\)"),
        (lambda: wb.Backtest(turns(part=-2), days(A=WALK)), NumberError, "weight=-2.0"),
        (lambda: wb.Backtest(signals(lambda_of(UP))(), days(A=WALK)), StrategyError, "function must return wb.Signals"),
    ],
)
def test_what_functions_are_given_and_give(ask: Callable[[], object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        ask()


def test_parameters_without_an_annotation_are_like_their_default() -> None:
    @signals
    def bare(n=3, level=1.5, name="x", is_on=True, other=None):  # type: ignore[no-untyped-def]
        return Signals(entry=ta.sma(n) > level)

    assert repr(bare(n=5, level=2, other=[1])) == "bare(n=5, level=2.0, name='x', is_on=True, other=[1])"
    for wrong in ({"n": "5"}, {"level": "2"}, {"name": 3}, {"is_on": 1}):
        with pytest.raises(ParameterError, match="must be"):
            bare(**wrong)


def test_levels_of_a_frame_trade_as_their_rules() -> None:
    bars = days(A=WALK, B=[9, 9, 11, 12, 11, 9, 9, 8, 11, 12])
    close = ta.close()
    rules = wb.Backtest(Signals(entry=close > 10, exit=close < 10, weight=0.5), bars).run(progress=False)
    assert rules.fills.height > 4
    for key in ("time", "session"):
        frame = levels_of(bars, key=key).sample(fraction=1, shuffle=True, seed=1)
        run = wb.Backtest(Signals.from_frame(frame, weight=0.5), bars).run(progress=False)
        assert_alike(run, rules)
        assert not run.is_auditable
        assert [notice.kind for notice in run.notices if notice.kind == "ready"] == ["ready"]
    made = wb.Backtest(framed(), bars).run(progress=False)
    assert_alike(made, rules)
    assert made.is_auditable
    assert rules.is_auditable
    assert all(notice.kind != "ready" for notice in made.notices)


def test_bars_without_a_row_have_no_signal_and_weights_may_differ() -> None:
    bars = days(A=[10] * 6)
    told = [(1, True, 0.25), (3, False, None), (4, True, 1.0)]
    rows = [("A", date(2024, 1, day), entry, not entry, weight) for day, entry, weight in told]
    frame = pl.DataFrame(rows, ["asset", "session", "entry", "exit", "weight"], orient="row")
    run = wb.Backtest(Signals.from_frame(frame), bars, cash=1_000, volume_cap=None).run(progress=False)
    assert run.fills.select("side", "quantity").rows() == [("buy", 25.0), ("sell", 25.0), ("buy", 100.0)]


BARS = days(A=[10, 11, 12])
FRAME = levels_of(BARS)
FRAMES: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "no frame": (lambda: {"asset": ["A"]}, ParameterError, r"got a dict; write pl.from_pandas\(frame\)"),
    "no entry": (lambda: FRAME.drop("entry"), ParameterError, "has the columns asset, time"),
    "no time": (lambda: FRAME.drop("time"), ParameterError, "has the columns asset, time"),
    "time and session": (lambda: FRAME.with_columns(session=date(2024, 1, 1)), ParameterError, "has the columns"),
    "another column": (lambda: FRAME.with_columns(rsi=1.0), ParameterError, "has no column rsi; select asset"),
    "numbers": (lambda: FRAME.cast({"entry": pl.Int8}), ParameterError, "entry holds Int8; give Booleans"),
    "assets that are numbers": (lambda: FRAME.with_columns(asset=1), ParameterError, "asset holds Int32"),
    "no zone": (lambda: FRAME.cast({"time": pl.Datetime("us")}), ParameterError, "give times with a zone"),
    "a session with a time": (lambda: FRAME.rename({"time": "session"}), ParameterError, "give dates"),
    "a row twice": (lambda: pl.concat([FRAME, FRAME.head(2)]), ParameterError, "2 rows repeat an asset and time"),
    "no asset": (lambda: FRAME.with_columns(asset=pl.lit(None, pl.String)), ParameterError, "3 values of asset"),
    "weights of text": (lambda: FRAME.with_columns(weight=pl.lit("1")), ParameterError, "weight holds String"),
    "too large weights": (lambda: FRAME.with_columns(weight=1_001.0), ParameterError, "2 entries have .* up to 1,000"),
    "no weights": (lambda: FRAME.with_columns(weight=pl.lit(None, pl.Float64)), ParameterError, "2 entries have"),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_frames_are_checked(name: str) -> None:
    make, error, said = FRAMES[name]
    with pytest.raises(error, match=said):
        Signals.from_frame(make())  # type: ignore[arg-type]


def test_rows_without_a_bar_are_refused_with_their_number() -> None:
    ready = Signals.from_frame(FRAME, all_in=True)
    with pytest.raises(BarsError, match=r"1 of 3 rows of signals belong to no bar, the first A at 2024-01-04"):
        wb.Backtest(ready, days(A=[10, 11]))
    with pytest.raises(BarsError, match="3 of 3 rows of signals belong to no bar"):
        wb.Backtest(ready, days(B=[10, 11, 12]))
    assert len(wb.Backtest(ready, BARS, end="2024-01-02").run(progress=False).equity) == 2
    minutes = wb.simulate.bars("A", every="1m", n=10)
    with pytest.raises(BarsError, match="a session of these bars of 1m holds several; give signals a time"):
        wb.Backtest(Signals.from_frame(levels_of(BARS, key="session")), minutes)


def test_frames_have_one_size_and_no_rules() -> None:
    weighted = FRAME.with_columns(weight=0.5)
    with pytest.raises(ParameterError, match="one size, got all_in and weight in the frame"):
        Signals.from_frame(weighted, all_in=True)
    with pytest.raises(ParameterError, match="from rules or from a frame, not from both"):
        Signals.from_frame(FRAME).replace(entry=UP)
    assert Signals.from_frame(FRAME) == Signals.from_frame(FRAME.clone()) != Signals.from_frame(FRAME.head(2))


def test_a_run_of_signals_is_kept_and_given_again(tmp_path: Path) -> None:
    bars = wb.sample["AAPL"].since("2004-06-01").until("2005-12-31")
    run = wb.Backtest(Signals(entry=UP, exit=DOWN, stop_loss_pct=0.01), bars).run(
        progress=False, journal=tmp_path / "j"
    )
    plain = wb.Backtest(Signals(entry=UP, exit=DOWN, stop_loss_pct=0.01), bars).run(progress=False)
    assert run.journal_hash == plain.journal_hash
    log = journal.read(tmp_path / "j")
    assert log.end is not None
    assert log.end.fields["state_hash"] == run.state_hash
    loaded = wb.load(run.save(tmp_path / "run"))
    assert_alike(loaded, run)
    assert loaded.is_auditable
    moment = "2005-03-01"  # behind the split
    assert repr(loaded.at(moment)) == repr(run.at(moment))
    assert run.explain().total["fees"] == 0
    ready = wb.Backtest(Signals.from_frame(levels_of(bars, 40)), bars).run(progress=False)
    assert not wb.load(ready.save(tmp_path / "ready")).is_auditable


def test_assets_that_never_had_a_signal_are_told() -> None:
    run = wb.Backtest(Signals(entry=ta.sma(20) > 5), days(A=WALK)).run(progress=False)
    assert [str(notice.text) for notice in run.notices] == [
        "signals were never looked at where indicators lacked bars (A has 10 of 20)"
    ]
