"""The simulation as Python sees it: the frozen set-up, the bars going in, the frames coming out.

The one idea: `Setup` is read once by the Rust core, `Host` answers the few questions that the core leaves to Python:
calendars, random numbers, Bars and datasets as of now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench._native import Cancel, Context, Simulation
from workbench.engine.actions import Action, told
from workbench.engine.agenda import Dated, agenda_of
from workbench.engine.books import Books, Sharing
from workbench.engine.chains import Chain, Chains
from workbench.engine.costs.fee import Fee
from workbench.engine.costs.slippage import Slippage
from workbench.engine.currencies import Currencies, Listing, Pair
from workbench.engine.data import Data, Releases
from workbench.engine.history import History
from workbench.engine.limits import Limits
from workbench.engine.margin import Margin
from workbench.engine.schedule import Schedule, dues, schedule
from workbench.engine.sessions import next_session, tradable_session, until_us
from workbench.errors import InternalError, TimeError
from workbench.market.assets import Asset
from workbench.market.bars import Bars
from workbench.market.calendars import Calendar
from workbench.market.datasets import Dataset, Item
from workbench.market.moments import moment
from workbench.market.resampling import longer, slots

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "COMMANDS",
    "FRAMES",
    "OF_BOOKS",
    "Host",
    "Setup",
    "feed",
    "feed_finer",
    "frame",
    "guarded",
    "replayed",
    "rows_of",
    "simulate",
    "slice_at",
    "stood",
    "unstarted",
    "walked",
]

FRAMES: Final = ("fills", "orders", "equity", "trades", "ledger")
OF_BOOKS: Final = ("books", "book_fills", "transfers")
COMMANDS: Final = pl.Schema({"slice": pl.Int64(), "command": pl.String(), "words": pl.List(pl.String())})
TIME: Final = pl.Datetime("us", "UTC")
Hooks = Mapping[str, Callable[..., object]]
COLUMNS: Final = ("open_us", "close_us", "session", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that decides a run, apart from the bars and the strategy."""

    assets: tuple[Asset, ...]
    has_volume: tuple[bool, ...]
    actions: tuple[tuple[Action, ...], ...]
    funding: Dataset | None
    settlement: Dataset | None
    agenda: tuple[Dated, ...]
    cash: Decimal
    currency: str
    start: int | None
    start_us: int | None
    fill: str
    path: str
    finer: Bars | None
    limit_through: int
    latency_us: tuple[int, int]
    lots: str
    volume_cap: Decimal | None
    fees: Fee
    slippage: Slippage
    limits: Limits | None
    account: Margin | None
    warmup: bool
    seed: int
    money: Currencies | None = None
    books: Books | None = None

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the run, the account's first; none where there is only that."""
        return () if self.money is None else self.money.names

    @property
    def deposits(self) -> list[tuple[int, Decimal]]:
        """What is paid in, by the number of its currency."""
        return [] if self.money is None else self.money.paid_in()

    @property
    def listings(self) -> list[Listing]:
        """The currency of each asset, and what its fills move."""
        return [] if self.money is None else self.money.listings(self.assets)

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that tell rates."""
        return [] if self.money is None else self.money.pairs(self.assets)

    @staticmethod
    def market(bars: Bars, funding: Dataset | None = None, settlement: Dataset | None = None) -> dict[str, object]:
        """The part of a set-up that follows from the bars, and from the datasets that the core reads."""
        volumes = bars.frame.group_by("asset").agg(pl.col("volume").max().fill_null(0) > 0)
        known = dict(volumes.iter_rows())
        return {
            "assets": bars.assets,
            "has_volume": tuple(bool(known.get(str(asset), False)) for asset in bars.assets),
            "actions": tuple(told(bars, asset) for asset in bars.assets),
            "funding": funding,
            "settlement": settlement,
            "agenda": agenda_of(bars, funding, settlement),
        }


class Host:
    """What the core asks Python for while a run lasts."""

    def __init__(
        self,
        bars: Bars,
        seed: int,
        datasets: Sequence[Dataset] = (),
        progress: Callable[[int, int], None] | None = None,
        books: Books | None = None,
        cancel: Cancel | None = None,
    ) -> None:
        self.cancel = cancel
        self._bars = bars
        self._seed = seed
        self._releases = Releases(datasets, bars.assets)
        self._progress = progress
        self._sharing = None if books is None else Sharing(books)
        self._chains: dict[object, Chains] = {}

    @cached_property
    def rng(self) -> np.random.Generator:
        """The strategy's random numbers: PCG64 with the run's seed, the same on every machine."""
        import numpy as np

        return np.random.Generator(np.random.PCG64(self._seed))

    @cached_property
    def history(self) -> History:
        """What has been known at any time of the run."""
        return History(self._bars)

    def bars(self, now_us: int, every: object) -> Bars:
        """Every bar closed by now, adjusted for the splits known now."""
        return self.history.known(now_us, every)

    def window(self, now_us: int, every: str, asset: int, n: int, field: str) -> list[float | None]:
        """The last values of a field of closed longer bars."""
        return self.history.window(now_us, every, asset, n, field)

    def longer(self, every: str) -> None:
        """Refuse a length that the bars of the run do not make up."""
        longer(self._bars.every, every)

    def slots(self, asset: int, every: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Where rows that are fed are cut into longer bars: first row, open and end of each."""
        table = rows.select("session", asset=pl.lit(asset), open_time=pl.col("open_us").cast(TIME))
        if rows.is_empty() or every == self._bars.every:
            return rows.select("open_us", "close_us").with_row_index("row").cast(pl.Int64)
        cut = slots(table, Calendar(self._bars.assets[asset].calendar), every)
        return pl.DataFrame({"row": cut.starts, "open_us": cut.opens, "close_us": cut.closes}).cast(pl.Int64)

    def chain(self, now_us: int, root: object, **options: Any) -> Chain:
        """The contract of a future that is held now, and the rolls up to now."""
        key = (root, *sorted(options.items()))
        if key not in self._chains:
            self._chains[key] = Chains.of(self._bars, root, **options)
        return self._chains[key].upto(now_us)

    def data(self, now_us: int) -> Data:
        """The datasets as they are known now."""
        return self._releases.as_of(now_us)

    def due(self, now_us: int, open_us: int) -> tuple[list[Item], int]:
        """Rows that became known since the last call, and when the next one will; see `Releases.due`."""
        return self._releases.due(now_us, open_us)

    def schedule(self, every: object, on: object = 0, at: object = "close") -> Schedule:
        """A checked schedule."""
        return schedule(every, on, at, self._bars.every)

    def dues(self, made: Schedule, first: date, open_us: int) -> Iterator[int]:
        """Its due times from the open of the first traded bar on, by the calendar of the first asset."""
        calendar = Calendar(self._bars.assets[0].calendar)
        return (due for due in dues(made, calendar, first) if due >= open_us)

    def session(self, asset: int, live_us: int, length_us: int) -> tuple[int, int]:
        """The first session of an asset in which an order that is live from then on can trade."""
        return tradable_session(self._calendar(asset), live_us, length_us)

    def next_session(self, asset: int, live_us: int) -> tuple[int, int]:
        """The first session of an asset that opens at or after a time."""
        return next_session(self._calendar(asset), live_us)

    def until(self, asset: int, given: str | date) -> int:
        """The time that an order's `until=` means."""
        return until_us(self._calendar(asset), given)

    def _calendar(self, asset: int) -> Calendar:
        return Calendar(self._bars.assets[asset].calendar)

    def lookback(self, session: int) -> int | None:
        """How many closes the shares of books look at, if a new period has begun; see `Sharing`."""
        return None if self._sharing is None else self._sharing.lookback(session)

    def shares(self, returns: list[list[float]]) -> list[str]:
        """The part of the account for each book."""
        return [] if self._sharing is None else self._sharing.shares(returns)

    def progress(self, done: int, total: int) -> None:
        """Tell whoever watches the run how far it is."""
        if self._progress is not None:
            self._progress(done, total)


