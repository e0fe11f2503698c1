"""Checks every request, and sets the headers of every answer: who may ask, and what the browser may do.

The playground runs on the reader's machine, where any web site that the reader has open could try to reach it. So the name in
``Host`` must be one of the server's (a foreign name that points here is refused: DNS rebinding), and requests to the API must
come from the playground's own page (``Origin`` and ``Sec-Fetch-Site``, which no page can forge). The content security policy
allows scripts and styles only from the server's own files, and keeps text from becoming markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LOOPBACK", "Guard", "RequestLimits", "host_name"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]+)?", re.ASCII)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-cache",
}


@dataclass(frozen=True)
class RequestLimits:
    """The limits of the server. Sizes in bytes, times in seconds.

    ``text``: a text to encode. ``explained``: a text made into a page. ``piece``: a piece whose merges are drawn.
    ``lanes``: how much of a text is cut in lanes. ``tail``: how many bytes, from the last place at which a text can be
    cut to its end, are looked at for what may follow. ``corpus``: a text to train on. ``tokenizer``: a tokenizer's file.
    ``seconds``: an answer; ``training_seconds``: a training. ``kept``: the reader's own tokenizers, the one used last staying
    longest.
    """

    text: int = 1 << 20
    explained: int = 1 << 12
    piece: int = 256
    lanes: int = 4_000
    tail: int = 1_000
    corpus: int = 1 << 24
    tokenizer: int = 1 << 26
    encodings: int = 6
    vocab_size: int = 1 << 16
    seconds: float = 20.0
    training_seconds: float = 120.0
    workers: int = 4
    trainings: int = 2
    kept: int = 32

    @property
    def json(self) -> int:
        """The JSON of a text, in which one byte may be written as six."""
        return 6 * self.text + 10_000


def host_name(host: str) -> str:
    """The name in a Host header, without its port and in small letters; empty if there is none.

    >>> host_name("LocalHost:8000"), host_name("[::1]:8000"), host_name("a@b:1:2")
    ('localhost', '::1', '')
    """
    found = HOST.fullmatch(host.lower())
    return (found[1] or found[2]) if found else ""


class Guard:
    """Middleware that refuses foreign requests, and makes the browser strict."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = LOOPBACK) -> None:
        self.app = app
        self.hosts = frozenset(name.lower() for name in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        reason = self.refusal(scope["path"], Headers(scope=scope))
        answer = JSONResponse({"error": reason}, 403) if reason else self.app
        await answer(scope, receive, send_strictly)

    def refusal(self, path: str, headers: Headers) -> str | None:
        """Why a request is refused; None if it is not."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self.hosts:
            return "this server does not go by that name; start it with --allow-host to let it"
        origins = headers.getlist("origin")
        if any(
            origin.lower() not in {f"http://{hosts[0]}".lower(), f"https://{hosts[0]}".lower()} for origin in origins
        ):
            return "another site's page may not ask this server"
        # A link on another page may lead to the playground; its data is for its own page only.
        if path.startswith("/api/") and headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return "another site's page may not ask this server"
        return None
