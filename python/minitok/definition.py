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

import hashlib
import re
from collections.abc import Mapping
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
from .reference.characters import Symbols
from .reference.normalize import check_normalizer, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from typing_extensions import Unpack

    from .backend import BackendName, Codec, Merge, Vocab
    from .chat_templates import ChatTemplates
    from .reference.normalize import Steps as Normalizer

    Content = tuple[dict[int, bytes], list[Merge], bool, dict[str, Any], dict[str, Any]]

__all__ = ["BYTE_ORDERS", "IDENTITY", "Definition", "Fields", "gpt2_byte_order"]

IDENTITY = bytes(range(256))


def gpt2_byte_order() -> bytes:
    """The 256 bytes in the order of GPT-2's ids: the printable ones first, each as its own character, then the rest."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return bytes(printable + [byte for byte in range(256) if byte not in printable])


# Names that look like markers of a conversation; and those that do where the chat template is not known.
MARKER_SHAPE = re.compile(r"\s*(?:<[|\uff5c].*|.*[|\uff5c]>|\[[A-Z_/]+\])\s*", re.DOTALL)
BRACKETED_SHAPE = re.compile(r"\s*(?:[<\[{(].*[>\]})]|[|\uff5c].*[|\uff5c])\s*", re.DOTALL)

BYTE_ORDERS = {"identity": IDENTITY, "gpt2": gpt2_byte_order()}


class Fields(TypedDict, total=False):
    """The fields of a ``Definition`` beside its vocabulary, as its constructors take them; each may be left out."""

    pattern: str
    special_tokens: Mapping[str, int] | None
    added_tokens: Mapping[str, int] | None
    late_tokens: Collection[str]
    token_flags: Mapping[str, Collection[str]]
    normalizer: Normalizer | None
    prefix: str | None
    words: str | None
    word_end: str | None
    name: str | None
    trained: Mapping[str, Any] | None
    chat: ChatTemplates | None


class Renumbered(TypedDict):
    """The tokens that are found in text, with other ids."""

    special_tokens: Mapping[str, int]
    added_tokens: Mapping[str, int]


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
        special_tokens: Names and ids of the special tokens, which are found in text only where the caller allows it.
        added_tokens: Names and ids of the added tokens, which are found in every text (SPEC E3).
        late_tokens: The names of those special and added tokens that are found after the others, in prepared text (SPEC E10).
        token_flags: By name, what special and added tokens take of the text around them, or ask of it (SPEC E9): ``lstrip``
            and ``rstrip`` (white space before, or behind), ``single_word`` (no word character beside it), ``hides`` (no token
            in its text).
        normalizer: The normal form of Unicode that text is put into first, or another step or steps (SPEC N2); None if text is
            not changed.
        prefix: Where a space is put before the text, in a vocabulary whose spaces are markers (SPEC S4), or ``bytes`` in
            another; None if none is.
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
    added_tokens: Mapping[str, int] = field(default_factory=dict)
    late_tokens: frozenset[str] = frozenset()
    token_flags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    normalizer: Normalizer | None = None
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
            "normalizer": check_normalizer(self.normalizer),
            "special_tokens": check_special_tokens(self.special_tokens or {}),
            "added_tokens": check_special_tokens(self.added_tokens or {}, "added"),
            "late_tokens": frozenset(self.late_tokens),
            "token_flags": {name: frozenset(flags) for name, flags in (self.token_flags or {}).items() if flags},
            "trained": dict(self.trained) if self.trained else None,
        }
        for name, value in held.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_codec", self._make_codec())

    def _make_codec(self) -> Codec:
        backend = load_backend(self.backend)
        for name in self.special_tokens.keys() & self.added_tokens.keys():
            raise VocabularyError(f"the token {name!r} is both a special and an added one")
        special = backend.special_tokens(
            {**self.special_tokens, **self.added_tokens}, list(self.added_tokens), self.late_tokens, self.token_flags
        )
        normalizer = None if self.normalizer is None else backend.normalizer(steps_of(self.normalizer))
        pattern = backend.pattern(self.pattern)
        return backend.codec(self.vocab, pattern, special, normalizer, self.prefix, self.words, self.word_end)

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
        symbols: Symbols | None = None,
        backend: str | None = None,
        **fields: Unpack[Fields],
    ) -> Definition:
        """From each token's bytes and its id, and merges as pairs of those ids in rank order.

        With ``fallback``, the ids of the 256 bytes, pieces begin as characters (SPEC S1). With ``drops_bytes``, bytes without
        a token are left out (SPEC E6). With ``symbols``, what has no token becomes the unknown id, or nothing (SPEC S7).
        """
        chosen = load_backend(backend)
        bytes_of_their_own = check_fallback(fallback, ids.values())
        vocab = chosen.vocab.from_tokens(
            check_ids(ids), check_merges(merges), whole_pieces, bytes_of_their_own, drops_bytes, symbols
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
        symbols: Symbols | None = None,
        backend: str | None = None,
        **fields: Unpack[Fields],
    ) -> Definition:
        """From the three values of ``vocabulary()``; for the options see ``from_tokens``."""
        chosen, by_id, rows = load_backend(backend), check_tokens(tokens), check_merges(merges, 4)
        bytes_of_their_own = check_fallback(fallback, by_id.keys())
        vocab = chosen.vocab(by_id, rows, whole_pieces, bytes_of_their_own, drops_bytes, symbols)
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
    def is_plain(self) -> bool:
        """Whether byte order and pairs say everything of the vocabulary: merge k, of rank k, makes id 256 + k (SPEC T1)."""
        vocab = self.vocab
        if vocab.whole_pieces or vocab.fallback is not None or vocab.drops_bytes or vocab.symbols is not None:
            return False
        makes = all(tuple(merge[2:]) == (256 + k, k) for k, merge in enumerate(vocab.merges))
        return makes and len(vocab.tokens) == 256 + len(vocab.merges) and self.byte_order is not None

    @property
    def n_vocab(self) -> int:
        """One more than the highest id; gaps count."""
        return max(self.vocab.n_ids, *(token_id + 1 for token_id in self.found_tokens.values()), 0)

    @cached_property
    def found_tokens(self) -> dict[str, int]:
        """Names and ids of all tokens that are found in text: the special and the added ones."""
        return {**self.special_tokens, **self.added_tokens}

    @property
    def lossless(self) -> bool:
        """Whether ``decode(encode(text))`` is the text, for all well-formed text, with and without special tokens.

        It is, where the tokens spell the text and no id has two names: it decodes to the first.
        """
        return self.spells_text and len(set(self.found_tokens.values())) == len(self.found_tokens)

    @property
    def spells_text(self) -> bool:
        """Whether the tokens of a text are the text, cut: nothing is put before it, changed, or left out."""
        return self.loss is None

    @property
    def loss(self) -> str | None:
        """Why the tokens of a text need not spell it; None if they always do."""
        reasons = (
            (self.vocab.symbols is not None, "text without a token becomes the unknown token, or is dropped (SPEC S7)"),
            (self.vocab.drops_bytes, "bytes without a token are dropped (SPEC E6)"),
            (self.normalizer is not None, "text is normalized (SPEC N1)"),
            (self.words is not None, "the text between words is dropped (SPEC N3)"),
            (self.word_end is not None, "the end of a word is decoded as a space (SPEC N3)"),
            (self.prefix is not None, "a space is put before the text, or stands for a marker (SPEC S3, S4)"),
            (self.takes_space, "tokens that are found in it take white space with them (SPEC E9)"),
        )
        return next((reason for holds, reason in reasons if holds), None)

    @property
    def takes_space(self) -> bool:
        """Whether tokens that are found in a text take white space with them."""
        return any(not flags.isdisjoint({"lstrip", "rstrip"}) for flags in self.token_flags.values())

    @property
    def symbols(self) -> Symbols | None:
        """What pieces begin as, in a vocabulary that lacks tokens for some text (SPEC S7); None for any other."""
        return None if self.vocab.symbols is None else Symbols(*self.vocab.symbols)

    def check_spelling(self, wanted: str) -> None:
        """Raises VocabularyError for what needs tokens to spell pieces, which those of ``symbols`` do not."""
        if self.vocab.symbols is not None:
            raise VocabularyError(f"{wanted}: the tokens do not spell the text, as some of it has none (SPEC S7)")

    def content(self) -> Content:
        """Everything that ids depend on, without the backend: what equality compares and pickling keeps."""
        fallback = self.vocab.fallback
        alphabet = {
            "fallback": fallback and list(fallback),
            "drops_bytes": self.vocab.drops_bytes,
            "symbols": self.symbols,
        }
        names = (
            "pattern",
            "special_tokens",
            "added_tokens",
            "late_tokens",
            "token_flags",
            "normalizer",
            "prefix",
            "words",
            "word_end",
        )
        return (*self.vocabulary(), alphabet, {name: getattr(self, name) for name in names})

    def digest(self) -> str:
        """Returns a hash of everything that ids depend on (``content``), the same in every process."""
        tokens, merges, whole_pieces, alphabet, fields = self.content()
        held = {name: stated(value) for name, value in fields.items() if value}
        said = sorted(tokens.items()), merges, whole_pieces, sorted(alphabet.items()), sorted(held.items())
        return hashlib.sha256(repr(said).encode("utf-8", "backslashreplace")).hexdigest()

    def codec(self) -> Codec:
        """What encodes and decodes."""
        return self._codec

    @cached_property
    def everywhere(self) -> list[str]:
        """The tokens that are found in all text of a conversation, whoever wrote it (SPEC E8).

        They are tokens of nothing but white space, which mark nothing; and the added tokens, except those that may mark
        something: what the chat templates can write, what the model's configuration names, and what looks like a marker.
        """
        chat = self.chat
        shape = MARKER_SHAPE if chat is not None and chat.templates else BRACKETED_SHAPE

        def marks(name: str) -> bool:
            return bool(shape.fullmatch(name)) or (chat is not None and chat.may_write(name))

        spaces = [name for name in self.found_tokens if name.isspace()]
        return [*spaces, *(name for name in self.added_tokens if not name.isspace() and not marks(name))]

    def of_normalized(self, allowed: Sequence[str] | None) -> tuple[Codec, Sequence[str] | None]:
        """Returns a codec for text that has been normalized and is not to be changed again, and these tokens' names there."""
        if self.normalizer is None:
            return self._codec, allowed
        normalizer = load_backend(self.backend).normalizer(steps_of(self.normalizer))
        named = {name: normalizer.apply(name.encode()).decode() for name in self.late_tokens}
        names = {name: text for name in self.found_tokens if (text := named.get(name, name))}

        def renamed(held: Mapping[str, Any]) -> dict[str, Any]:
            return {names[name]: value for name, value in reversed(list(held.items())) if name in names}

        other = self.changed(
            normalizer=None,
            special_tokens=renamed(self.special_tokens),
            added_tokens=renamed(self.added_tokens),
            late_tokens=[names[name] for name in self.late_tokens if name in names],
            token_flags=renamed(self.token_flags),
        )
        return other.codec(), allowed if allowed is None else [names[name] for name in allowed if name in names]

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
        other.__dict__.pop("everywhere", None)
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
        old_ids = sorted(set(self.found_tokens.values()))
        below = vocab_size - len(old_ids)
        least, most = 256 + len(old_ids), max([256, *(token_id + 1 for token_id in made[-1:])]) + len(old_ids)
        if not least <= vocab_size <= most:
            raise VocabularyError(f"vocab_size {vocab_size} is not between {least} and {most}")
        new_ids = {old: below + index for index, old in enumerate(old_ids)}
        vocab = self.vocab.truncate(sum(token_id < below for token_id in made))
        lost = [token_id for token_id in self.vocab.tokens if token_id < below and vocab.token_bytes(token_id) is None]
        if lost:
            raise VocabularyError(f"no merge makes the token {min(lost)}, which truncating would drop")
        return self.changed(vocab=vocab, name=self.name, **self.renumbered(new_ids))

    def renumbered(self, new_ids: Mapping[int, int]) -> Renumbered:
        """Returns the special and the added tokens with other ids."""
        special = {name: new_ids[old] for name, old in self.special_tokens.items()}
        return {"special_tokens": special, "added_tokens": {n: new_ids[old] for n, old in self.added_tokens.items()}}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Definition):
            return NotImplemented
        return self is other or self.content() == other.content()

    def __hash__(self) -> int:
        return hash((self.pattern, len(self.vocab.merges), frozenset(self.special_tokens.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.content(), self.name, self.trained, self.backend, self.chat)


def stated(value: object) -> object:
    """A value of a field in an order that does not change."""
    if isinstance(value, Mapping):
        return sorted((name, stated(held)) for name, held in value.items())
    return sorted(value) if isinstance(value, frozenset) else value


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
