"""How a long task reports its progress."""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..extras import need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Show(Protocol):
    """Reports a phase, how much of it is done, of how much, and the CPU seconds that it took, where that is known."""

    def __call__(self, phase: str, done: int, total: int | None, cpu: float | None = None, /) -> object: ...


@dataclass(frozen=True)
class Progress:
    """The progress of a task: its phase, how much is done, and of how much; None if that is not known.

    ``merging`` is measured in merges, other phases in bytes. ``seconds`` is the time since the phase began. ``cpu`` is the
    processor time in seconds that it took on all nodes of a cluster; None on one machine, where the system says so. ``left`` is
    how many seconds are left where that is known better than from the rate: merges get faster and faster.

    >>> at = Progress("counting", 3_000_000, 12_000_000, seconds=0.5)
    >>> at.rate, at.remaining
    (6000000.0, 1.5)
    """

    phase: str
    done: int
    total: int | None
    seconds: float = 0.0
    cpu: float | None = None
    left: float | None = None

    @property
    def rate(self) -> float | None:
        """Bytes or merges a second, averaged over the phase; None before anything is done."""
        return self.done / self.seconds if self.done and self.seconds > 0 else None

    @property
    def remaining(self) -> float | None:
        """Seconds left in the phase; None if not known."""
        if self.phase == "merging" or self.left is not None:
            return self.left
        rate = self.rate
        return None if self.total is None or rate is None else max(0, self.total - self.done) / rate


@contextmanager
def start_progress(progress: bool | Callable[[Progress], object]) -> Iterator[Show]:
    """Returns a function of phase, done and total that reports to the caller's function, to a bar, or to nobody."""
    if callable(progress):
        yield timed(progress)
    elif progress:
        with bar() as show:
            yield timed(show)
    else:
        yield lambda _phase, _done, _total, _cpu=None: None


class MergeEstimate:
    """How long the merges that are left will take, of which each is faster than those before it.

    A merge takes as long as its pair has places, and the k-th most frequent pair has about 1/k of those of the first. So the
    time of n merges first grows as their logarithm; later each takes as long as any other. The first says too little, the
    second, at the present rate, too much. Their geometric mean has been right within a factor of three, where the average rate
    was wrong by a hundred.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[int, float]] = []

    def left(self, done: int, total: int, seconds: float) -> float | None:
        """The seconds left; None until it can be estimated."""
        if done >= total:
            return 0.0
        # What was known when a quarter, and when nine tenths, of this was done.
        quarter = self.when(done / 4)
        recent = self.when(done * 0.9)
        if done and (not self.seen or self.seen[-1][0] < done):
            self.seen.append((done, seconds))
        if quarter is None or recent is None or done < max(total / 100, 20):
            return None
        slowing = (seconds - quarter[1]) / math.log(done / quarter[0]) * math.log(total / done)
        steady = (seconds - recent[1]) / (done - recent[0]) * (total - done)
        return math.sqrt(max(0.0, slowing) * max(0.0, steady))

    def when(self, done: float) -> tuple[int, float] | None:
        """The last moment at which no more than this was done."""
        at = bisect_right(self.seen, done, key=lambda moment: moment[0])
        return self.seen[at - 1] if at else None


def timed(hear: Callable[[Progress], object]) -> Show:
    """Reports the progress of a task, with the time since its phase began."""
    began: dict[str, float] = {}
    merges = MergeEstimate()

    def show(phase: str, done: int, total: int | None, cpu: float | None = None) -> None:
        now = time.perf_counter()
        seconds = now - began.setdefault(phase, now)
        left = merges.left(done, total, seconds) if phase == "merging" and total is not None else None
        hear(Progress(phase, done, total, seconds, cpu, left))

    return show


def clock(seconds: float | None) -> str:
    """Minutes and seconds that are left.

    >>> clock(75.2), clock(3671), clock(None)
    ('1:16 left', '1:01:11 left', '')
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}:{minutes:02}" if hours else f"{minutes}") + f":{rest:02} left"


@contextmanager
def bar() -> Iterator[Callable[[Progress], object]]:
    """A bar on standard error: phase, share, rate, CPU seconds on a cluster, time left."""
    need("rich")
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description:>9}"),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TextColumn("{task.fields[rate]}"),
        rich.TextColumn("{task.fields[left]}"),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as display:
        tasks: dict[str, rich.TaskID] = {}

        def show(at: Progress) -> None:
            if at.phase not in tasks:
                tasks[at.phase] = display.add_task(at.phase, total=at.total, rate="", left="")
            task = tasks[at.phase]
            speed = display.tasks[task].speed or at.rate or 0
            rate = f"{speed / 1e6:,.1f} MB/s" if at.phase != "merging" else f"{speed:,.0f} merges/s"
            if at.cpu is not None:
                rate += f", {at.cpu:,.0f} CPU s"
            # The total of a data set is an estimate that improves.
            display.update(task, completed=at.done, total=at.total, rate=rate, left=clock(at.remaining))

        yield show
