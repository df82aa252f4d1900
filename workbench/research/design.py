"""What a sweep runs: a Backtest, the spaces of its parameters, and which assets and strategies to go over.

The one idea: a Design is plain frozen data. Any combination of it is a Backtest like one written by hand, here and in a
worker process alike, so a run of a sweep cannot differ from the same run alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from workbench.errors import ParameterError, UnknownAssetError
from workbench.indicators import Indicator, Outputs
from workbench.indicators.given import short
from workbench.research import options
from workbench.research.backtest import Backtest
from workbench.research.grid import Axis, Grid, Sample, Test, combine
from workbench.research.space import Drawn, Listed, space_of
from workbench.strategies import Strategy
from workbench.strategies.callbacks import declared, fresh, parameters
from workbench.strategies.kinds import REFUSED
from workbench.strategies.parameters import Parameter, taken

__all__ = ["ASSET", "STRATEGY", "Design", "is_whole", "spaces_of"]

STRATEGY: Final = "strategy"
ASSET: Final = "asset"


@dataclass(frozen=True)
class Design:
    """A Backtest and everything that is varied about it; see `Sweep`."""

    test: Backtest
    spaces: Mapping[str, Listed | Drawn]
    tests: tuple[Test, ...] = ()
    sample: Sample | None = None
    assets: tuple[str, ...] = ()
    strategies: tuple[Strategy, ...] = ()

    @cached_property
    def axes(self) -> list[Axis]:
        """Every name that is varied, the slowest first."""
        over = {STRATEGY: tuple(self.named), ASSET: self.assets}
        more = [Axis(name, Listed(values, ", ".join(values))) for name, values in over.items() if values]
        known = declared(self.all_strategies[0])
        return more + [Axis(name, space, is_whole(space, known[name])) for name, space in self.spaces.items()]

    @property
    def all_strategies(self) -> tuple[Strategy, ...]:
        """The strategies gone over, or that of the Backtest."""
        return self.strategies or (self.test.parts()[0],)

    @property
    def roots(self) -> list[object]:
        """Where the code of the user begins: classes of strategies, and indicators among their parameters."""
        made = self.all_strategies
        fixed = [each for one in made for name, each in parameters(one).items() if name not in self.spaces]
        listed = [each for values in self.grid.values.values() for each in values]
        return [*map(type, made), *(each for each in (*fixed, *listed) if isinstance(each, (Indicator, Outputs)))]

    @cached_property
    def grid(self) -> Grid:
        """The combinations that are run."""
        return combine(self.axes, self.fixed, self.tests, self.sample)

    @property
    def subject(self) -> str:
        """Strategies and assets, in words."""
        names = list(self.named) or [type(self.test.parts()[0]).__name__]
        assets = self.assets or tuple(map(str, self.test.parts()[1].assets))
        return f"{_some(names)} on {_some(assets)}"

    @cached_property
    def fixed(self) -> dict[str, object]:
        """Parameters that stay as they are, for `where` to see; with several strategies there are none."""
        own = {} if self.strategies else parameters(self.test.parts()[0])
        varied = {axis.name for axis in self.axes}
        return {name: value for name, value in own.items() if name not in varied}

    @cached_property
    def named(self) -> dict[str, Strategy]:
        """The strategies gone over, by class where that tells them apart, else as they were written."""
        names = [type(each).__name__ for each in self.strategies]
        apart = names if len(set(names)) == len(names) else [repr(each) for each in self.strategies]
        return dict(zip(apart, self.strategies, strict=True))

    @cached_property
    def _bases(self) -> dict[tuple[object, object], Backtest]:
        return {}

    def backtest(self, combination: Mapping[str, object]) -> Backtest:
        """The Backtest of one combination."""
        given = dict(combination)
        strategy = given.pop(STRATEGY) if self.strategies else None
        asset = given.pop(ASSET) if self.assets else None
        return self.base(strategy, asset).with_params(**given)

    def base(self, strategy: object, asset: object) -> Backtest:
        """The Backtest of one strategy and one asset of those gone over, None where they are not, before parameters."""
        if (strategy, asset) not in self._bases:
            self._bases[strategy, asset] = self._base(strategy, asset)
        return self._bases[strategy, asset]

    def _base(self, strategy: Any, asset: Any) -> Backtest:
        own, bars, given, _ = self.test.parts()
        if strategy is None and asset is None:
            return self.test
        return Backtest(self.named[strategy] if strategy else own, bars.select(asset) if asset else bars, **given)

    def over(self, assets: object, strategies: object) -> Design:
        """A design that goes over assets or strategies as well.

        Raises:
            ParameterError, UnknownAssetError, StrategyError: what cannot be gone over.
        """
        changed = self
        if strategies is not None:
            changed = replace(changed, strategies=_strategies(strategies, self.spaces))
        if assets is not None:
            changed = replace(changed, assets=_assets(assets, self.test))
        for name, values in ((STRATEGY, changed.strategies), (ASSET, changed.assets)):
            if values and name in self.spaces:
                raise ParameterError(f"{name!r} is a parameter of this sweep too; its column could not be told apart")
        return changed

    def bare(self) -> Design:
        """What a worker needs of it: no tests, since the combinations are made already."""
        return Design(self.test, self.spaces, (), None, self.assets, self.strategies)


def spaces_of(test: Backtest, given: Mapping[str, object], verb: str = "sweep") -> dict[str, Listed | Drawn]:
    """The spaces that the keywords of `sweep` or of another verb mean, every listed value checked by the strategy.

    Raises:
        ParameterError: a name that is no parameter, a space that cannot be read, a value that the parameter refuses.
    """
    strategy = test.parts()[0]
    _refuse_unknown(strategy, given, verb)
    return {name: _checked(strategy, name, space_of(name, value)) for name, value in given.items()}


def _refuse_unknown(strategy: Strategy, given: Mapping[str, object], verb: str = "sweep") -> None:
    owner, known = type(strategy).__name__, declared(strategy)
    for name in given:
        if name in known:
            continue
        if name in options.signature_of(Backtest):
            other = _other(name, verb)
            raise ParameterError(f"{verb} takes parameters of {owner}, {name} is one of Backtest; write {other}")
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        meant = f"; did you mean .{verb}({near[0]}={short(given[name])})?" if near else ""
        raise ParameterError(f"{owner} has no parameter {name!r}; it has {', '.join(known) or 'none'}{meant}")


def _other(name: str, verb: str) -> str:
    """What to write for an option of the Backtest; only a sweep goes over assets and strategies."""
    if name not in (STRATEGY, "bars"):
        return f"test.replace({name}=...).{verb}(...)"
    if verb != "sweep":
        return f"wb.Backtest(strategy, bars).{verb}(...)"
    return ".sweep(...).over(strategies=[...])" if name == STRATEGY else ".sweep(...).over(assets=[...])"


def _checked(strategy: Strategy, name: str, space: Listed | Drawn) -> Listed | Drawn:
    """The space with its values as the parameter keeps them."""
    owner, parameter = type(strategy).__name__, declared(strategy)[name]
    if isinstance(space, Drawn):
        if is_whole(space, parameter) and not space.is_whole:
            raise ParameterError(f"{name} of {owner} takes whole numbers only; give {name}={space!r} whole ends")
        return space
    values = tuple(taken(owner, parameter, value) for value in space.values)
    seen: set[object] = set()
    for value in values:
        if not _is_hashable(value):
            raise ParameterError(f"{name} holds {short(value)}, which can change under way; give tuples, not lists")
        if value in seen:
            raise ParameterError(f"{name} holds {short(value)} twice; every value makes one run")
        seen.add(value)
    return Listed(values, space.text)


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def is_whole(space: Listed | Drawn, parameter: Parameter) -> bool:
    """Whether numbers are drawn from a space for a parameter that takes whole ones only."""
    return isinstance(space, Drawn) and parameter.kind.take(0.5) is REFUSED


def _strategies(given: object, spaces: Mapping[str, Listed | Drawn]) -> tuple[Strategy, ...]:
    listed = _listed("strategies", given, "[Cross(), Breakout()]")
    found = tuple(fresh(options.checked_strategy(each)) for each in listed)
    for strategy in found:
        _refuse_unknown(strategy, spaces)
        for name, space in spaces.items():
            _checked(strategy, name, space)
    if len({repr(each) for each in found}) < len(found):
        raise ParameterError("strategies= holds the same strategy twice; every one makes one run")
    return found


def _assets(given: object, test: Backtest) -> tuple[str, ...]:
    known = {str(asset) for asset in test.parts()[1].assets}
    found = tuple(map(str, _listed("assets", given, "['AAPL', 'KO']")))
    for name in found:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)[:6]
            raise UnknownAssetError(f"the bars of this Backtest have no {name!r}; nearest: {', '.join(near)}")
    if len(set(found)) < len(found):
        raise ParameterError("assets= holds an asset twice; every one makes one run")
    return found


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4:,} more" if len(names) > 4 else "")


def _listed(name: str, given: object, example: str) -> Sequence[object]:
    if isinstance(given, (list, tuple)) and given:
        return given
    raise ParameterError(f"{name}={short(given)}: give a list, such as {name}={example}")
