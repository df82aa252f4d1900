"""Profit explained: worked by hand cause by cause, shown, drawn, saved, and never with a rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from closing import assert_explained, assert_summed
from hand_made import at, days, dividend, outcome, split

import workbench as wb
from workbench.analytics.explained import CAUSES
from workbench.engine.events import EXPLAINED, exact_schema, float_schema
from workbench.errors import InternalError, ParameterError, StorageError
from workbench.research import demo, storage
from workbench.research.run import Run
from workbench.views.waterfall import Step, Waterfall, waterfall_figure

Row = tuple[int, str, str, str]


def asking(**asked: Callable[[wb.Context], object]) -> dict[str, Any]:
    """Hooks that ask on some days: `d1=lambda ctx: ctx.buy("A", 1)`."""
    return {"on_slice": lambda self, ctx, bars: asked.get(f"d{ctx.session.day}", lambda ctx: None)(ctx)}


def rows(run: wb.Run) -> list[Row]:
    """Session, asset, cause and amount of every row."""
    told = run.explain().exact.frame.select(pl.col("session").dt.day(), "asset", "cause", "amount")
    return [(day, asset, cause, f"{amount.normalize():f}") for day, asset, cause, amount in told.iter_rows()]


def bought_and_marked() -> wb.Run:
    """Day 2 buys 10 at 11 (open 11, close 12): 10 x (12 - 11). Day 3 closes at 9: 10 x (9 - 12)."""
    return outcome(days(A=[10, (11, 12, 11, 12), 9]), **asking(d1=lambda ctx: ctx.buy("A", 10)))


def costs() -> wb.Run:
    """Half the spread is 0.1. Buys 10 at 11.1, reference 11, fee 1% of 111; sells 10 at 12.9 of 13, fee 1.29."""
    bars = days(A=[10, 11, 13, 13])
    options = {"fees": wb.fees.bps(100), "slippage": wb.slippage.spread("0.2")}
    return outcome(bars, options, **asking(d1=lambda ctx: ctx.buy("A", 10), d2=lambda ctx: ctx.sell("A", 10)))


def base_fee() -> wb.Run:
    """1% of 10 bought units stays with the exchange: 0.1 x 20 = 2 of fees; 9.9 x 30 - (10 x 20 - 2) is the price's."""
    bars = days(A=[20, (20, 30, 20, 30)])
    return outcome(bars, {"fees": wb.fees.bps(100, currency="base")}, **asking(d1=lambda ctx: ctx.buy("A", 10)))


def split_with_fraction() -> wb.Run:
    """5 x 3 : 2 is 7.5; 7 stay and 0.5 is paid at the open, 20. Price: 7 x 21 - 5 x 30."""
    bars = days(A=[30, 30, (20, 21, 20, 21)], actions=[split("A", 3, 3, 2)])
    return outcome(bars, **asking(d1=lambda ctx: ctx.buy("A", 5)))


def dividend_before_payment() -> wb.Run:
    """10 x 0.5 counts on day 3, its ex-date, though it is paid on day 5; with it the price falls by 0.4."""
    bars = days(A=[8, 8, (7.5, 8, 7, 7.6), 7.6, 7.6], actions=[dividend("A", 3, "0.5", pay=5)])
    return outcome(bars, **asking(d1=lambda ctx: ctx.buy("A", 10)))


def sold_by_half() -> wb.Run:
    """Lots do not matter to equity: day 4 sells 5 of 10 at the open 14; those gain 14 - 12, the others 13 - 12."""
    bars = days(A=[10, 10, 12, (14, 14, 13, 13)])
    asked = asking(d1=lambda ctx: ctx.buy("A", 5), d2=lambda ctx: ctx.buy("A", 5), d3=lambda ctx: ctx.sell("A", 5))
    return outcome(bars, {"lots": "lifo"}, **asked)


def two_assets() -> wb.Run:
    """B is bought at its first open, 4; it has no bar on day 3 and is worth its last close then."""
    bars = days(A=[10, 10, 11, 11], B=[4, (4, 5, 4, 5), None, 6])
    return outcome(bars, **asking(d1=lambda ctx: (ctx.buy("A", 1), ctx.buy("B", 2))))


def same_close() -> wb.Run:
    """Bought at the close it was asked on, 10, so day 1 moves nothing but the fee."""
    bars = days(A=[10, 11])
    options = {"fill": "same_close", "fees": wb.fees.per_trade("1.5")}
    return outcome(bars, options, **asking(d1=lambda ctx: ctx.buy("A", 3)))


