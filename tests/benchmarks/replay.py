"""The replay in JupyterLab with a real browser: how long until it is there, how smoothly it plays, what it weighs.

    python tests/benchmarks/replay.py --only steps first size

Prints a JSON line for each, with what it must be and what is aimed at. A step is a frame of the browser while it plays;
the first picture is there when the bars of the cursor are drawn, counted from the moment the cell is sent. Everything
runs without a graphics card, so what is drawn is drawn by the processor that also computes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from lab import Lab, Window, chromium, started
from servers import lab as serving_lab

__all__ = ["main"]

LONG = """
import numpy as np
import workbench as wb
from workbench import ta
from workbench.market import simulate

@wb.signals
def cross(fast: int = 20, slow: int = 400) -> wb.Signals:
    gap = ta.sma(fast) - ta.sma(slow)
    return wb.Signals(entry=gap > 1e-5, exit=gap < -1e-5, weight=0.9)

bars = simulate.bars("X", every="1m", n={bars}, seed=3)
run = wb.Backtest(cross(), bars, cash="10_000 USD", fees=wb.fees.bps(1)).run()
"""
DAILY = """
import workbench as wb
from workbench import ta

class Cross(wb.Strategy):
    def on_start(self, ctx):
        self.gap = ctx.watch(ta.sma(20) - ta.sma(100))

    def on_bar(self, ctx, bar):
        ctx.target(bar.asset, weight=1 if self.gap[bar.asset] > 0 else 0)

run = wb.Backtest(Cross(), wb.sample["AAPL"].last({bars}), cash="100_000 USD").run()
"""
REPLAY = ".wb-replay"
THERE = f"""() => {{
  const replay = document.querySelector('{REPLAY}');
  return replay && !replay.matches('.wb-replay-waiting') && replay.querySelector('[role=status]').textContent !== '';
}}"""
# The cell is sent; its picture is there two frames after its bars are.
FIRST = f"""async () => {{
  const there = {THERE};
  const frame = () => new Promise(requestAnimationFrame);
  const began = performance.now();
  window.jupyterapp.commands.execute('notebook:run-cell');
  while (!there()) await frame();
  await frame();
  await frame();
  return performance.now() - began;
}}"""
FRAMES = """async count => {
  const frame = () => new Promise(requestAnimationFrame);
  const taken = [];
  let last = await frame();
  for (let i = 0; i < count; i++) {
    const now = await frame();
    taken.push(now - last);
    last = now;
  }
  return taken;
}"""
BUDGETS: dict[str, tuple[str, dict[int, tuple[float, float]]]] = {
    "first": ("s", {100_000: (1.5, 0.7), 1_000_000: (2.0, 2.0)}),
    "size": ("kB", {2_520: (400.0, 250.0)}),
}
MEDIAN = (17.0, 16.7)
P95 = {10_000: (25.0, 17.0), 1_000_000: (33.0, 17.0)}
SAVED = {"saveState": True}
WAIT_MS = 300


def main() -> None:
    """Measure what was chosen and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["steps", "first", "size"], nargs="*", default=["steps", "first", "size"])
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--bars", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, started(chromium()) as chrome:
        root, state = Path(place, "root"), Path(place, "state")
        root.mkdir(), state.mkdir()
        keep_states(state)
        with serving_lab(root, state) as address:
            shown = Lab(chrome, address, root)
            if "size" in given.only:
                tell("size", 2_520, size(shown))
            for bars in given.bars:
                long(shown, bars, given.only, given.frames)


def keep_states(state: Path) -> None:
    """Notebooks are saved with the state of their widgets."""
    plugin = state / "settings" / "@jupyter-widgets" / "jupyterlab-manager" / "plugin.jupyterlab-settings"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(json.dumps(SAVED))


def long(shown: Lab, bars: int, only: list[str], frames: int) -> None:
    """A run of so many bars: its first picture, and its frames with few bars in sight and with all of them."""
    with shown.notebook(f"long-{bars}", (LONG.format(bars=bars), "None"), 1440, 1000) as window:
        page = window.page
        page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
        page.evaluate(
            "window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource('run.replay()')"
        )
        first = float(page.evaluate(FIRST)) / 1000
        if "first" in only:
            tell("first", bars, first)
        if "steps" in only:
            for sight in ("few", "all"):
                print(json.dumps({"steps": bars, "sight": sight, **steps(window, bars, sight, frames)}))
        assert window.problems == []


def steps(window: Window, bars: int, sight: str, frames: int) -> dict[str, Any]:
    """Milliseconds between frames while it plays in the middle of the run at 100 bars a second."""
    page = window.page
    page.evaluate(f"document.querySelector('{REPLAY}').scrollIntoView()")
    page.locator(f"{REPLAY} select[data-does=speed]").select_option("100")
    slider = page.locator(f"{REPLAY} input[type=range]")
    slider.evaluate(f"slider => {{ slider.value = {bars // 2}; slider.dispatchEvent(new Event('input')); }}")
    page.wait_for_function(THERE)
    page.focus(REPLAY)
    page.keyboard.press("0")
    for _ in range(40 if sight == "few" else 0):
        page.keyboard.press("+")
    for _ in range(6 if sight == "few" else 0):
        page.keyboard.press("-")
    page.wait_for_timeout(WAIT_MS)
    page.keyboard.press(" ")
    page.wait_for_timeout(WAIT_MS)
    taken = sorted(float(each) for each in page.evaluate(FRAMES, frames))
    page.keyboard.press(" ")
    return {
        "ms_median": round(statistics.median(taken), 1),
        "ms_p95": round(taken[int(0.95 * len(taken))], 1),
        "ms_max": round(taken[-1], 1),
        "must": [MEDIAN[0], P95.get(bars, P95[10_000])[0]],
        "aim": [MEDIAN[1], P95.get(bars, P95[10_000])[1]],
    }


def size(shown: Lab) -> float:
    """Kilobytes of a saved notebook with one replay of 2,520 bars, with what its widget needs."""
    with shown.notebook("size", (DAILY.format(bars=2_520), "run.replay()"), 1440, 1000) as window:
        window.page.wait_for_function(THERE)
        window.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        window.page.wait_for_timeout(10 * WAIT_MS)
        return (shown.root / "size.ipynb").stat().st_size / 1000


def tell(name: str, bars: int, found: float) -> None:
    """A line with what was found, what it must be and what is aimed at."""
    unit, budgets = BUDGETS[name]
    must, aim = budgets.get(bars, (None, None))
    print(json.dumps({name: bars, unit: round(found, 3), "must": must, "aim": aim}), flush=True)


if __name__ == "__main__":
    main()
