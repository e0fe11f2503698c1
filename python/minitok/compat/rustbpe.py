"""rustbpe's interface over minitok: ``import minitok.compat.rustbpe as rustbpe``, and nanochat trains with it.

What nanochat calls, with rustbpe's names, defaults and results: the same merges from the same texts (of equal counts the pair
of the smallest ids). What differs: ``vocab_size`` below 256 is a ``TrainingError`` and not a panic; text that the pattern does
not match is kept; training shows its progress on request (``progress=True``).

>>> import minitok.compat.rustbpe as rustbpe
>>> tok = rustbpe.Tokenizer()
>>> tok.train_from_iterator(iter(["low lower lowest", "low"]), vocab_size=260)
>>> tok.get_mergeable_ranks()[256:]
[(b'lo', 256), (b'low', 257), (b' low', 258), (b' lowe', 259)]
>>> tok.encode("lowest")
[257, 101, 115, 116]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import minitok

from .minbpe import GPT4_SPLIT_PATTERN

__all__ = ["Tokenizer"]


class Tokenizer:
    """rustbpe's tokenizer: trained once, then read or encoded with."""

    def __init__(self) -> None:
        self._pattern = ""
        self._tokenizer = minitok.Tokenizer([])

    def train_from_iterator(
        self,
        iterator: Iterable[str],
        vocab_size: int,
        buffer_size: int = 8192,
        pattern: str | None = None,
        *,
        progress: bool = False,
    ) -> None:
        """Trains on texts. ``buffer_size`` has no effect: texts are counted as they come.

        Raises:
            TrainingError: ``vocab_size`` is below 256.
            PatternError: The pattern is malformed.
        """
        del buffer_size
        pattern = GPT4_SPLIT_PATTERN if pattern is None else pattern
        self._tokenizer = minitok.train(iterator, vocab_size, pattern=pattern, progress=progress)
        self._pattern = pattern

    @property
    def vocab_size(self) -> int:
        """256 and the number of merges."""
        return 256 + len(self._tokenizer.merges)

    def get_pattern(self) -> str:
        """The split pattern; empty before training."""
        return self._pattern

    def get_mergeable_ranks(self) -> list[tuple[bytes, int]]:
        """Each token with its rank, which is its id; what ``tiktoken.Encoding`` takes as ``mergeable_ranks``."""
        tokens, _, _ = self._tokenizer.definition.vocabulary()
        return [(token, token_id) for token_id, token in sorted(tokens.items())]

    def encode(self, text: str) -> list[int]:
        """The ids of a text; none before training."""
        return self._tokenizer.encode(text) if self._pattern else []

    def batch_encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, on all processors."""
        return self._tokenizer.encode_batch(texts) if self._pattern else [[] for _ in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the ids.

        Raises:
            UnknownTokenError: An id has no token.
            UnicodeDecodeError: The bytes are not UTF-8.
        """
        return self._tokenizer.decode_bytes(ids).decode()
