"""Hugging Face's ``tokenizer.json``, for byte-level BPE.

A file is read if minitok gives the ids that ``tokenizers`` gives; otherwise it is refused, and the message names the reason.
The correspondence:

* model ``BPE``: vocabulary, merges in either notation, ``ignore_merges``
* normalizer: none, or a normal form of Unicode
* pre-tokenizers ``ByteLevel``, ``Split`` (isolated), ``Digits`` one by one, and a ``Sequence`` of them: the split pattern
* added tokens, special or not: special tokens. ``tokenizers`` always looks for them, minitok only if asked to:
  ``encode(text, allowed_special="all")``
* post-processors only add special tokens where the caller asks for them, which minitok leaves to the caller: the ids are
  those of ``encode(text, add_special_tokens=False)``
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ..arguments import MAX_ID
from ..backend.normalizing import FORMS
from ..definition import Definition
from ..errors import FileFormatError, VocabularyError
from ..reference.pretokenize import NAMED, THEN, compile_pattern
from .files import blame, parse_json, read, write_atomically
from .gpt2 import merges_suffice, parse_vocab, shown_vocabulary, tokens_of

if TYPE_CHECKING:
    import os

# The named patterns as other engines read them: no possessive quantifier and no "$", which mean something else there.
PORTABLE = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s+\z|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": NAMED["o200k"],
}
# What stands for characters: a property, an escaped mark, a set.
NOT_AN_OPERATOR = re.compile(r"\\[pP]\{\^?\w+\}|\\[^hHGKXRZpP]|\[(?:\\.|[^\]\\])*\]")
OPERATOR_OR_NOT = re.compile(NOT_AN_OPERATOR.pattern + r"|\\.|.", re.DOTALL)
# These add special tokens where the caller asks for it, and change nothing else.
POST_PROCESSORS = ("BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing")
# A pattern that matches nothing somewhere, matches nothing in one of these, as far as anyone would write one.
PROBES = ("", *"aA1 \n\t.'<é漢")
FLAGS = ("single_word", "lstrip", "rstrip")


class Unsupported(Exception):  # noqa: N818
    """Something that minitok would not do as ``tokenizers`` does it."""


def load(path: str | os.PathLike[str], *, name: str | None = None, backend: str | None = None) -> Definition:
    """Read a ``tokenizer.json``.

    Raises:
        FileFormatError: The file is malformed, or asks for something that minitok would do differently; the message
            says what.
    """
    return parse(parse_json(read(path), path), path, name, backend)


def parse(content: Any, path: object, name: str | None = None, backend: str | None = None) -> Definition:
    """The tokenizer that the JSON stands for."""
    with blame(path):
        try:
            options = read_options(content, path)
        except Unsupported as reason:
            raise FileFormatError(path, str(reason)) from None
        return Definition.from_tokens(**options, name=name, backend=backend)


def read_options(content: Any, path: object) -> dict[str, Any]:
    """The arguments of ``Definition.from_tokens`` that the JSON stands for."""
    model = check_model(field(content, "model", dict))
    check_rest(content)
    special, late = read_added(content.get("added_tokens") or [])
    rows = read_merges(field(model, "merges", list))
    # An added token that the vocabulary holds too is that token, and not one of bytes unless merges are made of it.
    merged = {side for left, right in rows for side in (left, right, left + right)}
    vocab = parse_vocab(field(model, "vocab", dict), path)
    ids = {token: i for token, i in vocab.items() if special.get(token) != i or token in merged}
    return {
        "ids": tokens_of(ids),
        "merges": find_pairs(rows, ids),
        "pattern": read_pattern(content.get("pre_tokenizer")),
        "special_tokens": special,
        "late_special": late,
        "normalizer": read_normalizer(content.get("normalizer")),
        "whole_pieces": bool(model.get("ignore_merges")),
    }


def field(content: Any, name: str, kind: type) -> Any:
    """A field that must be there and of that type."""
    if not isinstance(content, dict) or not isinstance(content.get(name), kind):
        raise Unsupported(f"not a tokenizer.json: it has no {name!r} that is a {kind.__name__}")
    return content[name]


def step_type(step: Any, what: str) -> str:
    """The type of one of the file's steps."""
    if not isinstance(step, dict) or not isinstance(step.get("type"), str):
        raise Unsupported(f"the {what} has no type")
    return str(step["type"])


