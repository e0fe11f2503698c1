"""Training: minitok's trainer, and the ids that ``tokenizers`` gives.

Where tokens are characters, or the trainer has options that bytes do not need, ``corpus.symbols`` learns them. Otherwise,
there, special tokens come first, then the characters that stand for bytes, by code point, then the merges. Ties are broken by
these ids, which is minitok's order of GPT-2's bytes; so the merges are those of ``minitok.train``, and only the ids move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import minitok
from minitok.corpus.symbols import SymbolOptions, count_words, learn_symbols
from minitok.errors import FileFormatError, TrainingError
from minitok.formats import huggingface
from minitok.formats.byte_level import BYTES, CHARS, to_chars
from minitok.formats.huggingface.patterns import read_pattern
from minitok.formats.huggingface.reasons import Unsupported

from .models import BPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["train_model"]

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def train_model(model: BPE, texts: Iterable[Any], trainer: Any, normalizer: Any, pre_tokenizer: Any) -> BPE:
    """The model trained on texts; its options stay, but for the prefix and the suffix, which are the trainer's.

    Raises:
        TrainingError: The trainer asks for something that minitok does not do.
        FileFormatError: The pre-tokenizer does.
    """
    marks = {name: getattr(trainer, name) for name in ("continuing_subword_prefix", "end_of_word_suffix")}
    options = model.options() | marks
    if not makes_bytes(pre_tokenizer) or any(marks.values()) or trainer.limit_alphabet is not None:
        return train_symbols(options, one_by_one(texts), trainer, normalizer, pre_tokenizer)
    pattern = split_pattern(pre_tokenizer.as_json())
    normalize = normalizer.normalize_str if normalizer is not None else str
    counts = minitok.count_pieces((normalize(text) for text in one_by_one(texts)), pattern=pattern)
    seen: set[int] = set().union(*counts.to_dict())
    special = list(dict.fromkeys(token.content for token in trainer.special_tokens))
    alphabet = sorted({CHARS[byte] for byte in seen} | {char[:1] for char in trainer.initial_alphabet if char})
    if both := sorted(set(special) & set(alphabet)):
        raise TrainingError(f"the special token {both[0]!r} is a character of the alphabet")
    if other := [char for char in alphabet if char not in BYTES]:
        raise TrainingError(f"the initial alphabet has {other[0]!r}, which stands for no byte")
    first = [*special, *alphabet]
    trained = minitok.train_from_counts(
        counts,
        256 + max(0, trainer.vocab_size - len(first)),
        byte_order="gpt2",
        min_frequency=max(1, trainer.min_frequency),
        # There, a token shorter than this is made, and two bytes are always merged.
        max_token_length=None if trainer.max_token_length is None else max(2, trainer.max_token_length - 1),
    )
    tokens, merges, _ = trained.vocabulary()
    made = [to_chars(tokens[token_id]) for _, _, token_id, _ in merges]
    vocab = {token: number for number, token in enumerate([*first, *made])}
    if len(vocab) < len(first) + len(made):
        raise TrainingError("two merges make the same token, which gets one id there and two here")
    pairs = [(to_chars(tokens[left]), to_chars(tokens[right])) for left, right, _, _ in merges]
    return BPE(vocab, pairs, **options)


def train_symbols(
    options: dict[str, Any], texts: Iterable[str], trainer: Any, normalizer: Any, pre_tokenizer: Any
) -> BPE:
    """The model trained on texts whose pieces begin as characters."""
    steps = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer}
    state = {name: None if step is None else step.as_json() for name, step in steps.items()}
    empty = {"added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": []}}
    definition = huggingface.parse({**empty, **state}, "the tokenizer")
    learnt = learn_symbols(
        count_words(texts, definition),
        SymbolOptions(
            trainer.vocab_size,
            [token.content for token in trainer.special_tokens],
            trainer.min_frequency,
            trainer.limit_alphabet,
            {char[:1] for char in trainer.initial_alphabet if char},
            trainer.continuing_subword_prefix or "",
            trainer.end_of_word_suffix or "",
            trainer.max_token_length,
        ),
    )
    return BPE(learnt.vocab, learnt.merges, **options)


def makes_bytes(pre_tokenizer: Any) -> bool:
    """Whether the last step of the pre-tokenizer makes characters of bytes."""
    parts = [] if pre_tokenizer is None else pre_tokenizer.as_json().get("pretokenizers", [pre_tokenizer.as_json()])
    return bool(parts) and parts[-1]["type"] == "ByteLevel"


def one_by_one(texts: Iterable[Any]) -> Iterator[str]:
    """The texts, of which some may come in lists."""
    for text in texts:
        if isinstance(text, str):
            yield text
        else:
            yield from text


def split_pattern(state: dict[str, Any] | None) -> str:
    """The split pattern of a pre-tokenizer, given as JSON; whether or not it makes characters of bytes.

    Raises:
        FileFormatError: minitok does not cut like that; the message says why.
    """
    if state is None:
        return "none"
    parts = list(state["pretokenizers"]) if state["type"] == "Sequence" else [state]
    if not parts or parts[-1]["type"] != "ByteLevel":
        parts.append(BYTE_LEVEL)
    try:
        cuts = read_pattern({"type": "Sequence", "pretokenizers": parts})
    except Unsupported as reason:
        raise FileFormatError("pre_tokenizer", str(reason)) from None
    if cuts.words is not None or cuts.prefix is not None:
        raise FileFormatError("pre_tokenizer", "it drops text, or puts a space before it, which is not shown here")
    return cuts.pattern
