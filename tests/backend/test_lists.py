"""What batches take, what lists of ids are made of, and that many threads give what one gives."""

import sys

import minitok
import numpy as np
import pytest

TEXTS = ["one two", "", "naïve 東京 🦀", "x" * 5000, b"bytes", "ſ" * 300]


@pytest.fixture(scope="module")
def gpt2():
    return minitok.get_encoding("gpt2")


@pytest.mark.parametrize(
    "form", [list, tuple, iter, lambda texts: dict(enumerate(texts)).values(), lambda texts: (t for t in texts)]
)
def test_a_batch_comes_in_any_iterable(form, backend):
    tok = minitok.Tokenizer([(111, 110), (256, 101)], backend=backend)
    expected = [tok.encode(text) for text in TEXTS]
    assert tok.encode_batch(form(TEXTS)) == expected
    ids, offsets = tok.encode_batch_to_numpy(form(TEXTS))
    assert [ids[start:end].tolist() for start, end in zip(offsets[:-1], offsets[1:])] == expected
    assert tok.count_batch(form(TEXTS)) == [len(ids) for ids in expected]
    assert tok.decode_batch(form(expected[:1])) == ["one two"]


def test_a_list_that_changes_meanwhile_changes_nothing(gpt2):
    class Changes(list):
        def __iter__(self):
            for text in list.__iter__(self):
                self.append("more") if len(self) < 9 else None
                yield text

    assert gpt2.encode_batch(Changes(["a", "b"])) == [gpt2.encode(text) for text in ["a", "b", *["more"] * 7]]


def test_ints_of_lists_outlive_all_lists(gpt2):
    text = "What's in a name? " * 300
    expected = gpt2.encode_to_numpy(text).tolist()
    for _ in range(300):
        gpt2.encode(text)
    kept = gpt2.encode(text)
    assert kept == expected == gpt2.encode(text)
    assert [-1 + number + 1 for number in kept] == expected
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        assert all(one is other for one, other in zip(kept, gpt2.encode(text), strict=True))


@pytest.mark.parametrize("threads", [2, 24])
def test_many_threads_give_what_one_gives(gpt2, threads):
    texts = [f"{number} {'word ' * (number % 70)}é" for number in range(20_000)]
    ids, offsets = gpt2.encode_batch_to_numpy(texts, threads=1)
    shared, places = gpt2.encode_batch_to_numpy(texts, threads=threads)
    assert np.array_equal(shared, ids)
    assert np.array_equal(places, offsets)
    lists = gpt2.encode_batch(texts, threads=threads)
    assert [len(found) for found in lists] == gpt2.count_batch(texts, threads=threads) == np.diff(offsets).tolist()
    assert gpt2.decode_batch(lists, threads=threads) == texts
