"""A text that is counted in chunks, wherever these end, is counted as it is in one."""

from io import BytesIO

import pytest
from minitok.reference import count
from minitok.reference.published.found_tokens import SpecialTokens
from minitok.reference.published.patterns import Pattern

TEXTS = (
    b"a b--c d--\n--e", b"----a--", b"it's<s>a b<s> b <s", b"- --- - x", b"one two--three<s>--four", b"ab x y z cde",
    b"a x y", b"",
)  # fmt: skip


@pytest.mark.parametrize("separator", [None, b"--", b"-"])
@pytest.mark.parametrize("text", TEXTS)
def test_chunks_of_any_size_count_alike(monkeypatch, text, separator):
    special = SpecialTokens({"<s>": 0, "x y z": 1})
    expected = count.PieceCounter(Pattern("gpt2"), special)
    expected.add(text.split(separator) if separator else [text])
    for size in range(1, len(text) + 2):
        monkeypatch.setattr(count, "CHUNK", size)
        counter, read = count.PieceCounter(Pattern("gpt2"), special), []
        counter.add_stream(BytesIO(text), separator, read.append)
        assert list(counter.pieces.items()) == list(expected.pieces.items())
        assert (counter.documents, counter.bytes, sum(read)) == (expected.documents, expected.bytes, len(text))


def test_what_is_counted_is_let_go(monkeypatch):
    """Memory holds a chunk and what no cut is known in, not the text."""
    monkeypatch.setattr(count, "CHUNK", 8)
    counter, longest = count.PieceCounter(Pattern("gpt2"), SpecialTokens({"<s>": 0})), 0
    cut = counter.safe_cut

    def noted(text, separator):
        nonlocal longest
        longest = max(longest, len(text))
        return cut(text, separator)

    monkeypatch.setattr(counter, "safe_cut", noted)
    counter.add_stream(BytesIO(b"some words " * 40), b"--", lambda _: None)
    assert counter.bytes == 440
    assert longest < 32
