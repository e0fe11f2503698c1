"""What the lessons ask for, and the right answers, as Python has them."""

import minitok
from minitok.course.beyond_bpe import count_next, expected, patches, train_wordpiece, uncertainty, unigram, wordpiece
from minitok.course.lattice import Tokenizations
from minitok.play import shakespeare
from minitok.reference.pairs import count_pairs, merge_pair
from minitok.reference.published.patterns import Pattern

COMPOSED, APART = "caf\u00e9", "cafe\u0301"
BYTES = [
    ("A letter with an accent", len("é".encode())),
    ("A Chinese character", len("漢".encode())),
    ("A crab", len("🦀".encode())),
    ("Two that look alike", "no" if COMPOSED.encode() != APART.encode() else "yes"),
    ("Where a character begins", sum(byte >> 6 != 0b10 for byte in "漢🦀".encode())),
    ("Two words for a shop", len("दुकान".encode())),
]
PENCIL = "low lower lowest"
MERGES = minitok.train([PENCIL], 258, pattern="none").merges
AFTER = merge_pair(merge_pair(list(PENCIL.encode()), MERGES[0], 256), MERGES[1], 257)
PAIRS = [
    ("The first pair", " ".join(map(chr, MERGES[0]))),
    ("The second", len(AFTER)),
    ("Three of a kind, counted", count_pairs(list(b"aaa"))[97, 97]),
    ("Three of a kind, merged", len(merge_pair(list(b"aaa"), (97, 97), 256))),
]
GPT2 = minitok.get_encoding("gpt2")
CAPITALS = b"I'LL pay 12345"
SPLITS = [
    ("Into pieces", len(Pattern("gpt2").split(b"I'll be  back, 007!"))),
    ("The second space", "with “back”, behind it" if b" back" in Pattern("gpt2").split(b"I'll be  back, 007!") else ""),
    ("Capitals", len(Pattern("gpt2").split(CAPITALS[:4]))),
    ("Digits", sum(piece.isdigit() for piece in Pattern("cl100k").split(CAPITALS))),
    ("Across an edge", "· + b" if minitok.train(["a1a1a1 bc"], 257).merges == [(32, 98)] else ""),
    ("A tie", " + ".join(map(chr, minitok.train(["cdabe"], 257, pattern="none").merges[0]))),
]


def of_merges(*merges):
    ids = {bytes([byte]): byte for byte in range(256)}
    pairs = []
    for left, right in (merge.encode().split() for merge in merges):
        pairs.append((ids[left], ids[right]))
        ids[left + right] = 255 + len(pairs)
    return minitok.Tokenizer(pairs, pattern="none")


def cut(tok, text):
    return " | ".join(token.decode() for token in tok.tokenize(text))


ENCODED = [
    ("Two that share a letter", cut(of_merges("b a", "c b"), "cba")),
    ("A token that is never made", cut(of_merges("b c", "a b", "ab c"), "abc")),
    ("One merge, two places", cut(of_merges("a a"), "aaa")),
    ("Step by step", 5 - of_merges("a b", "b c", "ab c").count("abcbc")),
    ("Wrong, and not noticed", 3),
    ("A real word", GPT2.count(" unforgettable")),
]
CRAB = GPT2.encode("🦀")


def pushed(tok, ids):
    decoder = tok.stream_decoder()
    return [*map(decoder.push, ids), decoder.finish()]


STREAMS = [
    ("Tokens that are text", sum("\ufffd" not in GPT2.decode([one]) for one in CRAB)),
    ("Half a character", "a, and a space" if pushed(GPT2, GPT2.encode("a 🦀"))[:2] == ["a", " "] else ""),
    ("The end", pushed(GPT2, GPT2.encode("a 🦀")[:2])[-1]),
    ("Held back", len("🦀".encode()) - 1),
    ("One is lost", GPT2.decode([CRAB[0], CRAB[2]]).count("\ufffd")),
]

SMALL = {"a", "ab", "##c", "##d", "##bcd"}
JOINED = train_wordpiece({"low": 5, "lower": 2, "newest": 6, "widest": 3}, 1)[0]
CUTS = [
    ("The longest that fits", len(wordpiece("abcd", SMALL))),
    ("No way back", ", ".join(wordpiece("abcd", SMALL - {"##d"}))),
    ("The first pair", " ".join(JOINED).replace("##", "")),
    ("The likeliest cut", len(unigram("aaa", {"a": 6, "aa": 3, "aaa": 1}))),
    ("All cuts", str(expected({"ab": 1}, {"a": 1, "b": 1, "ab": 1})["ab"])),
    ("Side by side", "WordPiece"),
]


def ids_of(tok):
    return {tok.token_bytes(token_id): token_id for token_id in range(tok.vocab_size)}


DEAD = of_merges("b c", "a b", "ab c")
LISTS = [
    ("Count them", Tokenizations(ids_of(of_merges("a a", "a b")), b"aabab").count),
    ("Ten letters", Tokenizations(ids_of(of_merges("a a")), b"a" * 10).count),
    ("The shortest?", DEAD.count("abc")),
    ("Dead", sum(DEAD.encode(token) != [token_id] for token, token_id in ids_of(DEAD).items() if token_id > 127)),
    ("Drift", of_merges("l o", "lo w", "e s", "es t", "w e").count("lowest")),
]
PLAYS = count_next(shakespeare().decode())
PATCHES = [
    ("What is certain", int(uncertainty(count_next("queue quiz")[ord("q")]))),
    ("A toss", int(uncertainty(count_next("abacabac")[ord("a")]))),
    ("Three that follow", str(uncertainty(count_next("xaxbxaxc")[ord("x")]))),
    ("On the line", len(patches("aab", count_next("aab"), 1))),
    (
        "Words that nobody named",
        "after each space" if all(one.endswith(b" ") for one in patches("What a queer bird", PLAYS, 3.9)[:-1]) else "",
    ),
    ("Another language", len(patches("नमस्ते", PLAYS, 3.9))),
]
LESSONS = {
    "lesson-2.html": BYTES,
    "lesson-3.html": PAIRS,
    "lesson-4.html": SPLITS,
    "lesson-5.html": ENCODED,
    "lesson-6.html": STREAMS,
    "lesson-16.html": CUTS,
    "lesson-17.html": LISTS,
    "lesson-18.html": PATCHES,
}
