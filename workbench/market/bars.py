"""Price history: the published frame of bars, and the fluent, frozen `Bars` around it.

The one idea: a bar is the interval [open_time, time) and is known at `time`. Bars are unadjusted prices, asset after
asset in the order of `assets`, with the splits and dividends beside them in `actions`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench.errors import BarsError, ParameterError, TimeError, UnknownAssetError
from workbench.market.derived import Derived
from workbench.market.moments import moment
from workbench.market.spelling import chained, opened_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from workbench._types import Notice
    from workbench.market.assets import Asset

__all__ = ["ACTIONS", "BARS", "Bars", "with_frame"]

TIME: Final = pl.Datetime("us", "UTC")
BARS: Final = pl.Schema(
    {
        "asset": pl.String(),
        "open_time": TIME,
        "time": TIME,  # the close; the bar is known from here on
        "session": pl.Date(),
        "open": pl.Float64(),
        "high": pl.Float64(),
        "low": pl.Float64(),
        "close": pl.Float64(),
        "volume": pl.Float64(),  # null is unknown, 0 is none
    }
)
ACTIONS: Final = pl.Schema(
    {
        "asset": pl.String(),
        "ex": pl.Date(),
        "kind": pl.String(),  # split, dividend and others; what each of them says stands in `market.actions`
        "numerator": pl.Int64(),  # new units for `denominator` held ones; null for dividends
        "denominator": pl.Int64(),
        "amount": pl.Decimal(38, 12),  # per unit held, gross, in the asset's currency; null for splits
        "pay": pl.Date(),  # null is unknown: cash comes on the ex-date
        "known": TIME,  # when it became known; null is at the ex-date
        "other": pl.String(),  # the other asset of a merger or spin-off, or the new symbol
    }
)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False, repr=False)
class Bars(Derived):
    """Frozen price history of one or more assets; made by `from_frame`, `from_csv`, a Catalog or `simulate`.

    `frame` follows the schema `BARS` (times in UTC), `actions` the schema `ACTIONS`. Every method gives a new Bars
    or a frame and leaves this one as it is.

    Raises:
        BarsError: a frame that does not follow its schema.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("BTC/USDT", every="1h", n=48, seed=7)
        >>> len(bars), bars.assets[0] == "BTC/USDT", bars.last(2).frame.height
        (48, True, 2)
    """

    frame: pl.DataFrame
    actions: pl.DataFrame
    assets: tuple[Asset, ...]
    every: str
    source: str
    synthetic: bool = False
    notices: tuple[Notice, ...] = ()

    def __post_init__(self) -> None:
        for what, given, wanted in (("frame", self.frame, BARS), ("actions", self.actions, ACTIONS)):
            if given.schema != wanted:
                raise BarsError(f"{what} has the schema {dict(given.schema)}, not {dict(wanted)}; use Bars.from_frame")

    @staticmethod
    def from_frame(
        frame: object,
        asset: str | Asset | None = None,
        *,
        every: str | None = None,
        calendar: str = "24/7",
        tz: str | None = None,
        actions: object = None,
        assets: Sequence[str | Asset] | None = None,
        price_digits: int | None = None,
        quantity_digits: int | None = None,
        currency: str = "USD",
        source: str | None = None,
    ) -> Bars:
        """Bars from a Polars or pandas frame, with its columns found by name in any capitalisation.

        Wanted are open, high, low, close and one of open_time (also timestamp, datetime or a pandas index: the bar's
        start), time (its close) or date (daily bars of that session); volume is optional, asset (symbol, ticker) is
        needed where there are several. yfinance's two-level columns are understood. Prices are taken as unadjusted.

        Args:
            frame: Polars or pandas DataFrame, or anything with an Arrow stream.
            asset: name of the one asset of a frame without an asset column, or an Asset with its digits.
            every: length of a bar, such as "1m", "4h", "1d"; None takes the usual distance of the bars.
            calendar: "24/7", "24/5" or an exchange such as "XNYS".
            tz: time zone of naive times, such as "UTC" or "America/New_York".
            actions: frame of splits and dividends, with the columns of `ACTIONS` that it needs.
            assets: Assets (or names) in the order wanted; given Assets keep their digits, steps and calendar.
            price_digits: digits of prices and orders, 0 to 12; None takes the fewest (at most 6) that hold every value.
            quantity_digits: digits of volumes and quantities, 0 to 8; None as above.
            currency: the currency of the prices.
            source: where the frame comes from, for the record.

        Raises:
            BarsError: missing columns, or a row that cannot be: its number and the reason are given.
            TimeError: naive times without `tz`, or times that cannot be read.
            ParameterError: an argument that makes no sense.

        Example:
            >>> frame = pl.DataFrame({"Date": ["2024-01-02", "2024-01-03"], "Open": [10.0, 11.0], "High": [12.5, 12.0],
            ...                       "Low": [9.5, 10.0], "Close": [11.0, 10.5], "Volume": [100, 200]})
            >>> bars = Bars.from_frame(frame, "ABC", calendar="XNYS")
            >>> bars.assets
            (Asset('ABC', calendar='XNYS', price_digits=1),)
            >>> str(bars.frame["time"][0])
            '2024-01-02 21:00:00+00:00'
        """
        from workbench.market.intake import Request, from_frame

        request = Request(asset, every, calendar, tz, assets, price_digits, quantity_digits, currency)
        return from_frame(frame, request, actions=actions, source=source)

    @staticmethod
    @opened_by("wb.Bars.from_csv")
    def from_csv(path: str | Path, asset: str | Asset | None = None, **options: Any) -> Bars:
        r"""Bars from a CSV file, or a folder with one for each asset; what was detected unusual is among the notices.

        Delimiter, encoding, header, dates and decimals are detected; `options` are those of `from_frame` and of
        `workbench.market.adapters.csv.Csv`, which overrule: delimiter, encoding, columns, date_format, decimal, ...

        Raises:
            StorageError: the file cannot be read.
            BarsError, TimeError, ParameterError: as `from_frame`, or a file that can be read in two ways.

        Example:
            >>> from pathlib import Path
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     path = Path(folder) / "abc.csv"
            ...     _ = path.write_text("Date,Open,High,Low,Close,Volume\n2024-01-02,10,12,9,11,100\n")
            ...     len(Bars.from_csv(path, "ABC", calendar="XNYS"))
            1
        """
        from workbench.market.adapters.csv import Csv
        from workbench.market.intake import from_files

        return from_files(Csv, path, asset, options)

    @staticmethod
    @opened_by("wb.Bars.from_parquet")
    def from_parquet(path: str | Path, asset: str | Asset | None = None, **options: Any) -> Bars:
        """Bars from a Parquet file, or a folder with one for each asset; see `from_csv`.

        Raises:
            StorageError: the file cannot be read.
            BarsError, TimeError, ParameterError: as `from_frame`.
        """
        from workbench.market.adapters.parquet import Parquet
        from workbench.market.intake import from_files

        return from_files(Parquet, path, asset, options)

    @staticmethod
    def from_trades(
        frame: object,
        asset: str | Asset,
        *,
        every: str | None = None,
        ticks: int | None = None,
        volume: float | Decimal | None = None,
        value: float | Decimal | None = None,
        calendar: str = "24/7",
        tz: str | None = None,
        price_digits: int | None = None,
        quantity_digits: int | None = None,
        currency: str = "USD",
        until: datetime | str | None = None,
        partial: bool = False,
        actions: object = None,
        source: str | None = None,
    ) -> Bars:
        """Bars of the single trades of one asset: time, tick, volume or dollar bars.

        Dollar bars are those of a `value`, in whatever currency the prices are. Exactly one of the four is asked for.
        Wanted are time, price and size (also quantity, qty, amount, volume). The trade that reaches the measure ends
        its bar; by time, a trade belongs to the slot [open_time, time). All rules stand in `workbench.market.trades`.

        Args:
            frame: Polars or pandas DataFrame, trades in order.
            asset: name, or an Asset with its digits and calendar.
            every: length of a bar in time, at most "1d".
            ticks: number of trades that ends a bar (tick bars).
            volume: number of units that ends a bar (volume bars).
            value: sum of price x size that ends a bar (dollar bars).
            calendar: as in `from_frame`, like `tz`, `price_digits`, `quantity_digits`, `currency`.
            tz: zone of naive times.
            price_digits: digits of prices; None takes the fewest.
            quantity_digits: digits of sizes; None takes the fewest.
            currency: the currency of the prices.
            until: aware time up to which the trades are complete; None takes the last trade's.
            partial: keep the unfinished last bar.
            actions: frame of splits and dividends.
            source: where the frame comes from, for the record.

        Raises:
            BarsError, TimeError: trades that cannot be; the first row and the reason are given.
            ParameterError: not exactly one of every, ticks, volume, value, or an argument that makes no sense.

        Example:
            >>> at = ["2024-01-02T00:00Z"] * 4
            >>> trades = pl.DataFrame({"time": at, "price": [10, 12, 11, 13], "size": [1, 1, 3, 2]})
            >>> Bars.from_trades(trades, "X", volume=2).frame.select("open", "close", "volume").rows()
            [(10.0, 12.0, 2.0), (11.0, 11.0, 3.0), (13.0, 13.0, 2.0)]
        """
        from workbench.market.trades import Cut, bars_of_trades, drafted

        draft, cut = drafted(asset, calendar, currency, price_digits, quantity_digits), Cut(every, ticks, volume, value)
        about: dict[str, Any] = {"until": until, "partial": partial, "actions": actions, "source": source}
        return bars_of_trades(frame, draft, cut, tz=tz, **about)

    @chained
    def since(self, start: str | date | datetime) -> Bars:
        """Bars from `start` on: of that session and later, or opened at that time or later.

        A date or "YYYY-MM-DD" means that date's session; a time must be aware.

        Raises:
            TimeError: a naive or unreadable time.

        Example:
            >>> from workbench.market import simulate
            >>> len(simulate.bars("X", every="1d", n=10, start="2024-01-01").since("2024-01-08"))
            3
        """
        return with_frame(self, self.frame.filter(_from(moment("since", start))))

    @chained
    def until(self, end: str | date | datetime) -> Bars:
        """Bars up to `end`: of that session and earlier, or closed at that time or earlier.

        Raises:
            TimeError: a naive or unreadable time.

        Example:
            >>> from workbench.market import simulate
            >>> len(simulate.bars("X", every="1d", n=10, start="2024-01-01").until("2024-01-08"))
            8
        """
        return with_frame(self, self.frame.filter(_to(moment("until", end))))

    @chained
    def between(self, start: str | date | datetime, end: str | date | datetime) -> Bars:
        """Bars from `start` to `end`, both included, as `since` and `until` read them.

        Raises:
            TimeError: a naive or unreadable time, or `end` before `start`.

        Example:
            >>> from workbench.market import simulate
            >>> len(simulate.bars("X", every="1d", n=10, start="2024-01-01").between("2024-01-02", "2024-01-04"))
            3
        """
        first, last = moment("between", start), moment("between", end)
        if type(first) is type(last) and last < first:
            raise TimeError(f"between({start!r}, {end!r}): the end lies before the start; give them in order")
        return with_frame(self, self.frame.filter(_from(first) & _to(last)))

    @chained
    def last(self, n: int) -> Bars:
        """The last `n` bars of each asset; all of them where there are fewer.

        Raises:
            ParameterError: `n` is not a whole number from 1 on.

        Example:
            >>> from workbench.market import simulate
            >>> len(simulate.bars("X", n=10).last(3))
            3
        """
        _check_count(n)
        if len(self.assets) == 1:
            return with_frame(self, self.frame.tail(n))
        return with_frame(self, self.frame.group_by("asset", maintain_order=True).tail(n).select(BARS.names()))

    @chained
    def select(self, assets: str | Sequence[str]) -> Bars:
        """Bars of some assets only, in the order given.

        Raises:
            UnknownAssetError: an asset that is not among these bars; the nearest names are listed.
            ParameterError: no asset, or one twice.

        Example:
            >>> from workbench.market import catalog
            >>> catalog.sample()[["AAPL", "IBM", "FB"]].select(["FB", "IBM"]).assets == ("FB", "IBM")
            True
        """
        names = wanted_assets(assets, self.assets, "these bars have")
        if len(self.assets) == 1:
            return self
        chosen = tuple(a for name in names for a in self.assets if a == name)
        frame = pl.concat([self.frame.filter(pl.col("asset") == name) for name in names])
        return replace(self, frame=frame, actions=self.actions.filter(pl.col("asset").is_in(names)), assets=chosen)

    @chained
    def resample(self, every: str, *, partial: bool = False) -> Bars:
        """Longer bars, aligned to sessions: an hour of New York runs from 9:30; the last one of a session is shorter.

        Volumes are added up, and unknown (null) as soon as one of them is. A bar that the data does not reach the end
        of is left out. Weeks and months are made of sessions and belong to their last one; a split inside puts the
        prices before it in its units. Actions and digits are kept.

        Args:
            every: "5m", "1h", "4h", "1d", "1w" or "1mo"; a whole multiple of the present length.
            partial: keep the unfinished bar at the end of each asset, as known at its last row.

        Raises:
            ParameterError: a length that the present bars do not make up.
            TimeError: bars of a session that their calendar does not have.

        Example:
            >>> from workbench.market import simulate
            >>> minutes = simulate.bars("X", "1m", n=600, start="2024-07-02", calendar="XNYS")
            >>> minutes.resample("1h").frame["time"].dt.strftime("%d %H:%M").tail(2).to_list()
            ['03 16:30', '03 17:00']
        """
        from workbench.market.resampling import resampled

        return resampled(self, every, partial=partial)

    def vwap(self, every: str = "1d") -> pl.DataFrame:
        """Volume-weighted average of (high + low + close) / 3 over longer bars, the unfinished last ones too.

        Returns:
            Frame of asset, open_time, time, session, vwap; null where nothing or an unknown volume was traded.

        Raises:
            ParameterError: a length that the present bars do not make up, or one beyond a session.

        Example:
            >>> from workbench.market import simulate
            >>> simulate.bars("X", "1m", n=2_880).vwap().height
            2
        """
        from workbench.market.resampling import vwap

        return vwap(self, every)

    @cached_property
    def gaps(self) -> Mapping[str, int]:
        """Number of missing bars of each asset between its first and last, by its calendar.

        Example:
            >>> from workbench.market import simulate
            >>> dict(simulate.bars("X", n=10).gaps)
            {'X': 0}
        """
        from workbench.market.quality import missing_bars

        return missing_bars(self)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the values, the assets and the actions; see `workbench.market.fingerprints`.

        It does not depend on how the frame is cut into chunks, on `source` or on `notices`.

        Example:
            >>> from workbench.market import simulate
            >>> simulate.bars("X", seed=1).fingerprint == simulate.bars("X", seed=2).fingerprint
            False
        """
        from workbench.market.fingerprints import fingerprint

        return fingerprint(self)

    def __len__(self) -> int:
        return self.frame.height

    def __repr__(self) -> str:
        from workbench.market.display import bars_text

        return bars_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from workbench.market.display import bars_text
        from workbench.views.summary import bars_html

        return {"text/plain": bars_text(self), "text/html": bars_html(self)}


