"""The plainest way: the whole corpus is read again for every merge, and every merge is tried on every piece."""

import json

import regex

GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def text_to_bytes(text):
    return [byte for byte in text.encode()]


def count_pairs(ids, counts=None, times=1):
    if counts is None:
        counts = {}
    for i in range(len(ids) - 1):
        pair = (ids[i], ids[i + 1])
        if pair in counts:
            counts[pair] += times
        else:
            counts[pair] = times
    return counts


def merge_pair(ids, pair, new_id):
    out = []
    for token in ids:
        out.append(token)
        if tuple(out[-2:]) == tuple(pair):
            out[-2:] = [new_id]
    return out


def split(text, pattern=GPT2):
    pieces, rest, at = [], 0, 0
    compiled = regex.compile(pattern)
    while at <= len(text):
        match = compiled.search(text, at)
        if match is None:
            break
        if match.end() == match.start():
            at = match.end() + 1
            continue
        if match.start() > rest:
            pieces.append(text[rest : match.start()])
        pieces.append(match.group())
        rest = at = match.end()
    if text[rest:]:
        pieces.append(text[rest:])
    return pieces


def parts(text, names):
    """Special tokens found by hand: at each place the longest that stands there."""
    found, begun, at = [], 0, 0
    while at < len(text):
        here = [name for name in names if text.startswith(name, at)]
        if here:
            name = max(here, key=len)
            found += [(text[begun:at], None), ("", name)]
            at += len(name)
            begun = at
        else:
            at += 1
    return [*found, (text[begun:], None)]


def train(text, vocab_size, special_tokens=(), pattern=GPT2):
    words = [
        text_to_bytes(piece)
        for part, name in parts(text, special_tokens)
        if name is None
        for piece in split(part, pattern)
    ]
    merges = {}
    for new_id in range(256, vocab_size - len(special_tokens)):
        counts = {}
        for word in words:
            count_pairs(word, counts)
        if not counts:
            break
        most = max(counts.values())
        pair = min(pair for pair in counts if counts[pair] == most)
        merges[pair] = new_id
        words = [merge_pair(word, pair, new_id) for word in words]
    return merges


def encode_piece(piece, merges):
    ids = text_to_bytes(piece)
    for pair, new_id in merges.items():
        ids = merge_pair(ids, pair, new_id)
    return ids


def expand(token_id, merges):
    table = {new_id: pair for pair, new_id in merges.items()}
    todo, out = [token_id], []
    while todo:
        one = todo.pop()
        if one < 256:
            out.append(one)
        else:
            todo += reversed(table[one])
    return bytes(out)


def decode(ids, merges):
    return b"".join(expand(token_id, merges) for token_id in ids).decode("utf8", "replace")


class StreamDecoder:
    def __init__(self, merges):
        self.merges = merges
        self.ids = []
        self.shown = ""

    def push(self, token_id):
        self.ids.append(token_id)
        text = decode(self.ids, self.merges)
        # What may still become a character is shown as U+FFFD at the end.
        data = b"".join(expand(one, self.merges) for one in self.ids)
        is_whole = data.endswith("\ufffd".encode())  # that character itself
        for cut in range(1 if is_whole else 4):
            certain = data[: len(data) - cut].decode("utf8", "replace")
            if not certain.endswith("\ufffd") or cut == 3:
                break
        text = certain if text.endswith("\ufffd") and not certain.endswith("\ufffd") else text
        if text.endswith("\ufffd") and not is_whole:
            text = self.shown
        new = text[len(self.shown) :]
        self.shown += new
        return new

    def finish(self):
        rest = decode(self.ids, self.merges)[len(self.shown) :]
        self.shown += rest
        return rest


def encode(text, merges, special_tokens=None, allowed=(), pattern=GPT2):
    special_tokens = special_tokens or {}
    ids = []
    for part, name in parts(text, [name for name in special_tokens if name in allowed]):
        if name is not None:
            ids.append(special_tokens[name])
        for piece in split(part, pattern):
            ids.extend(encode_piece(piece, merges))
    return ids


def recover_merges(ranks):
    by_rank = sorted(ranks, key=ranks.get)
    merges, known = {}, {}
    for token in by_rank:
        if len(token) > 1:
            ids = [ranks[bytes([byte])] for byte in token]
            for pair, rank in known.items():
                ids = merge_pair(ids, pair, rank)
            merges[tuple(ids)] = known[tuple(ids)] = ranks[token]
    return merges


def encode_iterable(chunks, merges, pattern=GPT2):
    """What is held is encoded up to a place that no piece can cross: a letter before a space, and a letter after it."""
    held = ""
    for chunk in chunks:
        held += chunk
        for at in range(len(held) - 2, 0, -1):
            if held[at] == " " and held[at - 1].isascii() and held[at - 1].isalpha() and held[at + 1].isalpha():
                yield from encode(held[:at], merges, pattern=pattern)
                held = held[at:]
                break
    yield from encode(held, merges, pattern=pattern)


def save(path, merges, pattern, special_tokens):
    with open(path, "w") as file:
        json.dump([[[*pair, new_id] for pair, new_id in merges.items()], pattern, special_tokens], file)


def load(path):
    with open(path) as file:
        triples, pattern, special_tokens = json.load(file)
    return {(a, b): c for a, b, c in triples}, pattern, special_tokens
