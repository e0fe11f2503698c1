"""Byte-pair encoding, text in and text out: the first file to read, and the one to type along.

A language model reads numbers, not text. A *token* is a string of bytes that has a number, its *id*. At first there are 256
tokens: the single bytes. Training adds more. It finds the *pair* of neighbouring ids that occurs most often in a text, gives it
the next free id, and replaces it everywhere: a *merge*. Then it looks again.

By hand, ``low lower lowest``: (l, o) and (o, w) both occur three times. The pair with the smaller ids wins: 108 is less than
111, so (l, o) becomes 256. Then (256, w) occurs three times and becomes 257. Now (space, 257) and (257, e) both occur twice: 32
is less than 257, so 258 is `` low``.

>>> merges = train("low lower lowest", 259, verbose=True)
merge 0: 108 + 111 -> 256   b'l' + b'o' -> b'lo'   3 times
merge 1: 256 + 119 -> 257   b'lo' + b'w' -> b'low'   3 times
merge 2: 32 + 257 -> 258   b' ' + b'low' -> b' low'   2 times
>>> encode("so low", merges, verbose=True)
bytes [115, 111, 32, 108, 111, 119]
merge 0 makes 256: [115, 111, 32, 256, 119]
merge 1 makes 257: [115, 111, 32, 257]
merge 2 makes 258: [115, 111, 258]
[115, 111, 258]
>>> decode([115, 111, 258], merges)
'so low'

Read ``small`` next. It adds what is missing here, in one file: a text is cut into pieces first, so that no token spans two
words; markers such as ``<|endoftext|>`` have separate ids; each distinct piece is kept once, with its count; training looks
only at what a merge changes.

Invariants: ``decode(encode(text, merges), merges) == text``; merge k, counted from 0, makes id 256 + k.

Costs, n bytes of text and V merges: O(n V) to train and at most that to encode. When not to use it: on more than a few pages;
use ``minitok.train``. This file has no Rust mirror.
"""

from __future__ import annotations

from .pairs import Pair, count_pairs, merge_pair

Merges = dict[Pair, int]  # the pair and the id that it becomes, in the order of learning


def train(text: str, vocab_size: int, verbose: bool = False) -> Merges:
    """Learns merges until there are ``vocab_size`` tokens, or until no pair is left.

    >>> train("aaa", 300)
    {(97, 97): 256, (256, 97): 257}
    """
    ids = list(text.encode())
    merges: Merges = {}
    for new_id in range(256, vocab_size):
        counts = count_pairs(ids)
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], pair))  # the most frequent; of equals, the smallest ids
        ids = merge_pair(ids, pair, new_id)
        merges[pair] = new_id
        if verbose:
            left, right = pair
            print(f"merge {new_id - 256}: {left} + {right} -> {new_id}", end="   ")
            tokens = vocabulary(merges)
            print(f"{tokens[left]!r} + {tokens[right]!r} -> {tokens[new_id]!r}   {counts[pair]} times")
    return merges


def encode(text: str, merges: Merges, verbose: bool = False) -> list[int]:
    """Returns the ids of a text: of the pairs that have a merge, the one learnt first is merged, until none is left.

    So encoding repeats what training did, merge by merge, on a new text. Counts play no part: only the order of learning does.

    >>> encode("aab", {(97, 97): 256, (256, 97): 257})
    [256, 98]
    """
    ids = list(text.encode())
    if verbose:
        print(f"bytes {ids}")
    while mergeable := count_pairs(ids).keys() & merges.keys():
        pair = min(mergeable, key=lambda pair: merges[pair])
        ids = merge_pair(ids, pair, merges[pair])
        if verbose:
            print(f"merge {merges[pair] - 256} makes {merges[pair]}: {ids}")
    return ids


def decode(ids: list[int], merges: Merges, verbose: bool = False) -> str:
    """Returns the text of the ids. Bytes that are not valid UTF-8, such as half a character, become U+FFFD.

    >>> decode([257, 98], {(97, 97): 256, (256, 97): 257}, verbose=True)
    257 -> b'aaa'
    98 -> b'b'
    'aaab'
    """
    tokens = vocabulary(merges)
    if verbose:
        for token_id in ids:
            print(f"{token_id} -> {tokens[token_id]!r}")
    return b"".join(tokens[token_id] for token_id in ids).decode(errors="replace")


def vocabulary(merges: Merges) -> dict[int, bytes]:
    """Returns the bytes of every id: first the single bytes, then each merge's two sides put together.

    >>> vocabulary({(108, 111): 256, (256, 119): 257})[257]
    b'low'
    """
    tokens = {byte: bytes([byte]) for byte in range(256)}
    for (left, right), new_id in merges.items():
        tokens[new_id] = tokens[left] + tokens[right]
    return tokens
