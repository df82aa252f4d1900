"""What runs differ by, in words: their names beside each other and the title over them.

The one idea: a run tells every option by its name (`run.spec`), so two runs differ by the options whose texts differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from workbench.research.run import Run

__all__ = ["named", "settings", "titled"]

TITLED_MAX: Final = 3
# Fingerprints differ whenever these do, so they are worth a word only where nothing else tells.
TOLD_BY: Final = {"bars": ("assets", "start", "end"), "code": ("strategy",)}
NONE: Final = "none"


def settings(runs: Mapping[str, Run]) -> pl.DataFrame:
    """The options that differ: a row for each, with its text in a column for each run; null where a run has none.

    Example:
        >>> from workbench.research.demo import run
        >>> settings({"a": run(), "b": run()}).height
        0
    """
    told = [_told(run) for run in runs.values()]
    options = list(dict.fromkeys(option for each in told for option in each))
    differing = [option for option in options if len({each.get(option) for each in told}) > 1]
    columns = {name: [each.get(option) for option in differing] for name, each in zip(runs, told, strict=True)}
    schema = dict.fromkeys(("setting", *runs), pl.String)
    return pl.DataFrame({"setting": differing, **columns}, schema)


def _told(run: Run) -> dict[str, str]:
    """Every option as a text: the strategy, its parameters by their own names, all else, and two fingerprints."""
    parameters = {f"{name}": str(value) for name, value in _mapping(run.spec["parameters"]).items()}
    others = {name: value for name, value in run.spec.items() if name not in ("strategy", "parameters")}
    options = {name: _written(name, value) for name, value in others.items()}
    prints = {"bars": run.bars.fingerprint[:12], "code": run.provenance["code hash"][:12]}
    return {"strategy": run.name, **parameters, **{n: t for n, t in options.items() if n not in parameters}, **prints}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _written(name: str, value: object) -> str:
    """An option as a title has it: `bps(10)`, `AAPL, IBM`, `none`."""
    if value is None or value == []:
        return NONE
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    text = str(value).removeprefix(f"{name}.")
    return f"{Decimal(text).normalize():f}" if text.replace(".", "", 1).isdecimal() else text


def titled(runs: Mapping[str, Run], differing: pl.DataFrame) -> str:
    """What is compared, in a line: "Cross: fast 20 against 50"."""
    strategies = list(dict.fromkeys(run.name for run in runs.values()))
    parts = [_against(option, texts) for option, *texts in _telling(differing).iter_rows()]
    if not parts:
        return " against ".join(strategies) if len(strategies) > 1 else f"{strategies[0]}: {_rest(differing)}"
    rest = len(parts) - TITLED_MAX
    shown = parts[:TITLED_MAX] + ([f"and {rest} more"] if rest > 0 else [])
    return f"{' against '.join(strategies)}: {', '.join(shown)}"


def _telling(differing: pl.DataFrame) -> pl.DataFrame:
    """The options worth a word: those that all runs have, without the strategy and the fingerprints."""
    return differing.drop_nulls().filter(~pl.col("setting").is_in(["strategy", *TOLD_BY]))


def _rest(differing: pl.DataFrame) -> str:
    """What is left to tell where no option differs."""
    found = [f"other {name}" for name in differing["setting"] if name in TOLD_BY]
    return " and ".join(found) or "nothing differs"


def _against(option: str, texts: Sequence[str]) -> str:
    return f"{option} {' against '.join(dict.fromkeys(texts))}"


def named(runs: Sequence[Run], taken: Sequence[str]) -> list[str]:
    """A name for each run: its strategy's, or of several of one strategy what they differ by, such as "fast 20"."""
    names = [run.name for run in runs]
    alike = {name for name in names if names.count(name) > 1}
    found: list[str] = list(taken)
    for run in runs:
        others = {str(i): each for i, each in enumerate(runs) if each.name == run.name}
        wanted = _by_difference(run, others) if run.name in alike else run.name
        found.append(_free(wanted, found))
    return found[len(taken) :]


def _by_difference(run: Run, others: Mapping[str, Run]) -> str:
    """What tells a run from others of its strategy, at most two options of it."""
    at = next(name for name, each in others.items() if each is run)
    rows = _telling(settings(others)).head(2)
    return ", ".join(f"{option} {text}" for option, text in rows.select("setting", at).iter_rows()) or run.name


def _free(name: str, taken: Sequence[str]) -> str:
    """The name, with a number behind it where it is taken."""
    others = (f"{name} ({n})" for n in range(2, len(taken) + 3))
    return next(each for each in (name, *others) if each not in taken)
