"""Stage 5: a piece as ids, lowest rank first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from ...data import tiny_shakespeare
from ...tokenizer import Tokenizer
from ...training import train
from ..bench import Bench
from ..parting import encode_parting, mistakes
from ..report import Failure
from ..search import smallest
from ..session import Raised, Stopped
from ..showing import link, show_ids, show_merges, show_text, show_tokens, token_table
from .stage import Stage
from .texts import merges_and_pieces

Pair = tuple[int, int]
Case = tuple[str, list[Pair]]
# A merge as the bytes of its sides.
Spelled = tuple[bytes, bytes]
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
    failing: list[Case] = []

    def checked(one: Case) -> Failure | None:
        failure = check(bench, *one)
        if failure is not None:
            failing.append(one)
        return failure

    failure = bench.search(checked, EXAMPLES if bench.course_names else EXAMPLES[:-1])
    if failure is not None:
        return failure
    long = learnt(bench) if bench.course_names else []
    failure = bench.search(checked, long, merges_and_pieces(bench.random, "é"), tries=80)
    return failure and (smaller(bench, checked, failing[-1]) or failure)


def smaller(bench: Bench, check: Callable[[Case], Failure | None], found: Case) -> Failure | None:
    """The smallest case that fails, of all that are small; or the one that was found, without what makes no difference.

    In a process of its own: the other one may have used up its time.
    """

    def fails(piece: str, merges: list[Pair]) -> bool:
        bench.calls += 1
        try:
            yours = bench.session.call("encode_piece", piece, {pair: 256 + rank for rank, pair in enumerate(merges)})
        except Raised:
            return True
        return bool(yours != Tokenizer(merges, pattern="none").encode(piece))

    try:
        with bench.fresh():
            failure = bench.search(check, small_cases())
        if failure is not None:
            return failure
        with bench.fresh():
            piece, merges = found
            piece = "".join(smallest([*piece], lambda fewer: fails("".join(fewer), merges)))
            kept = smallest(spelled(merges), lambda fewer: fails(piece, numbered(fewer)))
            return bench.search(check, [(piece, numbered(kept))])
    except (Raised, Stopped):
        return None


def small_cases() -> Iterator[Case]:
    """Every piece of up to five letters, but for their names, under every one to three merges that can be made in it."""
    for size, n_merges in sorted(product(range(2, 6), range(1, 4)), key=lambda both: (sum(both), both)):
        # Each letter is met after those before it in the alphabet; pieces of different letters are read most easily.
        pieces = [
            piece
            for piece in map("".join, product("abcde", repeat=size))
            if "abcde".startswith("".join(dict.fromkeys(piece)))
        ]
        for piece in sorted(pieces, key=lambda piece: (-len(set(piece)), piece)):
            yield from ((piece, numbered(tokens)) for tokens in merges_in(piece.encode(), n_merges))


def merges_in(piece: bytes, n_merges: int) -> Iterator[list[Spelled]]:
    """Lists of merges whose tokens are parts of a piece, each as its two sides."""
    parts = {piece[start:end] for start in range(len(piece)) for end in range(start + 1, len(piece) + 1)}
    splits = [
        (part[:at], part[at:])
        for part in sorted(parts, key=lambda part: (len(part), part))
        for at in range(1, len(part))
    ]

    def more(before: list[Spelled], known: frozenset[bytes]) -> Iterator[list[Spelled]]:
        if len(before) == n_merges:
            yield before
            return
        for left, right in splits:
            if left in known and right in known and left + right not in known:
                yield from more([*before, (left, right)], known | {left + right})

    yield from more([], frozenset(part for part in parts if len(part) == 1))


def spelled(merges: list[Pair]) -> list[Spelled]:
    """Merges as the bytes of their two sides."""
    tokens = token_table(merges)
    return [(tokens[left], tokens[right]) for left, right in merges]


def numbered(merges: list[Spelled]) -> list[Pair]:
    """Merges as pairs of ids, without those of which a side is not made any more."""
    ids = {bytes([byte]): byte for byte in range(256)}
    pairs: list[Pair] = []
    for left, right in merges:
        if left in ids and right in ids:
            ids[left + right] = 256 + len(pairs)
            pairs.append((ids[left], ids[right]))
    return pairs


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
