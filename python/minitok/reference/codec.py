"""All of it put together: text -> segments -> pieces -> ids, and back.

By hand, with ``cl100k_base``: ``Hi there<|endoftext|>`` with the special token allowed -> the segment ``Hi there`` and the id
100257; the segment -> the pieces ``Hi`` and `` there``; the pieces -> the ids 13347 and 1070.

Files of models ask for more: normalization, a space before the text, tokens that text must not contain. ``codecs`` has that.

Invariants: decoding the ids of a text gives its bytes (E6). Nothing here depends on what was encoded before.

Costs: those of the parts; O(n log n) in all for n bytes.

Implements SPEC E3, E5 and E6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from . import decode
from .encode import encode_piece
from .pretokenize import Pattern
from .special import SpecialTokens
from .vocab import Vocab


class Codec:
    """A vocabulary, a split pattern and special tokens: everything that ids depend on.

    >>> import regex
    >>> vocab = Vocab.from_merges(bytes(range(256)), [(32, 97)])
    >>> codec = Codec(vocab, Pattern("gpt2", regex.compile), SpecialTokens({"<s>": 257}))
    >>> codec.encode(b"b a<s>", ["<s>"])
    [98, 256, 257]
    >>> codec.decode_bytes([98, 256, 257])
    b'b a<s>'
    """

    def __init__(self, vocab: Vocab, pattern: Pattern, special: SpecialTokens) -> None:
        self.vocab = vocab
        self.pattern = pattern
        self.special = special

    def encode(self, text: bytes, allowed: Collection[str] = ()) -> list[int]:
        """Returns the ids of a text. The allowed special tokens are found in it; everything else is text."""
        ids: list[int] = []
        for start, end, token_id in self.special.split(text, allowed):
            ids += self.encode_segment(text[start:end]) if token_id is None else [token_id]
        return ids

    def encode_segment(self, segment: bytes) -> list[int]:
        """Returns the ids of a text without special tokens."""
        return [token_id for piece in self.pattern.split(segment) for token_id in encode_piece(self.vocab, piece)]

    def token_bytes(self, token_id: int) -> bytes | None:
        """Returns the bytes of an id, or the name of a special token; None if there is no such token."""
        token = self.vocab.token_bytes(token_id)
        if token is None and token_id in self.special.names:
            return self.special.names[token_id].encode()
        return token

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """Returns the bytes of the ids."""
        return decode.decode_bytes(self.token_bytes, ids)
