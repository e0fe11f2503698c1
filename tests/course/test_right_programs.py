"""Programs that are right in another way than the solution: each is the solution with one function written anew."""

import pytest
from minitok.course.grading import grade
from minitok.course.mutants import solution

pytestmark = pytest.mark.usefixtures("near")

RIGHT = {
    "bytes: a byte array": """
def text_to_bytes(text):
    return list(bytearray(text, "utf-8"))
""",
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
    "pairs: a stack": """
def merge_pair(ids, pair, new_id):
    merged, last = [], None
    for one in ids:
        if last == pair[0] and one == pair[1]:
            merged[-1], last = new_id, None
        else:
            merged.append(one)
            last = one
    return merged
""",
    "pairs: a queue": """
def merge_pair(ids, pair, new_id):
    from collections import deque
    left, merged = deque(ids), []
    while left:
        one = left.popleft()
        if left and (one, left[0]) == tuple(pair):
            left.popleft()
            one = new_id
        merged.append(one)
    return merged
""",
    "split: matches and what is between": """
def split(text, pattern=GPT2):
    places = sorted({0, len(text), *(place for match in regex.finditer(pattern, text) if match[0] for place in match.span())})
    return [text[start:end] for start, end in zip(places, places[1:])]
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
    "encode: every merge in the order of learning": """
def encode_piece(piece, merges):
    ids = text_to_bytes(piece)
    for pair, new_id in merges.items():
        ids = merge_pair(ids, pair, new_id)
    return ids
""",
    "encode: one place at a time": """
def encode_piece(piece, merges):
    ids = text_to_bytes(piece)
    while places := [(merges[pair], at) for at, pair in enumerate(zip(ids, ids[1:])) if pair in merges]:
        new_id, at = min(places)
        ids[at : at + 2] = [new_id]
    return ids
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
    "decode: tokens by recursion": """
def vocabulary(merges):
    sides = {new_id: pair for pair, new_id in merges.items()}
    def spelled(one):
        return bytes([one]) if one < 256 else b"".join(map(spelled, sides[one]))
    return {one: spelled(one) for one in [*range(256), *sides]}
""",
    "special: names searched from the left": """
def split_special(text, names):
    parts, start = [], 0
    for at in range(len(text)):
        found = max((name for name in names if at >= start and text.startswith(name, at)), key=len, default=None)
        if found:
            parts += [text[start:at], found]
            start = at + len(found)
    return [part for part in [*parts, text[start:]] if part]
""",
    "files: a line for each merge": """
def save(path, merges, pattern, special_tokens):
    lines = [repr(pattern), repr(special_tokens), *map(repr, merges)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\\n".join(lines))

def load(path):
    from ast import literal_eval
    with open(path, encoding="utf-8") as file:
        pattern, special, *pairs = map(literal_eval, file.read().split("\\n"))
    return {pair: 256 + rank for rank, pair in enumerate(pairs)}, pattern, special
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
    "cursor: prefixes by os.path": """
def splice(old, new):
    from os.path import commonprefix
    start = len(commonprefix([list(old), list(new)]))
    end = len(commonprefix([list(old)[start:][::-1], list(new)[start:][::-1]]))
    return start, len(old) - start - end, list(new)[start : len(new) - end]
""",
    "ways: from the end, remembered": """
def count_ways(text, merges):
    data, tokens = text.encode(), set(vocabulary(merges).values())
    ways = {len(data): 1}
    for at in reversed(range(len(data))):
        ways[at] = sum(ways[end] for end in range(at + 1, len(data) + 1) if data[at:end] in tokens)
    return ways[0]
""",
    "subwords: the longest first": """
def wordpiece(word, vocab, mark=""):
    for end in range(len(word), 0, -1):
        if mark + word[:end] in vocab:
            rest = wordpiece(word[end:], vocab, "##") if word[end:] else []
            return ["[UNK]"] if rest == ["[UNK]"] else [mark + word[:end], *rest]
    return ["[UNK]"]
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
    "patches: a table of pairs": """
def count_next(text):
    pairs = count_pairs(list(text.encode()))
    return {left: {b: n for (a, b), n in pairs.items() if a == left} for left in {a for a, _ in pairs}}
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
