"""All of byte-pair encoding in one file: pieces, training, encoding, streams, special tokens, ranks and files.

The second rung, after ``basic``. What is new, and the function that does it:

* ``split`` cuts a text into *pieces*; no merge crosses two of them.
* ``train`` keeps each distinct piece once, with its frequency, and updates counts instead of counting again.
* ``StreamDecoder`` holds back half a character.
* ``encode`` cuts special tokens out of the text first.
* ``recover_merges`` finds the merges of a published vocabulary, which has ranks only.
* ``encode_iterable`` encodes text that comes in chunks; ``save`` and ``load`` write and read a tokenizer.
* ``splice`` and ``stable`` say what a change of the text does to its ids.
* ``count_ways`` counts the lists of ids that spell a text; ``is_canonical`` says whether a list is the one that encoding gives.

It imports nothing of minitok. Its parts follow the lessons of the course, of which it solves the exercises in byte-pair
encoding; other solutions are as good. The third rung has one file for each part, at its right complexity: ``pretokenize``,
``train``, ``encode`` and the others that ``minitok.reference`` lists.

>>> merges = train("low lower lowest<s>low", 259, ["<s>"])
>>> [vocabulary(merges)[new_id] for new_id in merges.values()]
[b'lo', b'low']
>>> encode("lowest<s>", merges, {"<s>": 258}, allowed=["<s>"])
[257, 101, 115, 116, 258]
>>> decode([257, 101, 115, 116], merges)
'lowest'

Costs: training takes O(n log n) for n bytes of distinct pieces, and each merge reads the words that hold its pair; encoding is
quadratic in the length of a piece, where ``merging`` does better. This file has no Rust mirror.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import regex

Pair = tuple[int, int]
Merges = dict[Pair, int]

GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


# -- lesson 2: bytes -------------------------------------------------------------------------------------------------


def text_to_bytes(text: str) -> list[int]:
    """Returns the bytes of the text in UTF-8."""
    return list(text.encode("utf-8"))


# -- lesson 3: pairs -------------------------------------------------------------------------------------------------


def count_pairs(ids: Sequence[int], counts: dict[Pair, int] | None = None, times: int = 1) -> dict[Pair, int]:
    """Counts each pair of neighbours, ``times`` times, and adds it to ``counts``."""
    counts = {} if counts is None else counts
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + times
    return counts


def merge_pair(ids: Sequence[int], pair: Pair, new_id: int) -> list[int]:
    """Replaces each occurrence of the pair by the new id, from left to right."""
    merged: list[int] = []
    at = 0
    while at < len(ids):
        if at + 1 < len(ids) and ids[at] == pair[0] and ids[at + 1] == pair[1]:
            merged.append(new_id)
            at += 2
        else:
            merged.append(ids[at])
            at += 1
    return merged


# -- lesson 4: split, then train -------------------------------------------------------------------------------------


def split(text: str, pattern: str = GPT2) -> list[str]:
    """Cuts the text into pieces. Text that the pattern does not match is kept, as pieces between the matches.

    >>> split("I'll be  back")
    ['I', "'ll", ' be', ' ', ' back']
    """
    pieces: list[str] = []
    done = 0
    for match in regex.finditer(pattern, text):
        start, end = match.span()
        if start == end:
            continue  # an empty match is not a piece (``pretokenize`` lets it cut)
        if done < start:
            pieces.append(text[done:start])
        pieces.append(text[start:end])
        done = end
    if done < len(text):
        pieces.append(text[done:])
    return pieces


def count_pieces(text: str, special_tokens: Sequence[str], pattern: str) -> dict[str, int]:
    """Counts each distinct piece; special tokens are cut out first."""
    frequencies: dict[str, int] = {}
    for segment in split_special(text, special_tokens):
        if segment not in special_tokens:
            for piece in split(segment, pattern):
                frequencies[piece] = frequencies.get(piece, 0) + 1
    return frequencies


def train(text: str, vocab_size: int, special_tokens: Sequence[str] = (), pattern: str = GPT2) -> Merges:
    """Learns merges: the most frequent pair becomes a new id, again and again; ties go to the smallest ids.

    ``vocab_size`` counts the 256 bytes, the merges and the special tokens.

    ``words`` are the distinct pieces as ids, ``times`` their frequencies. ``counts`` has the count of each pair, ``holders``
    the words that hold it, or once did. ``queue`` has an entry for each pair, made when the pair came to be. From then on its
    count only falls, so an entry may be too high, never too low: if the one on top is right, no pair has a higher count.

    >>> train("ab ab abc", 258)
    {(97, 98): 256, (32, 256): 257}
    """
    frequencies = count_pieces(text, special_tokens, pattern)
    words = [text_to_bytes(piece) for piece in frequencies]
    times = list(frequencies.values())
    counts: dict[Pair, int] = {}
    holders: dict[Pair, set[int]] = {}
    for index, word in enumerate(words):
        count_pairs(word, counts, times[index])
        for pair in zip(word, word[1:]):
            holders.setdefault(pair, set()).add(index)
    queue = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(queue)
    merges: Merges = {}
    while len(merges) < vocab_size - 256 - len(special_tokens) and queue:
        count, pair = heapq.heappop(queue)
        current = counts.get(pair, 0)
        if current != -count:
            # The count has fallen since this entry was made: put it back with the right one.
            if current > 0:
                heapq.heappush(queue, (-current, pair))
            continue
        new_id = 256 + len(merges)
        merges[pair] = new_id
        changed: set[Pair] = set()  # the pairs that this merge brings about; all of them hold the new id
        # A word that has lost the pair stays as it is.
        for index in holders[pair]:
            word = words[index]
            count_pairs(word, counts, -times[index])
            words[index] = merge_pair(word, pair, new_id)
            count_pairs(words[index], counts, times[index])
            for new in zip(words[index], words[index][1:]):
                holders.setdefault(new, set()).add(index)
                if new_id in new:
                    changed.add(new)
        for new in changed:
            heapq.heappush(queue, (-counts[new], new))
    return merges


# -- lesson 5: encode ------------------------------------------------------------------------------------------------


def encode_piece(piece: str, merges: Merges) -> list[int]:
    """Returns the ids of one piece: the merge that was learnt first is made first.

    >>> encode_piece("aab", {(97, 97): 256, (256, 98): 257})
    [257]
    """
    ids = text_to_bytes(piece)
    while len(ids) > 1:
        pair = min(zip(ids, ids[1:]), key=lambda pair: merges.get(pair, float("inf")))
        if pair not in merges:
            break
        ids = merge_pair(ids, pair, merges[pair])
    return ids


# -- lesson 6: decode ------------------------------------------------------------------------------------------------


def vocabulary(merges: Merges) -> dict[int, bytes]:
    """Returns the bytes of each id."""
    tokens = {byte: bytes([byte]) for byte in range(256)}
    for (left, right), new_id in merges.items():
        tokens[new_id] = tokens[left] + tokens[right]
    return tokens


def decode(ids: Iterable[int], merges: Merges) -> str:
    """Returns the text of the ids."""
    tokens = vocabulary(merges)
    return b"".join(tokens[token_id] for token_id in ids).decode("utf-8", errors="replace")


class StreamDecoder:
    """Turns ids into text as they come, and holds back half a character."""

    def __init__(self, merges: Merges) -> None:
        self.tokens = vocabulary(merges)
        self.held = b""

    def push(self, token_id: int) -> str:
        """Returns the text so far, and holds back the beginning of a character."""
        self.held += self.tokens[token_id]
        end = len(self.held)
        # A character has four bytes at most: look for the beginning of one that is not whole.
        for back in range(1, min(3, end) + 1):
            byte = self.held[end - back]
            if byte >= 0xC0:
                length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
                if back < length:
                    end -= back
                break
            if byte < 0x80:
                break
        text = self.held[:end].decode("utf-8", errors="replace")
        self.held = self.held[end:]
        return text

    def finish(self) -> str:
        """Returns the rest: U+FFFD for bytes that never became a character."""
        text = self.held.decode("utf-8", errors="replace")
        self.held = b""
        return text


# -- lesson 7: special tokens ----------------------------------------------------------------------------------------


def split_special(text: str, names: Collection[str]) -> list[str]:
    """Cuts the text at special tokens, which stay as parts; where two begin at one place, the longer is meant."""
    if not names:
        return [text]
    longest_first = sorted(names, key=len, reverse=True)
    return regex.split("(" + "|".join(regex.escape(name) for name in longest_first) + ")", text)


def encode(
    text: str,
    merges: Merges,
    special_tokens: Mapping[str, int] | None = None,
    allowed: Collection[str] = (),
    pattern: str = GPT2,
) -> list[int]:
    """Returns the ids of a text. A special token is found only where it is allowed; otherwise its name is text."""
    special = {name: new_id for name, new_id in (special_tokens or {}).items() if name in allowed}
    ids: list[int] = []
    for part in split_special(text, special):
        if part in special:
            ids.append(special[part])
        else:
            for piece in split(part, pattern):
                ids += encode_piece(piece, merges)
    return ids


# -- lesson 8: published vocabularies --------------------------------------------------------------------------------


def recover_merges(ranks: Mapping[bytes, int]) -> Merges:
    """Finds the merges of a vocabulary that has only ranks: the number of each token, in the order of learning.

    When a token was learnt, the tokens of lower rank were all there were. Merged with these alone, its bytes become two parts,
    and they are its merge. A token that becomes three parts has no merge, and is left out here; ``published.ranks`` says what
    else can be done.

    >>> ranks = {b"a": 97, b"b": 98, b"c": 99, b"bc": 256, b"abc": 257}
    >>> recover_merges(ranks)
    {(98, 99): 256, (97, 256): 257}
    """
    merges: Merges = {}
    for token, rank in ranks.items():
        if len(token) == 1:
            continue
        parts = [token[at : at + 1] for at in range(len(token))]
        while len(parts) > 2:
            below = [(ranks.get(parts[at] + parts[at + 1], rank), at) for at in range(len(parts) - 1)]
            lowest, at = min(below)
            if lowest >= rank:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        if len(parts) > 2:
            continue
        left, right = parts
        merges[ranks[left], ranks[right]] = rank
    return merges


# -- lesson 9: files and streams -------------------------------------------------------------------------------------


def encode_iterable(chunks: Iterable[str], merges: Merges, pattern: str = GPT2) -> Iterator[int]:
    """Yields the ids of the chunks put together, while they come.

    The last two pieces wait for more text, since both may change: of two spaces, the second belongs to the word that follows;
    and ``'`` and ``l`` are one piece, ``'ll``, if another ``l`` follows. Two are enough for ``GPT2``; another pattern may need
    more.

    >>> list(encode_iterable(["a  ", "b"], {(32, 98): 256}))
    [97, 32, 256]
    """
    held = ""
    for chunk in chunks:
        held += chunk
        pieces = split(held, pattern)
        for piece in pieces[:-2]:
            yield from encode_piece(piece, merges)
        held = "".join(pieces[-2:])
    for piece in split(held, pattern):
        yield from encode_piece(piece, merges)


def save(path: str, merges: Merges, pattern: str, special_tokens: Mapping[str, int]) -> None:
    """Writes all that ids depend on."""
    content = {"pattern": pattern, "special_tokens": dict(special_tokens), "merges": [list(pair) for pair in merges]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)


def load(path: str) -> tuple[Merges, str, dict[str, int]]:
    """Reads what ``save`` wrote; merge k makes id 256 + k."""
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    merges = {(left, right): 256 + rank for rank, (left, right) in enumerate(content["merges"])}
    return merges, content["pattern"], content["special_tokens"]


# -- lesson 14: what a cursor changes --------------------------------------------------------------------------------


def splice(old: Sequence[int], new: Sequence[int]) -> tuple[int, int, list[int]]:
    """Returns how old ids become new ones: an index, how many ids are removed there, and the ids that replace them.

    >>> splice([1, 2, 3], [1, 9, 9, 3])
    (1, 1, [9, 9])
    """
    shorter = min(len(old), len(new))
    start = end = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, len(old) - end - start, list(new[start : len(new) - end])


def stable(piece: str, merges: Merges) -> int:
    """Returns how many ids of a piece stay, whatever text follows.

    Other ids come about only if some token begins in the piece and goes on after it. So for each token that begins with the end
    of the piece, the rest of the token is tried as the text that follows. (Tokens must be whole characters.)

    >>> stable("xab", {(97, 98): 256, (256, 99): 257})
    1
    """
    ids = encode_piece(piece, merges)
    kept = len(ids)
    for token in vocabulary(merges).values():
        for length in range(1, len(token)):
            if piece.encode().endswith(token[:length]):
                longer = encode_piece(piece + token[length:].decode(), merges)
                kept = min(kept, splice(ids, longer)[0])
    return kept


# -- lesson 17: one text, many tokenizations -------------------------------------------------------------------------


def count_ways(text: str, merges: Merges) -> int:
    """Returns how many lists of ids spell a text.

    >>> count_ways("aab", {(97, 98): 256})
    2
    """
    data = bytes(text_to_bytes(text))
    tokens = vocabulary(merges).values()
    ways = [1]  # up to each place
    for end in range(1, len(data) + 1):
        ways.append(sum(ways[end - len(token)] for token in tokens if data.endswith(token, 0, end)))
    return ways[-1]


def is_canonical(ids: Sequence[int], merges: Merges) -> bool:
    """Whether encoding the text of these ids, as one piece, gives them back.

    >>> is_canonical([256], {(97, 98): 256}), is_canonical([97, 98], {(97, 98): 256})
    (True, False)
    """
    return encode_piece(decode(ids, merges), merges) == list(ids)
