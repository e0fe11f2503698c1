"""``Tokenizer``: what every user holds. It never changes, and does no work itself; the backend does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arguments import (
    as_list,
    check_merges,
    check_pattern,
    check_special_tokens,
    named_special_tokens,
    thread_count,
)
from .backend import BackendName, load_backend
from .contents import Contents
from .conversions import Conversions
from .everyday import Everyday
from .shortcuts import Shortcuts, shortcut
from .variants import Variants

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    import numpy as np
    import numpy.typing as npt

    from .backend import StreamDecoder, Vocab

    Text = str | bytes
    Special = Collection[str]
    Merge = tuple[int, int, int, int]

__all__ = ["Tokenizer"]

IDENTITY = bytes(range(256))
# No special tokens: told by identity, which costs a call without options next to nothing.
NONE: tuple[str, ...] = ()


class Tokenizer(Shortcuts, Everyday, Contents, Variants, Conversions):
    """A byte-level BPE tokenizer: text to ids and back, without loss.

    Made by ``minitok.train``, ``minitok.load`` or from merges: pairs of ids in rank order, of which merge k makes id
    256 + k.

    Args:
        merges: Pairs of ids in rank order.
        pattern: How text is cut before merging: ``gpt2``, ``cl100k``, ``o200k``, ``none``, or a regular expression.
        special_tokens: Names and ids of the special tokens.
        byte_order: The byte of each of the ids 0 to 255; 256 bytes.
        name: A name, for ``repr`` and messages.
        trained: How it was trained, for the file.
        normalizer: The normal form of Unicode that text is put into first (``NFC``, ``NFD``, ``NFKC``, ``NFKD``); none
            without it, and text then comes back as it was.
        late_special: Special tokens that are looked for after the others, and in normalized text; see ``minitok.normalizing``.
        backend: ``rust`` or ``python``; ``minitok.BACKEND`` without it.

    Raises:
        PatternError: The pattern is not one that both backends read alike.
        VocabularyError: The merges, or the special tokens, contradict each other.

    Safe to share between threads and to pickle. Two tokenizers are equal when they give the same ids by the same means:
    same tokens, merges, pattern, special tokens and normalizer.

    >>> tok = Tokenizer([(104, 105), (32, 256)], special_tokens={"<|end|>": 258})
    >>> tok.encode("hi hi!")
    [256, 257, 33]
    >>> tok.decode([256, 257, 33])
    'hi hi!'
    """

    def __init__(
        self,
        merges: Iterable[tuple[int, int]],
        *,
        pattern: str = "gpt2",
        special_tokens: Mapping[str, int] | None = None,
        byte_order: bytes = IDENTITY,
        name: str | None = None,
        trained: Mapping[str, Any] | None = None,
        normalizer: str | None = None,
        late_special: Collection[str] = (),
        backend: str | None = None,
    ) -> None:
        vocab = load_backend(backend).vocab.from_merges(bytes(byte_order), check_merges(merges))
        self._build(vocab, pattern, special_tokens or {}, name, trained, normalizer, late_special, backend)

    def _build(
        self,
        vocab: Vocab,
        pattern: str,
        special_tokens: Mapping[str, int],
        name: str | None,
        trained: Mapping[str, Any] | None,
        normalizer: str | None,
        late_special: Collection[str],
        backend: str | None,
    ) -> None:
        implementation = load_backend(backend)
        self._backend: BackendName = implementation.name
        self._vocab = vocab
        self._special = check_special_tokens(special_tokens)
        self._pattern = check_pattern(pattern)
        self._codec = implementation.codec(
            vocab, implementation.pattern(pattern), implementation.special_tokens(self._special)
        )
        self._normalizer = normalizer
        self._late = frozenset(late_special)
        if normalizer is not None or late_special:
            from .normalizing import NormalizingCodec

            self._codec = NormalizingCodec(self._codec, implementation, self._special, normalizer, late_special)
        self._hold(self._codec)
        self._name = name
        self._trained = dict(trained) if trained else None
        self._published = False

    @classmethod
    def _from_vocab(cls, vocab: Vocab, **options: Any) -> Tokenizer:
        tokenizer = cls.__new__(cls)
        left_out: dict[str, Any] = dict.fromkeys(("name", "trained", "normalizer", "backend"))
        tokenizer._build(vocab, **{"special_tokens": {}, "late_special": (), **left_out, **options})  # noqa: SLF001
        return tokenizer

    # -- text to ids -------------------------------------------------------------------------------------------------

    @shortcut
    def encode(
        self,
        text: Text,
        allowed_special: Special | str = NONE,
        disallowed_special: Special | str = NONE,
        threads: int = 1,
        trace: Callable[[dict[str, Any]], object] | None = None,
    ) -> list[int]:
        """The ids of a text.

        All of the text is text, unless the caller says otherwise: a special token's name in it is encoded like any other
        characters.

        Args:
            text: ``str``, or ``bytes`` that may be anything.
            allowed_special: Special tokens to find in the text, or ``"all"``.
            disallowed_special: Special tokens that must not be in the text, or ``"all"`` (those not allowed).
            threads: How many may share a text of megabytes; it does not change the ids.
            trace: Called with each step as data; see ``minitok.reference.trace``. Slow: for short texts.

        Raises:
            DisallowedSpecialTokenError: The text contains a disallowed special token.
            PatternError: Matching a pattern of one's own took too many steps.
            TypeError: The text is neither str nor bytes.
            ValueError: A token named is not a special token of this tokenizer.

        Costs O(n log n) for n bytes at the worst, O(n) in practice.
        """
        if allowed_special is NONE and disallowed_special is NONE and trace is None and threads == 1:
            return self._codec.encode(text)
        allowed = self._check(text, allowed_special, disallowed_special)
        if trace is not None:
            return self._codec.trace(text, allowed, trace)
        return self._codec.encode(text, allowed, thread_count(threads))

    def encode_bytes(self, data: bytes) -> list[int]:
        r"""The ids of any bytes; an invalid byte counts as a character that is neither letter, number nor space.

        >>> Tokenizer([]).encode_bytes(b"\xff")
        [255]
        """
        if not isinstance(data, bytes):
            raise TypeError(f"data must be bytes, not {type(data).__name__}")
        return self._codec.encode(data)

    @shortcut
    def encode_to_numpy(
        self,
        text: Text,
        allowed_special: Special | str = NONE,
        disallowed_special: Special | str = NONE,
        threads: int = 1,
    ) -> npt.NDArray[np.uint32]:
        """The ids of a text as an array of uint32, shape (number of tokens,); the array owns its memory."""
        if allowed_special is NONE and disallowed_special is NONE and threads == 1:
            return self._codec.encode_to_numpy(text)
        allowed = self._check(text, allowed_special, disallowed_special)
        return self._codec.encode_to_numpy(text, allowed, thread_count(threads))

    def encode_batch(
        self, texts: Iterable[Text], *, allowed_special: Special | str = (), threads: int | None = None
    ) -> list[list[int]]:
        """The ids of each text, in order. ``threads``: how many to use; as many as there are processors without it."""
        return self._codec.encode_batch(as_list(texts), self._allowed(allowed_special), thread_count(threads))

    def encode_batch_to_numpy(
        self, texts: Iterable[Text], *, allowed_special: Special | str = (), threads: int | None = None
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """The ids of all texts in one array, and its offsets: text i has ``ids[offsets[i]:offsets[i + 1]]``.

        >>> ids, offsets = Tokenizer([]).encode_batch_to_numpy(["ab", "c"])
        >>> ids.tolist(), offsets.tolist()
        ([97, 98, 99], [0, 2, 3])
        """
        return self._codec.encode_batch_to_numpy(as_list(texts), self._allowed(allowed_special), thread_count(threads))

    @shortcut
    def count(self, text: Text, allowed_special: Special | str = NONE) -> int:
        """How many ids the text has."""
        if allowed_special is NONE:
            return self._codec.count(text)
        return self._codec.count(text, named_special_tokens(allowed_special, self._special))

    def count_batch(
        self, texts: Iterable[Text], *, allowed_special: Special | str = (), threads: int | None = None
    ) -> list[int]:
        """How many ids each text has."""
        return self._codec.count_batch(as_list(texts), self._allowed(allowed_special), thread_count(threads))

    # -- ids to text -------------------------------------------------------------------------------------------------

    def decode(self, ids: Iterable[int] | npt.NDArray[Any], errors: str = "replace") -> str:
        """The text of the ids.

        Args:
            ids: A list, or a one-dimensional array of integers.
            errors: What to do with bytes that are no UTF-8: ``"replace"`` (by U+FFFD) or ``"strict"``, or any other
                of Python's error handlers.

        Raises:
            UnknownTokenError: An id stands for nothing; it says which, and where.
            UnicodeDecodeError: The bytes are no UTF-8, and ``errors`` is ``"strict"``.
        """
        return self._codec.decode(ids, errors)

    def decode_bytes(self, ids: Iterable[int] | npt.NDArray[Any]) -> bytes:
        """The bytes of the ids, one token after the other; ``decode_bytes(encode(text))`` is the text, always."""
        return self._codec.decode_bytes(ids)

    def stream_decoder(self, errors: str = "replace") -> StreamDecoder:
        """A decoder for ids that come one by one: ``push(id)`` gives the text that is certain, ``finish()`` the rest.

        >>> stream = Tokenizer([]).stream_decoder()
        >>> [stream.push(195), stream.push(169), stream.finish()]
        ['', 'é', '']
        """
        if errors not in ("replace", "strict"):
            raise ValueError(f"errors must be 'replace' or 'strict', not {errors!r}")
        return self._codec.stream_decoder(errors == "strict")

    # -- files and objects -------------------------------------------------------------------------------------------

    def with_backend(self, backend: str) -> Tokenizer:
        """The same tokenizer on another backend."""
        if self._published and self._name:
            from .encodings import get_encoding

            return get_encoding(self._name, backend=backend)
        return _rebuild(*self._content(), self._name, self._trained, backend)

    def _content(self) -> tuple[dict[int, bytes], list[Merge], bool, str, dict[str, int], str | None, frozenset[str]]:
        """Everything that ids depend on."""
        return (*self.vocabulary(), self._pattern, self._special, self._normalizer, self._late)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tokenizer):
            return NotImplemented
        return self is other or self._content() == other._content()

    def __hash__(self) -> int:
        return hash((self._pattern, len(self._vocab.merges), frozenset(self._special.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        if self._published:
            from .encodings.registry import by_name

            return by_name, (self._name, self._backend)
        return _rebuild, (*self._content(), self._name, self._trained, self._backend)

    def __repr__(self) -> str:
        shown = [
            *([f"name={self._name!r}"] if self._name else []),
            f"n_vocab={self.n_vocab}",
            f"pattern={self._pattern!r}",
            *([f"normalizer={self._normalizer!r}"] if self._normalizer else []),
            f"special_tokens={len(self._special)}",
            f"backend={self._backend!r}",
        ]
        return f"Tokenizer({', '.join(shown)})"

    # -- special tokens ----------------------------------------------------------------------------------------------

    def _allowed(self, allowed: Special | str) -> list[str]:
        return named_special_tokens(allowed, self._special)

    def check_special(self, text: Text, disallowed: Special | str = "all") -> None:
        """Raise DisallowedSpecialTokenError if the text contains one of the special tokens."""
        self._codec.check(text, self._allowed(disallowed))

    def _check(self, text: Text, allowed: Special | str, disallowed: Special | str) -> list[str]:
        """The special tokens to find in the text, after those that must not be in it have been looked for."""
        names = named_special_tokens(allowed, self._special)
        if disallowed:
            found = frozenset(names)
            others = [name for name in self._special if name not in found]
            self._codec.check(text, others if disallowed == "all" else self._allowed(disallowed))
        return names


def _rebuild(
    tokens: dict[int, bytes],
    merges: list[Merge],
    whole_pieces: bool,
    pattern: str,
    special_tokens: dict[str, int],
    normalizer: str | None,
    late_special: frozenset[str],
    name: str | None,
    trained: dict[str, Any] | None,
    backend: str,
) -> Tokenizer:
    """A tokenizer from what ``_content`` gave, in another process or on another backend."""
    return Tokenizer.from_vocabulary(
        tokens,
        merges,
        whole_pieces,
        pattern=pattern,
        special_tokens=special_tokens,
        name=name,
        trained=trained,
        normalizer=normalizer,
        late_special=late_special,
        backend=backend,
    )
