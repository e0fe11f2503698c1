"""Runs the tests of the package once for each mutant, in forks of one process: only those tests that reach the mutant.

`mutants.py` and `mutants_rust.py` use it. pytest collects the tests once. Each runs unchanged, timed, and what it reaches is
noted. Then a mutant costs a fork and its tests, quickest first, up to the first failure; as many are tried at a time as
there are processors. A test that takes far more processor time than it did, or does not end, counts as failed.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MEMORY = 6 << 30
# Tests that take longer than this, in seconds, are named.
SLOW = 5
OPTIONS = [
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--timeout=0",
    "--override-ini=addopts=",
    "--hypothesis-seed=0",
]
NOT_REACHED, SURVIVES = "no test reaches it", "survives"


class Kind(Protocol):
    """What is mutated: how to see what a test reaches, and how to put a mutant in place."""

    def start(self) -> None:
        """Begin to note what is reached."""

    def reached(self) -> set[Any]:
        """What was reached since `start`."""

    def all_reached(self) -> None:
        """Ends the noting."""

    def tests_of(self, mutant: Any, reached: dict[int, set[Any]]) -> Iterable[int]:
        """The numbers of the tests that reach a mutant, of those in `reached`; of all for None."""

    def install(self, mutant: Any) -> None:
        """Put it in place, in this process, for good; None is what changes nothing."""


class ForkedTests:
    """A plugin for pytest that runs its tests as said above, and reports each mutant with its result."""

    def __init__(
        self, kind: Kind, mutants: list[Any], report: Callable[[Any, str], None], seconds: float, jobs: int
    ) -> None:
        self.kind, self.mutants, self.report, self.seconds, self.jobs = kind, mutants, report, seconds, jobs
        self.times: dict[int, float] = {}
        self.writing = -1
        self.killers: Counter[int] = Counter()

    def pytest_runtestloop(self, session: Any) -> bool:
        from _pytest.runner import runtestprotocol

        reached = {}
        for number, item in enumerate(session.items):
            started = time.process_time()
            self.kind.start()
            following = session.items[number + 1] if number + 1 < len(session.items) else None
            reports = runtestprotocol(item, log=False, nextitem=following)
            reached[number] = self.kind.reached()
            self.times[number] = time.process_time() - started
            if any(report.failed for report in reports):
                print(f"fails without any change: {item.nodeid}", file=sys.stderr)
                del reached[number]
            if self.times[number] > SLOW:
                print(f"{self.times[number]:.1f} s: {item.nodeid}", file=sys.stderr, flush=True)
        self.kind.all_reached()
        # What is here now is not looked at again, so that forks share its memory.
        gc.collect()
        gc.freeze()
        print(f"{len(reached)} tests in {sum(self.times.values()):.0f} s", file=sys.stderr, flush=True)
        if (result := self.fate(session, None, reached, 3)) != SURVIVES:
            session.shouldfail = f"what changes nothing is noticed by {result}"
            raise session.Failed(session.shouldfail)
        self.try_all(lambda mutant: self.fate(session, mutant, reached, self.seconds))
        return True

    def try_all(self, fate: Callable[[Any], str]) -> None:
        """Shares the mutants among processes, and reports what they write into one pipe."""
        reading, self.writing = os.pipe()
        workers = [os.fork() or self.work(number, fate) for number in range(self.jobs)]
        os.close(self.writing)
        with os.fdopen(reading) as pipe:
            for line in pipe:
                number, result = line.rstrip("\n").split(" ", 1)
                self.report(self.mutants[int(number)], result)
        if any(os.waitpid(worker, 0)[1] for worker in workers):
            sys.exit("a process of those that try mutants has failed")

    def work(self, first: int, fate: Callable[[Any], str]) -> NoReturn:
        try:
            for number in range(first, len(self.mutants), self.jobs):
                os.write(self.writing, f"{number} {fate(self.mutants[number])}\n".encode())
            os._exit(0)
        finally:
            os._exit(1)

    def fate(self, session: Any, mutant: Any, reached: dict[int, set[Any]], seconds: float) -> str:
        """What became of a mutant: the name of the test that noticed, or that none did."""
        # Those that have killed most for their time come first.
        order = sorted(
            self.kind.tests_of(mutant, reached), key=lambda at: (self.times[at] + 0.002) / (1 + self.killers[at])
        )
        chosen, spent = [], 0.0
        for number in order:
            spent += self.times[number]
            if not chosen or spent < seconds:
                chosen.append(number)
        if not chosen:
            return NOT_REACHED
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                self.in_child(session, mutant, chosen, writing)
            finally:
                os._exit(1)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            begun = pipe.read().decode().split()
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return SURVIVES
        if not begun:
            return "import"
        self.killers[int(begun[-1])] += 1
        return str(session.items[int(begun[-1])].nodeid)

    def in_child(self, session: Any, mutant: Any, chosen: list[int], writing: int) -> None:
        from _pytest.runner import runtestprotocol

        if self.writing >= 0:
            os.close(self.writing)
        silent = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(silent, standard)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for name in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(name, signal.SIG_DFL)
        signal.alarm(60)
        self.kind.install(mutant)
        for at, number in enumerate(chosen):
            os.write(writing, f"{number} ".encode())
            signal.setitimer(signal.ITIMER_PROF, 3 + 10 * self.times[number])
            signal.alarm(60 + int(100 * self.times[number]))
            following = session.items[chosen[at + 1]] if at + 1 < len(chosen) else None
            reports = runtestprotocol(session.items[number], log=False, nextitem=following)
            if any(report.failed for report in reports):
                os._exit(1)
        os._exit(0)


def run(
    kind: Kind, mutants: list[Any], tests: list[str], report: Callable[[Any, str], None], seconds: float = 3
) -> None:
    """Tries each mutant with the tests that `tests` chooses (arguments of pytest), `seconds` of them at most."""
    jobs = os.cpu_count() or 1
    import pytest

    code = pytest.main([*OPTIONS, *tests], plugins=[ForkedTests(kind, mutants, report, seconds, jobs)])
    if code:
        sys.exit(f"pytest ends with {code}")
