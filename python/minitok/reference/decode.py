"""Ids -> bytes -> text, at once or as they come.

Bytes are concatenated (D1), so nothing is lost. Text is another matter: a token may hold half a character, so bytes become
text only when a character is complete, and bytes that are not valid UTF-8 become U+FFFD or an error (D2).

By hand: if ``é`` (bytes C3 A9) is two tokens, the streaming decoder answers the first with nothing, since C3 begins a
character, and the second with ``é``. If the stream ends after the first, C3 is not a character, and becomes U+FFFD.

On a first reading, take ``decode_bytes`` and ``StreamDecoder``. ``Joiner`` is for vocabularies of symbols, ``StopStrings``
for streams that end at a string.

Invariants: ``decode_bytes`` gives every byte. For valid UTF-8, what the streaming decoder has emitted and what it holds back
are together what it was given; otherwise U+FFFD stands in place of the invalid bytes (D2, D4). It holds back at most three
bytes, a token that may be the last (S9), and what may be the beginning of a stop string (D5).

A vocabulary of symbols may join its tokens in another way (S9): with a space before each, without their prefix, or with a
space in place of their suffix. ``Joiner`` does that, token by token.

A stream may end at a string: ``StopStrings`` finds it, across tokens (D5). By hand: with the stop string ``</s>``, the tokens
``a<``, ``/b`` and ``</s>c`` are answered by ``a``, ``</b`` and nothing, and ``</s>`` has been found.

Costs: O(b) for b bytes; with s stop strings, O(s b).

Implements SPEC D1, D2, D3, D4, D5, S5 and S9.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

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


def failure_function(string: bytes) -> list[int]:
    """Returns, for each beginning of a string, the length of the longest shorter beginning that it ends with.

    >>> failure_function(b"aabaa")
    [0, 1, 0, 1, 2]
    """
    found = [0] * len(string)
    for end in range(1, len(string)):
        found[end] = longer(string, found, found[end - 1], string[end])
    return found


def longer(string: bytes, failures: Sequence[int], matched: int, byte: int) -> int:
    """Returns how much of a string a text ends with, if it ended with ``matched`` bytes of it before this byte."""
    while matched > 0 and string[matched] != byte:
        matched = failures[matched - 1]
    return matched + (string[matched] == byte)


class StopStrings:
    """Finds which of some strings ends first in a text that comes in parts, and holds back what may be the beginning of one.

    For each string it knows how much of it the text ends with (Knuth, Morris and Pratt), so no byte is looked at twice. What
    is held back begins like a string and ends with the text, so it is whole characters.

    >>> stops = StopStrings(["</s>", "stop"])
    >>> stops.push("a<"), stops.push("/b"), stops.push("</s>c"), stops.found
    ('a', '</b', '', '</s>')
    """

    def __init__(self, strings: Sequence[str]) -> None:
        """Start with strings, which must not be empty."""
        self.strings = [string.encode() for string in strings]
        self.failures = [failure_function(string) for string in self.strings]
        self.matched = [0] * len(strings)  # how many bytes of each string the text ends with
        self.held = b""
        self.found: str | None = None  # the string that was found
        self.ended = False  # whether the text has ended, so that the next part begins another

    def push(self, text: str) -> str:
        """Returns the text before the first string, as far as it is certain now that this part has come."""
        if self.ended:
            self.found, self.ended = None, False
        if self.found is not None or not self.strings:
            return text if self.found is None else ""
        begun = len(self.held)
        self.held += text.encode()
        for place in range(begun, len(self.held)):
            self.step(self.held[place])
            if self.found is not None:
                self.held = self.held[: place + 1 - len(self.found.encode())]
                return self.shown(0)
        return self.shown(max(self.matched))

    def finish(self, text: str) -> str:
        """Ends the text with a last part, and returns the rest of it. Another text may follow."""
        shown = self.push(text) + self.shown(0)
        self.matched, self.ended = [0] * len(self.strings), True
        return shown

    def step(self, byte: int) -> None:
        """Follows one byte. Of strings that end here, the longest is found: it begins first."""
        for number, string in enumerate(self.strings):
            matched = longer(string, self.failures[number], self.matched[number], byte)
            self.matched[number] = matched
            if matched == len(string) and (self.found is None or len(self.found.encode()) < matched):
                self.found = string.decode()

    def shown(self, kept: int) -> str:
        """Returns the text that is held, except this many bytes at its end, which stay."""
        end = len(self.held) - kept
        shown, self.held = self.held[:end], self.held[end:]
        return shown.decode()


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
        stop: Sequence[str] = (),
        skipped: Collection[int] = (),
    ) -> None:
        """Start with the bytes of each id.

        ``errors``: ``"replace"`` (by U+FFFD) or ``"strict"``: bytes that are not valid UTF-8 are an error. ``drops_space``: one
        space is dropped from the start (S5). ``joining``: how tokens are joined; None: they are concatenated. ``stop``: strings
        that end the stream. ``skipped``: the ids that are left out.
        """
        self.token_bytes = token_bytes
        self.strict = errors == "strict"
        self.drops_space = drops_space
        self.joiner = None if joining is None else Joiner(joining)
        self.stops = StopStrings(stop)
        self.skipped = skipped
        self.held = b""
        self.begun = False  # whether any byte has come
        self.position = 0

    def push(self, token_id: int) -> str:
        """Returns the text that is certain now that this token has come."""
        token = self.token_bytes(token_id)
        if token is None:
            raise UnknownTokenError(token_id, self.position)
        self.position += 1
        if token_id not in self.skipped:
            self.take(token)
        return self.stops.push(self.emit(finished=False))

    def push_all(self, ids: Iterable[int]) -> str:
        """Returns the text that is certain now that these tokens have come."""
        tokens: list[tuple[int, bytes]] = []
        for position, token_id in enumerate(ids):
            token = self.token_bytes(token_id)
            if token is None:
                raise UnknownTokenError(token_id, position)
            tokens.append((token_id, token))
        self.position += len(tokens)
        for token_id, token in tokens:
            if token_id not in self.skipped:
                self.take(token)
        return self.stops.push(self.emit(finished=False))

    def take(self, token: bytes) -> None:
        """Takes the bytes of a token."""
        if self.joiner is not None:
            token = self.joiner.push(token)
        self.held += token.removeprefix(b" ") if self.drops_space and not self.begun else token
        self.begun = self.begun or bool(token)

    def finish(self) -> str:
        """Ends the stream: bytes held back can no longer become a character. A new stream may follow."""
        self.position = 0
        self.begun = False
        if self.joiner is not None:
            self.held += self.joiner.finish()
        try:
            rest = self.emit(finished=True)
        except UnicodeDecodeError:
            self.stops.finish("")
            raise
        return self.stops.finish(rest)

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
