"""Training: minitok's trainer, and the ids that ``tokenizers`` gives.

Special tokens come first, then characters, by code point, then the merges. Ties are broken by these ids (``corpus.symbols``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import minitok
from minitok.corpus.symbols import WHITE_SPACE, SymbolOptions, count_words, learn_symbols, learn_symbols_by_turns
from minitok.errors import ComponentError, FileFormatError
from minitok.formats import huggingface
from minitok.formats.byte_level import BYTES
from minitok.reference.more.parity import ParityOptions

from .added import AddedTokens
from .models import BPE
from .steps import Steps

if TYPE_CHECKING:
    from minitok.corpus.counts import PieceCounts
    from minitok.definition import Definition

    from .trainers import BpeTrainer, ParityBpeTrainer


def train_model(model: BPE, texts: Iterable[Any], trainer: BpeTrainer, normalizer: Any, pre_tokenizer: Any) -> BPE:
    """The model trained on texts; its options stay, but for the prefix and the suffix, which are the trainer's.

    Raises:
        TrainingError: The trainer asks for something that minitok does not do.
        ComponentError: A component fails.
    """
    words = count_pieces(texts, trainer, normalizer, pre_tokenizer)
    learnt = learn_symbols(words, symbol_options(trainer, trainer.vocab_size))
    return BPE(learnt.vocab, learnt.merges, **model.options() | affix_options(trainer))


def train_parity_model(
    trainer: ParityBpeTrainer,
    languages: Sequence[Iterable[Any]],
    development: Sequence[Iterable[Any]],
    ratio: Sequence[float] | None,
    normalizer: Any,
    pre_tokenizer: Any,
) -> BPE:
    """The model trained on the texts of several languages.

    Raises:
        TrainingError: The trainer asks for something that minitok does not do.
        ComponentError: A component fails.
    """
    corpora: Any = languages, development
    if pre_tokenizer is None:
        # There, such texts lose the white space around them.
        corpora = [[without_outer_space(texts, normalizer) for texts in each] for each in corpora]
        normalizer = None
    parity = ParityOptions(
        trainer.global_merges,
        None if ratio is None else tuple(ratio),
        trainer.window_size if trainer.variant == "window" else None,
        trainer.alpha,
    )
    trained, measured = (
        [count_pieces(texts, trainer, normalizer, pre_tokenizer) for texts in each] for each in corpora
    )
    options = symbol_options(trainer, trainer.num_merges)
    learnt = learn_symbols_by_turns(trained, measured, options, parity, total=trainer.total_symbols)
    return BPE(learnt.vocab, learnt.merges, **affix_options(trainer))


def affix_options(trainer: BpeTrainer | ParityBpeTrainer) -> dict[str, Any]:
    """The options of the model that are the trainer's."""
    return {name: getattr(trainer, name) for name in ("continuing_subword_prefix", "end_of_word_suffix")}


def count_pieces(
    texts: Iterable[Any], trainer: BpeTrainer | ParityBpeTrainer, normalizer: Any, pre_tokenizer: Any
) -> Counter[str] | PieceCounts:
    """How often each piece occurs: of bytes, where the trainer has no options that bytes do not need; or of characters."""
    definition = definition_of(normalizer, pre_tokenizer)
    if definition is None:
        steps = Steps(normalizer, pre_tokenizer, BPE(), AddedTokens(), frozenset())
        return Counter(piece.normalized.normalized for text in flattened(texts) for piece in steps.cut(text).pieces)
    has_options = any(affix_options(trainer).values()) or trainer.limit_alphabet is not None
    if (
        has_options
        or not BYTES.keys() >= set(trainer.initial_alphabet)
        or definition.symbols is not None
        or definition.words is not None
    ):
        return count_words(flattened(texts), definition)
    segments: Any = flattened(texts)
    if definition.normalizer is not None or definition.prefix is not None:
        codec = definition.codec()
        segments = (segment[0] for text in segments for segment in codec.segments(text, ()))
    return minitok.count_pieces(segments, pattern=definition.pattern)


def without_outer_space(texts: Iterable[Any], normalizer: Any) -> Iterator[str]:
    """Texts, normalized, without white space around them; those with nothing else are left out."""
    for text in flattened(texts):
        normal = text if normalizer is None else normalizer.normalize_str(text)
        if inner := normal.strip("".join(WHITE_SPACE)):
            yield inner


def definition_of(normalizer: Any, pre_tokenizer: Any) -> Definition | None:
    """What is done to text before it is merged; None if the components are to be run one by one."""
    steps = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
    empty = {"added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": []}}
    try:
        state = {name: None if step is None else step.as_json() for name, step in steps.items()}
        return huggingface.parse({**empty, **state}, "the tokenizer")
    except (ComponentError, FileFormatError):
        return None


def symbol_options(trainer: BpeTrainer | ParityBpeTrainer, size: int) -> SymbolOptions:
    """The options of a trainer, where pieces begin as characters."""
    return SymbolOptions(
        size,
        [token.content for token in trainer.special_tokens],
        trainer.min_frequency,
        trainer.limit_alphabet,
        set(trainer.initial_alphabet),
        trainer.continuing_subword_prefix or "",
        trainer.end_of_word_suffix or "",
        trainer.max_token_length,
    )


def flattened(texts: Iterable[Any]) -> Iterator[str]:
    """The texts, of which some may come in lists."""
    for text in texts:
        yield from [text] if isinstance(text, str) else text
