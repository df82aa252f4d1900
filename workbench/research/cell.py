"""The cell that makes a run again: imports, the strategy, the bars, the options, and a check of the result.

The one idea: the text stands alone. It is made from what the run knows, so it is there for a run of a sweep and for one
that was loaded too; what cannot be written down is named where it has to be put in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from keyword import iskeyword
from typing import Any, Final

from workbench.engine.agenda import READ
from workbench.engine.simulation import Setup
from workbench.market.bars import Bars
from workbench.market.datasets import Dataset
from workbench.market.spelling import spelling
from workbench.research import options
from workbench.research.quoting import Quoted, typed

__all__ = ["cell"]

TAKEN: Final = frozenset({"bars", "finer", "fx", "run", "wb", *READ})
EPOCH: Final = date(1970, 1, 1)


def cell(quoted: Quoted, bars: Bars, data: Sequence[Dataset], setup: Setup, about: Mapping[str, str]) -> str:
    """Python that makes a run again and checks that it is the same.

    Args:
        quoted: the strategy's code.
        bars: those of the run.
        data: its datasets.
        setup: its options.
        about: its provenance, by name.
    """
    given = _options(data, setup)
    sources = _data(bars, data, setup)
    imports = {*quoted.imports, *(line for text in [*given.values(), *sources] for line in typed(text))}
    parts = [
        _head(about),
        _imports(imports),
        *([_missing(quoted)] if quoted.missing else []),
        *quoted.definitions,
        "\n".join(sources),
        _run(quoted.made, given),
        _check(about),
    ]
    return "\n\n".join(parts) + "\n"


def _head(about: Mapping[str, str]) -> str:
    told = ("data hash", "code hash", "state hash", "versions")
    return "\n".join(["# Makes this run again.", *(f"# {name}: {about[name]}" for name in told if name in about)])


def _imports(lines: set[str]) -> str:
    """Plain imports first, then names, those of one module together."""
    plain = {line for line in lines if line.startswith("import ")} | {"import workbench as wb"}
    named: dict[str, list[str]] = {}
    for line in sorted(lines - plain):
        home, _, name = line.removeprefix("from ").partition(" import ")
        named.setdefault(home, []).append(name)
    return "\n".join(
        [*sorted(plain), *(f"from {home} import {', '.join(names)}" for home, names in sorted(named.items()))]
    )


def _missing(quoted: Quoted) -> str:
    return "\n".join(f"# Put in before this cell is run: {what}." for what in quoted.missing)


def _data(bars: Bars, data: Sequence[Dataset], setup: Setup) -> list[str]:
    """A name for everything that the run read, the bars last."""
    read = [(name, given) for name in READ if (given := getattr(setup, name)) is not None]
    named = [(_variable(dataset.name), dataset) for dataset in data] + read
    lines = [line for name, each in named for line in _put(name, each, f"the dataset {each.name!r}")]
    if setup.money is not None and setup.money.fx is not None:
        lines += _put("fx", setup.money.fx, f"the bars of {_names(setup.money.fx)}")
    if setup.finer is not None:
        lines += [_given("finer", setup.finer, f"the finer bars of {_names(setup.finer)} inside of which it filled")]
    put = f"the bars of {_names(bars)}, every {bars.every}, from: {bars.source}"
    return [
        *lines,
        _given("bars", bars, put),
        f'assert bars.fingerprint == "{bars.fingerprint}", "these are other bars"',
    ]


def _put(name: str, given: Bars | Dataset, what: str) -> list[str]:
    check = f'assert {name}.fingerprint == "{given.fingerprint}", "this is other data"'
    return [_given(name, given, f"{what} whose fingerprint is {given.fingerprint}"), check]


def _given(name: str, given: Bars | Dataset, what: str) -> str:
    """What it is made by; where that is not known, as of a frame in memory, what has to be put in."""
    text = spelling(given)
    return f"{name} = {text}" if text else f"{name} = ...  # put in {what}"


def _names(bars: Bars) -> str:
    return ", ".join(map(str, bars.assets))


def _variable(name: str) -> str:
    """The name of a dataset where it can be a variable that the cell does not need itself."""
    import workbench

    if name.isidentifier() and not iskeyword(name) and name not in {*TAKEN, *workbench.__all__}:
        return name
    return "data_" + "".join(c if c.isalnum() else "_" for c in name)


def _options(data: Sequence[Dataset], setup: Setup) -> dict[str, str]:
    """The options that differ from a Backtest's own, as they are typed."""
    from workbench.research.backtest import Backtest

    money = setup.money
    cash = f'"{setup.cash:f} {setup.currency}"'
    if money is not None:
        cash = "{" + ", ".join(f'"{name}": "{amount:f}"' for name, amount in money.deposits) + "}"
    named = {
        "data": "[" + ", ".join(_variable(each.name) for each in data) + "]" if data else None,
        "cash": cash,
        "currency": None if money is None else f'"{setup.currency}"',
        "fx": None if money is None or money.fx is None else "fx",
        "start": _start(setup),
        "fees": None if setup.fees.kind == "none" else repr(setup.fees),
        "slippage": None if setup.slippage.kind == "none" else repr(setup.slippage),
        "limits": None if setup.limits is None else repr(setup.limits),
        "account": None if setup.account is None else repr(setup.account),
        **{name: name for name in READ if getattr(setup, name) is not None},
        "path": None if setup.finer is None else "finer",
    }
    plain = {
        "fill": setup.fill,
        "path": setup.path,
        "limit_through": setup.limit_through,
        "latency": _latency(setup),
        "lots": setup.lots,
        "volume_cap": None if setup.volume_cap is None else float(setup.volume_cap),
        "warmup": setup.warmup,
        "seed": setup.seed,
    }
    defaults = {name: each.default for name, each in options.signature_of(Backtest).items()}
    changed = {name: repr(value).replace("'", '"') for name, value in plain.items() if value != defaults[name]}
    return changed | {name: text for name, text in named.items() if text is not None}


def _start(setup: Setup) -> str | None:
    if setup.start_us is not None:
        return f'"{datetime.fromtimestamp(setup.start_us / 1_000_000, UTC).isoformat()}"'
    return None if setup.start is None else f'"{EPOCH + timedelta(setup.start)}"'


def _latency(setup: Setup) -> float | tuple[float, ...]:
    told = options.latency_s(setup)
    return tuple(told) if isinstance(told, list) else told


def _run(made: str, given: Mapping[str, Any]) -> str:
    lines = [f"    {made},", "    bars,", *(f"    {name}={text}," for name, text in given.items())]
    return "\n".join(["run = wb.Backtest(", *lines, ").run()"])


def _check(about: Mapping[str, str]) -> str:
    amount, _, currency = about["final equity"].partition(" ")
    exact = Decimal(amount)
    return f'assert f"{{run.final_equity:f}}" == "{exact:f}", run.final_equity  # {currency}\nrun'
