"""Writing a ``tokenizer.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...errors import VocabularyError
from ..files import write_atomically
from ..gpt2 import merges_suffice, shown_vocabulary
from .added import dump_added
from .characters import dump_characters
from .patterns import dump_pattern

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
    if definition.vocab.fallback is not None:
        return frame(definition) | dump_characters(definition)
    if definition.vocab.drops_bytes:
        raise VocabularyError("this is not written to a tokenizer.json: bytes without a token are dropped")
    vocab, merges = shown_vocabulary(definition)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return frame(definition) | {
        "normalizer": {"type": definition.normalizer} if definition.normalizer else None,
        "pre_tokenizer": dump_pattern(definition.pattern, byte_level),
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": not merges_suffice(definition),
            # Special tokens too: a reader gives an added token that it does not find here the next free id.
            "vocab": vocab,
            "merges": merges,
        },
    }


def frame(definition: Definition) -> dict[str, Any]:
    """The fields that every file has."""
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": dump_added(definition)}
