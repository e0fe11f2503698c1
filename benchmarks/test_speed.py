"""How fast minitok is here: ``make bench``. A time says little on a shared machine: compare within one run.

The texts come with minitok and Python, so anyone can repeat this; see ``texts.py``. ``test_reference`` runs the Python
reference, on less text; all else is the extension, on one thread.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import minitok
import pytest

from . import texts

if TYPE_CHECKING:
    from minitok import Tokenizer

SIZE = 500_000
ENCODINGS = ("gpt2", "cl100k_base", "o200k_base")
# Each name of a call, and whether it wants many texts.
CALLS = {"encode": False, "encode_to_numpy": False, "count": False, "encode_batch": True, "encode_batch_to_numpy": True}

Benchmark = Any


@cache
def text_named(name: str) -> str:
    return texts.read(name, SIZE)[0]


@pytest.fixture(params=ENCODINGS)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return minitok.get_encoding(request.param)


@pytest.mark.parametrize("name", texts.NAMES)
def test_encode(benchmark: Benchmark, tokenizer: Tokenizer, name: str) -> None:
    text = text_named(name)
    benchmark.extra_info["bytes"] = len(text.encode())
    ids = benchmark(tokenizer.encode_to_numpy, text)
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("call", CALLS)
def test_calls(benchmark: Benchmark, call: str) -> None:
    tokenizer = minitok.get_encoding("cl100k_base")
    text = text_named("english")
    documents = texts.documents(text)
    given: Any
    wanted: Any
    if CALLS[call]:
        given, wanted = documents, [len(tokenizer.encode(document)) for document in documents]
    else:
        given, wanted = text, len(tokenizer.encode(text))
    options = {"threads": 1} if CALLS[call] else {}
    result = benchmark(getattr(tokenizer, call), given, **options)
    if call == "count":
        assert result == wanted
    elif call == "encode_batch":
        assert [len(ids) for ids in result] == wanted
    elif call == "encode_batch_to_numpy":
        assert [int(end - start) for start, end in zip(result[1], result[1][1:])] == wanted
    else:
        assert len(result) == wanted


@pytest.mark.parametrize("length", [20, 200, 2000])
def test_short_strings(benchmark: Benchmark, tokenizer: Tokenizer, length: int) -> None:
    """A hundred strings a round."""
    strings = texts.short_strings(text_named("english"), length, 100)
    ids = benchmark(lambda: [tokenizer.encode(string) for string in strings])
    assert [tokenizer.decode(found) for found in ids] == strings


@pytest.mark.parametrize("form", ["list", "numpy"])
def test_decode(benchmark: Benchmark, tokenizer: Tokenizer, form: str) -> None:
    text = text_named("english")
    ids = tokenizer.encode(text) if form == "list" else tokenizer.encode_to_numpy(text)
    assert benchmark(tokenizer.decode_bytes, ids) == text.encode()


@pytest.mark.parametrize("name", texts.pathological(10))
def test_pathological(benchmark: Benchmark, tokenizer: Tokenizer, name: str) -> None:
    text = texts.pathological(200_000)[name]
    ids = benchmark.pedantic(tokenizer.encode_to_numpy, (text,), rounds=3)
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("tie_break", ["smallest_ids", "first_seen", "greatest_bytes"])
@pytest.mark.parametrize("name", ["english", "code", "scripts"])
def test_train(benchmark: Benchmark, name: str, tie_break: str) -> None:
    text = text_named(name)
    options = {"tie_break": tie_break, "threads": 1}
    tok = benchmark.pedantic(minitok.train, ([text], 4096), options, rounds=3)
    assert tok.vocab_size == 4096


@pytest.mark.parametrize("work", ["train", "encode", "decode"])
def test_reference(benchmark: Benchmark, work: str) -> None:
    """The Python reference, on 20,000 characters."""
    text = text_named("english")[:20_000]
    tok = minitok.train([text], 512, backend="rust").replace(backend="python")
    ids = tok.encode(text)
    if work == "train":
        assert benchmark.pedantic(minitok.train, ([text], 512), {"backend": "python"}, rounds=2).merges == tok.merges
    elif work == "encode":
        assert benchmark.pedantic(tok.encode, (text,), rounds=2) == ids
    else:
        assert benchmark(tok.decode, ids) == text
