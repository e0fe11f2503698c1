"""Tokens that end a word, ``cat</w>``: read with a space in place of the suffix (SPEC N3), and written back.

A word begins as its characters, the last of which has the suffix. With a space behind the word, that is a first merge: of the
character and the space, before all others.
"""

from __future__ import annotations

from typing import Any

from ...errors import VocabularyError
from ..byte_level import to_chars
from ..files import Reason, shown
from ..gpt2 import find_pairs, tokens_of

END = b" "


def check_word_end(end: object, model: dict[str, Any]) -> None:
    """Refuse a suffix that is not text, and what does not go with one."""
    if not isinstance(end, str):
        raise Reason(f"the end_of_word_suffix is {shown(end)}")
    if model.get("ignore_merges"):
        raise Reason(f"it has the end_of_word_suffix {end!r} with ignore_merges")


def read_word_ends(
    ids: dict[str, int], rows: list[tuple[str, str]], end: str
) -> tuple[dict[bytes, int], list[tuple[int, int]]]:
    """The tokens by their bytes, and the merges as pairs of ids."""
    plain = tokens_of({token: token_id for token, token_id in ids.items() if not token.endswith(end)})
    tokens = plain | {
        data + END: token_id
        for data, token_id in tokens_of({t.removesuffix(end): i for t, i in ids.items() if t.endswith(end)}).items()
    }
    if len(tokens) < len(ids):
        raise Reason(f"a token ends in a space, which stands for the end_of_word_suffix {end!r}")
    for byte in range(256):
        for token in (bytes([byte]), bytes([byte]) + END):
            if token not in tokens:
                shown_token = to_chars(token[:1]) + (end if len(token) > 1 else "")
                raise Reason(f"it has an end_of_word_suffix, but no token {shown_token!r}")
    firsts = [(tokens[bytes([byte])], tokens[END]) for byte in range(256)]
    for rank, (left, _) in enumerate(rows):
        if left.endswith(end):
            raise Reason(f"merge {rank} uses the token {left!r}, which ends a word, and another")
    return tokens, firsts + find_pairs(rows, ids)


def shown_word_ends(
    end: str, tokens: dict[int, bytes], merges: list[tuple[int, int]]
) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """The tokens as a file writes them, and the merges without those of single characters and the end."""
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
