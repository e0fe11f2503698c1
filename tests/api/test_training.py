"""Training: both backends, and the textbook, learn the same merges from any corpus under any options."""

import minitok
import naive
import pytest
import tokenizers
from helpers import BACKENDS, Failure, outcome, run_python, traced
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.reference.published.found_tokens import SpecialTokens
from minitok.reference.published.patterns import Pattern
from strategies import corpora, dense, train_options

LOREM = ["the cat sat on the mat", "the cats sat, the rats ran", "a mat, a hat; that's that  \n\n then 1234567"] * 3


@given(corpora, train_options())
def test_tracing_changes_nothing_and_is_the_same(corpus, options):
    results = []
    for backend in BACKENDS:
        tok, events = traced(minitok.train, corpus, backend=backend, **options)
        assert tok.merges == [tuple(event["winner"]) for event in events]
        assert tok == minitok.train(corpus, backend=backend, **options)
        results.append(events)
    assert results[0] == results[1]


@given(corpora, train_options())
def test_the_textbook_learns_the_same(corpus, options):
    options |= {"tie_break": "smallest_ids", "byte_order": "identity", "max_token_length": None}
    special = SpecialTokens({name: index for index, name in enumerate(options["special_tokens"])})
    pattern = Pattern(options["pattern"])
    pieces = [
        piece
        for document in (text.encode() if isinstance(text, str) else text for text in corpus)
        for start, end, token_id in special.split(document, special.ids)
        if token_id is None
        for piece in pattern.split(document[start:end])
    ]
    n_merges = options["vocab_size"] - 256 - len(special.ids)
    expected = naive.train(pieces, n_merges, options["min_frequency"])
    for backend in BACKENDS:
        tok = minitok.train(corpus, backend=backend, **options)
        assert tok.merges == expected
        assert tok.definition.trained["stop"] == ("vocab_size" if len(expected) == n_merges else "min_frequency")


@pytest.mark.parametrize("tie_break", naive.TIES)
@given(corpus=st.lists(dense, max_size=5), limit=st.none() | st.integers(1, 6), n_merges=st.integers(0, 25))
def test_each_tie_rule_is_what_it_says(tie_break, corpus, limit, n_merges):
    pieces = [text.encode() for text in corpus]
    expected = naive.train(pieces, n_merges, 1, tie_break, lambda token: limit is None or len(token) <= limit)
    options = {"vocab_size": 256 + n_merges, "pattern": "none", "tie_break": tie_break, "max_token_length": limit}
    for backend in BACKENDS:
        assert minitok.train(corpus, backend=backend, **options).merges == expected


@given(corpora, train_options(), st.integers(0, 40))
def test_a_truncated_training_is_a_shorter_training(corpus, options, fewer):
    for backend in BACKENDS:
        tok = minitok.train(corpus, backend=backend, **options)
        size = max(256 + len(options["special_tokens"]), tok.vocab_size - fewer)
        assert tok.shrink(size) == minitok.train(corpus, backend=backend, **{**options, "vocab_size": size})


@given(corpora, train_options())
def test_counts_only_fall_and_words_are_in_order(corpus, options):
    _, events = traced(minitok.train, corpus, backend="rust", **options)
    assert all(
        event["words"] == sorted(set(event["words"])) and event["ties"][0] == event["winner"] for event in events
    )
    if options["max_token_length"] is None:
        counts = [event["count"] for event in events]
        assert counts == sorted(counts, reverse=True)
        assert min(counts, default=options["min_frequency"]) >= options["min_frequency"]


@pytest.mark.parametrize("corpus", [[], [""], ["a"], ["ab"], [b""], ["", "", "a"]])
def test_a_corpus_too_small_ends_early(backend, corpus):
    tok = minitok.train(corpus, 1000, backend=backend)
    assert tok.definition.trained["stop"] == "min_frequency"
    assert len(tok.merges) == sum(len(text) - 1 for text in corpus if len(text) > 1)
    assert tok.decode(tok.encode("anything é")) == "anything é"


