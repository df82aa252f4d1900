"""Ctrl-C in the middle of a sweep: what is finished is kept, and the same call goes on, from memory or from the disk.

Each case is a process of its own that gets the signal, alone as a notebook's kernel does, or with its workers as in a
terminal; the time limit is only there so that a hang ends. The script has no `if __name__ == "__main__"`: the class is
sent as it is, and no worker runs the script again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench.research.workers import uninterrupted

TIMEOUT_S = 300
SCRIPT = """
    import sys, time
    import workbench as wb
    from workbench import errors
    from workbench.market import simulate

    class Slow(wb.Strategy):
        n: int = 1
        def on_bar(self, ctx, bar):
            time.sleep(0.001)
            ctx.target(bar.asset, weight=0.5 if len(ctx.bars()) % 5 < self.n % 4 else 0)

    def watch(done, total):
        if done >= 5:
            print("ready", flush=True)

    test = wb.Backtest(Slow(), simulate.bars("X", every="1d", n=60))
    workers, folder = int(sys.argv[1]), sys.argv[2] or None
    sweep = test.sweep(n=range(1, 41))
    try:
        sweep.run(workers=workers, progress=watch, folder=folder)
    except errors.Interrupted as stopped:
        print(isinstance(stopped, KeyboardInterrupt), stopped.__cause__)
        print(stopped)
    done = sweep.partial
    print(len(done), done[0].state_hash == test.with_params(**done.given(0)).run().state_hash)
    print(done.notices[0])
    if folder:
        sweep = test.sweep(n=range(1, 41))
    print("again")
    told = []
    finished = sweep.run(workers=1, progress=lambda done, total: told.append(done), folder=folder)
    print(told[0], len(finished), finished[done.rows[0] : done.rows[0] + 1].frame.equals(done[:1].frame))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a signal for another process is a matter of POSIX")
@pytest.mark.parametrize("group", [False, True], ids=["the kernel alone", "the whole group"])
@pytest.mark.parametrize("keep", [False, True], ids=["memory", "disk"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_stops_and_goes_on(workers: int, keep: bool, group: bool, tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT))
    folder = str(tmp_path / "kept") if keep else ""
    command = [sys.executable, str(path), str(workers), folder]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as run:
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
            (os.killpg if group else os.kill)(run.pid, signal.SIGINT)
            out, err = run.communicate(timeout=TIMEOUT_S)
        finally:
            run.kill()
    assert err == ""
    kind, message, counts, notice, again, after = [line for line in out.splitlines() if line != "ready"]
    done = int(counts.split()[0])
    assert 5 <= done < 40
    assert kind == "True None"
    assert message == f"stopped after {done} of 40 runs; they are in sweep.partial, and run() goes on from them"
    assert counts == f"{done} True"
    assert notice == f"{done} of 40 runs are finished: call run() of the sweep again to go on"
    assert (again, after) == ("again", f"{done} 40 True")
    assert run.returncode == 0


def test_an_interrupt_while_work_is_handed_out_comes_after_it() -> None:
    before, done = signal.getsignal(signal.SIGINT), []

    def hand_out() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("whole")

    with pytest.raises(KeyboardInterrupt):
        hand_out()
    assert (done, signal.getsignal(signal.SIGINT)) == (["whole"], before)


def test_a_thread_has_no_interrupts_to_wait_with() -> None:
    def hand_out() -> str:
        with uninterrupted():
            return "whole"

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(hand_out).result() == "whole"
