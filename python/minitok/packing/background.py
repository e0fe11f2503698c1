"""Work that nobody waits for: one call at a time, on a thread of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Background"]


class Background:
    """Runs one call at a time; what it raises is raised in ``idle`` or ``wait``.

    >>> with Background() as background:
    ...     background.start(print, "done")
    ...     background.wait()
    ...     background.idle()
    done
    True
    """

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1, "minitok-background")
        self.running: Future[object] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pool.shutdown()

    def start(self, call: Callable[..., object], *args: object) -> None:
        """Starts a call; there must be none that runs."""
        self.running = self.pool.submit(call, *args)

    def idle(self) -> bool:
        """Whether no call runs."""
        if self.running is not None and self.running.done():
            self.wait()
        return self.running is None

    def wait(self) -> None:
        """Waits for the call that runs."""
        running, self.running = self.running, None
        if running is not None:
            running.result()
