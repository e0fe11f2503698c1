"""No lock is held while Python code runs: callbacks, finalizers and threads may use what called them."""

import contextlib
import gc
from concurrent.futures import ThreadPoolExecutor

import minitok
import pytest
from minitok.backend import load_backend


class Pushes:
    """Something in a cycle that pushes to all streams when it is collected."""

    def __init__(self, streams):
        self.streams = streams
        self.cycle = self

    def __del__(self):
        push_all(self.streams, 97)


def push_all(streams, token_id):
    for stream in streams:
        with contextlib.suppress(UnicodeDecodeError):
            stream.push(token_id)


def test_a_finalizer_may_push_to_the_stream_that_runs_it(backend):
    streams = [minitok.Tokenizer([], backend=backend).stream_decoder(errors="strict")]
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(300):
            Pushes(streams)
            push_all(streams, 195)
            push_all(streams, 40)
            with pytest.raises(minitok.errors.UnknownTokenError):
                streams[0].push(10**6)
    finally:
        gc.set_threshold(*before)


def test_streams_threads_and_the_collector_together():
    toks = [minitok.Tokenizer([(97, 98)], backend=backend) for backend in ("rust", "python")]
    streams = [tok.stream_decoder(errors=errors) for tok in toks for errors in ("replace", "strict")]

    def work(seed):
        for turn in range(300):
            Pushes(streams)
            push_all(streams, (seed * 7919 + turn * 31) % 256)
            if turn % 20 == 0:
                gc.collect()
            assert toks[0].decode(toks[0].encode("abc" * turn)) == "abc" * turn
        return "done"

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == ["done"] * 6


def counter(backend):
    chosen = load_backend(backend)
    return chosen.piece_counter(chosen.pattern("gpt2"), chosen.special_tokens({}), 2)


def test_a_callback_that_asks_its_own_counter_gets_an_answer_or_an_error(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("some words and more words " * 40_000)
    seen = []

    def on_chunk(_):
        try:
            seen.append(counting.totals())
        except minitok.errors.TrainingError as error:
            seen.append(str(error))

    counting = counter("rust")
    counting.add_file(path, None, on_chunk)
    with path.open("rb") as stream:
        counting.add_stream(stream, None, on_chunk, path, path.stat().st_size)
    assert seen
    assert counting.totals()[0] == 2
    assert all(isinstance(told, tuple) or "in use" in told for told in seen)


def test_a_callback_of_a_training_may_read_what_it_is_trained_on():
    counts = minitok.count_pieces(["low lower lowest " * 10])
    pieces = []
    minitok.train(counts, 262, trace=lambda _: pieces.append(len(counts)))
    assert pieces
    assert set(pieces) == {len(counts)}


def test_a_counter_that_a_callback_stopped_says_so(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("some words and more words " * 2_500_000)  # so long that the callback is called before the end

    def fails(_):
        raise LookupError("enough")

    counting = counter("rust")
    with pytest.raises(LookupError, match="enough"):
        counting.add_file(path, None, fails)
    for call in (lambda: counting.add(["a b"]), counting.finish):
        with pytest.raises(minitok.errors.TrainingError, match="stopped before it was done; count again"):
            call()
