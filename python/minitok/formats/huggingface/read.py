"""Reading a ``tokenizer.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backend import load_backend
from ...definition import Definition
from ...errors import FileFormatError, MinitokError
from ...reference.vocab import NEVER_IN_UTF8
from ..files import blame, parse_json, read, shown
from ..gpt2 import parse_vocab, tokens_of
from .added import given_ids, in_text, read_added, warn_of_other_ids, with_hiding
from .characters import bytes_of, check_fallback, falls_back, read_spaces, read_tokens
from .normalizers import read_steps
from .patterns import matches_nothing, read_pattern
from .reasons import Unsupported, field, steps_of
from .symbols import find_pairs, read_bytes, read_symbols
from .word_ends import check_word_end, read_word_ends

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

# These add special tokens where the caller asks for it, and change nothing else.
DECODERS = ("ByteLevel", "BPEDecoder", "ByteFallback", "Fuse")
POST_PROCESSORS = ("BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing")


def load(path: str | os.PathLike[str], *, name: str | None = None, backend: str | None = None) -> Definition:
    """Read a ``tokenizer.json``.

    Raises:
        FileFormatError: The file is malformed, or asks for something that minitok would do differently; the message
            says what.
    """
    data = read(path)
    return parse_tables(data, path, name, backend) or parse(parse_json(data, path), path, name, backend)


def parse_tables(data: bytes, path: object, name: str | None = None, backend: str | None = None) -> Definition | None:
    """The tokenizer of a file whose tokens and merges the backend reads; None for a file that is left to ``parse``.

    That is also each file that is to be refused, so that ``parse`` alone says what is wrong with it.
    """
    chosen = load_backend(backend)
    readers = chosen.readers
    if (table := readers.read_tokenizer_json(data)) is None:
        return None
    try:
        content = parse_json(table.rest, path)
        if content.get("format") == "minitok":
            return None
        model = check_model(field(content, "model", dict))
        check_rest(content)
        added = read_added(content.get("added_tokens") or [])
        special = dict(added.ids)
        whole_pieces = bool(model.get("ignore_merges"))
        if whole_pieces and any("single_word" in flags for flags in added.flags.values()):
            return None
        if model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
            return None
        if given_ids(special, table.ids_of(special), len(table)) != special:
            return None

        def may_match_nothing(pattern: str) -> bool:
            return bool(readers.least_width(pattern) == 0)

        if is_byte_level(content):
            settings = read_cuts(content, may_match_nothing)
            vocab = table.byte_level(special, whole_pieces, not model.get("unk_token"))
        elif model.get("byte_fallback"):
            check_fallback(model)
            settings = read_spaces(content, may_match_nothing)
            vocab = table.characters(special)
        else:
            return None
        options = {"name": name, **settings, **added.fields()}
        return None if vocab is None else with_hiding(Definition.of(vocab, chosen.name, **options))
    except (MinitokError, Unsupported):
        return None


def parse(
    content: Any, path: object, name: str | None = None, backend: str | None = None, *, other_ids: bool = False
) -> Definition:
    """The tokenizer that the JSON stands for. ``other_ids``: added tokens keep the ids that it says."""
    with blame(path):
        try:
            options = read_options(content, path, other_ids=other_ids)
        except Unsupported as reason:
            raise FileFormatError(path, str(reason)) from None
        definition = with_hiding(Definition.from_tokens(**options, name=name, backend=backend))
    warn_of_other_ids(read_added(content.get("added_tokens") or []).ids, definition.found_tokens, path)
    return definition


def read_options(content: Any, path: object, *, other_ids: bool = False) -> dict[str, Any]:
    """The arguments of ``Definition.from_tokens`` that the JSON stands for."""
    model = check_model(field(content, "model", dict))
    check_rest(content)
    added = read_added(content.get("added_tokens") or [])
    rows, vocab = read_merges(field(model, "merges", list)), parse_vocab(field(model, "vocab", dict), path)
    special = dict(added.ids) if other_ids else given_ids(added.ids, vocab, len(vocab))
    fields = added.fields(special)
    if not is_byte_level(content) and not falls_back(model, vocab):
        return read_symbols(content, vocab, rows) | fields
    # An added token that the vocabulary holds too is that token, and not one of bytes unless text may have it all the same.
    held = {side for left, right in rows for side in (left, right, left + right)}
    held.update(in_text(added, by_bytes=is_byte_level(content), whole_pieces=bool(model.get("ignore_merges"))))
    ids = {token: i for token, i in vocab.items() if special.get(token) != i or token in held}
    if not is_byte_level(content):
        check_fallback(model)
        chars, fallback = read_tokens(ids)
        spaces = read_spaces(content)
        return {"ids": bytes_of(chars), "merges": find_pairs(rows, chars), "fallback": fallback, **spaces, **fields}
    cuts = read_cuts(content)
    if prefix := model.get("continuing_subword_prefix"):
        raise Unsupported(f"it is BPE of bytes with a continuing_subword_prefix, {shown(prefix)}")
    if end := model.get("end_of_word_suffix"):
        check_word_end(end, model)
        tokens, merges = read_word_ends(ids, rows, end)
        return {"ids": tokens, "merges": merges, "word_end": end, **cuts, **fields}
    tokens = tokens_of(ids)
    lacks_bytes = any(bytes([byte]) not in tokens and byte not in NEVER_IN_UTF8 for byte in range(256))
    if lacks_bytes and model.get("unk_token"):
        return {**read_bytes(model, vocab, ids, rows), **cuts, **fields}
    return {
        "ids": tokens,
        "merges": find_pairs(rows, ids),
        "whole_pieces": bool(model.get("ignore_merges")),
        "drops_bytes": lacks_bytes,
        **cuts,
        **fields,
    }


def read_cuts(content: dict[str, Any], may_match_nothing: Callable[[str], bool] = matches_nothing) -> dict[str, Any]:
    """What is done to text before bytes are merged."""
    check_decoder(content.get("decoder"))
    cuts = read_pattern(content.get("pre_tokenizer"), may_match_nothing)
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
            raise Unsupported(f"the decoder is {step['type']}; minitok has {', '.join(DECODERS)}")


def check_model(model: dict[str, Any]) -> dict[str, Any]:
    """The model, if it is BPE whose ids are not random."""
    kind = model.get("type", "BPE" if "merges" in model else "unknown")
    if kind != "BPE":
        raise Unsupported(f"the model is {kind if isinstance(kind, str) else shown(kind)}; minitok reads BPE")
    if model.get("dropout"):
        raise Unsupported(f"the model has dropout, {shown(model['dropout'])}: its ids are random")
    return model


def check_rest(content: dict[str, Any]) -> None:
    """Refuse what is not a known step behind the model. Truncation and padding, like post-processors, are for the caller."""
    for step in steps_of(content.get("post_processor"), "post_processor", "processors"):
        if step["type"] not in POST_PROCESSORS:
            raise Unsupported(f"the post_processor is {step['type']}")


def read_merges(rows: list[Any]) -> list[tuple[str, str]]:
    """The merges as pairs of tokens, from either notation: ``"a b"`` or ``["a", "b"]``."""
    pairs = []
    for rank, row in enumerate(rows):
        sides = row.split(" ") if isinstance(row, str) else row
        if not isinstance(sides, list) or len(sides) != 2 or not all(isinstance(side, str) for side in sides):
            raise Unsupported(f"merge {rank} is not two tokens: {shown(row)}")
        pairs.append((sides[0], sides[1]))
    return pairs
