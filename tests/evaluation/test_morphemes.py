"""Morphemes: by hand, against the paper's definition, from files, and as the command and the page show them."""

import gzip
import json

import minitok
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.cli.app import app
from minitok.definition import Definition
from minitok.evaluation import evaluate
from minitok.evaluation.morphemes import LONGEST, counts_of, morpheme_row, read_words

RUNNER = CliRunner()
TEXTS = {"t": ["a b", "b"]}
WORDS = ["ab|ab", "ab|c", "a|bc", "abc", "ab", "a|b", "x|yz"]


def run(*words, width=None, code=0):
    env = {"COLUMNS": str(width), "NO_COLOR": "1", "TERM": "dumb"} if width else {}
    result = RUNNER.invoke(app, ["evaluate", "-q", *map(str, words)], env=env)
    assert result.exit_code == code, result.output
    return result


def rows_of(tok, words, **options):
    return evaluate({"t": tok}, TEXTS, morphemes={"words": words}, **options).morphemes


def test_by_hand(backend):
    """The only merge is ab."""
    (row,) = rows_of(Tokenizer([(97, 98)], backend=backend), WORDS)
    # ab-ab, ab-c, ab-c, ab-c, ab, ab, x-y-z: two words are one token.
    assert (row.tokenizer, row.group, row.words, row.one_token) == ("t", "words", 7, 2 / 7)
    # Of the borders in cut words, ab|ab, ab|c and x|yz are met, and a|bc is not.
    assert row.morphscore == 3 / 4
    # Six cuts: one each in four words, two in xyz.
    assert row.precision == 3 / 6
    for value, ends in (
        (row.one_token, row.one_token_interval),
        (row.morphscore, row.morphscore_interval),
        (row.precision, row.precision_interval),
    ):
        assert ends[0] < value < ends[1]


def test_more_than_two_morphemes_are_a_recall_of_borders(backend):
    (row,) = rows_of(Tokenizer([(97, 98), (256, 97)], backend=backend), ["ab|a|b", "a|b|a|b"])
    # aba-b twice: one border of two, and one of three.
    assert (row.morphscore, row.precision, row.one_token) == (2 / 5, 1, 0)


def test_a_cut_inside_a_character_is_no_border(backend):
    # é is C3 A9, and A9 b is a token: C3, A9 b. Its offsets in characters are (0, 1), (0, 2), and 1 is no end.
    tok = Tokenizer([(0xA9, 98)], pattern="none", backend=backend)
    assert tok.encode_with_offsets("\u00e9b")[1] == [(0, 1), (0, 2)]
    assert counts_of(tok, [("\u00e9", "b")]) == [(2, 1, 1, 0)]
    # Without the merge, the second of two cuts is one.
    assert counts_of(Tokenizer([], backend=backend), [("\u00e9", "b")]) == [(3, 1, 2, 1)]


def test_words_without_a_cut_or_a_border_say_nothing_of_borders(backend):
    tok = Tokenizer([(97, 98)], backend=backend)
    (row,) = rows_of(tok, ["a|b"])
    assert (row.one_token, row.morphscore, row.precision) == (1, None, None)
    assert (row.one_token_interval, row.morphscore_interval, row.precision_interval) == (None, None, None)
    # A word of one morpheme that is cut counts for precision alone.
    (row,) = rows_of(tok, ["a|b", "cd"])
    assert (row.one_token, row.morphscore, row.precision) == (1 / 2, None, 0)


def test_spaces_that_a_tokenizer_adds_are_no_part_of_the_word(backend):
    ids = {**{bytes([byte]): byte for byte in range(256)}, b" ab": 256, b"ab": 257, b" a": 258}
    definition = Definition.from_tokens(ids, [(97, 98), (32, 97), (32, 257)], prefix="text", pattern="none")
    tok = Tokenizer(definition).replace(backend=backend)
    assert tok.tokenize("abc") == [b" ab", b"c"]
    assert counts_of(tok, [("ab", "c")]) == [(2, 1, 1, 1)]
    # A token that is the added space alone is no cut: c is one token.
    assert tok.tokenize("c") == [b" ", b"c"]
    assert counts_of(tok, [("c",)]) == [(1, 0, 0, 0)]


def test_a_word_is_normalized(backend):
    tok = Tokenizer([], normalizer="NFC", backend=backend)
    # e and its accent are one character, which is two bytes: the border inside it is gone.
    assert counts_of(tok, [("xe", "\u0301y")]) == [(4, 1, 3, 0)]
    # Other borders stand elsewhere: x and two bytes, then y.
    assert counts_of(tok, [("xe\u0301", "y")]) == [(4, 1, 3, 1)]


