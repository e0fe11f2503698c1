"""What ``minitok demo`` does and measures, apart from how it is shown.

Nothing here is prepared: each number comes from the run, and a disagreement between the two backends is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import minitok
from minitok.data import tiny_shakespeare
from minitok.errors import MinitokError
from minitok.explain.chips import plural
from minitok.explain.page import page
from minitok.explain.sections import explanation_sections
from minitok.explain.training import training_section

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from minitok import Tokenizer
    from minitok.backend import BackendName

    Event = dict[str, Any]

__all__ = [
    "UNSEEN",
    "DemoTraining",
    "EncodedText",
    "SideBySide",
    "Task",
    "compare",
    "encode_unseen",
    "learn",
    "web_page",
]

# How much of the text Python trains on, in characters, and to how many ids; all of it would take it a minute.
SLICE = 100_000
SLICE_VOCAB = 1_024
TRACED = 8
REPLAYED = 100

UNSEEN = "What's in a tokenizer? That which we call a byte\nby any other name would merge: café, 東京, 🦀."


@dataclass(frozen=True)
class DemoTraining:
    """A training: its text and what that is called, the tokenizer, how long it took, and the events of its first merges."""

    name: str
    corpus: str
    tokenizer: Tokenizer
    seconds: float
    bytes_per_token: float
    first: list[Event]

    @property
    def corpus_bytes(self) -> int:
        return len(self.corpus.encode())

    def summary(self) -> dict[str, Any]:
        """As data."""
        return {
            "n_vocab": self.tokenizer.n_vocab,
            "merges": len(self.tokenizer.merges),
            "corpus_bytes": self.corpus_bytes,
            "seconds": self.seconds,
            "bytes_per_token": self.bytes_per_token,
            "first": self.first,
        }


@dataclass(frozen=True)
class Task:
    """One task done by both backends, with equal results: what it was, and the seconds each took."""

    name: str
    equal: str
    rust: float
    python: float


@dataclass(frozen=True)
class SideBySide:
    """The same tasks, done by both backends."""

    tasks: list[Task]

    def summary(self) -> list[dict[str, Any]]:
        """As data."""
        return [vars(task) for task in self.tasks]


@dataclass(frozen=True)
class EncodedText:
    """A text that the tokenizer has not seen, and one word of it step by step."""

    text: str
    ids: list[int]
    tokens: list[bytes]
    back: bytes
    word: str
    steps: list[Event]

    @property
    def bytes_per_token(self) -> float:
        return len(self.back) / max(1, len(self.ids))

    def summary(self) -> dict[str, Any]:
        """As data."""
        return {
            "text": self.text,
            "ids": self.ids,
            "round_trip": self.back == self.text.encode(),
            "bytes_per_token": self.bytes_per_token,
            "word": self.word,
            "steps": self.steps,
        }


def learn(vocab_size: int, file: Path | None) -> DemoTraining:
    """Train with Rust on the whole of a file, or of what comes with the package."""
    corpus = tiny_shakespeare() if file is None else file.read_text(encoding="utf-8")
    if not corpus:
        raise MinitokError(f"{file} is empty: there is nothing to learn")
    started = perf_counter()
    tokenizer = minitok.train([corpus], vocab_size, backend="rust", name=file.stem if file else "tiny-shakespeare")
    seconds = perf_counter() - started
    first: list[Event] = []
    # A smaller training is the beginning of a larger one (SPEC T9), so its trace is that of the first merges.
    minitok.train([corpus], 256 + TRACED, backend="rust", trace=first.append)
    ratio = len(corpus.encode()) / tokenizer.count(corpus)
    return DemoTraining(str(file or "Tiny Shakespeare"), corpus, tokenizer, seconds, ratio, first)


def compare(learnt: DemoTraining) -> SideBySide:
    """Train on a slice, and encode and decode it, with both backends; the results must be equal."""
    text = learnt.corpus[:SLICE]

    def training(backend: BackendName) -> list[tuple[int, int]]:
        return minitok.train([text], SLICE_VOCAB, backend=backend, threads=1).merges

    ids = learnt.tokenizer.encode(text)
    python = learnt.tokenizer.replace(backend="python")
    n_bytes = len(text.encode())
    size = f"{n_bytes / 1000:,.0f} kB" if n_bytes >= 1000 else plural(n_bytes, "byte")
    return SideBySide(
        [
            both(f"train: {size}, {SLICE_VOCAB:,} ids", "merges", lambda: training("rust"), lambda: training("python")),
            both(f"encode: {size}", "ids", lambda: learnt.tokenizer.encode(text), lambda: python.encode(text)),
            both(
                f"decode: {len(ids):,} ids",
                "bytes",
                lambda: learnt.tokenizer.decode_bytes(ids),
                lambda: python.decode_bytes(ids),
            ),
        ]
    )


def both(name: str, what: str, rust: Callable[[], Any], python: Callable[[], Any]) -> Task:
    """Do a task with both backends: Rust five times (the median counts), Python once."""
    times: list[float] = []
    for _ in range(5):
        started = perf_counter()
        fast = rust()
        times.append(perf_counter() - started)
    started = perf_counter()
    slow = python()
    seconds = perf_counter() - started
    if fast != slow:
        raise MinitokError(f"the two backends disagree: {name}")
    return Task(name, f"{len(fast):,} {what}", median(times), seconds)


def encode_unseen(learnt: DemoTraining, text: str, word: str) -> EncodedText:
    """Encode a text and decode it again; trace the encoding of one word."""
    tok = learnt.tokenizer
    ids = tok.encode(text)
    steps: list[Event] = []
    tok.encode(word, trace=steps.append)
    return EncodedText(text, ids, [tok.token_bytes(token_id) for token_id in ids], tok.decode_bytes(ids), word, steps)


def web_page(learnt: DemoTraining, text: str) -> str:
    """The first merges of the training, and the text explained, as one web page."""
    events: list[Event] = []
    n_merges = min(REPLAYED, len(learnt.tokenizer.merges))
    minitok.train([learnt.corpus], 256 + n_merges, backend="rust", trace=events.append)
    sections = [training_section(events, learnt.tokenizer), *explanation_sections(learnt.tokenizer.explain(text))]
    lead = f"The first merges of a training on {learnt.name}, and then a text that it has never seen, token by token."
    return page("minitok demo", sections, lead)
