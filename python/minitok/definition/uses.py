"""What a tokenizer does other than cut text, merge bytes and find special tokens; and what it cannot be used for, therefore.

Each limit has a name and a sentence, which is the reason in the error of whatever cannot do with it. A new use is a line of
``AGAINST``; a new way to treat text is a limit, which has to be named for each use that it is in the way of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..backend import Vocab

__all__ = ["AGAINST", "Use", "limits_of"]

# What a tokenizer may be wanted for, and the names of those of its ``limits`` that do not go with it.
Use = Literal[
    "spell the text", "be extended", "be pruned", "be cut into parts", "encode segments", "give offsets",
    "be aligned", "be explained", "be audited", "follow a grammar", "be written as a rank file",
    "be written as GPT-2's files", "be written as a model of minbpe",
]  # fmt: skip
CHANGING = frozenset({"symbols", "drops_bytes", "normalizer", "words", "word_end", "prefix"})
IN_RANKS = CHANGING - {"drops_bytes"} | {"fallback", "added_tokens", "token_flags", "late_tokens"}
AGAINST: dict[Use, frozenset[str]] = {
    "spell the text": CHANGING | {"takes_space"},
    "be extended": CHANGING | {"fallback", "token_flags", "late_tokens"},
    "be pruned": frozenset({"symbols"}),
    "be cut into parts": frozenset({"symbols", "words", "word_end"}),
    "encode segments": frozenset({"words", "word_end"}),
    "give offsets": frozenset({"symbols"}),
    "be aligned": frozenset({"symbols", "word_end"}),
    "be explained": frozenset({"symbols"}),
    "be audited": frozenset({"symbols"}),
    "follow a grammar": frozenset({"joining", "word_end"}),
    "be written as a rank file": IN_RANKS,
    "be written as GPT-2's files": IN_RANKS | {"drops_bytes"},
    "be written as a model of minbpe": IN_RANKS,
}


def limits_of(
    vocab: Vocab,
    *,
    normalizer: Any,
    prefix: str | None,
    words: str | None,
    word_end: str | None,
    added_tokens: Mapping[str, int],
    late_tokens: Collection[str],
    token_flags: Mapping[str, Collection[str]],
    **_: object,
) -> dict[str, str]:
    """Returns the limits of a vocabulary with these fields of its definition: a sentence for each, by name."""
    added, flagged = next(iter(added_tokens), None), next(iter(token_flags), "")
    held = {
        "symbols": vocab.symbols and "text without a token becomes the unknown token, or is dropped (SPEC S7)",
        "joining": vocab.symbols and vocab.symbols[5] and "its tokens are joined to text by a rule (SPEC S9)",
        "fallback": vocab.fallback and "its tokens begin as characters (SPEC S1)",
        "drops_bytes": vocab.drops_bytes and "bytes without a token are dropped (SPEC E6)",
        "normalizer": normalizer and f"text is normalized first ({normalizer}) (SPEC N1)",
        "words": words is not None and "the text between words is dropped (SPEC N3)",
        "word_end": word_end and "the end of a word is part of its last token, and decoded as a space (SPEC N3)",
        "prefix": prefix and "a space is put before the text, or stands for a marker (SPEC S3, S4)",
        "added_tokens": added is not None and f"the added token {added!r} is found in every text (SPEC E3)",
        "token_flags": token_flags and f"the token {flagged!r} has {', '.join(sorted(token_flags[flagged]))} (SPEC E9)",
        "late_tokens": late_tokens and f"the token {min(late_tokens)!r} is found after others (SPEC E10)",
        "takes_space": not {"lstrip", "rstrip"}.isdisjoint({flag for flags in token_flags.values() for flag in flags})
        and "tokens that are found in it take white space with them (SPEC E9)",
    }
    return {name: str(sentence) for name, sentence in held.items() if sentence}
