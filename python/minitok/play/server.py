"""The playground's server: one process, this machine, until Ctrl-C."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

import uvicorn

from .app import create_app
from .connections import Connection
from .guard import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["address", "listen", "serve"]

HEADER_BYTES = 1 << 14


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises OSError where the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        # So that the command's one line says where.
        way_on = "; --port 0 takes a free one" if error.errno == errno.EADDRINUSE else ""
        raise OSError(error.errno, os.strerror(error.errno or 0) + way_on, f"{host} port {port}") from None


def address(listening: socket.socket, host: str) -> str:
    """Where the page is, for a browser on this machine.

    >>> with listen("127.0.0.1", 0) as free:
    ...     address(free, "127.0.0.1").startswith("http://127.0.0.1:")
    True
    """
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - only compared
    return f"http://{f'[{name}]' if ':' in name else name}:{listening.getsockname()[1]}/"


def serve(
    listening: socket.socket, host: str, allowed: Collection[str] = (), ready: Callable[[], object] | None = None
) -> None:
    """Serve until interrupted. ``allowed``: names by which it may be asked for, besides this machine's own and ``host``."""
    app = create_app(hosts=LOOPBACK | {host, *allowed})
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        log_level="warning",
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=HEADER_BYTES,
        limit_concurrency=64,
    )
    if ready:
        ready()
    uvicorn.Server(config).run(sockets=[listening])
