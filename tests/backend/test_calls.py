"""What is done to text first takes no Python call a text: the preprocessor runs in the backend."""

import sys

import pytest
from minitok import Tokenizer

MERGES = [(0xC3, 0xA9), (32, 256), (97, 98)]
TEXTS = ["cafe\u0301  ab", "a\u0323\u0307 <s> b", "ab"] * 34


def python_calls(work):
    """How many functions in Python a piece of work calls."""
    work()  # what is imported, and made, with the first call
    count = 0

    def note(_frame, event, _arg):
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "options",
    [
        {"normalizer": "NFC"},
        {"normalizer": ["NFKC", "lowercase", ("replace", r"\s+", " ")]},
        {"added_tokens": {"  ": 400}},
        {"normalizer": "NFC", "special_tokens": {"<s>": 401}, "added_tokens": {"  ": 400}, "late_tokens": ["  "]},
    ],
    ids=["form", "steps", "added", "all"],
)
def test_a_batch_takes_no_more_python_calls_than_without(options):
    plain, tok = Tokenizer(MERGES, backend="rust"), Tokenizer(MERGES, backend="rust", **options)
    for name in ("encode_batch", "encode_batch_to_numpy", "count_batch"):
        counts = [python_calls(lambda t=t: getattr(t, name)(TEXTS, threads=1)) for t in (plain, tok)]
        assert counts[0] == counts[1] < 12
    for name in ("encode", "encode_to_numpy", "count"):
        counts = [python_calls(lambda t=t: getattr(t, name)(TEXTS[0])) for t in (plain, tok)]
        assert counts[0] == counts[1] == 1  # the lambda: the method is one of the extension
