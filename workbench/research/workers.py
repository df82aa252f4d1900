"""Many runs of strategies with callbacks: here while that is quick, else in processes of their own.

The one idea: a worker gets the design once, bars included, and then only numbers of combinations; back come rows of
figures. What is finished is handed on piece by piece, so an interrupt loses little.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

import cloudpickle
import polars as pl

from workbench.errors import InternalError
from workbench.research.design import Design
from workbench.research.grid import Codes
from workbench.research.outcomes import Row, failed, outcome, table
from workbench.research.own_code import pickled

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

__all__ = ["STARTING_S", "Piece", "because", "cores", "run_here", "run_in_processes", "run_rows", "uninterrupted"]

Piece = tuple[Codes, pl.DataFrame]
PIECE_S: Final = 0.25
ALONE_S: Final = 1.0
STARTING_S: Final = 1.0  # what processes take to start
_designs: dict[str, Design] = {}


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_rows(design: Design, rows: Codes, workers: int | None) -> Generator[Piece, None, None]:
    """Run combinations of a design, and hand on what is finished, in any order.

    Args:
        design: what is run.
        rows: numbers of combinations.
        workers: processes; 1 is this one. None begins here and takes one for each core if more than a few seconds are
            left after the first.

    Raises:
        StrategyError: the strategy cannot be sent to a worker.
        InternalError: a worker died.
    """
    if workers != 1 and workers is not None:
        yield from run_in_processes(design, rows, workers, 0.0)
        return
    begun, done = time.perf_counter(), 0
    for piece in run_here(design, rows):
        yield piece
        done += len(piece[0])
        each, left = (time.perf_counter() - begun) / done, len(rows) - done
        if workers is None and each * done > ALONE_S and each * left > 2 * STARTING_S and cores() > 1:
            yield from run_in_processes(design, rows[done:], cores(), each)
            return


def run_here(design: Design, rows: Codes) -> Generator[Piece, None, None]:
    """Run combinations one after the other in this process."""
    begun, first = time.perf_counter(), 0
    made: list[Row] = []
    for row in rows.tolist():
        made.append(_run(design, design.grid.at(row)))
        if time.perf_counter() - begun > PIECE_S:
            yield rows[first : first + len(made)], table(made)
            begun, first, made = time.perf_counter(), first + len(made), []
    if made:
        yield rows[first:], table(made)


def because(reason: str, pieces: Generator[Piece, None, None]) -> Generator[Piece, None, None]:
    """Pieces of runs that were not folded, with the reason for it; a run that raised has none."""
    with closing(pieces):
        for rows, frame in pieces:
            yield rows, frame.with_columns(driven=pl.when(pl.col("error").is_null()).then(pl.lit(reason)))


def run_in_processes(design: Design, rows: Codes, workers: int, each_s: float) -> Generator[Piece, None, None]:
    """Run combinations in processes; `each_s` is how long one takes, 0 where that is not known yet."""
    pool = _pool(design, min(workers, len(rows)))
    pieces = _Pieces(design, rows, workers, each_s)
    try:
        waiting = {pieces.submit(pool): None for _ in range(2 * workers) if pieces.left}
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                del waiting[future]
                yield pieces.result(future)
                if pieces.left:
                    waiting[pieces.submit(pool)] = None
    except BrokenProcessPool as error:
        raise InternalError(
            f"a worker process died, for want of memory or by a crash in a library ({error}); what was finished is "
            "kept; run with workers=1 to see where"
        ) from error
    finally:
        pool.shutdown(kill_workers=True)


class _Pieces:
    """Which rows go out next, how many at a time, and what came back of them."""

    def __init__(self, design: Design, rows: Codes, workers: int, each_s: float) -> None:
        self._design = design
        self._rows = rows
        self._workers = workers
        self._each_s = each_s
        self._sent = 0
        self._by: dict[Future[Any], Codes] = {}

    @property
    def left(self) -> int:
        return len(self._rows) - self._sent

    def submit(self, pool: ProcessPoolExecutor) -> Future[Any]:
        rows = self._rows[self._sent : self._sent + self._length()]
        self._sent += len(rows)
        with uninterrupted():
            future: Future[Any] = pool.submit(_work, [self._design.grid.at(row) for row in rows.tolist()])
            self._by[future] = rows
        return future

    def _length(self) -> int:
        """About a quarter of a second's worth, fewer toward the end so that all workers end together."""
        quick = int(PIECE_S / self._each_s) if self._each_s else 1
        return max(1, min(quick, -(-self.left // (2 * self._workers))))

    def result(self, future: Future[Any]) -> Piece:
        seconds, frame = future.result()
        rows = self._by.pop(future)
        self._each_s = seconds / len(rows)
        return rows, frame


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait for the end of a block: inside of a pool's `submit` it can leave a lock taken for ever."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals come to the main thread only
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    for number in came[:1]:
        signal.raise_signal(number)


def _pool(design: Design, workers: int) -> ProcessPoolExecutor:
    from loky import ProcessPoolExecutor

    sent = pickled(design.bare(), design.roots)
    # A worker has a core of its own, and Polars would start a thread for every core in each of them.
    return ProcessPoolExecutor(
        workers, initializer=_begin, initargs=(sent,), env={"POLARS_MAX_THREADS": "1"}, timeout=None
    )


def _begin(sent: bytes) -> None:
    # An interrupt is for the notebook; it ends the workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _designs["design"] = cloudpickle.loads(sent)


def _work(combinations: Sequence[dict[str, object]]) -> tuple[float, pl.DataFrame]:
    begun = time.perf_counter()
    frame = table([_run(_designs["design"], each) for each in combinations])
    return time.perf_counter() - begun, frame


def _run(design: Design, combination: dict[str, object]) -> Row:
    try:
        return outcome(design.backtest(combination).run(progress=False))
    except Exception as error:  # noqa: BLE001  Whatever the strategy raises is kept in the row of this run and told.
        return failed(error)
