"""tiktoken's rank files: a line is ``base64(token bytes) rank``, and the rank is the id.

The file holds neither the split pattern nor the special tokens: the reader must know them.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping

from ..arguments import MAX_ID
from ..definition import Definition
from ..errors import FileFormatError, VocabularyError
from .files import blame, write_atomically
from .gpt2 import merges_make_all


def parse(
    data: bytes,
    path: object,
    *,
    pattern: str,
    special_tokens: Mapping[str, int] | None = None,
    backend: str | None = None,
) -> Definition:
    """The tokenizer in the content of a rank file.

    Raises:
        FileFormatError: A line is not base64 and a rank, a token or a rank appears twice, a byte has no rank.
    """
    with blame(path):
        ranks = parse_ranks(data, path)
        return Definition.from_ranks(ranks, pattern=pattern, special_tokens=special_tokens, backend=backend)


def parse_ranks(data: bytes, path: object) -> dict[bytes, int]:
    """Each token's bytes and rank, in the order of the file."""
    ranks: dict[bytes, int] = {}
    lines: dict[int, int] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        token, rank = parse_line(line, path, number)
        if token in ranks:
            raise FileFormatError(path, f"the token {token!r} has a rank already, {ranks[token]}", number)
        if rank in lines:
            raise FileFormatError(path, f"the rank {rank} is already on line {lines[rank]}", number)
        ranks[token] = rank
        lines[rank] = number
    if not ranks:
        raise FileFormatError(path, "no ranks: the file is empty")
    return ranks


def parse_line(line: bytes, path: object, number: int) -> tuple[bytes, int]:
    # Whisper writes its empty token as "=", which base64 proper does not know.
    fields = line.split()
    if len(fields) != 2:
        raise FileFormatError(path, f"not a token in base64 and a rank: {line[:80]!r}", number)
    try:
        token = b"" if fields[0] == b"=" else base64.b64decode(fields[0], validate=True)
    except binascii.Error:
        raise FileFormatError(path, f"{fields[0][:80]!r} is not base64", number) from None
    if not (fields[1].isdigit() and len(fields[1]) <= 10 and int(fields[1]) <= MAX_ID):
        raise FileFormatError(path, f"the rank {fields[1][:80]!r} is not a whole number from 0 to {MAX_ID}", number)
    return token, int(fields[1])


def save(definition: Definition, path: str | os.PathLike[str]) -> None:
    """Write a rank file. The pattern and the special tokens are not part of it: keep them elsewhere."""
    write_atomically(path, dump(definition))


def dump(definition: Definition) -> bytes:
    """The tokenizer's ordinary tokens as the content of a rank file, in the order of their ids.

    Raises:
        VocabularyError: The format cannot express it: ids are not ranks, or merges by rank give other ids.
    """
    definition.check("be written as a rank file")
    return format_ranks(mergeable_ranks(definition))


def format_ranks(ranks: Mapping[bytes, int]) -> bytes:
    """Ranks as the content of a rank file, in their order."""
    return b"".join((base64.b64encode(token) or b"=") + b" %d\n" % rank for token, rank in ranks.items())


def mergeable_ranks(definition: Definition) -> dict[bytes, int]:
    """Each token's bytes and id, by ascending id, of a tokenizer whose ids say everything about its merges (SPEC E2).

    Raises:
        VocabularyError: As for ``dump``.
    """
    tokens, merges, _ = definition.vocabulary()
    ranks = {tokens[token_id]: token_id for token_id in sorted(tokens, reverse=True)}
    if len(ranks) < len(tokens):
        raise VocabularyError("two ids have the same bytes, which a rank file cannot express")
    ids = [made for _, _, made, _ in merges]
    if any(later < earlier for earlier, later in zip(ids, ids[1:], strict=False)):
        raise VocabularyError("the ids are not in the order of the merges, which a rank file cannot express")
    try:
        same = says_the_same(definition, ranks)
    except VocabularyError as error:
        raise VocabularyError(f"this tokenizer cannot be written as a rank file: {error}") from None
    if not same:
        raise VocabularyError("merging by rank gives other ids than these merges, so a rank file would be wrong")
    return {token: ranks[token] for token in reversed(ranks)}


def says_the_same(definition: Definition, ranks: Mapping[bytes, int]) -> bool:
    """Returns whether the ranks alone give the same merges, and merging makes every token from its bytes (SPEC E2)."""
    _, merges, whole_pieces = definition.vocabulary()
    again = Definition.from_ranks(ranks, pattern="none", backend=definition.backend)
    if [merge[:3] for merge in again.vocabulary()[1]] != [merge[:3] for merge in merges]:
        return False
    return whole_pieces or merges_make_all(definition)
