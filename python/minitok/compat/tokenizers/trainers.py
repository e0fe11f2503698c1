"""``BpeTrainer``: the options of training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .added import AddedToken, as_added
from .shown import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BpeTrainer", "Trainer"]

# How progress may be shown, and how a pickle writes that.
FORMATS = {"indicatif": "Indicatif", "json": "JsonLines", "silent": "Silent"}
# The options in the order of a pickle.
ORDER = (
    "min_frequency", "vocab_size", "show_progress", "progress_format", "special_tokens", "limit_alphabet", "initial_alphabet",
    "continuing_subword_prefix", "end_of_word_suffix", "max_token_length",
)  # fmt: skip


class Trainer(Shown):
    """The options of training a model."""


@dataclass(repr=False, eq=False)
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

    vocab_size: int = 30000
    min_frequency: int = 0
    show_progress: bool = True
    special_tokens: Sequence[Any] = ()
    limit_alphabet: int | None = None
    initial_alphabet: Sequence[str] = ()
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None
    max_token_length: int | None = None
    progress_format: str = "indicatif"

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "special_tokens":
            value = [as_added(token, special=True) for token in value]
        elif name == "initial_alphabet":
            value = list(dict.fromkeys(char[:1] for char in value if char))
        object.__setattr__(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """The options as ``tokenizers`` pickles them."""
        options = {name: getattr(self, name) for name in ORDER}
        special = [token.__getstate__() for token in self.special_tokens]
        progress = FORMATS.get(self.progress_format, "Indicatif")
        return {"BpeTrainer": {**options, "progress_format": progress, "special_tokens": special, "words": {}}}

    def __setstate__(self, state: bytes) -> None:
        options = json.loads(state)["BpeTrainer"]
        names = {written: name for name, written in FORMATS.items()}
        special = [AddedToken(**token) for token in options["special_tokens"]]
        options |= {"special_tokens": special, "progress_format": names[options["progress_format"]]}
        for name in ORDER:
            setattr(self, name, options[name])

    def __repr__(self) -> str:
        return f"BpeTrainer({super().__repr__()})"

    def __str__(self) -> str:
        return f"BpeTrainer({super().__str__()})"
