"""Writing a ``tokenizer.json``."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from ...errors import FileFormatError, VocabularyError
from ..byte_level import to_chars
from ..files import write_atomically
from ..gpt2 import merges_suffice, shown_vocabulary
from .added import check_given, dump_added, in_text
from .characters import dump_characters
from .fields import BYTE_LEVEL, in_file, model_in_file
from .normalizers import dump_steps
from .patterns import dump_pattern
from .read import EMPTY, parse
from .symbols import dump_model, dump_symbols

if TYPE_CHECKING:
    from ...definition import Definition

END = b" "


def save(definition: Definition, path: str | os.PathLike[str]) -> None:
    """Write a ``tokenizer.json``.

    Raises:
        VocabularyError: The format cannot express it; the message says why.
    """
    write_atomically(path, json.dumps(dump(definition), ensure_ascii=False, indent=1).encode())


def dump(definition: Definition) -> dict[str, Any]:
    """The content of the file."""
    content = dumped(definition)
    check_read(definition, content)
    return content


def check_read(definition: Definition, content: dict[str, Any]) -> None:
    """Refuses a content that is refused when it is read, or is read as something else: no reader gets less than was written.

    The rules by which characters are written have many ways to contradict the tokens, so these are read again, too.
    """
    is_whole = definition.symbols is not None or definition.vocab.fallback is not None
    try:
        read = parse(content if is_whole else content | EMPTY, "it")
    except FileFormatError as refused:
        raise VocabularyError(f"a tokenizer.json cannot express it: {refused.reason}") from None
    for name in ("pattern", "normalizer", "prefix", "words"):
        held, found = getattr(definition, name), getattr(read, name)
        if found != held:
            raise VocabularyError(f"a tokenizer.json cannot express the {name} {held!r}: it would be read as {found!r}")
    ours, theirs = (
        (each.vocab.tokens, each.merges, each.symbols, each.vocab.whole_pieces) for each in (definition, read)
    )
    if is_whole and ours != theirs:
        raise VocabularyError("a tokenizer.json cannot express this vocabulary together with its other settings")


def dumped(definition: Definition) -> dict[str, Any]:
    """The content of the file, if it can express the definition."""
    symbols = definition.symbols
    is_text = definition.vocab.fallback is not None or (symbols is not None and symbols.unit == "characters")
    if is_text and definition.prefix is None:
        return frame(definition) | dump_symbols(definition, symbols)
    if is_text:
        if symbols is not None and symbols.joining is not None:
            raise VocabularyError("a tokenizer.json cannot express how tokens are joined where spaces are markers")
        return frame(definition) | dump_characters(definition) | {"model": dump_model(definition, symbols, marks=True)}
    return frame(definition) | {
        "normalizer": in_file(dump_steps(definition.normalizer)),
        "pre_tokenizer": dump_pattern(definition),
        "post_processor": None,
        "decoder": BYTE_LEVEL,
        "model": dump_bytes(definition) if symbols is None else dump_model(definition, symbols),
    }


def dump_bytes(definition: Definition) -> dict[str, Any]:
    end = definition.word_end
    vocab, merges = shown_vocabulary(definition, *([] if end is None else [partial(shown_word_ends, end)]))
    found, whole_pieces = definition.found_tokens, not merges_suffice(definition)
    # Special and added tokens are in it, too, but for those that would be read as bytes of text. A reader gives an added token
    # that it does not find there the next free id.
    tokens = definition.vocab.tokens
    for name in in_text(found, by_bytes=True, whole_pieces=whole_pieces):
        if found[name] not in tokens:
            del vocab[name]
    check_given(found, vocab)
    return model_in_file(vocab, merges, end_of_word_suffix=end, ignore_merges=whole_pieces)


def shown_word_ends(
    end: str, tokens: dict[int, bytes], merges: list[tuple[int, int]]
) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """The tokens as a file writes them, and the merges without those of single characters and the end.

    A token that ends a word, ``cat</w>``, has a space in place of the suffix here (SPEC N3). A word begins as its characters,
    the last of which has the suffix; with a space after the word, that is a first merge: of the character and the space.
    """
    singles = {token_id for token_id, token in tokens.items() if len(token) == 1}
    space = next((token_id for token_id in singles if tokens[token_id] == END), None)
    firsts, rest = merges[:256], merges[256:]
    if {left for left, _ in firsts} != singles or any(right != space for _, right in firsts):
        raise VocabularyError("a tokenizer.json cannot express which tokens end words")
    made = {tokens[left] + END for left, _ in firsts}
    ends = made | {token for token in tokens.values() if len(token) > 2 and token.endswith(END)}
    return {
        token_id: to_chars(token.removesuffix(END)) + end if token in ends else to_chars(token)
        for token_id, token in tokens.items()
    }, rest


def frame(definition: Definition) -> dict[str, Any]:
    """The fields that every file has."""
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": dump_added(definition)}
