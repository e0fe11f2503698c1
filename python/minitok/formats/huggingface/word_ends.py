"""Tokens that end a word, ``cat</w>``: read with a space in place of the suffix (SPEC N3), and written back.

A word begins as its characters, the last of which has the suffix. With a space after the word, that is a first merge: of the
character and the space, before all others.
"""

from __future__ import annotations

from ...errors import VocabularyError
from ..byte_level import to_chars

END = b" "


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
