"""``BpeTrainer``: the options of training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .added import AddedToken, as_added
from .shown import shown_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BpeTrainer", "Trainer"]

# How progress may be shown, and how a pickle writes that.
FORMATS = {"indicatif": "Indicatif", "json": "JsonLines", "silent": "Silent"}


class Trainer:
    """The options of training a model."""


class BpeTrainer(Trainer):
    """The options of training BPE, with the defaults of ``tokenizers``.

    Args:
        vocab_size: How many tokens, with special tokens and single bytes.
        min_frequency: Pairs that occur less often are not merged.
        show_progress: Has no effect.
        special_tokens: The first tokens, as ``str`` or ``AddedToken``. They are not looked for in the texts.
        limit_alphabet: The most characters; the rarest are dropped.
        initial_alphabet: Characters that have a token even if no text has them.
        continuing_subword_prefix: Stands before each character of a piece but the first.
        end_of_word_suffix: Stands behind the last character of a piece.
        max_token_length: Tokens are shorter than this, in characters (two are always merged).

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
        self.special_tokens: list[AddedToken] = special_tokens  # type: ignore[assignment]  # made of strings, too
        self.limit_alphabet, self.initial_alphabet = limit_alphabet, initial_alphabet
        self.continuing_subword_prefix, self.end_of_word_suffix = continuing_subword_prefix, end_of_word_suffix
        self.max_token_length, self.progress_format = max_token_length, progress_format

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "special_tokens":
            value = [as_added(token, special=True) for token in value]
        elif name == "initial_alphabet":
            value = list(dict.fromkeys(char[:1] for char in value if char))
        object.__setattr__(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """The options as ``tokenizers`` pickles them."""
        return {
            "min_frequency": self.min_frequency,
            "vocab_size": self.vocab_size,
            "show_progress": self.show_progress,
            "progress_format": FORMATS.get(self.progress_format, "Indicatif"),
            "special_tokens": [token.__getstate__() for token in self.special_tokens],
            "limit_alphabet": self.limit_alphabet,
            "initial_alphabet": self.initial_alphabet,
            "continuing_subword_prefix": self.continuing_subword_prefix,
            "end_of_word_suffix": self.end_of_word_suffix,
            "max_token_length": self.max_token_length,
            "words": {},
        }

    def __getstate__(self) -> bytes:
        return json.dumps({"BpeTrainer": self.as_json()}, ensure_ascii=False, separators=(",", ":")).encode()

    def __setstate__(self, state: bytes) -> None:
        options = json.loads(state)["BpeTrainer"]
        names = {written: name for name, written in FORMATS.items()}
        special = [AddedToken(**token) for token in options["special_tokens"]]
        options |= {"special_tokens": special, "progress_format": names[options["progress_format"]]}
        del options["words"]
        self.__init__(**options)  # type: ignore[misc]  # a state is what the constructor takes

    def __repr__(self) -> str:
        return f"BpeTrainer(BpeTrainer({shown_fields(self.as_json())}))"

    def __str__(self) -> str:
        return f"BpeTrainer(BpeTrainer({shown_fields(self.as_json(), short=True)}))"
