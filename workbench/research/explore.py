"""Parameters by sliders: every move runs the Backtest again, and only the newest counts.

The one idea: a result is stamped with the parameters that it was run with, and takes the place of what is shown only
while nothing newer has been asked. What draws it is told; all that is decided, is decided here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.engine.names import missing
from workbench.errors import Interrupted, ParameterError, UnsupportedError
from workbench.indicators.given import short
from workbench.research.controls import Control, controls_of, starts_of
from workbench.research.design import Design, spaces_of
from workbench.research.latest import Job, Latest
from workbench.strategies.kinds import spelled

if TYPE_CHECKING:
    from workbench.research.backtest import Backtest
    from workbench.research.run import Run
    from workbench.research.runs import Runs
    from workbench.views.apps.component import Hosted
    from workbench.views.explore import Stage

__all__ = ["Explore", "Failed", "Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """A Run, the parameters that it was run with, and a cell that gives it again."""

    params: Mapping[str, object]
    run: Run
    code: str

    def __repr__(self) -> str:
        return f"Result({spelled(self.params)}: {self.run.final_equity:,.2f} {self.run.currency})"


@dataclass(frozen=True, slots=True)
class Failed:
    """What a strategy raised at some parameters."""

    params: Mapping[str, object]
    error: BaseException


class Explore:
    """What `test.explore(...)` gives: shown at the end of a cell, it has a control for each parameter.

    `run` is the Run that is shown and `params` what it was run with; set `params` to go there. `pin()` keeps the result
    that is shown beside those to come.

    Example:
        >>> from workbench.market.catalog import sample
        >>> from workbench.research.backtest import Backtest
        >>> from workbench.research.demo import Cross
        >>> test = Backtest(Cross(), sample()["IBM"])
        >>> explore = test.explore(fast=range(5, 51), slow=range(20, 201))
        >>> explore.params = {"fast": 12}
        >>> explore.run.state_hash == test.with_params(fast=12, slow=100).run().state_hash
        True
        >>> print(explore.code)
        run = test.with_params(fast=12, slow=100).run()
        run
    """

    def __init__(self, test: Backtest, controls: tuple[Control, ...], runs: Runs | None = None) -> None:
        self._test, self._runs = test, runs
        self._strategy = test.parts()[0]
        self._controls = {control.name: control for control in controls}
        params = starts_of(self._strategy, controls)
        self._asked: Mapping[str, object] = params
        self._shown = self._result(params, test.with_params(**params).run())
        self._failed: Failed | None = None
        self._pins: tuple[Result, ...] = ()
        self._latest = Latest(self._carry_out)

    @staticmethod
    def of(test: Backtest, spaces: Mapping[str, object]) -> Explore:
        """The exploration of a Backtest over spaces by parameter."""
        if not spaces:
            raise ParameterError("explore() of nothing; write test.explore(fast=range(5, 51))")
        return Explore(test, controls_of(test.parts()[0], spaces_of(test, spaces, "explore")))

    @staticmethod
    def beside(runs: Runs, design: Design) -> Explore:
        """The exploration of what a sweep went over, with its runs."""
        if design.assets or design.strategies:
            raise ParameterError(
                "these runs differ by strategy or asset, which no slider changes; choose one, and write "
                f"test.explore({', '.join(f'{name}={space!r}' for name, space in design.spaces.items())})"
            )
        return Explore(design.test, controls_of(design.test.parts()[0], design.spaces), runs)

    @property
    def run(self) -> Run:
        """The Run that is shown: the same as run alone, with the same hashes."""
        return self._shown.run

    @property
    def params(self) -> dict[str, object]:
        """What the Run that is shown was run with; set some or all of them to run it with those, which is waited for.

        Raises:
            ParameterError: on setting, a name that is not explored, or a value that is not in its space.
            Interrupted: on setting, Ctrl-C; what was shown is shown still.
            Exception: on setting, what the strategy raises with them; what was shown is shown still.
        """
        return dict(self._shown.params)

    @params.setter
    def params(self, given: Mapping[str, object]) -> None:
        wanted = {**self._shown.params, **self._checked(given)}
        if self._latest.is_inside:
            raise UnsupportedError("params cannot be set by what runs or draws a result; set them in a cell")
        job = self._ask(wanted)
        self._tell_asked()
        try:
            job.over.wait()
        except KeyboardInterrupt:
            job.cancel.ask()
            self._asked = self._shown.params
            self._tell_asked()
            raise Interrupted(f"stopped before there was a result for {spelled(wanted)}; run the cell again") from None
        if self._failed is not None and self._failed.params == wanted:
            raise self._failed.error
        if self._has_stage:
            self._stage.rest()

    @property
    def error(self) -> BaseException | None:
        """What the strategy raised at the newest parameters, None where it ran; `raise explore.error` shows where."""
        return None if self._failed is None else self._failed.error

    @property
    def pins(self) -> tuple[Result, ...]:
        """The results kept for comparison, each with `params` and `run`."""
        return self._pins

    def pin(self) -> None:
        """Keep the result that is shown, for comparison; the same parameters are kept once."""
        shown = self._shown
        if all(pin.params != shown.params for pin in self._pins):
            self._keep_pins((*self._pins, shown))

    def unpin(self, i: int | None = None) -> None:
        """Let go of one of the pins, counted from 0, or of all.

        Raises:
            ParameterError: there is no such pin.
        """
        count = len(self._pins)
        if i is not None and (isinstance(i, bool) or not isinstance(i, int) or not -count <= i < count):
            raise ParameterError(f"unpin({short(i)}): there are {count} pins, counted from 0; unpin() lets go of all")
        gone = self._pins if i is None else (self._pins[i],)
        self._keep_pins(tuple(pin for pin in self._pins if pin not in gone))

    @property
    def code(self) -> str:
        """A cell that gives the Run that is shown, with the Backtest by the name that it has in the notebook."""
        return self._shown.code

    @property
    def controls(self) -> tuple[Control, ...]:
        """A control for each parameter, in the order in which they were given."""
        return tuple(self._controls.values())

    @property
    def shown(self) -> Result:
        """The result that is shown."""
        return self._shown

    @property
    def failed(self) -> Failed | None:
        """The newest parameters, if the strategy raised an error at them."""
        return self._failed

    @property
    def runs(self) -> Runs | None:
        """The runs of the sweep that this began with, if it did."""
        return self._runs

    def places(self, params: Mapping[str, object]) -> dict[str, int]:
        """Where the controls stand for some parameters."""
        return {name: control.place(params[name]) for name, control in self._controls.items()}

    def move(self, places: Mapping[str, int]) -> None:
        """The controls stand there now: run with that, and with nothing asked before; returns at once.

        Raises:
            ParameterError: a place that there is not.
        """
        wanted = self._at(places)
        if wanted != self._asked:
            self._ask(wanted)

    def _at(self, places: Mapping[str, int]) -> dict[str, object]:
        """The parameters where the controls stand; where a place is left alone, the exact value of now stays."""
        found = dict(self._asked)
        for name, control in self._controls.items():
            place = places.get(name)
            if not isinstance(place, int) or not 0 <= place < len(control.stops):
                raise ParameterError(f"{name} has no place {place!r}; there are {len(control.stops):,} from 0")
            if control.place(found[name]) != place:
                found[name] = control.stops[place]
        return found

    def _ask(self, params: Mapping[str, object]) -> Job:
        self._asked = dict(params)
        return self._latest.ask(self._asked)

    def _checked(self, given: object) -> dict[str, object]:
        if not isinstance(given, Mapping):
            raise ParameterError(f"params={short(given)}: give a dict, such as {{{self._example()}}}")
        for name in given:
            if name not in self._controls:
                near = get_close_matches(str(name), self._controls, n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ParameterError(f"{name!r} is not explored, but {', '.join(self._controls)}{hint}")
        return {name: self._controls[name].checked(self._strategy, value) for name, value in given.items()}

    def _example(self) -> str:
        return ", ".join(f"{name!r}: {short(value)}" for name, value in self._shown.params.items())

    def _carry_out(self, job: Job) -> None:
        """Run a job; what comes out is shown if nothing newer was asked meanwhile."""
        found: Result | Failed
        try:
            test = self._test.with_params(**job.asked)
            found = self._result(job.asked, test.run(progress=self._tell, cancel=job.cancel))
        except Interrupted:
            return
        except (Exception, SystemExit) as error:  # noqa: BLE001  Whatever a strategy raises is told in words.
            found = Failed(job.asked, error)
        if self._latest.keep(job, lambda: self._take(found)) and self._has_stage:
            self._stage.take()

    def _result(self, params: Mapping[str, object], run: Run) -> Result:
        given = ", ".join(f"{name}={value!r}" for name, value in params.items())
        return Result(dict(params), run, f"run = {self._name}.with_params({given}).run()\nrun")

    def _take(self, found: Result | Failed) -> None:
        self._failed = found if isinstance(found, Failed) else None
        if isinstance(found, Result):
            self._shown = found

    def _tell(self, done: int, total: int) -> None:
        if self._has_stage:
            self._stage.tell(done, total)

    def _keep_pins(self, pins: tuple[Result, ...]) -> None:
        self._pins = pins
        if self._has_stage:
            self._stage.pinned()

    def _tell_asked(self) -> None:
        if self._has_stage:
            self._stage.asked(self._asked)

    def __panel__(self) -> Hosted:
        """The controls and what they show as a component of Panel."""
        from workbench.views.apps.component import component

        return component(self._stage.widget)

    @property
    def _has_stage(self) -> bool:
        return "_stage" in self.__dict__

    @cached_property
    def _stage(self) -> Stage:
        from workbench.views.explore import Stage

        return Stage(self)

    @cached_property
    def _name(self) -> str:
        """The name of the Backtest in the notebook; `test` where it has none."""
        known = vars(sys.modules["__main__"])
        return next((name for name, value in known.items() if value is self._test and name[0] != "_"), "test")

    if not TYPE_CHECKING:  # a type checker would take this to mean that every name exists

        def __getattr__(self, name: str) -> Any:
            raise missing("Explore", name, ("code", "error", "params", "pin", "pins", "run", "unpin"), {})

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_") and name != "params":
            raise ParameterError(
                f"{name} of an exploration cannot be set; write explore.params = {{{self._example()}}}"
            )
        object.__setattr__(self, name, value)

    def __dir__(self) -> list[str]:
        return ["code", "error", "params", "pin", "pins", "run", "unpin"]

    def __panel__(self) -> Hosted:
        """The sliders as a component of Panel: `pn.panel(explore)`, or anywhere in a layout of it."""
        return self._stage.component()

    def __repr__(self) -> str:
        from workbench.views.explore.picture import picture_text

        return picture_text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """The picture of what is shown, for places without scripts."""
        return self._stage.picture()

    def _ipython_display_(self) -> None:
        """The picture, and the widget that hides it: where there is no kernel any more, the picture is still there."""
        self._stage.display()
