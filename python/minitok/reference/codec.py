"""All of it put together: text -> segments -> pieces -> ids, and back.

By hand, with ``cl100k_base``: ``Hi there<|endoftext|>`` with the special token allowed -> the segment ``Hi there`` and the
id 100257; the segment -> the pieces ``Hi`` and `` there``; the pieces -> the ids 13347 and 1070.

Invariants: decoding the ids of a text gives its bytes (E6). Nothing here depends on what was encoded before.

Costs: those of the parts; O(n log n) in all for n bytes.

Implements SPEC E3, E5, E6, S4, S6 and S9.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..errors import DisallowedSpecialTokenError, MissingByteError, VocabularyError
from . import decode
from .encode import encode_piece
from .metaspace import Metaspace, spaced
from .pretokenize import Pattern
from .special import SpecialTokens
from .trace import Emit, trace_piece
from .vocab import Vocab


class Codec:
    """A vocabulary, a split pattern, special tokens and the rule of the space marker: everything that ids depend on.

    >>> codec = Codec(Vocab.from_merges(bytes(range(256)), [(32, 97)]), Pattern("gpt2"), SpecialTokens({"<s>": 257}))
    >>> codec.encode(b"b a<s>", ["<s>"])
    [98, 256, 257]
    """

    def __init__(
        self, vocab: Vocab, pattern: Pattern, special: SpecialTokens, metaspace: Metaspace | None = None
    ) -> None:
        self.vocab = vocab
        self.pattern = pattern
        self.special = special
        self.metaspace = metaspace
        for name, token_id in special.ids.items():
            token = vocab.token_bytes(token_id)
            if token is not None and token not in (name.encode(), spaced(name.encode()) if metaspace else b""):
                raise VocabularyError(f"the special token {name!r} has the id {token_id} of the token {token!r}")

    def encode(self, text: bytes, allowed: Collection[str] = (), goes_on: bool = False) -> list[int]:
        """Returns the ids of a text. The special tokens named are found in it; everything else is text.

        ``goes_on``: the text continues another, so that no space is put before it (S4).
        """
        ids: list[int] = []
        try:
            for start, end, token_id in self.special.split(text, allowed):
                if token_id is None:
                    for piece in self.pattern.split(self.segment(text, start, end, goes_on)):
                        ids += encode_piece(self.vocab, piece)
                else:
                    ids.append(token_id)
        except MissingByteError as error:
            raise placed(error, text) from None
        return ids

    def segment(self, text: bytes, start: int, end: int, goes_on: bool = False) -> bytes:
        """A segment of the text as it is cut into pieces."""
        segment = text[start:end]
        if self.metaspace is None:
            return segment
        if goes_on and start == 0:
            return spaced(segment)
        return self.metaspace.prepare(segment, start == 0)

    def check(self, text: bytes, disallowed: Collection[str]) -> None:
        """Raises if the text contains one of the special tokens named."""
        for start, _, name in self.special.find(text, disallowed):
            raise DisallowedSpecialTokenError(name, start)

    def trace(self, text: bytes, allowed: Collection[str], emit: Emit, goes_on: bool = False) -> list[int]:
        """Encodes a text and emits an event for each piece, merge and special token.

        Offsets refer to the text that is cut into pieces, with the spaces put before it.
        """
        ids: list[int] = []
        at = number = 0
        try:
            for start, end, token_id in self.special.split(text, allowed):
                if token_id is None:
                    for piece in self.pattern.split(self.segment(text, start, end, goes_on)):
                        ids += trace_piece(self.vocab, piece, number, at, emit)
                        at += len(piece)
                        number += 1
                else:
                    emit({"event": "special", "start": at, "end": at + end - start, "id": token_id})
                    ids.append(token_id)
                    at += end - start
        except MissingByteError as error:
            raise placed(error, text) from None
        return ids

    def safe_cut(self, text: bytes | bytearray, allowed: Collection[str]) -> int:
        """Returns the last offset at which a cut changes no id, whatever text follows; 0 if none is known.

        The second part then continues the first (``goes_on``).
        """
        known = text[: max(0, len(text) - self.special.longest(allowed))]
        if self.vocab.fallback is None or self.pattern.source != "none":
            cut = self.pattern.safe_cut(known)
        else:
            cut = self.vocab.safe_cut(known)
        if self.special.crosses(text, cut, allowed):
            return 0
        # Behind a special token a segment begins, which may want a space before it.
        return 0 if self.metaspace is not None and self.special.ends_at(text, cut, allowed) else cut

    def token_bytes(self, token_id: int) -> bytes | None:
        """Returns the bytes of an id, special tokens included; None if there is no such token."""
        token = self.vocab.token_bytes(token_id)
        if token is None and token_id in self.special.names:
            return self.special.names[token_id].encode()
        return token

    def drops_space(self) -> bool:
        """Whether decoding drops one space from the start."""
        return self.metaspace is not None and self.metaspace.drops_space()

    def joining(self) -> decode.Joining | None:
        """How tokens are joined to text; None if they are concatenated."""
        return None if self.vocab.symbols is None else self.vocab.symbols.joining

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """Returns the bytes of the ids."""
        data = decode.decode_bytes(self.token_bytes, ids, self.joining())
        return data.removeprefix(b" ") if self.drops_space() else data


def placed(error: MissingByteError, text: bytes) -> MissingByteError:
    """Returns the error with its offset in the text."""
    return MissingByteError(error.byte, text.index(error.byte))
