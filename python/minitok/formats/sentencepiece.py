"""SentencePiece's ``.model``: BPE of characters with byte fallback (Llama 1 and 2, Mistral, and their kin).

The file is a protocol buffer, of which three messages are read: the pieces with their scores and types, the trainer's options
(what kind of model it is), and the normalizer's. A piece's score gives its rank (SPEC S2), and ids are places in the list of
pieces. Control pieces (``<s>``), which ``sentencepiece`` never finds in text, and the unknown piece become special tokens.
User-defined pieces, which it finds in every text, become added tokens: late ones, as the space is put before the text first. It
never finds one that holds a space, since all spaces are markers by then: that is a token which nothing makes.

The ids are those of ``sentencepiece``: they can differ from those of a ``tokenizer.json`` that was made from the file, which
puts the space before a text by another rule (SPEC S4).

Refused by name: Unigram, words and characters as models; no byte fallback; a table of characters to replace
(``precompiled_charsmap``); ``remove_extra_whitespaces``; unused pieces; no piece for spaces.

Costs: O(n) time and space for n bytes of the file, before its vocabulary is built.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from ..backend import load_backend
from ..definition import Definition
from ..reference.published.metaspace import MARKER
from .files import NO_MARKER, Reason, blame, found_tokens, lacks_space, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..backend import Vocab

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
MODELS = {1: "Unigram", 2: "BPE", 3: "words", 4: "characters"}
BYTES_BY_NAME = {f"<0x{byte:02X}>".encode(): byte for byte in range(256)}
# The types of fields on the wire.
VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5


class Piece(NamedTuple):
    """A piece of the file."""

    text: bytes
    score: float
    kind: int


def is_model(data: bytes) -> bool:
    """Whether a file can be a ``.model``: it begins with a piece, which begins with its text."""
    return data[:1] == data[2:3] == b"\x0a"


def parse(data: bytes, path: object, backend: str | None = None) -> Definition:
    """The tokenizer of the bytes of a file.

    Raises:
        FileFormatError: The file is malformed, or not BPE with byte fallback; the message says what, and where.
    """
    chosen = load_backend(backend)
    with blame(path):
        # What the backend does not read is read here, or refused.
        vocab, names, late, has_prefix = chosen.readers.read_model(data) or read_slowly(data, backend)
        if MARKER.decode() not in late and lacks_space(vocab):
            raise Reason(NO_MARKER)
        fields: dict[str, Any] = found_tokens((name, token_id, name in late) for name, token_id in names)
        fields |= {"late_tokens": late, "prefix": "text" if has_prefix else "never", "pattern": "none"}
        return Definition.of(vocab, chosen.name, **fields)


def read_slowly(data: bytes, backend: str | None) -> tuple[Vocab, list[tuple[str, int]], set[str], bool]:
    """The vocabulary, the tokens that no merge makes, the user-defined ones of these, and whether a space comes first."""
    pieces, trainer, normalizer = read_file(data)
    check_options(trainer, normalizer)
    scored, fallback, special, late, unfound = sort_pieces(pieces)
    definition = Definition.from_scores(scored, fallback, backend=backend, pattern="none")
    if unfound:
        tokens, merges, whole_pieces = definition.vocabulary()
        definition = Definition.from_vocabulary(
            tokens | unfound, merges, whole_pieces, fallback=fallback, backend=backend, pattern="none"
        )
    return definition.vocab, list(special.items()), late, bool(normalizer.get(3, 1))


def read_file(data: bytes) -> tuple[list[Piece], dict[int, Any], dict[int, Any]]:
    """The pieces, and the options of the trainer and of the normalizer by their numbers."""
    pieces: list[Piece] = []
    options: dict[int, dict[int, Any]] = {2: {}, 3: {}}
    for number, value, at in fields(data, 0, len(data)):
        if number == 1 and isinstance(value, range):
            pieces.append(read_piece(data, value, at))
        elif number in options and isinstance(value, range):
            for inner, content, _ in fields(data, value.start, value.stop):
                options[number][inner] = data[content.start : content.stop] if isinstance(content, range) else content
    if not pieces:
        raise Reason("not a SentencePiece model: it has no pieces")
    return pieces, options[2], options[3]


def read_piece(data: bytes, span: range, at: int) -> Piece:
    """One piece: its text, score and type."""
    text, score, kind = b"", 0.0, NORMAL
    for number, value, _ in fields(data, span.start, span.stop):
        if number == 1 and isinstance(value, range):
            text = data[value.start : value.stop]
        elif number == 2 and isinstance(value, float):
            score = value
        elif number == 3 and isinstance(value, int):
            kind = value
    if not text or math.isnan(score) or not NORMAL <= kind <= BYTE:
        raise Reason(f"the piece at byte {at} has no text, no score or no known type")
    return Piece(text, score, kind)


def fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int | float | range, int]]:
    """The fields of a message between two bytes: number, value (a number, or the place of its bytes), and where it begins."""
    while at < end:
        start = at
        key, at = varint(data, at, end)
        wire = key & 7
        value: int | float | range
        if wire == VARINT:
            value, at = varint(data, at, end)
        elif wire == BYTES:
            length, at = varint(data, at, end)
            value = range(at, at + length)
            at += length
        elif wire in (FOUR_BYTES, EIGHT_BYTES):
            size = 4 if wire == FOUR_BYTES else 8
            if at + size > end:
                raise Reason(f"the file is truncated at byte {at}")
            value = struct.unpack_from("<f" if size == 4 else "<d", data, at)[0]
            at += size
        else:
            raise Reason(f"the field at byte {start} has the unknown type {wire}")
        if at > end:
            raise Reason(f"the field at byte {start} reaches beyond its message, which ends at byte {end}")
        yield key >> 3, value, start


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of as many bytes as it needs, seven bits each; and the byte behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise Reason(f"the file is truncated at byte {at}")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise Reason(f"the number that ends at byte {at} is longer than 64 bits")


def check_options(trainer: dict[int, Any], normalizer: dict[int, Any]) -> None:
    """Refuse what would change ids in a way that minitok does not support."""
    model = trainer.get(3, 1)
    if model != 2:
        raise Reason(f"the model is {MODELS.get(model, shown(model))}; minitok reads BPE")
    if not trainer.get(35, 0):
        raise Reason("the model has no byte_fallback: unknown characters would be lost")
    if trainer.get(24, 0):
        raise Reason("the model has treat_whitespace_as_suffix")
    if normalizer.get(2):
        raise Reason("the normalizer replaces characters (precompiled_charsmap), which minitok does not support")
    if normalizer.get(4, 1):
        raise Reason("the normalizer has remove_extra_whitespaces, which minitok does not support")
    if not normalizer.get(5, 1):
        raise Reason("the normalizer does not write spaces as markers (escape_whitespaces)")


def sort_pieces(
    pieces: list[Piece],
) -> tuple[list[tuple[bytes, int, float]], list[int], dict[str, int], set[str], dict[int, bytes]]:
    """The normal pieces with their ids and scores, the ids of the bytes, the special tokens, the user-defined of these, and the
    user-defined pieces that are never found, by id: those that hold a space."""  # noqa: D205, D209 - one sentence
    scored: list[tuple[bytes, int, float]] = []
    by_byte: dict[int, int] = {}
    special: dict[str, int] = {}
    late: set[str] = set()
    unfound: dict[int, bytes] = {}
    for token_id, (text, score, kind) in enumerate(pieces):
        if kind == NORMAL:
            scored.append((text.replace(MARKER, b" "), token_id, score))
        elif kind == BYTE:
            if text not in BYTES_BY_NAME:
                raise Reason(f"the piece {token_id}, {text!r}, does not name a byte")
            by_byte[BYTES_BY_NAME[text]] = token_id
        elif kind == UNUSED:
            raise Reason(f"the piece {token_id}, {text!r}, is unused, which minitok does not support")
        elif kind == USER_DEFINED and b" " in text:
            unfound[token_id] = text.replace(MARKER, b" ")
        else:
            special.setdefault(name := text.decode("utf-8", "replace"), token_id)
            late |= {name} if kind == USER_DEFINED and special[name] == token_id else set()
    missing = next((byte for byte in range(256) if byte not in by_byte), None)
    if missing is not None:
        raise Reason(f"the byte 0x{missing:02x} has no piece")
    if (single := next((token_id for token_id, text in unfound.items() if text == b" "), None)) is not None:
        raise Reason(f"the piece {single} is a space, which is a marker in text")
    return scored, [by_byte[byte] for byte in range(256)], special, late, unfound
