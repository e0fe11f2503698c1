"""``CoreBPE``: the part of tiktoken that is Rust there, and minitok here.

Two of its methods are about text that may continue. More text can change the ids of the last piece, and of white space before
it, since the pattern may then cut elsewhere. These ids are *unstable*; all before them are stable.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from ..lazy import cached_property

if TYPE_CHECKING:
    import minitok


class CoreBPE:
    """The operations of tiktoken's core on one of minitok's tokenizers."""

    def __init__(self, tokenizer: minitok.Tokenizer) -> None:
        self.tokenizer, self.codec = tokenizer, tokenizer.definition.codec()
        self.encode_ordinary = tokenizer.encode
        self.decode_bytes, self.decode_single_token_bytes = tokenizer.decode_bytes, tokenizer.token_bytes

    @cached_property
    def whole(self) -> minitok.Tokenizer:
        """The same vocabulary, without a split pattern."""
        return self.tokenizer.replace(pattern="none")

    @cached_property
    def sorted_tokens(self) -> list[bytes]:
        return sorted(self.tokenizer.definition.vocabulary()[0].values())

    @cached_property
    def longest(self) -> int:
        return max(map(len, self.sorted_tokens))

    def encode(self, text: str, allowed_special: Collection[str]) -> list[int]:
        return self.tokenizer.encode(text, allowed_special=allowed_special)

    def encode_to_tiktoken_buffer(self, text: str, allowed_special: Collection[str]) -> bytes:
        return self.tokenizer.encode_to_numpy(text, allowed_special=allowed_special).tobytes()

    def encode_single_token(self, piece: bytes) -> int:
        try:
            return self.tokenizer.token_id(piece)
        except KeyError:
            name = piece.decode("utf-8", "replace")
            if name in self.tokenizer.special_tokens:
                return self.tokenizer.special_tokens[name]
            raise

    def encode_single_piece(self, piece: bytes) -> list[int]:
        return self.whole.encode(piece)

    def token_byte_values(self) -> list[bytes]:
        return list(self.sorted_tokens)

    def _encode_bytes(self, data: bytes) -> list[int]:
        """Returns the ids of bytes that may end anywhere or hold invalid UTF-8: such bytes join the last piece."""
        try:
            return self.encode_ordinary(data.decode())
        except UnicodeDecodeError as error:
            text = data[: error.start].decode()
        stable, unstable = self._stable(text, ())
        return stable + self.encode_single_piece(unstable + data[len(text.encode()) :])

    def _stable(self, text: str, allowed_special: Collection[str]) -> tuple[list[int], bytes]:
        """The ids that more text does not change, and the bytes of the others."""
        ids = self.encode(text, allowed_special)
        data = text.encode()  # as there, half a surrogate pair is a UnicodeEncodeError
        segments = self.codec.segments(data, list(allowed_special))
        if not segments or segments[-1][5] is not None:
            return ids, b""
        count = len(self.encode_single_piece(self.codec.pieces(segments[-1][0])[-1]))
        # A line break after white space may draw all of it into one piece.
        if self._is_space(ids[-count]):
            while count < len(ids) and self._is_space(ids[-count - 1]):
                count += 1
        return ids[:-count], self.decode_bytes(ids[-count:])

    @cached_property
    def special_ids(self) -> frozenset[int]:
        return frozenset(self.tokenizer.special_tokens.values())

    def _is_space(self, token: int) -> bool:
        return token not in self.special_ids and not self.tokenizer.token_bytes(token).strip(b" \n\t")

    def encode_with_unstable(self, text: str, allowed_special: Collection[str]) -> tuple[list[int], list[list[int]]]:
        stable, unstable = self._stable(text, allowed_special)
        return stable, [list(ids) for ids in dict.fromkeys(self._completions(unstable))]

    def _completions(self, unstable: bytes) -> Iterator[tuple[int, ...]]:
        """The ids that can stand where the unstable bytes do, as far as these reach."""
        # What is longer than any token begins none.
        for cut in range(max(0, len(unstable) - self.longest), len(unstable)):
            for token in self._starting_with(unstable[cut:]):
                if cut == 0:
                    yield (self.tokenizer.token_id(token),)
                else:
                    yield self._until(unstable[:cut] + token, len(unstable))
        # White space at the end may leave the piece that it stands in.
        last = unstable.decode("utf-8", "replace")[-1:]
        if last.isspace() and len(unstable) > len(last.encode()):
            head = unstable[: -len(last.encode())]
            yield (*self.encode_single_piece(head), *self.encode_single_piece(last.encode()))

    def _starting_with(self, prefix: bytes) -> Iterator[bytes]:
        for at in range(bisect_left(self.sorted_tokens, prefix), len(self.sorted_tokens)):
            if not self.sorted_tokens[at].startswith(prefix):
                return
            yield self.sorted_tokens[at]

    def _until(self, data: bytes, length: int) -> tuple[int, ...]:
        """The first ids of some bytes, up to the one that reaches a length."""
        try:
            ids = self.encode_ordinary(data.decode())
        except UnicodeDecodeError:
            ids = self.encode_single_piece(data)
        reached = 0
        for count, token in enumerate(ids, 1):
            reached += len(self.tokenizer.token_bytes(token))
            if reached >= length:
                return tuple(ids[:count])
        return tuple(ids)
