"""Programs that are right in another way than the solution, which the grader could see: in their types, their time, their files, their rounding.

Each is the solution with one function written anew.
"""

import pytest
from minitok.course.grading import grade
from minitok.course.mutants import solution

pytestmark = pytest.mark.usefixtures("near")

RIGHT = {
    "bytes: a tuple": """
def text_to_bytes(text):
    return tuple(text.encode())
""",
    "pairs: a Counter": """
def count_pairs(ids, counts=None, times=1):
    from collections import Counter
    found = Counter(counts or {})
    for pair in zip(ids, ids[1:]):
        found[pair] += times
    return found
""",
    "pairs: numbers of numpy": """
def count_pairs(ids, counts=None, times=1):
    from numpy import int64
    found = dict(counts or {})
    for pair in zip(ids, ids[1:]):
        found[pair] = found.get(pair, 0) + int64(times)
    return found
""",
    "train: all pairs counted anew": """
def train(text, vocab_size, special_tokens=(), pattern=GPT2):
    pieces = {piece: (text_to_bytes(piece), times) for piece, times in count_pieces(text, special_tokens, pattern).items()}
    merges = {}
    while len(merges) < vocab_size - 256 - len(special_tokens):
        counts = {}
        for ids, times in pieces.values():
            count_pairs(ids, counts, times)
        if not counts:
            break
        best = max(counts, key=lambda pair: (counts[pair], tuple(-one for one in pair)))
        merges[best] = 256 + len(merges)
        pieces = {piece: (merge_pair(ids, best, merges[best]), times) for piece, (ids, times) in pieces.items()}
    return merges
""",
    "decode: Python's own decoder of streams": """
class StreamDecoder:
    def __init__(self, merges):
        import codecs
        self.tokens, self.decoder = vocabulary(merges), codecs.getincrementaldecoder("utf-8")("replace")
    def push(self, token_id):
        return self.decoder.decode(self.tokens[token_id])
    def finish(self):
        text = self.decoder.decode(b"", final=True)
        self.decoder.reset()
        return text
""",
    "published: numbers of numpy": """
def recover_merges(ranks, right=recover_merges):
    from numpy import int64
    return {pair: int64(rank) for pair, rank in right(ranks).items()}
""",
    "files: blocks of ten chunks": """
def encode_iterable(chunks, merges, pattern=GPT2):
    held = ""
    for at, chunk in enumerate(chunks, 1):
        held += chunk
        if at % 10 == 0:
            pieces = split(held, pattern)
            for piece in pieces[:-3]:
                yield from encode_piece(piece, merges)
            held = "".join(pieces[-3:])
    for piece in split(held, pattern):
        yield from encode_piece(piece, merges)
""",
    "files: pickle": """
def save(path, *state):
    from pickle import dump
    with open(path, "wb") as file:
        dump(state, file)

def load(path):
    from pickle import load
    with open(path, "rb") as file:
        return load(file)
""",
    "subwords: scores divided twice, ties the other way": """
def train_wordpiece(words, n_merges):
    cut, merges = letters_of(words), []
    while len(merges) < n_merges and (found := scores(words, cut)):
        merges.append(min(found, key=lambda pair: (-found[pair], pair)))
        join(cut, merges[-1])
    return merges
""",
    "subwords: all cuts of a word": """
def cuts(word, counts):
    return [[word[:end], *rest] for end in range(1, len(word) + 1) if word[:end] in counts for rest in cuts(word[end:], counts)] if word else [[]]

def likelihood(cut, counts):
    share = 1.0
    for token in cut:
        share *= counts[token] / sum(counts.values())
    return share

def unigram(word, counts):
    return max(cuts(word, counts), key=lambda cut: likelihood(cut, counts))

def expected(words, counts):
    found = dict.fromkeys(counts, 0.0)
    for word, times in words.items():
        whole = sum(likelihood(cut, counts) for cut in cuts(word, counts))
        for cut in cuts(word, counts):
            for token in cut:
                found[token] += times * likelihood(cut, counts) / whole
    return found
""",
    "patches: the natural logarithm, turned into bits": """
def patches(text, rows, bits):
    data = text.encode()
    def is_open(byte):
        row = rows.get(byte)
        if not row:
            return 8 > bits
        shares = [count / sum(row.values()) for count in row.values()]
        return -sum(share * log(share) for share in shares) / log(2) > bits + 1e-12
    starts = [at for at in range(1, len(data)) if is_open(data[at - 1])]
    return [data[start:end] for start, end in zip([0, *starts], [*starts, len(data)]) if data]
""",
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_it_passes(name, written):
    report = grade(written(f"{solution()}\n{RIGHT[name]}"), stages=[name.partition(":")[0]])
    assert report.passed, report.to_text()
