"""The decoders: how text is made of tokens."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from minitok.formats.byte_level import BYTES

from .components import Component
from .decode_stream import DecodeStream
from .matching import cuts
from .options import BYTE_LEVEL, CHARACTER, FLAG, METASPACE, PATTERN, SIZE, TEXT, Option, compiled_source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence as Tokens

__all__ = [
    "CTC", "BPEDecoder", "ByteFallback", "ByteLevel", "DecodeStream", "Decoder", "Fuse", "Metaspace", "Replace", "Sequence",
    "Strip", "WordPiece",
]  # fmt: skip

BYTE = re.compile("<0x([0-9A-Fa-f]{2})>")
# English as WordPiece writes it, and as it is written; in this order.
CLEANED = (
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
    (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
)  # fmt: skip


class Decoder(Component):
    """What makes text of tokens."""

    def decode(self, tokens: Tokens[str]) -> str:
        """Returns the text of the tokens.

        >>> ByteLevel().decode(["Hello", "Ġworld"])
        'Hello world'

        Raises:
            ComponentError: A custom decoder fails.
        """
        return "".join(self.decode_chain(list(tokens)))

    def decode_chain(self, tokens: list[str]) -> list[str]:
        """Returns the parts of the text, which another decoder may change. A custom decoder has this method."""
        return self._apply(tokens) if self.custom_object is None else list(self._call("decode_chain", tokens))

    def _apply(self, tokens: list[str]) -> list[str]:
        return [self._change(token) for token in tokens]

    def _change(self, token: str) -> str:
        del token
        self._refuse()


class ByteLevel(Decoder):
    """Makes bytes of the characters that stand for them. A token with another character is its own text."""

    options = BYTE_LEVEL

    def __init__(self, **_: Any) -> None:
        super().__init__()

    def _apply(self, tokens: list[str]) -> list[str]:
        return [b"".join(map(token_bytes, tokens)).decode("utf-8", "replace")]


class ByteFallback(Decoder):
    """Makes a text of a run of ``<0x..>``; of one that is not UTF-8, U+FFFD for each."""

    def _apply(self, tokens: list[str]) -> list[str]:
        return joined_bytes(tokens)


class Fuse(Decoder):
    """Joins all tokens to one."""

    def _apply(self, tokens: list[str]) -> list[str]:
        return ["".join(tokens)]


class Strip(Decoder):
    """Drops up to a number of a character at the ends of each token."""

    options = (
        Option("content", CHARACTER, " ", needed=True),
        Option("start", SIZE, 0, argument="left", needed=True),
        Option("stop", SIZE, 0, argument="right", needed=True),
    )

    def _change(self, token: str) -> str:
        return stripped(token, self.content, self.start, self.stop)


class Replace(Decoder):
    """Puts a text in the place of each match of a text or of a ``Regex``."""

    options = Option("pattern", PATTERN), Option("content", TEXT)

    def _apply(self, tokens: list[str]) -> list[str]:
        pattern, content = compiled_source(self.state["pattern"]), self.content
        return [
            "".join(content if matches else token[start:end] for start, end, matches in cuts(token, pattern))
            for token in tokens
        ]


class Metaspace(Decoder):
    """Makes spaces of markers; one that was put before the text is dropped."""

    options = METASPACE

    def _apply(self, tokens: list[str]) -> list[str]:
        mark = self.replacement
        first = "" if self.prepend_scheme != "never" else " "
        return [token.replace(mark, " " if at else first) for at, token in enumerate(tokens)]


class BPEDecoder(Decoder):
    """Makes a space of the mark that ends words."""

    options = (Option("suffix", TEXT, "</w>", needed=True),)

    def _apply(self, tokens: list[str]) -> list[str]:
        last = len(tokens) - 1
        return [token.replace(self.suffix, "" if at == last else " ") for at, token in enumerate(tokens)]


class WordPiece(Decoder):
    """Joins the parts of words, which a mark begins, and writes English as usual."""

    options = Option("prefix", TEXT, "##", needed=True), Option("cleanup", FLAG, True, needed=True)

    def _apply(self, tokens: list[str]) -> list[str]:
        prefix = self.prefix
        made = [
            token if not at else token[len(prefix) :] if token.startswith(prefix) else f" {token}"
            for at, token in enumerate(tokens)
        ]
        return list(map(cleaned, made)) if self.cleanup else made


class CTC(Decoder):
    """Drops repeated tokens and the padding between them, as models of speech need it."""

    options = (
        Option("pad_token", TEXT, "<pad>", needed=True),
        Option("word_delimiter_token", TEXT, "|", needed=True),
        Option("cleanup", FLAG, True, needed=True),
    )

    def _apply(self, tokens: list[str]) -> list[str]:
        return [text for token, _ in groupby(tokens) if (text := self._change(token))]

    def _change(self, token: str) -> str:
        text = token.replace(self.pad_token, "")
        return cleaned(text).replace(self.word_delimiter_token, " ") if self.cleanup else text


class Sequence(Decoder):
    """Decoders, one after the other."""

    parts_field = "decoders"

    def __init__(self, decoders: Iterable[Any]) -> None:
        self._hold_parts(decoders)

    def _apply(self, tokens: list[str]) -> list[str]:
        for part in self.parts:
            tokens = part.decode_chain(tokens)
        return tokens


def token_bytes(token: str) -> bytes:
    """The bytes of a token in byte-level notation; of any other token, its UTF-8."""
    try:
        return bytes(map(BYTES.__getitem__, token))
    except KeyError:
        return token.encode()


def joined_bytes(tokens: list[str]) -> list[str]:
    """The tokens with each run of ``<0x..>`` as one token of these bytes, or, if they are not UTF-8, as U+FFFD for each."""
    found: list[str] = []
    run = bytearray()
    for token in [*tokens, ""]:
        byte = BYTE.fullmatch(token)
        if byte:
            run.append(int(byte[1], 16))
            continue
        if run:
            try:
                found.append(run.decode())
            except UnicodeDecodeError:
                found += ["\ufffd"] * len(run)
            run.clear()
        found.append(token)
    return found[:-1]


def stripped(token: str, content: str, start: int, stop: int) -> str:
    """The token without up to ``start`` and ``stop`` of a character at its ends.

    >>> stripped("__a_", "_", 1, 1)
    '_a'
    """
    first, last = 0, len(token)
    while first < min(start, last) and token[first] == content:
        first += 1
    while last > first and len(token) - last < stop and token[last - 1] == content:
        last -= 1
    return token[first:last]


def cleaned(text: str) -> str:
    """English as it is usually written."""
    for odd, usual in CLEANED:
        text = text.replace(odd, usual)
    return text
