"""The texts and merges that stages draw from: small alphabets, in which pairs repeat, and characters that break programs."""

from __future__ import annotations

import random

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...data import tiny_shakespeare

__all__ = [
    "GPT2", "PATTERNS", "letters", "merge_lists", "merges_and_pieces", "paragraphs", "runs", "texts", "trainings",
]  # fmt: skip

Pair = tuple[int, int]

# GPT-2's pattern as a student types it, and others; minitok's own forms of them cut every text alike.
GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)
PATTERNS = {"gpt2": GPT2, "cl100k": CL100K}

ODD = "é€漢🦀"
# Characters that cannot be seen, or that programs use for themselves.
RARE = ["\x7f\x1b", "\xad", "\ufffd", "\ue000", "\uffff", "𠀀", "\U0010ffff"]


def letters(chance: random.Random, number: int = 3) -> str:
    """A few letters, in alphabetical order."""
    return "".join(sorted(chance.sample("abcdefghijklmnopqrstuvwxyz", number)))


def runs(chance: random.Random) -> list[str]:
    """A few characters of each kind that a pattern may tell from others: white space, letters, marks, digits, symbols."""
    small = letters(chance)
    digits = "".join(chance.sample("0123456789", 4))
    white = [" ", "   ", "\n", "\n\n", " \n ", "\t\t", "\r\n", "\r", "\x0b\x0c", "\xa0\xa0", "\u3000 ", "\u2028\x85"]
    words = [small, letters(chance).upper(), "éàü", "мир", "漢字", "e\u0301o\u0308", "नमस्ते"]
    numbers = [digits, "٣٤٥", "½Ⅷ²"]
    symbols = ["...", '"((', "__", "'", "'s", "'ll", "'ve", "'re", "’", "👩\u200d💻", "\ufeff", "\0"]
    return [*white, *words, *numbers, *symbols]


def texts(chance: random.Random, most: int = 30) -> SearchStrategy[str]:
    """Short texts of a few letters, spaces, digits, marks and characters of two to four bytes; and of runs of each kind."""
    mixed = st.lists(st.sampled_from([*runs(chance), *RARE]), max_size=max(1, most // 5)).map("".join)
    return st.one_of(st.text(alphabet=letters(chance) + " \n'!1" + ODD, max_size=most), mixed)


def paragraphs(chance: random.Random, most: int = 1500) -> SearchStrategy[str]:
    """Parts of Shakespeare; which plays, the seed decides."""
    plays = tiny_shakespeare()
    start = chance.randrange(len(plays) - 20_000)
    return st.builds(
        lambda at, length: plays[start + at : start + at + length],
        st.integers(0, 10_000),
        st.integers(0, most),
    )


def trainings(chance: random.Random) -> SearchStrategy[tuple[str, int]]:
    """A text and how many merges to learn."""
    few = letters(chance, 2)
    dense = st.text(alphabet=few + " ", max_size=24)
    mixed = texts(chance, 40)
    return st.tuples(st.one_of(dense, mixed, paragraphs(chance, 400)), st.integers(0, 12))


def merge_lists(alphabet: str, most: int = 8) -> SearchStrategy[list[Pair]]:
    """Merges over the bytes of an alphabet: any two tokens there are may be joined, if their token is new."""
    start = sorted(set(alphabet.encode()))

    def build(choices: list[tuple[int, int]]) -> list[Pair]:
        known = list(start)
        tokens = {byte: bytes([byte]) for byte in start}
        merges: list[Pair] = []
        for left, right in choices:
            pair = known[left % len(known)], known[right % len(known)]
            token = tokens[pair[0]] + tokens[pair[1]]
            if token not in tokens.values() and len(token) <= 8:
                known.append(256 + len(merges))
                tokens[256 + len(merges)] = token
                merges.append(pair)
        return merges

    return st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=most).map(build)


def merges_and_pieces(chance: random.Random, odd: str = "") -> SearchStrategy[tuple[str, list[Pair]]]:
    """A piece of a few letters, and merges over them."""
    alphabet = letters(chance) + odd
    return st.tuples(st.text(alphabet=alphabet, min_size=0, max_size=10), merge_lists(alphabet))
