"""Work in a thread of its own, of which only the newest counts: what is asked takes the place of what was asked before.

The one idea: a job that is not the newest any more is told so, by its `Cancel`, and nothing that it found is taken. The
thread ends when there is nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock, Thread, current_thread

from workbench.engine import Cancel

__all__ = ["Job", "Latest"]


@dataclass(frozen=True, eq=False)
class Job:
    """Something that was asked, the word that it is not wanted any more, and the end of it."""

    asked: Mapping[str, object]
    cancel: Cancel = field(default_factory=Cancel)
    over: Event = field(default_factory=Event)


class Latest:
    """Does what is asked, one at a time, and only the newest.

    Args:
        work: what is done with a job, in the thread; it should end soon when the job's `cancel` is asked.

    Example:
        >>> done = []
        >>> latest = Latest(lambda job: done.append(job.asked))
        >>> latest.ask({"fast": 5}).over.wait(10)
        True
        >>> done
        [{'fast': 5}]
    """

    def __init__(self, work: Callable[[Job], object]) -> None:
        self._work = work
        self._lock = Lock()
        self._newest: Job | None = None
        self._next: Job | None = None
        self._thread: Thread | None = None

    def ask(self, asked: Mapping[str, object]) -> Job:
        """Do this, and nothing of what was asked before; returns at once."""
        job = Job(asked)
        with self._lock:
            if self._newest is not None:
                self._newest.cancel.ask()
            if self._next is not None:
                self._next.over.set()
            self._newest = self._next = job
            if self._thread is None:
                self._thread = Thread(target=self._go, name="workbench explore", daemon=True)
                self._thread.start()
        return job

    def keep(self, job: Job, keeping: Callable[[], object]) -> bool:
        """Call a function if a job is still the newest, with nothing asked in between; whether it was called."""
        with self._lock:
            if job is not self._newest:
                return False
            keeping()
            return True

    @property
    def is_inside(self) -> bool:
        """Whether the one who asks this is at work for a job."""
        return current_thread() is self._thread

    def _go(self) -> None:
        try:
            while (job := self._begun()) is not None:
                try:
                    self._work(job)
                finally:
                    job.over.set()
        except BaseException:
            # Whoever waits must not wait for ever, and what is asked next begins a new thread.
            with self._lock:
                self._thread = None
                if self._next is not None:
                    self._next.over.set()
            raise

    def _begun(self) -> Job | None:
        with self._lock:
            job, self._next = self._next, None
            if job is None:
                self._thread = None
            return job
