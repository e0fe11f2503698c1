"""Explanations as data: equal on both backends, true to encoding, through JSON and back."""

import time
from functools import cache

import minitok
import pytest
from helpers import traced
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.explain import lanes
from minitok.explain.alternatives import LABELS, alternatives, labelled, top_level
from minitok.explain.report import why
from minitok.reference.pretokenize import NAMED
from minitok.reference.published.families import FAMILIES
from minitok.reference.published.patterns import Pattern
from text_changing import SPELLING, changing

TEXTS = [
    "",
    "I'LL parseHTTPRequest 1234567",
    "हिन्दी और 🦀\r\n\t naïve  ",
    "<|endoftext|> not <|endoftext|> special",
    b"\xff\xfe broken \xf0\x9f",
    "aaaa aaaaaaa",
    "a\u202eb<script>alert(1)</script>",
]


@cache
def trained(backend="rust", pattern="gpt2", **options):
    corpus = ["low lower lowest slow slower 🦀 🦀🦀 aaaa naïve"]
    return minitok.train(corpus, 300, pattern=pattern, special_tokens=["<|e|>"], backend=backend, **options)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
def test_both_backends_explain_alike(name, text):
    rust, python = (minitok.get_encoding(name, backend=backend) for backend in ("rust", "python"))
    told = rust.explain(text, allowed_special={"<|endoftext|>"})
    assert told == python.explain(text, allowed_special={"<|endoftext|>"})
    assert told.ids == rust.encode(text, allowed_special={"<|endoftext|>"})


@given(text=st.text(alphabet="low er<|>sté🦀\n1", max_size=24), pattern=st.sampled_from([*NAMED, "none", "l|[^l]+"]))
def test_an_explanation_is_true_to_the_trace(text, pattern):
    told = trained(pattern=pattern).explain(text, allowed_special="all")
    assert told == trained("python", pattern=pattern).explain(text, allowed_special="all")
    ids, spans = trained(pattern=pattern).encode_with_offsets(text, allowed_special="all")
    _, events = traced(trained(pattern=pattern).encode, text, allowed_special="all")
    assert [step for piece in told.pieces for step in piece.steps] == [
        event for event in events if event["event"] == "encode_merge"
    ]
    assert told.ids == ids
    assert [(token.first_char, token.last_char) for token in told.tokens] == spans
    assert b"".join(token.token for token in told.tokens) == told.text == text.encode()
    for piece in told.pieces:
        check_piece(told, piece)


def check_piece(told, piece):
    """Parts, steps and tokens agree."""
    assert b"".join(token.token for token in piece.tokens) == told.text[piece.start : piece.end]
    for part in piece.parts:
        assert told.vocabulary[part.id] == told.text[part.start : part.end]
        if part.rank is not None:
            left, right = piece.parts[part.left], piece.parts[part.right]
            assert (part.start, left.end, right.end) == (left.start, right.start, part.end)
    if not piece.special:
        assert len(piece.parts) == piece.end - piece.start + len(piece.steps)
        taken = {side for part in piece.parts for side in (part.left, part.right)} - {None}
        roots = [at for at in range(len(piece.parts)) if at not in taken]
        assert sorted(roots, key=lambda at: piece.parts[at].start) == [token.part for token in piece.tokens]


@given(text=st.text(alphabet="lower sté", max_size=16))
def test_what_is_blocked_could_have_merged_and_did_not(text):
    tok = trained()
    told = tok.explain(text)
    pairs = set(tok.merges)
    for piece in told.pieces:
        made = {(part.start, part.end) for part in piece.parts}
        for blocked in piece.blocked:
            assert (blocked.left, blocked.right) in pairs
            assert told.vocabulary[blocked.id] == told.text[blocked.start : blocked.end]
            if blocked.reason == "boundary":
                assert blocked.middle == piece.end
            else:
                by = piece.steps[blocked.step]
                assert blocked.by == by["id"]
                assert blocked.rank >= by["rank"]
                # The token that stopped it holds one of its sides, and not all of it.
                assert (blocked.start, blocked.end) not in made or tok.token_bytes(by["id"]) != told.vocabulary[
                    blocked.id
                ]


def test_blocked_merges_by_hand():
    # (b, c) is stopped by (a, b); (c, space) by the edge of the piece.
    told = minitok.Tokenizer([(97, 98), (98, 99), (99, 32)]).explain("abc d")
    found = [
        (told.vocabulary[one.id], one.rank, one.reason, one.step, one.by) for p in told.pieces for one in p.blocked
    ]
    assert found == [(b"bc", 1, "merge", 0, 256), (b"c ", 2, "boundary", None, None)]


