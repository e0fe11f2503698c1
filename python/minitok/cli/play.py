"""``minitok play``: the playground in the browser."""

from __future__ import annotations

import contextlib
import sys
import webbrowser
from socket import AF_INET, SOCK_DGRAM, socket

import click

from minitok.errors import BackendError

from .console import output
from .help import Command, option

DEFAULT_PORT = 8765
# Hosts that stand for every address of the machine.
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only compared


def room_address() -> str | None:
    """The address of this machine on its network; None without one. Nothing is sent."""
    with contextlib.suppress(OSError), socket(AF_INET, SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found = str(probe.getsockname()[0])
        return None if found.startswith(("127.", "0.")) else found
    return None


@click.command(cls=Command)
@option(
    "--port",
    "-p",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=DEFAULT_PORT,
    help="The port; 0 takes a free one.",
)
@option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    help="The address to listen on; the default is reached only from this machine.",
)
@option("--allow-host", metavar="NAME", multiple=True, help="Another host name that requests may use; repeatable.")
@option("--browser/--no-browser", default=None, help="Open a browser; by default in a terminal.")
def command(port: int, host: str, allow_host: tuple[str, ...], browser: bool | None) -> None:
    """Play with tokens in the browser: type, compare, step through merges, train, complete.

    Everything is served from this machine, and only to it, unless --host says otherwise.

    \b
    Examples:
      minitok play
      minitok play --port 0 --no-browser
      minitok play --host 0.0.0.0 --allow-host lecture.local
    """
    try:
        from minitok.play.server import address, listen, serve
    except ImportError as error:
        raise BackendError(f"the playground needs Starlette and uvicorn; install minitok[play] ({error})") from error

    with listen(host, port) as listening:
        url = address(listening, host)
        output().print(f"The playground is at {url} until Ctrl-C", markup=False, soft_wrap=True)
        room = room_address() if host in EVERYWHERE else None
        if room is not None:
            there = f"http://{room}:{listening.getsockname()[1]}/"
            output().print(f"Others on this network find it at {there}", markup=False, soft_wrap=True)
        sys.stdout.flush()
        wanted = sys.stdout.isatty() if browser is None else browser
        # Ctrl-C is how it ends. The socket listens already: a browser that is early waits.
        with contextlib.suppress(KeyboardInterrupt):
            serve(
                listening,
                host,
                [*allow_host, *([room] if room else [])],
                (lambda: webbrowser.open(url)) if wanted else None,
            )
