"""A model of ``compat.tokenizers`` with an unknown token, beside the library's."""

from __future__ import annotations

import pytest
import tokenizers
from minitok.compat import tokenizers as ours
from minitok.errors import FileFormatError


@pytest.mark.parametrize(
    "options", [{}, {"fuse_unk": True}, {"continuing_subword_prefix": "##"}, {"ignore_merges": True}]
)
@pytest.mark.parametrize("unk", [{}, {"unk_token": "?"}])
def test_a_model_tokenizes_pieces(options, unk):
    vocab = {"?": 0, "a": 1, "##b": 2, "b": 3, "a##b": 4, "ab": 5, "é": 6}
    merges = [("a", "##b")]
    theirs, mine = (lib.models.BPE(vocab, merges, **options, **unk) for lib in (tokenizers, ours))
    for piece in ("ab", "a", "éab", "xyab", "☃", "abxa", "a☃☃é"):
        expected = [token.as_tuple() for token in theirs.tokenize(piece)]
        assert [token.as_tuple() for token in mine.tokenize(piece)] == expected


def test_a_tokenizer_without_its_unknown_token_is_refused():
    tok = ours.Tokenizer(ours.models.BPE({"a": 0}, [], unk_token="[UNK]"))
    with pytest.raises(FileFormatError, match="the unk_token '\\[UNK\\]' is not in the vocabulary"):
        tok.encode("a")