def check_model(model: dict[str, Any]) -> dict[str, Any]:
    """The model, if it is BPE without what byte-level BPE does not have."""
    kind = model.get("type", "BPE" if "merges" in model else "unknown")
    if kind != "BPE":
        raise Unsupported(f"the model is {kind}; minitok reads BPE")
    for option in ("continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(option):
            raise Unsupported(f"the model has a {option}, {model[option]!r}")
    if model.get("dropout"):
        raise Unsupported(f"the model has dropout, {model['dropout']!r}: its ids are random")
    return model


def check_rest(content: dict[str, Any]) -> None:
    """Refuse the steps around the model that change ids, or the text of ids."""
    if content.get("truncation") is not None:
        raise Unsupported("the file asks for truncation")
    # Padding a batch to its longest text does not change a single text.
    padding = content.get("padding") or {"strategy": "BatchLongest"}
    if not isinstance(padding, dict) or padding.get("strategy") != "BatchLongest" or padding.get("pad_to_multiple_of"):
        raise Unsupported("the file asks for padding of a text by itself")
    decoder = content.get("decoder")
    if decoder is not None and step_type(decoder, "decoder") != "ByteLevel":
        raise Unsupported(f"the decoder is {decoder['type']}; minitok has that of ByteLevel")
    processor = content.get("post_processor")
    steps = [] if processor is None else [processor]
    if processor is not None and step_type(processor, "post_processor") == "Sequence":
        steps = processor.get("processors") or []
    for step in steps:
        if step_type(step, "post_processor") not in POST_PROCESSORS:
            raise Unsupported(f"the post_processor is {step['type']}")


def read_normalizer(step: Any) -> str | None:
    """The normal form, if the file asks for one and nothing else."""
    if step is None:
        return None
    steps = (step.get("normalizers") or []) if step_type(step, "normalizer") == "Sequence" else [step]
    kinds = [step_type(part, "normalizer") for part in steps]
    for kind in kinds:
        if kind not in FORMS:
            raise Unsupported(f"the normalizer is {kind}; minitok has {', '.join(FORMS)}")
    if len(kinds) > 1:
        raise Unsupported(f"the normalizer is {' and then '.join(kinds)}; minitok has one at a time")
    return kinds[0] if kinds else None


def read_pattern(step: Any) -> str:
    """The split pattern of the pre-tokenizers."""
    if step is None:
        raise Unsupported("no pre_tokenizer: the tokens are characters, not bytes")
    kind = step_type(step, "pre_tokenizer")
    steps = (step.get("pretokenizers") or []) if kind == "Sequence" else [step]
    patterns: list[str] = []
    for index, part in enumerate(steps):
        kind = step_type(part, "pre_tokenizer")
        if kind == "Split":
            patterns.append(read_split(part))
        elif kind == "Digits" and part.get("individual_digits"):
            patterns.append(r"\p{N}")
        elif kind != "ByteLevel":
            raise Unsupported(f"the pre_tokenizer has a step {kind}")
        elif part.get("add_prefix_space", True):
            raise Unsupported("the pre_tokenizer ByteLevel has add_prefix_space: a space that is not in the text")
        else:
            if part.get("use_regex", True):
                patterns.append("gpt2")
            if index + 1 < len(steps):
                raise Unsupported("the pre_tokenizer has steps after ByteLevel")
    if not steps or steps[-1]["type"] != "ByteLevel":
        raise Unsupported("the pre_tokenizer has no step ByteLevel: the tokens are characters, not bytes")
    return THEN.join(patterns) or "none"


def read_split(step: dict[str, Any]) -> str:
    """The pattern of a ``Split``, by its name if it has one."""
    source = step.get("pattern")
    if not isinstance(source, dict) or not isinstance(source.get("Regex"), str):
        raise Unsupported("the pre_tokenizer Split has no Regex")
    pattern = str(source["Regex"])
    named = next((name for name, known in (*PORTABLE.items(), *NAMED.items()) if known == pattern), None)
    behavior, invert = step.get("behavior"), bool(step.get("invert"))
    # Removing what does not match removes nothing where everything matches, as it does for the named patterns.
    if not (behavior == "Isolated" and not invert) and not (behavior == "Removed" and invert and named):
        raise Unsupported(f"the pre_tokenizer Split has the behavior {behavior!r}{' inverted' if invert else ''}")
    if named:
        return named
    pattern = with_line_ends(pattern)
    if difference := engine_difference(pattern):
        raise Unsupported(f"the pre_tokenizer Split has {difference}, which other engines read otherwise")
    compiled = compile_pattern(pattern)
    if any(match.start() == match.end() for probe in PROBES for match in compiled.finditer(probe)):
        raise Unsupported("the pre_tokenizer Split has a match of nothing, at which tokenizers cuts")
    return pattern


def with_line_ends(pattern: str) -> str:
    r"""The pattern with each ``$`` as Oniguruma means it: before any line feed, and at the end.

    >>> with_line_ends(r"\s+$|[$]|\$")
    '\\s+(?=\\n|\\z)|[$]|\\$'
    """
    return OPERATOR_OR_NOT.sub(lambda found: r"(?=\n|\z)" if found.group() == "$" else found.group(), pattern)


def engine_difference(pattern: str) -> str | None:
    """Returns what in a pattern Oniguruma, the engine of ``tokenizers``, reads differently from minitok."""
    bare = NOT_AN_OPERATOR.sub("x", pattern)
    for mark, what in (("$", "a '$'"), ("^", "a '^'"), ("}+", "a possessive '{...}+'"), ("\\", "an escape")):
        if mark in bare:
            return what
    return None


def read_added(tokens: Any) -> tuple[dict[str, int], set[str]]:
    """Returns the added tokens as special tokens, and which of them are late (``normalized``)."""
    if not isinstance(tokens, list):
        raise Unsupported("the added_tokens are not a list")
    special: dict[str, int] = {}
    late: set[str] = set()
    for token in tokens:
        if not isinstance(token, dict) or not isinstance(token.get("content"), str):
            raise Unsupported(f"an added token has no content: {token!r}"[:200])
        content, token_id = token["content"], token.get("id")
        if type(token_id) is not int or not 0 <= token_id <= MAX_ID:
            raise Unsupported(f"the id of the added token {content!r} is not a whole number from 0 to {MAX_ID}")
        for flag in FLAGS:
            if token.get(flag):
                raise Unsupported(f"the added token {content!r} has {flag}: it would take more than its own text")
        if special.get(content, token_id) != token_id:
            raise Unsupported(f"the added token {content!r} has two ids")
        special[content] = token_id
        if token.get("normalized", not token.get("special")):
            late.add(content)
    return special, late


def read_merges(rows: list[Any]) -> list[tuple[str, str]]:
    """The merges as pairs of tokens, from either notation: ``"a b"`` or ``["a", "b"]``."""
    pairs = []
    for rank, row in enumerate(rows):
        sides = row.split(" ") if isinstance(row, str) else row
        if not isinstance(sides, list) or len(sides) != 2 or not all(isinstance(side, str) for side in sides):
            raise Unsupported(f"merge {rank} is not two tokens: {row!r}"[:200])
        pairs.append((sides[0], sides[1]))
    return pairs


def find_pairs(rows: list[tuple[str, str]], ids: dict[str, int]) -> list[tuple[int, int]]:
    """The merges as pairs of ids."""
    for rank, (left, right) in enumerate(rows):
        for side in (left, right, left + right):
            if side not in ids:
                raise Unsupported(f"merge {rank} is of the token {side!r}, which the vocabulary does not have")
    return [(ids[left], ids[right]) for left, right in rows]


def save(definition: Definition, path: str | os.PathLike[str]) -> None:
    """Write a ``tokenizer.json``.

    Raises:
        VocabularyError: The format cannot say it; the message says why.
    """
    write_atomically(path, json.dumps(dump(definition), ensure_ascii=False, indent=1).encode())


def dump(definition: Definition) -> dict[str, Any]:
    """The content of the file."""
    vocab, merges = shown_vocabulary(definition)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    late = definition.late_special
    special = sorted(definition.special_tokens.items(), key=lambda item: item[1])
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": token_id,
                "content": name,
                **dict.fromkeys(FLAGS, False),
                "normalized": name in late,
                "special": True,
            }
            for name, token_id in special
        ],
        "normalizer": {"type": definition.normalizer} if definition.normalizer else None,
        "pre_tokenizer": dump_pattern(definition.pattern, byte_level),
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": not merges_suffice(definition),
            # Special tokens too: a reader gives an added token that it does not find here the next free id.
            "vocab": vocab,
            "merges": merges,
        },
    }


def dump_pattern(pattern: str, byte_level: dict[str, Any]) -> dict[str, Any]:
    """The pre-tokenizers of a pattern."""
    if pattern == "none":
        return byte_level
    if pattern == "gpt2":
        return byte_level | {"use_regex": True}
    splits = []
    for step in pattern.split(THEN):
        if step not in PORTABLE and (difference := engine_difference(step)):
            raise VocabularyError(f"the pattern has {difference}, which Hugging Face's engine reads otherwise")
        source = {"Regex": PORTABLE.get(step, step)}
        splits.append({"type": "Split", "pattern": source, "behavior": "Isolated", "invert": False})
    return {"type": "Sequence", "pretokenizers": [*splits, byte_level]}
