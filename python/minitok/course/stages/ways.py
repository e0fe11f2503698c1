"""Stage 17: how many lists of ids spell a text, and whether a list is the one that encoding gives."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ...reference.small import count_ways, decode, encode_piece, is_canonical
from ..bench import Bench, parts_at
from ..report import Failure
from ..showing import link, show_ids, show_merges, show_text
from .stage import Stage
from .texts import letters, merge_lists

Pair = tuple[int, int]
A, B, C = b"abc"
ACUTE = (0xC3, 0xA9)
# How many counts a message shows.
SHOWN = 8

TEXTS: tuple[tuple[str, list[Pair]], ...] = (
    ("aab", [(A, B)]),
    ("ab", []),
    ("aaa", [(A, A)]),
    ("abc", [(A, B), (B, C), (256, C)]),
    ("", [(A, B)]),
    ("é", []),
    ("éa", [ACUTE]),
    # More than any program counts one by one, and more than a float holds.
    ("a" * 100, [(A, A)]),
)
LISTS: tuple[tuple[list[int], list[Pair]], ...] = (
    ([256], [(A, B)]),
    ([A, B], [(A, B)]),
    ([A, C], [(A, B)]),
    ([], [(A, B)]),
    ([A, 256], [(A, A)]),
    # The longest tokens, of which the first is not made; and a token that no text has.
    ([256, C], [(A, B), (B, C)]),
    ([257, C], [(B, C), (A, B)]),
    ([258], [(B, C), (A, B), (257, C)]),
    (list(ACUTE), []),
    ([ACUTE[0]], []),
)


def run(bench: Bench) -> Failure | None:
    bench.need("count_ways", "is_canonical")
    alphabet = letters(bench.random, 3)
    merges = merge_lists(alphabet)
    texts = st.tuples(st.text(alphabet=alphabet, max_size=8), merges)
    failure = bench.search(lambda one: check_count(bench, *one), TEXTS, texts)
    lists = merges.flatmap(
        lambda some: st.tuples(st.lists(st.sampled_from(ids_of(alphabet, some)), max_size=6), st.just(some))
    )
    return failure or bench.search(lambda one: check_list(bench, *one), LISTS, lists)


def ids_of(alphabet: str, merges: list[Pair]) -> list[int]:
    """The ids of some letters, and of merges."""
    return [*alphabet.encode(), *range(256, 256 + len(merges))]


def check_count(bench: Bench, text: str, merges: list[Pair]) -> Failure | None:
    given = {pair: 256 + rank for rank, pair in enumerate(merges)}
    expected = count_ways(text, given)

    def why(yours: Any) -> str:
        if not isinstance(yours, int) or isinstance(yours, bool):
            return "The answer is a whole number."
        if yours == 1 << max(0, len(text.encode()) - 1):
            return "They part at the end: yours counts all ways to cut the bytes. Each part must be a token."
        counts = [count_ways(text[:end], given) for end in range(min(len(text), SHOWN) + 1)]
        more = ", ..." if len(text) > SHOWN else ""
        return (
            f"They part at the end: up to each character there are {', '.join(map(str, counts))}{more} ways. They are those "
            "up to where the last token begins, for each token that ends there."
        )

    return bench.compare(
        f"count_ways({show_text(text)}, {show_merges(merges)})",
        lambda: bench.session.call("count_ways", text, given),
        expected,
        why,
        link=lambda _: link(text, merges) if text else None,
    )


def check_list(bench: Bench, ids: list[int], merges: list[Pair]) -> Failure | None:
    given = {pair: 256 + rank for rank, pair in enumerate(merges)}
    expected = is_canonical(ids, given)

    def why(yours: Any) -> str:
        if not isinstance(yours, bool):
            return "The answer is True or False."
        text = decode(ids, given)
        right = encode_piece(text, given)
        if yours:
            return f"They part at index {parts_at(ids, right)}: encoding {show_text(text)} gives {show_ids(right)}."
        return f"They part at the end: encoding {show_text(text)} gives these ids back."

    return bench.compare(
        f"is_canonical({show_ids(ids)}, {show_merges(merges)})",
        lambda: bench.session.call("is_canonical", ids, given),
        expected,
        why,
    )


STAGE = Stage(17, "ways", 0, run, ("minitok",), extra=True)
