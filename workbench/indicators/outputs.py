"""Indicators with several outputs: `ta.macd()`, whose `line`, `signal` and `histogram` are indicators of their own.

The one idea: the whole is one description, and an output is an ordinary Indicator called `macd.line`; only where all
are wanted together (beside bars, from a frame, in a watch) does the whole stand for its outputs, computed in one pass.

To add another one, all of these:

- in Rust a `Fan<N, M>`, which gives the array of M outputs, and its line in `catalog::SEVERAL` with their names;
- here (beside its function) a class that annotates its outputs in the same order, named as the indicator is in Rust but
  for capitals: `class Macd(Outputs)` is "macd";
- the function of `workbench.ta`, which is annotated to return that class and gives it the description:
  `return Macd(described("macd", ...))`. What it reads beside `of=` stands in `spelling.FIXED` under "macd".

The contract suite, `workbench indicators --list`, columns, streams and spelling then know its outputs.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from workbench.errors import StrategyError
from workbench.indicators.indicator import Indicator

if TYPE_CHECKING:
    import numpy.typing as npt
    import polars as pl

__all__ = ["Outputs"]


@dataclass(frozen=True, repr=False)
class Outputs:
    """An indicator with several outputs, each of which is an Indicator under its name.

    Example:
        >>> from workbench import ta
        >>> ta.macd(), ta.macd().outputs
        (ta.macd(12, 26, 9), ('line', 'signal', 'histogram'))
        >>> ta.macd().line.crosses_above(ta.macd().signal)
        ta.macd(12, 26, 9).line.crosses_above(ta.macd(12, 26, 9).signal)
    """

    description: Indicator
    """Its name, its numbers, what it reads and the bars it lives on, as those of each output."""

    outputs: ClassVar[tuple[str, ...]] = ()
    """The names of the outputs in their order."""

    __array_ufunc__: ClassVar[None] = None

    def __init_subclass__(cls) -> None:
        cls.outputs = tuple(inspect.get_annotations(cls))

    @property
    def each(self) -> dict[str, Indicator]:
        """Every output by its name.

        Example:
            >>> from workbench import ta
            >>> ta.macd(5, 10, 3).each["signal"]
            ta.macd(5, 10, 3).signal
        """
        whole = self.description
        parts = (whole.params, whole.inputs, whole.every)
        return {output: Indicator(f"{whole.name}.{output}", *parts) for output in self.outputs}

    def __call__(self, values: pl.Series | pl.DataFrame | npt.NDArray[Any]) -> pl.DataFrame:
        """Every output at each row, as a frame with the columns `macd.line` and so on; see `Indicator`.

        Args:
            values: A Series or flat array, taken as the one field it reads, or a frame with the fields it reads.

        Raises:
            ParameterError: Values that it cannot read.
            UnsupportedError: It reads longer bars or another asset, which a column does not have.

        Example:
            >>> import polars as pl
            >>> from workbench import ta
            >>> ta.bbands(2)(pl.Series([1.0, 3.0, 5.0]))["bbands.upper"].to_list()
            [None, 4.0, 6.0]
        """
        from workbench.indicators.columns import all_of_values

        return all_of_values(self, values)

    def needs_one(self) -> StrategyError:
        """What is raised where a single output is needed.

        Example:
            >>> from workbench import ta
            >>> print(ta.macd().needs_one())
            ta.macd(12, 26, 9) has the outputs line, signal, histogram; take one: ta.macd(12, 26, 9).line
        """
        return StrategyError(
            f"{self!r} has the outputs {', '.join(self.outputs)}; take one: {self!r}.{self.outputs[0]}"
        )

    def __dir__(self) -> list[str]:
        return [*self.outputs, "each", "outputs"]

    def __repr__(self) -> str:
        return repr(self.description)

    if not TYPE_CHECKING:
        # Type checkers know the outputs from the annotations, and refuse the operators by themselves.

        def __getattr__(self, name: str) -> Indicator:
            if name in self.outputs:
                return self.each[name]
            if name.startswith("_"):
                raise AttributeError(name)
            near = get_close_matches(name, self.outputs, n=1)
            hint = f"did you mean .{near[0]}?" if near else str(self.needs_one())
            raise AttributeError(f"{type(self).__name__} has no {name!r}; {hint}")

        def _refuse(self, *_: object) -> NoReturn:
            raise self.needs_one()

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
        __lt__ = __le__ = __gt__ = __ge__ = __and__ = __or__ = __neg__ = __invert__ = _refuse
        __bool__ = __float__ = __getitem__ = _refuse
