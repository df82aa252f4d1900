"""What can be made of Bars beside cuts of them: adjusted and converted prices, reports on their quality.

The one idea: each method hands to the module that knows the rules, which is loaded when it is first asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from datetime import date, datetime

    from workbench.market.adjustments import How
    from workbench.market.bars import Bars

__all__ = ["Derived"]


class Derived:
    """The part of `Bars` whose rules stand in modules of their own."""

    def adjusted(self, how: How = "splits", *, as_of: str | date | datetime | None = None) -> Bars:
        """Bars as they could be seen at a time, with history adjusted for what had acted and was known by then.

        Rows, actions and their announcements (`known`) after `as_of` are left out, so nothing later leaks. Of the
        actions those remain that were not divided out. The formulas stand in `workbench.market.adjustments`.

        Args:
            how: "splits" divides out splits and stock dividends; "all" dividends and spin-offs too; None nothing.
            as_of: a date ("2024-02-29" is the close of that session) or an aware time; None keeps every row, and all
                actions up to the last one.

        Raises:
            ParameterError: another `how`.
            TimeError: a naive or unreadable time.
            BarsError: a dividend that is not less than the close before it.

        Example:
            >>> from workbench.market import catalog
            >>> apple = catalog.sample()["AAPL"].between("2005-02-24", "2005-02-28")
            >>> [apple.adjusted(as_of=day).frame["close"].to_list() for day in ("2005-02-25", "2005-02-28")]
            [[88.93, 88.99], [44.465, 44.495, 44.86]]
        """
        from workbench.market.adjustments import as_known

        return as_known(_bars(self), how, as_of)


def _bars(given: Derived) -> Bars:
    """Only Bars have these methods."""
    return cast("Bars", given)
