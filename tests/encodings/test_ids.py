"""The ids of every published encoding are those of tiktoken 0.14 over the same ranks, special tokens in every role.

tools/compare_ids.py makes the same comparison over as many texts as one likes, and over files.
"""

from functools import cache

import minitok
import pytest
import tiktoken
from helpers import both
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from minitok.reference.pretokenize import NAMED
from mirror import ROOT
from strategies import texts

NAMES = [
    "gpt2",
    "p50k_base",
    "p50k_edit",
    "cl100k_base",
    "o200k_base",
    "o200k_harmony",
    "whisper",
    "whisper_v3",
    "whisper_en",
]
THOROUGH = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def reference(name):
    tok = minitok.get_encoding(name)
    return tiktoken.Encoding(
        name,
        pat_str=NAMED[tok.pattern],
        mergeable_ranks={token: token_id for token_id, token in tok.definition.vocabulary()[0].items()},
        special_tokens=tok.special_tokens,
    )


@st.composite
def marked_texts(draw, name):
    """Texts with the special tokens of an encoding in them, whole and broken."""
    names = list(minitok.get_encoding(name).special_tokens)
    marks = st.sampled_from(names[:12] + names[-3:])
    broken = marks.map(lambda mark: mark[1:]) | marks.map(lambda mark: mark[:-1]) | marks.map(lambda mark: mark * 2)
    return "".join(draw(st.lists(st.one_of(texts, marks, broken), max_size=6)))


def special_choices(name):
    """Some of the special tokens, to be allowed."""
    return st.lists(st.sampled_from(list(minitok.get_encoding(name).special_tokens)[:8]), max_size=3).map(set)


def check_ids(tok, theirs, text, some):
    """The ids of a text with no, all and some special tokens are those of tiktoken; how many they are."""
    expected = theirs.encode_ordinary(text)
    assert tok.encode(text) == expected
    assert tok.encode(text, allowed_special="all") == theirs.encode(text, allowed_special="all")
    ids = theirs.encode(text, allowed_special=some, disallowed_special=())
    assert tok.encode(text, allowed_special=some) == ids
    assert tok.decode_bytes(ids) == text.encode()
    assert tok.encode_to_numpy(text).tolist() == expected
    assert tok.count(text) == len(expected)
    try:
        theirs.encode(text, allowed_special=some)
    except ValueError:
        with pytest.raises(minitok.errors.DisallowedSpecialTokenError):
            tok.encode(text, allowed_special=some, disallowed_special="all")
    else:
        assert tok.encode(text, allowed_special=some, disallowed_special="all") == ids
    return len(expected)


@pytest.mark.parametrize("name", NAMES)
def test_ids_of_any_text(name):
    @THOROUGH
    @given(marked_texts(name), special_choices(name))
    def check(text, some):
        check_ids(minitok.get_encoding(name), reference(name), text, some)

    check()


@pytest.mark.parametrize("name", ["p50k_edit", "cl100k_base", "o200k_harmony", "whisper"])
def test_ids_on_both_backends(name):
    rust, python = both(minitok.get_encoding(name))

    @settings(THOROUGH, max_examples=40)
    @given(marked_texts(name))
    def check(text):
        assert python.encode(text) == rust.encode(text)
        assert python.encode(text, allowed_special="all") == rust.encode(text, allowed_special="all")

    check()


@pytest.mark.parametrize("name", NAMES)
def test_ids_of_whole_files(name):
    tok, theirs = minitok.get_encoding(name), reference(name)
    for path in [
        ROOT / "LICENSE",
        ROOT / "NOTICE",
        *sorted((ROOT / "rust").glob("*.rs")),
        *sorted((ROOT / "tests").glob("*.py")),
    ]:
        text = path.read_text(encoding="utf-8")
        assert tok.encode(text) == theirs.encode_ordinary(text)


@pytest.mark.parametrize("name", NAMES)
def test_every_token_alone(name):
    """Every token comes to itself, and every text that is a token is that token."""
    tok, theirs = minitok.get_encoding(name), reference(name)
    tokens = [token for token in tok.definition.vocabulary()[0].values() if token]
    plain = tok.replace(pattern="none")
    assert plain.encode_batch(tokens) == [[tok.token_id(token)] for token in tokens]
    sample = [token.decode() for token in tokens[::50] if token.decode("utf-8", "ignore").encode() == token]
    assert tok.encode_batch(sample) == [theirs.encode_ordinary(token) for token in sample]
