"""Special tokens in trusted spans only: by hand, and against what encoding does where all is trusted, or nothing."""

from itertools import accumulate, product

import pytest
from helpers import both
from hypothesis import example, given, settings
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.definition import Definition
from minitok.spans.segments import ids_of_segments, ids_of_spans, shared_segments, spans_of_ids
from strategies import texts

MERGES = [(0xC3, 0xA9), (32, 256), (97, 98), (60, 115), (98, 60)]
SPECIAL = {"<s>": 300, "<s>x": 301, "ab<": 302, "  ": 303, "\n": 304}
EVERYWHERE = {"  ", "\n"}
PARTS = [
    "<s>", "<", "s", ">", "x", "ab", "ab<", " ", "  ", "\n", "\u00e9", "e\u0301", "\u0338", "\u0301", "\u2581",
    "\u4e2d", "",
]  # fmt: skip
words = st.lists(st.sampled_from(PARTS), max_size=4).map("".join) | texts
spans = st.lists(st.tuples(words, st.booleans()), max_size=6)


def by_hand(tok, spans, *, apart):
    """Ids by the rule, a character at a time: the longest special token that is all trusted, or found everywhere.

    Where spans are kept apart, no token crosses a border.
    """
    text = "".join(text for text, _ in spans)
    owner = [number for number, (text, _) in enumerate(spans) for _ in text]
    trusted = [spans[number][1] for number in owner]
    ids, run, at = [], "", 0

    def may_be_found(name, at):
        end = at + len(name)
        crosses = len(set(owner[at:end])) > 1
        return text.startswith(name, at) and (all(trusted[at:end]) or name in EVERYWHERE) and not (apart and crosses)

    while at < len(text):
        found = [name for name in SPECIAL if may_be_found(name, at)]
        name = max(found, key=len, default=None)
        if name or (apart and at and owner[at] != owner[at - 1]):
            ids += tok.encode(run)
            run = ""
        if name:
            ids.append(SPECIAL[name])
            at += len(name)
        else:
            run += text[at]
            at += 1
    return ids + tok.encode(run)


@pytest.mark.parametrize("apart", [False, True])
def test_ids_by_hand(apart):
    rust, python = both(Tokenizer(MERGES, special_tokens=SPECIAL))

    @example([(" ", False), (" ", False)])
    @given(spans)
    def check(spans):
        expected = by_hand(rust, spans, apart=apart)
        for tok in (rust, python):
            assert tok.encode_segments(spans, merge_across=not apart) == expected

    check()


def tokenizers():
    """Definitions with every kind of what is done to text before it is encoded."""
    chars = {bytes([byte]): 1000 + byte for byte in b" abesx<>\n"} | {b"ab": 1300, b" a": 1301}
    merges = [(1000 + ord("a"), 1000 + ord("b")), (1000 + ord(" "), 1000 + ord("a"))]
    numbers = {name: 2000 + token_id for name, token_id in SPECIAL.items()}
    for form, late in product(["NFC", "NFKD", None], [(), ("<s>", "  ", "ab<")]):
        for flags in [{}, {"<s>": ["lstrip", "rstrip"], "<s>x": ["single_word"]}]:
            fields = {"normalizer": form, "late_tokens": late, "token_flags": flags}
            yield Definition.from_merges(MERGES, special_tokens=SPECIAL, **fields)
        for prefix in ("never", "text", "segment", "first", "always"):
            fields = {"normalizer": form, "late_tokens": late, "prefix": prefix, "pattern": "none"}
            yield Definition.from_tokens(chars, merges, fallback=range(256), special_tokens=numbers, **fields)


ALL = [Tokenizer(definition) for definition in tokenizers()]


def held(definition, spans):
    """The ids of spans, those of each that has text, and the tokens that are found."""
    ids, ranges, tokens = ids_of_spans(definition, spans)
    return ids.tolist(), [own for own, (text, _) in zip(ranges, spans, strict=True) if text], tokens


def only_trusted_text_becomes_special(definition, spans, *, apart):
    """But for a token that is found everywhere, and for a space before a late one, which is not a part of its name."""
    names = {token_id: name for name, token_id in definition.special_tokens.items()}
    for part in shared_segments(definition, spans, apart=apart):
        name = names.get(part.token_id, "\n")
        if name in EVERYWHERE:
            continue
        assert part.data.decode().strip() == name.strip()
        at = 0
        for owner, size in part.shares:
            data, at = part.data[at : at + size], at + size
            # What it takes of the text around it, and the space before a segment, may be anybody's.
            assert spans[owner][1] or data.decode().isspace()


