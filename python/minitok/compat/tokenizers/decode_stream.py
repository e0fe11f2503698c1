"""``DecodeStream``: the text of ids as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DecodeStream"]


class DecodeStream:
    """Text of ids as they come: ``step`` gives the text that has become certain, or None.

    >>> import minitok
    >>> from minitok.compat.tokenizers import Tokenizer
    >>> tok = Tokenizer.from_minitok(minitok.Tokenizer([]))
    >>> stream = DecodeStream()
    >>> [stream.step(tok, byte) for byte in "é!".encode()]
    [None, 'é', '!']
    """

    def __init__(self, ids: Sequence[int] | None = None, skip_special_tokens: bool = False) -> None:
        self.skip_special_tokens = skip_special_tokens
        self._ids = list(ids or ())
        self._prefix = ""
        self._prefix_index = 0

    def step(self, tokenizer: Any, id: int | Sequence[int]) -> str | None:  # noqa: A002 - as there
        """Returns the text that an id, or several, make certain; None if that is none yet."""

        def decode(ids: list[int]) -> str:
            return str(tokenizer.decode(ids, self.skip_special_tokens))

        if not self._prefix and self._ids:
            text = decode(self._ids)
            if not text.endswith("\ufffd"):
                self._prefix, self._prefix_index = text, len(self._ids)
        self._ids += [id] if isinstance(id, int) else id
        text = decode(self._ids)
        if len(text.encode()) <= len(self._prefix.encode()) or text.endswith("\ufffd"):
            return None
        if not text.startswith(self._prefix):
            raise ValueError(f"the text {text!r} does not begin with {self._prefix!r}, which has been given out")
        new = text[len(self._prefix) :]
        self._ids, index = self._ids[self._prefix_index :], len(self._ids) - self._prefix_index
        self._prefix, self._prefix_index = decode(self._ids), index
        return new

    def __copy__(self) -> DecodeStream:
        made = DecodeStream(self._ids, self.skip_special_tokens)
        made._prefix, made._prefix_index = self._prefix, self._prefix_index
        return made

    def __deepcopy__(self, memo: Any) -> DecodeStream:
        return self.__copy__()