def between_open_and_close() -> wb.Run:
    """B's bars are half days, so equity is told at noon of day 3 too, while the bars of the others last.

    A splits 3 for 2: 4 x 31 become 6 x 31 x 2 / 3, rounded at scale 12, and at the end 6 x 16.
    C is bought at its first open, 7, and worth that at noon; at the end it is 9.
    D is bought at 16 after a split that met no holding, 2 of what were 1: at noon it is worth 30 / 2, at the end 18.
    """
    times = [*((at(day, 12 * half), at(day + half, 12 * (1 - half))) for day in (1, 2, 3) for half in (0, 1))]
    table = [("B", *span, 1, 1) for span in times]
    for name, day, first, last in (("A", 1, 31, 31), ("A", 2, 31, 31), ("A", 3, 16, 16), ("C", 3, 7, 9)):
        table.append((name, at(day), at(day + 1), first, last))
    table += [("D", at(2), at(3), 30, 30), ("D", at(3), at(4), 16, 18)]
    frame = pl.DataFrame(table, ["asset", "open_time", "time", "open", "close"], orient="row")
    ends = pl.col("open", "close").cast(pl.Float64)
    sides = {"high": pl.max_horizontal("open", "close"), "low": pl.min_horizontal("open", "close")}
    actions = pl.DataFrame([split("A", 3, 3, 2), split("D", 3, 2, 1)], schema_overrides={"amount": pl.String})
    bars = wb.Bars.from_frame(
        frame.with_columns(ends).with_columns(**sides), assets=["A", "B", "C", "D"], actions=actions
    )

    def on_slice(self: Any, ctx: wb.Context, bars: Any) -> None:
        if ctx.now == at(1, 12):
            ctx.buy("A", 4)
        if ctx.now == at(2, 12):
            ctx.buy("C", 1)
            ctx.buy("D", 1)

    return outcome(bars, on_slice=on_slice)


WORKED: dict[str, tuple[Callable[[], wb.Run], list[Row]]] = {
    "bought and marked": (bought_and_marked, [(2, "A", "price", "10"), (3, "A", "price", "-30")]),
    "costs": (
        costs,
        [
            *((2, "A", "slippage", "-1"), (2, "A", "fees", "-1.11")),
            *((3, "A", "price", "20"), (3, "A", "slippage", "-1"), (3, "A", "fees", "-1.29")),
        ],
    ),
    "a fee in the base currency": (base_fee, [(2, "A", "price", "99"), (2, "A", "fees", "-2")]),
    "a split with a fraction": (split_with_fraction, [(3, "A", "price", "-3"), (3, "A", "cash_in_lieu", "10")]),
    "a dividend before its payment": (
        dividend_before_payment,
        [(3, "A", "price", "-4"), (3, "A", "dividends", "5")],
    ),
    "a part sold": (sold_by_half, [(3, "A", "price", "10"), (4, "A", "price", "15")]),
    "two assets": (
        two_assets,
        [(2, "B", "price", "2"), (3, "A", "price", "1"), (4, "B", "price", "2")],
    ),
    "at the close it was asked on": (same_close, [(1, "A", "fees", "-1.5"), (2, "A", "price", "3")]),
    "between an open and its close": (
        between_open_and_close,
        [
            *((3, "A", "price", "0.000000000002"), (3, "D", "price", "-2")),
            *((3, "A", "price", "-28.000000000002"), (3, "C", "price", "2"), (3, "D", "price", "6")),
        ],
    ),
    "nothing": (lambda: outcome(days(A=[10, 11]), on_bar=lambda *_: None), []),
}


@pytest.mark.parametrize(("made", "expected"), WORKED.values(), ids=WORKED)
def test_rows_worked_by_hand(made: Callable[[], wb.Run], expected: list[Row]) -> None:
    assert rows(made()) == expected


RUNS = {**{name: made for name, (made, _) in WORKED.items()}, "demo": demo.run}


@pytest.fixture(scope="module", params=RUNS.values(), ids=RUNS)
def run(request: pytest.FixtureRequest) -> wb.Run:
    return request.param()


def test_frames_follow_their_schemas(run: wb.Run) -> None:
    explained = run.explain()
    assert explained.frame.schema == float_schema(EXPLAINED)
    assert explained.exact.frame.schema == exact_schema(EXPLAINED)
    money, scales = pl.Float64(), pl.Decimal(38, 20)
    for frames, dtype in ((explained, money), (explained.exact, scales)):
        causes = dict.fromkeys([*CAUSES, "change"], dtype)
        assert frames.by_cause.schema == {"cause": pl.String(), "amount": dtype}
        assert frames.by_asset.schema == {"asset": pl.String(), **causes}
        assert frames.by_session.schema == {"session": pl.Date(), **causes}


