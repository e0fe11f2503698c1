"""Ids -> bytes -> text, at once or as they come.

Bytes are concatenated (D1), so nothing is lost. Text is another matter: a token may hold half a character, so bytes become
text only when a character is complete, and bytes that are not valid UTF-8 become U+FFFD or an error (D2).

By hand: if ``é`` (bytes C3 A9) is two tokens, the streaming decoder answers the first with nothing, since C3 begins a
character, and the second with ``é``. If the stream ends after the first, C3 is not a character, and becomes U+FFFD.

Invariants: ``decode_bytes`` gives every byte. For valid UTF-8, what the streaming decoder has emitted and what it holds back
are together what it was given; otherwise U+FFFD stands in place of the invalid bytes (D2, D4). It holds back at most three
bytes, and a token that may be the last (S9).

A vocabulary of symbols may join its tokens in another way (S9): with a space before each, without their prefix, or with a
space in place of their suffix. ``Joiner`` does that, token by token.

Costs: O(b) for b bytes.

Implements SPEC D1, D2, D3, D4, S5 and S9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..errors import UnknownTokenError

TokenBytes = Callable[[int], bytes | None]
Joining = tuple[str, bytes]

# What a decoder that cleans up replaces in each token, in this order.
CLEANING = (
    (b" .", b"."),
    (b" ?", b"?"),
    (b" !", b"!"),
    (b" ,", b","),
    (b" ' ", b"'"),
    (b" n't", b"n't"),
    (b" 'm", b"'m"),
    (b" do not", b" don't"),
    (b" 's", b"'s"),
    (b" 've", b"'ve"),
    (b" 're", b"'re"),
)


def decode_bytes(token_bytes: TokenBytes, ids: Iterable[int], joining: Joining | None = None) -> bytes:
    """Returns the bytes of the tokens, one after the other, or joined by a rule."""
    parts: list[bytes] = []
    for position, token_id in enumerate(ids):
        token = token_bytes(token_id)
        if token is None:
            raise UnknownTokenError(token_id, position)
        parts.append(token)
    if joining is None:
        return b"".join(parts)
    joiner = Joiner(joining)
    return b"".join(map(joiner.push, parts)) + joiner.finish()


class Joiner:
    """Joins tokens to text by a rule of S9, one token after the other.

    >>> joiner = Joiner(("suffix", b"</w>"))
    >>> joiner.push(b"cat</w>"), joiner.push(b"s</w>"), joiner.finish()
    (b'', b'cat ', b's')
    """

    def __init__(self, joining: Joining) -> None:
        self.rule, self.mark = joining
        self.begun = False
        self.held = b""  # a token kept back: if it is the last, its suffix is not a space

    def push(self, token: bytes) -> bytes:
        """Returns the text that is certain now that this token has come."""
        first, self.begun = not self.begun, True
        if self.rule == "suffix":
            held, self.held = self.held, token
            return held.replace(self.mark, b" ")
        if not first:
            continues = self.rule != "spaces" and token.startswith(self.mark)
            token = token[len(self.mark) :] if continues else b" " + token
        return cleaned(token) if self.rule == "cleaned_prefix" else token

    def finish(self) -> bytes:
        """Ends the text, and returns the rest of it. Another text may follow."""
        held, self.held, self.begun = self.held, b"", False
        return held.replace(self.mark, b"") if self.rule == "suffix" else held


def cleaned(token: bytes) -> bytes:
    """Returns a token without the spaces that English does not put before punctuation and contractions."""
    for old, new in CLEANING:
        token = token.replace(old, new)
    return token


class StreamDecoder:
    """Turns ids into text as they come, and never shows half a character.

    >>> stream = StreamDecoder({0: b"\\xc3", 1: b"\\xa9"}.get)
    >>> stream.push(0), stream.push(1), stream.finish()
    ('', 'é', '')
    """

    def __init__(
        self,
        token_bytes: TokenBytes,
        errors: str = "replace",
        drops_space: bool = False,
        joining: Joining | None = None,
    ) -> None:
        """Start with the bytes of each id.

        ``errors``: ``"replace"`` (by U+FFFD) or ``"strict"``: bytes that are not valid UTF-8 are an error. ``drops_space``: one
        space is dropped from the start (S5). ``joining``: how tokens are joined; None: they are concatenated.
        """
        self.token_bytes = token_bytes
        self.strict = errors == "strict"
        self.drops_space = drops_space
        self.joiner = None if joining is None else Joiner(joining)
        self.held = b""
        self.begun = False  # whether any byte has come
        self.position = 0

    def push(self, token_id: int) -> str:
        """Returns the text that is certain now that this token has come."""
        token = self.token_bytes(token_id)
        if token is None:
            raise UnknownTokenError(token_id, self.position)
        self.position += 1
        if self.joiner is not None:
            token = self.joiner.push(token)
        self.held += token.removeprefix(b" ") if self.drops_space and not self.begun else token
        self.begun = self.begun or bool(token)
        return self.emit(finished=False)

    def finish(self) -> str:
        """Ends the stream: bytes held back can no longer become a character. A new stream may follow."""
        self.position = 0
        self.begun = False
        if self.joiner is not None:
            self.held += self.joiner.finish()
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
