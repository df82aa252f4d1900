"""A saved run comes back as it was: frames, hashes, notices, pictures, and the contexts of its past."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_made import at, days, dividend, outcome, split

import workbench as wb
from workbench.engine.simulation import FRAMES
from workbench.errors import StorageError
from workbench.market import simulate
from workbench.market.assets import Asset
from workbench.research import demo, storage


def trading(self: Any, ctx: wb.Context, bars: Any) -> None:
    day, asset = ctx.session.day, ctx.assets[0]
    ctx.record(day=day if day % 2 else None)
    ctx.buy(asset, 1, limit=2)
    ctx.target(asset, weight=0.3 if day % 3 else 0)
    if day == 4:
        ctx.sell(asset, "0.5", stop=2)
        ctx.flatten(asset)
        ctx.cancel(1)
        ctx.rebalance({asset: 0.4}, band="0.01")
        ctx.target(asset, all_in=True)
    if day == 5:
        ctx.cancel(asset=asset)
        ctx.target(asset, value=100)
        ctx.target(asset, quantity="2.5")
        ctx.buy(asset, 1_000_000)


def acted() -> wb.Bars:
    prices = [10, 12, 6, 7, 8, 9, 8]
    return days(A=prices, B=prices, actions=[split("A", 3, 2, 1), dividend("B", 4, "0.5", pay=6)])


def stepped() -> wb.Bars:
    asset = Asset("A", price_digits=2, quantity_digits=4, price_step="0.05", quantity_step="0.0005", min_notional="10")
    frame = acted().frame.filter(asset="A")
    return wb.Bars.from_frame(frame, assets=[asset], source="a vendor")


def news() -> list[wb.Dataset]:
    known = [at(3, 9), at(2, 9)]
    columns = {"announced": known, "asset": ["A", "B"], "eps": [1.5, float("nan")], "text": ["x", None]}
    first = wb.Dataset.from_frame(pl.DataFrame(columns), known_at="announced", name="earnings")
    return [first, wb.Dataset.from_frame(pl.DataFrame({"known_at": [at(4).date()]}), name="a name with: signs")]


OPTIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "as it comes": (acted, {}),
    "costs": (acted, {"fees": wb.fees.per_share("0.005", minimum=1, cap=5), "slippage": wb.slippage.bps("2.5")}),
    "costs in parts": (
        acted,
        {
            "fees": wb.fees.schedule("alpaca-crypto") + wb.fees.bps(1, cap_bps=2, round_to="0.01", side="sell"),
            "slippage": wb.slippage.square_root("0.001"),
        },
    ),
    "a start in the middle": (acted, {"start": "2024-01-03", "seed": 7}),
    "a start at a time": (acted, {"start": at(3), "end": at(7)}),
    "same close": (acted, {"fill": "same_close", "volume_cap": "0.25", "warmup": False}),
    "next close, held back by the cap": (acted, {"fill": "next_close", "volume_cap": 0.000001}),
    "with datasets": (acted, {"data": news()}),
    "steps of its own": (stepped, {"fees": wb.fees.per_trade("0.1")}),
    "synthetic": (lambda: simulate.bars("BTC/USDT", every="1h", n=200, seed=3, price=8), {"cash": "500 USDT"}),
}


@pytest.fixture(scope="module", params=OPTIONS.values(), ids=OPTIONS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[wb.Run, wb.Run]:
    """A run, and what comes back of it."""
    bars, options = request.param
    run = outcome(bars(), options, on_slice=trading)
    return run, wb.load(run.save(tmp_path_factory.mktemp("saved") / "run"))


@pytest.mark.parametrize("name", [*FRAMES, "recorded"])
def test_frames(pair: tuple[wb.Run, wb.Run], name: str) -> None:
    run, again = pair
    assert getattr(run, name).height > 0 or name == "trades"
    assert getattr(again, name).schema == getattr(run, name).schema
    assert getattr(again, name).equals(getattr(run, name), null_equal=True)
    if name != "recorded":
        assert getattr(again.exact, name).schema == getattr(run.exact, name).schema
        assert getattr(again.exact, name).equals(getattr(run.exact, name), null_equal=True)


PARTS = ["name", "currency", "deposits", "final_equity", "state_hash", "journal_hash", "notices", "spec", "provenance"]


@pytest.mark.parametrize("part", PARTS)
def test_parts(pair: tuple[wb.Run, wb.Run], part: str) -> None:
    run, again = pair
    assert getattr(again, part) == getattr(run, part)


def test_what_is_computed_and_shown(pair: tuple[wb.Run, wb.Run]) -> None:
    run, again = pair
    assert dict(again.metrics) == dict(run.metrics)
    assert again.metrics.reasons == run.metrics.reasons
    assert repr(again) == repr(run)
    assert again._repr_mimebundle_() == run._repr_mimebundle_()
    assert str(again.tearsheet()) == str(run.tearsheet())


def test_bars(pair: tuple[wb.Run, wb.Run]) -> None:
    run, again = pair
    assert again.bars.fingerprint == run.bars.fingerprint
    assert again.bars.frame.equals(run.bars.frame)
    assert again.bars.actions.equals(run.bars.actions)
    assert [repr(asset) for asset in again.bars.assets] == [repr(asset) for asset in run.bars.assets]
    for name in ("every", "source", "synthetic", "notices"):
        assert getattr(again.bars, name) == getattr(run.bars, name)


def test_datasets(pair: tuple[wb.Run, wb.Run]) -> None:
    run, again = pair
    assert list(again.data) == list(run.data)
    for name, dataset in run.data.items():
        assert again.data[name].frame.equals(dataset.frame, null_equal=True)
        assert again.data[name].notices == dataset.notices
        for time in run.equity["time"]:
            assert again.at(time).data[name].frame.equals(run.at(time).data[name].frame)


def test_contexts_of_the_past(pair: tuple[wb.Run, wb.Run]) -> None:
    def look(ctx: wb.Context) -> Any:
        orders = [(o.id, o.status, tuple(o.exact)) for o in ctx.open_orders]
        return ctx.now, ctx.exact, {a: tuple(p.exact) for a, p in ctx.positions.items()}, orders

    run, again = pair
    for time in run.equity["time"]:
        assert look(again.at(time)) == look(run.at(time))


def test_saving_what_was_loaded_changes_nothing(pair: tuple[wb.Run, wb.Run], tmp_path: Path) -> None:
    _, again = pair
    first, second = again.save(tmp_path / "a"), wb.load(tmp_path / "a").save(tmp_path / "b")
    assert [path.name for path in sorted(first.iterdir())] == [path.name for path in sorted(second.iterdir())]
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_saving_again_replaces(tmp_path: Path) -> None:
    demo.run().save(tmp_path / "run")
    small = outcome(days(A=[10, 11]), on_bar=lambda *_: None)
    small.save(tmp_path / "run")
    assert wb.load(tmp_path / "run").state_hash == small.state_hash


def saved(folder: Path, options: dict[str, Any] | None = None) -> tuple[dict[str, pl.DataFrame], dict[str, Any], Any]:
    """What a saved run holds, with the files as `storage.save` takes them."""
    outcome(days(A=[10, 11]), options or {}, on_bar=lambda *_: None).save(folder)
    frames, document, files = storage.load(folder)
    return frames, document, {name: partial(rewritten, content) for name, content in files.items()}


def rewritten(content: bytes, path: Path) -> None:
    path.write_bytes(content)


@pytest.mark.parametrize("part", ["run", "bars", "data", "setup"])
def test_a_document_without_its_parts_is_refused(tmp_path: Path, part: str) -> None:
    frames, document, files = saved(tmp_path / "run")
    storage.save(tmp_path / "run", frames, {name: each for name, each in document.items() if name != part}, files)
    with pytest.raises(StorageError, match=f"lacks '{part}'; it was not written by run.save of this version"):
        wb.load(tmp_path / "run")


def test_other_bars_are_refused(tmp_path: Path) -> None:
    frames, document, files = saved(tmp_path / "run")
    frames["bars"] = frames["bars"].with_columns(close=pl.col("open") + 0.5)
    storage.save(tmp_path / "run", frames, document, files)
    with pytest.raises(StorageError, match="the bars of the saved run are not those it ran on"):
        wb.load(tmp_path / "run")


def test_another_dataset_is_refused(tmp_path: Path) -> None:
    frames, document, files = saved(tmp_path / "run", {"data": news()})
    frames["data_0"] = frames["data_0"].with_columns(eps=pl.lit(2.5))
    storage.save(tmp_path / "run", frames, document, files)
    with pytest.raises(StorageError, match="dataset earnings of the saved run is not the one it ran on"):
        wb.load(tmp_path / "run")


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    index = json.loads(path.read_text())
    index["document"]["run"]["final_equity"] = "1000000"
    path.write_text(json.dumps(index, sort_keys=True, separators=(",", ":")) + "\n")
    with pytest.raises(StorageError, match="is torn or was changed after it was saved"):
        wb.load(tmp_path / "run")


def test_a_run_without_its_journal_is_refused(tmp_path: Path) -> None:
    frames, document, _ = saved(tmp_path / "run")
    storage.save(tmp_path / "run", frames, document)
    with pytest.raises(StorageError, match=r"there is no journal at .*events\.journal"):
        wb.load(tmp_path / "run")
