"""The demonstration: train, encode, decode and look inside, in under a minute: `make demo`.

Nothing here is prepared: each number comes from the run, and a disagreement between the two backends is an error.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import minitok
from minitok.cli.console import output, plain_table, waiting
from minitok.data import tiny_shakespeare
from minitok.errors import MinitokError
from minitok.explain.chips import plural
from minitok.explain.page import page
from minitok.explain.terminal import MergeSteps, TokenText, TrainSteps
from minitok.explain.training import training_section
from minitok.formats.files import check_folder
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text
from terminal_svg import save_svg

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitok import Tokenizer
    from minitok.backend import BackendName

    Event = dict[str, Any]

PICTURE_WIDTH = 92
LAST = 12
# How much of the text Python trains on, in characters, and to how many ids; all of it would take it a minute.
SLICE = 100_000
SLICE_VOCAB = 1_024
TRACED = 8
REPLAYED = 100

VOCAB_SIZE = 4096
UNSEEN = "What's in a tokenizer? That which we call a byte\nby any other name would merge: café, 東京, 🦀."
WORD = " unforgettable"


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


@dataclass(frozen=True)
class Task:
    """One task done by both backends, with equal results: what it was, and the seconds each took."""

    name: str
    equal: str
    rust: float
    python: float


@dataclass(frozen=True)
class EncodedText:
    """A text that the tokenizer has not seen, and one word of it step by step."""

    ids: list[int]
    tokens: list[bytes]
    back: bytes
    steps: list[Event]

    @property
    def bytes_per_token(self) -> float:
        return len(self.back) / max(1, len(self.ids))


def learn(file: Path | None) -> DemoTraining:
    """Train with Rust on the whole of a file, or of what comes with the package."""
    corpus = tiny_shakespeare() if file is None else file.read_text(encoding="utf-8")
    if not corpus:
        raise MinitokError(f"{file} is empty: there is nothing to learn")
    started = perf_counter()
    tokenizer = minitok.train([corpus], VOCAB_SIZE, backend="rust", name=file.stem if file else "tiny-shakespeare")
    seconds = perf_counter() - started
    first: list[Event] = []
    # A smaller training is the beginning of a larger one (SPEC T9), so its trace is that of the first merges.
    minitok.train([corpus], 256 + TRACED, backend="rust", trace=first.append)
    ratio = len(corpus.encode()) / tokenizer.count(corpus)
    return DemoTraining(str(file or "Tiny Shakespeare"), corpus, tokenizer, seconds, ratio, first)


def compare(learnt: DemoTraining) -> list[Task]:
    """Train on a slice, and encode and decode it, with both backends; the results must be equal."""
    text = learnt.corpus[:SLICE]

    def training(backend: BackendName) -> list[tuple[int, int]]:
        return minitok.train([text], SLICE_VOCAB, backend=backend, threads=1).merges

    ids = learnt.tokenizer.encode(text)
    python = learnt.tokenizer.replace(backend="python")
    n_bytes = len(text.encode())
    size = f"{n_bytes / 1000:,.0f} kB" if n_bytes >= 1000 else plural(n_bytes, "byte")
    return [
        both(f"train: {size}, {SLICE_VOCAB:,} ids", "merges", lambda: training("rust"), lambda: training("python")),
        both(f"encode: {size}", "ids", lambda: learnt.tokenizer.encode(text), lambda: python.encode(text)),
        both(
            f"decode: {len(ids):,} ids",
            "bytes",
            lambda: learnt.tokenizer.decode_bytes(ids),
            lambda: python.decode_bytes(ids),
        ),
    ]


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


def encode_unseen(learnt: DemoTraining) -> EncodedText:
    """Encode a text and decode it again; trace the encoding of one word."""
    tok = learnt.tokenizer
    ids = tok.encode(UNSEEN)
    steps: list[Event] = []
    tok.encode(WORD, trace=steps.append)
    return EncodedText(ids, [tok.token_bytes(token_id) for token_id in ids], tok.decode_bytes(ids), steps)


def web_page(learnt: DemoTraining) -> str:
    """The first merges of the training, and the text explained, as one web page."""
    events: list[Event] = []
    n_merges = min(REPLAYED, len(learnt.tokenizer.merges))
    minitok.train([learnt.corpus], 256 + n_merges, backend="rust", trace=events.append)
    sections = [training_section(events, learnt.tokenizer), learnt.tokenizer.explain(UNSEEN).section()]
    lead = f"The first merges of a training on {learnt.name}, and then a text that it has never seen, token by token."
    return page("minitok demo", sections, lead)


def picture() -> Console:
    """A terminal of fixed size and colours, whose content is kept for the picture."""
    return Console(record=True, width=PICTURE_WIDTH, highlight=False, force_terminal=True, color_system="truecolor")


def section(number: str, name: str, content: RenderableType) -> RenderableType:
    """A numbered part, under its title."""
    heading = Text.assemble((f"{number} ", "bold cyan"), (name, "bold"))
    return Group(Rule(heading, align="left", style="dim"), Padding(content, (1, 0, 1, 2), expand=False))


def title() -> RenderableType:
    about = Text.assemble(("minitok ", "bold"), (minitok.__version__, "dim"), "  byte-level BPE in Python and in Rust")
    return Padding(about, (1, 0), expand=False)


def learning(learnt: DemoTraining) -> RenderableType:
    """What was learnt: the first merges with their counts, and the last tokens."""
    tok = learnt.tokenizer
    size, merges = f"{learnt.corpus_bytes:,} bytes", f"{len(tok.merges):,} merges"
    told = Text.assemble(
        learnt.name, ", ", (size, "bold"), " -> ", (f"{tok.vocab_size:,} ids", "bold"), f" = 256 bytes + {merges}, in ",
        (f"{learnt.seconds:.2f} s", "bold"), ".\n",
        "Every step merges the most frequent pair into a new id. The first merges:",
    )  # fmt: skip
    last = range(max(256, tok.vocab_size - LAST), tok.vocab_size)
    tokens = TokenText(last, [tok.token_bytes(token_id) for token_id in last])
    return Group(told, TrainSteps(learnt.first, tok.token_bytes), Text(f"The last {len(last)} tokens:"), tokens)


def comparison(tasks: list[Task]) -> RenderableType:
    """The times of both backends side by side; that their results are equal has been checked."""
    table = plain_table("<task", "Python", "Rust", "times", "<equal results")
    for task in tasks:
        faster = f"{task.python / task.rust:,.0f}"
        equal = Text.assemble(("✓ ", "bold green"), task.equal)
        table.add_row(task.name, milliseconds(task.python), milliseconds(task.rust), faster, equal)
    note = Text("Python is here to be read, Rust to be run (the median of five runs).", "dim")
    return Group(table, note)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def encoding(encoded: EncodedText, learnt: DemoTraining) -> RenderableType:
    """The text by its tokens, the ids, and the way back."""
    if encoded.back != UNSEEN.encode():
        raise MinitokError(f"decoding gave {encoded.back!r}, not the text {UNSEEN!r}")
    unseen, seen = (f"{ratio:.2f}" for ratio in (encoded.bytes_per_token, learnt.bytes_per_token))
    told = Text.assemble(
        (plural(len(encoded.ids), "token"), "bold"), f" for {len(encoded.back)} bytes: ", (unseen, "bold"),
        f" bytes a token (its own corpus: {seen}).\n",
        ("✓ ", "bold green"), "Decoding the ids gives every byte back.",
    )  # fmt: skip
    ids = Text(" ".join(map(str, encoded.ids)), "dim")
    return Group(TokenText(encoded.ids, encoded.tokens), Text(), ids, Text(), told)


def inside(encoded: EncodedText, learnt: DemoTraining) -> RenderableType:
    """How one word is encoded, a row a merge."""
    word = WORD.replace(" ", "·")
    told = Text.assemble(("How ", ""), (word, "bold"), " is encoded: the pair of lowest rank is merged first.")
    return Group(told, MergeSteps(encoded.steps, learnt.tokenizer.token_bytes))


def closing(html: Path | None) -> RenderableType:
    """Where the page lies, and what to do next."""
    # As after `make demo`, where nothing is on PATH.
    minitok_here = "minitok" if which("minitok") else os.path.relpath(Path(sys.executable).with_name("minitok"))
    page = (f"open {html.absolute()} in a browser: every merge to step through\n      ") if html else ""
    lines = Text.assemble(
        ("Next  ", "bold cyan"), page, f"{minitok_here} train your.txt -o my.json\n",
        f"      {minitok_here} encode -t my.json --text 'Hello, world'\n",
        f"      {minitok_here} explain 'Why these tokens?' --html why.html\n",
        f"      {minitok_here} --help",
        overflow="fold",
    )  # fmt: skip
    return Padding(lines, (0, 0, 1, 0), expand=False)


def main(arguments: list[str] | None = None) -> None:
    """A text in, tokens out, in both languages."""
    parser = ArgumentParser(description=main.__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="a text to learn from; by default plays of Shakespeare")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a web page to explore")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also draw a picture of the output")
    wanted = parser.parse_args(arguments)
    console = picture() if wanted.svg else output()
    if wanted.html:
        check_folder(wanted.html)
    console.print(title())
    with waiting("training with Rust"):
        learnt = learn(wanted.file)
    console.print(section("1", "Learn", learning(learnt)))
    with waiting("the same in Python, which takes a little longer"):
        tasks = compare(learnt)
    console.print(section("2", "Two languages, one result", comparison(tasks)))
    encoded = encode_unseen(learnt)
    console.print(section("3", "Encode a text it has never seen", encoding(encoded, learnt)))
    console.print(section("4", "Look inside", inside(encoded, learnt)))
    if wanted.html:
        with waiting("writing the page"):
            wanted.html.write_text(web_page(learnt), encoding="utf-8")
    console.print(closing(wanted.html))
    if wanted.svg:
        save_svg(console, wanted.svg, "make demo")


if __name__ == "__main__":
    main()
