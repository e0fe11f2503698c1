"""minbpe's ``.model`` files: the version, the pattern, the special tokens, and the merges as pairs of ids, a line each.

Merge k makes id 256 + k, and ids 0 to 255 are the bytes. minbpe applies merges in the order of the file, as minitok does. An
empty pattern makes the whole text one piece (its ``BasicTokenizer``).
"""

from __future__ import annotations

import os

from ..definition import IDENTITY, Definition
from ..errors import VocabularyError
from .files import write_atomically
from .gpt2 import merges_suffice
from .pattern_names import one_expression

VERSION = "minbpe v1"


def save(definition: Definition, path: str | os.PathLike[str]) -> None:
    """Write a ``.model`` file.

    Raises:
        VocabularyError: The format cannot express it: ids 0 to 255 are not the bytes, or merge k does not make 256 + k.
    """
    definition.check("be written as a model of minbpe")
    tokens, merges, _ = definition.vocabulary()
    in_order = all(made == 256 + k and rank - merges[0][3] == k for k, (_, _, made, rank) in enumerate(merges))
    if definition.byte_order != IDENTITY or not in_order or len(tokens) != 256 + len(merges):
        raise VocabularyError(
            "minbpe's format cannot express ids that are not the bytes in order, then one for each merge"
        )
    if not merges_suffice(definition):
        raise VocabularyError("minbpe's format cannot express that a piece that is a token is taken whole")
    pattern = one_expression(definition.pattern, "minbpe's format")
    special = [f"{name} {token_id}" for name, token_id in definition.special_tokens.items()]
    if any(mark in line for line in (pattern, *special) for mark in "\r\n"):
        raise VocabularyError("minbpe's format cannot express a pattern or a special token with a line break in it")
    lines = [VERSION, pattern, str(len(special)), *special, *(f"{left} {right}" for left, right in definition.merges)]
    write_atomically(path, "\n".join([*lines, ""]).encode())
