"""Training: minitok's trainer, and the ids that ``tokenizers`` gives.

Where tokens are characters, or the trainer has options that bytes do not need, ``corpus.symbols`` learns them. Otherwise,
there, special tokens come first, then the characters that stand for bytes, by code point, then the merges. Ties are broken by
these ids, which is minitok's order of GPT-2's bytes; so the merges are those of ``minitok.train``, and only the ids move.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import minitok
from minitok.corpus.symbols import SymbolOptions, count_words, learn_symbols
from minitok.errors import ComponentError, FileFormatError, TrainingError
from minitok.formats import huggingface
from minitok.formats.byte_level import BYTES, CHARS, to_chars

from .added import AddedTokens
from .models import BPE
from .steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from minitok.corpus.counts import PieceCounts
    from minitok.definition import Definition

    from .trainers import BpeTrainer

__all__ = ["train_model"]


def train_model(model: BPE, texts: Iterable[Any], trainer: BpeTrainer, normalizer: Any, pre_tokenizer: Any) -> BPE:
    """The model trained on texts; its options stay, but for the prefix and the suffix, which are the trainer's.

    Raises:
        TrainingError: The trainer asks for something that minitok does not do.
        ComponentError: A component fails.
    """
    marks = {name: getattr(trainer, name) for name in ("continuing_subword_prefix", "end_of_word_suffix")}
    options = model.options() | marks
    definition = definition_of(normalizer, pre_tokenizer)
    is_plain = not any(marks.values()) and trainer.limit_alphabet is None
    if is_plain and definition is not None and definition.symbols is None and definition.words is None:
        return train_bytes(options, count_segments(one_by_one(texts), definition), trainer)
    if definition is not None:
        words = count_words(one_by_one(texts), definition)
    else:
        steps = Steps(normalizer, pre_tokenizer, model, AddedTokens(), frozenset())
        pieces = (piece.normalized.normalized for text in one_by_one(texts) for piece in steps.cut(text).pieces)
        words = Counter(pieces)
    return train_symbols(options, words, trainer)


def definition_of(normalizer: Any, pre_tokenizer: Any) -> Definition | None:
    """What is done to text before it is merged; None if the components are to be run one by one."""
    steps = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
    empty = {"added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": []}}
    try:
        state = {name: None if step is None else step.as_json() for name, step in steps.items()}
        return huggingface.parse({**empty, **state}, "the tokenizer")
    except (ComponentError, FileFormatError):
        return None


def count_segments(texts: Iterable[str], definition: Definition) -> PieceCounts:
    """How often each piece of the texts occurs."""
    if definition.normalizer is not None or definition.prefix is not None:
        codec = definition.codec()
        texts = (segment[0] for text in texts for segment in codec.segments(text, ()))  # type: ignore[misc]  # bytes will do
    return minitok.count_pieces(texts, pattern=definition.pattern)


def train_bytes(options: dict[str, Any], counts: PieceCounts, trainer: BpeTrainer) -> BPE:
    """The model trained on pieces of bytes."""
    seen: set[int] = set().union(*counts.to_dict())
    special = list(dict.fromkeys(token.content for token in trainer.special_tokens))
    alphabet = sorted({CHARS[byte] for byte in seen}.union(trainer.initial_alphabet))
    if both := sorted(set(special) & set(alphabet)):
        raise TrainingError(f"the special token {both[0]!r} is a character of the alphabet")
    if other := [char for char in alphabet if char not in BYTES]:
        raise TrainingError(f"the initial alphabet has {other[0]!r}, which stands for no byte")
    first = [*special, *alphabet]
    trained = minitok.train(
        counts,
        256 + max(0, trainer.vocab_size - len(first)),
        byte_order="gpt2",
        min_frequency=max(1, trainer.min_frequency),
        # There, a token shorter than this is made, and two bytes are always merged.
        max_token_length=None if trainer.max_token_length is None else max(2, trainer.max_token_length - 1),
    )
    tokens, merges, _ = trained.definition.vocabulary()
    chars = {token_id: to_chars(token) for token_id, token in tokens.items()}
    made = [chars[token_id] for _, _, token_id, _ in merges]
    vocab = {token: number for number, token in enumerate([*first, *made])}
    if len(vocab) < len(first) + len(made):
        raise TrainingError("two merges make the same token, which has one id in tokenizers and two in minitok")
    return BPE(vocab, [(chars[left], chars[right]) for left, right, _, _ in merges], **options)


def train_symbols(options: dict[str, Any], words: Counter[str], trainer: BpeTrainer) -> BPE:
    """The model trained on pieces that begin as characters."""
    learnt = learn_symbols(
        words,
        SymbolOptions(
            trainer.vocab_size,
            [token.content for token in trainer.special_tokens],
            trainer.min_frequency,
            trainer.limit_alphabet,
            set(trainer.initial_alphabet),
            trainer.continuing_subword_prefix or "",
            trainer.end_of_word_suffix or "",
            trainer.max_token_length,
        ),
    )
    return BPE(learnt.vocab, learnt.merges, **options)


def one_by_one(texts: Iterable[Any]) -> Iterator[str]:
    """The texts, of which some may come in lists."""
    for text in texts:
        yield from [text] if isinstance(text, str) else text
