"""What a long task says of how far it is."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Progress", "start_progress"]


@dataclass(frozen=True)
class Progress:
    """How far a task is: its phase, how much of it is done, and of how much; None where that is not known.

    ``counting`` and ``encoding`` go by bytes, ``merging`` by merges.
    """

    phase: str
    done: int
    total: int | None


@contextmanager
def start_progress(progress: bool | Callable[[Progress], object]) -> Iterator[Callable[[Progress], object]]:
    """What to call with each ``Progress``: the caller's function, a bar, or nothing."""
    if callable(progress):
        yield progress
    elif progress:
        with bar() as show:
            yield show
    else:
        yield lambda _: None


@contextmanager
def bar() -> Iterator[Callable[[Progress], object]]:
    """A bar on standard error: phase, share, rate, time left."""
    try:
        from rich import progress as rich
        from rich.console import Console
    except ImportError as error:
        raise ImportError("progress=True needs Rich; install minitok[cli], or pass a function") from error

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
            speed = display.tasks[task].speed or 0
            rate = f"{speed / 1e6:,.1f} MB/s" if at.phase != "merging" else f"{speed:,.0f} merges/s"
            display.update(task, completed=at.done, rate=rate)

        yield show