@pytest.mark.parametrize("number", range(len(ALL)))
def test_what_is_trusted_is_special_and_both_backends_say_which_ids_hold_a_span(number):
    tok = ALL[number]
    python = tok.replace(backend="python")

    @settings(max_examples=10)
    @given(spans)
    def check(spans):
        text = "".join(text for text, _ in spans)
        for trusted, allowed in ((True, "all"), (False, EVERYWHERE)):
            expected = tok.encode(text, allowed_special=allowed)
            marked = [(text, trusted) for text, _ in spans]
            assert tok.encode_segments(marked, merge_across=True) == expected
            assert tok.encode_segments([(text, trusted)]) == expected
        for across in (False, True):
            assert tok.encode_segments(spans, merge_across=across) == python.encode_segments(spans, merge_across=across)
            only_trusted_text_becomes_special(tok.definition, spans, apart=not across)
        # The Python backend goes over the segments.
        assert held(tok.definition, spans) == held(python.definition, spans)

    check()


def test_which_ids_hold_a_span_takes_one_call_where_they_spell_it():
    whole = b"<s>ab<", ("<s>",), "nothing", ([(0, 3)], ())
    spelled = Tokenizer(MERGES, special_tokens=SPECIAL).definition.codec().encode_spans(*whole, [3, 3, 4, 6])
    assert (spelled[0].tolist(), *spelled[1:]) == ([300, 258, 60], [(0, 1), (1, 1), (1, 2), (1, 3)], [(0, 3)])
    changed = Tokenizer(MERGES, special_tokens=SPECIAL, normalizer="NFC").definition.codec()
    assert changed.encode_spans(*whole, [3, 6]) is not None
    assert changed.encode_spans("e\u0301".encode(), *whole[1:3], ([], ()), [3]) is None


@given(spans, st.booleans())
def test_the_ids_of_a_span_hold_its_text(spans, apart):
    definition = Tokenizer(MERGES, special_tokens=SPECIAL).definition
    codec = definition.codec()
    parts = shared_segments(definition, spans, apart=apart)
    ids, offsets = ids_of_segments(codec, parts)
    ends = [0, *accumulate(len(codec.decode_bytes([token_id])) for token_id in ids.tolist())]
    at = 0
    for (text, _), (start, end) in zip(spans, spans_of_ids(codec, parts, ids, offsets, len(spans)), strict=True):
        first, at = at, at + len(text.encode())
        if text:
            assert ends[start] <= first < ends[start + 1]
            assert ends[end - 1] < at <= ends[end]
        else:
            assert start == end


def test_a_change_across_a_border_is_trusted_if_both_sides_are():
    tok = Tokenizer([], special_tokens={"<é>": 300}, normalizer="NFC", late_tokens=["<é>"])
    assert tok.encode("<é>", allowed_special="all") == [300]
    assert tok.encode_segments([("<é>", True)], merge_across=True) == [300]
    assert tok.encode_segments([("<e\u0301>", True)], merge_across=True) == [300]
    assert tok.encode_segments([("<e", True), ("\u0301>", True)], merge_across=True) == [300]
    for spans in ([("<e", True), ("\u0301", False), (">", True)], [("<", True), ("e\u0301", False), (">", True)]):
        assert tok.encode_segments(spans, merge_across=True) == list("<é>".encode())
    # A mark that joins what is before it takes no token from elsewhere, and none that it does not touch.
    spans = [("<é>", True), ("a\u0301<é>", False), ("<é>中<é>", True), ("\u0301", False), ("<é>", True)]
    text = "<é>".encode()
    expected = [300, *"á".encode(), *text, 300, *"中".encode(), 300, *"\u0301".encode(), 300]
    assert tok.encode_segments(spans, merge_across=True) == expected


def test_a_run_of_marks_across_borders_fails_closed():
    tok = Tokenizer([], special_tokens={"<s>": 300}, normalizer="NFC", late_tokens=["<s>"])
    marks = "\u0301\u0323" * 1000
    spans = [("<s>a", True), (marks, False), ("\u0323<s>", True)]
    ids = tok.encode_segments(spans, merge_across=True)
    assert tok.decode(ids) == tok.definition.normalize("<s>a" + marks + "\u0323<s>")


def test_many_spans_take_time_that_grows_with_them():
    """A hundred thousand borders, each with half a token: seconds if each were looked at from the start."""
    tok = Tokenizer([], special_tokens={"<s>": 300})
    spans = [("<s", True), (">", False)] * 50_000
    assert len(tok.encode_segments(spans, merge_across=True)) == 150_000
    assert tok.encode_segments([]) == tok.encode_segments([("", True)]) == []
