"""GPT-2's two files: ``vocab.json``, tokens and ids, and ``merges.txt``, a pair of tokens a line in rank order.

Tokens are in byte-level notation. The first line of ``merges.txt`` may say ``#version: 0.2``. Other libraries skip it, and
minitok adds a split pattern that is not GPT-2's, as in ``#version: 0.2 pattern: "o200k"``. Any other line that begins with
``#`` is a merge (GPT-2 has eight). A token of ``vocab.json`` that is neither a byte nor made by a merge, and that looks like
``<...>``, is a special token, as ``<|endoftext|>`` is in GPT-2's own file.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import MAX_ID, check_special_tokens
from ..backend import load_backend
from ..definition import Definition
from ..errors import FileFormatError, MinitokError, VocabularyError
from .byte_level import to_bytes, to_chars
from .files import Reason, blame, parse_json, read, shown, write_together

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..backend import Merge


# What stands between the version and the pattern.
PATTERN_MARK = b" pattern: "


def load(
    vocab_json: str | os.PathLike[str],
    merges_txt: str | os.PathLike[str],
    *,
    pattern: str | None = None,
    special_tokens: Mapping[str, int] | None = None,
    backend: str | None = None,
) -> Definition:
    """Read the two files. ``pattern`` is by default what ``merges.txt`` says, or else GPT-2's.

    Raises:
        FileFormatError: One of them is malformed; the message says which, where and why.
    """
    vocab, merges = read(vocab_json), read(merges_txt)
    given = None if special_tokens is None else dict(special_tokens)
    pattern = pattern or stated_pattern(merges, merges_txt)
    if (found := parse_tables(vocab, merges, given, backend, pattern)) is not None:
        return found
    ids = parse_vocab(parse_json(vocab, vocab_json), vocab_json)
    lines = parse_merges(merges, merges_txt)
    special = find_special(ids, (pair for _, pair in lines)) if given is None else given
    ids = {token: token_id for token, token_id in ids.items() if special.get(token) != token_id}
    pairs = []
    for number, (left, right) in lines:
        for side in (left, right, left + right):
            if side not in ids:
                raise FileFormatError(merges_txt, f"the token {side!r} is not in {vocab_json}", number)
        pairs.append((ids[left], ids[right]))
    with blame(vocab_json):
        return Definition.from_tokens(tokens_of(ids), pairs, special_tokens=special, backend=backend, pattern=pattern)


def parse_tables(
    vocab_json: bytes, merges_txt: bytes, special: dict[str, int] | None, backend: str | None, pattern: str
) -> Definition | None:
    """The tokenizer of two files that the backend reads; None for files that are left to ``load``, or refused there."""
    chosen = load_backend(backend)
    table = chosen.readers.read_gpt2(vocab_json, merges_txt)
    if table is None:
        return None
    with suppress(MinitokError):
        special = check_special_tokens(dict(table.markers()) if special is None else special)
        vocab = table.byte_level(special, False, False)
        # What is a special token here is not a token, even if merges have it.
        if vocab is not None and all(vocab.token_bytes(token_id) is None for token_id in special.values()):
            return Definition.of(vocab, chosen.name, special_tokens=special, pattern=pattern)
    return None


def stated_pattern(merges_txt: bytes, path: object) -> str:
    """The split pattern that the first line of ``merges.txt`` states; GPT-2's if it states none.

    >>> stated_pattern(b'#version: 0.2 pattern: "o200k"', ""), stated_pattern(b"#version: 0.2", "")
    ('o200k', 'gpt2')
    """
    version, mark, stated = merges_txt.removeprefix(BOM_UTF8).split(b"\n", 1)[0].partition(PATTERN_MARK)
    if not mark or not version.startswith(b"#version"):
        return "gpt2"
    try:
        # Only a string is parsed: lists in lists would end in a RecursionError.
        pattern = json.loads(stated) if stated.startswith(b'"') else None
    except ValueError:
        pattern = None
    if not isinstance(pattern, str):
        raise FileFormatError(path, f"not a pattern in quotation marks: {shown(stated[:80])}", 1)
    return pattern


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


def find_pairs(rows: Sequence[tuple[str, str]], ids: dict[str, int], prefix: str = "") -> list[tuple[int, int]]:
    """The merges as pairs of ids. The token of a merge has no prefix within it."""
    for rank, (left, right) in enumerate(rows):
        if not right.startswith(prefix):
            raise Reason(f"merge {rank} uses the token {right!r}, which has no continuing_subword_prefix {prefix!r}")
        for side in (left, right, left + right.removeprefix(prefix)):
            if side not in ids:
                raise Reason(f"merge {rank} uses the token {side!r}, which is not in the vocabulary")
    return [(ids[left], ids[right]) for left, right in rows]


def find_special(ids: Mapping[str, int], pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The tokens that no merge makes and that look like a marker."""
    made = {left + right for left, right in pairs}
    return {
        token: token_id
        for token, token_id in ids.items()
        if len(token) > 2 and token[0] == "<" and token[-1] == ">" and token not in made
    }


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
        raise VocabularyError("GPT-2's files cannot express that a piece which is a token is not merged")
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
