"""The playground: the page of the site, served from this machine, to this machine alone.

Everything is computed in the browser, by the Rust core as WebAssembly. The server only gives out files: those of the page, the
vocabularies and texts of the package, and the tokenizers that the reader named. ``tools/build_pages.py`` makes the archive of
the page, which wheels carry.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import tarfile
from collections.abc import Callable, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from .. import data, encodings
from .alone import alone

__all__ = ["Server"]

HOST = "127.0.0.1"
PAGE = Path(__file__).parent / "page.tar.xz"
# The page of another site, whose name points here (DNS rebinding), must not read the reader's files.
OWN_NAMES = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?", re.ASCII | re.IGNORECASE)
TYPES = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
HEADERS = {
    "content-security-policy": "frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
# Characters of Shakespeare among the page's examples: a training and a completion of them take well under a second.
EXAMPLE = 200_000
# What the page reads of a file: of a longer one (GGUF) it needs the head alone.
MOST = (1 << 26) + 1


class Server(ThreadingHTTPServer):
    """The playground on a port of this machine; 0 takes a free one.

    Args:
        port: The port.
        files: Tokenizers that the page opens when it starts.

    Raises:
        OSError: The port is taken, a file cannot be read, or this installation has no page; the message says which.
    """

    daemon_threads = True
    # Elsewhere the option lets two servers share a port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, port: int, files: Sequence[str] = ()) -> None:
        if not PAGE.exists():
            raise FileNotFoundError(
                errno.ENOENT, "this installation has no page; in a clone, `make play` builds it", str(PAGE)
            )
        self.found = addresses([Path(file) for file in files])
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            way_on = "; --port 0 takes a free one" if error.errno == errno.EADDRINUSE else ""
            raise OSError(error.errno, os.strerror(error.errno or 0) + way_on, f"{HOST} port {port}") from None

    def server_bind(self) -> None:
        """Without asking the network for the name of this machine, which may take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser may leave before an answer is whole; a file that has gone is missed by the page."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def addresses(files: Sequence[Path]) -> dict[str, Callable[[], bytes]]:
    """Everything that can be asked for, by its address: there is this, and nothing else."""
    with tarfile.open(PAGE) as page:
        made = {f"/{member.name}": page.extractfile(member).read() for member in page}  # type: ignore[union-attr]
    made |= {"/": made["/index.html"], "/opened.json": json.dumps([file.name for file in files]).encode()}
    own = {f"/vocabularies/{file.name}": file for file in inside(encodings, "data").glob("*.vocab")}
    own["/texts/udhr.json.gz"] = inside(data, "udhr.json.gz")
    own |= {f"/opened/{number}": file for number, file in enumerate(files)}
    for file in files:
        file.open("rb").close()
    found: dict[str, Callable[[], bytes]] = {name: partial(beginning, file) for name, file in own.items()}
    found |= {name: partial(bytes, content) for name, content in made.items()}
    found |= {"/static/shakespeare.txt": shakespeare, "/core/first.lzma": found["/core/minitok.lzma"]}
    lessons = [name[1:] for name in made if name.startswith("/lesson-")]
    return found | {f"/alone/{name}": partial(lesson, name, found) for name in lessons}


def lesson(name: str, found: dict[str, Callable[[], bytes]]) -> bytes:
    """A lesson as one file."""
    return alone(name, lambda path: found[f"/{path}"]()).encode()


def shakespeare() -> bytes:
    """Whole speeches of Tiny Shakespeare, as an example long enough to train on and to complete."""
    start = data.tiny_shakespeare()[:EXAMPLE]
    return start[: start.rindex("\n\n") + 1].encode()


def inside(package: Any, name: str) -> Path:
    return Path(package.__file__).parent / name


def beginning(file: Path) -> bytes:
    """As much of a file as the page may need."""
    with file.open("rb") as opened:
        return opened.read(MOST)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not OWN_NAMES.fullmatch(self.headers.get("host", "")):
            self.answer(403, b"this server goes by 127.0.0.1 and localhost only")
        elif path not in self.server.found:
            self.answer(404, b"there is no such file")
        else:
            ending = "html" if path == "/" else path.rpartition(".")[2]
            self.answer(200, self.server.found[path](), TYPES.get(ending, "application/octet-stream"))

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, code: int, content: bytes, kind: str = "text/plain") -> None:
        self.send_response(code)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""
