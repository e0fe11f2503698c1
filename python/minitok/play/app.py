"""The application: its addresses, and how errors are reported.

``GET /`` is the page, ``GET /static/...`` what it is made of; both are files of the package, read once. ``POST /api/...`` takes
and gives JSON, and works in threads, so that no answer keeps another one waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ..data import human_rights, tiny_shakespeare
from ..errors import MinitokError
from .answers import Answers
from .guard import LOOPBACK, Guard, RequestLimits
from .learning import Plan, lines
from .requests import TooLarge, TooSlow, WrongRequest, body, json_body, numbers
from .tokenizers import Forgotten, Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from starlette.requests import Request

__all__ = ["create_app"]

KINDS = {"css": "text/css", "html": "text/html", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}
CODES = {TooLarge: 413, TooSlow: 503, Forgotten: 404}
# Characters of Shakespeare among the examples: a training and a completion of them take well under a second.
EXAMPLE = 200_000
# Articles of the declaration among the examples, by language: as on the web, some languages have less text than others.
ARTICLES = {"English": 20, "German": 20, "Hindi": 5, "Thai": 5}
PATTERNS = ("gpt2", "cl100k", "o200k", "none")


def create_app(limits: RequestLimits | None = None, hosts: Collection[str] = LOOPBACK) -> Starlette:
    """The playground as an ASGI application.

    Args:
        limits: How much it takes on.
        hosts: The names by which it may be asked for, without ports.

    >>> [route.path for route in create_app().routes][:2]
    ['/', '/static/{name}']
    """
    play = Playground(limits or RequestLimits())

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        play.close()

    answers = play.answers
    app = Starlette(
        routes=[
            Route("/", play.static),
            Route("/static/{name}", play.static),
            Route("/api/start", play.start),
            Route("/api/tokens", play.json(answers.tokens), methods=["POST"]),
            Route("/api/edit", play.json(answers.edit), methods=["POST"]),
            Route("/api/bill", play.json(answers.bill), methods=["POST"]),
            Route("/api/piece", play.json(answers.piece), methods=["POST"]),
            Route("/api/lanes", play.json(answers.lanes), methods=["POST"]),
            Route("/api/bigram", play.json(answers.bigram), methods=["POST"]),
            Route("/api/page", play.json(answers.page, "text/html"), methods=["POST"]),
            Route("/api/tokenizer", play.open_file, methods=["POST"]),
            Route("/api/train", play.train, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={MinitokError: refuse, HTTPException: refuse},
        lifespan=lifespan,
    )
    app.state.playground = play
    return app


async def refuse(_: Request, error: Exception) -> Response:
    """An error as an answer: what was wrong, in a sentence."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code)
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), 400)
    return JSONResponse({"error": str(error), "kind": type(error).__name__}, code)