def _check_count(n: object) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ParameterError(f"last({n!r}): give a whole number of bars from 1 on")


def with_frame(bars: Bars, frame: pl.DataFrame, *, actions: pl.DataFrame | None = None) -> Bars:
    """The same Bars around other rows (and other actions, where given); the way to cut a view as of some time.

    Example:
        >>> from workbench.market import simulate
        >>> bars = simulate.bars("X", n=10)
        >>> len(with_frame(bars, bars.frame.head(4)))
        4
    """
    return replace(bars, frame=frame, actions=bars.actions if actions is None else actions)


def wanted_assets(given: object, known: Sequence[str], where: str) -> list[str]:
    """Names that are all among `known`, each once.

    Raises:
        UnknownAssetError: a name that is not known; the nearest are listed.
        ParameterError: no name, one twice, or something that is no name.

    Example:
        >>> from workbench.market.assets import Asset
        >>> wanted_assets("IBM", (Asset("IBM"), Asset("FB")), "there are")
        ['IBM']
    """
    names = [given] if isinstance(given, str) else list(given) if isinstance(given, (list, tuple)) else [given]
    for name in names:
        if not isinstance(name, str):
            raise ParameterError(f"{name!r} is no asset's name; write 'AAPL' or ['AAPL', 'MSFT']")
        if name not in known:
            near = get_close_matches(name.upper(), known, n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(repr(str(each)) for each in near)}? " if near else ""
            listed = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
            raise UnknownAssetError(f"no asset {str(name)!r}; {hint}{where} {listed}")
    texts = [str(name) for name in names]
    if not texts or len(set(texts)) < len(texts):
        raise ParameterError(f"{texts}: name at least one asset, and each once")
    return texts


def _from(start: date | datetime) -> pl.Expr:
    return pl.col("open_time") >= _at(start) if isinstance(start, datetime) else pl.col("session") >= start


def _to(end: date | datetime) -> pl.Expr:
    return pl.col("time") <= _at(end) if isinstance(end, datetime) else pl.col("session") <= end


def _at(time: datetime) -> pl.Expr:
    """A time as a literal; of an aware datetime, Polars takes ten times as long to make one."""
    return pl.lit((time - EPOCH) // timedelta(microseconds=1)).cast(TIME)
