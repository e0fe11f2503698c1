"""Texts that change: how long an edit takes, beside encoding all again. The ids are verified at the end of each series.

    python benchmarks/sessions.py

Prints microseconds: the median, and the 90th and the 99th percentile.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import minitok
from minitok.data import human_rights, tiny_shakespeare

MILLIONS = 4_190_000
EDITS = 4000


def texts() -> dict[str, str]:
    """Long texts of several kinds."""
    articles = human_rights()
    kinds = {"English": tiny_shakespeare()}
    kinds |= {language: "\n".join(articles[language]) for language in ("Chinese", "Hindi", "Thai")}
    return {name: (text * (MILLIONS // len(text) + 1))[:MILLIONS] for name, text in kinds.items()}


def timed(works: Iterable[Callable[[], Any]]) -> str:
    """How long pieces of work take."""
    took = []
    for work in works:
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    took.sort()
    return "  ".join(f"{1e6 * took[len(took) * part // 100]:8.1f}" for part in (50, 90, 99))


def edits(session: Any, text: str, rng: random.Random) -> Iterator[Callable[[], Any]]:
    """Edits of a few characters, anywhere."""
    for _ in range(EDITS):
        at = rng.randrange(len(session) - 20)
        end, new = (
            at + rng.choice((0, 0, 1, 7)),
            text[(start := rng.randrange(len(text) - 9)) : start + rng.randrange(9)],
        )
        yield partial(session.edit, at, end, new)


def appends(session: Any, text: str, length: int) -> Iterator[Callable[[], Any]]:
    """Parts of a text, added at the end."""
    for at in range(0, min(EDITS * length, len(text) - length), length):
        yield partial(session.append, text[at : at + length])


def chats(sessions: list[Any], text: str, rng: random.Random) -> Iterator[Callable[[], Any]]:
    """Thirty messages in each of many conversations."""
    for _ in range(30):
        for session in sessions:
            at = rng.randrange(len(text) - 400)
            yield partial(session.append, text[at : at + rng.randrange(20, 400)])


def main() -> None:
    """All series."""
    rng, tok = random.Random(1), minitok.get_encoding("o200k_base")
    print(f"minitok {minitok.__version__}, o200k_base{'':28}      p50       p90       p99")
    for name, text in texts().items():
        tok.encode_to_numpy(text)
        start = time.perf_counter()
        tok.encode_to_numpy(text)
        whole = time.perf_counter() - start
        session = tok.session(text)
        print(f"{name}: building {(time.perf_counter() - start - whole) / whole:.2f} of encoding, {whole * 1e3:.1f} ms")
        for what, works in {
            "16 characters appended": appends(session, text, 16),
            "256 characters appended": appends(session, text, 256),
            "edited anywhere": edits(session, text, rng),
        }.items():
            print(f"  {what:45}{timed(works)}", flush=True)
        assert session.ids().tolist() == tok.encode(session.text())
        print(f"  {'all again':45}{timed(partial(tok.encode_to_numpy, text) for _ in range(9))}", flush=True)
    sessions = [tok.session() for _ in range(200)]
    print(f"{'200 conversations, 30 messages each':47}{timed(chats(sessions, tiny_shakespeare(), rng))}")
    for session in sessions:
        assert session.ids().tolist() == tok.encode(session.text())


if __name__ == "__main__":
    main()
