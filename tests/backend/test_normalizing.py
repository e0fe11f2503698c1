"""A normal form in front of a tokenizer: what is encoded is the text in it, special tokens are those of the text itself."""

from unicodedata import normalize

import minitok
import pytest
from helpers import both
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.reference.published.normal_forms import FORMS
from strategies import any_text, texts

MERGES = [(0xC3, 0xA9), (32, 256), (97, 98), (60, 115)]
SPECIAL = {"<s>": 300, "KK": 301}
# The kelvin sign and the wide "<" become "K" and "<"; the last is a stroke that "<" and ">" take.
ODD = [
    "e\u0301", "\u00e9", " e\u0301", "\u212a", "\uff1cs\uff1e", "<s>", "<s>\u0338", "\u0338", "KK", "ab",
    "\u1100\u1161", "a\u0323\u0307",
]  # fmt: skip
marked = st.lists(st.sampled_from(ODD) | texts, max_size=6).map("".join)


def tokenizer(form="NFC", backend=None):
    return Tokenizer(MERGES, special_tokens=SPECIAL, normalizer=form, backend=backend)


def by_hand(tok, text, allowed):
    """Ids by the rule: cut at the special tokens of the text, each segment in its form."""
    plain = tok.replace(normalizer=None)
    ids, done = [], 0
    while done < len(text):
        found = [(at, -len(name), name) for name in allowed if (at := text.find(name, done)) >= 0]
        at, _, name = min(found, default=(len(text), 0, None))
        ids += plain.encode(normalize(tok.definition.normalizer, text[done:at]))
        ids += [SPECIAL[name]] if name else []
        done = at + len(name or "")
    return ids


@pytest.mark.parametrize("form", FORMS)
def test_ids_by_hand(form):
    rust, python = both(tokenizer(form))

    @given(st.lists(marked, max_size=4), st.sampled_from([(), ("<s>",), ("<s>", "KK")]))
    def check(texts, allowed):
        expected = [by_hand(rust, text, allowed) for text in texts]
        for tok in (rust, python):
            assert tok.encode_batch(texts, allowed_special=allowed) == expected

    check()


# At some places of each text the codec of the pattern may cut what it is given, but not what is made of it.
@pytest.mark.parametrize(
    ("form", "prefix", "pattern", "text"),
    [
        ("NFC", None, ".", "x e\u0301xxxx"),
        ("NFC", None, "\\p{L}|\\p{M}", "ab e\u0301\u0323 abab"),
        ("NFKC", None, "[0-9]+", "a 1\u2460 2\u2460 aaa"),
        ("lowercase", None, "[a-z]+", "ab aB AB ab"),
        ("lowercase", None, "a ?", "a A aA a aaaa"),
        (None, "bytes", "[0-9]", "ab<s>1ab <s>12 KK\t3"),
        (None, "bytes", "gpt2", "ab KK\tab KK ab"),
        ("NFC", "bytes", "[a-z]+", "ab<s>ab<s> e\u0301"),
    ],
)
def test_a_safe_cut_changes_no_id(form, prefix, pattern, text):
    allowed, data = ("<s>", "KK"), text.encode()
    for tok in both(Tokenizer(MERGES, pattern=pattern, special_tokens=SPECIAL, normalizer=form)):
        codec = tok.definition.replace(prefix=prefix).codec()
        ids = codec.encode(data, allowed)
        for end in range(len(data) + 1):
            if cut := codec.safe_cut(data[:end], allowed):
                assert codec.encode(data[:cut], allowed) + codec.going_on().encode(data[cut:], allowed) == ids


@given(any_text, st.sampled_from([(), ("<s>", "KK")]))
def test_traces_are_those_of_the_normal_form(text, allowed):
    for tok in both(tokenizer("NFKC")):
        events = []
        ids = tok.encode(text, allowed_special=allowed, trace=events.append)
        assert ids == tok.encode(text, allowed_special=allowed)
        data = tok.decode_bytes(ids)
        parts = [(event["start"], event["end"]) for event in events if "start" in event]
        assert b"".join(data[start:end] for start, end in parts) == data
        numbers = [event["piece"] for event in events if event["event"] == "piece"]
        assert numbers == list(range(len(numbers)))
        explained = tok.explain(text, allowed_special=allowed)
        assert [token.id for token in explained.tokens] == ids


def test_special_tokens_are_those_of_the_text_itself(backend):
    tok = tokenizer("NFKC", backend)
    assert tok.encode("\u212aK\uff1cs\uff1e", allowed_special="all") == tok.encode("KK<s>")
    assert tok.encode("<s>\u0338", allowed_special="all")[0] == 300
    with pytest.raises(minitok.errors.DisallowedSpecialTokenError):
        tok.encode("a<s>", disallowed_special="all")
    assert tok.encode("\uff1cs\uff1e", disallowed_special="all") == tok.encode("<s>")


def test_it_is_part_of_what_a_tokenizer_is(backend, tmp_path):
    tok = tokenizer(backend=backend)
    plain = tok.replace(normalizer=None)
    assert (tok.definition.lossless, plain.definition.lossless) == (False, True)
    assert tok != plain
    assert "normalizer='NFC'" in repr(tok)
    assert "normalizer" not in repr(plain)
    for other in (tok.replace(pattern="none"), tok.add_tokens(["<t>"], special=True), tok.shrink(259), *both(tok)):
        assert other.definition.normalizer == "NFC"
    for form in ("tiktoken", "gpt2", "minbpe"):
        with pytest.raises(minitok.errors.VocabularyError, match=r"text is normalized first \(NFC\)"):
            tok.save(tmp_path / "x", format=form)
    assert list(tmp_path.iterdir()) == []


def test_late_tokens_are_looked_for_in_the_text_once_it_is_normalized(backend):
    plain = Tokenizer(MERGES, special_tokens=SPECIAL, backend=backend)
    late, both_ways = plain.replace(late_tokens=["KK"]), plain.replace(normalizer="NFC", late_tokens=["KK"])
    kelvins = "\u212a\u212a"
    assert plain.encode("<s>KK", allowed_special="all") == late.encode("<s>KK", allowed_special="all") == [300, 301]
    assert late.encode(kelvins, allowed_special="all") == plain.encode(kelvins)
    assert both_ways.encode(kelvins, allowed_special="all") == [301]
    assert (late.definition.lossless, both_ways.definition.lossless) == (True, False)
    assert plain != late != both_ways
    for tok in (late, both_ways):
        assert tok.definition.late_tokens == tok.replace(pattern="none").definition.late_tokens == {"KK"}
        assert tok.replace(special_tokens={"<s>": 300}).definition.late_tokens == frozenset()
    accent = Tokenizer(MERGES, special_tokens={"é": 300}, normalizer="NFD", late_tokens=["é"], backend=backend)
    assert accent.encode("ée\u0301", allowed_special="all") == [300, 300]


def test_a_replacement_is_refused_before_it_takes_memory(backend):
    import tracemalloc

    tok = Tokenizer([], normalizer=("replace", "a", "b" * 100_000), backend=backend)
    tracemalloc.start()
    with pytest.raises(minitok.errors.VocabularyError, match="200000000 bytes, where 132096 are allowed"):
        tok.encode("a" * 2000)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
