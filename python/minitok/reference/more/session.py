"""A text that changes, and its ids: after every change they are those of encoding the whole text again.

This file does exactly that. Its subject is what a change does to the ids, the *splice*: by it, a caller who keeps something
for each id (a cache of a model, marks in an editor) keeps it for all that stay; and which token holds a byte of the text.

By hand, with the merges ``ab`` and ``abc``: the ids of ``abxab`` are ``ab``, ``x``, ``ab``. With a ``c`` at its end, the last
id is replaced: the splice is (start 2, removed 1, ids ``abc``). With a ``c`` before ``x``, it is (0, 1, ``abc``). So ids
change before the place of an edit; how far is bounded by the vocabulary, not by the text.

Invariants: applying the splice to the old ids gives the new ones. The longest prefix stays, and of the rest the longest
suffix. A change that fails leaves text and ids as they were.

Costs: those of encoding, each time. ``rust/fast/session`` does it at the cost of the change.

Implements SPEC L1, L2, L5 and L6.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from ..published.codecs import Codec, Refused
from ..published.preprocess import NOTHING, TEXT, TokenFinder
from .viable import is_viable


class Splice(NamedTuple):
    """What a change did to the ids: from ``start`` on, ``removed`` ids were replaced by these."""

    start: int
    removed: int
    ids: list[int]


def splice(old: Sequence[int], new: Sequence[int]) -> Splice:
    """Returns what makes new ids of old ones, with the longest prefix that stays, then the longest suffix.

    >>> splice([1, 2, 3], [1, 4, 3])
    Splice(start=1, removed=1, ids=[4])
    >>> splice([1, 3], [1, 3, 3])
    Splice(start=2, removed=0, ids=[3])
    """
    start = common_prefix(old, new)
    old, new = old[start:], new[start:]
    end = common_prefix(old[::-1], new[::-1])
    return Splice(start, len(old) - end, list(new[: len(new) - end]))


def common_prefix(old: Sequence[int], new: Sequence[int]) -> int:
    """Returns how many ids both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


class Session:
    """A text and its ids.

    Args:
        codec: What encodes it.
        finder: The tokens that are found in it.
        refused: The tokens that it must not contain.

    >>> from ..published.patterns import Pattern
    >>> from ..published.found_tokens import SpecialTokens
    >>> from ..published.vocabs import Vocab
    >>> codec = Codec(Vocab.from_merges(bytes(range(256)), [(97, 98), (256, 99)]), Pattern("gpt2"), SpecialTokens({}))
    >>> session = Session(codec, codec.finder())
    >>> session.edit(0, 0, b"ab")
    Splice(start=0, removed=0, ids=[256])
    >>> session.edit(2, 2, b"c")
    Splice(start=0, removed=1, ids=[257])
    """

    def __init__(self, codec: Codec, finder: TokenFinder, refused: Refused | None = None) -> None:
        self.codec, self.finder, self.refused = codec, finder, refused or codec.refusing(())
        self.text = b""
        self.ids: list[int] = []

    def edit(self, start: int, end: int, data: bytes) -> Splice:
        """Replaces the bytes from ``start`` to ``end``, and returns what that does to the ids."""
        text = self.text[:start] + data + self.text[end:]
        self.codec.check(text, self.refused, self.finder)
        ids = self.codec.encode(text, self.finder)
        found = splice(self.ids, ids)
        self.text, self.ids = text, ids
        return found

    def append_ids(self, ids: Sequence[int]) -> int | None:
        """Adds ids, which stay as they are until the next edit; or returns the number of the first that cannot come next."""
        together = self.ids + list(ids)
        for number, token_id in enumerate(ids):
            longer = together[: len(self.ids) + number + 1]
            if self.codec.token_bytes(token_id) is None or not is_viable(self.codec, self.finder, longer):
                return number
        self.text, self.ids = self.codec.decode_bytes(together), together
        return None


def token_at(codec: Codec, finder: TokenFinder, text: bytes, continues: bool, at: int) -> int | None:
    """Returns the index, among the ids of a text, of the first token that holds the byte at which a character begins.

    None where tokens do not spell the text.
    """
    if codec.words is not None or codec.vocab.symbols is not None or codec.vocab.drops_bytes:
        return None
    number = 0
    for segment, token_id in codec.preprocessor.segments(text, finder, TEXT if continues else NOTHING):
        ids, length = codec.encode_segment(segment.data) if token_id is None else [token_id], 0
        if at >= segment.end:
            number += len(ids)
            continue
        for held in ids:
            length += len(codec.token_bytes(held) or b"")
            if token_id is not None or length >= len(segment.data) or segment.origin(length - 1)[1] > at:
                return number
            number += 1
    return None
