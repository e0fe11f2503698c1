"""A piece -> ids at random: at each step, each merge is passed over with some probability (BPE-dropout, arXiv 1910.13267).

A model that sees a word cut in many ways learns what the word is made of. So training may encode a text anew in each epoch,
with another seed; otherwise, ids are those of ``encode.py``.

By hand, with the merges 0: (a, b) -> X and 1: (X, c) -> Y, the piece ``a b c`` and the probability p: first (a, b) is the only
candidate. It is passed over with p, and then the piece is done: ``a b c``. If not, (X, c) is the only one: ``X c`` with
(1 - p) p, and ``Y`` with (1 - p)^2.

At each step, the candidates are tried in the order of E1, and the first that is not passed over is merged. Those that were
passed over are candidates again at the next step, once each: two other rules go by the same name, and give other
distributions. In one, a merge is passed over for good; in the other, one that is no longer possible is tried again.

The numbers are those of SplitMix64. A text has a *key*, made of the seed and of the text's first bytes; the generator of a
piece begins with the key and the place of the piece. So the ids of a piece depend on the seed, its text and its place, and on
nothing else: not on threads, on batches, or on what is encoded before.

Invariants: with the probability 0, ``merge_with_dropout`` is ``merge_parts``; with 1, it returns the parts.

Costs, n parts: O(n log n / (1 - p)) expected time, O(n) space; no recursion.

Implements SPEC E11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop

from ..merging import Chain, Entry, Part, push
from ..published.codecs import Codec, EncodePiece
from ..published.preprocess import TokenFinder
from ..published.vocabs import Vocab

# How many bytes of a text its key is made of.
HEAD = 1024
BITS = (1 << 64) - 1
STEP = 0x9E37_79B9_7F4A_7C15


class Dropout:
    """How texts are encoded at random.

    Attributes:
        limit: A number of 53 bits below this passes a merge over.
        seed: What the keys of texts are made of.
        head: The first bytes of the text, if it is a later part of one; None if each text is whole.
        start: Where the text begins in the whole one.
    """

    def __init__(self, probability: float, seed: int, head: bytes | None = None, start: int = 0) -> None:
        self.limit = int(probability * (1 << 53))
        self.seed = seed
        self.head = head
        self.start = start

    def key(self, text: bytes) -> int:
        """Returns the key of a text."""
        head = (text if self.head is None else self.head)[:HEAD]
        key = mix(self.seed)
        for at in range(0, len(head), 8):
            key = mix(key ^ int.from_bytes(head[at : at + 8], "little"))
        return mix(key ^ len(head))

    def draws(self, text: bytes) -> Draws:
        """Returns the random numbers of a text."""
        return Draws(self.limit, self.key(text), self.start)


class Draws:
    """The random numbers of a text: a generator for each place at which a piece begins."""

    def __init__(self, limit: int, key: int, start: int) -> None:
        self.limit, self.key, self.start = limit, key, start
        self.place = -1
        self.state = 0

    def go_to(self, place: int) -> None:
        """Goes to a place in the text. Pieces that come from one place share its generator, one after the other."""
        if place != self.place:
            self.place = place
            self.state = mix(self.key ^ (self.start + place))

    def passes_over(self) -> bool:
        """Returns whether the next candidate is passed over."""
        self.state = (self.state + STEP) & BITS
        return scrambled(self.state) >> 11 < self.limit


def mix(number: int) -> int:
    """Returns the number that SplitMix64 gives first when it begins with this one."""
    return scrambled((number + STEP) & BITS)


def scrambled(number: int) -> int:
    """Returns what SplitMix64 makes of its state."""
    number = (number ^ number >> 30) * 0xBF58_476D_1CE4_E5B9 & BITS
    number = (number ^ number >> 27) * 0x94D0_49BB_1331_11EB & BITS
    return number ^ number >> 31


def encode_piece_with_dropout(vocab: Vocab, piece: bytes, draws: Draws) -> list[int]:
    """Returns the ids of one piece, of which merges are passed over at random. No piece is taken whole.

    >>> vocab = Vocab.from_merges(bytes(range(256)), [(97, 98), (256, 99)])
    >>> draws = Dropout(0.5, seed=1).draws(b"abc")
    >>> [draws.go_to(place) or encode_piece_with_dropout(vocab, b"abc", draws) for place in range(3)]
    [[97, 98, 99], [256, 99], [257]]
    """
    return merge_with_dropout(vocab.merge_of, vocab.initial_parts(piece), draws.passes_over)


def merge_with_dropout(
    merge_of: Callable[[Part, Part], tuple[int, Part] | None],
    parts: Sequence[Part],
    passes_over: Callable[[], bool],
) -> list[Part]:
    """As ``merge_parts``, but each candidate of each step is passed over where ``passes_over`` says so.

    >>> merges = {("a", "b"): (0, "ab"), ("ab", "c"): (1, "abc")}
    >>> answers = iter([False, True])
    >>> merge_with_dropout(lambda left, right: merges.get((left, right)), "abc", lambda: next(answers))
    ['ab', 'c']
    """
    chain = Chain(merge_of, parts)
    heap: list[Entry[Part]] = []
    for place in range(chain.end):
        push(heap, chain.candidate(place))
    passed: list[Entry[Part]] = []  # the candidates that were passed over at this step
    while heap:
        entry = heappop(heap)
        if chain.is_stale(entry):
            continue
        if passes_over():
            passed.append(entry)
            continue
        for changed in chain.merge(entry):
            push(heap, chain.candidate(changed))
        while passed:
            push(heap, passed.pop())
    return chain.merged()


def with_dropout(codec: Codec, text: bytes, dropout: Dropout) -> EncodePiece:
    """Returns what encodes the pieces of a text at random. The place of a piece is that of its first byte in the text."""
    draws = dropout.draws(text)

    def encode(piece: bytes, place: int) -> list[int]:
        draws.go_to(place)
        return encode_piece_with_dropout(codec.vocab, piece, draws)

    return encode


def encode_with_dropout(
    codec: Codec, text: bytes, finder: TokenFinder, dropout: Dropout, continues: bool = False
) -> list[int]:
    """As ``Codec.encode``, with merges passed over at random."""
    found = codec.placed_ids(text, finder, continues, with_dropout(codec, text, dropout))
    return [token_id for token_id, _ in found]
