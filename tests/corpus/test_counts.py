"""Counting and learning apart: the same merges as together, from files, from parts, on either backend."""

import json
import pickle
from functools import partial
from pathlib import Path

import minitok
import numpy as np
import pytest
from helpers import BACKENDS, Failure, on_both, traced
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.corpus.counts import new_counter
from strategies import corpora, dense, merge_lists, rank_tables, train_options

COUNTING = ("pattern", "special_tokens")
TIES = ("smallest_ids", "first_seen", "greatest_bytes")


def parted(options):
    """The options of counting, and those of learning."""
    options = dict(options)
    return {name: options.pop(name) for name in COUNTING}, options


@given(corpora, train_options())
def test_both_backends_count_the_same(corpus, options):
    counting, _ = parted(options)
    rust, python = (minitok.count_pieces(corpus, backend=backend, **counting) for backend in BACKENDS)
    assert list(rust.to_dict().items()) == list(python.to_dict().items())
    assert (rust.documents, rust.bytes, rust.pieces, len(rust)) == (
        len(corpus), sum(len(text.encode() if isinstance(text, str) else text) for text in corpus), python.pieces, len(python)
    )  # fmt: skip
    assert rust == python.with_backend("rust")
    assert rust.pieces == sum(rust.to_dict().values())


@given(corpora, train_options(), st.lists(st.integers(0, 6), max_size=3))
def test_counts_of_parts_are_the_counts_of_the_whole(corpus, options, places):
    counting, learning = parted(options)
    ends = sorted({min(place, len(corpus)) for place in places})
    parts = [corpus[start:end] for start, end in zip([0, *ends], [*ends, len(corpus)], strict=True)]
    for backend in BACKENDS:
        first, *others = (minitok.count_pieces(part, backend=backend, **counting) for part in parts)
        merged = first.merge(*others)
        assert merged == minitok.count_pieces(corpus, backend=backend, **counting)
        tok = minitok.train(merged, **learning)
        expected = minitok.train(corpus, backend=backend, **options)
        assert tok == expected
        assert tok.report.ties == expected.report.ties
        # The counts are still there.
        assert minitok.train(merged, **learning) == expected
        assert tok.definition.backend == backend


