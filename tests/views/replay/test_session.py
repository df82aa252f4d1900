"""The replay of real runs: what is sent to the browser is what the engine says of the same bar."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

import workbench as wb
from workbench import ta
from workbench.errors import ParameterError, StorageError, TimeError, UnknownAssetError
from workbench.views.replay import Replay
from workbench.views.replay.session import WIDGET

from .test_packing import unpacked


class Stopped(wb.Strategy):
    """Buys with a stop and a limit, asks for too much every now and then, and records what it sees."""

    def on_start(self, ctx: wb.Context) -> None:
        self.rsi = ctx.watch(ta.rsi(5))
        self.band = ctx.watch(ta.bbands(20))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.record(rsi=self.rsi[bar.asset])
        if self.rsi[bar.asset] < 40 and not ctx.position(bar.asset):
            ctx.buy(bar.asset, 100, limit=bar.close * 0.995, tif="DAY", stop_loss_pct=0.05, take_profit_pct=0.06)
        if self.rsi[bar.asset] > 85:
            ctx.buy(bar.asset, 10_000_000)


class Held(wb.Strategy):
    """Buys 100 at the first bar."""

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        if not ctx.position(bar.asset) and not ctx.open_orders:
            ctx.buy(bar.asset, 100)


@pytest.fixture(scope="module")
def run() -> wb.Run:
    bars = wb.sample["AAPL", "IBM"].between("2003-06-01", "2007-06-01")
    return wb.Backtest(Stopped(), bars, cash="100_000 USD", fees=wb.fees.bps(5)).run()


@pytest.fixture(scope="module")
def replay(run: wb.Run) -> Replay:
    return run.replay()


def columns_of(replay: Replay) -> tuple[dict[str, object], dict[str, list[float]], dict[str, list[str]]]:
    head, columns = unpacked(replay._data)
    return head["about"], columns, {each["name"]: each.get("texts", []) for each in head["columns"]}


def test_every_slice_has_the_money_of_the_run(run: wb.Run, replay: Replay) -> None:
    _, columns, _ = columns_of(replay)
    for name in ("equity", "cash", "positions", "receivable"):
        assert columns[f"slices/{name}"] == run.equity[name].to_list()
    assert columns["slices/time"] == (run.equity["time"].dt.epoch("us") / 1e6).to_list()


def test_each_bar_says_what_the_engine_says(run: wb.Run, replay: Replay) -> None:
    """Holdings and working orders, by slice, against the context of that slice."""
    _, columns, texts = columns_of(replay)
    held = list(zip(*(columns[f"held/{n}"] for n in ("first", "until", "asset", "quantity")), strict=True))
    names = ("first", "until", "order", "limit", "stop")
    working = list(zip(*(columns[f"working/{n}"] for n in names), strict=True))
    assert len(held) > 10
    assert len(working) > 20
    for number in range(0, run.equity.height, 7):
        ctx = run.at(run.equity["time"][number])
        ours = {texts["held/asset"][int(a)]: q for first, until, a, q in held if first <= number < until}
        assert ours == {str(asset): position.quantity for asset, position in ctx.positions.items()}
        orders = [(o, str(limit), str(stop)) for first, until, o, limit, stop in working if first <= number < until]
        theirs = [(o.id, str(o.limit), str(o.stop)) for o in ctx.open_orders]
        assert sorted(orders) == sorted((o, a.replace("None", "nan"), b.replace("None", "nan")) for o, a, b in theirs)


def test_a_split_changes_what_is_held() -> None:
    """Apple split 2 for 1 on 2005-02-28."""
    run = wb.Backtest(Held(), wb.sample["AAPL"].between("2005-02-01", "2005-04-01"), cash="100_000 USD").run()
    _, columns, _ = columns_of(run.replay())
    [split] = run.equity.with_row_index("row").filter(pl.col("session") == pl.date(2005, 2, 28))["row"].to_list()
    spans = list(zip(*(columns[f"held/{n}"] for n in ("first", "until", "quantity")), strict=True))
    assert spans == [(1, split, 100.0), (split, run.equity.height, 200.0)]
    bar = {name: columns[f"slices/{name}"][split - 1] for name in ("close", "scale")}
    assert bar == {"close": 44.495, "scale": 0.5}


class Rare(wb.Strategy):
    """Asks in the slice 5, thinks better of it in 10, and buys in 20; all others are quiet."""

    def on_start(self, ctx: wb.Context) -> None:
        self.seen = -1

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        self.seen += 1
        if self.seen == 5:
            self.asked = ctx.buy(bar.asset, 10, limit=1.0, tif="GTC")
        if self.seen == 10:
            ctx.cancel(self.asked)
        if self.seen == 20:
            ctx.buy(bar.asset, 10)


def test_quiet_slices_are_gone_over_and_end_nothing_late() -> None:
    run = wb.Backtest(Rare(), wb.sample["AAPL"].last(40), cash="100_000 USD").run()
    _, columns, _ = columns_of(run.replay())
    told = {table: [tuple(columns[f"{table}/{name}"]) for name in ("first", "until")] for table in ("working", "held")}
    assert told == {"working": [(6,), (11,)], "held": [(21,), (40,)]}
    assert [run.at(time).equity for time in run.equity["time"]] == run.equity["equity"].to_list()


def test_fills_belong_to_the_slice_that_knows_of_them_first(run: wb.Run, replay: Replay) -> None:
    _, columns, _ = columns_of(replay)
    times = run.equity["time"].to_list()
    assert len(columns["fills/slice"]) == run.fills.height > 15
    for slice_, time, moment in zip(columns["fills/slice"], run.fills["time"], run.fills["moment"], strict=True):
        number = int(slice_)
        assert time <= times[number] if moment == "close" else time < times[number]
        assert number == 0 or (time > times[number - 1] if moment == "close" else time >= times[number - 1])


def test_refusals_come_with_their_reason(run: wb.Run, replay: Replay) -> None:
    _, columns, texts = columns_of(replay)
    status, reason = (texts[f"orders/{name}"] for name in ("status", "reason"))
    denied = [int(code) for code, of in zip(columns["orders/reason"], columns["orders/status"], strict=True)
              if status[int(of)] == "DENIED"]  # fmt: skip
    assert len(denied) == run.orders.filter(pl.col("status") == "DENIED").height > 0
    assert all(reason[code] for code in denied)


def test_what_was_watched_is_drawn(replay: Replay) -> None:
    about, columns, _ = columns_of(replay)
    layers: list[dict[str, str]] = about["layers"]  # type: ignore[assignment]
    assert [each["name"] for each in layers] == ["bbands.upper", "bbands.middle", "bbands.lower", "rsi_5"]
    assert all(len(columns[f"slices/{each['column']}"]) == len(columns["slices/time"]) for each in layers)


class Seeing(wb.Strategy):
    """Records what it watches."""

    def on_start(self, ctx: wb.Context) -> None:
        self.mean = ctx.watch(ta.sma(5))
        self.gap = ctx.watch(ta.sma(2) - ta.sma(5))

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        ctx.record(mean=self.mean[bar.asset], gap=self.gap[bar.asset])


@pytest.mark.parametrize(("asset", "table"), [pytest.param("AAPL", "watched", id="split"), ("IBM", "slices")])
def test_watched_values_are_those_that_the_strategy_saw(asset: str, table: str) -> None:
    """Over the split of 2005-02-28 as well, where what is drawn has other units."""
    run = wb.Backtest(Seeing(), wb.sample[asset].between("2005-02-01", "2005-04-01")).run()
    about, columns, _ = columns_of(run.replay())
    layers: list[dict[str, str]] = about["layers"]  # type: ignore[assignment]
    assert [each["name"] for each in layers] == ["sma_5", "sma_2 - sma_5"]
    assert any(name.startswith("watched/") for name in columns) == (table == "watched")
    for name, layer in zip(("mean", "gap"), layers, strict=True):
        seen = columns[f"{table}/{layer['column']}"][-run.recorded.height :]
        assert seen == run.recorded[name].to_list()


def test_recorded_values_stand_at_their_slice(run: wb.Run, replay: Replay) -> None:
    _, columns, _ = columns_of(replay)
    known = run.recorded.drop_nulls("rsi")
    found = dict(zip(columns["slices/time"], columns["recorded/rsi"], strict=True))
    assert [found[t] for t in (known["time"].dt.epoch("us") / 1e6)] == known["rsi"].to_list()


def test_rules_are_drawn_with_what_they_compare() -> None:
    @wb.signals
    def reversion(window: int = 14) -> wb.Signals:
        rsi = ta.rsi(window)
        return wb.Signals(entry=(rsi < 30) & (ta.close() > ta.sma(50)), exit=rsi > 55, all_in=True)

    about, _, _ = columns_of(wb.Backtest(reversion(), wb.sample["IBM"].since("2012-01-01")).run().replay())
    assert sorted(each["name"] for each in about["layers"]) == [  # type: ignore[attr-defined]
        "(rsi_14 < 30) & (close > sma_50)",
        "rsi_14",
        "rsi_14 > 55",
        "sma_50",
    ]


def test_asset_and_indicators_can_be_chosen(run: wb.Run) -> None:
    about, columns, _ = columns_of(run.replay(ta.sma(10), asset="IBM"))
    assert about["asset"] == "IBM"
    assert [each["name"] for each in about["layers"]] == ["sma_10"]  # type: ignore[attr-defined]
    closes = run.bars.select("IBM").frame.filter(pl.col("time") >= run.equity["time"][0])["close"]
    assert columns["slices/close"] == closes.to_list()


def test_at_is_the_bar_under_the_cursor(run: wb.Run) -> None:
    replay = run.replay()
    assert replay.at.session == run.equity["session"][-1]
    replay.at = "2005-03-12"  # a Saturday: the Friday before
    assert str(replay.at.session) == "2005-03-11"
    assert replay.at.equity == run.at("2005-03-11").equity
    replay.at = run.equity["time"][5]
    assert replay.at.now == run.equity["time"][5]
    with pytest.raises(TimeError, match="before the first slice"):
        replay.at = "1999-01-01"
    assert replay.at.now == run.equity["time"][5]


def test_the_cursor_is_one_on_both_sides(run: wb.Run) -> None:
    replay, heard = run.replay(), []
    replay.on_move(lambda ctx: heard.append(ctx.now))
    replay._widget.cursor = 7  # as the browser does
    assert replay.at.now == run.equity["time"][7]
    replay.at = run.equity["time"][9]
    assert replay._widget.cursor == 9
    assert heard == [run.equity["time"][7], run.equity["time"][9]]


@pytest.mark.parametrize(("cursor", "wanted"), [(None, -1), (5, 5), (900, -1)], ids=["last", "between", "beyond"])
def test_another_run_in_the_same_place(run: wb.Run, cursor: int | None, wanted: int) -> None:
    other = wb.Backtest(Held(), wb.sample["IBM"].between("2003-06-01", "2004-06-01"), cash="100_000 USD").run()
    replay, shown = run.replay(), other.replay()
    if cursor is not None:
        replay._widget.cursor = cursor
    heard: list[object] = []
    replay.on_move(lambda ctx: heard.append(ctx.now))
    replay.show(shown)
    assert replay.at.now == other.equity["time"][wanted]
    assert (replay._widget.data, replay._widget.cursor) == (shown._data, replay._cursor)
    assert repr(replay).startswith("Replay of Held on IBM")


def test_on_move_takes_a_function(replay: Replay) -> None:
    with pytest.raises(ParameterError, match="on_move takes a function"):
        replay.on_move("print")  # type: ignore[arg-type]


def test_a_saved_run_can_be_replayed(run: wb.Run, tmp_path: Path) -> None:
    loaded = wb.load(run.save(tmp_path / "run")).replay(ta.rsi(5), ta.bbands(20))
    assert loaded._data == run.replay(ta.rsi(5), ta.bbands(20))._data


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        pytest.param({"asset": "GOOG"}, UnknownAssetError, "GOOG", id="asset"),
        pytest.param({"every": 1}, ParameterError, "replay has no argument 'every'", id="option"),
    ],
)
def test_what_cannot_be_replayed(run: wb.Run, asked: dict[str, str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run.replay(**asked)


def test_only_indicators_are_drawn(run: wb.Run) -> None:
    with pytest.raises(ParameterError, match="takes indicators"):
        run.replay("sma")  # type: ignore[arg-type]


def test_a_picture_stands_where_scripts_do_not_run(run: wb.Run) -> None:
    bundle = run.replay()._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Replay of Stopped on ")
    for part in ("<svg", "wb-dots wb-gain", "wb-dots wb-loss"):
        assert part in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert run.replay()._repr_mimebundle_() == bundle


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An IPython that leaves nothing behind."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    yield
    InteractiveShell.clear_instance()


@pytest.mark.usefixtures("shell")
def test_a_notebook_gets_the_picture_and_then_the_widget(run: wb.Run) -> None:
    replay = run.replay()
    with capture_output() as shown:
        replay._ipython_display_()
    picture, widget = (output.data for output in shown.outputs)
    assert picture == replay._repr_mimebundle_()
    assert widget[WIDGET]["model_id"] == replay._widget.model_id
    assert widget["text/plain"] == ""


def test_a_page_has_everything_in_it(run: wb.Run, tmp_path: Path) -> None:
    page = run.replay().to_html(tmp_path / "replay.html").read_text("utf-8")
    assert re.findall(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page) == []
    assert "TradingView" in page
    assert page.count("</script>") == 4


def test_a_page_has_every_asset_of_a_short_run(run: wb.Run, tmp_path: Path) -> None:
    """What its reader can choose is what the notebook would have been sent; of a long run only what is drawn."""
    replay = run.replay(asset="IBM")
    page = replay.to_html(tmp_path / "replay.html").read_text("utf-8")
    blocks = dict(re.findall(r'class="wb-replay-data" data-asset="(\w+)" data-part="">([^<]*)<', page))
    assert list(blocks) == ["IBM", "AAPL"]
    assert b64decode(blocks["AAPL"]) == run.replay(asset="AAPL")._data
    long = wb.simulate.bars("A", n=60_000).join(wb.simulate.bars("B", n=60_000))
    page = (
        wb.Backtest(Held(), long, cash="1_000_000 USD")
        .run()
        .replay()
        .to_html(tmp_path / "long.html")
        .read_text("utf-8")
    )
    assert set(re.findall(r'class="wb-replay-data" data-asset="(\w+)"', page)) == {"A"}


def test_another_asset_can_be_drawn(run: wb.Run) -> None:
    replay = run.replay(asset="AAPL")
    replay.at = "2005-03-11"
    replay.asset = "IBM"
    assert (replay.asset, str(replay.at.session)) == ("IBM", "2005-03-11")
    assert replay._data == run.replay(asset="IBM")._data
    with pytest.raises(UnknownAssetError, match="GOOG"):
        replay.asset = "GOOG"
    assert replay.asset == "IBM"


def test_the_asset_is_one_on_both_sides(run: wb.Run) -> None:
    replay = run.replay(asset="AAPL")
    replay._widget.asset = "IBM"  # as the browser asks
    assert replay.asset == "IBM"
    assert replay._widget.data == run.replay(asset="IBM")._data
    replay.asset = "AAPL"
    assert (replay._widget.asset, replay._widget.data) == ("AAPL", replay._data)
    about, _, _ = columns_of(replay)
    assert about["assets"] == ["AAPL", "IBM"]


def test_an_asset_and_a_cursor_in_one_message_are_both_taken(run: wb.Run) -> None:
    """While the kernel is busy the browser gathers what it has to say."""
    replay = run.replay(asset="AAPL")
    replay._widget.set_state({"asset": "IBM", "cursor": 7})
    assert (replay.asset, replay._cursor, replay._widget.cursor) == ("IBM", 7, 7)
    assert replay._widget.data == run.replay(asset="IBM")._data


def test_whose_the_data_are_is_told_before_them(run: wb.Run) -> None:
    """A host may hand over one trait at a time, and the browser ignores data of an asset that is not wanted."""
    replay, told = run.replay(asset="AAPL"), []
    replay._widget.observe(lambda change: told.append(change["name"]), ["asset", "parts", "data"])
    replay.asset = "IBM"
    assert told[0] == "asset"
    assert "data" in told


def test_only_assets_with_bars_in_the_run_can_be_drawn() -> None:
    ended = (
        wb.sample["IBM"].between("2005-01-01", "2005-02-01").join(wb.sample["AAPL"].between("2005-01-01", "2005-06-01"))
    )
    run = wb.Backtest(Held(), ended, cash="100_000 USD", start="2005-03-01").run()
    about, _, _ = columns_of(run.replay())
    assert about["assets"] == ["AAPL"]


def test_a_page_that_cannot_be_written(run: wb.Run, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        run.replay().to_html(tmp_path / "nowhere" / "replay.html")


@pytest.mark.parametrize("hidden", [False, True])
def test_only_another_replay_of_its_kind_is_shown(run: wb.Run, hidden: bool) -> None:
    replay = run.replay()
    before = replay._data
    with pytest.raises(ParameterError, match="takes another Replay, got"):
        replay.show(run.replay(hidden=True) if hidden else 3)  # type: ignore[arg-type]
    assert replay._data == before
