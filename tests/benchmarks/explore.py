"""From a key press on a slider to the new picture, in JupyterLab with a real browser. Prints a JSON line for each::

    python tests/benchmarks/explore.py --bars 2520 --presses 40

Two strategies that trade alike, one of signals and one of callbacks, on bars of the sample data. A press is timed by
the browser: from the time that the event carries to the frame in which the chart is drawn whose stamp is that of the
new place. Each press waits for its picture, so every run is a new one, with frames and figures of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from lab import Lab, Window, chromium, started
from servers import lab as serving_lab

__all__ = ["main"]

CELL = """
import workbench as wb
from workbench import ta

MARGIN = 1e-5

@wb.signals
def signals(fast: int = 20, slow: int = 100) -> wb.Signals:
    gap = ta.sma(fast) - ta.sma(slow)
    return wb.Signals(entry=gap > MARGIN, exit=gap < -MARGIN, all_in=True)

class Callback(wb.Strategy):
    fast: int = 20
    slow: int = 100

    def on_start(self, ctx):
        self.gap = ctx.watch(ta.sma(self.fast) - ta.sma(self.slow))

    def on_bar(self, ctx, bar):
        gap, held = self.gap[bar.asset], ctx.position(bar.asset).quantity
        if gap > MARGIN and not held:
            ctx.target(bar.asset, all_in=True)
        elif gap < -MARGIN and held:
            ctx.target(bar.asset, quantity=0)

bars = wb.sample["AAPL"].last({bars})
test = wb.Backtest({strategy}(), bars, cash="100_000 USD", fees=wb.fees.bps(10))
explore = test.explore(fast=range(5, 96), slow=range(100, 301))
"""
TIMER = """() => {
  const element = document.querySelector('.wb-explore');
  const timed = window.timed = {pressed: 0, all: []};
  element.addEventListener('keydown', event => { timed.pressed = event.timeStamp; }, true);
  new MutationObserver(() => requestAnimationFrame(() => timed.all.push(performance.now() - timed.pressed)))
    .observe(element, {attributeFilter: ['data-shown']});
}"""
WARM = 5


def main() -> None:
    """Measure both strategies and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=2520)
    parser.add_argument("--presses", type=int, default=40)
    parser.add_argument("--strategy", choices=["signals", "Callback"], nargs="*", default=["signals", "Callback"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, started(chromium()) as chrome:
        root, state = Path(place, "root"), Path(place, "state")
        root.mkdir(), state.mkdir()
        with serving_lab(root, state) as address:
            for strategy in given.strategy:
                cells = (CELL.format(bars=given.bars, strategy=strategy), "explore")
                with Lab(chrome, address, root).notebook(strategy.lower(), cells, 1440, 1000) as window:
                    taken = _presses(window, given.presses)
                print(json.dumps({"strategy": strategy, "bars": given.bars, **_told(taken)}))


def _presses(window: Window, count: int) -> list[float]:
    """Milliseconds of each press after the first ones."""
    page = window.page
    page.wait_for_selector(".wb-explore[data-state=fresh]")
    page.evaluate(TIMER)
    page.locator("input[data-name=fast]").focus()
    for number in range(1, WARM + count + 1):
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"window.timed.all.length === {number}", polling="raf")
        assert page.get_attribute(".wb-explore", "data-shown") == f"fast {20 + number}, slow 100"
    return [float(each) for each in page.evaluate("window.timed.all")][WARM:]


def _told(taken: list[float]) -> dict[str, float]:
    ordered = sorted(taken)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"presses": len(taken), "ms_median": round(statistics.median(taken), 1), "ms_p95": round(p95, 1)}


if __name__ == "__main__":
    main()