def test_every_asset_session_and_cause_has_its_row(run: wb.Run) -> None:
    explained = run.explain()
    assert explained.by_asset["asset"].to_list() == [str(asset) for asset in run.bars.assets]
    assert explained.by_session["session"].to_list() == sorted(set(run.equity["session"]))
    assert explained.by_cause["cause"].to_list() == list(CAUSES) == list(explained.total)


def test_each_asset_changed_equity_by_its_cash_and_its_value(run: wb.Run) -> None:
    """What the ledger's cash and receivable got from an asset, and what its holding is worth at the end."""
    ctx, changed = run.at(run.equity["time"][-1]), run.explain().exact.by_asset
    for asset, change in changed.select("asset", "change").iter_rows():
        legs = run.exact.ledger.filter(pl.col("asset") == asset, pl.col("account").is_in(["cash", "receivable"]))
        assert change == legs["amount"].sum() + ctx.position(asset).exact.value, asset


def test_costs_are_those_of_the_fills(run: wb.Run) -> None:
    total, fills = run.explain().total, run.exact.fills
    assert (total["fees"], total["slippage"]) == (-fills["fee"].sum(), -fills["slippage"].sum())


def test_floats_are_the_nearest_of_the_exact(run: wb.Run) -> None:
    explained = run.explain()
    for name in ("frame", "by_cause", "by_asset", "by_session"):
        floats, exact = getattr(explained, name), getattr(explained.exact, name)
        for column in (c for c in exact.columns if exact.schema[c] == pl.Decimal(38, 20)):
            assert floats[column].to_list() == [float(value) for value in exact[column]]


def test_a_loaded_run_explains_the_same(run: wb.Run, tmp_path: Path) -> None:
    again = wb.load(run.save(tmp_path / "run"))
    assert again.explain().exact.frame.equals(run.explain().exact.frame)
    assert again.explain().total == run.explain().total
    assert again.explain()._repr_mimebundle_() == run.explain()._repr_mimebundle_()


def test_a_run_saved_without_is_told_so(tmp_path: Path) -> None:
    frames, document, files = storage.load(costs().save(tmp_path / "run"))
    del frames["explained"]
    kept = {name: lambda path, content=content: path.write_bytes(content) for name, content in files.items()}
    storage.save(tmp_path / "old", frames, document, kept)
    with pytest.raises(StorageError, match="lacks the frame explained"):
        wb.load(tmp_path / "old").explain()


def test_the_total_cannot_be_changed() -> None:
    explained = costs().explain()
    with pytest.raises(TypeError):
        explained.total["fees"] = Decimal(0)  # type: ignore[index]  # that is the point
    with pytest.raises(AttributeError):
        explained.currency = "EUR"  # type: ignore[misc]  # that is the point


def test_text() -> None:
    """1,000 + 20 - 2 - 2.40 = 1,015.60; the levels go from 1,000 to 1,020, 6% of that stay free on both sides.

    A place is (level - 998.80) / 22.40 x 32 blocks: 1.7, 30.3, 27.4, 24.
    """
    assert repr(costs().explain()).splitlines() == [
        "Profit of Script by cause, USD",
        "deposits      1,000.00  ██",
        "price           +20.00    ████████████████████████████",
        "slippage         -2.00                             ███",
        "fees             -2.40                          ███",
        "final equity  1,015.60  ████████████████████████",
        "bars begin at 998.80; nothing from dividends, borrow, interest, funding, fx, cash in lieu",
    ]


def test_html_shows_every_step_and_needs_nothing_else() -> None:
    html = costs().explain()._repr_mimebundle_()["text/html"]
    assert [name in html for name in (">+20.00<", ">-2.00<", ">-2.40<", "1,015.60", "nothing from dividends")] == [
        True
    ] * 5
    assert (html.count("<svg"), "<script" in html, "http" in html) == (5, False, False)


def test_a_waterfall_goes_from_deposits_to_equity() -> None:
    figure = costs().explain().plot()
    (fall,) = figure.data
    assert list(fall.x) == ["deposits", "price", "slippage", "fees", "final equity"]
    assert list(fall.y) == [1000.0, 20.0, -2.0, -2.4, 1015.6]
    assert list(fall.measure) == ["absolute", "relative", "relative", "relative", "absolute"]
    assert list(fall.text) == ["1,000.00", "+20.00", "-2.00", "-2.40", "1,015.60"]
    assert Decimal(fall.customdata[3]) == Decimal("-2.4")


