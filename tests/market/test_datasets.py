"""Datasets as values: order, revisions, what was known when, assets, fingerprints and pictures."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench.errors import DatasetError, ParameterError, TimeError, UnknownAssetError, UnknownNameError
from workbench.market import Item
from workbench.market.datasets import copied, first_rows, items

# Two quarters of A, the first revised after B's came, and one quarter of B; given out of order.
ROWS = [
    ("2024-04-25T20:30Z", "A", "24Q1", 1.53),
    ("2024-01-25T21:30Z", "A", "23Q4", 2.18),
    ("2024-02-20T12:00Z", "A", "23Q4", 2.20),
    ("2024-02-01T12:00Z", "B", "23Q4", 0.50),
]


def earnings() -> wb.Dataset:
    frame = pl.DataFrame(ROWS, ["announced", "asset", "period", "eps"], orient="row")
    return wb.Dataset.from_frame(frame, known_at="announced", name="earnings")


def eps(dataset: wb.Dataset) -> list[float]:
    return dataset.frame["eps"].to_list()


def test_rows_stand_in_the_order_in_which_they_became_known() -> None:
    made = earnings()
    assert made.frame.columns == ["known_at", "asset", "period", "eps"]
    assert made.frame["known_at"].dtype == pl.Datetime("us", "UTC")
    assert eps(made) == [2.18, 0.50, 2.20, 1.53]
    assert (len(made), made.name, made.assets) == (4, "earnings", ("A", "B"))


def test_rows_of_one_time_keep_their_order() -> None:
    at = ["2024-01-02T00:00:01Z", "2024-01-01T00:00:01Z"] * 50
    made = wb.Dataset.from_frame(pl.DataFrame({"known_at": at, "n": range(100)}))
    assert made.frame["n"].to_list() == [*range(1, 100, 2), *range(0, 100, 2)]


NEW_YORK = timezone(timedelta(hours=-5))
KNOWN: dict[str, tuple[Any, list[float]]] = {
    "before anything": ("2024-01-25T21:29:59Z", []),
    "at the very time": ("2024-01-25T21:30Z", [2.18]),
    "the same time in another zone": (datetime(2024, 1, 25, 16, 30, tzinfo=NEW_YORK), [2.18]),
    "a microsecond before": (datetime(2024, 2, 1, 11, 59, 59, 999_999, tzinfo=UTC), [2.18]),
    "before the revision": ("2024-02-19T00:00Z", [2.18, 0.50]),
    "after the revision": ("2024-02-21T00:00Z", [2.18, 0.50, 2.20]),
    "a date is its end": (date(2024, 2, 20), [2.18, 0.50, 2.20]),
    "the date before": ("2024-02-19", [2.18, 0.50]),
    "after all": ("2030-01-01", [2.18, 0.50, 2.20, 1.53]),
}


@pytest.mark.parametrize(("time", "expected"), KNOWN.values(), ids=KNOWN)
def test_as_of(time: Any, expected: list[float]) -> None:
    assert eps(earnings().as_of(time)) == expected


LATEST: dict[str, tuple[Any, list[float]]] = {
    "of each asset": (None, [0.50, 1.53]),
    "of each asset, said": ("asset", [0.50, 1.53]),
    "of each period of an asset": (["asset", "period"], [0.50, 2.20, 1.53]),
    "of each period": ("period", [2.20, 1.53]),
    "of all": ([], [1.53]),
}


@pytest.mark.parametrize(("by", "expected"), LATEST.values(), ids=LATEST)
def test_latest(by: Any, expected: list[float]) -> None:
    assert eps(earnings().latest(by)) == expected


def test_latest_of_what_was_known_then() -> None:
    assert eps(earnings().as_of("2024-02-19").latest(["asset", "period"])) == [2.18, 0.50]


def test_latest_without_assets_is_the_last_row() -> None:
    frame = pl.DataFrame({"known_at": ["2024-01-01T08:00Z", "2024-01-01T16:00Z"], "rate": [1.0, 2.0]})
    assert wb.Dataset.from_frame(frame).latest().frame["rate"].to_list() == [2.0]


def test_select() -> None:
    made = earnings()
    assert eps(made.select("B")) == [0.50]
    assert eps(made.select(["B", "A"])) == eps(made)
    assert made.select("B").assets == ("B",)


def test_an_asset_without_rows_yet_is_no_mistake() -> None:
    """B is known to the dataset, but none of its rows is known then."""
    then = earnings().as_of("2024-01-26")
    assert (then.assets, len(then.select("B"))) == (("A",), 0)


def test_a_column_of_another_name_is_the_asset() -> None:
    frame = pl.DataFrame({"at": ["2024-01-01T08:00Z"], "ticker": ["A"]}, schema_overrides={"ticker": pl.Categorical})
    made = wb.Dataset.from_frame(frame, known_at="at", asset="ticker")
    assert (made.frame.columns, made.frame["asset"].dtype, made.assets) == (["known_at", "asset"], pl.String, ("A",))


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "an asset it does not have": (
        lambda d: d.select("AA"),
        UnknownAssetError,
        "no asset 'AA'; did you mean 'A'? known are A, B",
    ),
    "no asset": (lambda d: d.select([]), ParameterError, "name at least one asset"),
    "a column it does not have": (
        lambda d: d.latest(by="perod"),
        UnknownNameError,
        "dataset earnings has no column 'perod'; did you mean 'period'? there are known_at, asset, period, eps",
    ),
    "a naive time": (lambda d: d.as_of("2024-01-01T00:00"), TimeError, "as_of='2024-01-01T00:00' is naive;"),
    "no assets to select": (
        lambda d: replace(d, frame=d.frame.drop("asset")).select("A"),
        ParameterError,
        "the rows are not about assets; name their column",
    ),
    "a frame without known_at": (
        lambda d: replace(d, frame=d.frame.drop("known_at")),
        DatasetError,
        "the first column is not known_at in UTC; use Dataset.from_frame",
    ),
    "no frame to speak of": (lambda d: replace(d, frame=pl.DataFrame()), DatasetError, "the first column is not known"),
    "naive times": (
        lambda d: replace(d, frame=d.frame.cast({"known_at": pl.Datetime("us")})),
        DatasetError,
        "the first column is not known_at in UTC",
    ),
    "rows out of order": (
        lambda d: replace(d, frame=d.frame.reverse()),
        DatasetError,
        "rows do not stand in the order in which they became known; use Dataset.from_frame",
    ),
    "an unknown time": (
        lambda d: replace(d, frame=d.frame.with_columns(known_at=pl.lit(None, pl.Datetime("us", "UTC")))),
        DatasetError,
        "rows do not stand in the order",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        call(earnings())
    assert str(raised.value).startswith(message) or message in str(raised.value)


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        earnings().name = "other"  # type: ignore[misc]


def test_the_frame_that_was_given_is_not_the_one_that_is_held() -> None:
    given = pl.DataFrame({"known_at": [datetime(2024, 1, 1, 8, tzinfo=UTC)], "eps": [1.0]})
    made = wb.Dataset.from_frame(given)
    given[0, "eps"] = 2.0
    assert eps(made) == [1.0]


def test_a_copy_has_a_frame_of_its_own() -> None:
    made = earnings()
    other = copied(made)
    other.frame[0, "eps"] = 9.0
    other.frame.drop_in_place("period")
    assert (eps(made)[0], made.frame.width, other.name) == (2.18, 4, "earnings")


def test_the_first_rows_know_nothing_of_the_rest() -> None:
    made = wb.Dataset.from_frame(
        pl.DataFrame({"known_at": ["2024-01-01T08:00Z"] * 2, "asset": ["A", "B"], "x": [1.0, float("nan")]})
    )
    assert [notice.count for notice in made.notices] == [1]
    cut = first_rows(made, 1, ("C",))
    assert (cut.assets, cut.notices, len(cut.select("C"))) == (("A",), (), 0)
    with pytest.raises(UnknownAssetError, match="known are C, A"):
        cut.select("B")


def test_the_fingerprint_is_of_values() -> None:
    made = earnings()
    chunks = pl.concat([made.frame.head(1), made.frame.tail(3)], rechunk=False)
    assert replace(made, frame=chunks, name="other").fingerprint == made.fingerprint


CHANGED: dict[str, Any] = {
    "a value": lambda f: f.with_columns(eps=pl.col("eps") + 1e-12),
    "a text": lambda f: f.with_columns(pl.col("period").str.replace("Q4", "Q3")),
    "a border between texts": lambda f: f.with_columns(asset=pl.lit("A2"), period=pl.col("period").str.tail(3)),
    "a null": lambda f: f.with_columns(eps=pl.when(pl.col("period") == "24Q1").then("eps")),
    "a null for an empty text": lambda f: f.with_columns(period=pl.lit(None, pl.String)),
    "a name": lambda f: f.rename({"eps": "sales"}),
    "a type": lambda f: f.cast({"eps": pl.Float32}),
    "a time": lambda f: f.with_columns(pl.col("known_at").dt.offset_by("1us")),
    "a row": lambda f: f.head(3),
    "the order of columns": lambda f: f.select("known_at", "asset", "eps", "period"),
    "a column of nothing": lambda f: f.with_columns(void=None),
}


def test_whatever_changes_changes_the_fingerprint() -> None:
    made = earnings()
    found = [replace(made, frame=change(made.frame)).fingerprint for change in CHANGED.values()]
    assert len({made.fingerprint, *found}) == len(CHANGED) + 1


def test_an_empty_text_is_not_a_null() -> None:
    at = [datetime(2024, 1, 1, 8, tzinfo=UTC)]
    empty, null = (
        wb.Dataset.from_frame(pl.DataFrame({"known_at": at, "t": [t]}, {"known_at": None, "t": pl.String}))
        for t in ("", None)
    )
    assert empty.fingerprint != null.fingerprint


def test_items() -> None:
    first, second, _ = items(earnings(), 1)
    assert (first.name, first.asset, first["eps"], second["eps"]) == ("earnings", "B", 0.50, 2.20)
    assert first.known_at == first["known_at"] == datetime(2024, 2, 1, 12, tzinfo=UTC)
    assert first.known_at.tzinfo is UTC
    assert dict(first) == {"known_at": first.known_at, "asset": "B", "period": "23Q4", "eps": 0.50}
    assert (len(first), "eps" in first, "sales" in first, first.get("sales")) == (4, True, False, None)
    assert repr(first) == "Item(earnings about B, known 2024-02-01 12:00:00+00:00: period='23Q4', eps=0.5)"


def test_an_item_is_frozen() -> None:
    item = next(items(earnings()))
    with pytest.raises(FrozenInstanceError):
        item.asset = "B"  # type: ignore[misc]
    with pytest.raises(TypeError):
        item.row["eps"] = 3.0  # type: ignore[index]
    with pytest.raises(UnknownNameError, match="dataset earnings has no column 'esp'; did you mean 'eps'"):
        item["esp"]
    assert isinstance(item, Item)


TEXT = """\
! 1 value of eps is NaN: null from here on: the value is unknown
Dataset earnings: 2 rows about A, known 2024-01-25 21:30 to 2024-04-25 20:30 UTC
column     type  missing                                    latest
asset    String        0                                         A
eps     Float64        1                                         -
text     String        0  <b>wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww..."""


def test_pictures() -> None:
    at = ["2024-01-25T21:30Z", "2024-04-25T20:30Z"]
    columns = {"known_at": at, "asset": ["A", "A"], "eps": [1.5, float("nan")], "text": ["x", "<b>" + "w" * 99]}
    made = wb.Dataset.from_frame(pl.DataFrame(columns), name="earnings")
    shown = made._repr_mimebundle_()
    assert repr(made) == shown["text/plain"] == TEXT
    assert "&lt;b&gt;www" in shown["text/html"]
    assert "<b>www" not in shown["text/html"]
    assert shown["text/html"].count("<tr>") == 4


def test_a_picture_of_nothing() -> None:
    nothing = earnings().as_of("2020-01-01")
    assert repr(nothing).splitlines()[0] == "Dataset earnings: 0 rows"
    assert repr(earnings()).splitlines()[0].startswith("Dataset earnings: 4 rows about 2 assets, known ")
