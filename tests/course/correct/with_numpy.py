"""Arrays of numpy instead of lists, the greatest bytes for ties, and a text file for saving."""

import codecs
import heapq

import numpy as np
import regex

GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def text_to_bytes(text):
    return np.frombuffer(text.encode(), dtype=np.uint8).tolist()


def count_pairs(ids, counts=None, times=1):
    counts = dict(counts or {})
    array = np.asarray(ids, dtype=np.int64)
    if len(array) > 1:
        pairs, numbers = np.unique(np.stack([array[:-1], array[1:]], axis=1), axis=0, return_counts=True)
        for (left, right), number in zip(pairs, numbers):
            key = (int(left), int(right))
            counts[key] = counts.get(key, 0) + np.int64(number) * times
    return counts


def merge_pair(ids, pair, new_id):
    array = np.asarray(ids, dtype=np.int64)
    hits = np.flatnonzero((array[:-1] == pair[0]) & (array[1:] == pair[1]))
    kept, last = [], -2
    for hit in hits.tolist():
        if hit != last + 1:
            kept.append(hit)
            last = hit
    array[kept] = new_id
    return np.delete(array, [hit + 1 for hit in kept]).tolist()


def split(text, pattern=GPT2):
    edges = {0, len(text)}
    for match in regex.finditer(pattern, text):
        if match.end() > match.start():
            edges.update(match.span())
    places = sorted(edges)
    return [text[a:b] for a, b in zip(places, places[1:])]


def documents(text, names):
    if not names:
        return [text]
    return regex.split("|".join(regex.escape(name) for name in sorted(names, key=len, reverse=True)), text)


def train(text, vocab_size, special_tokens=(), pattern=GPT2):
    times = {}
    for document in documents(text, special_tokens):
        for piece in split(document, pattern):
            times[piece] = times.get(piece, 0) + 1
    words = [(list(piece.encode()), number) for piece, number in times.items()]
    tokens = {byte: bytes([byte]) for byte in range(256)}
    merges = {}
    for new_id in range(256, vocab_size - len(special_tokens)):
        counts = {}
        for word, number in words:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + number
        if not counts:
            break
        pair = max(counts, key=lambda pair: (counts[pair], tokens[pair[0]], tokens[pair[1]]))
        merges[pair] = new_id
        tokens[new_id] = tokens[pair[0]] + tokens[pair[1]]
        words = [(merge_pair(word, pair, new_id) if len(word) > 1 else word, number) for word, number in words]
    return merges


def encode_piece(piece, merges):
    """A heap of candidates over a doubly linked list."""
    ids = list(piece.encode())
    before, after = list(range(-1, len(ids) - 1)), list(range(1, len(ids) + 1))
    heap = [(merges[pair], at, pair) for at, pair in enumerate(zip(ids, ids[1:])) if pair in merges]
    heapq.heapify(heap)
    while heap:
        new_id, at, pair = heapq.heappop(heap)
        other = after[at] if ids[at] is not None else len(ids)
        if other >= len(ids) or (ids[at], ids[other]) != pair:
            continue
        ids[at], ids[other] = new_id, None
        after[at] = after[other]
        if after[at] < len(ids):
            before[after[at]] = at
        for left in (before[at], at):
            if left >= 0 and after[left] < len(ids) and (ids[left], ids[after[left]]) in merges:
                two = ids[left], ids[after[left]]
                heapq.heappush(heap, (merges[two], left, two))
    return [token_id for token_id in ids if token_id is not None]


def vocabulary(merges):
    tokens = {byte: bytes([byte]) for byte in range(256)}
    for (left, right), new_id in merges.items():
        tokens[new_id] = tokens[left] + tokens[right]
    return tokens


def decode(ids, merges):
    tokens = vocabulary(merges)
    return b"".join(map(tokens.__getitem__, ids)).decode(errors="replace")


class StreamDecoder:
    def __init__(self, merges):
        self.tokens, self.decoder = vocabulary(merges), codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token_id):
        return self.decoder.decode(self.tokens[token_id])

    def finish(self):
        return self.decoder.decode(b"", final=True)


def encode(text, merges, special_tokens=None, allowed=(), pattern=GPT2):
    special = {name: (special_tokens or {})[name] for name in allowed}
    ids, at = [], 0
    names = sorted(special, key=len, reverse=True)
    for match in regex.finditer("|".join(map(regex.escape, names)), text) if names else ():
        ids += [one for piece in split(text[at : match.start()], pattern) for one in encode_piece(piece, merges)]
        ids.append(special[match[0]])
        at = match.end()
    return ids + [one for piece in split(text[at:], pattern) for one in encode_piece(piece, merges)]


def recover_merges(ranks):
    tokens = sorted(ranks.items(), key=lambda item: item[1])
    merges = {}
    for token, rank in tokens:
        parts = [token[i : i + 1] for i in range(len(token))]
        while len(parts) > 2:
            lowest = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], 1 << 30))
            parts[lowest : lowest + 2] = [b"".join(parts[lowest : lowest + 2])]
        if len(parts) == 2:
            merges[ranks[parts[0]], ranks[parts[1]]] = np.int64(rank)
    return merges


def encode_iterable(chunks, merges, pattern=GPT2):
    """A block of ten chunks at a time; the last three pieces of a block wait for the next."""
    held, waiting = "", 0
    for chunk in chunks:
        held += chunk
        waiting += 1
        if waiting == 10:
            *done, a, b, c = ["", "", "", *split(held, pattern)]
            for piece in done:
                yield from encode_piece(piece, merges)
            held, waiting = a + b + c, 0
    for piece in split(held, pattern):
        yield from encode_piece(piece, merges)


def save(path, merges, pattern, special_tokens):
    with open(path, "w", encoding="utf-8") as file:
        print(repr(pattern), repr(special_tokens), *merges, sep="\n", file=file)


def load(path):
    import ast

    with open(path, encoding="utf-8") as file:
        pattern, special_tokens, *pairs = map(ast.literal_eval, file)
    return {pair: 256 + rank for rank, pair in enumerate(pairs)}, pattern, special_tokens
