"""Stage 5: a piece as ids, lowest rank first."""

from __future__ import annotations

from typing import Any

from ...data import tiny_shakespeare
from ...tokenizer import Tokenizer
from ...training import train
from ..bench import Bench
from ..parting import encode_parting, mistakes
from ..report import Failure
from ..showing import link, show_ids, show_merges, show_text, show_tokens, token_table
from .stage import Stage
from .texts import merges_and_pieces

Pair = tuple[int, int]
A, B, C, D = b"abcd"

EXAMPLES: tuple[tuple[str, list[Pair]], ...] = (
    ("ab", [(A, B)]),
    ("cba", [(B, A), (C, B)]),
    ("ba", [(A, B)]),
    ("aaa", [(A, A)]),
    ("abab", [(A, B)]),
    ("abcd", [(C, D), (A, B), (257, 256)]),
    ("abc", [(B, C), (A, B), (257, C)]),
    ("abcd", [(B, C), (A, B), (C, D)]),
    ("abcab", [(A, B), (B, C)]),
    ("abc", [(B, C), (A, 256), (A, B)]),
    ("abcbc", [(A, B), (B, C), (256, C)]),
    ("aaaa", [(A, A), (256, 256)]),
    ("", [(A, B)]),
    ("a", []),
    (" aB", [(32, A)]),
    ("\n\n", [(10, 10)]),
    ("ab" * 200, [(A, B), (256, 256)]),
    ("éé", [(0xC3, 0xA9)]),
)


def run(bench: Bench) -> Failure | None:
    bench.need("encode_piece")
    examples = [*EXAMPLES, *learnt(bench)] if bench.course_names else EXAMPLES[:-1]
    return bench.search(lambda one: check(bench, *one), examples, merges_and_pieces(bench.random, "é"), tries=80)


def learnt(bench: Bench) -> list[tuple[str, list[Pair]]]:
    """Long words, under more merges than a program may have been tried with."""
    plays = tiny_shakespeare()
    merges = list(train([plays[:200_000]], 256 + 1100, pattern="gpt2").merges)
    words = sorted({word for word in plays.split() if len(word) > 11 and word.isalpha()})
    some = bench.random.sample(words, 92)
    return [*((f" {word}", merges) for word in some[:12]), ("".join(some[12:]), merges)]


def check(bench: Bench, piece: str, merges: list[Pair]) -> Failure | None:
    expected = Tokenizer(merges, pattern="none").encode(piece)
    tokens = token_table(merges)

    def shown(ids: Any) -> str:
        if isinstance(ids, list) and all(isinstance(token_id, int) and token_id in tokens for token_id in ids):
            return f"{show_tokens([tokens[token_id] for token_id in ids])} {show_ids(ids)}".strip()
        return show_ids(ids) if isinstance(ids, list) else repr(ids)

    def parting(yours: Any) -> tuple[int | None, str]:
        if not isinstance(yours, list) or not all(isinstance(token_id, int) for token_id in yours):
            return None, "The answer is a list of ids."
        if yours == list(map(ord, piece)) and not piece.isascii():
            return None, "They part at the beginning: a piece begins as its bytes, and yours are code points."
        return encode_parting(piece.encode(), merges, yours, habits(bench))

    return bench.compare(
        f"{bench.label('encode_piece')}({show_text(piece)}, {show_merges(merges)})",
        lambda: bench.session.call("encode_piece", piece, {pair: 256 + rank for rank, pair in enumerate(merges)}),
        expected,
        lambda yours: parting(yours)[1],
        shown=shown,
        link=lambda yours: link(piece, merges, step=parting(yours)[0]),
    )


def habits(bench: Bench) -> list[str]:
    """The mistakes that explain every answer to the examples, the right ones too."""
    found: list[str] | None = None
    for piece, merges in EXAMPLES[:-1]:
        table = {pair: 256 + rank for rank, pair in enumerate(merges)}
        yours = bench.quietly("encode_piece", piece, table)
        if isinstance(yours, list) and all(isinstance(token_id, int) for token_id in yours):
            here = mistakes(piece.encode(), merges, yours)
            found = here if found is None else [words for words in found if words in here]
    return found or []


STAGE = Stage(5, "encode", 5, run)
