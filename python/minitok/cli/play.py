"""``minitok play``: the playground in the browser."""

from __future__ import annotations

import contextlib
import sys
import webbrowser

import click

from . import options as shared
from .console import say
from .help import Command, declared, option

DEFAULT_PORT = 8765


@click.command(cls=Command)
@declared
def command(
    *,
    files: tuple[str, ...] = shared.files_argument("Tokenizers that the page opens, in any format."),
    port: int = option("The port; 0 takes a free one.", "-p", type=click.IntRange(0, 65535), default=DEFAULT_PORT),
    browser: bool | None = option("Open a browser; by default in a terminal.", "--browser/--no-browser", default=None),
) -> None:
    """Play with tokens in the browser: type, compare, step through merges, train, complete.

    The page is served to this machine only, and computes everything in the browser.

    \b
    Examples:
      minitok play
      minitok play my.json
      minitok play --port 0 --no-browser
    """
    from minitok.play import Server

    with Server(port, files) as server:
        say(f"The playground is at {server.address} until Ctrl-C")
        sys.stdout.flush()
        if sys.stdout.isatty() if browser is None else browser:
            # The socket listens already: a browser that is early waits.
            webbrowser.open(server.address)
        # Ctrl-C is how it ends.
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
