"""BPE without byte fallback: an unknown token, or none, for what the vocabulary lacks (SPEC S7 to S9), and back.

The vocabulary is read as it stands, special tokens included: ``tokenizers`` merges them like other tokens where text spells
them. Where steps write spaces as markers, markers are spaces here, as with byte fallback (``characters``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import VocabularyError
from ...reference.published.characters import Symbols
from ...reference.published.patterns import BYTES
from ..byte_level import to_chars
from ..gpt2 import check_ranks
from ..pattern_names import steps_of_pattern
from .added import check_given, given_ids, in_text
from .characters import BYTE_NAMES, MARK
from .fields import in_file, model_in_file
from .normalizers import dump_steps
from .patterns import dump_split, dump_words

if TYPE_CHECKING:
    from ...definition import Definition

    Rows = list[tuple[str, str]]

FUSE = {"type": "Fuse"}


def dump_symbols(definition: Definition, symbols: Symbols | None) -> dict[str, Any]:
    """The fields of the file that are not those of every file, where tokens are characters without markers.

    ``symbols``: None with byte fallback.
    """
    if definition.prefix is not None or definition.word_end is not None:
        raise VocabularyError(
            "a tokenizer.json cannot express a space before the text, or another end of words, with symbols"
        )
    steps = [] if definition.pattern == "none" else steps_of_pattern(definition.pattern)
    if any(step.startswith(BYTES) for step in steps):
        raise VocabularyError("a tokenizer.json of BPE of characters cannot express a pattern of bytes")
    words = [] if definition.words is None else [dump_words(definition.words)]
    return {
        "normalizer": in_file(dump_steps(definition.normalizer)),
        "pre_tokenizer": in_file([*words, *(dump_split(step, "Isolated") for step in steps)], "pretokenizers"),
        "post_processor": None,
        "decoder": dump_joining(symbols)
        if symbols
        else {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, FUSE]},
        "model": dump_model(definition, symbols),
    }


def dump_joining(symbols: Symbols) -> dict[str, Any] | None:
    if symbols.joining is None:
        return FUSE
    rule, mark = symbols.joining[0], in_chars(symbols.joining[1])
    if rule == "suffix":
        return {"type": "BPEDecoder", "suffix": mark}
    return None if rule == "spaces" else {"type": "WordPiece", "prefix": mark, "cleanup": rule == "cleaned_prefix"}


def dump_model(definition: Definition, symbols: Symbols | None, *, marks: bool = False) -> dict[str, Any]:
    """The model; without symbols, that of characters with byte fallback. ``marks``: spaces are written as markers."""
    held, vocab = symbols or Symbols(fuses=True), definition.vocab
    check_ranks(vocab.merges)
    bytes_ids = frozenset(vocab.fallback or ())

    def written(token: bytes, token_id: int | None = None) -> str:
        if token_id in bytes_ids:
            return BYTE_NAMES[token[0]]
        if held.unit == "bytes":
            return to_chars(token)
        text = in_chars(token)
        if marks and MARK in text:
            raise VocabularyError(
                f"the token {text!r} has a marker that is not a space, which a tokenizer.json cannot express"
            )
        return text.replace(" ", MARK) if marks else text

    names = {token_id: name for name, token_id in definition.found_tokens.items()}
    texts = {token_id: written(token, token_id) for token_id, token in sorted(vocab.tokens.items())}
    # The names of special and added tokens may have spaces where tokens have markers.
    texts |= {token_id: name for token_id, name in names.items() if texts.get(token_id, "").replace(MARK, " ") == name}
    # A reader gives an added token that the vocabulary does not hold the next free id.
    ids = {text: token_id for token_id, text in sorted(texts.items())}
    found = {name: token_id for token_id, name in sorted(names.items())}
    if given_ids(found, ids, len(ids)) != found:
        # It holds no name that would be read as a character of text.
        read = in_text(found, whole_pieces=vocab.whole_pieces, marked=marks)
        texts = {token_id: name for token_id, name in names.items() if name not in read} | texts
        ids = {text: token_id for token_id, text in sorted(texts.items())}
    if len(ids) < len(texts):
        raise VocabularyError("two ids have the same bytes, which a list of merges cannot express")
    check_given(found, ids)
    pairs = ([texts[left], texts[right]] for left, right in definition.merges)
    return model_in_file(
        ids,
        list(map(" ".join, pairs)) if symbols is None and marks else list(pairs),
        unk_token=None if held.unknown is None else texts[held.unknown],
        continuing_subword_prefix=written(held.prefix) or None,
        end_of_word_suffix=written(held.suffix) or None,
        fuse_unk=held.fuses,
        byte_fallback=vocab.fallback is not None,
        ignore_merges=vocab.whole_pieces,
    )


def in_chars(token: bytes) -> str:
    try:
        return token.decode()
    except UnicodeDecodeError:
        raise VocabularyError(f"the token {token!r} is not text, which a tokenizer.json cannot express") from None
