"""``Pipeline``: what a tokenizer does with text, as it is at one time.

A ``Tokenizer`` of this package can be changed. It makes a pipeline for what it is, and another one after a change; encodings
keep that of their time, to make their columns from it when they are read.
"""

from __future__ import annotations

from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from minitok.arguments import thread_count
from minitok.backend import load_backend
from minitok.errors import UnknownTokenError
from minitok.formats.byte_level import CHARS, to_chars
from minitok.offsets import Sizes, span_list, spans_of
from minitok.reference.metaspace import MARKER
from minitok.text import utf8

from .alignment import Aligned
from .decoders import ByteLevel, token_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minitok.backend import Codec
    from minitok.definition import Definition

    from .added import AddedTokens
    from .columns import Span, Word
    from .decoders import Decoder
    from .models import BPE

    State = dict[str, Any]

__all__ = ["Pipeline", "Text"]

# How many UTF-8 bytes each byte takes in byte-level notation.
SHOWN_SIZES = np.array([len(CHARS[byte].encode()) for byte in range(256)], np.int64)


class Pipeline:
    """Encodes, decodes and names tokens.

    Args:
        definition: What encodes.
        model: The model, for the names of tokens.
        added: The added tokens.
        decoder: The decoder, or None.
        splits_special: Special tokens in a text are text.
    """

    def __init__(
        self, definition: Definition, model: BPE, added: AddedTokens, decoder: Decoder | None, splits_special: bool
    ) -> None:
        self.definition, self.model, self.added, self.decoder = definition, model, added, decoder
        self.codec: Codec = definition.codec()
        split = added.special if splits_special else frozenset()
        self.allowed = tuple(name for name in definition.special_tokens if name not in split)
        self.special_ids = added.special_ids()

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of texts, with added tokens found in them."""
        if len(texts) == 1:
            return [self.codec.encode(texts[0], self.allowed)]
        return self.codec.encode_batch(texts, self.allowed, thread_count(None))

    # -- decoding ------------------------------------------------------------------------------------------------------

    def decode(self, ids: Sequence[int], skip_special_tokens: bool) -> str:
        """The text of ids; those without a token are left out."""
        if skip_special_tokens and self.special_ids and not self.special_ids.isdisjoint(ids):
            ids = [token_id for token_id in ids if token_id not in self.special_ids]
        if self.decodes_as_codec and (not self.odd_ids or self.odd_ids.isdisjoint(ids)):
            try:
                return self.codec.decode(ids, "replace")
            except UnknownTokenError:
                pass
        names = self.names
        tokens = [names[token_id] for token_id in ids if unsigned(token_id) in names]
        return " ".join(tokens) if self.decoder is None else self.decoder.decode(tokens)

    @cached_property
    def decodes_as_codec(self) -> bool:
        """Whether the decoder is that of byte-level tokens, whose text is that of their bytes."""
        return self.definition.prefix is None and isinstance(self.decoder, ByteLevel)

    @cached_property
    def odd_ids(self) -> frozenset[int]:
        """The added tokens whose text, read in byte-level notation, is another one: ``é`` is a byte there."""
        tokens = self.added.tokens.items()
        return frozenset(i for i, token in tokens if token_bytes(token.content) != token.content.encode())

    # -- names ---------------------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> dict[int, str]:
        """Each token as the file writes it, by id; added tokens by their content."""
        added = {token_id: token.content for token_id, token in self.added.tokens.items()}
        return self.model.names() | added

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """The tokens of ids that have one."""
        return list(itemgetter(*ids)(self.names)) if len(ids) > 1 else [self.names[token_id] for token_id in ids]

    # -- the way of a text ---------------------------------------------------------------------------------------------

    @cached_property
    def plain(self) -> bool:
        """Whether text reaches the model as it is, between added tokens that are their own text."""
        definition = self.definition
        changed = definition.normalizer, definition.prefix, definition.words, definition.word_end
        return all(change is None for change in changed) and not definition.late_tokens and not definition.token_flags

    @cached_property
    def marks_late(self) -> bool:
        """Whether added tokens that are looked for in normalized text are found where spaces are markers already."""
        return self.definition.prefix in ("segment", "text", "never")

    @cached_property
    def pattern(self) -> Any:
        """What cuts text into pieces."""
        return load_backend(self.definition.backend).pattern(self.definition.pattern)

    @cached_property
    def whole_piece_codec(self) -> Codec:
        """What encodes a piece that is not cut further."""
        return self.definition.changed(
            pattern="none", prefix=None, special_tokens={}, late_tokens=(), token_flags={}, normalizer=None
        ).codec()

    def segments(self, text: str) -> Iterator[tuple[int | None, Aligned]]:
        """The text between added tokens as it is cut into pieces, and the ids of added tokens with their text."""
        whole = utf8(text)
        begun = np.cumsum(np.frombuffer(whole, np.uint8) & 0xC0 != 0x80, dtype=np.int64) - 1
        for data, start, end, put, origins, token_id in self.codec.segments(whole, self.allowed):
            # A character that several have become counts for the first of them; a space that was put, for the one behind it.
            firsts = np.arange(start - put, end).clip(start) if origins is None else origins[0]
            chars = begun[firsts.clip(0, max(len(whole) - 1, 0))]
            yield token_id, Aligned(data, chars, chars + 1)


class Text:
    """A text and its ids; the other columns are made when they are asked for."""

    __slots__ = ("_columns", "_offsets", "_tokens", "ids", "pipeline", "text")

    def __init__(self, pipeline: Pipeline, text: str, ids: list[int]) -> None:
        self.pipeline, self.text, self.ids = pipeline, text, ids
        self._tokens: list[str] | None = None
        self._offsets: list[Span] | None = None
        self._columns: tuple[list[Span], list[Word], dict[int, str]] | None = None

    @property
    def tokens(self) -> list[str]:
        """The tokens; an added token that took white space has it in its text."""
        if self._tokens is None:
            tokens = self.pipeline.tokens(self.ids)
            if not self.pipeline.plain:
                for index, text in self.columns[2].items():
                    tokens[index] = text
            self._tokens = tokens
        return self._tokens

    @property
    def offsets(self) -> list[Span]:
        """Where in the text each token begins and ends, in characters."""
        if self._offsets is None:
            pipeline = self.pipeline
            if pipeline.plain and not pipeline.definition.vocab.drops_bytes:
                ids = np.array(self.ids, np.uint32)
                self._offsets = span_list(*spans_of(pipeline.codec, ids))
            else:
                self._offsets = self.columns[0]
        return self._offsets

    @property
    def words(self) -> list[Word]:
        """The number of the piece that each token is in."""
        return self.columns[1]

    @property
    def columns(self) -> tuple[list[Span], list[Word], dict[int, str]]:
        """Offsets and words, and the texts of added tokens that may differ from their names."""
        if self._columns is None:
            self._columns = columns_of(self.pipeline, self.text, self.ids)
        return self._columns


def columns_of(pipeline: Pipeline, text: str, ids: list[int]) -> tuple[list[Span], list[Word], dict[int, str]]:
    """Goes along the text and its ids together."""
    offsets: list[Span] = []
    words: list[Word] = []
    texts: dict[int, str] = {}
    word = 0
    sizes = Sizes(pipeline.codec, np.array(ids, np.uint32)).bytes
    for token_id, part in pipeline.segments(text):
        at = len(offsets)
        if token_id is not None:
            shown = part.data.decode()
            if pipeline.marks_late and pipeline.added.tokens[token_id].normalized:
                shown = shown.replace(" ", MARKER.decode())
            if shown != pipeline.names[token_id]:
                texts[at] = shown
            offsets.append(part.span(0, len(part.data)))
            words.append(word)
            word += 1
            continue
        pieces = pipeline.pattern.split(part.data)
        ends = np.cumsum(sizes[at:], dtype=np.int64)
        count = int(np.searchsorted(ends, len(part.data), side="left")) + 1
        if not len(part.data):
            continue
        if count > len(ends) or ends[count - 1] != len(part.data):
            found = dropped(pipeline, part, pieces)
            offsets += [span for spans_of_piece in found for span in spans_of_piece]
            words += [word + number for number, spans_of_piece in enumerate(found) for _ in spans_of_piece]
        else:
            ends = ends[:count]
            begins = ends - sizes[at : at + count]
            offsets += zip(part.starts[begins].tolist(), part.ends[ends - 1].tolist())
            piece_ends = np.cumsum([len(piece) for piece in pieces])
            words += (word + np.searchsorted(piece_ends, begins, side="right")).tolist()
        word += len(pieces)
    return offsets, words, texts


def dropped(pipeline: Pipeline, part: Aligned, pieces: list[bytes]) -> list[list[Span]]:
    """The offsets of the tokens of each piece, where bytes without a token were left out.

    ``tokenizers`` counts the tokens of a piece from its start as if nothing were missing, in byte-level notation.
    """
    found: list[list[Span]] = []
    at = 0
    for piece in pieces:
        shown = np.repeat(np.arange(at, at + len(piece)), SHOWN_SIZES[list(piece)])
        begin = 0
        tokens: list[Span] = []
        for token_id in pipeline.whole_piece_codec.encode(piece):
            end = begin + len(to_chars(pipeline.codec.token_bytes(token_id) or b"").encode())
            places = shown[begin:end]
            tokens.append((int(part.starts[places[0]]), int(part.ends[places[-1]])))
            begin = end
        found.append(tokens)
        at += len(piece)
    return found


def unsigned(token_id: int) -> int:
    """The id, if it can be one."""
    if token_id < 0:
        raise OverflowError("can't convert negative int to unsigned")
    return token_id
