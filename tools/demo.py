"""The demonstration: train, encode, decode and look inside, in under a minute: `make demo`.

Nothing here is prepared: each number comes from the run, and a disagreement between the two backends is an error.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
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
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text
from terminal_svg import save_svg, terminal

if TYPE_CHECKING:
    from minitok import Tokenizer

VOCAB_SIZE = 4096
LAST = 12
# How much of the text Python trains on, in characters, and to how many ids; all of it would take it a minute.
SLICE = 100_000
SLICE_VOCAB = 1_024
TRACED = 8
REPLAYED = 100
UNSEEN = "What's in a tokenizer? That which we call a byte\nby any other name would merge: café, 東京, 🦀."
WORD = " unforgettable"


def section(number: str, name: str, content: RenderableType) -> RenderableType:
    """A numbered part, under its title."""
    heading = Text.assemble((f"{number} ", "bold cyan"), (name, "bold"))
    return Group(Rule(heading, align="left", style="dim"), Padding(content, (1, 0, 1, 2), expand=False))


def learn(name: str, corpus: str) -> tuple[Tokenizer, RenderableType]:
    """Train with Rust on the whole of a text, and show the first merges with their counts, and the last tokens."""
    started = perf_counter()
    tok = minitok.train([corpus], VOCAB_SIZE, backend="rust", name=name)
    seconds = perf_counter() - started
    told = Text.assemble(
        name, ", ", (f"{len(corpus.encode()):,} bytes", "bold"), " -> ", (f"{tok.vocab_size:,} ids", "bold"),
        f" = 256 bytes + {len(tok.merges):,} merges, in ", (f"{seconds:.2f} s", "bold"), ".\n",
        "Every step merges the most frequent pair into a new id. The first merges:",
    )  # fmt: skip
    last = range(max(256, tok.vocab_size - LAST), tok.vocab_size)
    tokens = TokenText(last, [tok.token_bytes(token_id) for token_id in last])
    first = TrainSteps(events_of(corpus, TRACED), tok.token_bytes)
    return tok, Group(told, first, Text(f"The last {len(last)} tokens:"), tokens)


def events_of(corpus: str, merges: int) -> list[dict[str, Any]]:
    """The first merges of a training: a smaller one is the beginning of a larger one (SPEC T9)."""
    events: list[dict[str, Any]] = []
    minitok.train([corpus], 256 + merges, backend="rust", trace=events.append)
    return events


def compare(tok: Tokenizer, text: str) -> RenderableType:
    """Train on a text, and encode and decode it, with both backends, whose results must be equal: the times side by side."""
    backends = {"rust": tok, "python": tok.replace(backend="python")}
    ids, n_bytes = tok.encode(text), len(text.encode())
    size = f"{n_bytes / 1000:,.0f} kB" if n_bytes >= 1000 else plural(n_bytes, "byte")
    tasks: list[tuple[str, str, Callable[[Any], Any]]] = [
        (
            f"train: {size}, {SLICE_VOCAB:,} ids", "merges",
            lambda backend: minitok.train([text], SLICE_VOCAB, backend=backend, threads=1).merges,
        ),
        (f"encode: {size}", "ids", lambda backend: backends[backend].encode(text)),
        (f"decode: {len(ids):,} ids", "bytes", lambda backend: backends[backend].decode_bytes(ids)),
    ]  # fmt: skip
    table = plain_table("<task", "Python", "Rust", "times", "<equal results")
    for name, what, task in tasks:
        result, rust, python = both(name, task)
        equal = Text.assemble(("✓ ", "bold green"), f"{len(result):,} {what}")
        table.add_row(name, milliseconds(python), milliseconds(rust), f"{python / rust:,.0f}", equal)
    return Group(table, Text("Python is here to be read, Rust to be run (the median of five runs).", "dim"))


def both(name: str, task: Callable[[Any], Any]) -> tuple[Any, float, float]:
    """The result of a task, the same on both backends, and the seconds each took: the median of five of Rust, one of Python."""
    results, seconds = [], []
    for backend in ["rust"] * 5 + ["python"]:
        started = perf_counter()
        results.append(task(backend))
        seconds.append(perf_counter() - started)
    if results[0] != results[-1]:
        raise MinitokError(f"the two backends disagree: {name}")
    return results[0], median(seconds[:-1]), seconds[-1]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def encode(tok: Tokenizer, corpus: str) -> RenderableType:
    """A text that the tokenizer has not seen by its tokens, the ids, and the way back."""
    ids = tok.encode(UNSEEN)
    if (back := tok.decode(ids)) != UNSEEN:
        raise MinitokError(f"decoding gave {back!r}, not the text {UNSEEN!r}")
    unseen, seen = (len(text.encode()) / tok.count(text) for text in (UNSEEN, corpus))
    told = Text.assemble(
        (plural(len(ids), "token"), "bold"), f" for {len(UNSEEN.encode())} bytes: ", (f"{unseen:.2f}", "bold"),
        f" bytes a token (its own corpus: {seen:.2f}).\n",
        ("✓ ", "bold green"), "Decoding the ids gives every byte back.",
    )  # fmt: skip
    shown = Text(" ".join(map(str, ids)), "dim")
    return Group(TokenText(ids, [tok.token_bytes(token_id) for token_id in ids]), Text(), shown, Text(), told)


def inside(tok: Tokenizer) -> RenderableType:
    """How one word is encoded, a row a merge."""
    steps: list[dict[str, Any]] = []
    tok.encode(WORD, trace=steps.append)
    word = WORD.replace(" ", "·")
    told = Text.assemble(("How ", ""), (word, "bold"), " is encoded: the pair of lowest rank is merged first.")
    return Group(told, MergeSteps(steps, tok.token_bytes))


def web_page(tok: Tokenizer, corpus: str) -> str:
    """The first merges of the training, and the text explained, as one web page."""
    events = events_of(corpus, min(REPLAYED, len(tok.merges)))
    lead = f"The first merges of a training on {tok.definition.name}, and then a text that it has never seen, token by token."
    return page("minitok demo", [training_section(events, tok), tok.explain(UNSEEN).section()], lead)


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
    console = terminal() if wanted.svg else output()
    if wanted.html:
        check_folder(wanted.html)
    corpus = wanted.file.read_text(encoding="utf-8") if wanted.file else tiny_shakespeare()
    if not corpus:
        raise MinitokError(f"{wanted.file} is empty: there is nothing to learn")
    about = Text.assemble(("minitok ", "bold"), (minitok.__version__, "dim"), "  byte-level BPE in Python and in Rust")
    console.print(Padding(about, (1, 0), expand=False))
    with waiting("training with Rust"):
        tok, learnt = learn(str(wanted.file or "Tiny Shakespeare"), corpus)
    console.print(section("1", "Learn", learnt))
    with waiting("the same in Python, which takes a little longer"):
        compared = compare(tok, corpus[:SLICE])
    console.print(section("2", "Two languages, one result", compared))
    console.print(section("3", "Encode a text it has never seen", encode(tok, corpus)))
    console.print(section("4", "Look inside", inside(tok)))
    if wanted.html:
        with waiting("writing the page"):
            wanted.html.write_text(web_page(tok, corpus), encoding="utf-8")
    console.print(closing(wanted.html))
    if wanted.svg:
        save_svg(console, wanted.svg, "make demo")


if __name__ == "__main__":
    main()
