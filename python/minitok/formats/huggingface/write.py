"""Writing a ``tokenizer.json``."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ..files import write_atomically
from ..gpt2 import merges_suffice, shown_vocabulary
from .added import dump_added
from .characters import dump_characters
from .normalizers import dump_steps, in_file
from .patterns import dump_pattern
from .symbols import dump_model, dump_symbols
from .word_ends import shown_word_ends

if TYPE_CHECKING:
    import os

    from ...definition import Definition


def save(definition: Definition, path: str | os.PathLike[str]) -> None:
    """Write a ``tokenizer.json``.

    Raises:
        VocabularyError: The format cannot say it; the message says why.
    """
    write_atomically(path, json.dumps(dump(definition), ensure_ascii=False, indent=1).encode())


def dump(definition: Definition) -> dict[str, Any]:
    """The content of the file."""
    symbols = definition.symbols
    if symbols is not None and symbols.unit == "characters":
        if definition.prefix is None:
            return frame(definition) | dump_symbols(definition, symbols)
        return frame(definition) | dump_characters(definition) | {"model": dump_model(definition, symbols, marks=True)}
    if definition.vocab.fallback is not None:
        return frame(definition) | dump_characters(definition)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return frame(definition) | {
        "normalizer": in_file(dump_steps(definition.normalizer)),
        "pre_tokenizer": dump_pattern(definition, byte_level),
        "post_processor": None,
        "decoder": byte_level,
        "model": dump_model(definition, symbols)
        if symbols is not None
        else {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": definition.word_end,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": not merges_suffice(definition),
            # Special and added tokens too: a reader gives an added token that it does not find here the next free id.
            **dump_vocabulary(definition),
        },
    }


def dump_vocabulary(definition: Definition) -> dict[str, Any]:
    """The tokens and the merges of bytes."""
    if definition.word_end is None:
        vocab, merges = shown_vocabulary(definition)
    else:
        vocab, merges = shown_vocabulary(definition, partial(shown_word_ends, definition.word_end))
    return {"vocab": vocab, "merges": merges}


def frame(definition: Definition) -> dict[str, Any]:
    """The fields that every file has."""
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": dump_added(definition)}
