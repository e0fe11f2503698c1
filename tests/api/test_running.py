"""Processes and threads: a tokenizer is the same wherever and however it is used."""

import copy
import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import minitok
import pytest
from helpers import both

TEXT = "It's 12345 déjà vu,  \n\n漢字 and 😀 the lowest of the low. " * 20


@pytest.fixture
def tok(backend):
    merges = minitok.train([TEXT], 330, pattern="cl100k").merges
    return minitok.Tokenizer(merges, pattern="cl100k", special_tokens={"<s>": 400}, name="tests", backend=backend)


def encode(tokenizer, text):
    return tokenizer.encode(text, allowed_special="all")


class Loud(minitok.Tokenizer):
    """A subclass that encodes in its own way and has an attribute of its own."""

    def encode(self, text, *args, **options):
        return super().encode(text.upper(), *args, **options)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_keeps_the_class(tok, protocol, backend):
    opened = minitok.get_encoding("gpt2", backend=backend)
    for loud in (Loud(tok.definition), Loud(opened.definition)):
        loud.notes = ["mine"]
        for again in (pickle.loads(pickle.dumps(loud, protocol)), copy.copy(loud), copy.deepcopy(loud)):
            assert type(again) is Loud
            assert again == loud
            assert again.encode("ab") == loud.encode("ab") == loud.encode("AB")
            assert again.notes == ["mine"]
            assert (again.definition.name, again.definition.backend) == (loud.definition.name, loud.definition.backend)
        assert type(loud.replace(backend="python")) is Loud
    # Opened again by its name, not written out.
    assert len(pickle.dumps(loud, protocol)) < 1000
    assert pickle.loads(pickle.dumps(opened, protocol)) is opened


@pytest.mark.parametrize(
    "error",
    [
        minitok.errors.UnknownTokenError(3, 1), minitok.errors.UnknownTokenError("qq"), minitok.errors.DisallowedSpecialTokenError("<s>", 2), minitok.errors.FileFormatError("a", "b", 3),
        minitok.errors.PatternError("(", "open"), minitok.errors.VocabularyError("v"), minitok.errors.TrainingError("t"), minitok.errors.BackendError("b"),
    ],
    ids=repr,
)  # fmt: skip
def test_an_error_crosses_processes(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    assert isinstance(again, minitok.errors.MinitokError)


def test_tokenizers_compare_by_value(tok):
    rust, python = both(tok)
    assert rust == python
    assert hash(rust) == hash(python)
    assert rust != minitok.Tokenizer(rust.merges, pattern="gpt2", special_tokens=rust.special_tokens)
    assert rust != minitok.Tokenizer(rust.merges, pattern="cl100k")
    assert rust != "a string"
    assert {rust, python} == {rust}


def test_a_tokenizer_cannot_be_changed_through_what_it_shows(tok):
    before = encode(tok, TEXT)
    tok.special_tokens["x"] = 1
    tok.merges.clear()
    tok.definition.vocabulary()[0].clear()
    assert encode(tok, TEXT) == before
    assert tok.special_tokens == {"<s>": 400}


# A fork of a process with threads is what users do, and what is tested here; Python 3.12 warns of it.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_give_the_same_ids(tok, method):
    expected = tok.encode_batch([TEXT] * 8, threads=2)  # used before the fork, on threads
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(encode, [tok] * 4, [TEXT] * 4)) == expected[:4]
        assert pool.submit(tok.encode_batch, [TEXT] * 8, threads=2).result() == expected
        trained = pool.submit(minitok.train, [TEXT] * 4, 300, threads=2).result()
    assert trained == minitok.train([TEXT] * 4, 300, threads=2)
    assert tok.encode_batch([TEXT] * 8, threads=2) == expected


def test_threads_share_a_tokenizer(tok):
    texts = [TEXT[shift:] for shift in range(40)]
    expected = [encode(tok, text) for text in texts]
    barrier = threading.Barrier(8)

    def work(_):
        barrier.wait()
        return [encode(tok, text) for text in texts], tok.decode_batch(expected), tok.count_batch(texts)

    with ThreadPoolExecutor(8) as pool:
        for ids, decoded, counts in pool.map(work, range(8)):
            assert ids == expected
            assert decoded == texts
            assert counts == list(map(len, expected))


def test_threads_share_a_stream_decoder_without_harm(tok):
    stream = tok.stream_decoder()
    with ThreadPoolExecutor(4) as pool:
        shown = list(pool.map(stream.push, [97] * 400))
    assert "".join(shown) + stream.finish() == "a" * 400
