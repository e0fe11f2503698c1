"""All of it put together: text -> segments -> pieces -> ids, and back.

By hand, with ``cl100k_base``: ``Hi there<|endoftext|>`` with the special token allowed -> the segment ``Hi there`` and the
id 100257; the segment -> the pieces ``Hi`` and `` there``; the pieces -> the ids 13347 and 1070.

Invariants: decoding the ids of a text gives its bytes (E6). Nothing here depends on what was encoded before.

Costs: those of the parts; O(n log n) in all for n bytes.

Implements SPEC E3, E5 and E6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..errors import DisallowedSpecialTokenError, VocabularyError
from . import decode
from .encode import encode_piece
from .pretokenize import Pattern
from .special import SpecialTokens
from .trace import Emit, trace_piece
from .vocab import Vocab


class Codec:
    """A vocabulary, a split pattern and special tokens: everything that ids depend on.

    >>> codec = Codec(Vocab.from_merges(bytes(range(256)), [(32, 97)]), Pattern("gpt2"), SpecialTokens({"<s>": 257}))
    >>> codec.encode(b"b a<s>", ["<s>"])
    [98, 256, 257]
    """

    def __init__(self, vocab: Vocab, pattern: Pattern, special: SpecialTokens) -> None:
        self.vocab = vocab
        self.pattern = pattern
        self.special = special
        for name, token_id in special.ids.items():
            token = vocab.token_bytes(token_id)
            if token is not None and token != name.encode():
                raise VocabularyError(f"the special token {name!r} has the id {token_id} of the token {token!r}")

    def encode(self, text: bytes, allowed: Collection[str] = ()) -> list[int]:
        """Returns the ids of a text. The special tokens named are found in it; everything else is text."""
        ids: list[int] = []
        for start, end, token_id in self.special.split(text, allowed):
            if token_id is None:
                for piece in self.pattern.split(text[start:end]):
                    ids += encode_piece(self.vocab, piece)
            else:
                ids.append(token_id)
        return ids

    def check(self, text: bytes, disallowed: Collection[str]) -> None:
        """Raises if the text contains one of the special tokens named."""
        for start, _, name in self.special.find(text, disallowed):
            raise DisallowedSpecialTokenError(name, start)

    def trace(self, text: bytes, allowed: Collection[str], emit: Emit) -> list[int]:
        """Encodes a text and emits an event for each piece, merge and special token."""
        ids: list[int] = []
        number = 0
        for start, end, token_id in self.special.split(text, allowed):
            if token_id is None:
                for piece in self.pattern.split(text[start:end]):
                    ids += trace_piece(self.vocab, piece, number, start, emit)
                    start += len(piece)
                    number += 1
            else:
                emit({"event": "special", "start": start, "end": end, "id": token_id})
                ids.append(token_id)
        return ids

    def safe_cut(self, text: bytes | bytearray, allowed: Collection[str]) -> int:
        """Returns the last offset at which a cut changes no id, whatever text follows; 0 if none is known."""
        cut = self.pattern.safe_cut(text[: max(0, len(text) - self.special.longest(allowed))])
        return 0 if self.special.crosses(text, cut, allowed) else cut

    def token_bytes(self, token_id: int) -> bytes | None:
        """Returns the bytes of an id, special tokens included; None if there is no such token."""
        token = self.vocab.token_bytes(token_id)
        if token is None and token_id in self.special.names:
            return self.special.names[token_id].encode()
        return token

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """Returns the bytes of the ids."""
        return decode.decode_bytes(self.token_bytes, ids)
