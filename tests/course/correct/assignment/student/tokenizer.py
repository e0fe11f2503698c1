"""The tokenizer of the assignment, on bytes."""

import regex as re

from .training import PAT, merged


class Tokenizer:
    def __init__(self, vocab, merges, special_tokens=None):
        self.vocab = vocab
        self.ids = {token: i for i, token in vocab.items()}
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.special = sorted(special_tokens or [], key=len, reverse=True)

    def encode_piece(self, piece):
        word = tuple(bytes([b]) for b in piece.encode())
        while len(word) > 1:
            pair = min(zip(word, word[1:]), key=lambda p: self.ranks.get(p, float("inf")))
            if pair not in self.ranks:
                break
            word = merged(word, pair)
        return [self.ids[token] for token in word]

    def encode(self, text):
        parts = re.split("(" + "|".join(map(re.escape, self.special)) + ")", text) if self.special else [text]
        ids = []
        for part in parts:
            if part in self.special:
                ids.append(self.ids[part.encode()])
            else:
                for m in re.finditer(PAT, part):
                    ids += self.encode_piece(m.group())
        return ids

    def encode_iterable(self, iterable):
        held = ""
        for chunk in iterable:
            held += chunk
            pieces = re.findall(PAT, held)
            for piece in pieces[:-3]:
                yield from self.encode_piece(piece)
            held = "".join(pieces[-3:])
        yield from self.encode(held)

    def decode(self, ids):
        return b"".join(self.vocab[i] for i in ids).decode("utf-8", errors="replace")
