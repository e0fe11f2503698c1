"""The reference's session with the calls of the extension: places in characters or bytes, ids as arrays."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING

from ..extras import array_of
from ..reference.more import session, tails, viable
from ..reference.text import utf8
from .python_ids import id_list

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..reference.published.codecs import Codec
    from ..reference.published.preprocess import TokenFinder


class Session:
    """``reference.more.session.Session`` as the facade calls it."""

    def __init__(self, codec: Codec, search: TokenFinder, refused: list[str], chars: bool) -> None:
        self.core = session.Session(codec, search, codec.refusing(refused))
        self.chars = chars
        self.encoded_bytes = 0

    def byte(self, at: int) -> int:
        text = self.core.text
        if self.chars:
            return len(text.decode()[:at].encode())
        if text[at : at + 1] and text[at] & 0xC0 == 0x80:
            raise ValueError(f"byte {at} is inside a character")
        return at

    def edit(self, start: int, end: int, text: str | bytes) -> tuple[int, int, npt.NDArray[np.uint32]]:
        return self.replaced(self.byte(start), self.byte(end), text)

    def set(self, text: str | bytes) -> tuple[int, int, npt.NDArray[np.uint32]]:
        return self.replaced(0, len(self.core.text), text)

    def replaced(self, start: int, end: int, text: str | bytes) -> tuple[int, int, npt.NDArray[np.uint32]]:
        found = self.core.edit(start, end, utf8(text))
        self.encoded_bytes = len(self.core.text)
        return found.start, found.removed, array_of(found.ids, "uint32")

    def __len__(self) -> int:
        return len(self.core.text.decode()) if self.chars else len(self.core.text)

    @property
    def local(self) -> bool:
        return False

    @property
    def n_ids(self) -> int:
        return len(self.core.ids)

    def text(self, start: int, end: int) -> str:
        return self.core.text[self.byte(start) : self.byte(end)].decode()

    def ids(self, start: int, end: int) -> npt.NDArray[np.uint32]:
        return array_of(self.core.ids[start:end], "uint32")

    def encode(self, start: int, end: int) -> npt.NDArray[np.uint32]:
        return array_of(self.core.codec.encode(self.text(start, end).encode(), self.core.finder), "uint32")

    def count(self, start: int, end: int) -> int:
        return len(self.encode(start, end))

    @property
    def knows_tails(self) -> bool:
        return tails.knows_tails(self.core.codec, self.core.finder)

    @property
    def tail(self) -> tails.Tail:
        """The end of the text, and what may follow it."""
        return tails.Tail(self.core.codec, self.core.finder, self.core.text)

    def stable(self) -> int:
        return self.tail.stable()

    def stable_within(self, most: int) -> int | None:
        return self.stable() if self.knows_tails and len(self.core.text) <= most else None

    def covers(self) -> list[tuple[int, npt.NDArray[np.uint32], npt.NDArray[np.uint32]]]:
        return [(kept, array_of(extra, "uint32"), array_of(ids, "uint32")) for kept, extra, ids in self.tail.covers()]

    def next_ids(self) -> npt.NDArray[np.uint64] | None:
        if not self.knows_tails:
            return None
        codec = self.core.codec
        words = [0] * (max([*codec.vocab.tokens, *codec.preprocessor.special.ids.values()]) // 64 + 1)
        for token_id in viable.next_ids(codec, self.core.finder, self.core.ids):
            words[token_id // 64] |= 1 << token_id % 64
        return array_of(words, "uint64")

    def append_ids(self, ids: Iterable[int]) -> tuple[int, int | None] | None:
        listed = id_list(ids)
        if not self.knows_tails:
            return -1, None
        number = self.core.append_ids(listed)
        return None if number is None else (number, listed[number])

    def is_encoded(self) -> bool:
        return not self.ends_inside and self.core.ids == self.core.codec.encode(self.core.text, self.core.finder)

    def keep_stable(self) -> None:
        self.core.ids = self.core.ids[: self.stable() if self.knows_tails else None]
        self.core.text = self.core.codec.decode_bytes(self.core.ids)

    def next_after(
        self, rest: bytes, end: int | None
    ) -> tuple[list[int], npt.NDArray[np.uint32], npt.NDArray[np.uint32]] | None:
        if not self.knows_tails:
            return None
        codec = self.core.codec
        silent = {*codec.preprocessor.special.ids.values(), end}
        found = [i for i in viable.next_ids(codec, self.core.finder, self.core.ids) if i != end]
        tokens = {i: b"" if i in silent else codec.token_bytes(i) or b"" for i in found}
        if end is not None and self.is_encoded():
            tokens[end] = b""
        adds = []
        for token in tokens.values():
            goes_on = token.startswith(rest) and (token != rest or not token)
            adds.append((token[len(rest)] if token else 256) if goes_on else 257)
        within = [i for i, token in tokens.items() if token and rest.startswith(token)]
        return within, array_of(list(tokens), "uint32"), array_of(adds, "uint32")

    @property
    def ends_inside(self) -> bool:
        return not viable.is_text(self.core.text)

    def token_at(self, at: int) -> int | None:
        return session.token_at(self.core.codec, self.core.finder, self.core.text, False, self.byte(at))

    def fork(self) -> Session:
        other = copy(self)
        other.core = copy(self.core)
        return other
