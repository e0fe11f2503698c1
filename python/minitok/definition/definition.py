"""``Definition``: what a tokenizer *is*, as data.

A ``Tokenizer`` is one of these and the codec that it makes. Formats read and write definitions; training makes them; two
tokenizers are equal if their definitions have the same ``content()``.

Each field is declared once, in the class: ``kept`` says what kind of value it is, which decides how it is checked here and how
a file holds it (``formats/native.py``), and whether ids depend on it. Equality, pickles, digests and files follow from that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from ..arguments import check_fallback, check_ids, check_merges, check_tokens, most_token_bytes
from ..backend import BACKEND, load_backend
from ..errors import VocabularyError
from ..lazy import cached_property
from ..reference.pretokenize import DEFAULT_PATTERN
from ..reference.published.characters import Symbols
from ..reference.published.markers import control_tokens, everywhere
from ..reference.published.normalize import steps_of
from .chat_templates import markers_of
from .fields import CHECKS, IDENTITY, digest_of, kept, stated
from .uses import AGAINST, limits_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from typing_extensions import Unpack

    from ..backend import BackendName, Codec, Merge, Vocab
    from ..reference.published.normalize import Steps as Normalizer
    from .chat_templates import ChatTemplates
    from .fields import Changes, Fields
    from .uses import Use

    Content = tuple[dict[int, bytes], list[Merge], bool, dict[str, Any], dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Definition:
    """A vocabulary, and everything else that ids depend on.

    Building a definition also builds its codec, so an inconsistent definition raises immediately.

    Attributes:
        vocab: Tokens and merges, as the backend holds them.
        pattern: How text is split before merging: a named pattern or a regular expression.
        special_tokens: Names and ids of the special tokens, which are found in text only where the caller allows it.
        added_tokens: Names and ids of the added tokens, which are found in every text (SPEC E3).
        late_tokens: The names of those special and added tokens that are found after the others, in prepared text (SPEC E10).
        token_flags: By name, the flags of special and added tokens (SPEC E9): ``lstrip`` and ``rstrip`` (the token absorbs the
            whitespace before or after it), ``single_word`` (it is found only where no word character is next to it), ``hides``
            (no other token is found in its text).
        normalizer: The normal form of Unicode that text is put into first, or another step or steps (SPEC N2); None if text is
            not changed.
        prefix: Where a space is put before the text, in a vocabulary whose spaces are markers (SPEC S4), or ``bytes`` in
            another; None if none is.
        words: What words are, as a regular expression, where all other text is dropped; None if nothing is (SPEC N3).
        word_end: How files write the end of a word, where that is part of its last token, such as ``</w>`` (SPEC N3).
        name: A name, for ``repr`` and messages.
        trained: How it was trained: options, corpus, why it stopped.
        chat: The chat templates of its model, one as a string or several by name; None if it has none. No id of a text depends
            on them.
        backend: ``rust`` or ``python``: whose ``vocab`` it is.
        reopen: For a published encoding: called with the name and a backend, it gives the same tokenizer again.

    Raises:
        PatternError: The pattern is malformed, or means different things to the two backends.
        VocabularyError: The special tokens contradict the vocabulary or one another.
    """

    vocab: Vocab
    pattern: str = field(default=DEFAULT_PATTERN, metadata=kept("pattern"))
    special_tokens: Mapping[str, int] = field(default_factory=dict, metadata=kept("ids"))
    added_tokens: Mapping[str, int] = field(default_factory=dict, metadata=kept("ids"))
    late_tokens: frozenset[str] = field(default=frozenset(), metadata=kept("names"))
    token_flags: Mapping[str, frozenset[str]] = field(default_factory=dict, metadata=kept("flags"))
    normalizer: Normalizer | None = field(default=None, metadata=kept("steps"))
    prefix: str | None = field(default=None, metadata=kept("text"))
    words: str | None = field(default=None, metadata=kept("text"))
    word_end: str | None = field(default=None, metadata=kept("text"))
    name: str | None = field(default=None, metadata=kept("text", ids=False))
    trained: Mapping[str, Any] | None = field(default=None, metadata=kept("record", ids=False))
    chat: ChatTemplates | None = field(default=None, metadata=kept("chat", ids=False))
    backend: BackendName = BACKEND
    reopen: Callable[[str, BackendName], Any] | None = None
    _codec: Codec = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._hold({name: getattr(self, name) for name in KINDS})
        object.__setattr__(self, "_codec", self._make_codec())

    def _hold(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, CHECKS[KINDS[name]](value, name))

    def _make_codec(self) -> Codec:
        backend = load_backend(self.backend)
        for name in self.special_tokens.keys() & self.added_tokens.keys():
            raise VocabularyError(f"the token {name!r} is both a special and an added one")
        special = backend.special_tokens(self.found_tokens, list(self.added_tokens), self.late_tokens, self.token_flags)
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
    def vocab_size(self) -> int:
        """One more than the highest id; gaps count."""
        return max(self.vocab.n_ids, *(token_id + 1 for token_id in self.found_tokens.values()), 0)

    @cached_property
    def found_tokens(self) -> dict[str, int]:
        """Names and ids of all tokens that are found in text: the special and the added ones."""
        return {**self.special_tokens, **self.added_tokens}

    @cached_property
    def control_tokens(self) -> tuple[str, ...]:
        """The names of the special tokens, and of the added tokens that may mark something (SPEC E12).

        An added token may mark something if the chat templates can write it, if the model's configuration names it, or if it
        looks like a marker. No user's text should become one: ``disallowed_special="all"`` refuses them.

        >>> Definition.from_merges([], added_tokens={"<think>": 256, "   ": 257}).control_tokens
        ('<think>',)
        """
        return tuple(control_tokens(self.special_tokens, self.added_tokens, markers_of(self.chat)))

    @cached_property
    def special_names(self) -> tuple[str, ...]:
        """The names of the special tokens: one tuple for all calls, since codecs keep what they have read of one."""
        return tuple(self.special_tokens)

    @cached_property
    def ambiguous_names(self) -> dict[int, str]:
        """By its id, the name of each special token that is an ordinary token, too: merges may make it of any text.

        Without the unknown id, which is that of any text without a token.
        """
        unknown = self.symbols and self.symbols.unknown
        made = {token_id: name for name, token_id in self.special_tokens.items() if token_id != unknown}
        return {token_id: name for token_id, name in made.items() if self.vocab.token_bytes(token_id) is not None}

    @cached_property
    def everywhere(self) -> tuple[str, ...]:
        """The tokens that are found in all text of a conversation, also in a user's: those that mark nothing (SPEC E8)."""
        return tuple(everywhere(self.special_tokens, self.added_tokens, markers_of(self.chat)))

    @property
    def symbols(self) -> Symbols | None:
        """What pieces begin as, in a vocabulary that lacks tokens for some text (SPEC S7); None for any other."""
        return None if self.vocab.symbols is None else Symbols(*self.vocab.symbols)

    def codec(self) -> Codec:
        """What encodes and decodes."""
        return self._codec

    def normalize(self, text: str) -> str:
        r"""Returns the text that is cut and encoded: in the normal form, or unchanged.

        >>> Definition.from_merges([], normalizer="NFC").normalize("e\u0301") == "\u00e9"
        True
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be str, not {type(text).__name__}")
        return b"".join(segment[0] for segment in self._codec.segments(text, None)).decode()

    # -- what it can be used for -------------------------------------------------------------------------------------

    @cached_property
    def limits(self) -> dict[str, str]:
        """What it does other than cut text, merge bytes and find special tokens: a sentence for each, by name.

        >>> Definition.from_merges([], normalizer="NFC").limits
        {'normalizer': 'text is normalized first (NFC) (SPEC N1)'}
        """
        return limits_of(self.vocab, **self.values(ids=True))

    def why_not(self, use: Use) -> str | None:
        """Returns why it cannot be used for something, as a sentence; None if it can."""
        return next((sentence for name, sentence in self.limits.items() if name in AGAINST[use]), None)

    def check(self, use: Use) -> None:
        """Raises VocabularyError, with the reason, if it cannot be used for something."""
        if reason := self.why_not(use):
            raise VocabularyError(f"this tokenizer cannot {use}: {reason}")

    @property
    def loss(self) -> str | None:
        """Why the tokens of a text need not spell it; None if they always do."""
        return self.why_not("spell the text")

    @property
    def lossless(self) -> bool:
        """Whether ``decode(encode(text))`` is the text, for all well-formed text, with and without special tokens.

        It is, where the tokens spell the text (``loss`` says why not) and no id has two names: it decodes to the first.
        """
        return self.loss is None and len(set(self.found_tokens.values())) == len(self.found_tokens)

    # -- as a value ----------------------------------------------------------------------------------------------------

    def values(self, *, ids: bool = False) -> dict[str, Any]:
        """Returns the values of the fields that are kept, by name; ``ids``: only those that ids depend on."""
        return {name: getattr(self, name) for name in (IDS if ids else KINDS)}

    def content(self) -> Content:
        """Everything that ids depend on, without the backend: what equality compares."""
        vocab = self.vocab
        fallback = vocab.fallback and list(vocab.fallback)
        alphabet = {"fallback": fallback, "drops_bytes": vocab.drops_bytes, "symbols": self.symbols}
        return (*self.vocabulary(), alphabet, self.values(ids=True))

    def digest(self, *, chat: bool = False) -> str:
        """Returns a hash of everything that ids depend on (``content``), the same in every process.

        ``chat``: ids of conversations, which depend on the chat templates, too.
        """
        if not chat or self.chat is None:
            return self.digest_of_content
        return digest_of((self.digest_of_content, stated(self.chat.values())))

    @cached_property
    def digest_of_content(self) -> str:
        tokens, merges, whole_pieces, alphabet, values = self.content()
        held = {name: stated(value) for name, value in values.items() if value}
        return digest_of((sorted(tokens.items()), merges, whole_pieces, sorted(alphabet.items()), sorted(held.items())))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Definition):
            return NotImplemented
        return self is other or self.content() == other.content()

    def __hash__(self) -> int:
        return hash((self.pattern, len(self.vocab.merges), frozenset(self.special_tokens.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        if self.reopen is not None:
            return reopened, (self.reopen, self.name, self.backend)
        return restored, (self.content(), self.values(), self.backend)

    # -- others like it ----------------------------------------------------------------------------------------------

    def replace(self, **changes: Unpack[Changes]) -> Definition:
        """Returns a copy with other values in these fields.

        The name is dropped where ids may change, unless a new one is given. Other special or added tokens keep the flags of
        those that they replace by the same name.

        Raises:
            TypeError: There is no such field.
        """
        given: dict[str, Any] = dict(changes)
        if unknown := given.keys() - KINDS.keys() - {"vocab", "backend"}:
            raise TypeError(f"a tokenizer has no field {min(unknown)!r}; it has {', '.join([*KINDS, 'backend'])}")
        backend = given.pop("backend", None)
        if backend is not None and load_backend(backend).name != self.backend:
            if self.reopen is not None:
                return reopened(self.reopen, str(self.name), backend).replace(**given)
            return restored(self.content(), self.values(), backend).replace(**given)
        if not given.keys() & {*IDS, "vocab"}:
            return self._renamed(given)
        if given.keys() & {"special_tokens", "added_tokens"}:
            names = {*(given.get("special_tokens", self.special_tokens) or ())}
            names |= {*(given.get("added_tokens", self.added_tokens) or ())}
            flags = {name: flags for name, flags in self.token_flags.items() if name in names}
            given = {"late_tokens": self.late_tokens & names, "token_flags": flags, **given}
        return replace(self, **{"name": None, "reopen": None, **given})

    def _renamed(self, given: Mapping[str, Any]) -> Definition:
        """The same ids and codec, with other values in fields that ids do not depend on."""
        if not given:
            return self
        other = object.__new__(Definition)
        other.__dict__.update({**self.__dict__, "reopen": None})
        for name in ("everywhere", "control_tokens"):
            other.__dict__.pop(name, None)
        other._hold(given)
        return other


KINDS: dict[str, str] = {each.name: each.metadata["kind"] for each in fields(Definition) if each.metadata}
IDS = [each.name for each in fields(Definition) if each.metadata and each.metadata["ids"]]


def restored(content: Content, values: Mapping[str, Any], backend: str) -> Definition:
    """A definition from the content of another, in another process or on another backend: it is not checked again."""
    tokens, merges, whole_pieces, alphabet, _ = content
    chosen = load_backend(backend)
    return Definition(chosen.vocab(tokens, merges, whole_pieces, **alphabet), backend=chosen.name, **values)


def reopened(reopen: Callable[[str, BackendName], Any], name: str, backend: BackendName) -> Definition:
    """The definition of a published encoding again."""
    again: Definition = reopen(name, backend).definition
    return again