class Stopped:
    """A stream that is stopped at its second part."""

    parts = 1

    def read(self, size):
        self.parts -= 1
        if self.parts < 0:
            raise KeyboardInterrupt
        return b"low lower lowest "[: size % 17] + b"low lower lowest " * (size // 17)


def test_a_counter_that_was_stopped_says_so(backend):
    counter = new_counter(load_backend(backend), "gpt2", [], 1)
    counter.add(["low"])
    assert counter.totals() == (1, 3, 1, 1)
    with pytest.raises(KeyboardInterrupt):
        counter.add_stream(Stopped(), None, lambda _: None, Path("stream"), 1)
    one = np.ones(1, np.uint32), np.ones(1, np.int64)
    calls = [counter.finish, counter.totals, counter.to_arrays, partial(counter.add, ["low"])]
    calls += [partial(counter.add_pieces, b"a", *one, 1, 1)]
    for call in calls:
        with pytest.raises(minitok.errors.TrainingError, match="counting was stopped before it was done; count again"):
            call()


@given(corpora, train_options())
def test_a_file_of_counts_holds_them_all(tmp_path_factory, corpus, options):
    counting, _ = parted(options)
    path = tmp_path_factory.mktemp("counts") / "corpus.counts"
    written = set()
    for backend in BACKENDS:
        counts = minitok.count_pieces(corpus, backend=backend, **counting)
        counts.save(path)
        written.add(path.read_bytes())
        for reader in BACKENDS:
            again = minitok.PieceCounts.load(path, backend=reader)
            assert again.with_backend(backend) == counts
            assert again.backend == reader
        assert pickle.loads(pickle.dumps(counts)) == counts
    assert len(written) == 1


def test_counts_of_files_are_those_of_their_documents(tmp_path, backend):
    (tmp_path / "a.txt").write_bytes(b"low lower--lowest<s>low--")
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": "low é"}) + "\n")
    options = {"pattern": "gpt2", "special_tokens": ["<s>"], "backend": backend}
    counts = minitok.count_pieces_in_files(tmp_path / "*", separator="--", **options)
    assert counts == minitok.count_pieces(["low lower", "lowest<s>low", "", "low é"], **options)
    assert counts.documents == 4
    assert counts.bytes == 9 + 12 + 6
    assert repr(counts) == f"PieceCounts(pattern='gpt2', documents=4, pieces=6, distinct=4, backend={backend!r})"


@given(corpora, train_options())
def test_the_report_is_the_same_and_its_ties_are_those_of_the_trace(corpus, options):
    def told(backend):
        report = minitok.train(corpus, backend=backend, **options).report
        return {name: value for name, value in report.to_dict().items() if name != "phases"}

    tok, events = traced(minitok.train, corpus, backend="rust", **options)
    report = on_both(told)
    assert report["ties"] == tok.report.ties == sum(len(event["ties"]) > 1 for event in events)
    assert report["merges"] == len(tok.merges)


def test_a_report_is_kept_with_the_tokenizer(tmp_path, backend):
    tok = minitok.train(["low lower lowest"] * 3, 262, special_tokens=["<s>"], backend=backend)
    report = tok.report
    assert (report.stop, report.documents, report.bytes) == ("vocab_size", 3, 48)
    assert (report.pieces, report.unique_pieces) == (9, 3)
    assert [phase.name for phase in report.phases] == ["counting", "merging"]
    assert report.seconds == sum(phase.seconds for phase in report.phases)
    assert all(phase.peak_memory is None or phase.peak_memory > 1e6 for phase in report.phases)
    tok.save(tmp_path / "a.json")
    assert minitok.load(tmp_path / "a.json").report == report
    assert pickle.loads(pickle.dumps(tok)).report == report
    assert minitok.Tokenizer([]).report is None
    assert minitok.get_encoding("gpt2").report is None
    assert [phase.name for phase in minitok.train(minitok.count_pieces(["ab"]), 257).report.phases] == ["merging"]


@given(corpora, corpora, train_options(), st.integers(0, 30))
def test_extending_goes_on_as_both_backends_say(corpus, more, options, further):
    def extended(backend):
        tok = minitok.train(corpus, backend=backend, **options)
        learning = {name: options[name] for name in ("tie_break", "min_frequency", "max_token_length")}
        larger, events = traced(tok.extend, more, tok.vocab_size + further, **learning)
        assert larger == tok.extend(more, tok.vocab_size + further, **learning)
        counts = minitok.count_pieces(
            more, pattern=tok.pattern, special_tokens=list(tok.special_tokens), backend="rust"
        )
        assert larger == tok.extend(counts, tok.vocab_size + further, **learning)
        # Every id stays.
        for token_id in range(tok.vocab_size):
            assert larger.decode_bytes([token_id]) == tok.decode_bytes([token_id])
        assert larger.special_tokens == tok.special_tokens
        for text in more:
            assert larger.decode_bytes(larger.encode(text)) == (text.encode() if isinstance(text, str) else text)
        return larger.definition.vocabulary(), larger.report.ties, events

    assert not isinstance(on_both(extended), Failure)


@given(corpora, train_options(), st.integers(0, 40))
def test_extending_on_the_same_texts_is_training_further(corpus, options, size):
    options["special_tokens"] = []
    learning = {name: options[name] for name in ("tie_break", "min_frequency", "max_token_length")}
    for backend in BACKENDS:
        whole = minitok.train(corpus, backend=backend, **options)
        small = minitok.train(
            corpus, backend=backend, **{**options, "vocab_size": min(256 + size, options["vocab_size"])}
        )
        assert small.extend(corpus, options["vocab_size"], **learning) == whole


@pytest.mark.parametrize("name", ["gpt2", "o200k_base", "whisper"])
def test_published_encodings_can_be_extended(name):
    tok = minitok.get_encoding(name)
    word = "flibbertygibbet"
    larger = tok.extend([f" {word}" * 9], tok.vocab_size + 20)
    assert larger.encode(f" {word}") == [larger.vocab_size - 1]
    assert larger.definition.trained["extended_from"] == tok.vocab_size
    assert larger.vocab_size > tok.vocab_size
    assert larger.encode("Nothing else changes, naïvely.") == tok.encode("Nothing else changes, naïvely.")
    assert larger.special_tokens == tok.special_tokens


def test_progress_tells_rate_and_time_left(backend):
    heard = []
    minitok.train(["low lower lowest é"] * 1000, 270, progress=heard.append, backend=backend)
    assert heard[0].phase == "counting"
    for phase in {at.phase for at in heard}:
        seconds = [at.seconds for at in heard if at.phase == phase]
        assert seconds == sorted(seconds)
        assert seconds[0] == 0
    for at in heard:
        assert at.rate is None or at.rate > 0
        assert at.remaining is None or at.remaining >= 0
    assert [at.done for at in heard if at.phase == "counting"][-1] == 19_000


@given(rank_tables(), st.lists(dense, max_size=4), st.integers(0, 12), st.sampled_from(TIES))
def test_vocabularies_of_ranks_are_extended_alike(ranks, corpus, further, tie_break):
    def extended(backend):
        tok = minitok.Tokenizer.from_ranks(ranks, pattern="gpt2", backend=backend)
        larger = tok.extend(corpus, tok.vocab_size + further, tie_break=tie_break)
        assert all(larger.decode(larger.encode(text)) == text for text in corpus)
        return larger.definition.vocabulary(), [larger.encode(text) for text in corpus]

    on_both(extended)


@given(merge_lists(), st.lists(dense, max_size=4), st.integers(0, 12), st.sampled_from(TIES))
def test_merges_that_nobody_learnt_are_extended_alike(merges, corpus, further, tie_break):
    def extended(backend):
        tok = minitok.Tokenizer(merges, pattern="none", special_tokens={"<s>": 256 + len(merges) + 3}, backend=backend)
        larger = tok.extend(corpus, tok.vocab_size + further, tie_break=tie_break)
        assert larger.definition.vocabulary()[0].items() >= tok.definition.vocabulary()[0].items()
        return larger.definition.vocabulary(), larger.report.ties

    on_both(extended)


def test_counters_say_which_pieces_are_new_and_hold_files(tmp_path, backend):
    counter = new_counter(load_backend(backend), "none", [], 2)
    lengths = np.array([1, 2, 1, 2], np.uint32)
    assert counter.add_pieces(b"abbabb", lengths, np.array([1, 2, 3, 4]), 0, 0).tolist() == [0, 1]
    assert counter.add_pieces(b"xbbabb", lengths, np.array([1, 2, 3, 4]), 0, 0).tolist() == [0]
    assert counter.pieces == {b"a": 7, b"bb": 12, b"x": 1}
    files = [tmp_path / name for name in ("counts", "lengths", "data")]
    contents = np.array([3, 1], "<i8").tobytes(), np.array([2, 1], "<u4").tobytes(), b"xyz"
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    counter = new_counter(load_backend(backend), "none", [], 1)
    counter.hold(files, 2, 7)
    assert counter.pieces == {b"xy": 3, b"z": 1}
    assert counter.totals() == (2, 7, 4, 2)
