"""Training: minitok's trainer, and the ids that ``tokenizers`` gives.

Where tokens are characters, or the trainer has options that bytes do not need, ``corpus.symbols`` learns them. Otherwise,
there, special tokens come first, then the characters that stand for bytes, by code point, then the merges. Ties are broken by
these ids, which is minitok's order of GPT-2's bytes; so the merges are those of ``minitok.train``, and only the ids move.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import minitok
from minitok.backend import load_backend
from minitok.corpus.symbols import (
    WHITE_SPACE,
    SymbolOptions,
    count_words,
    learn_symbols,
    learn_symbols_by_turns,
)
from minitok.errors import ComponentError, FileFormatError, TrainingError
from minitok.formats import huggingface
from minitok.formats.byte_level import BYTES, CHARS, to_chars
from minitok.reference.parity import ParityOptions
from minitok.reference.train import TrainOptions

from .added import AddedTokens
from .models import BPE
from .steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minitok.corpus.counts import PieceCounts
    from minitok.definition import Definition

    from .trainers import BpeTrainer, ParityBpeTrainer

__all__ = ["train_model", "train_parity_model"]


def train_model(model: BPE, texts: Iterable[Any], trainer: BpeTrainer, normalizer: Any, pre_tokenizer: Any) -> BPE:
    """The model trained on texts; its options stay, but for the prefix and the suffix, which are the trainer's.

    Raises:
        TrainingError: The trainer asks for something that minitok does not do.
        ComponentError: A component fails.
    """
    cutter = Cutter(trainer, normalizer, pre_tokenizer)
    options = model.options() | cutter.marks
    if cutter.definition is not None and cutter.is_plain:
        return train_bytes(options, count_segments(one_by_one(texts), cutter.definition), trainer)
    return train_symbols(options, cutter.words(texts), trainer)


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
    corpora = [[one_by_one(texts) for texts in each] for each in (languages, development)]
    if pre_tokenizer is None:
        # There, such texts lose the white space around them.
        corpora = [[trimmed(texts, normalizer) for texts in each] for each in corpora]
        normalizer = None
    cutter = Cutter(trainer, normalizer, pre_tokenizer)
    parity = ParityOptions(
        trainer.global_merges,
        None if ratio is None else tuple(ratio),
        trainer.window_size if trainer.variant == "window" else None,
        trainer.alpha,
    )
    if cutter.definition is not None and cutter.is_plain:
        definition = cutter.definition
        counts = [[count_segments(texts, definition) for texts in each] for each in corpora]
        return train_parity_bytes(cutter.marks, counts, trainer, parity)
    words, measured = ([cutter.words(texts) for texts in each] for each in corpora)
    options = symbol_options(trainer, trainer.num_merges)
    learnt = learn_symbols_by_turns(words, measured, options, parity, total=trainer.total_symbols)
    return BPE(learnt.vocab, learnt.merges, **cutter.marks)


class Cutter:
    """How texts become pieces: those of bytes, if ``is_plain``, or of characters."""

    def __init__(self, trainer: BpeTrainer | ParityBpeTrainer, normalizer: Any, pre_tokenizer: Any) -> None:
        self.marks = {name: getattr(trainer, name) for name in ("continuing_subword_prefix", "end_of_word_suffix")}
        self.steps = normalizer, pre_tokenizer
        self.definition = definition_of(normalizer, pre_tokenizer)
        is_plain = not any(self.marks.values()) and trainer.limit_alphabet is None
        bytes_only = self.definition is not None and self.definition.symbols is None and self.definition.words is None
        self.is_plain = is_plain and bytes_only

    def words(self, texts: Iterable[Any]) -> Counter[str]:
        """How often each piece of characters occurs."""
        if self.definition is not None:
            return count_words(one_by_one(texts), self.definition)
        steps = Steps(*self.steps, BPE(), AddedTokens(), frozenset())
        return Counter(piece.normalized.normalized for text in one_by_one(texts) for piece in steps.cut(text).pieces)


def trimmed(texts: Iterable[str], normalizer: Any) -> Iterator[str]:
    """Texts, normalized, without white space around them; those with nothing else are left out."""
    for text in texts:
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


def count_segments(texts: Iterable[str], definition: Definition) -> PieceCounts:
    """How often each piece of the texts occurs."""
    if definition.normalizer is not None or definition.prefix is not None:
        codec = definition.codec()
        texts = (segment[0] for text in texts for segment in codec.segments(text, ()))  # type: ignore[misc]  # bytes will do
    return minitok.count_pieces(texts, pattern=definition.pattern)


def train_bytes(options: dict[str, Any], counts: PieceCounts, trainer: BpeTrainer) -> BPE:
    """The model trained on pieces of bytes."""
    first = first_tokens(set().union(*counts.to_dict()), trainer)
    trained = minitok.train(
        counts,
        256 + max(0, trainer.vocab_size - len(first)),
        byte_order="gpt2",
        min_frequency=max(1, trainer.min_frequency),
        max_token_length=longest(trainer),
    )
    tokens, merges, _ = trained.definition.vocabulary()
    return byte_model(options, first, tokens, [(left, right) for left, right, _, _ in merges])


def train_parity_bytes(
    options: dict[str, Any], counts: Sequence[list[PieceCounts]], trainer: ParityBpeTrainer, parity: ParityOptions
) -> BPE:
    """The model trained on pieces of bytes of several languages, and of their development texts."""
    first = first_tokens(
        {byte for each in counts for one in each for piece in one.to_dict() for byte in piece}, trainer
    )
    taken = len(first) if trainer.total_symbols else 0
    plain = TrainOptions(
        n_merges=max(0, trainer.num_merges - taken),
        min_frequency=max(1, trainer.min_frequency),
        max_token_length=longest(trainer),
    )
    backend = load_backend(None)
    base = backend.vocab.from_merges(plain.byte_order, []), 256
    merges, *_ = backend.train_parity(*([one.counter for one in each] for each in counts), plain, parity, base)
    tokens = {byte: bytes([byte]) for byte in range(256)}
    for left, right in merges:
        tokens[len(tokens)] = tokens[left] + tokens[right]
    return byte_model(options, first, tokens, merges)


def first_tokens(seen: set[int], trainer: BpeTrainer | ParityBpeTrainer) -> list[str]:
    """The special tokens, then the characters of the bytes that the texts have."""
    special = list(dict.fromkeys(token.content for token in trainer.special_tokens))
    alphabet = sorted({CHARS[byte] for byte in seen}.union(trainer.initial_alphabet))
    if both := sorted(set(special) & set(alphabet)):
        raise TrainingError(f"the special token {both[0]!r} is a character of the alphabet")
    if other := [char for char in alphabet if char not in BYTES]:
        raise TrainingError(f"the initial alphabet has {other[0]!r}, which stands for no byte")
    return [*special, *alphabet]


def longest(trainer: BpeTrainer | ParityBpeTrainer) -> int | None:
    """The longest token: there, one shorter than this is made, and two bytes are always merged."""
    return None if trainer.max_token_length is None else max(2, trainer.max_token_length - 1)


def byte_model(
    options: dict[str, Any], first: list[str], tokens: dict[int, bytes], merges: list[tuple[int, int]]
) -> BPE:
    """The model with these first tokens and the merges, whose ids are those of tokens of bytes."""
    chars = {token_id: to_chars(token) for token_id, token in tokens.items()}
    made = [chars[left] + chars[right] for left, right in merges]
    vocab = {token: number for number, token in enumerate([*first, *made])}
    if len(vocab) < len(first) + len(made):
        raise TrainingError("two merges make the same token, which has one id in tokenizers and two in minitok")
    return BPE(vocab, [(chars[left], chars[right]) for left, right in merges], **options)


def train_symbols(options: dict[str, Any], words: Counter[str], trainer: BpeTrainer) -> BPE:
    """The model trained on pieces that begin as characters."""
    learnt = learn_symbols(words, symbol_options(trainer, trainer.vocab_size))
    return BPE(learnt.vocab, learnt.merges, **options)


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


def one_by_one(texts: Iterable[Any]) -> Iterator[str]:
    """The texts, of which some may come in lists."""
    for text in texts:
        yield from [text] if isinstance(text, str) else text
