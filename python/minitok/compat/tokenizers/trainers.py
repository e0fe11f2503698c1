"""``BpeTrainer`` and ``ParityBpeTrainer``: the options of training."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from minitok.errors import TrainingError

from .added import AddedToken, as_added
from .shown import Shown

__all__ = ["BpeTrainer", "ParityBpeTrainer", "Trainer"]

# How progress may be shown, and how a pickle writes that.
FORMATS = {"indicatif": "Indicatif", "json": "JsonLines", "silent": "Silent"}


class Trainer(Shown):
    """The options of training a model."""


@dataclass(repr=False, eq=False, kw_only=True)
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
        end_of_word_suffix: Stands after the last character of a piece.
        max_token_length: Tokens are shorter than this, in characters (two are always merged).

    >>> BpeTrainer(vocab_size=300, special_tokens=["<s>"]).special_tokens
    [AddedToken("<s>", rstrip=False, lstrip=False, single_word=False, normalized=False, special=True)]
    """

    # In the order of a pickle.
    min_frequency: int = 0
    vocab_size: int = 30000
    show_progress: bool = True
    progress_format: str = "indicatif"
    special_tokens: Sequence[Any] = ()
    limit_alphabet: int | None = None
    initial_alphabet: Sequence[str] = ()
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None
    max_token_length: int | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "special_tokens":
            value = [as_added(token, special=True) for token in value]
        elif name == "initial_alphabet":
            value = list(dict.fromkeys(char[:1] for char in value if char))
        object.__setattr__(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """The options as ``tokenizers`` pickles them."""
        options = {field.name: getattr(self, field.name) for field in fields(self)}
        special = [token.__getstate__() for token in self.special_tokens]
        progress = FORMATS.get(self.progress_format, "Indicatif")
        return {"BpeTrainer": {**options, "progress_format": progress, "special_tokens": special, "words": {}}}

    def __setstate__(self, state: bytes) -> None:
        options = json.loads(state)["BpeTrainer"]
        names = {written: name for name, written in FORMATS.items()}
        special = [AddedToken(**token) for token in options["special_tokens"]]
        options |= {"special_tokens": special, "progress_format": names[options["progress_format"]]}
        for field in fields(self):
            setattr(self, field.name, options[field.name])

    def __repr__(self) -> str:
        return f"BpeTrainer({super().__repr__()})"

    def __str__(self) -> str:
        return f"BpeTrainer({super().__str__()})"


@dataclass(repr=False, eq=False)
class ParityBpeTrainer:
    """The options of training that is fair to several languages, with the defaults of ``tokenizers`` (``minitok.parity``).

    Where the trainer of ``tokenizers`` never returns (SPEC T15, and ratios with a language without text), this one does.

    Args:
        num_merges: How many merges; with ``total_symbols``, how many tokens in all.
        variant: ``base`` or ``window``.
        min_frequency: Pairs that occur less often are not merged.
        ratio: How much each language should become shorter, relative to the others.
        global_merges: The first merges are those of all texts together.
        window_size: How many turns the window has.
        alpha: A language that has had more than this share of the window, over the number of languages, is passed over.
        total_symbols: Whether ``num_merges`` counts all tokens.
        special_tokens: See ``BpeTrainer``, as for all options that follow.

    >>> ParityBpeTrainer(num_merges=300)  # doctest: +ELLIPSIS
    ParityBpeTrainer(num_merges=300, variant="base", min_frequency=0, global_merges=0, window_size=100, alpha=2, ...)
    """

    num_merges: int = 32000
    variant: str = "base"
    min_frequency: int = 0
    ratio: Sequence[float] | None = None
    global_merges: int = 0
    window_size: int = 100
    alpha: float = 2.0
    total_symbols: bool = False
    special_tokens: Sequence[Any] = ()
    show_progress: bool = True
    limit_alphabet: int | None = None
    initial_alphabet: Sequence[str] = ()
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None
    max_token_length: int | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "variant" and name in vars(self):
            raise AttributeError("the variant of a trainer cannot be changed")
        if name == "variant" and value not in ("base", "window"):
            raise ValueError(f"Unknown variant '{value}'. Use 'base' or 'window'.")
        if name == "special_tokens":
            value = [as_added(token, special=True) for token in value or ()]
        elif name == "initial_alphabet":
            value = list(value or ())
            if wrong := [char for char in value if len(char) != 1]:
                raise ValueError(f"initial_alphabet must have single characters, not {wrong[0]!r}")
        object.__setattr__(self, name, value)

    def train_from_iterator(
        self,
        tokenizer: Any,
        train_iterators: Sequence[Iterable[Any]],
        dev_iterators: Sequence[Iterable[Any]] | None = None,
        ratio: Sequence[float] | None = None,
    ) -> None:
        """Trains a tokenizer on the texts of each language; its pre-tokenizer and its normalizer are used.

        Args:
            tokenizer: A ``Tokenizer``, which gets a new model, and the special tokens.
            train_iterators: For each language, texts or lists of texts.
            dev_iterators: For each language, what says how badly off it is.
            ratio: In place of the trainer's. Not used if there are development texts.

        Raises:
            ValueError: The numbers of languages differ, or there is none.
            TrainingError: An option cannot be met.
        """
        languages, development = list(train_iterators), list(dev_iterators or ())
        if not languages:
            raise ValueError("train_iterators must not be empty")
        if dev_iterators is not None and len(development) != len(languages):
            raise ValueError(
                f"dev_iterators length ({len(development)}) must match train_iterators length ({len(languages)})"
            )
        wanted = None if development else self.ratio if ratio is None else ratio
        self._check(len(languages), wanted)
        tokenizer._train_by_turns(self, languages, development, wanted)  # noqa: SLF001 - a call of this package

    def _check(self, languages: int, ratio: Sequence[float] | None) -> None:
        """Whether the options can be met, in the words of ``tokenizers``."""
        if ratio is not None and len(ratio) != languages:
            raise TrainingError(f"ratio length ({len(ratio)}) does not match number of languages ({languages})")
        if self.variant == "window" and self.window_size < 1:
            raise TrainingError("window_size must be > 0 when variant is Window")
        if self.variant == "window" and not (math.isfinite(self.alpha) and self.alpha > 0):
            raise TrainingError(
                f"alpha must be a positive finite number when variant is Window (got {rust_number(self.alpha)})"
            )
        for index, value in enumerate(ratio or ()):
            if not (math.isfinite(value) and value > 0):
                raise TrainingError(f"ratio[{index}] must be a positive finite number (got {rust_number(value)})")

    def __getstate__(self) -> dict[str, Any]:
        special = [token.content for token in self.special_tokens]
        return {field.name: getattr(self, field.name) for field in fields(self)} | {"special_tokens": special}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        return (
            f'ParityBpeTrainer(num_merges={self.num_merges}, variant="{self.variant}", min_frequency={self.min_frequency}, '
            f"global_merges={self.global_merges}, window_size={self.window_size}, alpha={rust_number(self.alpha)}, "
            f"total_symbols={str(self.total_symbols).lower()})"
        )


def rust_number(value: float) -> str:
    return str(float(value)).removesuffix(".0").replace("nan", "NaN")
