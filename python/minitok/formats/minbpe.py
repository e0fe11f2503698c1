"""minbpe's ``.model`` files: the version, the pattern, the special tokens, and the merges as pairs of ids, a line each.

Merge k makes id 256 + k, and ids 0 to 255 are the bytes. minbpe applies merges in the order of the file, as minitok does. An
empty pattern makes the whole text one piece (its ``BasicTokenizer``).
"""

from __future__ import annotations

import os

from ..arguments import MAX_ID
from ..definition import IDENTITY, Definition
from ..errors import FileFormatError, VocabularyError
from .files import blame, write_atomically
from .gpt2 import merges_suffice
from .pattern_names import one_expression

VERSION = "minbpe v1"


def parse(data: bytes, path: object, backend: str | None = None) -> Definition:
    """The tokenizer in the content of a ``.model`` file.

    Raises:
        FileFormatError: A line is malformed; the message says which and why.
    """
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise FileFormatError(path, f"not UTF-8 at byte {error.start}") from None
    head = text.split("\n", 3)
    if head[0] != VERSION:
        raise FileFormatError(path, f"not a minbpe model: the first line is not {VERSION!r}", 1)
    if len(head) < 3:
        raise FileFormatError(path, "the file ends before the special tokens", len(head))
    (count,) = numbers(head[2], 1, path, 3)
    rows = head[3].split("\n", count) if head[3:] else []
    special: dict[str, int] = {}
    for number, line in enumerate(rows[:count], 4):
        token, _, shown = line.rpartition(" ")
        (special[token],) = numbers(shown, 1, path, number)
    if len(special) < count:
        raise FileFormatError(path, f"{count} special tokens announced, {len(special)} found", 3)
    with blame(path):
        pairs = parse_pairs("".join(rows[count:]), path, 4 + count)
        return Definition.from_merges(pairs, pattern=head[1] or "none", special_tokens=special, backend=backend)


def parse_pairs(text: str, path: object, first: int) -> list[tuple[int, int]]:
    """The merges, a line each. ``first``: the number of the first line."""
    pairs: list[tuple[int, int]] = []
    for number, line in enumerate(text.split("\n"), first):
        if line.removesuffix("\r"):
            left, right = numbers(line, 2, path, number)
            if max(left, right) >= 256 + len(pairs):
                raise FileFormatError(path, f"{max(left, right)} is not a token before this merge", number)
            pairs.append((left, right))
    return pairs


def numbers(line: str, count: int, path: object, number: int) -> list[int]:
    fields = line.split()
    if len(fields) != count or not all(
        field.isascii() and field.isdigit() and len(field) <= 10 and int(field) <= MAX_ID for field in fields
    ):
        what = "a whole number" if count == 1 else f"{count} whole numbers"
        raise FileFormatError(path, f"not {what} from 0 to {MAX_ID}: {line[:80]!r}", number)
    return [int(field) for field in fields]


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
