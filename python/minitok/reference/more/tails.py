"""What may follow a text: which of its ids every continuation keeps, and which tokens may span its end.

The last tokens of a text may be others if it goes on: `` key`` may be a token alone, and a part of another if ``board``
follows. A model has rarely seen ``key`` before ``board``. So a cache keeps the *stable* ids, and a program that has a model
complete a text drops the other ids and lets the model choose among the *covers*: tokens that begin in the text and end after
it.

By hand, with the merges ``ab`` and ``abc`` and the text ``xab``: its ids are ``x``, ``ab``. If ``c`` follows, they are
``x``, ``abc``. So one id is stable, and ``abc`` covers the end.

Let a token t begin at p, before the end, and go on after it with the *rest* r. Two neighbours are *settled* if merging
their bytes gives these two again. Within a piece, t can begin at p if and only if it is settled with the last token of the
text up to p; if so, following the text with r makes it appear, and no other continuation need be tried. (Where all before p in
the piece is a token as a whole piece, it is merged, since the piece goes on.) Only where the pattern splits differently at the
end of a text is a character after r tried as well, one of each kind.

Invariants: the stable ids are ids of every continuation. For each cover there is a continuation in which it spans the end of
the text.

Costs, V tokens: O(V log V) once; then an encoding of the text for each kind of character, and up to one more than that for each
token that is tried. ``rust/fast/session`` encodes the last words only.

Implements SPEC L3 and L4.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...lazy import cached_property
from ..encode import encode_piece
from ..merging import merge_parts
from ..published.codecs import Codec
from ..published.preprocess import NOTHING, TEXT, TokenFinder
from .session import common_prefix
from .viable import is_text, kinds, length_of


class Cover(NamedTuple):
    """Tokens that may span the end of a text: after its first ``kept`` ids and then ``extra``, any one of ``ids``."""

    kept: int
    extra: list[int]
    ids: list[int]


class Tail:
    """The end of a text, and what may follow it.

    ``continues``: the text continues another, whose ids depend on nothing here.

    >>> from ..published.patterns import Pattern
    >>> from ..published.found_tokens import SpecialTokens
    >>> from ..published.vocabs import Vocab
    >>> codec = Codec(Vocab.from_merges(bytes(range(256)), [(97, 98), (256, 99)]), Pattern("gpt2"), SpecialTokens({}))
    >>> tail = Tail(codec, codec.finder(), b"xab")
    >>> tail.stable(), tail.covers()
    (1, [Cover(kept=1, extra=[], ids=[257])])
    """

    def __init__(self, codec: Codec, finder: TokenFinder, text: bytes, continues: bool = False) -> None:
        self.codec, self.finder, self.text, self.continues = codec, finder, text, continues
        self.ids = self.encode(b"")
        # What the last segment has become, and the ids before it.
        self.data = b""
        self.before: list[int] = []
        for segment, token_id in codec.preprocessor.segments(text, finder, TEXT if continues else NOTHING):
            self.before += codec.encode_segment(self.data) if token_id is None else [token_id]
            self.data = segment.data if token_id is None else b""

    def encode(self, more: bytes) -> list[int]:
        """Returns the ids of the text with more after it."""
        return self.codec.encode(self.text + more, self.finder, self.continues)

    def stable(self) -> int:
        """Returns how many ids every continuation keeps."""
        least = len(self.ids)
        for more in [*self.kinds, *(rest for rest, _ in self.rests_of_names())]:
            least = min(least, self.kept(self.encode(more)))
        for place in self.places():
            kept = self.kept(self.ids_before(place))
            if kept < least:
                found = (self.ids_under(place, token_id) for token_id in self.tokens_from(place))
                least = min(least, next((self.kept(ids) for ids in found if ids is not None), least))
        return least

    def covers(self) -> list[Cover]:
        """Returns the tokens that may span the end, in the order of where they begin, then of their bytes."""
        found: dict[tuple[int, ...], list[int]] = {}
        for place in self.places():
            for token_id in self.tokens_from(place):
                under = self.ids_under(place, token_id)
                if under is not None:
                    found.setdefault(tuple(under), []).append(token_id)
        for rest, name_id in self.rests_of_names():
            ids = self.encode(rest)
            if name_id is not None and ids.pop() == name_id:
                found.setdefault(tuple(ids), []).append(name_id)
        return [Cover(kept := self.kept(ids), list(ids[kept:]), tokens) for ids, tokens in found.items()]

    def kept(self, ids: Sequence[int]) -> int:
        """Returns how many ids of the text others begin with."""
        return common_prefix(self.ids, ids)

    def places(self) -> Iterator[int]:
        """Yields the places of the last segment at which a token may begin that goes on after it."""
        length = len(self.data)
        yield from range(max(0, length - self.codec.vocab.longest + 1), length)

    def tokens_from(self, place: int) -> Iterator[int]:
        """Yields the tokens that go on after the segment with what it has from a place on, if they can stand there."""
        sorted_ids, start = self.codec.vocab.sorted_ids, self.data[place:]
        # Only the first place has no id before it, and that is a border.
        last = b"" if place in self.borders else self.codec.vocab.tokens[self.ids_before(place)[-1]]
        for at in range(bisect_left(sorted_ids, start, key=self.codec.vocab.tokens.__getitem__), len(sorted_ids)):
            token = self.codec.vocab.tokens[sorted_ids[at]]
            if not token.startswith(start):
                return
            if len(token) > len(start) and (not last or self.settled(last, sorted_ids[at])):
                yield sorted_ids[at]

    def ids_before(self, place: int) -> list[int]:
        """Returns the ids of the text up to a place of the last segment, where a token ends; it may be inside a character."""
        inside = next((n for n, byte in enumerate(self.data[place:]) if byte & 0xC0 != 0x80), len(self.data) - place)
        ids, at = list(self.before), 0
        for piece in self.codec.pieces(self.data[: place + inside]):
            held = piece[: max(0, place - at)]
            ids += encode_piece(self.codec.vocab, piece) if held == piece else self.merged(held)
            at += len(piece)
        return ids

    def ids_under(self, place: int, token_id: int) -> list[int] | None:
        """Returns the ids before a token that begins at a place, in a continuation that has it there, if there is one."""
        rest = self.codec.vocab.tokens[token_id][len(self.data) - place :]
        for more in self.following(rest):
            ids, length = self.encode(rest + more), len(more)
            while ids and length > 0:
                length -= len(self.codec.token_bytes(ids.pop()) or b"")
            if length == 0 and ids and ids.pop() == token_id:
                return ids
        return None

    def following(self, rest: bytes) -> list[bytes]:
        """Returns what is tried after the rest of a token: nothing, and each kind of character; or what completes one."""
        if is_text(rest):
            return [b"", *self.kinds]
        cut = max((at for at in range(len(rest)) if rest[at] & 0xC0 != 0x80), default=0)
        char = rest[cut:]
        missing = length_of(char) - len(char)
        if missing < 1 or not is_text(rest[:cut]):
            return []
        ends = (bytes([byte, *[0x80] * (missing - 1)]) for byte in range(0x80, 0xC0))
        return [end for end in ends if is_text(char + end)]

    def rests_of_names(self) -> Iterator[tuple[bytes, int | None]]:
        """Yields what is missing of each name that is looked for, if the text ends with its beginning."""
        early = self.finder.early
        for name in (*early.ids, *early.left_as_text):
            token, token_id = name.encode(), early.ids.get(name)
            for length in range(min(len(token) - 1, len(self.text)), 0, -1):
                if self.text.endswith(token[:length]):
                    yield token[length:], token_id

    @cached_property
    def borders(self) -> set[int]:
        """The places of the last segment at which a piece may begin."""
        found = {0}
        for more in [b"", *self.kinds]:
            at = 0
            for piece in self.codec.pattern.split(self.data + more):
                at += len(piece)
                found.add(at)
        return found

    @cached_property
    def kinds(self) -> list[bytes]:
        """A character of each kind, and those that the pattern names."""
        return kinds(self.codec)

    def settled(self, left: bytes, right: int) -> bool:
        """Whether merging some bytes and those of a token gives what merging the first alone gives, and the token."""
        return self.merged(left + self.codec.vocab.tokens[right]) == [*self.merged(left), right]

    def merged(self, data: bytes) -> list[int]:
        vocab = self.codec.vocab
        return merge_parts(vocab.merge_of, vocab.initial_parts(data))


def knows_tails(codec: Codec, finder: TokenFinder) -> bool:
    """Whether tails are known: pieces spell the text, and no token found in it takes or asks for anything next to it."""
    flags = codec.preprocessor.flags
    spells = codec.vocab.symbols is None and not codec.vocab.drops_bytes
    changes = codec.words is not None or bool(codec.preprocessor.normalizer.steps) or bool(finder.late.ids)
    return spells and not changes and not any(token_id in flags for token_id in finder.early.ids.values())