class Playground:
    """The handlers, and what they share: answers, files, threads."""

    def __init__(self, limits: RequestLimits) -> None:
        self.limits = limits
        self.answers = Answers(Shelf(limits.kept), limits)
        self.files = static_files()
        self.workers = ThreadPoolExecutor(limits.workers, "minitok-play")
        self.trainers = ThreadPoolExecutor(max(1, limits.trainings), "minitok-train")
        self.training = 0

    def close(self) -> None:
        self.workers.shutdown(wait=False, cancel_futures=True)
        self.trainers.shutdown(wait=False, cancel_futures=True)

    async def static(self, request: Request) -> Response:
        """A file of the package, by its name: there are these, and no others."""
        name = request.path_params.get("name", "index.html")
        if name not in self.files:
            raise HTTPException(404, "there is no such file")
        return Response(self.files[name], media_type=KINDS[name.rsplit(".", 1)[1]])

    async def start(self, _: Request) -> Response:
        return JSONResponse(await self.work(self.answers.start))

    def json(self, answer: Callable[[dict[str, Any]], Any], kind: str = "application/json") -> Any:
        """A handler: JSON in, an answer made in a thread, JSON (or text of another kind) out."""

        async def handler(request: Request) -> Response:
            asked = await json_body(request, self.limits.json, self.limits.seconds)

            def made() -> bytes:
                answered = answer(asked)
                return (answered if isinstance(answered, str) else json.dumps(answered)).encode()

            return Response(await self.work(made), media_type=kind)

        return handler

    async def open_file(self, request: Request) -> Response:
        """Take a tokenizer's file; the answer describes it."""
        require_bytes(request)
        data = await body(request, self.limits.tokenizer, self.limits.seconds)
        name, pattern = (request.query_params.get(field) or None for field in ("name", "pattern"))
        return Response(
            await self.work(lambda: json.dumps(self.answers.shelf.read(data, name, pattern)).encode()),
            media_type="application/json",
        )

    async def train(self, request: Request) -> Response:
        """Train on the body of the request; the answer comes line by line while it runs."""
        require_bytes(request)
        plan = self.plan(request, await body(request, self.limits.corpus, self.limits.seconds))
        if self.training >= self.limits.trainings:
            raise TooSlow("too many trainings are running; wait for one to end, or stop one")
        return StreamingResponse(self.told(plan), media_type="application/x-ndjson")

    async def told(self, plan: Plan) -> AsyncIterator[bytes]:
        self.training += 1
        try:
            async with contextlib.aclosing(lines(plan, self.trainers, self.answers.shelf.put)) as news:
                async for line in news:
                    yield line
        finally:
            self.training -= 1

    def plan(self, request: Request, text: bytes) -> Plan:
        """What is to be learnt, from the address."""
        asked = dict(request.query_params)
        size = asked.get("vocab_size", "")
        if not (size.isascii() and size.isdigit() and len(size) < 10):
            raise WrongRequest("'vocab_size' must be a whole number")
        special = [name for name in asked.get("special", "").split("\n") if name]
        numbers({"vocab_size": int(size)}, vocab_size=(256 + len(special), self.limits.vocab_size))
        if asked.get("pattern") not in PATTERNS:
            raise WrongRequest(f"'pattern' must be one of {', '.join(PATTERNS)}")
        counting = {"pattern": asked["pattern"], "special_tokens": special}
        learning = {"tie_break": asked.get("tie_break", "smallest_ids"), "name": asked.get("name") or None}
        languages = by_language(asked["languages"], text) if "languages" in asked else {}
        return Plan(text, int(size), counting, learning, self.limits.training_seconds, languages)

    async def work(self, made: Callable[[], Any]) -> Any:
        """Something done in a thread, or refused when its time is over."""
        try:
            return await asyncio.wait_for(
                asyncio.get_running_loop().run_in_executor(self.workers, made), self.limits.seconds
            )
        except asyncio.TimeoutError:
            raise TooSlow(f"not done in {self.limits.seconds:g} seconds") from None


def by_language(said: str, text: bytes) -> dict[str, bytes]:
    """The text of each language: names of the declaration, each with how many bytes of the text are in that language.

    >>> by_language("English:3,German:7", b"thederHund")
    {'English': b'the', 'German': b'derHund'}
    """
    found: dict[str, bytes] = {}
    at = 0
    for language, _, size in (part.rpartition(":") for part in said.split(",") if part):
        if language not in human_rights():
            raise WrongRequest(
                f"{language!r} is not a language of the declaration, which says who is worst off: Hindi is, for example"
            )
        if language in found:
            raise WrongRequest(f"{language} is named twice")
        if not (size.isascii() and size.isdigit() and len(size) < 10):
            raise WrongRequest("'languages' must be names with whole numbers")
        found[language] = text[at : at + int(size)]
        at += int(size)
        if not found[language].strip():
            raise WrongRequest(f"there is no text in {language}")
    if len(found) < 2:
        raise WrongRequest("parity is between languages: there must be texts in two or more")
    if at != len(text):
        raise WrongRequest(f"'languages' are of {at:,} bytes, the text of {len(text):,}")
    return found


def require_bytes(request: Request) -> None:
    """A body that is a file. A page of another site cannot send this type without asking first."""
    if request.headers.get("content-type", "").lower() != "application/octet-stream":
        raise WrongRequest("the request must be application/octet-stream")


def static_files() -> dict[str, bytes]:
    """The page and its parts; the look of its tokens and trees is that of the pages that ``explain`` writes."""
    found = {
        file.name: file.read_bytes()
        for file in files("minitok.play").joinpath("static").iterdir()
        if file.name.rsplit(".", 1)[-1] in KINDS
    }
    look = files("minitok.explain").joinpath("assets/page.css").read_bytes()
    return {**found, "explain.css": look, "shakespeare.txt": shakespeare(), "languages.txt": languages()}


def shakespeare() -> bytes:
    """Whole speeches of Tiny Shakespeare, as an example long enough to train on and to complete."""
    beginning = tiny_shakespeare()[:EXAMPLE]
    return beginning[: beginning.rindex("\n\n") + 1].encode()


def languages() -> bytes:
    """Articles of the declaration in four languages, as an example to train on with parity."""
    texts = [[language, *human_rights()[language][:most]] for language, most in ARTICLES.items()]
    return "".join(f"{line}\n" for lines in texts for line in lines).encode()
