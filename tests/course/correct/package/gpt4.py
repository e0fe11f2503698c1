"""Merges from ranks, and a class that needs tiktoken, which is mentioned here and is not used in the course."""

import tiktoken

from .regex import RegexTokenizer


def recover_merges(mergeable_ranks):
    merges = {}
    for token, rank in sorted(mergeable_ranks.items(), key=lambda item: item[1]):
        parts = [token[i : i + 1] for i in range(len(token))]
        while len(parts) > 2:
            ranks = [mergeable_ranks.get(left + right, rank) for left, right in zip(parts, parts[1:])]
            at = ranks.index(min(ranks))
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        if len(parts) == 2:
            merges[tuple(mergeable_ranks[part] for part in parts)] = rank
    return merges


class GPT4Tokenizer(RegexTokenizer):
    def __init__(self):
        super().__init__()
        self.merges = recover_merges(tiktoken.get_encoding("cl100k_base")._mergeable_ranks)
