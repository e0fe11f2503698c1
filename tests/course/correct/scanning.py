"""Counts are kept, and all of them are looked through for the highest; classes and typing; pickle for files."""

import codecs
import pickle
from collections import Counter, defaultdict
from functools import lru_cache

import regex as re

GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def text_to_bytes(text):
    return list(map(int, bytearray(text, "utf-8")))


def count_pairs(ids, counts=None, times=1):
    result = Counter(counts or {})
    for a, b in zip(ids[:-1], ids[1:]):
        result[a, b] += times
    return result


def merge_pair(ids, pair, new_id):
    ids = list(ids)
    i = 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            ids[i : i + 2] = [new_id]
        i += 1
    return ids


def split(text, pattern=GPT2):
    # The pattern as a group: what stands between the matches comes out of re.split, too.
    def walk():
        end = 0
        for m in re.finditer(f"(?:{pattern})", text):
            yield text[end : m.start()]
            yield m[0]
            end = m.end()
        yield text[end:]

    return list(filter(None, walk()))


class Trainer:
    def __init__(self, words):
        self.words = [(text_to_bytes(word), count) for word, count in words.items()]
        self.counts = Counter()
        self.where = defaultdict(set)
        for i, (ids, count) in enumerate(self.words):
            for pair in zip(ids, ids[1:]):
                self.counts[pair] += count
                self.where[pair].add(i)

    def best(self):
        pairs = [(-count, pair) for pair, count in self.counts.items() if count > 0]
        return min(pairs)[1] if pairs else None

    def merge(self, pair, new_id):
        for i in list(self.where[pair]):
            ids, count = self.words[i]
            for old in zip(ids, ids[1:]):
                self.counts[old] -= count
                self.where[old].discard(i)
            ids = merge_pair(ids, pair, new_id)
            self.words[i] = ids, count
            for new in zip(ids, ids[1:]):
                self.counts[new] += count
                self.where[new].add(i)
        del self.counts[pair]


def train(text, vocab_size, special_tokens=(), pattern=GPT2):
    documents = [text]
    if special_tokens:
        names = sorted(special_tokens, key=len, reverse=True)
        documents = re.split("|".join(map(re.escape, names)), text)
    trainer = Trainer(Counter(piece for document in documents for piece in split(document, pattern)))
    merges = {}
    while 256 + len(merges) + len(special_tokens) < vocab_size:
        pair = trainer.best()
        if pair is None:
            break
        merges[pair] = 256 + len(merges)
        trainer.merge(pair, merges[pair])
    return merges


class Node:
    __slots__ = ("id", "next")

    def __init__(self, id, next):
        self.id, self.next = id, next


def encode_piece(piece, merges):
    first = None
    for byte in reversed(piece.encode()):
        first = Node(byte, first)
    while True:
        best, node = None, first
        while node is not None and node.next is not None:
            new_id = merges.get((node.id, node.next.id))
            if new_id is not None and (best is None or new_id < best[0]):
                best = new_id, node
            node = node.next
        if best is None:
            break
        new_id, node = best
        node.id, node.next = new_id, node.next.next
    ids = []
    while first is not None:
        ids.append(first.id)
        first = first.next
    return ids


def vocab(merges):
    table = [bytes([i]) for i in range(256)]
    for left, right in merges:
        table.append(table[left] + table[right])
    return table


def decode(ids, merges):
    table = vocab(merges)
    return str(b"".join(table[i] for i in ids), "utf-8", "replace")


class StreamDecoder:
    def __init__(self, merges):
        self.table = vocab(merges)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token_id):
        return self.decoder.decode(self.table[token_id])

    def finish(self):
        return self.decoder.decode(b"", final=True)


def encode(text, merges, special_tokens=None, allowed=(), pattern=GPT2):
    wanted = {name: i for name, i in (special_tokens or {}).items() if name in set(allowed)}

    @lru_cache(maxsize=None)
    def ids_of(piece):
        return tuple(encode_piece(piece, merges))

    def plain(part):
        return [i for piece in split(part, pattern) for i in ids_of(piece)]

    if not wanted:
        return plain(text)
    expression = re.compile(
        "(" + "|".join(re.escape(name) for name in sorted(wanted, key=lambda name: -len(name))) + ")"
    )
    return [i for part in expression.split(text) for i in ([wanted[part]] if part in wanted else plain(part))]


def recover_merges(ranks):
    def halves(token, limit):
        parts = [bytes([b]) for b in token]
        while len(parts) > 2:
            i = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], limit))
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        return parts

    return {
        tuple(ranks[half] for half in halves(token, rank)): rank
        for token, rank in sorted(ranks.items(), key=lambda item: item[1])
        if len(token) > 1
    }


def encode_iterable(chunks, merges, pattern=GPT2):
    """Take lines, and hold back everything behind the last letter that stands before white space."""
    buffer = ""
    for chunk in chunks:
        buffer += chunk
        ends = [m.start() + 1 for m in re.finditer(r"[a-zA-Z](?=\s)", buffer)]
        if ends:
            cut, buffer = buffer[: ends[-1]], buffer[ends[-1] :]
            yield from encode(cut, merges, pattern=pattern)
    yield from encode(buffer, merges, pattern=pattern)


def save(path, merges, pattern, special_tokens):
    with open(path, "wb") as file:
        pickle.dump((merges, pattern, special_tokens), file)


def load(path):
    with open(path, "rb") as file:
        return pickle.load(file)