def test_a_run_blocks_its_own_overlap():
    told = minitok.Tokenizer([(97, 97)], pattern="none").explain("aaa")
    (blocked,) = told.pieces[0].blocked
    assert (blocked.start, blocked.end, blocked.step, blocked.by) == (1, 3, 0, 256)
    assert told.pieces[0].steps[0]["ties"] == [0, 1]


def test_a_piece_taken_whole_has_the_merges_that_make_it():
    told = minitok.get_encoding("gpt2").explain(" hello")
    assert told.pieces[0].whole
    assert told.pieces[0].steps[-1]["ids"] == told.ids
    # "abc" is a token that no merges make: they would leave "a" and "bc".
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"bc": 256, b"abcd": 257}
    odd = minitok.Tokenizer.from_ranks(ranks, pattern="gpt2")
    (piece,) = odd.explain("abcd").pieces
    assert piece.whole
    assert [token.id for token in piece.tokens] == odd.encode("abcd") == [257]
    assert piece.tokens[0].part is None
    assert piece.steps[-1]["ids"] == [97, 256, 100]


@pytest.mark.parametrize("pattern", list(NAMED))
@given(text=st.text(max_size=30) | st.text(alphabet="aA 's'LL1\n\r\t./é", max_size=30))
def test_every_piece_of_a_named_pattern_has_its_alternative(pattern, text):
    data = text.encode("utf-8", "replace")
    found = list(labelled(pattern, data))
    assert [piece for piece, _ in found] == Pattern(pattern).split(data)
    assert all(alternative is not None for _, alternative in found)


def test_the_alternatives_are_the_pattern():
    for name, source in NAMED.items():
        assert "|".join(part for part, _ in top_level(source)) == source
        assert [one.label for one, _ in alternatives(name)] == list(LABELS[name])
        assert [one.label for one, _ in alternatives(source)] == list(LABELS[name])


def test_without_the_engine_the_alternative_is_unknown(monkeypatch):
    monkeypatch.setattr("minitok.explain.alternatives.has_engine", lambda: False)
    pieces = minitok.get_encoding("gpt2").explain("a 1").pieces
    assert [piece.alternative.label for piece in pieces] == ["unknown: needs minitok[reference]"] * 2


def test_alternatives_of_a_pattern_of_ones_own():
    found = [
        (piece, made and made.label) for piece, made in labelled(r"(?i)[a|]b|K|(?<=b)(c|d)|(?=z)", b"ABKk\xffcbcz")
    ]
    assert found == [
        (b"AB", r"(?i)[a|]b"),
        (b"K", "K"),
        (b"k", "K"),
        (b"\xffcb", None),
        (b"c", "(?<=b)(c|d)"),
        (b"z", None),
    ]
    # U+212A is a K if case is ignored, as it is here from the first alternative on.
    assert [made.label for _, made in labelled(r"(?i)a|k", "a\u212a".encode())] == ["(?i)a", "k"]
    assert list(labelled("none", b"a b")) == [(b"a b", None)]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_explains_its_pieces(name):
    text = "I'LL go, 漢字ab 2024!\n\n  é"
    lane = minitok.Tokenizer([], pattern=name).explain(text).lanes[0]
    pieces = [text.encode()[piece.start : piece.end] for piece in lane.pieces]
    assert pieces == Pattern(name).split(text.encode())
    assert all(piece.alternative for piece in lane.pieces)


@pytest.mark.parametrize(
    ("pattern", "labels"),
    [
        ("(?#bytes)[a-z]+|Ġ", ["[a-z]+", "Ġ", "[a-z]+", None]),
        ("(?#bytes)gpt2", ["word", "symbols"]),
        (r" c|.(?#then)(?#bytes)\w", [r"\w"] * 3 + [r"\w", r"\w", "."]),
        (r"(?#bytes)\w+(?#then)b|é", [r"\w+", "b", r"\w+", None]),
        ("(?#bytes)none", [None]),
        (r"(?#bytes)deepseek3(?#then)\xff", None),
    ],
)
def test_a_pattern_of_bytes_is_explained(pattern, labels, backend):
    tok = minitok.Tokenizer([(97, 98)], pattern=pattern, backend=backend)
    for data in ("ab cé".encode(), "12345 naïve 東京 🦀\xff".encode("latin-1", "ignore"), b"\xff\xc3 a", b""):
        told = tok.explain(data)
        assert [token.id for token in told.tokens] == tok.encode(data)
        found = list(labelled(pattern, data))
        assert [piece for piece, _ in found] == Pattern(pattern).split(data)
        assert [(piece.start, piece.end) for piece in lanes(data, [pattern])[0].pieces] == [
            (piece.start, piece.end) for piece in told.pieces
        ]
    found = list(labelled(pattern, "ab cé".encode()))
    assert labels is None or [made and made.label for _, made in found] == labels
    assert not pattern.startswith("(?#bytes)[a-z]") or [made.source for made, _ in alternatives(pattern)] == [
        "[a-z]+",
        "Ġ",
    ]


