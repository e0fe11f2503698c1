"""Stage 14: what a change does to the ids of a text, and which of them every continuation keeps."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ...reference.more.session import splice
from ...tokenizer import Tokenizer
from ..bench import Bench
from ..report import Failure
from ..showing import link, show, show_ids, show_merges, show_text
from .stage import Stage
from .texts import letters, merge_lists

Pair = tuple[int, int]
A, B, C = b"abc"

CHANGES: tuple[tuple[list[int], list[int]], ...] = (
    ([1, 2, 3], [1, 4, 3]),
    ([1, 2], [1, 2]),
    ([], [7]),
    ([7, 8], []),
    ([1, 3], [1, 3, 3]),
    ([1, 3, 3], [1, 3]),
)
PIECES: tuple[tuple[str, list[Pair]], ...] = (
    ("ab", [(A, B)]),
    ("xab", [(A, B), (256, C)]),
    ("", [(A, B)]),
    ("aa", [(A, B), (A, A)]),
    ("cab", [(A, B), (C, 256), (B, C)]),
)


def run(bench: Bench) -> Failure | None:
    bench.need("splice", "stable")
    ids = st.lists(st.integers(97, 99), max_size=6)
    failure = bench.search(lambda one: check_splice(bench, *one), CHANGES, st.tuples(ids, ids))
    alphabet = letters(bench.random, 3)
    pieces = st.tuples(st.text(alphabet=alphabet, max_size=8), merge_lists(alphabet))
    return failure or bench.search(lambda one: check_stable(bench, *one), PIECES, pieces, tries=80)


def check_splice(bench: Bench, old: list[int], new: list[int]) -> Failure | None:
    found = splice(old, new)

    def why(yours: Any) -> str:
        if not (isinstance(yours, tuple) and len(yours) == 3 and isinstance(yours[2], list)):
            return "The answer is a tuple: where ids change, how many go, and a list of those in their place."
        start, removed, ids = yours
        if not isinstance(start, int) or not isinstance(removed, int):
            return "The answer begins with two numbers, of ids."
        if min(start, removed) < 0 or [*old[:start], *ids, *old[start + removed :]] != new:
            return "Put together, old ids and yours are not the new ones. No id may be in the prefix and in the suffix."
        return f"They part at index {min(start, found.start)}: the longest prefix stays, then the longest suffix."

    return bench.compare(
        f"splice({show_ids(old)}, {show_ids(new)})",
        lambda: bench.session.call("splice", old, new),
        (found.start, found.removed, found.ids),
        why,
        shown=show,
    )


def check_stable(bench: Bench, piece: str, merges: list[Pair]) -> Failure | None:
    session = Tokenizer(merges, pattern="none").session(piece)
    expected = session.stable

    def why(yours: Any) -> str:
        if not isinstance(yours, int) or isinstance(yours, bool):
            return "The answer is a number of ids."
        at = f"They part at index {min(max(yours, 0), expected)}"
        if yours < expected:
            return f"{at}: whatever follows, this id stays."
        return f"{at}: {show_text(piece + lost(piece, merges, yours))} has another id there."

    return bench.compare(
        f"stable({show_text(piece)}, {show_merges(merges)})",
        lambda: bench.session.call("stable", piece, {pair: 256 + rank for rank, pair in enumerate(merges)}),
        expected,
        why,
        link=lambda _: link(piece, merges) if piece else None,
    )


def lost(piece: str, merges: list[Pair], kept: int) -> str:
    """A continuation after which a piece keeps fewer ids than that."""
    tok = Tokenizer(merges, pattern="none")
    ids = tok.encode(piece)
    rests = (token[at:].decode() for token in map(tok.token_bytes, range(256 + len(merges)))
             if token and token.isascii() for at in range(1, len(token)))  # fmt: skip
    return next((rest for rest in rests if tok.encode(piece + rest)[: min(kept, len(ids))] != ids[:kept]), "")


STAGE = Stage(14, "cursor", 0, run, ("minitok",), extra=True)
