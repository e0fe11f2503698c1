"""Reading a ``tokenizer.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backend import load_backend
from ...definition import Definition
from ...reference.vocab import NEVER_IN_UTF8
from ..files import Reason, blame, field, shown
from ..gpt2 import find_pairs, parse_vocab, read_merges, tokens_of
from .added import Added, given_ids, in_text, read_added, warn_of_other_ids
from .characters import (
    MARK,
    bytes_of,
    check_fallback,
    check_marker,
    falls_back,
    has_markers,
    in_utf8,
    read_spaces,
    read_tokens,
)
from .fields import steps_of
from .hiding import check_late, with_hiding
from .normalizers import read_steps
from .patterns import read_pattern
from .symbols import read_bytes, read_symbols
from .word_ends import check_word_end, read_word_ends

if TYPE_CHECKING:
    from ..._rust import TokenTable
    from ...backend import Vocab

# The backend's reader of tokens and merges.
TABLES = "read_tokenizer_json"
# These add special tokens where the caller asks for it, and change nothing else.
DECODERS = ("ByteLevel", "BPEDecoder", "ByteFallback", "Fuse")
POST_PROCESSORS = ("BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing")


def parse(
    content: Any,
    path: object,
    backend: str | None = None,
    *,
    tables: TokenTable | None = None,
    other_ids: bool = False,
) -> Definition:
    """The tokenizer of a file, from its JSON.

    Args:
        content: The JSON.
        path: The file, for messages.
        backend: As for ``Tokenizer``.
        tables: The tokens and merges, if the JSON is without them.
        other_ids: Added tokens keep the ids that the file says.

    Raises:
        FileFormatError: The file is malformed, or asks for something that minitok would do differently; the message
            says what.
    """
    chosen = load_backend(backend)
    with blame(path):
        model = check_model(field(content, "model", dict))
        check_rest(content)
        added = read_added(content.get("added_tokens") or [])
        if tables is None:
            options = read_options(content, path, added, other_ids=other_ids)
            definition = Definition.from_tokens(**options, backend=backend)
        else:
            options = {**read_settings(content, by_fallback=True), **added.fields()}
            definition = Definition.of(vocab_of(content, model, added, tables), chosen.name, **options)
        check_late(definition)
        definition = with_hiding(definition)
    warn_of_other_ids(added.ids, definition.found_tokens, path)
    return definition


def vocab_of(content: dict[str, Any], model: dict[str, Any], added: Added, tables: TokenTable) -> Vocab:
    """The vocabulary of a file whose tokens and merges are in tables."""
    special, whole_pieces = dict(added.ids), bool(model.get("ignore_merges"))
    is_odd = (
        content.get("format") == "minitok" or model.get("continuing_subword_prefix") or model.get("end_of_word_suffix")
    )
    if is_odd:
        raise Reason("the tables do not say all of the vocabulary")
    if given_ids(special, tables.ids_of(special), len(tables)) != special:
        raise Reason("added tokens have other ids")
    vocab = None
    if is_byte_level(content):
        vocab = tables.byte_level(special, whole_pieces, not (model.get("unk_token") or model.get("byte_fallback")))
    elif model.get("byte_fallback") and has_markers(content) and tables.ids_of({MARK: 0})[MARK] is not None:
        vocab = tables.characters(special)
    if vocab is None:
        raise Reason("the tables do not make a vocabulary")
    return vocab


def read_options(content: dict[str, Any], path: object, added: Added, *, other_ids: bool) -> dict[str, Any]:
    """The arguments of ``Definition.from_tokens`` that the JSON stands for."""
    model = content["model"]
    rows, vocab = read_merges(field(model, "merges", list)), parse_vocab(field(model, "vocab", dict), path)
    special = dict(added.ids) if other_ids else given_ids(added.ids, vocab, len(vocab))
    fields = added.fields(special)
    if not is_byte_level(content) and not falls_back(model, vocab):
        return read_symbols(content, vocab, rows) | read_settings(content, by_fallback=False) | fields
    # An added token that the vocabulary holds too is that token, and not one of bytes unless text may have it all the same.
    held = {side for left, right in rows for side in (left, right, left + right)}
    whole_pieces = bool(model.get("ignore_merges"))
    by_bytes = is_byte_level(content)
    marked = not by_bytes and has_markers(content)
    held.update(in_text(added.ids, whole_pieces=whole_pieces, by_bytes=by_bytes, marked=marked))
    ids = {token: i for token, i in vocab.items() if special.get(token) != i or token in held}
    fields |= read_settings(content, by_fallback=True)
    if not by_bytes:
        chars, fallback = read_tokens(ids)
        if marked:
            check_marker(chars)
        tokens = bytes_of(chars) if marked else in_utf8(chars)
        return {"ids": tokens, "merges": find_pairs(rows, chars), "fallback": fallback, **fields}
    if prefix := model.get("continuing_subword_prefix"):
        raise Reason(f"it is BPE of bytes with a continuing_subword_prefix, {shown(prefix)}")
    if end := model.get("end_of_word_suffix"):
        check_word_end(end, model)
        tokens, merges = read_word_ends(ids, rows, end)
        return {"ids": tokens, "merges": merges, "word_end": end, **fields}
    tokens = tokens_of(ids)
    lacks_bytes = any(bytes([byte]) not in tokens and byte not in NEVER_IN_UTF8 for byte in range(256))
    if lacks_bytes and falls_back(model, vocab):
        raise Reason("it is BPE of bytes with byte_fallback, and lacks the tokens of some bytes")
    if lacks_bytes and model.get("unk_token"):
        return {**read_bytes(model, vocab, ids, rows), **fields}
    return {
        "ids": tokens,
        "merges": find_pairs(rows, ids),
        "whole_pieces": whole_pieces,
        "drops_bytes": lacks_bytes,
        **fields,
    }


def read_settings(content: dict[str, Any], *, by_fallback: bool) -> dict[str, Any]:
    """What is done to text before it is merged. ``by_fallback``: characters without a token become their bytes."""
    if is_byte_level(content):
        check_decoder(content.get("decoder"))
        cuts = read_pattern(content.get("pre_tokenizer"))
    elif by_fallback:
        check_fallback(content["model"])
        return read_spaces(content)
    elif has_markers(content):
        return read_spaces(content)
    else:
        cuts = read_pattern(content.get("pre_tokenizer"), by_bytes=False)
    return {**cuts._asdict(), "normalizer": read_steps(content.get("normalizer")) or None}


def is_byte_level(content: dict[str, Any]) -> bool:
    """Whether the tokens are bytes: a step or the decoder is ``ByteLevel``."""
    steps = [content.get("pre_tokenizer"), content.get("decoder")]
    sequences = [step.get("pretokenizers") for step in steps if isinstance(step, dict)]
    parts = [*steps, *(part for sequence in sequences if isinstance(sequence, list) for part in sequence)]
    kinds = [part.get("type") for part in parts if isinstance(part, dict)]
    return "ByteLevel" in kinds


def check_decoder(decoder: Any) -> None:
    """Refuse a decoder that does not make the bytes of tokens."""
    for step in steps_of(decoder, "decoder", "decoders"):
        if step["type"] not in DECODERS:
            raise Reason(f"the decoder is {step['type']}; minitok has {', '.join(DECODERS)}")


def check_model(model: dict[str, Any]) -> dict[str, Any]:
    """The model, if it is BPE whose ids are not random."""
    kind = model.get("type", "BPE" if "merges" in model else "unknown")
    if kind != "BPE":
        raise Reason(f"the model is {kind if isinstance(kind, str) else shown(kind)}; minitok reads BPE")
    if model.get("dropout"):
        raise Reason(f"the model has dropout, {shown(model['dropout'])}: its ids are random")
    return model


def check_rest(content: dict[str, Any]) -> None:
    """Refuse what is not a known step behind the model. Truncation and padding, like post-processors, are for the caller."""
    for step in steps_of(content.get("post_processor"), "post_processor", "processors"):
        if step["type"] not in POST_PROCESSORS:
            raise Reason(f"the post_processor is {step['type']}")