def feed(simulation: Simulation, bars: Bars) -> None:
    """Hand bars to the core: whole files, chunks or single rows, in the order of their open times."""
    for index, rows in enumerate(_rows(bars, bars.assets)):
        simulation.feed(index, rows)
    if (opened := bars.frame["open_time"].to_physical().max()) is not None:
        simulation.fed_until(int(opened))  # type: ignore[arg-type]  # epochs are whole numbers


def feed_finer(simulation: Simulation, setup: Setup) -> None:
    """Hand over the finer bars that tell the path, if there are any; they never reach a strategy."""
    if setup.finer is not None:
        for index, rows in enumerate(_rows(setup.finer, setup.assets)):
            simulation.feed_finer(index, rows)


def rows_of(setup: Setup, bars: Bars) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """The rows of each asset as the core reads them, and the finer ones that tell the path."""
    finer = [] if setup.finer is None else list(_rows(setup.finer, setup.assets))
    return list(_rows(bars, bars.assets)), finer


def _rows(bars: Bars, assets: tuple[Asset, ...]) -> Iterator[pl.DataFrame]:
    """The rows of each asset as the core reads them; a frame holds asset after asset, so each is a slice."""
    frame = bars.frame
    times = [frame["open_time"].cast(pl.Int64).alias("open_us"), frame["time"].cast(pl.Int64).alias("close_us")]
    rows = pl.DataFrame([*times, *(frame[name] for name in COLUMNS[2:])])
    if len(assets) == 1 and assets == bars.assets:
        yield rows
        return
    runs = frame.select(pl.col("asset").rle().alias("run")).unnest("run")
    ends = dict(zip(runs["value"], zip(runs["len"], runs["len"].cum_sum(), strict=True), strict=True))
    for asset in assets:
        length, end = ends.get(str(asset), (0, 0))
        yield rows.slice(end - length, length)


