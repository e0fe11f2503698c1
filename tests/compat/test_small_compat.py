"""The interfaces of rustbpe and of minbpe, beside rustbpe itself and beside the textbook."""

import minitok
import naive
import pytest
import rustbpe as theirs
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from minitok.compat import minbpe, rustbpe
from minitok.encodings.published import PUBLISHED

WORDS = st.lists(st.sampled_from(["low", "lower", " lowest", "12345", "é", "'ll", "\n\n", "  ", "aaaa", "漢字"])).map(
    "".join
)
CORPUS = ["low lower lowest, it'll be 12345 low\n\n", "naïve café 漢字漢字 aaaa aaaaa"] * 3


@given(st.lists(WORDS, min_size=1, max_size=4), st.integers(256, 290), WORDS)
def test_rustbpe_learns_and_encodes_the_same(texts, vocab_size, text):
    mine, other = rustbpe.Tokenizer(), theirs.Tokenizer()
    for tok in (mine, other):
        tok.train_from_iterator(iter(texts), vocab_size)
    assert mine.get_mergeable_ranks() == other.get_mergeable_ranks()
    assert (mine.get_pattern(), mine.vocab_size) == (other.get_pattern(), other.vocab_size)
    assert mine.encode(text) == other.encode(text)
    assert mine.batch_encode([text, "low"]) == other.batch_encode([text, "low"])
    assert mine.decode(mine.encode(text)) == text


def test_rustbpe_before_training_and_with_a_pattern():
    mine, other = rustbpe.Tokenizer(), theirs.Tokenizer()
    assert (mine.get_pattern(), mine.vocab_size, mine.encode("a")) == ("", 256, other.encode("a"))
    assert mine.get_mergeable_ranks() == other.get_mergeable_ranks()
    for tok in (mine, other):
        tok.train_from_iterator(iter(CORPUS), 280, 2, r"\w+|\W")
    assert mine.get_mergeable_ranks() == other.get_mergeable_ranks()
    # As nanochat goes on.
    ranks = dict(mine.get_mergeable_ranks())
    enc = tiktoken.Encoding("mine", pat_str=mine.get_pattern(), mergeable_ranks=ranks, special_tokens={"<|bos|>": 300})
    assert [enc.encode_ordinary(text) for text in CORPUS] == [mine.encode(text) for text in CORPUS]


# -- minbpe ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [minbpe.BasicTokenizer, minbpe.RegexTokenizer])
def test_the_example_of_the_lesson(kind):
    tok = kind()
    tok.train("aaabdaaabac", 256 + 3)
    assert tok.encode("aaabdaaabac") == [258, 100, 258, 97, 99]
    assert tok.decode([258, 100, 258, 97, 99]) == "aaabdaaabac"
    assert tok.vocab[258] == b"aaab"


@given(WORDS, st.integers(0, 12))
def test_merges_are_those_of_the_textbook(text, n_merges):
    basic, regex = minbpe.BasicTokenizer(), minbpe.RegexTokenizer()
    for tok in (basic, regex):
        tok.train(text, 256 + n_merges)
    assert list(basic.merges) == naive.train([text.encode()], n_merges, tie_break="first_seen")
    pieces = minitok.Tokenizer([], pattern=minbpe.GPT4_SPLIT_PATTERN)
    cut = minitok.backend.load_backend("rust").pattern(pieces.pattern).split(text.encode())
    assert list(regex.merges) == naive.train(cut, n_merges, tie_break="first_seen")
    assert [list(tok.merges.values()) for tok in (basic, regex)] == [
        list(range(256, 256 + len(tok.merges))) for tok in (basic, regex)
    ]
    assert basic.decode(basic.encode(text)) == regex.decode(regex.encode(text)) == text


def test_verbose_says_what_is_merged(capsys):
    minbpe.BasicTokenizer().train("aaab", 257, verbose=True)
    assert capsys.readouterr().out == "merge 1/1: (97, 97) -> 256 (b'aa') had 2 occurrences\n"


def test_gpt4_is_gpt4():
    tok, enc = minbpe.GPT4Tokenizer(), minitok.get_encoding("cl100k_base")
    text = "<|endoftext|>Hello world 안녕 😉<|fim_prefix|>one"
    assert tok.encode(text, allowed_special="all") == enc.encode(text, allowed_special="all")
    assert tok.special_tokens == PUBLISHED["cl100k_base"].special_tokens()
    assert tok.decode(tok.encode("hello")) == "hello"
    assert all(
        tok.vocab[made] == tok.vocab[left] + tok.vocab[right] for (left, right), made in list(tok.merges.items())[:500]
    )


@pytest.mark.parametrize("special", [{}, {"<|a|>": 1000, "<|b|>": 1001}])
def test_files_come_back(special, tmp_path):
    tok = minbpe.RegexTokenizer()
    tok.train("".join(CORPUS), 300)
    tok.register_special_tokens(special)
    text = "low<|a|>er"
    ids = tok.encode(text, "all")
    tok.save(str(tmp_path / "mine"))
    again = minbpe.RegexTokenizer()
    again.load(str(tmp_path / "mine.model"))
    assert (again.encode(text, "all"), again.decode(ids), again.merges) == (ids, text, tok.merges)
    shown = (tmp_path / "mine.vocab").read_text("utf-8").splitlines()
    assert len(shown) == len(tok.vocab)
    assert shown[97] == "[a] 97"
    assert shown[256].endswith("] 256")
    assert " -> " in shown[256]


def test_special_tokens_are_allowed_or_refused():
    tok = minbpe.RegexTokenizer()
    tok.register_special_tokens({"<s>": 256, "<t>": 257})
    assert tok.encode("<s>", "none") == tok.encode_ordinary("<s>") == list(b"<s>")
    assert tok.encode("<s><t>", {"<t>"}) == [*b"<s>", 257]
    with pytest.raises(AssertionError, match="<s>"):
        tok.encode("<s>")


def test_merges_may_be_set_by_hand():
    tok = minbpe.BasicTokenizer()
    tok.merges = {(97, 98): 256}
    assert tok.encode("abab") == [256, 256]
