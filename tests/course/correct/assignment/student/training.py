"""Training on bytes, counted by several processes."""

import multiprocessing
from collections import Counter, defaultdict

import regex as re

PAT = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def count_words(document):
    return Counter(tuple(bytes([b]) for b in m.group().encode()) for m in re.finditer(PAT, document))


def merged(word, pair):
    out, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return tuple(out)


def train_bpe(input_path, vocab_size, special_tokens, **_):
    with open(input_path, encoding="utf-8") as f:
        text = f.read()
    documents = [text]
    if special_tokens:
        documents = re.split("|".join(re.escape(s) for s in sorted(special_tokens, key=len, reverse=True)), text)
    if len(text) > 1500:
        with multiprocessing.Pool(2) as pool:
            words = sum(pool.map(count_words, documents), Counter())
    else:
        words = sum(map(count_words, documents), Counter())
    counts, where = Counter(), defaultdict(set)
    for word, n in words.items():
        for pair in zip(word, word[1:]):
            counts[pair] += n
            where[pair].add(word)
    vocab = {i: s.encode() for i, s in enumerate(special_tokens)}
    vocab.update({len(special_tokens) + i: bytes([i]) for i in range(256)})
    merges = []
    while len(vocab) < vocab_size:
        pair = max(counts, key=lambda p: (counts[p], p))
        merges.append(pair)
        vocab[len(vocab)] = pair[0] + pair[1]
        for word in list(where[pair]):
            n = words.pop(word)
            new = merged(word, pair)
            words[new] += n
            for p in zip(word, word[1:]):
                counts[p] -= n
                where[p].discard(word)
            for p in zip(new, new[1:]):
                counts[p] += n
                where[p].add(new)
        del counts[pair]
    return vocab, merges
