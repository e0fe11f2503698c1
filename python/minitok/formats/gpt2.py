"""GPT-2's two files: ``vocab.json``, tokens and ids, and ``merges.txt``, a pair of tokens a line in rank order.

Tokens are in byte-level notation. The first line of ``merges.txt`` may say ``#version: 0.2``. Other libraries skip it, and
minitok adds a split pattern that is not GPT-2's, as in ``#version: 0.2 pattern: "o200k"``. Any other line that begins with
``#`` is a merge (GPT-2 has eight). A token of ``vocab.json`` that is neither a byte nor made by a merge, and that looks like
``<...>``, is a special token, as ``<|endoftext|>`` is in GPT-2's own file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import MAX_ID
from ..definition import Definition
from ..errors import FileFormatError, VocabularyError
from .byte_level import to_bytes, to_chars
from .files import Reason, shown, write_together

if TYPE_CHECKING:
    from ..backend import Merge


# What stands between the version and the pattern.
PATTERN_MARK = b" pattern: "


def parse_vocab(content: Any, path: object) -> dict[str, int]:
    """Tokens and ids out of JSON."""
    if not isinstance(content, dict):
        raise FileFormatError(path, f"not tokens and ids but a {type(content).__name__}")
    names: dict[int, str] = {}
    for token, token_id in content.items():
        if type(token_id) is not int or not 0 <= token_id <= MAX_ID:
            raise FileFormatError(
                path, f"the id of {token!r} is not a whole number from 0 to {MAX_ID}: {shown(token_id)}"
            )
        if token_id in names:
            raise FileFormatError(path, f"id {token_id} stands for {names[token_id]!r} and for {token!r}")
        names[token_id] = token
    return content


def parse_merges(data: bytes, path: object) -> list[tuple[int, tuple[str, str]]]:
    """Each merge with the number of its line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(path, f"not UTF-8: {error}", data[: error.start].count(b"\n") + 1) from None
    merges: list[tuple[int, tuple[str, str]]] = []
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.rstrip("\r").split(" ")
        if (number == 1 and line.startswith("#version")) or fields == [""]:
            continue
        if len(fields) != 2 or not all(fields):
            raise FileFormatError(path, f"not two tokens with a space between them: {line[:80]!r}", number)
        pair = fields[0], fields[1]
        if pair in seen:
            raise FileFormatError(path, f"the merge {line[:80]!r} is already on line {seen[pair]}", number)
        seen[pair] = number
        merges.append((number, pair))
    return merges


def read_merges(rows: list[Any]) -> list[tuple[str, str]]:
    """The merges as pairs of tokens, from either notation: ``"a b"`` or ``["a", "b"]``."""
    pairs = []
    for rank, row in enumerate(rows):
        sides = row.split(" ") if isinstance(row, str) else row
        if not isinstance(sides, list) or len(sides) != 2 or not all(isinstance(side, str) for side in sides):
            raise Reason(f"merge {rank} is not two tokens: {shown(row)}")
        pairs.append((sides[0], sides[1]))
    return pairs


def tokens_of(ids: Mapping[str, int]) -> dict[bytes, int]:
    """Tokens in byte-level notation as bytes."""
    token = ""
    try:
        return {to_bytes(token := shown): token_id for shown, token_id in ids.items()}
    except KeyError as error:
        char = error.args[0]
    raise VocabularyError(f"the token {token!r} is not in byte-level notation: {char!r} stands for no byte")


def save(definition: Definition, folder: str | os.PathLike[str]) -> None:
    """Writes ``vocab.json`` and ``merges.txt`` into a folder, which is created if it does not exist."""
    vocab, merges = dump(definition)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    write(target / "vocab.json", target / "merges.txt", vocab, merges, definition.pattern)


def write(
    vocab_json: Path, merges_txt: Path, vocab: dict[str, int], merges: Iterable[str], pattern: str = "gpt2"
) -> None:
    """Writes the two files, given the tokens and ids, the lines of the merges, and the split pattern."""
    stated = "" if pattern == "gpt2" else PATTERN_MARK.decode() + json.dumps(pattern)
    lines = "\n".join(["#version: 0.2" + stated, *merges, ""])
    write_together({vocab_json: json.dumps(vocab, ensure_ascii=False).encode(), merges_txt: lines.encode()})


def dump(definition: Definition) -> tuple[dict[str, int], list[str]]:
    """The tokens and ids, special tokens included, and the lines of the merges.

    Raises:
        VocabularyError: The files cannot express it.
    """
    definition.check("be written as GPT-2's files")
    if not merges_suffice(definition):
        raise VocabularyError("GPT-2's files cannot express that a piece that is a token is taken whole")
    return shown_vocabulary(definition)


def in_chars(tokens: dict[int, bytes], pairs: list[tuple[int, int]]) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """The tokens as files write them, and the merges that stand in a file."""
    return {token_id: to_chars(token) for token_id, token in tokens.items()}, pairs


def shown_vocabulary(
    definition: Definition, written: Callable[..., Any] = in_chars
) -> tuple[dict[str, int], list[str]]:
    """As ``dump``, whether or not pieces that are tokens are taken whole. ``written``: how a file writes tokens."""
    check_ranks(definition.vocab.merges)
    shown, pairs = written(dict(sorted(definition.vocab.tokens.items())), definition.merges)
    vocab = {token: token_id for token_id, token in shown.items()}
    if len(vocab) < len(shown):
        raise VocabularyError("two ids have the same bytes, which a list of merges cannot express")
    names: dict[int, str] = {}
    for name, token_id in sorted(definition.found_tokens.items(), key=lambda item: item[1]):
        if names.setdefault(token_id, name) != name:
            raise VocabularyError(
                f"the id {token_id} has two names, {names[token_id]!r} and {name!r}, which this format cannot express"
            )
        if vocab.setdefault(name, token_id) != token_id:
            raise VocabularyError(f"the special token {name!r} reads like the token {vocab[name]}")
    return vocab, [f"{shown[left]} {shown[right]}" for left, right in pairs]


def check_ranks(merges: Sequence[Merge]) -> None:
    """Refuses merges that a list cannot express."""
    if any(later[3] <= earlier[3] for earlier, later in zip(merges, merges[1:], strict=False)):
        raise VocabularyError("two merges share a rank, which a list of merges cannot express")


def merges_suffice(definition: Definition) -> bool:
    """Returns whether ``whole_pieces`` makes no difference: merging makes every token from its bytes."""
    return not definition.vocab.whole_pieces or merges_make_all(definition)


def merges_make_all(definition: Definition) -> bool:
    """Returns whether merging makes every token from its bytes."""
    tokens, merges, _ = definition.vocabulary()
    plain = Definition.from_vocabulary(tokens, merges, whole_pieces=False, pattern="none", backend=definition.backend)
    wanted = {token_id: token for token_id, token in tokens.items() if token}
    return plain.codec().encode_batch(list(wanted.values())) == [[token_id] for token_id in wanted]
