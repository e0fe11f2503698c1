"""Chunks of minitok beside those of other libraries: ``python -m benchmarks.chunks FILE... --tokens 256``.

Each file is one document. Prints a row for each library that is installed (semchunk, semantic-text-splitter,
langchain-text-splitters, each with tiktoken): seconds, chunks, how full they are, and the share of edges between two chunks
that cut a word, lie inside a sentence, are at a blank line, or stand right behind a heading; how many chunks have too many
tokens; and in how many documents the chunks joined are the document. A word, a sentence and a heading are what the plain
patterns below say, the same for all libraries.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import minitok

Spans = list[tuple[int, int]]
Cutter = Callable[[str], Spans]

PEERS = ("tiktoken", "semchunk", "semantic_text_splitter", "langchain_text_splitters")

TERMINAL = re.compile(r"[.!?…。！？:;|][\"')\]}*_`’”»」]*$")  # noqa: RUF001 - marks of other scripts
WRAPPED = 40


class Edges(NamedTuple):
    """How many edges there are, and how many of each kind."""

    all: int = 0
    word: int = 0
    sentence: int = 0
    paragraph: int = 0
    heading: int = 0

    def plus(self, other: Edges) -> Edges:
        return Edges(*map(sum, zip(self, other, strict=True)))


def edges(text: str, spans: Spans) -> Edges:
    """What stands at the edges between the chunks of a text."""
    found = Edges()
    for (_, end), (start, _) in zip(spans, spans[1:], strict=False):
        # White space at an edge belongs to none: many libraries strip it.
        right = len(text) - len(text[max(start, end) :].lstrip())
        left = len(text[max(end - 4096, 0) : end].rstrip()) + max(end - 4096, 0)
        between = text[left:right]
        line = text[text.rfind("\n", 0, left) + 1 : left]
        word = not between and text[left - 1 : left].isalnum() and text[right : right + 1].isalnum()
        paragraph = between.count("\n") > 1
        on = text[right : right + 1]
        ended = TERMINAL.search(line) is not None and not on.islower()
        broken = "\n" in between and not (len(line) >= WRAPPED and on.islower())
        heading = re.match(r"#{1,6}\s", line) is not None
        found = found.plus(Edges(1, word, not (ended or broken), paragraph, heading))
    return found


def cutters(tokens: int) -> Iterator[tuple[str, Cutter]]:
    """Each library, and what cuts a text into chunks of a given number of tokens of o200k_base: their places."""
    tok = minitok.get_encoding("o200k_base")
    for fill in (0.5, 0.33):
        yield f"minitok, fill {fill}", partial(of_minitok, tokens, fill)
    found = {name: import_module(name) for name in PEERS if find_spec(name) is not None}
    if "tiktoken" not in found:
        return
    peer = found["tiktoken"].get_encoding("o200k_base")
    if "semchunk" in found:
        counters = {"semchunk": partial(of_tiktoken, peer), "semchunk with minitok's count": tok.count}
        for name, count in counters.items():
            yield name, partial(of_semchunk, found["semchunk"].chunkerify(count, tokens, memoize=False))
    if "semantic_text_splitter" in found:
        for name, kind in (("semantic-text-splitter", "TextSplitter"), ("the same, Markdown", "MarkdownSplitter")):
            splitter = getattr(found["semantic_text_splitter"], kind).from_tiktoken_model("gpt-4o", tokens)
            yield name, partial(of_splitter, splitter)
    if "langchain_text_splitters" in found:
        recursive = found["langchain_text_splitters"].RecursiveCharacterTextSplitter.from_tiktoken_encoder(
            "o200k_base", chunk_size=tokens, chunk_overlap=0, add_start_index=True, disallowed_special=()
        )
        yield "langchain, recursive", partial(of_langchain, recursive)


def of_minitok(tokens: int, fill: float, text: str) -> Spans:
    """The places of minitok's chunks."""
    return [(chunk.start, chunk.end) for chunk in minitok.get_encoding("o200k_base").chunk(text, tokens, fill=fill)]


def of_tiktoken(peer: Any, text: str) -> int:
    """The count that users of tiktoken take."""
    return len(peer.encode_ordinary(text))


def of_semchunk(cut: Any, text: str) -> Spans:
    """The places of semchunk's chunks."""
    return list(cut(text, offsets=True)[1])


def of_splitter(splitter: Any, text: str) -> Spans:
    """The places of semantic-text-splitter's chunks."""
    return [(start, start + len(part)) for start, part in splitter.chunk_indices(text)]


def of_langchain(splitter: Any, text: str) -> Spans:
    """The places of langchain's chunks."""
    parts = [(one.metadata["start_index"], one.page_content) for one in splitter.create_documents([text])]
    return [(start, start + len(part)) for start, part in parts]


def row(name: str, cut: Cutter, texts: list[str], tokens: int, repeats: int) -> str:
    """What one library does, as a row of a table."""
    tok = minitok.get_encoding("o200k_base")
    cut(texts[0][:100_000])
    times = []
    for _ in range(repeats):
        begun = time.process_time()
        spans = [cut(text) for text in texts]
        times.append(time.process_time() - begun)
    found, counts, joined = Edges(), [], 0
    for text, places in zip(texts, spans, strict=True):
        found = found.plus(edges(text, places))
        parts = [text[start:end] for start, end in places]
        counts += tok.count_batch(parts)
        joined += "".join(parts) == text
    shares = (f"{100 * number / max(found.all, 1):.1f}" for number in found[1:])
    full, over = sum(counts) / len(counts) / tokens, sum(count > tokens for count in counts)
    cells = [
        name,
        f"{min(times):.3f}",
        f"{len(counts):,}",
        f"{full:.2f}",
        *shares,
        str(over),
        f"{joined} of {len(texts)}",
    ]
    return " | ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chunks", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    texts = [path.read_text(encoding="utf-8", errors="ignore") for path in options.files]
    print("library | seconds | chunks | full | word | sentence | paragraph | heading | over | joined")
    for name, cut in cutters(options.tokens):
        print(row(name, cut, texts, options.tokens, options.repeats), flush=True)


if __name__ == "__main__":
    main()
