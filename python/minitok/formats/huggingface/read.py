"""Reading a ``tokenizer.json`` that is in memory, or steps of one by themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..extension import read_by_extension
from .fields import BYTE_LEVEL, in_file

if TYPE_CHECKING:
    from ...definition import Definition

# A file whose model has nothing.
EMPTY: dict[str, Any] = {"added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": []}}


def parse(content: Any, path: str, backend: str | None = None, *, other_ids: bool = False) -> Definition:
    """The tokenizer of a file, from its JSON; ``other_ids``: added tokens keep the ids that the file says.

    Raises:
        FileFormatError: The file is malformed, or asks for something that minitok would do differently; the message
            says what.
    """
    return read_by_extension(path, backend, data=json.dumps(content).encode(), other_ids=other_ids)


def parse_steps(*cutters: dict[str, Any], **fields: Any) -> Definition:
    """What pre-tokenizers stand for, and other ``fields`` of a file, whatever the model.

    >>> parse_steps({"type": "Digits", "individual_digits": False}, normalizer={"type": "Lowercase"}).normalizer
    'lowercase'

    Raises:
        FileFormatError: As ``parse``.
    """
    steps = in_file([*cutters, BYTE_LEVEL], "pretokenizers")
    return parse({**EMPTY, "pre_tokenizer": steps, **fields}, "it", other_ids=True)