def test_a_piece_is_counted_as_often_as_it_occurs(backend):
    implementation = load_backend(backend)
    counter = implementation.piece_counter(implementation.pattern("none"), implementation.special_tokens({}))
    counter.add(["ab"])
    for _ in range(3):
        counter.add([b"ab", "cd"] * 1000)
    assert counter.pieces == {b"ab": 3001, b"cd": 3000}


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_threads_change_nothing(threads, backend):
    texts = [f"{word} {number} déjà vu 漢字" for number, word in enumerate(LOREM * 20)]
    expected = minitok.train(texts, 400, backend="python")
    assert minitok.train(texts, 400, threads=threads, backend=backend) == expected


def test_hash_seeds_change_nothing(backend):
    code = f"""
import minitok
for rule in ("smallest_ids", "first_seen", "greatest_bytes"):
    tok = minitok.train({LOREM!r}, 340, tie_break=rule, special_tokens=["the", "<s>"], backend={backend!r})
    print(tok.merges, tok.special_tokens, tok.encode("the cat's hat", allowed_special="all"))
"""
    runs = {run_python(code, PYTHONHASHSEED=seed).stdout for seed in ("0", "1", "4242")}
    assert len(runs) == 1
    assert len(runs.pop()) > 1000


def test_the_source_is_read_once_and_lazily(backend):
    drawn = []

    def source():
        for text in LOREM:
            drawn.append(text)
            yield text

    tok = minitok.train(source(), 300, backend=backend)
    assert drawn == LOREM
    assert tok == minitok.train(LOREM, 300, backend=backend)


def test_an_error_in_the_source_is_the_callers(backend):
    def source():
        yield "text"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        minitok.train(source(), 300, backend=backend)


def test_errors_in_callbacks_are_the_callers(backend):
    def fail(_):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        minitok.train(LOREM, 300, trace=fail, backend=backend)
    with pytest.raises(RuntimeError, match="no more"):
        minitok.train(LOREM, 300, progress=fail, backend=backend)


def test_progress_counts_bytes_and_then_merges(backend):
    heard = []
    minitok.train(LOREM, 300, progress=heard.append, backend=backend)
    counting = [at.done for at in heard if at.phase == "counting"]
    assert counting[-1] == sum(len(text.encode()) for text in LOREM)
    assert all(at.total == 44 for at in heard if at.phase == "merging")


def test_tokens_of_several_words(tmp_path):
    # SuperBPE: words first, then merges across them, as far as the second pattern allows.
    texts = ["by the way, it is one of 12 things.\n", "by the way, one of the rest! it is\n"] * 10
    made = []
    for backend in BACKENDS:
        words = minitok.train(texts, vocab_size=290, pattern="gpt2", special_tokens=["<s>"], backend=backend)
        phrases = words.replace(pattern=r"\p{N}|[^\p{N}\r\n.!?]+|[\r\n.!?]+").extend(texts, 320)
        assert phrases.merges[: len(words.merges)] == words.merges
        assert phrases.special_tokens == words.special_tokens
        tokens = [token for text in texts for token in phrases.tokenize(text)]
        assert any(token.strip().count(b" ") > 1 for token in tokens)
        assert not any(b"." in token and b" " in token for token in tokens)
        assert sum(map(len, phrases.encode_batch(texts))) < sum(map(len, words.encode_batch(texts)))
        assert phrases.decode_batch(phrases.encode_batch(texts)) == texts
        made.append(phrases)
    assert made[0] == made[1]
    made[0].save(tmp_path / "tokenizer.json", format="huggingface")
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert [theirs.encode(text, add_special_tokens=False).ids for text in texts] == made[0].encode_batch(texts)


@pytest.mark.parametrize("flag", ["lstrip", "rstrip", "single_word"])
def test_special_tokens_that_ask_something_of_the_text_are_not_extended(backend, flag):
    tok = minitok.train(["a a"], 258, special_tokens=["<s>"], backend=backend)
    asks = tok.replace(token_flags={"<s>": {flag}})
    message = "this tokenizer cannot be extended: the token '<s>' has "
    texts = ["a  <s>  b"] * 3
    counts = minitok.count_pieces(texts, special_tokens=["<s>"], backend=backend)
    for corpus in (texts, counts):
        assert outcome(asks.extend, corpus, 300) == Failure(minitok.errors.TrainingError, f"{message}{flag} (SPEC E9)")
        assert tok.extend(corpus, 300).vocab_size > 258
