"""Programs that are right about nearly every text: each is the solution with one thing changed that only some inputs show."""

import pytest
from minitok.course.grading import grade
from minitok.course.mutants import solution

pytestmark = pytest.mark.usefixtures("near", "unshrunk")

SOURCE = solution()
UTF8 = 'return list(text.encode("utf-8"))'
PATTERN = next(line for line in SOURCE.splitlines() if line.startswith("GPT2 ="))
EQUAL = "ids[at] == pair[0] and ids[at + 1] == pair[1]:"
PAIRS = "    for pair in zip(ids, ids[1:]):\n        counts[pair] = counts.get(pair, 0) + times\n    return counts"
MATCHES = "regex.finditer(pattern, text)"
COUNTED = "count_pieces(text, special_tokens, pattern)"
BYTES = "    ids = text_to_bytes(piece)\n"
JOIN = '.decode("utf-8", errors="replace")\n\n\nclass StreamDecoder'
DECODED = '    return b"".join(tokens[token_id] for token_id in ids)' + JOIN
AT_SPECIAL = '    return regex.split("(" + "|".join(regex.escape(name) for name in longest_first) + ")", text)'
CHUNK = "        held += chunk\n"
REST = "    for piece in split(held, pattern):\n        yield from encode_piece(piece, merges)\n\n\ndef save"
STRICT = """

class StreamDecoder:
    def __init__(self, merges):
        self.tokens, self.held = vocabulary(merges), b""
    def push(self, token_id):
        self.held += self.tokens[token_id]
        try:
            text, self.held = self.held.decode(), b""
            return text
        except UnicodeDecodeError:
            return ""
    def finish(self):
        text, self.held = self.held.decode("utf-8", "replace"), b""
        return text
"""
SIGNED = STRICT.replace("        try:", "        self.held = self.held.removeprefix(b'\\xef\\xbb\\xbf')\n        try:")
IN_PLACE = """

def merge_pair(ids, pair, new_id):
    at = 0
    while at + 1 < len(ids):
        if (ids[at], ids[at + 1]) == tuple(pair):
            ids[at : at + 2] = [new_id]
        at += 1
    return ids
"""
BY_TEXT = """

def save(path, merges, pattern, special_tokens):
    text = {token_id: token.decode("utf-8", "replace") for token_id, token in vocabulary(merges).items()}
    with open(path, "w", encoding="utf-8") as file:
        json.dump([pattern, special_tokens, [[text[left], text[right]] for left, right in merges]], file)

def load(path):
    with open(path, encoding="utf-8") as file:
        pattern, special, rows = json.load(file)
    ids = {bytes([byte]).decode("utf-8", "replace"): byte for byte in range(256)}
    merges = {}
    for rank, (left, right) in enumerate(rows):
        merges[ids[left], ids[right]] = 256 + rank
        ids.setdefault(left + right, 256 + rank)
    return merges, pattern, special
"""

HALVES = """units = memoryview(text.encode("utf-16-le")).cast("H")
    return [*"".join(map(chr, units)).encode("utf-8", "surrogatepass")]"""
LONG_TOKENS = """\
        if sum(len(vocabulary(merges)[side]) for side in pair) > 16:
            counts[pair] = 0
            continue
"""
SHUFFLED = """

class Shuffled(tuple):
    def __lt__(self, other):
        return hash(str(self)) < hash(str(other))
"""


def changed(old, new):
    assert SOURCE.count(old) == 1, old
    return SOURCE.replace(old, new)


def bytes_of(text):
    return changed(UTF8, f"return list(({text}).encode())")


def in_pattern(old, new):
    assert old in PATTERN
    return changed(PATTERN, PATTERN.replace(old, new, 1))


def counted(text):
    return changed(COUNTED, COUNTED.replace("text", text, 1))


def decoded(after):
    return changed(DECODED, DECODED.replace(JOIN, after + JOIN.partition("\n")[1] + JOIN.partition("\n")[2]))


