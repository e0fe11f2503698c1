"""``BpeTrainer``: the options of training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .added import AddedToken, as_added

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BpeTrainer", "Trainer"]


class Trainer:
    """The options of training a model."""


class BpeTrainer(Trainer):
    """The options of training BPE, with the defaults of ``tokenizers``.

    Args:
        vocab_size: How many tokens, with special tokens and single bytes.
        min_frequency: Pairs that occur less often are not merged.
        show_progress: Has no effect.
        special_tokens: The first tokens, as ``str`` or ``AddedToken``. They are not looked for in the texts.
        limit_alphabet: The most characters; a smaller number than there are is refused.
        initial_alphabet: Characters that have a token even if no text has them.
        max_token_length: Tokens are shorter than this, in bytes (two bytes are always merged).

    >>> BpeTrainer(vocab_size=300, special_tokens=["<s>"]).special_tokens
    [AddedToken("<s>", rstrip=False, lstrip=False, single_word=False, normalized=False, special=True)]
    """

    def __init__(
        self,
        vocab_size: int = 30000,
        min_frequency: int = 0,
        show_progress: bool = True,
        special_tokens: Sequence[Any] = (),
        limit_alphabet: int | None = None,
        initial_alphabet: Sequence[str] = (),
        continuing_subword_prefix: str | None = None,
        end_of_word_suffix: str | None = None,
        max_token_length: int | None = None,
        progress_format: str = "indicatif",
    ) -> None:
        self.vocab_size, self.min_frequency, self.show_progress = vocab_size, min_frequency, show_progress
        self.special_tokens: list[AddedToken] = [as_added(token, special=True) for token in special_tokens]
        self.limit_alphabet, self.initial_alphabet = limit_alphabet, list(initial_alphabet)
        self.continuing_subword_prefix, self.end_of_word_suffix = continuing_subword_prefix, end_of_word_suffix
        self.max_token_length, self.progress_format = max_token_length, progress_format
