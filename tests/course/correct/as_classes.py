"""minbpe's names: a class that holds merges and vocabulary; ties go to what is met first."""

import regex

PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)


def get_stats(ids, counts=None):
    if counts is None:
        counts = {}
    previous = None
    for token in ids:
        if previous is not None:
            counts[previous, token] = counts.get((previous, token), 0) + 1
        previous = token
    return counts


def merge(ids, pair, idx):
    result, skip = [], False
    for token, following in zip(ids, [*ids[1:], None]):
        if skip:
            skip = False
        elif (token, following) == pair:
            result.append(idx)
            skip = True
        else:
            result.append(token)
    return result


class RegexTokenizer:
    def __init__(self, pattern=None):
        self.pattern = pattern or PATTERN
        self.merges, self.special_tokens = {}, {}
        self.vocab = {i: bytes([i]) for i in range(256)}

    def train(self, text, vocab_size, verbose=False):
        words = [list(piece.encode()) for piece in regex.findall(self.pattern, text)]
        merges, vocab = {}, {i: bytes([i]) for i in range(256)}
        for idx in range(256, vocab_size):
            counts = {}
            for word in words:
                get_stats(word, counts)
            pair = max(counts, key=counts.get)
            words = [merge(word, pair, idx) for word in words]
            merges[pair] = idx
            vocab[idx] = vocab[pair[0]] + vocab[pair[1]]
            if verbose:
                print("merged", pair)
        self.merges, self.vocab = merges, vocab

    def _encode_chunk(self, text_bytes):
        ids = list(text_bytes)
        while known := [pair for pair in get_stats(ids) if pair in self.merges]:
            first = min(known, key=self.merges.__getitem__)
            ids = merge(ids, first, self.merges[first])
        return ids

    def register_special_tokens(self, special_tokens):
        self.special_tokens = special_tokens

    def encode(self, text, allowed_special="none"):
        allowed = (
            {"all": self.special_tokens, "none": {}}.get(allowed_special)
            if isinstance(allowed_special, str)
            else {name: i for name, i in self.special_tokens.items() if name in allowed_special}
        )
        parts = regex.split(f"({'|'.join(map(regex.escape, allowed))})", text) if allowed else [text]
        ids = []
        for part in parts:
            if part in allowed:
                ids.append(allowed[part])
            else:
                for piece in regex.findall(self.pattern, part):
                    ids.extend(self._encode_chunk(piece.encode()))
        return ids

    def decode(self, ids):
        return b"".join(self.vocab[i] for i in ids).decode("utf-8", errors="replace")

    def save(self, file_prefix):
        with open(file_prefix + ".model", "w", encoding="utf-8") as file:
            print(self.pattern, len(self.special_tokens), sep="\n", file=file)
            for name, idx in self.special_tokens.items():
                print(idx, name, file=file)
            for left, right in self.merges:
                print(left, right, file=file)

    def load(self, model_file):
        with open(model_file, encoding="utf-8") as file:
            pattern, number, *lines = file.read().splitlines()
        self.pattern = pattern
        pairs = [line.split(" ", 1) for line in lines[: int(number)]]
        self.special_tokens = {name: int(idx) for idx, name in pairs}
        self.merges = {tuple(map(int, line.split())): 256 + k for k, line in enumerate(lines[int(number) :])}


def recover_merges(mergeable_ranks):
    merges = {}
    for token, rank in mergeable_ranks.items():
        parts = [bytes([byte]) for byte in token]
        while len(parts) > 2:
            pairs = [(mergeable_ranks.get(a + b, rank), i) for i, (a, b) in enumerate(zip(parts, parts[1:]))]
            i = min(pairs)[1]
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        if len(parts) == 2:
            merges[mergeable_ranks[parts[0]], mergeable_ranks[parts[1]]] = rank
    return merges