NORMAL = '__import__("unicodedata").normalize("NFC", text)'
REPLACED = '.decode("utf-8", errors="replace")'
WRONG = {
    "bytes: line ends": bytes_of(r'text.replace("\r\n", "\n")'),
    "bytes: returns": bytes_of(r'text.replace("\r", "\n")'),
    "bytes: no-break spaces": bytes_of(r'text.replace("\xa0", " ")'),
    "bytes: line separators": bytes_of(r'"\n".join(text.split("\u2028"))'),
    "bytes: joiners": bytes_of(r'text.replace("\u200d", "")'),
    "bytes: soft hyphens": bytes_of(r'text.replace("\xad", "")'),
    "bytes: private characters": bytes_of(r'"".join(one for one in text if not 0xE000 <= ord(one) < 0xF900)'),
    "bytes: noncharacters": bytes_of(r'text.replace("\uffff", "")'),
    "bytes: the last planes": bytes_of(r'"".join(one for one in text if ord(one) < 0x20000)'),
    "bytes: controls": bytes_of(r'text.replace("\x7f", "")'),
    "bytes: long texts": bytes_of("text[:50_000]"),
    "pairs: the same object": changed(EQUAL, EQUAL.replace("==", "is")),
    "pairs: in place": SOURCE + IN_PLACE,
    "pairs: two bytes": changed(PAIRS, PAIRS.replace("zip(ids, ids[1:])", "((a & 0xFFFF, b & 0xFFFF) for a, b in zip(ids, ids[1:]))")),
    "pairs: one byte": changed(PAIRS, PAIRS.replace("zip(ids, ids[1:])", "((a & 255, b & 255) for a, b in zip(ids, ids[1:]))")),
    "pairs: zero": changed(PAIRS, PAIRS.replace("ids[1:]):\n", "ids[1:]):\n        if not all(pair):\n            continue\n")),
    "split: marks": in_pattern(r"\p{L}+|", r"[\p{L}\p{M}]+|"),
    "split: digits 0 to 9": in_pattern(r"\p{N}+", "[0-9]+"),
    "split: digits alone": in_pattern(r"\p{N}+", r"\p{Nd}+"),
    "split: spaces of ASCII": in_pattern(r"\s+(?!\S)|\s+", r"[ \t\n\r]+(?!\S)|[ \t\n\r]+"),
    "split: curly apostrophes": in_pattern("\"'(?:", "\"['’](?:"),
    "split: underscores": in_pattern(r"\p{L}+|", r"[\p{L}_]+|"),
    "split: capitals": in_pattern(r"\p{L}+|", r"(?:\p{Lu}?\p{Ll}+|\p{L}+)|"),
    "split: cached by text": changed(
        "    pieces: list[str] = []\n    done = 0\n",
        "    if text in SEEN:\n        return SEEN[text]\n    pieces = SEEN[text] = []\n    done = 0\n",
    )
    + "\n\nSEEN = {}\n",
    "split: normalized": changed(MATCHES, f"regex.finditer(pattern, text := {NORMAL})"),
    "train: normalized": counted(NORMAL),
    "train: counts of one byte": changed("list(frequencies.values())", "[min(one, 255) for one in frequencies.values()]"),
    "train: many merges": changed("and queue:", "and queue and len(merges) < 300:"),
    "train: the last line end": counted(r'text.rstrip("\n")'),
    "encode: long pieces": changed(BYTES, BYTES + "    if len(ids) > 200:\n        return ids\n"),
    "encode: ranks as text": changed('merges.get(pair, float("inf"))', 'str(merges.get(pair, "x"))'),
    "encode: ranks below 1000": changed('merges.get(pair, float("inf"))', "merges.get(pair, 1000)"),
    "encode: spaces": changed(BYTES, "    ids = text_to_bytes(piece.strip() or piece)\n"),
    "encode: capitals": changed(BYTES, "    ids = text_to_bytes(piece.lower())\n"),
    "decode: runs of wrong bytes": decoded(f'{REPLACED}.replace("\\ufffd\\ufffd", "\\ufffd")'),
    "decode: byte order marks": decoded('.decode("utf-8-sig", errors="replace")'),
    "decode: line ends": decoded(REPLACED + '.replace("\\r\\n", "\\n")'),
    "decode: zero bytes": decoded(REPLACED + '.replace("\\0", "")'),
    "decode: surrogates": decoded('.replace(b"\\xed\\xa0\\x80", b"?")' + REPLACED),
    "decode: a wrong byte stops the stream": SOURCE + STRICT,
    "decode: byte order marks in a stream": SOURCE + SIGNED,
    "decode: finish gives it twice": changed('        self.held = b""\n        return text\n\n\n# -- lesson 7', "        return text\n\n\n# -- lesson 7"),
    "decode: streams share what they hold": changed('        self.held = b""\n\n', "\n").replace("self.held", "StreamDecoder.held") + "\nStreamDecoder.held = b''\n",
    "decode: the ids are used up": decoded('.decode("utf-8", errors="replace") + "".join("" for _ in map(lambda _: ids.pop(), list(ids)))'),
    "decode: ids below 300": changed("tokens[token_id] for token_id in ids", 'tokens[token_id] if token_id < 300 else b"" for token_id in ids'),
    "special: the names are used up": changed("    ids: list[int] = []\n    for part in", "    special_tokens and special_tokens.pop(next(iter(special_tokens)))\n    ids: list[int] = []\n    for part in"),
    "special: one inside another": changed(
        AT_SPECIAL,
        "    parts = [text]\n    for name in longest_first:\n        parts = [one for part in parts for one in "
        '([part] if part in names else regex.split("(" + regex.escape(name) + ")", part))]\n    return parts',
    ),
    "special: none": changed("(special_tokens or {}).items()", "special_tokens.items()"),
    "special: another pattern": changed(
        "split(part, pattern):\n                ids += encode_piece", "split(part):\n                ids += encode_piece"
    ),
    "special: parts of names": changed("if name in allowed}", "if any(name in one for one in allowed)}"),
    "files: an empty chunk": changed(
        CHUNK, f"{CHUNK}        if not chunk:\n            yield from encode_piece(held, merges)\n            held = ''\n"
    ),
    "files: white space at the end": changed(REST, REST.replace("split(held, pattern):", "split(held, pattern) if held.strip() else []:")),
    "files: spaces around the pattern": changed('"pattern": pattern,', '"pattern": pattern.strip(),'),
    "files: many merges": changed("[list(pair) for pair in merges]", "[list(pair) for pair in merges][:1000]"),
    "files: always the same file": changed('open(path, "w"', 'open("saved.json", "w"').replace("open(path,", 'open("saved.json",'),
    "files: tokens as text": SOURCE + BY_TEXT,
    "bytes: astral characters by halves": changed(UTF8, HALVES),
    "bytes: tabs": bytes_of("text.expandtabs(4)"),
    "bytes: backslashes": bytes_of(r'text.replace("\\n", "\n")'),
    "bytes: entities": bytes_of('__import__("html").unescape(text)'),
    "bytes: an empty text": changed(UTF8, UTF8 + " or [0]"),
    "pairs: keys of decimal places": changed(PAIRS, PAIRS.replace("zip(ids, ids[1:])", "(divmod(a * 1000 + b, 1000) for a, b in zip(ids, ids[1:]))")),
    "pairs: the last pair": changed(PAIRS, PAIRS.replace("zip(ids, ids[1:])", "(one[:2] for one in zip(ids, ids[1:], ids[2:]))")),
    "split: long words": in_pattern(r"\p{L}+|", r"\p{L}{1,40}|"),
    "split: many digits": in_pattern(r"\p{N}+", r"\p{N}{1,9}"),
    "split: groups of a pattern": changed("        pieces.append(text[start:end])\n", "        pieces.append(match[match.lastindex or 0])\n"),
    "split: any case": changed(MATCHES, "regex.finditer(pattern, text, flags=0 if pattern == GPT2 else regex.IGNORECASE)"),
    "train: long tokens": changed("        new_id = 256 + len(merges)\n        merges[pair]", LONG_TOKENS + "        new_id = 256 + len(merges)\n        merges[pair]"),
    "train: ties by chance": changed("queue = [(-count, pair) for", "queue = [(-count, Shuffled(pair)) for").replace("(-current, pair)", "(-current, Shuffled(pair))").replace(
        "(-counts[new], new)", "(-counts[new], Shuffled(new))"
    )
    + SHUFFLED,
    "encode: the last of equal pairs first": changed(
        "        ids = merge_pair(ids, pair, merges[pair])\n    return ids", "        ids = merge_pair(ids[::-1], pair[::-1], merges[pair])[::-1]\n    return ids"
    ),
    "decode: accents": decoded(REPLACED + ".translate({0x301: None})"),
    "special: between spaces": changed("regex.escape(name) for name in longest_first", r"r'(?<!\S)' + regex.escape(name) + r'(?!\S)' for name in longest_first"),
    "files: letters of ASCII": changed(
        'open(path, "w", encoding="utf-8") as file:\n        json.dump(content, file)',
        'open(path, "w", encoding="ascii", errors="ignore") as file:\n        json.dump(content, file, ensure_ascii=False)',
    ),
    "files: chunks by number": changed("    for chunk in chunks:\n", "    for chunk in (chunks[at] for at in range(len(chunks))):\n"),
    "ways: floats": changed("    ways = [1]", "    ways = [1.0]").replace("    return ways[-1]\n", "    return int(ways[-1])\n"),
    "subwords: sums of counts": changed("tokens[pair[0]] * tokens[pair[1]])", "tokens[pair[0]] + tokens[pair[1]])"),
    "subwords: products of counts": changed("log(counts[word[start:end]] / total), start)", "log(counts[word[start:end]]), start)"),
    "subwords: letters besides": changed("token))[:size])", "token))[: size + sum(len(token) == 1 for token in counts) - 1])"),
    "subwords: the end first": changed("for at in range(len(parts)):", "for at in reversed(range(len(parts))):"),
    "patches: whole bits": changed("{byte: uncertainty(row) for", "{byte: round(uncertainty(row)) for"),
    "patches: a ring": changed("    for byte, following in zip(data, data[1:]):", "    for byte, following in zip(data, data[1:] + data[:1]):"),
    "patches: nothing before the first": changed("    return [data[start:end]", '    return [b""] + [data[start:end]'),
}  # fmt: skip