def test_nothing_happened_is_drawn_from_zero() -> None:
    explained = outcome(days(A=[10, 11]), **asking()).explain()
    assert repr(explained).splitlines()[1:3] == [
        "deposits      1,000.00  ██████████████████████████████",
        "final equity  1,000.00  ██████████████████████████████",
    ]
    assert "bars begin at" not in repr(explained)


def test_many_and_long_names_stay_readable() -> None:
    name = "one of many assets with a long name"
    steps = [Step(f"{i:02} {name}", Decimal(i)) for i in range(1, 11)]
    ends = Step("deposits", Decimal(100)), Step("equity", Decimal(155))
    figure = waterfall_figure(Waterfall("Profit", "USD", ends[0], steps, ends[1]))
    assert figure.data[0].text[1] == "+1.00"
    assert figure.layout.xaxis.ticktext[1] == "01 one of...g name"
    assert figure.data[0].x[1] == f"01 {name}"
    crowd = [*steps, Step("eleventh", Decimal(0)), Step("twelfth", Decimal(-1))]
    assert waterfall_figure(Waterfall("Profit", "USD", ends[0], crowd, ends[1])).data[0].text is None


def test_a_waterfall_by_asset() -> None:
    (fall,) = two_assets().explain().plot(by="asset").data
    assert list(zip(fall.x, fall.y, strict=True))[1:-1] == [("A", 1.0), ("B", 4.0)]


def test_of_many_assets_the_largest_are_drawn_and_the_others_as_one() -> None:
    """Asset n gains n: 30 down to 8 have a step of their own, 1 to 7 share one of 28."""
    names = [f"N{n:02}" for n in range(1, 31)]
    bars = days(**{name: [1, 1, 1 + n] for n, name in enumerate(names, 1)})
    run = outcome(bars, **asking(d1=lambda ctx: [ctx.buy(name, 1) for name in names]))
    (fall,) = run.explain().plot(by="asset").data
    steps = list(zip(fall.x, fall.y, strict=True))[1:-1]
    assert steps == [*((f"N{n:02}", float(n)) for n in range(8, 31)), ("7 others", 28.0)]


def test_mistakes_are_answered() -> None:
    explained = costs().explain()
    with pytest.raises(ParameterError, match="by='assets' is no way to explain profit; give 'cause' or 'asset'"):
        explained.plot(by="assets")
    with pytest.raises(AttributeError, match="did you mean by_asset"):
        explained.by_assets  # type: ignore[attr-defined]  # noqa: B018


def changed(run: wb.Run, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[], wb.Run]:
    """A Run whose rows of explanation are not those of the engine."""

    def read(name: str, exact: bool) -> pl.DataFrame:
        if name == "explained":
            return change(run.explain().exact.frame)
        return getattr(run.exact if exact else run, name)

    return lambda: Run(replace(run.parts(), read=read))


RESTS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "a row is lost": lambda frame: frame.slice(1),
    "a digit is wrong": lambda frame: frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 0)
        .then(pl.col("amount") + Decimal("1e-20"))
        .otherwise(pl.col("amount"))
        .cast(pl.Decimal(38, 20))
        .alias("amount")
    ),
    "a row is in the wrong slice": lambda frame: frame.with_columns(
        pl.col("time").dt.offset_by("1d"), pl.col("session").dt.offset_by("1d")
    ),
}


@pytest.mark.parametrize("change", RESTS.values(), ids=RESTS)
def test_the_watch_over_the_suite_finds_a_rest(change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Making the Run is enough, as the suite watches where one is born."""
    with pytest.raises((AssertionError, InternalError), match=r"a rest in|the causes of profit sum to"):
        changed(bought_and_marked(), change)()


def test_the_watch_lets_a_whole_explanation_pass() -> None:
    run = changed(bought_and_marked(), lambda frame: frame)()
    assert_explained(run)
    assert_summed(run)


def test_sums_by_asset_and_session_are_whole(run: wb.Run) -> None:
    assert_summed(run)


def test_a_wrong_sum_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    run = bought_and_marked()
    for name, told in (("by_asset", "a rest by asset"), ("by_session", "a rest in session of by_session")):
        exact = run.explain().exact
        with monkeypatch.context() as patch:
            patch.setitem(vars(exact), name, getattr(exact, name).clear())
            with pytest.raises(AssertionError, match=told):
                assert_summed(run)


def test_a_rest_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing watches, `explain` itself refuses to show causes that do not sum up."""
    make = Run.__init__
    monkeypatch.setattr(Run, "__init__", getattr(make, "unwatched", make))
    run = changed(bought_and_marked(), lambda frame: frame.slice(1))()
    with pytest.raises(InternalError, match=r"sum to -30.*equity changed by -20.* USD; please report it"):
        run.explain()
