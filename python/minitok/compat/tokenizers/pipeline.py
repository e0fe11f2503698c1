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
from minitok.errors import ComponentError, UnknownTokenError
from minitok.offsets import Sizes, span_list, spans_of
from minitok.reference.normalize import steps_of
from minitok.text import utf8

from .decoders import ByteLevel, token_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minitok.backend import Codec
    from minitok.definition import Definition

    from .columns import Source, Span, Word
    from .decoders import Decoder
    from .steps import Steps

__all__ = ["Pipeline", "Text"]


class Pipeline:
    """Encodes, decodes and names tokens.

    Args:
        definition: What encodes; None if minitok's codec cannot do what the components do.
        steps: The components, one by one.
        decoder: The decoder, or None.
    """

    def __init__(self, definition: Definition | None, steps: Steps, decoder: Decoder | None) -> None:
        self.definition, self.steps, self.decoder = definition, steps, decoder
        self.codec = None if definition is None else definition.codec()
        special = () if definition is None else definition.special_tokens
        self.allowed = tuple(name for name in special if name not in steps.hidden)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of texts, with added tokens found in them."""
        if self.codec is None:
            return [list(self.steps.run(text).columns().ids) for text in texts]
        if len(texts) == 1:
            return [self.codec.encode(texts[0], self.allowed)]
        return self.codec.encode_batch(texts, self.allowed, thread_count(None))

    def sources(self, texts: Sequence[str]) -> list[Source]:
        """The ids of texts, and the columns that belong to them."""
        if self.codec is None:
            return [self.steps.run(text).columns() for text in texts]
        return [Text(self, text, ids) for text, ids in zip(texts, self.encode_batch(texts))]

    # -- decoding ------------------------------------------------------------------------------------------------------

    def decode(self, ids: Sequence[int], skip_special_tokens: bool) -> str:
        """The text of ids; those without a token are left out."""
        if skip_special_tokens and self.special_ids and not self.special_ids.isdisjoint(ids):
            ids = [token_id for token_id in ids if token_id not in self.special_ids]
        if self.decodes_as_codec and self.codec is not None and (not self.odd_ids or self.odd_ids.isdisjoint(ids)):
            try:
                return self.codec.decode(ids, "replace")
            except UnknownTokenError:
                pass
        names = self.names
        tokens = [names[token_id] for token_id in ids if unsigned(token_id) in names]
        return " ".join(tokens) if self.decoder is None else self.decoder.decode(tokens)

    @cached_property
    def special_ids(self) -> frozenset[int]:
        """The ids that are left out where special tokens are."""
        special = self.steps.added.special
        return frozenset(token_id for token_id, name in self.added_names.items() if name in special)

    @cached_property
    def decodes_as_codec(self) -> bool:
        """Whether the decoder is that of byte-level tokens, whose text is that of their bytes."""
        definition = self.definition
        if definition is None or definition.prefix is not None or not isinstance(self.decoder, ByteLevel):
            return False
        return definition.symbols is None or definition.symbols.unit == "bytes"

    @cached_property
    def odd_ids(self) -> frozenset[int]:
        """The added tokens whose text, read in byte-level notation, is another one: ``é`` is a byte there."""
        tokens = self.steps.added.tokens
        names = self.added_names.items()
        return frozenset(i for i, name in names if token_bytes(name) != tokens[i].content.encode())

    # -- names ---------------------------------------------------------------------------------------------------------

    @cached_property
    def added_names(self) -> dict[int, str]:
        """Each added token by id: by its content, or as it stands in normalized text if it is looked for there."""
        contents = {token_id: token.content for token_id, token in self.steps.added.tokens.items()}
        return contents | self.steps.late_names

    @cached_property
    def names(self) -> dict[int, str]:
        """Each token by id, as the file writes it."""
        return self.steps.model.names() | self.added_names

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """The tokens of ids that have one."""
        return list(itemgetter(*ids)(self.names)) if len(ids) > 1 else [self.names[token_id] for token_id in ids]

    @cached_property
    def pattern(self) -> Any:
        """What cuts text into pieces; without a definition, nothing does."""
        definition = self.definition
        backend, pattern = (None, "none") if definition is None else (definition.backend, definition.pattern)
        return load_backend(backend).pattern(pattern)

    # -- where tokens come from ----------------------------------------------------------------------------------------

    @cached_property
    def spells_normalized(self) -> bool:
        """Whether tokens without flags are the text, cut, once it is normalized, unless bytes are left out."""
        made = self.definition
        return made is not None and all(each is None for each in (made.prefix, made.words, made.word_end, made.symbols))

    @cached_property
    def normalize(self) -> Callable[[str], bytes]:
        """The normalizer of the codec."""
        normalizer = None if self.definition is None else self.definition.normalizer
        return utf8 if normalizer is None else load_backend(None).normalizer(steps_of(normalizer)).apply

    @cached_property
    def flagged_ids(self) -> frozenset[int]:
        """The added tokens that may take more than their names."""
        tokens = self.steps.added.tokens.items()
        return frozenset(token_id for token_id, token in tokens if token.lstrip or token.rstrip or token.single_word)

    def spells(self, text: str, ids: Sequence[int]) -> bool:
        """Whether the tokens of a text are the text, cut: it is normal, and no token takes more than its name."""
        if not self.spells_normalized or not (self.flagged_ids.isdisjoint(ids) if self.flagged_ids else True):
            return False
        data = utf8(text)
        return self.normalize(text) == data and (not self.leaves_out or int(self.sizes(ids).sum()) == len(data))

    @cached_property
    def leaves_out(self) -> bool:
        """Whether there are bytes without a token."""
        return self.definition is not None and self.definition.vocab.drops_bytes

    def sizes(self, ids: Sequence[int]) -> Any:
        """The bytes of each token, where a codec encodes."""
        return Sizes(self.codec, np.array(ids, np.uint32)).bytes if self.codec is not None else np.zeros(0, np.int64)


class Text:
    """A text and its ids; the other columns are made when they are asked for."""

    __slots__ = ("_columns", "_offsets", "_spelled", "_tokens", "_words", "ids", "pipeline", "text")

    def __init__(self, pipeline: Pipeline, text: str, ids: list[int]) -> None:
        self.pipeline, self.text, self.ids = pipeline, text, ids
        self._tokens: Sequence[str] | None = None
        self._offsets: Sequence[Span] | None = None
        self._words: Sequence[Word] | None = None
        self._columns: Source | None = None
        self._spelled: bool | None = None

    @property
    def tokens(self) -> Sequence[str]:
        """The tokens; an added token that took white space has it in its text."""
        if self._tokens is None:
            self._tokens = self.pipeline.tokens(self.ids) if self.spelled else self.columns.tokens
        return self._tokens

    @property
    def offsets(self) -> Sequence[Span]:
        """Where in the text each token begins and ends, in characters."""
        if self._offsets is None:
            codec = self.pipeline.codec
            if self.spelled and codec is not None:
                self._offsets = span_list(*spans_of(codec, np.array(self.ids, np.uint32)))
            else:
                self._offsets = self.columns.offsets
        return self._offsets

    @property
    def words(self) -> Sequence[Word]:
        """The number of the piece that each token is in."""
        if self._words is None:
            codec = self.pipeline.codec
            pipeline = self.pipeline
            fills = pipeline.spells_normalized and not pipeline.flagged_ids and not pipeline.leaves_out
            if codec is not None and (fills or self.spelled):
                self._words = words_of(pipeline, codec, self)
            else:
                self._words = self.columns.words
        return self._words

    @property
    def spelled(self) -> bool:
        """Whether the tokens are the text, cut."""
        if self._spelled is None:
            self._spelled = self.pipeline.spells(self.text, self.ids)
        return self._spelled

    @property
    def columns(self) -> Source:
        """The columns, made step by step."""
        if self._columns is None:
            columns = self.pipeline.steps.run(self.text).columns()
            if list(columns.ids) != self.ids:
                raise ComponentError(
                    "the components, run one by one, give other ids than the tokenizer: please report this"
                )
            self._columns = columns
        return self._columns


def words_of(pipeline: Pipeline, codec: Codec, text: Text) -> list[Word]:
    """The words of a text whose tokens are it, cut, once it is normalized: without its components."""
    sizes = pipeline.sizes(text.ids).astype(np.int64)
    ends = np.cumsum(sizes)
    begins = ends - sizes
    words: list[Word] = []
    word = 0
    for data, _, _, _, _, token_id in codec.segments(text.text, pipeline.allowed):
        first = len(words)
        if token_id is not None:
            words.append(word)
            word += 1
        elif data:
            pieces = pipeline.pattern.split(data)
            base = begins[first]
            last = int(np.searchsorted(ends, base + len(data), side="left")) + 1
            inner = np.cumsum([len(piece) for piece in pieces])
            words += (word + np.searchsorted(inner, begins[first:last] - base, side="right")).tolist()
            word += len(pieces)
    return words


def unsigned(token_id: int) -> int:
    """The id, if it can be one."""
    if token_id < 0:
        raise OverflowError("can't convert negative int to unsigned")
    return token_id
