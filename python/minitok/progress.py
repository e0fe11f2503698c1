"""How a long task reports its progress."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Progress", "start_progress"]


class Show(Protocol):
    """Reports a phase, how much of it is done, of how much, and the CPU seconds that it took, where that is known."""

    def __call__(self, phase: str, done: int, total: int | None, cpu: float | None = None, /) -> object: ...


@dataclass(frozen=True)
class Progress:
    """The progress of a task: its phase, how much is done, and of how much; None if that is not known.

    ``merging`` is measured in merges, other phases in bytes. ``seconds`` is the time since the phase began. ``cpu`` is the
    processor time in seconds that it took on all nodes of a cluster; None on one machine, where the system says so.

    >>> at = Progress("counting", 3_000_000, 12_000_000, seconds=0.5)
    >>> at.rate, at.remaining
    (6000000.0, 1.5)
    """

    phase: str
    done: int
    total: int | None
    seconds: float = 0.0
    cpu: float | None = None

    @property
    def rate(self) -> float | None:
        """Bytes or merges a second, averaged over the phase; None before anything is done."""
        return self.done / self.seconds if self.done and self.seconds > 0 else None

    @property
    def remaining(self) -> float | None:
        """Seconds left in the phase at this rate; None if not known."""
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


def timed(hear: Callable[[Progress], object]) -> Show:
    """Reports the progress of a task, with the time since its phase began."""
    began: dict[str, float] = {}

    def show(phase: str, done: int, total: int | None, cpu: float | None = None) -> None:
        now = time.perf_counter()
        hear(Progress(phase, done, total, now - began.setdefault(phase, now), cpu))

    return show


@contextmanager
def bar() -> Iterator[Callable[[Progress], object]]:
    """A bar on standard error: phase, share, rate, CPU seconds on a cluster, time left."""
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description:>9}"),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TextColumn("{task.fields[rate]}"),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as display:
        tasks: dict[str, rich.TaskID] = {}

        def show(at: Progress) -> None:
            if at.phase not in tasks:
                tasks[at.phase] = display.add_task(at.phase, total=at.total, rate="")
            task = tasks[at.phase]
            speed = display.tasks[task].speed or at.rate or 0
            rate = f"{speed / 1e6:,.1f} MB/s" if at.phase != "merging" else f"{speed:,.0f} merges/s"
            if at.cpu is not None:
                rate += f", {at.cpu:,.0f} CPU s"
            # The total of a data set is an estimate that improves.
            display.update(task, completed=at.done, total=at.total, rate=rate)

        yield show
