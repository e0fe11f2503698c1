"""How fast minitok is here: `make bench`. Both backends on the same text; the reference on a slice of it.

The text comes with the package, so anyone can repeat this. A time says little on its own on a shared machine: compare
within one run.
"""

import minitok
import pytest
from minitok.data import tiny_shakespeare

SIZES = {"rust": None, "python": 50_000}


@pytest.fixture(params=SIZES)
def backend(request):
    return request.param


@pytest.fixture
def text(backend):
    return tiny_shakespeare()[: SIZES[backend]]


@pytest.fixture
def tokenizer(backend):
    return minitok.train([tiny_shakespeare()], 4096, backend="rust").with_backend(backend)


def test_train(benchmark, backend, text):
    tok = benchmark(minitok.train, [text], 1024, backend=backend, threads=1)
    assert tok.n_vocab == 1024


def test_encode(benchmark, tokenizer, text):
    ids = benchmark(tokenizer.encode, text)
    assert tokenizer.decode(ids) == text


def test_decode(benchmark, tokenizer, text):
    ids = tokenizer.encode(text)
    assert benchmark(tokenizer.decode_bytes, ids) == text.encode()


def test_count(benchmark, tokenizer, text):
    assert benchmark(tokenizer.count, text) == len(tokenizer.encode(text))
