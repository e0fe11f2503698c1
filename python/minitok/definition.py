"""``Definition``: what a tokenizer *is*, as data.

A ``Tokenizer`` is one of these and the codec that it makes. Formats read and write definitions; training makes them; two
tokenizers are equal if their definitions have the same ``content()``.

>>> definition = Definition.from_merges([(104, 105), (32, 256)], special_tokens={"<|end|>": 258})
>>> definition.codec().encode("hi hi")
[256, 257]
>>> definition.changed(pattern="none").codec().encode("hi hi")
[256, 257]
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict

from .arguments import (
    check_fallback,
    check_ids,
    check_merges,
    check_pattern,
    check_special_tokens,
    check_tokens,
    most_token_bytes,
)
from .backend import BACKEND, load_backend
from .errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from typing_extensions import Unpack

    from .backend import BackendName, Codec, Merge, Vocab
    from .backend.normalizing import NormalizingCodec
    from .backend.spans import SpanCutter
    from .chat_templates import ChatTemplates
    from .reference.normalize import Steps as Normalizer

    Content = tuple[dict[int, bytes], list[Merge], bool, dict[str, Any], dict[str, Any]]

__all__ = ["BYTE_ORDERS", "IDENTITY", "Definition", "Fields", "gpt2_byte_order"]

IDENTITY = bytes(range(256))


def gpt2_byte_order() -> bytes:
    """The 256 bytes in the order of GPT-2's ids: the printable ones first, each as its own character, then the rest."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return bytes(printable + [byte for byte in range(256) if byte not in printable])


BYTE_ORDERS = {"identity": IDENTITY, "gpt2": gpt2_byte_order()}


class Fields(TypedDict, total=False):
    """The fields of a ``Definition`` beside its vocabulary, as its constructors take them; each may be left out."""

    pattern: str
    special_tokens: Mapping[str, int] | None
    normalizer: Normalizer | None
    late_special: Collection[str]
    special_flags: Mapping[str, Collection[str]]
    prefix: str | None
    words: str | None
    word_end: str | None
    name: str | None
    trained: Mapping[str, Any] | None
    chat: ChatTemplates | None


class Changes(Fields, total=False):
    """What ``Definition.changed`` can change."""

    vocab: Vocab


