"""Mistakes that both type checkers must catch: an ignore that is not needed is an error itself."""

from __future__ import annotations

import workbench as wb
from workbench import ta


class Cross(wb.Strategy):
    """A strategy with two parameters."""

    fast: int = 20
    slow: int = 100

    def on_bar(self, ctx: wb.Context, bar: wb.Bar) -> None:
        """Do nothing."""


@wb.signals
def reversion(window: int = 14) -> wb.Signals:
    """Signals with one parameter."""
    return wb.Signals(entry=ta.rsi(window) < 30)


@wb.signals
def framed(bars: wb.Bars, window: int = 14) -> wb.Signals:
    """Signals that are given bars, and one parameter."""
    return wb.Signals(entry=ta.rsi(window) < len(bars))


class Middle(wb.Indicator):
    """An indicator with a parameter."""

    n: int = 20

    def update(self, bar: wb.Bar) -> float:
        """Give the middle."""
        return (bar.high + bar.low) / 2


Middle(m=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Middle(n="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Middle(3, "1h")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
reversion(windw=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
reversion(window="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
framed(windw=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
wb.Signals(entri=ta.close() > 5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
wb.Signals(entry=ta.close() > 5, weight="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Cross(fats=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Cross(3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Cross(fast="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
wb.Backtest(Cross(), wb.sample["AAPL"], fill="tomorrow")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
wb.Limits(order_notinal=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
wb.Limits(leverage=1, on_breach="stop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
wb.Backtset  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
ta.sma("20")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
