"""Writing a ``tokenizer.json``."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ..files import write_atomically
from ..gpt2 import merges_suffice, shown_vocabulary
from .added import dump_added
from .characters import dump_characters
from .fields import in_file, model_in_file
from .normalizers import dump_steps
from .patterns import dump_pattern
from .symbols import dump_model, dump_symbols
from .word_ends import shown_word_ends

if TYPE_CHECKING:
    import os

    from ...definition import Definition


def save(definition: Definition, path: str | os.PathLike[str]) -> None:
    """Write a ``tokenizer.json``.

    Raises:
        VocabularyError: The format cannot express it; the message says why.
    """
    write_atomically(path, json.dumps(dump(definition), ensure_ascii=False, indent=1).encode())


def dump(definition: Definition) -> dict[str, Any]:
    """The content of the file."""
    symbols = definition.symbols
    is_text = definition.vocab.fallback is not None or (symbols is not None and symbols.unit == "characters")
    if is_text and definition.prefix is None:
        return frame(definition) | dump_symbols(definition, symbols)
    if is_text:
        return frame(definition) | dump_characters(definition) | {"model": dump_model(definition, symbols, marks=True)}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return frame(definition) | {
        "normalizer": in_file(dump_steps(definition.normalizer)),
        "pre_tokenizer": dump_pattern(definition, byte_level),
        "post_processor": None,
        "decoder": byte_level,
        "model": dump_bytes(definition) if symbols is None else dump_model(definition, symbols),
    }


def dump_bytes(definition: Definition) -> dict[str, Any]:
    """The model of bytes."""
    end = definition.word_end
    # Special and added tokens too: a reader gives an added token that it does not find here the next free id.
    vocab, merges = shown_vocabulary(definition, *([] if end is None else [partial(shown_word_ends, end)]))
    return model_in_file(vocab, merges, end_of_word_suffix=end, ignore_merges=not merges_suffice(definition))


def frame(definition: Definition) -> dict[str, Any]:
    """The fields that every file has."""
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": dump_added(definition)}
