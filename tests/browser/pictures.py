"""Takes the pictures of the README from a real JupyterLab, by day and by night; run it when what they show has changed.

    python tests/browser/pictures.py

The one idea: a picture is a cell that a reader can run, too. They are put on a palette, so that each stays small.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image

from lab import Lab, Window, chromium, started
from servers import lab as serving_lab

FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "pictures"
COLOURS = 96
BYTES_MAX = 150_000
CELLS = (
    """
import workbench as wb
from workbench import ta

class Dip(wb.Strategy):
    low: float = 30
    stop: float = 0.06

    def on_start(self, ctx):
        self.rsi = ctx.watch(ta.rsi(5))
        self.mean = ctx.watch(ta.sma(50))

    def on_bar(self, ctx, bar):
        if ctx.check("dip", self.rsi[bar.asset], below=self.low) and not ctx.position(bar.asset):
            ctx.buy(bar.asset, 100, stop_loss_pct=self.stop, take_profit_pct=0.08)

@wb.signals
def cross(fast: int = 20, slow: int = 100) -> wb.Signals:
    gap = ta.sma(fast) - ta.sma(slow)
    return wb.Signals(entry=gap > 0, exit=gap < 0, all_in=True)

dip = wb.Backtest(Dip(), wb.sample["AAPL"].since("2007-01-01"), cash="100_000 USD", fees=wb.fees.bps(5))
test = wb.Backtest(cross(), wb.sample["AAPL"], cash="100_000 USD", start="2001-01-01", fees=wb.fees.bps(5))
run = test.run()
runs = test.sweep(fast=range(5, 51, 5), slow=range(60, 201, 10)).run(workers=1)
replay = dip.run().replay()
""",
    "replay",
    "explore = runs.explore()\nexplore",
    "run.tearsheet()",
    "both = wb.compare(base=run, slower=test.with_params(fast=50).run()).replay()\nboth",
    "runs.heatmap('sharpe')",
)
# What is seen of each: the number of its cell, the element in it, and how much of its height, in pixels.
SHOWN = {
    "replay": (2, ".wb-replay", None),
    "explore": (3, ".wb-explore", None),
    "tearsheet": (4, ".wb-sheet", 860),
    "compare": (5, ".wb-replay", None),
    "heatmap": (6, ".js-plotly-plot", None),
}


def main() -> None:
    """Take every picture in both themes."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as root,
        tempfile.TemporaryDirectory() as state,
        serving_lab(Path(root), Path(state)) as address,
        started(chromium(), scale=1.5) as chrome,
        Lab(chrome, address, Path(root)).notebook("pictures", CELLS, width=1280, height=1100) as window,
    ):
        ready(window)
        for theme in ("Light", "Dark"):
            window.theme(theme)
            for name in SHOWN:
                take(window, name, theme.lower())


def ready(window: Window) -> None:
    """Everything is drawn, and the replay stands where something happens."""
    for cell, element, _ in SHOWN.values():
        window.page.locator(f".jp-Cell >> nth={cell - 1}").locator(f"{element}:visible").first.wait_for()
    window.ask("replay.at = '2008-10-10'")
    window.page.locator(".wb-replay").first.focus()
    for key in ("0", "+", "+", "+"):
        window.page.keyboard.press(key)
    window.ask("both.at = '2009-06-01'")


def take(window: Window, name: str, theme: str) -> None:
    """One picture, on a palette, in its folder."""
    number, element, height = SHOWN[name]
    shown = window.page.locator(f".jp-Cell >> nth={number - 1}").locator(f"{element}:visible").first
    shown.scroll_into_view_if_needed()
    window.page.mouse.move(2, 2)
    window.page.wait_for_timeout(900)
    picture = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
    if height:
        picture = picture.crop((0, 0, picture.width, min(picture.height, round(1.5 * height))))
    path = FOLDER / f"{name}-{theme}.png"
    for colours in (COLOURS, COLOURS // 2, COLOURS // 4):
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= BYTES_MAX:
            break
    print(f"{path.name}: {path.stat().st_size:,} bytes, {picture.width} x {picture.height}")


if __name__ == "__main__":
    main()