# Three of each stage are in the gate, the others are tried by night.
BY_STAGE = {
    stage: [name for name in WRONG if name.startswith(stage)]
    for stage in {name.partition(":")[0]: None for name in WRONG}
}
GATE = [name for names in BY_STAGE.values() for name in names[:3]]


@pytest.mark.parametrize("name", [name for name in WRONG if name not in GATE])
def test_others_are_noticed(name, written):
    test_it_is_noticed(name, written)


@pytest.mark.parametrize("name", GATE)
def test_it_is_noticed(name, written):
    stage = name.partition(":")[0]
    (graded,) = grade(written(WRONG[name]), stages=[stage]).stages
    assert not graded.passed
    assert graded.message.startswith(f"stage {graded.number} {stage}: ")
    assert "expected" in graded.message


PATIENT = """

class StreamDecoder:
    def __init__(self, merges):
        self.tokens, self.held = vocabulary(merges), b""
    def push(self, token_id):
        self.held += self.tokens[token_id]
        text = self.held.decode("utf-8", "replace")
        if text.endswith("\\ufffd") and not self.held.endswith("\\ufffd".encode()):
            return ""
        self.held = b""
        return text
    def finish(self):
        text, self.held = self.held.decode("utf-8", "replace"), b""
        return text
"""


def test_a_stream_may_wait_with_wrong_bytes_until_a_character_is_whole(written):
    report = grade(written(SOURCE + PATIENT), stages=["decode"])
    assert report.passed, report.to_text()
