"""Ids -> bytes -> text, at once or as they come.

Bytes are concatenated (D1), so nothing is lost. Text is another matter: a token may hold half a character, so bytes become
text only when a character is complete, and bytes that are not valid UTF-8 become U+FFFD or an error (D2).

By hand: if ``é`` (bytes C3 A9) is two tokens, the streaming decoder answers the first with nothing, since C3 begins a
character, and the second with ``é``. If the stream ends after the first, C3 is not a character, and becomes U+FFFD.

Invariants: ``decode_bytes`` gives every byte. For valid UTF-8, what the streaming decoder has emitted and what it holds back
are together what it was given; otherwise U+FFFD stands in place of the invalid bytes (D2, D4). It holds back at most three
bytes.

Costs: O(b) for b bytes.

Implements SPEC D1, D2, D3 and D4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..errors import UnknownTokenError

TokenBytes = Callable[[int], bytes | None]


def decode_bytes(token_bytes: TokenBytes, ids: Iterable[int]) -> bytes:
    """Returns the bytes of the tokens, one after the other.

    >>> decode_bytes({0: b"ab", 1: b"c"}.get, [0, 1, 0])
    b'abcab'
    """
    return b"".join(tokens_of(token_bytes, ids))


def tokens_of(token_bytes: TokenBytes, ids: Iterable[int]) -> list[bytes]:
    """Returns the bytes of each token. An id without one is an error that says where it stands."""
    tokens: list[bytes] = []
    for position, token_id in enumerate(ids):
        token = token_bytes(token_id)
        if token is None:
            raise UnknownTokenError(token_id, position)
        tokens.append(token)
    return tokens


class StreamDecoder:
    """Turns ids into text as they come, and never shows half a character.

    >>> stream = StreamDecoder({0: b"\\xc3", 1: b"\\xa9"}.get)
    >>> stream.push(0), stream.push(1), stream.finish()
    ('', 'é', '')
    """

    def __init__(self, token_bytes: TokenBytes, errors: str = "replace") -> None:
        """Start with the bytes of each id.

        ``errors``: ``"replace"`` (by U+FFFD) or ``"strict"``: bytes that are not valid UTF-8 are an error.
        """
        self.token_bytes = token_bytes
        self.strict = errors == "strict"
        self.held = b""
        self.position = 0

    def push(self, token_id: int) -> str:
        """Returns the text that is certain now that this token has come."""
        token = self.token_bytes(token_id)
        if token is None:
            raise UnknownTokenError(token_id, self.position)
        self.position += 1
        self.held += token
        return self.emit(finished=False)

    def finish(self) -> str:
        """Ends the stream: bytes held back can no longer become a character. A new stream may follow."""
        self.position = 0
        return self.emit(finished=True)

    def emit(self, finished: bool) -> str:
        """Returns what is text by now. (Python's incremental decoder would hold back ED A0, which begins no character.)"""
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