# -- what is done to text first --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPELLING)
@settings(max_examples=20)
@given(text=st.text(alphabet="ab c1\u0301é▁<>s\n中X", max_size=20) | st.text(max_size=12), special=st.booleans())
def test_text_that_is_changed_first_is_explained_as_it_is_cut(name, text, special):
    allowed = "all" if special else ()
    toks = [changing(name, backend) for backend in ("rust", "python")]
    told, other = (tok.explain(text, allowed_special=allowed) for tok in toks)
    assert told == other
    assert told.ids == toks[0].encode(text, allowed_special=allowed)
    assert told.text == b"".join(toks[0].tokenize(text, allowed_special=allowed))
    spelled = b""
    for piece, cut in zip(told.pieces, told.lanes[0].pieces, strict=True):
        assert (piece.start, piece.end, piece.special, piece.added) == (cut.start, cut.end, cut.special, cut.added)
        assert piece.start == len(spelled)
        spelled += b"".join(token.token for token in piece.tokens)
        for part in piece.parts:
            assert told.vocabulary[part.id] == told.text[part.start : part.end]
    assert spelled == told.text


def test_kinds_of_tokens_by_hand(backend):
    tok = changing("added", backend)
    told = tok.explain("<a>b<s>", allowed_special="all")
    assert [(piece.special, piece.added) for piece in told.pieces] == [(False, True), (False, False), (True, False)]
    assert [why(piece) for piece in told.pieces] == ["added token", "word", "special token"]
    assert [why(piece) for piece in tok.explain("<a><s>").pieces] == ["added token", "symbols", "word", "symbols"]
    # A late token is found in text in NFC, and takes no part in merging; the spaces behind <a> are dropped.
    late = changing("late", backend).explain("e\u0301 <a>  b")
    assert [token.token for token in late.tokens] == ["é".encode(), b" ", b"<a>", b"b"]
    assert [(piece.start, piece.added) for piece in late.pieces] == [(0, True), (2, False), (3, True), (6, False)]
    # A space before the text is part of the text that is cut, once; behind a token that is found, too.
    told = changing("segment", backend).explain("aéb")
    assert (told.text, [piece.start for piece in told.pieces]) == (" aé b".encode(), [0, 2, 4])
    # Words without what lies between them, each with its end.
    told = changing("words", backend).explain("ab  \n c")
    assert (told.text, [piece.end for piece in told.lanes[0].pieces]) == (b"ab c ", [3, 5])


def test_a_long_piece_costs_no_more_than_many_short_ones(backend):
    tok = minitok.get_encoding("gpt2", backend=backend)
    told = {}
    for n in (1_500, 24_000):
        begun = time.process_time()
        told[n] = tok.explain("tokenization" * (n // 12))
        told[n].to_json()
        told[n] = told[n], time.process_time() - begun
    long, seconds = told[24_000]
    assert long.ids == tok.encode("tokenization" * 2_000)
    assert seconds < 40 * max(0.05, told[1_500][1])


@given(text=st.text(alphabet="elorstw", max_size=120) | st.text(alphabet="ab", max_size=200))
def test_the_steps_of_a_long_piece_are_the_trace(text):
    _, events = traced(long_merges().encode, text)
    steps = [step for piece in long_merges().explain(text).pieces for step in piece.steps]
    assert steps == [event for event in events if event["event"] == "encode_merge"]


@cache
def long_merges():
    return minitok.train(["lower lowest slowest", "abababaabbabaab" * 3, "aaaaaaaabbbbb"], 300, pattern="none")


SLOW = r"(?:(?:a|a)+(?<=aa))+c"


@pytest.mark.parametrize("pattern", [rf"{SLOW}|{SLOW}d|{SLOW}e", rf"\w+(?#then){SLOW}", rf"(?#bytes){SLOW}"])
def test_an_explanation_has_one_budget(pattern):
    tok = minitok.Tokenizer([], pattern=pattern)
    for ask in (
        lambda: tok.explain("a" * 40),
        lambda: lanes("a" * 40, [pattern] * 3),
    ):
        begun = time.process_time()
        with pytest.raises(minitok.errors.PatternError, match="too many steps"):
            ask()
        assert time.process_time() - begun < 6
