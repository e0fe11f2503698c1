"""The fields of a file: steps, as one or as a sequence, and the model."""

from __future__ import annotations

from typing import Any

# The pre-tokenizer, and the decoder, of bytes as characters.
BYTE_LEVEL: dict[str, Any] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
# The options of a model with their defaults, in the order of a file.
OPTIONS: dict[str, Any] = {
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "byte_fallback": False,
    "ignore_merges": False,
}


def in_file(steps: list[dict[str, Any]], parts: str = "normalizers") -> dict[str, Any] | None:
    if len(steps) < 2:
        return steps[0] if steps else None
    return {"type": "Sequence", parts: steps}


def model_in_file(vocab: dict[str, int], merges: list[Any], **options: Any) -> dict[str, Any]:
    """The model as a file has it; options that are not given are off."""
    return {"type": "BPE", **OPTIONS, **options, "vocab": vocab, "merges": merges}
