"""What other tokenizers a ``Tokenizer`` can give: smaller, larger, cut by another pattern, with other special tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .backend import Vocab
    from .counts import PieceCounts
    from .progress import Progress
    from .tokenizer import Tokenizer

__all__ = ["Variants"]


class Variants:
    """The part of ``Tokenizer`` that makes others from it; it never changes itself."""

    def truncate(self: Tokenizer, vocab_size: int) -> Tokenizer:  # type: ignore[misc]
        """The tokenizer of a smaller vocabulary, as if it had been trained to that size (SPEC T9).

        The special tokens move to the end of the smaller vocabulary, in the order of their ids; holes below stay.

        Raises:
            VocabularyError: The size is not possible, or ids do not ascend with the merges, single bytes first.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}).truncate(258)
        Tokenizer(n_vocab=258, pattern='gpt2', special_tokens=1, backend='rust')
        """
        from .truncation import truncate

        vocab, special_tokens = truncate(self._vocab, self._special, vocab_size, self.byte_order)
        return self._like(vocab, special_tokens=special_tokens, name=self._name)

    def extend(  # type: ignore[misc]
        self: Tokenizer,
        texts: Iterable[str | bytes] | PieceCounts,
        vocab_size: int,
        *,
        tie_break: str = "smallest_ids",
        min_frequency: int = 1,
        max_token_length: int | None = None,
        threads: int | None = None,
        progress: bool | Callable[[Progress], object] = False,
        trace: Callable[[dict[str, Any]], object] | None = None,
        name: str | None = None,
    ) -> Tokenizer:
        """A larger tokenizer that goes on learning from these texts; every id stays what it is (SPEC T10).

        The texts are encoded with the merges that are there, and what pairs are frequent then is merged further. New ids
        begin at ``n_vocab``, so also after the special tokens.

        Args:
            texts: As for ``train``; or counts from ``count_pieces`` with this pattern and these special tokens.
            vocab_size: What ``n_vocab`` is to be, if there is that much to learn.
            tie_break: As for ``train``; so with the other options.
            min_frequency: See ``train``.
            max_token_length: See ``train``.
            threads: See ``train``.
            progress: See ``train``.
            trace: See ``train``.
            name: A name for the new tokenizer.

        Raises:
            TrainingError: Options that cannot be met, or counts of other pieces.

        >>> from minitok import train
        >>> tok = train(["low lower lowest"], vocab_size=258)
        >>> tok.extend(["low lower lowest"], vocab_size=260) == train(["low lower lowest"], vocab_size=260)
        True
        >>> train(["low"], 257, special_tokens=["<s>"]).extend(["low low"], 260).special_tokens
        {'<s>': 256}
        """
        from .training import extend

        return extend(
            self,
            texts,
            vocab_size,
            tie_break=tie_break,
            min_frequency=min_frequency,
            max_token_length=max_token_length,
            threads=threads,
            progress=progress,
            trace=trace,
            name=name,
        )

    def with_pattern(self: Tokenizer, pattern: str) -> Tokenizer:  # type: ignore[misc]
        """The same vocabulary with another split pattern; special tokens stay. The name goes, as the ids are others."""
        return self._like(pattern=pattern)

    def with_normalizer(self: Tokenizer, normalizer: str | None) -> Tokenizer:  # type: ignore[misc]
        r"""The same tokenizer for text in a normal form of Unicode, or for text as it is (None), and without a name.

        >>> from minitok import get_encoding
        >>> tok = get_encoding("gpt2").with_normalizer("NFC")
        >>> tok.encode("cafe\u0301") == tok.encode("caf\u00e9")
        True
        """
        return self._like(normalizer=normalizer)

    def with_special_tokens(self: Tokenizer, special_tokens: Mapping[str, int]) -> Tokenizer:  # type: ignore[misc]
        """The same vocabulary and pattern with these special tokens in place of its own, and without a name.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(97, 98)]).with_special_tokens({"<s>": 257})
        >>> tok.encode("<s>ab", allowed_special="all")
        [257, 256]
        """
        return self._like(special_tokens=special_tokens, late_special=self._late & special_tokens.keys())

    def add_special_tokens(  # type: ignore[misc]
        self: Tokenizer, special_tokens: Mapping[str, int | None] | Iterable[str]
    ) -> Tokenizer:
        """The same tokenizer with special tokens added to its own, and without a name.

        Args:
            special_tokens: Names and ids, or names alone. A name without an id gets the next one from ``n_vocab`` on (after
                the ids given here, if these are higher), in the order given; one that is there already stays as it is.

        Raises:
            VocabularyError: A name has another id already, or an id has another token.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 257})
        >>> tok.add_special_tokens(["<user>", "<assistant>"]).special_tokens
        {'<s>': 257, '<user>': 258, '<assistant>': 259}
        >>> tok.add_special_tokens({"<pad>": 300}).encode("<pad>", allowed_special="all")
        [300]
        """
        from .arguments import added_special_tokens

        added = added_special_tokens(special_tokens, self._special, self._vocab.token_bytes, self.n_vocab)
        return self.with_special_tokens({**self._special, **added})

    def _like(self: Tokenizer, vocab: Vocab | None = None, **changes: Any) -> Tokenizer:  # type: ignore[misc]
        """The same tokenizer but for the changes, and without a name."""
        same = {
            "pattern": self._pattern,
            "special_tokens": self._special,
            "trained": self._trained,
            "normalizer": self._normalizer,
            "late_special": self._late,
            "backend": self._backend,
        }
        return self._from_vocab(vocab or self._vocab, **{**same, **changes})
