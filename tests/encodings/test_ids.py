"""The ids of every published encoding are those of tiktoken 0.14 over the same ranks, special tokens in every role.

tools/compare_ids.py makes the same comparison over as many texts as one likes, and over files.
"""

import minitok
import pytest
import tiktoken
from helpers import both
from hypothesis import given
from hypothesis import strategies as st
from minitok.reference.pretokenize import NAMED
from mirror import ROOT
from strategies import texts

# Each encoding with the one whose tokens and pattern it has.
NAMES = {
    "gpt2": "gpt2",
    "whisper_en": "gpt2",
    "p50k_base": "p50k_base",
    "p50k_edit": "p50k_base",
    "cl100k_base": "cl100k_base",
    "o200k_base": "o200k_base",
    "o200k_harmony": "o200k_base",
    "whisper": "whisper",
    "whisper_v3": "whisper",
}
without_special_tokens = pytest.mark.parametrize("encoding", sorted(set(NAMES.values())), indirect=True, scope="module")


def by_tiktoken(tok):
    """The same encoding as tiktoken has it."""
    return tiktoken.Encoding(
        tok.definition.name,
        pat_str=NAMED[tok.pattern],
        mergeable_ranks={token: token_id for token_id, token in tok.definition.vocabulary()[0].items()},
        special_tokens=tok.special_tokens,
    )


@pytest.fixture(scope="module", params=NAMES)
def encoding(request):
    """An encoding, and that of tiktoken; there is one at a time, since each takes a hundred megabytes."""
    tok = minitok.get_encoding(request.param)
    return tok, by_tiktoken(tok)


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


def test_ids_of_any_text(encoding):
    tok, theirs = encoding

    @given(marked_texts(tok.definition.name), special_choices(tok.definition.name))
    def check(text, some):
        check_ids(tok, theirs, text, some)

    check()


@pytest.mark.parametrize("name", ["p50k_edit", "cl100k_base", "o200k_harmony", "whisper"])
def test_ids_on_both_backends(name):
    rust, python = both(minitok.get_encoding(name))

    @given(marked_texts(name))
    def check(text):
        assert python.encode(text) == rust.encode(text)
        assert python.encode(text, allowed_special="all") == rust.encode(text, allowed_special="all")

    check()


@pytest.mark.parametrize(("name", "other"), [*NAMES.items(), ("r50k_base", "gpt2")])
def test_these_have_the_same_tokens_and_pattern(name, other):
    one, two = minitok.get_encoding(name), minitok.get_encoding(other)
    assert one.definition.vocabulary()[0] == two.definition.vocabulary()[0]
    assert one.pattern == two.pattern


@without_special_tokens
def test_ids_of_whole_files(encoding):
    tok, theirs = encoding
    for path in [
        ROOT / "LICENSE",
        *sorted((ROOT / "rust/reference").rglob("*.rs")),
        *sorted((ROOT / "tests").glob("*.py")),
    ]:
        text = path.read_text(encoding="utf-8")
        assert tok.encode(text) == theirs.encode_ordinary(text)


@without_special_tokens
def test_every_token_alone(encoding):
    """Every token comes to itself, and every text that is a token is that token."""
    tok, theirs = encoding
    tokens = [token for token in tok.definition.vocabulary()[0].values() if token]
    plain = tok.replace(pattern="none")
    assert plain.encode_batch(tokens) == [[tok.token_id(token)] for token in tokens]
    sample = [token.decode() for token in tokens[::50] if token.decode("utf-8", "ignore").encode() == token]
    assert tok.encode_batch(sample) == [theirs.encode_ordinary(token) for token in sample]
