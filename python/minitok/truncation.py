"""A smaller vocabulary out of a larger one: the first ids are those that a shorter training would have given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .backend import Vocab

__all__ = ["truncate"]


def truncate(
    vocab: Vocab, special_tokens: Mapping[str, int], vocab_size: int, byte_order: bytes | None
) -> tuple[Vocab, dict[str, int]]:
    """The vocabulary with the ids below ``vocab_size`` less the special tokens, and the special tokens behind them."""
    made = [token_id for _, _, token_id, _ in vocab.merges]
    ascending = all(earlier <= later for earlier, later in zip(made, made[1:], strict=False))
    if byte_order is None or not ascending or (made and made[0] < len(byte_order)):
        raise VocabularyError(
            "only a vocabulary of single bytes and then merges, in the order of ids, can be truncated"
        )
    # An id with two names stays one id.
    old_ids = sorted(set(special_tokens.values()))
    below = vocab_size - len(old_ids)
    least, most = 256 + len(old_ids), max([256, *(token_id + 1 for token_id in made[-1:])]) + len(old_ids)
    if not least <= vocab_size <= most:
        raise VocabularyError(f"vocab_size {vocab_size} is not between {least} and {most}")
    new_ids = {old: below + index for index, old in enumerate(old_ids)}
    n_merges = sum(token_id < below for token_id in made)
    return vocab.truncate(n_merges), {name: new_ids[old] for name, old in special_tokens.items()}
