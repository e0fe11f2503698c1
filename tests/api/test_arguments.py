"""Input of a wrong kind gets an error that names it, the same on both backends, at every entry point."""

import minitok
import numpy as np
import pytest
from helpers import BACKENDS
from minitok.corpus.counts import check_special

SINGLES = {bytes([byte]): byte for byte in range(256)}
ENTRY_POINTS = ["encode", "encode_to_numpy", "count", "tokenize", "encode_with_offsets"]


def tokenizer(backend, **options):
    return minitok.Tokenizer([(97, 98)], backend=backend, **{"special_tokens": {"<s>": 257}, **options})


@pytest.mark.parametrize("entry", ENTRY_POINTS)
def test_a_lone_surrogate_is_a_replacement_character_everywhere(entry):
    for text, meant in (
        ("a\ud800b", "a\ufffdb"),
        ("\udfff", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
    ):
        for backend in BACKENDS:
            tok = tokenizer(backend)
            assert str(getattr(tok, entry)(text)) == str(getattr(tok, entry)(meant))
            assert str(tok.encode_batch([text, "x"])) == str(tok.encode_batch([meant, "x"]))
            assert list(tok.encode_iterable(list(text))) == tok.encode(meant)


def test_a_lone_surrogate_in_training_is_a_replacement_character(backend):
    surrogates = minitok.train(["a\ud800b \ud83d\ude00"] * 2, 270, backend=backend)
    assert surrogates.merges == minitok.train(["a\ufffdb 😀"] * 2, 270, backend=backend).merges


def test_a_tokenizer_is_made_of_merges_in_an_array_and_of_its_definition(backend):
    tok = minitok.Tokenizer(np.array([[97, 98], [256, 99]]), name="mine", backend=backend)
    assert tok.merges == [(97, 98), (256, 99)]
    again = minitok.Tokenizer(tok.definition)
    assert (again, again.definition) == (tok, tok.definition)
    assert tok.encode("ab", threads=2**64) == [256]


def test_a_vocabulary_with_a_token_that_no_merge_makes_cannot_be_truncated_behind_it(backend):
    ids = {**SINGLES, b"ab": 256, b"wxyz": 257, b"abc": 258}
    tok = minitok.Tokenizer.from_ranks(ids, pattern="none", backend=backend)
    assert tok.encode("wxyz") == [257]
    for size in (258, 259):
        with pytest.raises(minitok.errors.VocabularyError, match="no merge makes the token 257, which shrinking would"):
            tok.shrink(size)
    assert tok.shrink(257).encode("abwxyz") == [256, *b"wxyz"]
    behind = minitok.Tokenizer.from_ranks({**SINGLES, b"ab": 256, b"wxyz": 300}, pattern="none", backend=backend)
    assert behind.shrink(257).encode("abwxyz") == [256, *b"wxyz"]


def test_characters_stay_when_their_merges_are_truncated(backend):
    tok = minitok.train(["ab ab"], 300, special_tokens=["<s>"], alphabet="characters", backend=backend)
    assert tok.vocab_size == 262
    assert tok.shrink(262) == tok
    assert tok.shrink(260).special_tokens == {"<s>": 259}


def test_many_special_tokens_of_a_count_take_no_longer_each():
    """Each name is compared with few others, however many there are."""
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return str(self) == str(other)

    names = [Name(f"<{number}>") for number in range(2000)]
    assert check_special(names) == names
    compared = 0
    check_special(names)
    assert compared < 2000
