"""A backtest: a strategy, bars and the rules between them; `run()` gives a Run.

The one idea: a Backtest is a frozen description. Every run builds a fresh strategy from it, so running twice gives
the same Run, and `replace` gives a changed copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from workbench._native import Simulation
from workbench._types import FillRule, LotRule, PathRule
from workbench.engine import Cancel
from workbench.engine.agenda import READ
from workbench.engine.costs.fee import Fee
from workbench.engine.costs.slippage import Slippage
from workbench.engine.limits import Limits
from workbench.engine.margin import Margin
from workbench.engine.names import missing
from workbench.engine.simulation import Host, Setup, simulate
from workbench.errors import Interrupted, ParameterError
from workbench.journal.writing import File, begin, document
from workbench.market.bars import Bars
from workbench.market.catalog import Catalog
from workbench.market.datasets import Dataset
from workbench.research import accounts, options
from workbench.research.progress import Progress
from workbench.research.run import Run, about_strategy
from workbench.research.tradable import check_tradable, with_books
from workbench.strategies import Strategy
from workbench.strategies.callbacks import fresh
from workbench.strategies.called import called
from workbench.strategies.portfolio import books_of
from workbench.strategies.signals import check, has_signals, planned

if TYPE_CHECKING:
    from workbench.research.audit import Audit
    from workbench.research.explore import Explore
    from workbench.research.robustness import Robustness
    from workbench.research.sweep import Sweep

__all__ = ["Backtest"]

Moment = str | date | datetime
Seconds = float | Decimal
Amount = str | int | float | Decimal
Cash = Amount | Mapping[str, Amount]


class Changes(TypedDict, total=False):
    """What `replace` can change."""

    data: Sequence[Dataset] | Mapping[str, Dataset]
    cash: Cash
    currency: str | None
    fx: Bars | Catalog | None
    start: Moment | None
    end: Moment | None
    fees: Fee | None
    slippage: Slippage | None
    limits: Limits | None
    account: Margin | None
    funding: Dataset | None
    settlement: Dataset | None
    fill: FillRule
    path: PathRule | Bars
    limit_through: int
    latency: Seconds | tuple[Seconds, Seconds]
    lots: LotRule
    volume_cap: float | Decimal | None
    warmup: bool
    seed: int


class Backtest:
    """A strategy on bars, with cash, costs and the rules of filling.

    Args:
        strategy: an object such as `Cross(fast=10)`; it is a template and stays untouched.
        bars: prices of every asset it may trade.
        data: datasets for `ctx.data` and `on_data`: a list of named ones, or a dict that names them.
        cash: what the account starts with, such as "100_000 USD"; of several currencies {"USD": 50_000, "EUR": 20_000}.
        currency: the account's; None is the first that `cash` names, else that of the bars.
        fx: rates of exchange, as Bars of pairs such as "EUR/USD" or a Catalog that holds them; pairs among `bars` serve
            too. They make no bars of their own: a rate is the close of the last bar that has ended.
        start: first session (or aware time) that trades; earlier bars feed history and indicators only.
        end: last session (or aware time).
        fees: a schedule of `wb.fees`; None is none.
        slippage: a rule of `wb.slippage`; None is none.
        limits: `wb.Limits(...)` that every order is checked against; None is none.
        account: `wb.Margin(...)` for short positions, borrowed cash, futures and perpetuals; None is a cash account,
            which has none of them.
        funding: a Dataset of `asset`, `rate` and, if it has one, `mark`: at each `known_at`, what longs of a perpetual
            pay to its shorts is that part of the worth at the mark, else at the last close.
        settlement: a Dataset of `asset`, `price` and `session`, by which futures are settled and options expire;
            without a row the last close counts.
        fill: when market orders fill: "next_open", "next_close", or "same_close" (optimistic, and marked so).
        path: the way prices are assumed to take inside a bar: "pessimistic" (unknown, the stop comes first),
            "open_high_low_close" or "open_low_high_close"; or finer Bars of the same assets, which tell it.
        limit_through: how many price steps beyond its limit a bar must reach for a limit order to fill; 0 is a touch.
        latency: seconds that an order or a cancel takes to arrive; or the least and the most, such as (0.05, 0.25),
            between which each order and each cancel draws its own, evenly and by `seed`.
        lots: whose cost a sale takes: the "average" of all units, or that of the first or last bought ("fifo", "lifo").
        volume_cap: the part of a bar's volume that fills may take; None takes the cap off.
        warmup: wait with `on_bar` until every watched indicator has a value.
        seed: of `ctx.rng` and of drawn latencies.

    Raises:
        StrategyError, ParameterError, NumberError, TimeError: an argument that makes no sense.
        UnsupportedError: something that this version does not have.

    Example:
        >>> import workbench as wb
        >>> class Hold(wb.Strategy):
        ...     def on_bar(self, ctx, bar):
        ...         ctx.target(bar.asset, quantity=100)
        >>> wb.Backtest(Hold(), wb.sample["IBM"], cash=100_000, start="2012-01-01").run().fills.height
        1
    """

    @options.named
    def __init__(
        self,
        strategy: Strategy,
        bars: Bars,
        *,
        data: Sequence[Dataset] | Mapping[str, Dataset] = (),
        cash: Cash = "100_000",
        currency: str | None = None,
        fx: Bars | Catalog | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        fees: Fee | None = None,
        slippage: Slippage | None = None,
        limits: Limits | None = None,
        account: Margin | None = None,
        funding: Dataset | None = None,
        settlement: Dataset | None = None,
        fill: FillRule = "next_open",
        path: PathRule | Bars = "pessimistic",
        limit_through: int = 0,
        latency: Seconds | tuple[Seconds, Seconds] = 0,
        lots: LotRule = "average",
        volume_cap: float | Decimal | None = 0.1,
        warmup: bool = True,
        seed: int = 0,
    ) -> None:
        # A copy, so that what is done to the object later does not change this description.
        self._strategy = fresh(options.checked_strategy(strategy))
        self._all, self._data = options.checked_bars(bars), options.checked_data(data)
        self._given: Changes = {
            "data": self._data,
            "cash": cash,
            "currency": currency,
            "fx": fx,
            "start": start,
            "end": end,
            "fees": fees,
            "slippage": slippage,
            "limits": limits,
            "account": account,
            "funding": funding,
            "settlement": settlement,
            "fill": fill,
            "path": path,
            "limit_through": limit_through,
            "latency": latency,
            "lots": lots,
            "volume_cap": volume_cap,
            "warmup": warmup,
            "seed": seed,
        }
        self._bars, plain = _set_up(self._given, self._all)
        self._setup = with_books(plain, books_of(self._strategy))
        check_tradable(self._all, self._setup.account, fees, by_signals=has_signals(self._strategy))
        accounts.check_pairs(self._setup, self._bars)
        check(self._strategy, self._all, on_margin=account is not None)

    def replace(self, **changes: Unpack[Changes]) -> Backtest:
        """A copy with some options changed.

        Raises:
            ParameterError: an option that does not exist.

        Example:
            >>> import workbench as wb
            >>> from workbench.research.demo import Cross
            >>> wb.Backtest(Cross(), wb.sample["IBM"]).replace(fill="next_close")
            Backtest(Cross(fast=20, slow=100), IBM, fill='next_close')
        """
        merged: Changes = {**self._given, **changes}
        return Backtest(self._strategy, self._all, **merged)

    def with_params(self, **params: Any) -> Backtest:
        """A copy whose strategy has other parameters.

        Raises:
            ParameterError: a parameter that does not exist or has the wrong type.

        Example:
            >>> import workbench as wb
            >>> from workbench.research.demo import Cross
            >>> wb.Backtest(Cross(), wb.sample["IBM"]).with_params(fast=10)
            Backtest(Cross(fast=10, slow=100), IBM)
        """
        # Nothing but the strategy changes, so what was read and checked for this one holds for the copy too.
        made = copy(self)
        made._strategy = fresh(self._strategy, **params)
        made._setup = with_books(self._setup, books_of(made._strategy))
        check(made._strategy, made._all, on_margin=made._setup.account is not None)
        return made

    def sweep(self, **spaces: object) -> Sweep:
        """A sweep over parameters of the strategy: every combination of their values.

        Args:
            spaces: a range, list, numpy array or `wb.space.*` for each parameter; the others stay as they are.

        Returns:
            A frozen Sweep; narrow it by `.where` and `.sample`, then `.run()`.

        Raises:
            ParameterError: a parameter that does not exist, or a space that cannot be read.

        Example:
            >>> from workbench.market.catalog import sample
            >>> from workbench.research.demo import Cross
            >>> len(Backtest(Cross(), sample()["IBM"]).sweep(fast=range(5, 15), slow=[50, 100]))
            20
        """
        from workbench.research.sweep import Sweep

        return Sweep.of(self, spaces)

    def explore(self, **spaces: object) -> Explore:
        """Parameters by sliders: every move runs it again, and shows prices, fills, equity and key figures.

        Args:
            spaces: a range, list, numpy array or `wb.space.*` for each parameter, as for `sweep`; the others stay as
                they are. With the heatmap of a sweep beside the sliders: `runs.explore()`.

        Returns:
            The Explore: `run`, `params`, `pin()`, `pins`, `code`.

        Raises:
            ParameterError: a parameter that does not exist, or a space that cannot be read.
            Exception: what the strategy raises where the sliders begin: at its own parameters, or the nearest ones.

        Example:
            >>> from workbench.market.catalog import sample
            >>> from workbench.research.demo import Cross
            >>> Backtest(Cross(), sample()["IBM"]).explore(fast=range(5, 51), slow=range(20, 201)).params
            {'fast': 20, 'slow': 100}
        """
        from workbench.research.explore import Explore

        return Explore.of(self, spaces)

    @property
    def bars(self) -> Bars:
        """The bars of a run: those given, up to `end`."""
        return self._bars

    def parts(self) -> tuple[Strategy, Bars, Changes, Setup]:
        """What a sweep makes others of: strategy, all bars, the options as given and as the engine reads them."""
        return self._strategy, self._all, self._given, self._setup

    @options.by_name
    def run(
        self,
        *,
        progress: bool | Callable[[int, int], object] = True,
        journal: str | Path | File | None = None,
        cancel: Cancel | None = None,
    ) -> Run:
        """Run the strategy over all bars.

        Args:
            progress: show a progress bar with the time left on runs over a second; or a function that is told now and
                then how many bars are done, and of how many.
            journal: a file to write the event log to while the run goes, or a `journal.File` that says how; see
                `workbench.journal`. What was written before an interruption or an error can be read.
            cancel: a `workbench.engine.Cancel`, by which another thread ends the run: `cancel.ask()`.

        Returns:
            The finished Run.

        Raises:
            Interrupted: Ctrl-C, or it was cancelled; nothing of the run is kept but its journal.
            ParameterError: a `cancel` that is none.
            JournalError: the journal's path holds something else, or cannot be written.
            Exception: what the strategy raised, with bar time and asset noted.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> from workbench import journal
            >>> from workbench.market.catalog import sample
            >>> from workbench.research.demo import Cross
            >>> with TemporaryDirectory() as place:
            ...     run = Backtest(Cross(), sample()["AAPL"]).run(journal=f"{place}/day.journal")
            ...     journal.read(f"{place}/day.journal").end.fields["state_hash"] == run.state_hash
            True
        """
        if not (cancel is None or isinstance(cancel, Cancel)):
            raise ParameterError(f"cancel={cancel!r} is no workbench.engine.Cancel; make one, and call its ask()")
        strategy = fresh(self._strategy)
        shown = Progress(progress)
        record = None if journal is None else self._recording(journal)
        host = Host(self._bars, self._setup.seed, self._data, shown.tell, self._setup.books, cancel)
        try:
            on_margin = self._setup.account is not None
            plan = planned(strategy, self._bars, on_margin=on_margin)
            asked = called(strategy, self._bars, on_margin=on_margin)
            simulation = simulate(self._setup, self._bars, asked, host, record, plan)
        except KeyboardInterrupt:
            kept = "nothing was kept" if journal is None else "only the journal was kept"
            raise Interrupted(f"stopped at {shown.share:.0%} of the bars; {kept}, run the cell again") from None
        finally:
            shown.close()
        return Run.of(simulation, self._setup, self._bars, self._data, self._strategy)

    @options.by_name
    def robust(self, *, progress: bool = True) -> Robustness:
        """Whether the result survives changes that should not matter, as a small table with a verdict.

        The Backtest runs with its costs doubled, with every decision carried out one bar late, from two later starts
        (after a tenth and a quarter of its sessions), and with each number among its parameters a tenth lower and
        higher. A test holds that keeps at least half of the Sharpe ratio; "robust" is what holds in all of them, see
        `workbench.research.robustness.Robustness` for the other verdicts.

        Args:
            progress: show a progress bar with the time left if it takes over a second.

        Raises:
            Interrupted: Ctrl-C; nothing is kept.
            Exception: what the strategy raised as it is.

        Example:
            >>> from workbench.engine.costs import fees
            >>> from workbench.market.catalog import sample
            >>> from workbench.research.demo import Cross
            >>> found = Backtest(Cross(), sample()["AAPL"], fees=fees.bps(5)).robust()
            >>> found.verdict, found.frame["test"].to_list()[:3]
            ('robust', ['base', 'costs doubled', 'one bar late'])
        """
        from workbench.research.robustness import robust

        shown = Progress(progress, "run", "robust")
        try:
            return robust(self, shown.tell)
        except KeyboardInterrupt:
            raise Interrupted(f"stopped at {shown.share:.0%} of the tests; nothing was kept") from None
        finally:
            shown.close()

    @options.by_name
    def audit(self, *, samples: int = 50, seed: int = 0, progress: bool = True) -> Audit:
        """Whether the strategy looks ahead: runs on data that ends at sampled times must decide as the full run did.

        Cut are the bars and, while the audit lasts, whatever the strategy's code reaches by itself: Bars, datasets and
        frames with times in its parameters, class, module, closures and what it calls. See `workbench.research.audit`.

        Args:
            samples: how many times to cut at; half of them at decisions, which find a look of one bar ahead.
            seed: of the choice of times.
            progress: show a progress bar with the time left on audits over a second.

        Returns:
            The Audit: `clean`, `verdict`, `findings`, `first`, `not_checked`.

        Raises:
            UnsupportedError: signals that were ready before the run.
            NumberError: `samples` or `seed` is no such number.
            Interrupted: Ctrl-C; what the strategy reaches is as it was.
            Exception: what the strategy raised on all of its data.

        Example:
            >>> from workbench.market.catalog import sample
            >>> from workbench.research.demo import Cross
            >>> Backtest(Cross(), sample()["AAPL"]).audit(samples=10).verdict
            'clean'
        """
        from workbench.research.audit import audit
        from workbench.research.probing import Subject

        shown = Progress(progress, "cut", "audit")
        try:
            return audit(Subject(self._strategy, self._setup, self._bars, self._data), samples, seed, shown.tell)
        except KeyboardInterrupt:
            stopped = f"stopped at {shown.share:.0%} of the cuts; nothing was kept, run the cell again"
            raise Interrupted(stopped) from None
        finally:
            shown.close()

    def _recording(self, journal: str | Path | File) -> Callable[[Simulation], None]:
        """What begins the journal of a run."""
        file = journal if isinstance(journal, File) else File(journal)

        def header() -> dict[str, Any]:
            about = about_strategy(self._strategy)
            return document(about, self._setup, self._bars, self._data, file.mode, file.snapshot_every)

        return begin(file, header)

    def __dir__(self) -> list[str]:
        return sorted(name for name in vars(Backtest).keys() - {"parts"} if not name.startswith("_"))

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise ParameterError(f"a Backtest is frozen; make another one: test.replace({name}=...)")
        object.__setattr__(self, name, value)

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            raise missing("Backtest", name, Backtest.__dir__(self), {})

    def __repr__(self) -> str:
        names = ", ".join(self._all.assets[:6]) + (", ..." if len(self._all.assets) > 6 else "")
        defaults = {name: p.default for name, p in options.signature_of(Backtest).items()}
        changed = {name: value for name, value in self._given.items() if value != defaults[name]}
        shown = [f"{name}={_names(value) if name == 'data' else repr(value)}" for name, value in changed.items()]
        return f"Backtest({', '.join([repr(self._strategy), names, *shown])})"


def _set_up(given: Changes, every: Bars) -> tuple[Bars, Setup]:
    """The bars of a run among all, and the options as the engine reads them, each checked on the way."""
    fee, slip = options.costs(given["fees"], given["slippage"])
    held = accounts.account(given["cash"], given.get("currency"), given.get("fx"), fee, every)
    day, start_us = options.start_of(given["start"])
    bars = options.check_span(every, given["start"], given["end"])
    path_name, finer = options.path_rule(given["path"], bars)
    funding, settlement = (options.dataset_of(name, given.get(name)) for name in READ)
    made = Setup(
        **Setup.market(bars, funding, settlement),  # type: ignore[arg-type]  # named parts of the set-up
        cash=held.cash,
        currency=held.currency,
        money=held.currencies,
        start=day,
        start_us=start_us,
        fill=options.fill_rule(given["fill"]),
        path=path_name,
        finer=finer,
        limit_through=options.steps("limit_through", given["limit_through"]),
        latency_us=options.latency_us(given["latency"], given["fill"]),
        lots=options.lot_rule(given["lots"]),
        volume_cap=options.cap(given["volume_cap"]),
        fees=fee,
        slippage=slip,
        limits=options.limits_of(given["limits"]),
        account=options.account_of(given["account"]),
        warmup=options.switch("warmup", given["warmup"]),
        seed=options.seed_of(given["seed"]),
    )
    options.check_costs(made)
    return bars, made


def _names(data: Any) -> str:
    return f"[{', '.join(dataset.name for dataset in data)}]"
