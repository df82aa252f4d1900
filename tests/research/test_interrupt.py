"""Ctrl-C in the middle of a run: it ends soon, as `Interrupted`, and says how far it was.

Each case is a process of its own that gets the signal; the time limit is only there so that a hang ends.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

TIMEOUT_S = 120
PRELUDE = """
    import sys, time
    import workbench as wb
    from workbench import errors, ta
    from workbench.market import simulate

    def ready():
        print("ready", flush=True)

    def attempt(strategy, bars, **options):
        try:
            wb.Backtest(strategy, bars, **options).run(progress=False)
        except errors.Interrupted as stopped:
            print(type(stopped).__name__, isinstance(stopped, KeyboardInterrupt), stopped.__cause__)
            print(stopped)
            print("the kernel lives", flush=True)
        else:
            print("ran to its end")
"""
CASES = {
    "in a callback that sleeps": """
        class Slow(wb.Strategy):
            def on_bar(self, ctx, bar):
                if len(ctx.bars()) == 5:
                    ready()
                time.sleep(0.01)

        attempt(Slow(), simulate.bars("X", n=100_000))
    """,
    "in a callback that calculates": """
        class Busy(wb.Strategy):
            def on_start(self, ctx):
                self.count = 0

            def on_bar(self, ctx, bar):
                self.count += 1
                if self.count == 500:
                    ready()
                sum(range(5_000))

        attempt(Busy(), simulate.bars("X", n=1_000_000))
    """,
    "in a callback that swallows exceptions": """
        class Deaf(wb.Strategy):
            def on_bar(self, ctx, bar):
                if len(ctx.bars()) == 5:
                    ready()
                try:
                    time.sleep(0.01)
                except Exception:
                    pass

        attempt(Deaf(), simulate.bars("X", n=100_000))
    """,
    "in a warm-up without callbacks": """
        class Patient(wb.Strategy):
            def on_start(self, ctx):
                for n in range(2, 1_500):
                    ctx.watch(ta.sma(n))
                ready()

            def on_bar(self, ctx, bar): ...

        bars = simulate.bars("X", n=1_500_000)
        attempt(Patient(), bars, start=bars.frame["session"][-1])
    """,
    "while callbacks wait for their indicators": """
        class Patient(wb.Strategy):
            def on_start(self, ctx):
                for n in range(2, 1_500):
                    ctx.watch(ta.sma(n))
                ctx.watch(ta.sma(1_000_000))
                ready()

            def on_bar(self, ctx, bar): ...

        attempt(Patient(), simulate.bars("X", n=1_500_000))
    """,
    "in a run of signals, which calls nothing": """
        @wb.signals
        def slow(bars):
            rule = ta.close() > 0
            for n in range(2, 90):
                rule = rule & (ta.sma(n) > ta.sma(n + 1))
            ready()
            return wb.Signals(entry=rule, exit=~rule)

        attempt(slow(), simulate.bars("X", n=1_500_000))
    """,
}


@pytest.mark.skipif(sys.platform == "win32", reason="a signal for another process is a matter of POSIX")
@pytest.mark.parametrize("script", CASES.values(), ids=CASES)
def test_a_run_stops(script: str, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(PRELUDE) + textwrap.dedent(script))
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, str(path)], stdout=pipe, stderr=pipe, text=True) as run:
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                run.wait(0.5)  # The run is on its way, past everything that comes before it.
            run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=TIMEOUT_S)
        finally:
            run.kill()
    assert err == ""
    kind, message, after = out.splitlines()
    assert kind == "Interrupted True None"
    assert message.startswith("stopped at ")
    assert message.endswith("% of the bars; nothing was kept, run the cell again")
    assert (after, run.returncode) == ("the kernel lives", 0)