@dataclass(frozen=True, eq=False)
class Definition:
    """A vocabulary, and everything else that ids depend on.

    It makes its codec when it is made itself, so a definition that contradicts itself does not exist.

    Attributes:
        vocab: Tokens and merges, as the backend holds them.
        pattern: How text is split before merging: a named pattern or a regular expression.
        special_tokens: Names and ids of the special tokens.
        normalizer: The normal form of Unicode that text is put into first, or another step or steps (SPEC N2); None if text is
            not changed.
        late_special: Special tokens that are found after the others, in normalized text.
        special_flags: What special tokens take of the text around them, or ask of it: ``lstrip`` and ``rstrip`` (white space
            before, or behind), ``single_word`` (no word character beside it).
        prefix: Where a space is put before the text, in a vocabulary whose spaces are markers (SPEC S4), or ``bytes`` in
            another (SPEC N4); None if none is.
        words: What words are, as a regular expression, where all other text is dropped; None if nothing is (SPEC N3).
        word_end: How files write the end of a word, where that is part of its last token, such as ``</w>`` (SPEC N3).
        name: A name, for ``repr`` and messages.
        trained: How it was trained: options, corpus, why it stopped.
        chat: The chat templates of its model; None if it has none. No id of a text depends on them.
        backend: ``rust`` or ``python``: whose ``vocab`` it is.
        reopen: For a published encoding: called with the name and a backend, it gives the same tokenizer again.

    Raises:
        PatternError: The pattern is malformed, or means different things to the two backends.
        VocabularyError: The special tokens contradict the vocabulary or one another.
    """

    vocab: Vocab
    pattern: str = "gpt2"
    special_tokens: Mapping[str, int] = field(default_factory=dict)
    normalizer: Normalizer | None = None
    late_special: frozenset[str] = frozenset()
    special_flags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    prefix: str | None = None
    words: str | None = None
    word_end: str | None = None
    name: str | None = None
    trained: Mapping[str, Any] | None = None
    chat: ChatTemplates | None = None
    backend: BackendName = BACKEND
    reopen: Callable[[str, str], Any] | None = None
    _codec: Codec = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_pattern(self.pattern)
        held = {
            "normalizer": checked(self.normalizer),
            "special_tokens": check_special_tokens(self.special_tokens or {}),
            "late_special": frozenset(self.late_special),
            "special_flags": {name: frozenset(flags) for name, flags in (self.special_flags or {}).items() if flags},
            "trained": dict(self.trained) if self.trained else None,
        }
        for name, value in held.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_codec", self._make_codec())

    def _make_codec(self) -> Codec:
        backend = load_backend(self.backend)
        pattern, in_words = backend.pattern(self.pattern), self.words is not None or self.word_end is not None
        kept = self.prefix == "bytes"
        has_markers = self.prefix is not None and not kept
        special = backend.special_tokens(also_spaced(self.special_tokens) if has_markers else self.special_tokens)
        codec = backend.codec(
            self.vocab, backend.pattern("none") if in_words else pattern, special, None if kept else self.prefix
        )
        changes = self.normalizer is not None or self.late_special or self.special_flags
        if not changes and not in_words and not kept:
            return codec
        from .backend.normalizing import NormalizingCodec, Special
        from .reference.words import END, Words

        found = Special(self.special_tokens, self.late_special, self.special_flags)
        end = None if self.word_end is None else END if self.word_end else b""
        words = (Words(self.words, end), pattern) if in_words else None
        return NormalizingCodec(codec, backend, found, self.normalizer, self.prefix, words)

    # -- constructors: a vocabulary from the data of others ----------------------------------------------------------

    @classmethod
    def of(cls, vocab: Vocab, backend: BackendName, **fields: Unpack[Fields]) -> Definition:
        """From a vocabulary of the backend, and the fields that are given."""
        return cls(vocab=vocab, backend=backend, **fields)  # type: ignore[arg-type]  # __post_init__ takes them as they come

    @classmethod
    def from_merges(
        cls,
        merges: Iterable[tuple[int, int]],
        *,
        byte_order: bytes = IDENTITY,
        backend: str | None = None,
        **fields: Unpack[Fields],
    ) -> Definition:
        """From pairs of ids in rank order, of which merge k makes id 256 + k; ids 0 to 255 are the bytes in their order."""
        chosen, pairs = load_backend(backend), check_merges(merges)
        vocab = chosen.vocab.from_merges(bytes(byte_order), pairs, most_token_bytes(len(pairs)))
        return cls.of(vocab, chosen.name, **fields)

    @classmethod
    def from_ranks(
        cls, ranks: Mapping[bytes, int], *, backend: str | None = None, **fields: Unpack[Fields]
    ) -> Definition:
        """From each token's bytes and its rank, which is its id (SPEC E2)."""
        chosen = load_backend(backend)
        return cls.of(chosen.vocab.from_ranks(check_ids(ranks)), chosen.name, **fields)

    @classmethod
    def from_tokens(
        cls,
        ids: Mapping[bytes, int],
        merges: Iterable[tuple[int, int]],
        *,
        whole_pieces: bool = False,
        fallback: Sequence[int] | None = None,
        drops_bytes: bool = False,
        backend: str | None = None,
        **fields: Unpack[Fields],
    ) -> Definition:
        """From each token's bytes and its id, and merges as pairs of those ids in rank order.

        With ``fallback``, the ids of the 256 bytes, pieces begin as characters (SPEC S1). With ``drops_bytes``, bytes without
        a token are left out (SPEC E6).
        """
        chosen = load_backend(backend)
        bytes_of_their_own = check_fallback(fallback, ids.values())
        vocab = chosen.vocab.from_tokens(
            check_ids(ids), check_merges(merges), whole_pieces, bytes_of_their_own, drops_bytes
        )
        return cls.of(vocab, chosen.name, **fields)

    @classmethod
    def from_scores(
        cls,
        pieces: Sequence[tuple[bytes, int, float]],
        fallback: Sequence[int],
        *,
        backend: str | None = None,
        **fields: Unpack[Fields],
    ) -> Definition:
        """From the bytes, id and score of each piece, and the id of each of the 256 bytes (SPEC S2)."""
        chosen = load_backend(backend)
        bytes_of_their_own = check_fallback(fallback, [token_id for _, token_id, _ in pieces]) or []
        return cls.of(chosen.vocab.from_scores(pieces, bytes_of_their_own), chosen.name, **fields)

    @classmethod
    def from_vocabulary(
        cls,
        tokens: Mapping[int, bytes],
        merges: Iterable[Merge],
        whole_pieces: bool,
        *,
        fallback: Sequence[int] | None = None,
        drops_bytes: bool = False,
        backend: str | None = None,
        **fields: Unpack[Fields],
    ) -> Definition:
        """From the three values of ``vocabulary()``; for ``fallback`` and ``drops_bytes`` see ``from_tokens``."""
        chosen, by_id, rows = load_backend(backend), check_tokens(tokens), check_merges(merges, 4)
        bytes_of_their_own = check_fallback(fallback, by_id.keys())
        vocab = chosen.vocab(by_id, rows, whole_pieces, bytes_of_their_own, drops_bytes)
        return cls.of(vocab, chosen.name, **fields)

    # -- what it holds -----------------------------------------------------------------------------------------------

    def vocabulary(self) -> tuple[dict[int, bytes], list[Merge], bool]:
        """Returns all tokens by id, all merges as (left, right, id, rank), and ``whole_pieces``."""
        merges: Any = [tuple(merge) for merge in self.vocab.merges]
        return dict(self.vocab.tokens), merges, self.vocab.whole_pieces

    @property
    def merges(self) -> list[tuple[int, int]]:
        """The merges as pairs of ids, in rank order."""
        return [(left, right) for left, right, _, _ in self.vocab.merges]

    @property
    def byte_order(self) -> bytes | None:
        """The byte of each of the ids 0 to 255; None if these are not the single bytes."""
        singles = [self.vocab.token_bytes(token_id) or b"" for token_id in range(256)]
        order = b"".join(singles)
        return order if sorted(order) == list(range(256)) and all(map(len, singles)) else None

    @property
    def n_vocab(self) -> int:
        """One more than the highest id; gaps count."""
        return max(self.vocab.n_ids, *(token_id + 1 for token_id in self.special_tokens.values()), 0)

    @property
    def lossless(self) -> bool:
        """Whether ``decode(encode(text))`` is the text, for all well-formed text, with and without special tokens.

        It is, where the tokens spell the text and no id has the names of two special tokens: it decodes to the first.
        """
        return self.spells_text and len(set(self.special_tokens.values())) == len(self.special_tokens)

    @property
    def spells_text(self) -> bool:
        """Whether the tokens of a text are the text, cut: nothing is put before it, changed, or left out.

        It is, without a normalizer, with bytes for all text, where no marker stands for a space, where no space is put before
        the text, where text is not cut into words, and where special tokens take nothing but their own text.
        """
        changed = self.normalizer, self.prefix, self.words, self.word_end
        return all(change is None for change in changed) and not self.vocab.drops_bytes and not self.special_flags

    def content(self) -> Content:
        """Everything that ids depend on, without the backend: what equality compares and pickling keeps."""
        fallback = self.vocab.fallback
        alphabet = {"fallback": fallback and list(fallback), "drops_bytes": self.vocab.drops_bytes}
        names = (
            "pattern",
            "special_tokens",
            "normalizer",
            "late_special",
            "special_flags",
            "prefix",
            "words",
            "word_end",
        )
        return (*self.vocabulary(), alphabet, {name: getattr(self, name) for name in names})

    def codec(self) -> Codec:
        """What encodes and decodes."""
        return self._codec

    @cached_property
    def span_cutter(self) -> SpanCutter:
        """What finds special tokens in spans of text, made when it is first needed.

        Special tokens of nothing but white space are found in all of them: they shorten text, and mark nothing.
        """
        from .backend.spans import SpanCutter

        if self.words is not None or self.word_end is not None:
            raise VocabularyError("a tokenizer of words does not encode text in spans")
        everywhere = [name for name in self.special_tokens if name.isspace()]
        return SpanCutter(self.segmenting, load_backend(self.backend).special_tokens, everywhere)

    @cached_property
    def segmenting(self) -> NormalizingCodec:
        """The codec as one that says which segments and special tokens a text becomes."""
        from .backend.normalizing import NormalizingCodec, Special

        codec = self._codec
        if isinstance(codec, NormalizingCodec):
            return codec
        return NormalizingCodec(codec, load_backend(self.backend), Special(self.special_tokens), None, self.prefix)

    # -- others like it ----------------------------------------------------------------------------------------------

    def changed(self, **changes: Unpack[Changes]) -> Definition:
        """Returns a copy with the changes. The name is dropped unless they give one, since the ids may differ."""
        return replace(self, **{"name": None, "reopen": None, **changes})  # type: ignore[arg-type]

    def with_backend(self, backend: str) -> Definition:
        """The same on another backend."""
        return restored(self.content(), self.name, self.trained, backend, self.chat)

    def with_chat(self, chat: ChatTemplates | None) -> Definition:
        """The same with other chat templates. It keeps its codec, and its name."""
        other = copy_of(self)
        object.__setattr__(other, "chat", chat)
        object.__setattr__(other, "reopen", None)
        return other

    def truncate(self, vocab_size: int) -> Definition:
        """Returns the first ids, as a shorter training would have given, and the special tokens after them (SPEC T9).

        Raises:
            VocabularyError: The size is not possible, the ids are not in the order of the merges, single bytes first, or
                no merge makes one of them.
        """
        made = [token_id for _, _, token_id, _ in self.vocab.merges]
        ascending = all(earlier <= later for earlier, later in zip(made, made[1:], strict=False))
        if self.byte_order is None or not ascending or (made and made[0] < len(IDENTITY)):
            raise VocabularyError(
                "only a vocabulary of single bytes and then merges, in the order of ids, can be truncated"
            )
        # An id with two names stays one id.
        old_ids = sorted(set(self.special_tokens.values()))
        below = vocab_size - len(old_ids)
        least, most = 256 + len(old_ids), max([256, *(token_id + 1 for token_id in made[-1:])]) + len(old_ids)
        if not least <= vocab_size <= most:
            raise VocabularyError(f"vocab_size {vocab_size} is not between {least} and {most}")
        new_ids = {old: below + index for index, old in enumerate(old_ids)}
        vocab = self.vocab.truncate(sum(token_id < below for token_id in made))
        lost = [token_id for token_id in self.vocab.tokens if token_id < below and vocab.token_bytes(token_id) is None]
        if lost:
            raise VocabularyError(f"no merge makes the token {min(lost)}, which truncating would drop")
        special_tokens = {name: new_ids[old] for name, old in self.special_tokens.items()}
        return self.changed(vocab=vocab, special_tokens=special_tokens, name=self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Definition):
            return NotImplemented
        return self is other or self.content() == other.content()

    def __hash__(self) -> int:
        return hash((self.pattern, len(self.vocab.merges), frozenset(self.special_tokens.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.content(), self.name, self.trained, self.backend, self.chat)


def checked(normalizer: Normalizer | None) -> Normalizer | None:
    """A normalizer in one spelling."""
    if normalizer is None:
        return None
    from .reference.normalize import check_normalizer

    return check_normalizer(normalizer)


def also_spaced(special_tokens: Mapping[str, int]) -> dict[str, int]:
    """The names of special tokens, each with a marker also with a space in its place, to which it is decoded (SPEC N5)."""
    names: dict[str, int] = {}
    for name, token_id in special_tokens.items():
        if "▁" in name and (spaced := name.replace("▁", " ")) not in special_tokens:
            names.setdefault(spaced, token_id)
        names[name] = token_id
    return names


def copy_of(definition: Definition) -> Definition:
    """A copy that shares everything; ``copy`` would make it anew from its content."""
    other = object.__new__(Definition)
    other.__dict__.update(definition.__dict__)
    return other


def restored(
    content: Content,
    name: str | None,
    trained: Mapping[str, Any] | None,
    backend: str,
    chat: ChatTemplates | None = None,
) -> Definition:
    """A definition from the content of another, in another process or on another backend: it is not checked again."""
    tokens, merges, whole_pieces, alphabet, fields = content
    chosen = load_backend(backend)
    vocab = chosen.vocab(tokens, merges, whole_pieces, **alphabet)
    return Definition.of(vocab, chosen.name, **fields, name=name, trained=trained, chat=chat)