def test_tokens_that_do_not_spell_a_word_meet_no_border(backend):
    definition = Definition.from_tokens({b"a": 0, b"b": 1}, [], drops_bytes=True, pattern="none")
    tok = Tokenizer(definition).replace(backend=backend)
    assert counts_of(tok, [("a", "b")]) == [(2, 1, 1, 1)]
    assert counts_of(tok, [("a", "xb")]) == [(2, 1, 1, 0)]


def score(words, tokenize):
    """MorphScore as Arnett and Bergen define it: 1 where the tokens before some token are the first morpheme, 0 where not; words
    of one token are left out."""
    points = []
    for first, rest in words:
        tokens = tokenize(first + rest)
        if len(tokens) > 1:
            points.append(any("".join(tokens[:at]) == first for at in range(1, len(tokens))))
    return sum(points) / len(points) if points else None


@given(st.lists(st.tuples(st.text("abc", min_size=1, max_size=5), st.text("abc", min_size=1, max_size=5)), min_size=1))
@pytest.mark.parametrize("name", ["rust", "python"])
def test_it_is_the_score_of_its_authors(name, words):
    tok = Tokenizer([(97, 98), (98, 99), (256, 256), (99, 257)], backend=name)
    row = morpheme_row("t", "words", counts_of(tok, words), lambda *_: None)
    texts = {"".join(word): [token.decode() for token in tok.tokenize("".join(word))] for word in words}
    assert row.morphscore == pytest.approx(score(words, texts.get))
    cuts = [
        (len("".join(texts[first + rest][:at])), len(first))
        for first, rest in words
        for at in range(1, len(texts[first + rest]))
    ]
    expected = sum(cut == border for cut, border in cuts) / len(cuts) if cuts else None
    assert row.precision == pytest.approx(expected)
    assert row.one_token == pytest.approx(sum(len(texts[a + b]) == 1 for a, b in words) / len(words))


def test_many_words_are_resampled_in_runs():
    (row,) = rows_of(Tokenizer([]), ["ab|c"] * 2500, resamples=20)
    assert (row.words, row.morphscore, row.morphscore_interval, row.precision) == (2500, 1, (1, 1), 1 / 2)


def test_rows_come_by_group_and_tokenizer():
    toks = {"one": Tokenizer([]), "two": Tokenizer([(97, 98)])}
    found = evaluate(toks, TEXTS, morphemes={"x": ["ab|c"], "y": ["a|bc"]})
    assert [(row.tokenizer, row.group, row.morphscore) for row in found.morphemes] == [
        ("one", "x", 1), ("two", "x", 1), ("one", "y", 1), ("two", "y", 0),
    ]  # fmt: skip
    assert evaluate(toks, TEXTS).morphemes == []


def test_files_are_groups(tmp_path):
    (tmp_path / "en.txt").write_bytes(b"\xef\xbb\xbfa|b\r\nc|d")
    (tmp_path / "de.gold.txt.gz").write_bytes(gzip.compress("\u00fc|b\n".encode()))
    assert read_words([tmp_path / "en.txt", tmp_path / "de.gold.txt.gz"]) == {"en": ["a|b", "c|d"], "de": ["\u00fc|b"]}


@pytest.fixture
def english(tmp_path):
    path = tmp_path / "english.txt"
    path.write_text("abandon|ed\nun|break|able\nlight|ness\n" * 400, encoding="utf-8")
    return path


def test_the_command_says_what_the_function_says(english, tmp_path):
    (tmp_path / "a.txt").write_text("ab ab\n", encoding="utf-8")
    page = tmp_path / "page.html"
    printed = json.loads(run("--json", "-e", "gpt2", tmp_path / "a.txt", "--morphemes", english, "--html", page).stdout)
    words = english.read_text(encoding="utf-8").split()
    found = evaluate({"gpt2": minitok.get_encoding("gpt2")}, {"a": ["ab ab\n"]}, morphemes={"english": words})
    assert printed["morphemes"] == json.loads(json.dumps(found.to_dict()["morphemes"]))
    (row,) = found.morphemes
    html = page.read_text(encoding="utf-8")
    low, high = row.precision_interval
    assert f">{row.precision:.2f} ({low:.2f} to {high:.2f})<" in html
    assert "Morphemes" not in evaluate({"t": Tokenizer([])}, TEXTS).to_html()
    refused = run("-e", "gpt2", "--morphemes", english, "--html", english, code=2)
    assert "would be overwritten" in " ".join(refused.stderr.split())


def test_a_word_may_be_as_long_as_a_line_is_read(tmp_path):
    path = tmp_path / "en.txt"
    longest = "a|" + "\U0001f980" * (LONGEST - 2)
    path.write_bytes(b"\xef\xbb\xbf" + longest.encode() + b"\r\n")
    assert read_words([path]) == {"en": [longest]}
