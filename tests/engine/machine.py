"""Programs that hypothesis puts together step by step, through the engine and its twin, and held against themselves.

The one idea: rules add bars, actions and commands to a `Program`; when it is whole, engine and twin agree in every
digit, the file equals one bar at a time, recorded commands alone lead to the same state, and no invariant is broken.
A rule for something new is a method of the machine; what kind of account a program is for is a class of its own, so
that two files can search at the same time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from busy_cases import smallest
from closing import watch_every_run
from dressed import TYPES, shared, worth
from face import Seen, assert_agree, backtest, comparable, named, result_of
from foreign import foreign
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from invariants import ENDS, Books, broken
from programs import Program
from random_cases import configs, instruments, sizes
from scripts import HAS_BOOKS
from test_determinism import fed
from twin import simulate

import workbench as wb
from workbench._native import Simulation
from workbench.engine.simulation import Host, feed, feed_finer

__all__ = ["Abroad", "Programs", "check", "is_wide", "search", "searched"]

WANTED = os.environ.get("WORKBENCH_EXAMPLES")
ENOUGH = 500
Json = dict[str, Any]
Pick = Callable[[Sequence[Any]], Any]
NAMES = ("Z", "A", "M")  # asset order is not text order
FACTORS = [*["1"] * 6, "1.01", "0.98", "1.06", "0.93", "1.3", "0.7"]
LURCHES = ["1", "1.3", "0.7", "1.6", "0.5", "0.93"]
LEAPS = ["0.5", "2", "10", "0.1", "1000000", "0.000001"]
VOLUMES = ["1000", "333", "40", "100000", "0", None]
WICKS, PLACES = [0, 0, 1, 3, 10], [0, 20, 50, 80, 100]
RATIOS = ["2", "3/2", "1/3", "1/10", "7/5"]

whole = st.integers
seeds = whole(0, 2**32 - 1)  # one draw of hypothesis for many choices, which are cheaper from a seeded generator
weights = whole(-60, 60).map(lambda n: f"{Decimal(n).scaleb(-2):f}")
amounts = whole(1, 2_000_000).map(lambda n: f"{Decimal(n).scaleb(-6):f}")
rates = whole(-3_000, 3_000).map(lambda n: f"{Decimal(n).scaleb(-6):f}")
names = st.sampled_from(range(len(NAMES)))
dates = st.none() | whole(0, 4)


@dataclass
class Reached:
    """What programs came to: types of orders with their ends, kinds of assets abroad, each on margin or not.

    `called` says whether margin calls reduced what several strategies held, or one.
    """

    ends: set[tuple[str, str]] = field(default_factory=set)
    abroad: set[tuple[str, bool]] = field(default_factory=set)
    called: set[bool] = field(default_factory=set)

    def clear(self) -> None:
        """Nothing yet."""
        for found in (self.ends, self.abroad, self.called):
            found.clear()


REACHED = Reached()


def check(case: Json) -> None:
    """Everything that must hold of a case; of the two ways to run it again, the number of its commands chooses one."""
    seen = Seen()
    test = backtest(case, seen)
    run = test.run()
    twin, engine = comparable(named(simulate(case)), case), comparable(result_of(run, seen), case)
    assert_agree(engine, twin)
    assert not broken(Books(run, seen.working))
    hashes = run.journal_hash, run.state_hash
    REACHED.ends.update((row.type, row.status) for row in twin.orders)
    REACHED.called.update(bool(twin.books) for row in twin.orders if row.origin == "liquidation" and row.filled)
    kinds = [asset.get("kind", "spot") for asset in case["assets"]] if "fx" in case else []
    REACHED.abroad.update((kind, case["config"]["account"] != "cash") for kind in kinds)
    again = fed(test, 1) if len(case["commands"]) % 2 else replayed(test, run)
    assert again == hashes


def contract(pick: Pick) -> Json:
    """What makes an asset a future or a perpetual, or leaves it as it is."""
    kind = pick(("spot", "spot", "future", "perpetual"))
    if kind == "spot":
        return {}
    margins = {"initial": pick(("0.1", "0.5", "0.033")), "maintenance": pick(("0.02", "0.033"))}
    ends = {"expiry": f"2024-01-{pick(range(2, 29)):02}"} if kind == "future" else {}
    return {"kind": kind, **margins, **ends}


def failure(case: Json) -> type[Exception] | None:
    """What kind of thing does not hold, if any does; a smaller case should fail in the same way."""
    try:
        check(case)
    except Exception as error:  # noqa: BLE001 (whatever it is)
        return type(error)
    return None


def replayed(test: wb.Backtest, run: wb.Run) -> tuple[str, str]:
    """Hashes of the recorded commands without the strategy that gave them."""
    simulation = Simulation(test._setup, {}, Host(test._bars, test._setup.seed))
    feed_finer(simulation, test._setup)
    feed(simulation, test._bars)
    simulation.complete()
    simulation.replay(run.commands.rows(), run.equity.height + 1)
    assert simulation.run() is True
    return simulation.hashes()


class Programs(RuleBasedStateMachine):
    """Bars, actions and commands in any order that time allows, in an account of one currency."""

    is_abroad: ClassVar = False

    @initialize(data=st.data(), seed=seeds)
    def open_shop(self, data: st.DataObject, seed: int) -> None:
        pick = Random(seed).choice
        assets = [data.draw(instruments(name)) for name in NAMES[: pick((1, 2, 3))]]
        self.known = [pick((True, True, True, False)) for _ in assets]
        config = data.draw(configs(all(self.known)))
        assets = [{**asset, "multiplier": worth(pick, config["fees"])} for asset in assets]
        if self.is_abroad:
            config, assets = foreign(pick, config, assets)
        if config["account"] != "cash" and "base" not in json.dumps(config["fees"]):
            assets = [asset if "base" in asset else asset | contract(pick) for asset in assets]
        if HAS_BOOKS and not self.is_abroad and pick((False, True)):
            config |= shared(pick)
        lengths = {asset["name"]: pick((24, 24, 24, 12, 6)) for asset in assets}
        self.program = Program(config, assets, lengths, seed)
        self.pass_by(pick, FACTORS[:1], ["1000"], len(assets))

    def pass_by(self, pick: Any, factors: Sequence[str], volumes: Sequence[str | None], count: int) -> None:
        """A bar of up to `count` assets, of one shape each."""
        shown = self.program.names[:count]
        shapes = {n: (Decimal(pick(factors)), pick(WICKS), pick(WICKS), pick(PLACES)) for n in shown}
        known = dict(zip(self.program.names, self.known, strict=True))
        self.program.advance(shapes, {n: pick(volumes) if known[n] else pick((None, "0")) for n in shown})

    @rule(seed=seeds, count=whole(1, 3))
    def bars(self, seed: int, count: int) -> None:
        pick = Random(seed).choice
        for _ in range(count):
            self.pass_by(pick, FACTORS, VOLUMES, len(NAMES))

    @rule(seed=seeds, count=whole(0, 2))
    def leap_or_halt(self, seed: int, count: int) -> None:
        self.pass_by(Random(seed).choice, LEAPS, VOLUMES, count)

    @precondition(lambda self: self.program.slices)
    @rule(seed=seeds, numbers=st.lists(names, min_size=1, max_size=4))
    def order(self, seed: int, numbers: list[int]) -> None:
        pick = Random(seed).choice
        for number in numbers:
            sides = ("buy", "sell") if self.program.has_shorts else ("buy", "buy", "sell")
            quantity = Decimal(pick(pick((range(1, 200_001), range(1_000, 30_000, 500)))))
            self.program.order(pick, self.name(number), pick(sides), f"{quantity.scaleb(-3):f}")
        self.soon(pick)

    def soon(self, pick: Pick) -> None:
        """Often some bars go by, so that what has just been asked meets a price."""
        for _ in range(pick((0, 1, 1, 2))):
            self.pass_by(pick, FACTORS, VOLUMES, len(NAMES))

    @precondition(lambda self: self.program.slices and self.program.members)
    @rule(seed=seeds)
    def every_member(self, seed: int) -> None:
        """All of a portfolio ask for something that fills at once, on either side, so that they often meet."""
        pick = Random(seed).choice
        for book in self.program.members:
            name = self.name(pick(range(len(NAMES))))
            if pick((True, True, False)):
                terms = {"side": pick(("buy", "sell")), "type": pick(("market", "market", "market", "moo", "moc"))}
                self.program.ask("order", book=book, asset=name, quantity=pick(("3", "12", "40.5")), **terms)
            else:
                lent = ("4", "-5") if self.program.has_shorts else ()  # so that some of them are called
                self.program.ask("target", book=book, asset=name, weight=self.signed(pick(("0.5", "-0.3", "0", *lent))))
        self.soon(pick)

    @precondition(lambda self: self.program.slices)
    @rule(seed=seeds, number=names)
    def order_for_a_while(self, seed: int, number: int) -> None:
        """A small limit far from the market that ends soon, so that some orders do end that way."""
        pick, name = Random(seed).choice, self.name(number)
        limit = f"{self.program.prices[name] * 7 / 10:f}"
        until = self.program.in_hours(pick((12, 24, 36, 60)))
        ends = pick(({"tif": "DAY"}, {"tif": "GTD", "until": until}))
        quantity = pick(("1", "3", "12"))
        self.program.ask("order", asset=name, side="buy", quantity=quantity, type="limit", limit=limit, **ends)

    @precondition(lambda self: self.program.slices and self.program.has_shorts)
    @rule(seed=seeds, number=names)
    def borrow(self, seed: int, number: int) -> None:
        """Nearly all that an account lends, of every member, then prices that leap, so that some of them are called."""
        pick = Random(seed).choice
        lent = 1 / Decimal(self.program.config["account"].get("initial", "0.5"))
        weight = f"{Decimal(pick(('0.9', '0.7', '-0.9', '-0.7'))) * lent:.6f}"
        for whose in [{"book": book} for book in self.program.members] or [{}]:
            self.program.ask("target", **whose, asset=self.name(number), weight=weight)
        for _ in range(pick((1, 2, 3))):
            self.pass_by(pick, LURCHES, VOLUMES, len(NAMES))

    @precondition(lambda self: self.program.slices)
    @rule(number=names, size=sizes(has_shorts=True))
    def target(self, number: int, size: Json) -> None:
        self.program.ask(
            "target", asset=self.name(number), **{kind: self.signed(given) for kind, given in size.items()}
        )

    @precondition(lambda self: self.program.slices)
    @rule(parts=st.lists(weights, max_size=3), band=st.sampled_from(("0", "0", "0.05")))
    def rebalance(self, parts: list[str], band: str) -> None:
        given = map(self.signed, parts)
        self.program.ask("rebalance", weights=dict(zip(self.program.names, given, strict=False)), band=band)

    @precondition(lambda self: self.program.slices)
    @rule(seed=seeds, number=names)
    def protect(self, seed: int, number: int) -> None:
        self.program.protect(Random(seed).choice, self.name(number))

    @precondition(lambda self: self.program.slices)
    @rule(number=names)
    def flatten(self, number: int) -> None:
        self.program.ask("flatten", asset=self.name(number) if number else None)

    @precondition(lambda self: self.program.asked)
    @rule(back=whole(1, 4), number=names, one=st.sampled_from((True, True, False)))
    def cancel(self, back: int, number: int, one: bool) -> None:
        terms = {"id": self.program.asked[-back:][0]} if one else {"id": None, "asset": self.name(number)}
        self.program.ask("cancel", **terms)

    @rule(number=names, ratio=st.sampled_from(RATIOS))
    def split(self, number: int, ratio: str) -> None:
        self.program.act(self.name(number), "split", ratio=ratio)

    @rule(number=names, amount=amounts, days=dates)
    def dividend(self, number: int, amount: str, days: int | None) -> None:
        self.program.act(self.name(number), "dividend", amount=amount, pay=self.program.paid(days))

    @rule(number=names, ratio=st.sampled_from(["1/20", "1/3", "1", "2/7"]))
    def stock_dividend(self, number: int, ratio: str) -> None:
        self.program.act(self.name(number), "stock_dividend", ratio=ratio)

    @rule(number=names, hours=st.sampled_from((0, 3, 8)), rate=rates, mark=st.none() | amounts)
    def fund(self, number: int, hours: int, rate: str, mark: str | None) -> None:
        self.program.fund(self.name(number), hours, rate, mark)

    @rule(number=names, price=amounts)
    def settle(self, number: int, price: str) -> None:
        self.program.settle(self.name(number), price)

    def signed(self, size: Any) -> Any:
        """A size as it can be wanted: less than nothing only where there are shorts."""
        return size if self.program.has_shorts or size is True else size.lstrip("-")

    def name(self, number: int) -> str:
        return self.program.names[number % len(self.program.names)]

    def teardown(self) -> None:
        case = self.program.case()
        if kind := failure(case):
            small = smallest(case, lambda smaller: failure(smaller) is kind)
            print(json.dumps(small))
            check(small)


class Abroad(Programs):
    """The same in an account of several currencies."""

    is_abroad: ClassVar = True


SEARCH = settings(
    max_examples=int(WANTED or 500),
    stateful_step_count=40,
    phases=[Phase.generate],  # `smallest` cuts down what fails
    derandomize=WANTED is None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def searched(machine: type[Programs]) -> Reached:
    """Search programs of a kind for one that does not hold, widely enough; what they came to."""
    return search(machine) if WANTED else _alone(machine.__name__)


def _alone(name: str) -> Reached:
    """The same in a process of its own, so that the programs are the same everywhere.

    Hypothesis also tries constants of the modules that are loaded, and in a worker those depend on the tests before.
    """
    command = [sys.executable, "-m", "machine", name]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)), "PYTHONHASHSEED": "0"}
    folder = Path(__file__).parent  # not that of the sources, which Python would take for the package
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    ends, abroad, called = json.loads(done.stdout.splitlines()[-1])
    return Reached({(type_, status) for type_, status in ends}, {(kind, on) for kind, on in abroad}, set(called))


def search(machine: type[Programs]) -> Reached:
    """Search in this process."""
    REACHED.clear()
    run_state_machine_as_test(machine, settings=SEARCH)
    if is_wide():
        # Rare types may miss their price in every program of a search; without most of them it would prove little.
        filled = {type_ for type_, status in REACHED.ends if status == "FILLED"}
        assert len(filled) >= len(set(TYPES)) - 2
        assert {status for _, status in REACHED.ends} == set(ENDS)
    return REACHED


def is_wide() -> bool:
    """Whether a search has programs enough to come to everything."""
    return SEARCH.max_examples >= ENOUGH


if __name__ == "__main__":
    watch_every_run()
    found = search({kind.__name__: kind for kind in (Programs, Abroad)}[sys.argv[1]])
    print(json.dumps([sorted(found.ends), sorted(found.abroad), sorted(found.called)]))
