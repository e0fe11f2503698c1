"""What is odd about a vocabulary: tokens that no text produces, twins, holes, names that are text, files that disagree.

>>> from minitok import Tokenizer
>>> tok = Tokenizer([(97, 98), (98, 98), (97, 257)])  # ab, bb, and abb of a and bb
>>> [(finding.kind, finding.tokens) for finding in audit(tok) if finding.kind == "never merged"]
[('never merged', {258: "'abb' is encoded as 'ab' 'b'"})]
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .reach import reach
from .tally import is_text

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer

# What a template writes as a marker.
MARKER = re.compile(r"<\|[^|<>]{1,60}\|>|\[/?[A-Z_]{2,30}\]")


@dataclass(frozen=True)
class Finding:
    """Something odd.

    Attributes:
        kind: What it is, in two or three words.
        what: What it means, and what to do.
        proved: Whether it is certain; else a search found nothing else.
        tokens: The tokens by id, each as a string or with what is odd about it.
    """

    kind: str
    what: str
    proved: bool
    tokens: dict[int, str]


def audit(tok: Tokenizer) -> list[Finding]:
    """Returns what is odd about a vocabulary; kinds of which there is none are left out.

    Raises:
        VocabularyError: The tokens do not spell the text (BPE with an unknown token).

    Costs time in proportion to the bytes of the tokens: seconds for 200,000.
    """
    return [finding for finding in findings(tok) if finding.tokens]


def findings(tok: Tokenizer) -> Iterator[Finding]:
    """All kinds, those without a token too."""
    found, definition = reach(tok), tok.definition
    fallback = set(definition.vocab.fallback or [])
    yield Finding(
        "never merged",
        "No text produces them: their bytes become other tokens, whatever stands around them. A model has never seen them: "
        "keep them out of prompts and constraints.",
        True,
        {
            token_id: f"{shown(tok, token_id)} is encoded as {' '.join(shown(tok, part) for part in ids)}"
            for token_id, ids in found.merges.items()
            if token_id not in fallback
        },
    )
    yield Finding(
        "whole pieces only",
        "No merges make them: they come about where they are a whole piece, which is looked up before it is merged. A "
        "program that only merges gives other ids (`ignore_merges` of a tokenizer.json says that pieces are looked up).",
        True,
        {
            token_id: f"{shown(tok, token_id)}, merged as {' '.join(shown(tok, part) for part in ids)}"
            for token_id, ids in found.whole.items()
        },
    )
    yield Finding(
        "bytes without use",
        "Single bytes that text never needs, as their character has a token, or that UTF-8 never contains.",
        True,
        {i: shown(tok, i) for i in [*found.merges, *found.invalid] if i in fallback or len(tok.token_bytes(i)) == 1},
    )
    yield Finding(
        "not UTF-8",
        "No text holds their bytes; only bytes that are not text produce them.",
        True,
        {token_id: shown(tok, token_id) for token_id in found.invalid if len(tok.token_bytes(token_id)) > 1},
    )
    yield Finding(
        "always cut",
        "The split pattern cut them wherever they were put, between characters of every kind.",
        False,
        {token_id: shown(tok, token_id) for token_id in found.cut},
    )
    yield Finding(
        "never completed",
        "They hold a part of a character, and no character that has this part, on either side, produced them.",
        False,
        {token_id: shown(tok, token_id) for token_id in found.partial},
    )
    yield Finding(
        "changed before",
        "The normalizer changes their text, so that it is not met as it is.",
        False,
        {token_id: f"{shown(tok, token_id)} becomes {text!r}" for token_id, text in found.normalized.items()},
    )
    yield Finding(
        "twins",
        "They differ in case or in white space at their ends only: one word has several ids.",
        True,
        {twins[0]: " ".join(shown(tok, token_id) for token_id in twins) for twins in twins_of(tok) if len(twins) > 2},
    )
    yield Finding(
        "names that are text",
        "Special tokens whose name people write: encode users' text without them, which is the default.",
        True,
        {i: repr(name) for name, i in tok.special_tokens.items() if re.fullmatch(r"[\w\s]*", name)},
    )
    yield Finding("holes", "Ids without a token: `decode` refuses them.", True, holes(tok))


def shown(tok: Tokenizer, token_id: int) -> str:
    """The token as a string; bytes that are not text are escaped.

    >>> from minitok import Tokenizer
    >>> shown(Tokenizer([]), 97), shown(Tokenizer([]), 255)
    ("'a'", "b'\\\\xff'")
    """
    token = tok.token_bytes(token_id)
    if token_id in (tok.definition.vocab.fallback or ()):
        return f"byte 0x{token[0]:02X}"
    return repr(token.decode()) if is_text(token) else repr(token)


def twins_of(tok: Tokenizer) -> Iterable[list[int]]:
    """Tokens that are one when case and outer white space are left out, in the order of their ids."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for token_id, token in sorted(tok.definition.vocab.tokens.items()):
        if is_text(token) and (key := token.decode().strip().casefold()):
            groups[key].append(token_id)
    return sorted(groups.values(), key=len, reverse=True)


def holes(tok: Tokenizer) -> dict[int, str]:
    """The first id of each run of ids without a token, with how long the run is."""
    known = {*tok.definition.vocab.tokens, *tok.definition.found_tokens.values()}
    runs: dict[int, str] = {}
    start = None
    for token_id in range(tok.vocab_size + 1):
        missing = token_id < tok.vocab_size and token_id not in known
        if missing and start is None:
            start = token_id
        elif not missing and start is not None:
            runs[start] = f"{token_id - start} ids, {start} to {token_id - 1}"
            start = None
    return runs


def disagreements(tok: Tokenizer, config: Mapping[str, Any], template: str = "") -> list[str]:
    """What a model's ``tokenizer_config.json`` and its chat template say that the tokenizer does not.

    >>> from minitok import Tokenizer
    >>> tok = Tokenizer([], special_tokens={"<|end|>": 256})
    >>> disagreements(tok, {"added_tokens_decoder": {"257": {"content": "<|end|>"}}, "eos_token": "</s>"}, "<|user|>")
    ["'<|end|>' is 256, and 257 in the configuration", "eos_token is '</s>', which is not a token", \
"the template writes '<|user|>', which is not a token"]
    """
    found = tok.definition.found_tokens
    ordinary = {token.decode("utf-8", "replace") for token in tok.definition.vocab.tokens.values()}
    said = []
    for token_id, entry in (config.get("added_tokens_decoder") or {}).items():
        name = entry.get("content") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            continue
        if name not in found:
            said.append(f"{name!r} is {token_id} in the configuration, and not found in text")
        elif str(found[name]) != str(token_id):
            said.append(f"{name!r} is {found[name]}, and {token_id} in the configuration")
    for role in ("bos_token", "eos_token", "unk_token", "pad_token"):
        value = config.get(role)
        name = value.get("content") if isinstance(value, dict) else value
        if isinstance(name, str) and name not in found and name not in ordinary:
            said.append(f"{role} is {name!r}, which is not a token")
    written = dict.fromkeys(MARKER.findall(template))
    return [*said, *(f"the template writes {name!r}, which is not a token" for name in written if name not in found)]