def simulate(
    setup: Setup,
    bars: Bars,
    hooks: Hooks | Sequence[Hooks],
    host: Host,
    record: Callable[[Simulation], object] | None = None,
    signals: object = None,
) -> Simulation:
    """Run a whole file: start, every bar, end; `record` may begin a journal before the first bar.

    With `signals`, a `workbench.strategies.signals.Plan`, the core decides by itself and calls no hook.

    Raises:
        Whatever the strategy raises, with the bar noted; InternalError if the core itself fails.
    """
    with guarded():
        called = dict(hooks) if isinstance(hooks, Mapping) else [dict(each) for each in hooks]
        simulation = Simulation(setup, called, host, signals)
        simulation.start()
        _feed_all(simulation, setup, bars)
        if record is not None:
            record(simulation)
        simulation.run()
    return simulation


def _feed_all(simulation: Simulation, setup: Setup, bars: Bars) -> None:
    feed_finer(simulation, setup)
    feed(simulation, bars)
    simulation.complete()


@contextmanager
def guarded() -> Iterator[None]:
    """A panic of the core becomes an error and leaves the kernel alive."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise InternalError(f"the core failed: {error}; please report it with strategy and bars") from error
        raise


def unstarted(setup: Setup, bars: Bars, data: Sequence[Dataset]) -> Simulation:
    """A simulation with all its bars and without a strategy, to be fed with recorded commands."""
    simulation = Simulation(setup, {}, Host(bars, setup.seed, data))
    _feed_all(simulation, setup, bars)
    return simulation


def stood(setup: Setup, bars: Bars, hooks: Hooks | Sequence[Hooks], host: Host, number: int) -> Simulation:
    """A run that has come to the slice of that number and has not asked the strategy what to do in it.

    Raises:
        Whatever the strategy raises before.
    """
    called = dict(hooks) if isinstance(hooks, Mapping) else [dict(each) for each in hooks]
    simulation = Simulation(setup, called, host)
    simulation.start()
    _feed_all(simulation, setup, bars)
    simulation.run_to(number)
    return simulation


def replayed(setup: Setup, bars: Bars, data: Sequence[Dataset], commands: pl.DataFrame, number: int) -> Context:
    """The context of one slice of a finished run, rebuilt from its recorded commands without the strategy."""
    return unstarted(setup, bars, data).replay(commands.select(*COMMANDS).rows(), number)


def walked(
    setup: Setup, bars: Bars, data: Sequence[Dataset], commands: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was held and which orders worked in a finished run, as spans of slices counted from 1.

    Both are as a context has them, before what is asked in its slice: rows of first and until (the first slice in which
    it is no longer so), asset (its number), order, quantity, limit and stop.
    """
    held, orders = unstarted(setup, bars, data).walk(commands.select(*COMMANDS).rows())
    return pl.DataFrame(held), pl.DataFrame(orders)


def slice_at(equity: pl.DataFrame, time: str | date | datetime, verb: str = "at") -> int:
    """The number of the last slice of a run at or before a time (a date is its session), by its equity.

    Raises:
        TimeError: a naive time, or one before the first slice or after the last.
    """
    value = moment(verb, time)
    column = "time" if isinstance(value, datetime) else "session"
    until = int(equity.select((pl.col(column) <= value).sum()).item())
    first, last = equity.select(pl.col("time").min(), last=pl.col("time").max()).row(0)
    if not until:
        raise TimeError(f"{verb}({time!r}) lies before the first slice of the run, {first}")
    if value > equity[column][-1]:
        raise TimeError(f"{verb}({time!r}) lies after the last slice of the run, {last}")
    return until


def frame(simulation: Simulation, name: str, *, exact: bool) -> pl.DataFrame:
    """One of `FRAMES` or `OF_BOOKS`, in Float64 or exact; what was recorded, commanded or explained has no twin."""
    if name == "commands":
        return _commanded(simulation.commands())
    if name == "balances":
        return pl.DataFrame(simulation.currencies(exact))
    plain = name in ("recorded", "checks", "explained", "books_explained")
    return pl.DataFrame(getattr(simulation, name)() if plain else getattr(simulation, name)(exact))


def _commanded(lines: Sequence[tuple[int, str, list[str]]]) -> pl.DataFrame:
    """Rows of `COMMANDS`; all words are read as one text, since a list is made many times slower from objects."""
    numbers, names, words = zip(*lines, strict=True) if lines else ((), (), ())
    told = pl.Series([json.dumps(words)]).str.json_decode(pl.List(COMMANDS["words"]))
    return pl.DataFrame([numbers, names, told[0]], COMMANDS)
