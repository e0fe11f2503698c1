"""Connections that come to nothing are closed, so that they do not take the places of others.

The server answers a limited number of connections at a time. uvicorn closes those that are silent after an answer; here, so are
those that never complete a request, and those whose answer is not fetched: a connection has a time for each of the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

__all__ = ["Connection"]


class Connection(H11Protocol):
    """One connection to the server."""

    request_seconds = 15.0
    """How long the head of a request may take to come, from when the connection is made or its first byte is there."""
    answer_seconds = 180.0
    """How long an answer may take, until it is fetched: more than the longest training."""

    _timer: asyncio.TimerHandle | None = None
    _answering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self.request_seconds)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._stop()  # from here on uvicorn waits, until the next request begins
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Starts the time for what the connection is now waiting for, if it has not begun."""
        cycle = self.cycle
        answering = cycle is not None and not cycle.response_complete
        if answering != self._answering:
            self._stop()
        self._answering = answering
        if answering:
            self._wait(self.answer_seconds)
        elif self.timeout_keep_alive_task is None:
            self._wait(self.request_seconds)

    def _wait(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
