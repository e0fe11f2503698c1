"""Ids -> bytes -> text, at once or as they come.

Bytes are concatenated (D1); nothing is ever lost on the way back. Text is another matter: a token may hold half a
character, so bytes become text only when all of them are together.

By hand: if ``é`` (bytes C3 A9) has been cut into two tokens, the streaming decoder answers the first with nothing, for C3
alone is the beginning of a character, and the second with ``é``. If the stream ends after the first, what is left is no
character, and becomes U+FFFD.

Invariants: what the streaming decoder has emitted, with what it holds back, is what it has been given (D4); it holds back
three bytes at the most.

Costs: O(b) for b bytes.

Implements SPEC D1, D2, D3 and D4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..errors import UnknownTokenError

TokenBytes = Callable[[int], bytes | None]


def decode_bytes(token_bytes: TokenBytes, ids: Iterable[int]) -> bytes:
    """The bytes of the tokens, one after the other."""
    parts: list[bytes] = []
    for position, token_id in enumerate(ids):
        token = token_bytes(token_id)
        if token is None:
            raise UnknownTokenError(token_id, position)
        parts.append(token)
    return b"".join(parts)


class StreamDecoder:
    """Turns ids into text as they come, and never shows half a character.

    >>> stream = StreamDecoder({0: b"\\xc3", 1: b"\\xa9"}.get)
    >>> stream.push(0), stream.push(1), stream.finish()
    ('', 'é', '')
    """

    def __init__(self, token_bytes: TokenBytes, errors: str = "replace") -> None:
        """``errors``: ``"replace"`` (by U+FFFD) or ``"strict"``: bytes that are no text are an error."""
        self.token_bytes = token_bytes
        self.strict = errors == "strict"
        self.held = b""
        self.position = 0

    def push(self, token_id: int) -> str:
        """The text that is certain now that this token has come."""
        token = self.token_bytes(token_id)
        if token is None:
            raise UnknownTokenError(token_id, self.position)
        self.position += 1
        self.held += token
        return self.emit(finished=False)

    def finish(self) -> str:
        """The end of the stream: what was held back is no character any more. The decoder starts anew after it."""
        self.position = 0
        return self.emit(finished=True)

    def emit(self, finished: bool) -> str:
        """What is text by now. Python's own incremental decoder will not do: it holds back ED A0, which begins nothing."""
        text = ""
        while self.held:
            try:
                text += self.held.decode()
                self.held = b""
            except UnicodeDecodeError as error:
                text += self.held[: error.start].decode()
                if error.reason == "unexpected end of data" and not finished:
                    self.held = self.held[error.start :]
                    break  # the beginning of a character: held back
                if self.strict:
                    self.held = b""
                    raise
                text += "\N{REPLACEMENT CHARACTER}"
                self.held = self.held[error.end :]
        return text
