"""Ids -> text, where tokens are joined by rules, some ids are left out, and a string ends the stream.

A vocabulary of symbols may join its tokens in another way than by concatenation (S9): with a space before each, without their
prefix, or with a space in place of their suffix. ``Joiner`` does that, token by token.

A stream may end at a string: ``StopStrings`` finds it, across tokens (D5). By hand: with the stop string ``</s>``, the tokens
``a<``, ``/b`` and ``</s>c`` are answered by ``a``, ``</b`` and nothing, and ``</s>`` has been found.

Invariants: those of ``decode``, for the bytes that the tokens are joined to; what is held back is also a token that may be the
last (S9), and what may be the beginning of a stop string (D5).

Costs: O(b) for b bytes; with s stop strings, O(s b).

Implements SPEC D5, S5 and S9.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ...errors import UnknownTokenError
from .. import decode
from ..decode import TokenBytes, tokens_of

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


def joined_bytes(token_bytes: TokenBytes, ids: Iterable[int], joining: Joining | None) -> bytes:
    """Returns the bytes of the tokens, joined by a rule; None: one after the other."""
    if joining is None:
        return decode.decode_bytes(token_bytes, ids)
    joiner = Joiner(joining)
    return b"".join(map(joiner.push, tokens_of(token_bytes, ids))) + joiner.finish()


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


class StreamDecoder(decode.StreamDecoder):
    """Turns ids into text as they come, up to a stop string.

    >>> stream = StreamDecoder({0: b" \\xc3", 1: b"\\xa9", 2: b"."}.get, drops_space=True, stop=["."])
    >>> stream.push(0), stream.push(1), stream.push(2), stream.stops.found
    ('', 'é', '', '.')
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
        """As ``decode.StreamDecoder``.

        ``drops_space``: one space is dropped from the start (S5). ``joining``: how tokens are joined; None: they are
        concatenated. ``stop``: strings that end the stream. ``skipped``: the ids that are left out.
        """
        super().__init__(token_bytes, errors)
        self.drops_space = drops_space
        self.joiner = None if joining is None else Joiner(joining)
        self.stops = StopStrings(stop)
        self.skipped = skipped
        self.begun = False  # whether any byte has come

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
