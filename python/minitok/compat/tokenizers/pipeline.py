"""``Pipeline``: what a tokenizer does with text, as it is at one time.

A ``Tokenizer`` of this package can be changed. It makes a pipeline for what it is, and another one after a change; encodings
keep that of their time, to make their columns (tokens, offsets, words) from it when they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from minitok.arguments import thread_count
from minitok.backend import BACKEND, load_backend
from minitok.errors import UnknownTokenError
from minitok.extras import np
from minitok.reference.published.metaspace import MARKER, Metaspace
from minitok.reference.published.normalize import steps_of
from minitok.reference.published.words import END, WordCutter

from ...lazy import cached_property
from .decode_stream import BYTE
from .decoders import ByteFallback, ByteLevel, Fuse, Replace, Strip, token_bytes
from .matching import cuts
from .normalized_string import NormalizedString
from .options import unsigned

if TYPE_CHECKING:
    from minitok.backend import StreamDecoder
    from minitok.definition import Definition

    from .columns import Span
    from .decoders import Decoder
    from .steps import Steps

FUSE, STRIP = {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}


class Pipeline:
    """Encodes and decodes, and names tokens.

    Attributes:
        definition: What encodes; None if minitok's codec cannot do what the components do.
        steps: The components, one by one.
        decoder: The decoder, or None.
        allowed: The special tokens that are found in text.
        spells: Whether the tokens of a piece are the piece, cut.
        spells_all: Whether the pieces of a segment are the segment, cut.
        end_size: How many bytes stand after a piece for the end of a word.
    """

    def __init__(self, definition: Definition | None, steps: Steps, decoder: Decoder | None) -> None:
        self.definition, self.steps, self.decoder = definition, steps, decoder
        self.codec = None if definition is None else definition.codec()
        special = () if definition is None else definition.special_tokens
        self.allowed = tuple(name for name in special if name not in steps.hidden)
        self.spells = definition is not None and definition.symbols is None and not definition.vocab.drops_bytes
        self.end_size = 0 if definition is None or definition.word_end is None else len(END)
        # By whether special tokens are left out, what streams rely on.
        self._left_out: list[StreamDecoder | None] = [None, None]
        self.spells_all = not self.end_size and (definition is None or definition.words is None)

    def encode(self, text: str) -> list[int]:
        """The ids of a text, with added tokens found in it."""
        if self.codec is None:
            return list(self.steps.run(text).columns().ids)
        return self.codec.encode(text, self.allowed)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        if self.codec is None or len(texts) == 1:
            return list(map(self.encode, texts))
        return self.codec.encode_batch(texts, self.allowed, thread_count(None))

    # -- decoding --------------------------------------------------------------------------------------------------------

    def decode(self, ids: Sequence[int], skip_special_tokens: bool) -> str:
        """The text of ids; those without a token are left out."""
        if skip_special_tokens and self.special_ids and not self.special_ids.isdisjoint(ids):
            ids = [token_id for token_id in ids if token_id not in self.special_ids]
        return self.text(ids)

    def ids_with_text(self, ids: Sequence[int], skip_special_tokens: bool) -> list[int]:
        """The ids that ``decode`` makes text of."""
        left_out = self.special_ids if skip_special_tokens else frozenset[int]()
        return [token_id for token_id in ids if unsigned(token_id) in self.names and token_id not in left_out]

    def text(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
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
        if self.end_size:  # Whose tokens are spelled with their mark there.
            return False
        if definition.vocab.fallback is not None:
            return False
        return definition.symbols is None or definition.symbols.unit == "bytes"

    @cached_property
    def decoders(self) -> list[Any]:
        return list(self.decoder.parts if self.decoder is not None and self.decoder.parts_field else [self.decoder])

    @cached_property
    def before_bytes(self) -> list[Decoder] | None:
        """The replacements before ``ByteFallback``, after which tokens are only joined and stripped; None if not so."""
        kinds = list(map(type, self.decoders))
        at = kinds.index(ByteFallback) if ByteFallback in kinds else -1
        is_so = at >= 0 and {*kinds[:at]} <= {Replace} and {*kinds[at + 1 :]} <= {Fuse, Strip}
        return self.decoders[:at] if is_so else None

    @cached_property
    def odd_ids(self) -> frozenset[int]:
        """The added tokens whose text is another one in byte-level notation (``é`` is a byte there), or in the model."""
        model = self.steps.model.names
        return frozenset(
            i
            for i, name in self.added_names.items()
            if token_bytes(name) != name.encode() or model.get(i, name) != name
        )

    @cached_property
    def unlike_bytes(self) -> frozenset[int] | None:
        """The ids that say more or less than their bytes after another id; None if these are too many to keep."""
        definition, codec = self.definition, self.codec
        if definition is None or codec is None or definition.backend != BACKEND:
            return None
        if self.decodes_as_codec:
            return self.odd_ids
        if self.before_bytes is None:
            return None
        # Behind `ByteFallback`, tokens are to be joined only, with one space taken from the start at most.
        rest = [part.as_json() for part in self.decoders[len(self.before_bytes) + 1 :]]
        if rest != [FUSE, STRIP][: len(rest)]:
            return None
        ids = list(self.names)
        shown = reduce(lambda names, part: part.decode_chain(names), self.before_bytes, self.tokens(ids))
        spelled = [bytes([int(name[3:5], 16)]) if BYTE.fullmatch(name) else name.encode() for name in shown]
        tokens = codec.token_list(np.array(ids, np.uint32))
        return frozenset(token_id for token_id, one, other in zip(ids, spelled, tokens) if one != other)

    def left_out(self, skip_special_tokens: bool) -> StreamDecoder | None:
        """What has the bytes of all ids, but of those that a stream cannot rely on; None if it can on none."""
        if self._left_out[skip_special_tokens] is None and self.unlike_bytes is not None and self.codec is not None:
            left = self.unlike_bytes | (self.special_ids if skip_special_tokens else frozenset())
            self._left_out[skip_special_tokens] = self.codec.stream_decoder(False, (), sorted(left))
        return self._left_out[skip_special_tokens]

    # -- names ---------------------------------------------------------------------------------------------------------

    @cached_property
    def added_names(self) -> dict[int, str]:
        """Each added token by id: by its content, or as it stands in normalized text if it is looked for there."""
        contents = {token_id: token.content for token_id, token in self.steps.added.tokens.items()}
        return contents | self.steps.late_names

    @cached_property
    def names(self) -> dict[int, str]:
        """Each token by id, as the file writes it."""
        return self.steps.model.names | self.added_names

    def tokens(self, ids: Sequence[int]) -> list[str]:
        return list(itemgetter(*ids)(self.names)) if len(ids) > 1 else [self.names[token_id] for token_id in ids]

    # -- where tokens come from ----------------------------------------------------------------------------------------

    @cached_property
    def cutter(self) -> tuple[WordCutter, Any]:
        """What words are, and the pattern that cuts them."""
        made = self.definition
        backend, pattern, words = (None, "none", None) if made is None else (made.backend, made.pattern, made.words)
        return WordCutter(words, None), load_backend(backend).pattern(pattern)

    def pieces(self, segment: bytes) -> list[Span]:
        words, pattern = self.cutter
        places = [(0, len(segment))]
        if words.regex is not None:
            text = segment.decode()
            sizes = [1] * len(text) if len(text) == len(segment) else [len(char.encode()) for char in text]
            at = list(accumulate(sizes, initial=0))
            places = [
                (at[start], at[end]) for start, end, is_word in cuts(text, words.regex) if is_word and start < end
            ]
        if pattern.source == "none":
            return places
        found: list[Span] = []
        for start, end in places:
            ends = list(accumulate(map(len, pattern.split(segment[start:end])), initial=start))
            found += zip(ends, ends[1:])
        return found

    def normalized(self, text: str) -> NormalizedString:
        """A text after the steps of the definition, with where its characters come from."""
        made = NormalizedString(text)
        for step in steps_of(None if self.definition is None else self.definition.normalizer):
            made.step(step)
        return made

    def written(self, segment: bytes, token_id: int) -> str:
        """An added token as it stands in the text, or in normalized text, where spaces may be markers."""
        prefix = None if self.definition is None else self.definition.prefix
        is_marked = token_id in self.steps.late_names and prefix is not None and Metaspace(prefix).comes_first()
        return segment.decode().replace(" ", MARKER.decode()) if is_marked else segment.decode()

    @cached_property
    def two_named_ids(self) -> frozenset[int]:
        """The added tokens that may have another text than their names, or than the token of the model with their id."""
        tokens, model = self.steps.added.tokens.items(), self.steps.model.names
        flagged = {token_id for token_id, token in tokens if token.lstrip or token.rstrip}
        return frozenset(flagged.union(i for i, name in self.added_names.items() if model.get(i, name) != name))

    @cached_property
    def overlapping_ids(self) -> frozenset[int]:
        """The added tokens that may take white space in which the next token begins, which has it too."""
        if not any(name[:1].isspace() for name in self.added_names.values()):
            return frozenset()
        return frozenset(token_id for token_id, token in self.steps.added.tokens.items() if token.rstrip)
