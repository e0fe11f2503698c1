"""What is small enough is tried in full: the reference on all short corpora and merge lists. `rust/fast/*/small_scope.rs` has more."""

from itertools import product

import naive
import pytest
from minitok.reference.encode import encode_piece
from minitok.reference.train import TrainOptions, train
from minitok.reference.vocab import Vocab


def all_texts(letters, longest):
    return [bytes(text) for length in range(longest + 1) for text in product(letters, repeat=length)]


@pytest.mark.parametrize(("letters", "longest"), [(b"ab", 7), (b"abc", 4)])
def test_every_short_corpus_is_trained_as_by_the_textbook(letters, longest):
    for text in all_texts(letters, longest):
        for min_frequency in (1, 2):
            trained = train({text: 1}, TrainOptions(12, min_frequency=min_frequency))
            assert trained.merges == naive.train([text], 12, min_frequency), text


def merge_lists(letters, longest):
    """Every list of different merges of the letters and of what earlier ones make."""
    lists = [[]]
    for at in range(longest):
        known = [*letters, *range(256, 256 + at)]
        lists += [
            [*merges, pair]
            for merges in lists
            if len(merges) == at
            for pair in product(known, known)
            if pair not in merges
        ]
    return lists


@pytest.mark.parametrize(("letters", "merges", "longest"), [(b"ab", 3, 5), (b"abc", 2, 3)])
def test_every_short_merge_list_encodes_as_the_textbook(letters, merges, longest):
    texts = all_texts(letters, longest)
    for merge_list in merge_lists(letters, merges):
        vocab = Vocab.from_merges(bytes(range(256)), merge_list)
        for text in texts:
            assert encode_piece(vocab, text) == naive.encode(text, merge_list), (merge_list, text)
