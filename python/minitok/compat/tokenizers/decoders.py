"""The decoders: how text is made of tokens."""

from __future__ import annotations

from collections.abc import Sequence as Tokens
from functools import reduce
from itertools import groupby
from typing import Any

from minitok.formats.byte_level import BYTES
from minitok.reference.published import streams as reference

from .components import Component
from .decode_stream import BYTE, DecodeStream
from .matching import cuts
from .options import BYTE_LEVEL, CHARACTER, FLAG, METASPACE, PATTERN, SIZE, TEXT, Option, compiled_source

__all__ = [
    "CTC", "BPEDecoder", "ByteFallback", "ByteLevel", "DecodeStream", "Decoder", "Fuse", "Metaspace", "Replace", "Sequence",
    "Strip", "WordPiece",
]  # fmt: skip


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
        if self.custom_object is not None:
            return list(self._call("decode_chain", tokens))
        if self.parts_field is None:
            return list(self._apply(tokens))
        return reduce(lambda made, part: part.decode_chain(made), self.parts, tokens)


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
        found: list[str] = []
        for is_byte, run in groupby(tokens, lambda token: BYTE.fullmatch(token) is not None):
            names = list(run)
            if is_byte:
                try:
                    names = [bytes(int(name[3:5], 16) for name in names).decode()]
                except UnicodeDecodeError:
                    names = ["\ufffd"] * len(names)
            found += names
        return found


Fuse = Decoder.named("Fuse", "Joins all tokens to one.", _apply=lambda _, tokens: ["".join(tokens)])


class Strip(Decoder):
    """Drops up to a number of a character at the ends of each token.

    >>> Strip("_", 1, 1).decode(["__a_"])
    '_a'
    """

    options = (
        Option("content", CHARACTER, " ", needed=True),
        Option("start", SIZE, 0, argument="left", needed=True),
        Option("stop", SIZE, 0, argument="right", needed=True),
    )

    def _apply(self, tokens: list[str]) -> list[str]:
        made = []
        for token in tokens:
            first = min(len(token) - len(token.lstrip(self.content)), self.start)
            rest = token[first:]
            made.append(rest[: len(rest) - min(len(rest) - len(rest.rstrip(self.content)), self.stop)])
        return made


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
        joiner = reference.Joiner(("cleaned_prefix" if self.cleanup else "prefix", self.prefix.encode()))
        return [joiner.push(token.encode()).decode() for token in tokens]


class CTC(Decoder):
    """Drops repeated tokens and the padding between them, as models of speech need it."""

    options = (
        Option("pad_token", TEXT, "<pad>", needed=True),
        Option("word_delimiter_token", TEXT, "|", needed=True),
        Option("cleanup", FLAG, True, needed=True),
    )

    def _apply(self, tokens: list[str]) -> list[str]:
        made = [token.replace(self.pad_token, "") for token, _ in groupby(tokens)]
        if self.cleanup:
            made = [reference.cleaned(token.encode()).decode() for token in made]
            made = [token.replace(self.word_delimiter_token, " ") for token in made]
        return list(filter(None, made))


Sequence = Decoder.named("Sequence", "Decoders, one after the other.", parts_field="decoders")


def token_bytes(token: str) -> bytes:
    """The bytes of a token in byte-level notation; of any other token, its UTF-8."""
    try:
        return bytes(map(BYTES.__getitem__, token))
    except KeyError:
        return token.encode()
