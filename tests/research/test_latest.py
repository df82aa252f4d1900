"""Of what is asked only the newest counts; threads meet by events, none of them waits for a time."""

from __future__ import annotations

import threading
from threading import Event

import pytest

from workbench.research.latest import Job, Latest

LONG_S = 60


class Gate:
    """Work that says it has begun and goes on when it is let."""

    def __init__(self) -> None:
        self.begun = {n: Event() for n in range(4)}
        self.go_on = {n: Event() for n in range(4)}
        self.kept: list[int] = []
        self.latest = Latest(self.work)

    def work(self, job: Job) -> None:
        number = job.asked["n"]
        assert isinstance(number, int)
        self.begun[number].set()
        assert self.go_on[number].wait(LONG_S)
        self.latest.keep(job, lambda: self.kept.append(number))

    def ask(self, number: int) -> Job:
        return self.latest.ask({"n": number})


def test_what_was_overtaken_is_told_and_not_kept() -> None:
    gate = Gate()
    first = gate.ask(0)
    assert gate.begun[0].wait(LONG_S)
    second = gate.ask(1)
    assert first.cancel.asked
    assert not second.cancel.asked
    gate.go_on[0].set()
    assert first.over.wait(LONG_S)
    gate.go_on[1].set()
    assert second.over.wait(LONG_S)
    assert gate.kept == [1]


def test_what_was_overtaken_before_it_began_never_begins() -> None:
    gate = Gate()
    gate.ask(0)
    assert gate.begun[0].wait(LONG_S)
    between, last = gate.ask(1), gate.ask(2)
    assert between.over.is_set()
    for number in (0, 2):
        gate.go_on[number].set()
    assert last.over.wait(LONG_S)
    assert not gate.begun[1].is_set()
    assert gate.kept == [2]


def test_what_was_overtaken_after_it_has_ended_is_not_kept() -> None:
    """The newest is asked between the end of the work and the keeping of what it found."""
    found, asked = Event(), Event()
    kept: list[object] = []

    def work(job: Job) -> None:
        if job.asked["n"] == 0:
            found.set()
            assert asked.wait(LONG_S)
        latest.keep(job, lambda: kept.append(job.asked["n"]))

    latest = Latest(work)
    latest.ask({"n": 0})
    assert found.wait(LONG_S)
    last = latest.ask({"n": 1})
    asked.set()
    assert last.over.wait(LONG_S)
    assert kept == [1]


def test_its_thread_ends_and_begins_again() -> None:
    threads = []
    latest = Latest(lambda _: threads.append(threading.current_thread()))
    for number in range(2):
        assert latest.ask({"n": number}).over.wait(LONG_S)
        threads[-1].join(LONG_S)
        assert not threads[-1].is_alive()
    assert threads[0] is not threads[1]
    assert all(thread.daemon for thread in threads)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_breaks_leaves_nobody_waiting() -> None:
    begun, go_on = Event(), Event()
    threads: list[threading.Thread] = []

    def work(job: Job) -> None:
        if job.asked["n"] == 0:
            threads.append(threading.current_thread())
            begun.set()
            assert go_on.wait(LONG_S)
            raise SystemError("broken")

    latest = Latest(work)
    first = latest.ask({"n": 0})
    assert begun.wait(LONG_S)
    second = latest.ask({"n": 1})
    go_on.set()
    assert first.over.wait(LONG_S)
    assert second.over.wait(LONG_S)
    assert latest.ask({"n": 2}).over.wait(LONG_S)
    threads[0].join(LONG_S)  # what it raises is told when it ends, to the test of then


def test_who_is_at_work_is_known() -> None:
    seen = []
    latest = Latest(lambda _: seen.append(latest.is_inside))
    assert latest.ask({}).over.wait(LONG_S)
    assert seen == [True]
    assert not latest.is_inside
