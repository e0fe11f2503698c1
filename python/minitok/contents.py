"""What a ``Tokenizer`` holds, to be looked at: tokens, merges, pattern, special tokens, and why a text has its ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .text import utf8

if TYPE_CHECKING:
    from collections.abc import Collection

    from .backend import BackendName, Codec, Vocab
    from .explain import Explanation
    from .report import TrainingReport
    from .tokenizer import Tokenizer

    Merge = tuple[int, int, int, int]

__all__ = ["Contents"]


class Contents:
    """The part of ``Tokenizer`` that answers questions about it."""

    if TYPE_CHECKING:
        _backend: BackendName
        _codec: Codec
        _late: frozenset[str]
        _name: str | None
        _normalizer: str | None
        _pattern: str
        _special: dict[str, int]
        _trained: dict[str, Any] | None
        _vocab: Vocab

    def explain(self: Tokenizer, text: str | bytes, *, allowed_special: Collection[str] | str = ()) -> Explanation:  # type: ignore[misc]
        """Why a text has the ids that it has, as data; it can be shown, too.

        For each piece: the alternative of the pattern that made it, its tokens with their bytes and their places, the
        merges with their ranks, and the merges of the vocabulary that were blocked, and by what.

        Args:
            text: A short text: the trace that is read costs O(n^2) for a piece of n bytes.
            allowed_special: As for ``encode``.

        >>> from minitok import Tokenizer
        >>> [(token.id, token.token) for token in Tokenizer([(104, 105)]).explain("hi!").tokens]
        [(256, b'hi'), (33, b'!')]
        """
        from .explain.build import explain

        return explain(self, self._vocab, text, allowed_special)

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of an id. Raises UnknownTokenError."""
        return self._codec.decode_bytes([token_id])

    def token_id(self, token: str | bytes) -> int:
        """The id of a token's bytes, or of a special token's name. Raises KeyError."""
        if isinstance(token, str) and token in self._special:
            return self._special[token]
        found = self._vocab.token_id(utf8(token))
        if found is None:
            raise KeyError(token)
        return found

    def vocabulary(self) -> tuple[dict[int, bytes], list[Merge], bool]:
        """All tokens by id, all merges as (left, right, id, rank), and whether whole pieces are taken as tokens."""
        merges = [tuple(merge) for merge in self._vocab.merges]
        return dict(self._vocab.tokens), merges, self._vocab.whole_pieces  # type: ignore[return-value]

    @property
    def merges(self) -> list[tuple[int, int]]:
        """The merges as pairs of ids, in rank order."""
        return [(left, right) for left, right, _, _ in self._vocab.merges]

    @property
    def byte_order(self) -> bytes | None:
        """The byte of each of the ids 0 to 255; None if these are not the single bytes."""
        singles = [self._vocab.token_bytes(token_id) or b"" for token_id in range(256)]
        order = b"".join(singles)
        return order if sorted(order) == list(range(256)) and all(map(len, singles)) else None

    @property
    def name(self) -> str | None:
        """The name it was given; None without one."""
        return self._name

    @property
    def n_vocab(self) -> int:
        """One more than the highest id; holes count."""
        return max(self._vocab.n_ids, *(token_id + 1 for token_id in self._special.values()), 0)

    @property
    def pattern(self) -> str:
        """The split pattern: its name, or the regular expression."""
        return self._pattern

    @property
    def normalizer(self) -> str | None:
        """The normal form of Unicode that text is put into before it is cut; None for text as it is."""
        return self._normalizer

    @property
    def late_special(self) -> frozenset[str]:
        """The special tokens that are looked for after the others, and in normalized text."""
        return self._late

    @property
    def lossless(self) -> bool:
        """Whether ``decode(encode(text))`` is the text, always: it is, without a normalizer."""
        return self._normalizer is None

    def normalize(self, text: str) -> str:
        r"""The text as it is cut and encoded: in the normal form, or as it is.

        >>> from minitok import Tokenizer
        >>> Tokenizer([], normalizer="NFC").normalize("e\u0301") == "\u00e9"
        True
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be str, not {type(text).__name__}")
        if self._normalizer is None:
            return text
        from .normalizing import normal

        return normal(text, self._normalizer).decode()

    @property
    def special_tokens(self) -> dict[str, int]:
        """Names and ids of the special tokens."""
        return dict(self._special)

    @property
    def trained(self) -> dict[str, Any] | None:
        """How it was trained (options, corpus, why it stopped); None if it was not, or nothing is known of it."""
        return dict(self._trained) if self._trained else None

    @property
    def report(self) -> TrainingReport | None:
        """How its training went: counts, ties, time and memory; None if it was not trained, or nothing is known of it."""
        from .report import TrainingReport

        return TrainingReport.from_dict(self._trained) if self._trained else None

    @property
    def backend(self) -> BackendName:
        """``rust`` or ``python``."""
        return self._backend
