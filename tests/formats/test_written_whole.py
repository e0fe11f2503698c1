"""A tokenizer.json says all of a tokenizer, or is not written: what is read again has the same ids, in both libraries."""

import minitok
import pytest
import tokenizers
from minitok import Tokenizer
from minitok.definition import Definition
from minitok.errors import VocabularyError
from minitok.reference.published.characters import Symbols

TEXTS = ("", "a", " a", "ab ba", "aeb", "e", "é▁ 1", "x<s>e", "a\tb", "\t")
CHARACTERS = {b"a": 300, b"b": 301, b" ": 302, b"ab": 303}
# "é" is how a file of bytes writes the byte that has no token.
ALL_BUT_ONE = {bytes([byte]): byte - (byte > 0xE9) for byte in range(256) if byte != 0xE9}
FALLBACK = {"fallback": list(range(256))}
SYMBOLS = {"symbols": Symbols("characters", 300, False)}


def of_tokens(tokens, merges, backend, **options):
    return Tokenizer(Definition.from_tokens(tokens, merges, backend=backend, **options))


@pytest.mark.parametrize(
    ("tokens", "options", "char"),
    [
        *((CHARACTERS, options, char) for options in (FALLBACK, SYMBOLS) for char in "e\t"),
        (ALL_BUT_ONE, {"drops_bytes": True}, "é"),
    ],
)
def test_an_added_character_is_not_the_character_of_text(tmp_path, tokens, options, char, backend):
    # A file cannot hold it among the tokens, where text that it is not found in would have it.
    def made(token_id):
        flags = {char: {"single_word"}}
        return of_tokens(
            tokens, [], backend, added_tokens={char: token_id}, token_flags=flags, pattern="none", **options
        )

    size = len(tokens) + (256 if options is FALLBACK else 0)
    with pytest.raises(VocabularyError, match="cannot express the id 600 of the token"):
        made(600).save(tmp_path / "tokenizer.json", format="huggingface")
    tok = made(size)
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    again = minitok.load(tmp_path / "tokenizer.json", backend=backend)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text in TEXTS:
        ids = tok.encode(text)
        assert ids == again.encode(text) == theirs.encode(text).ids
        assert tok.encode(text, allowed_special="no_tokens") == again.encode(text, allowed_special="no_tokens")


@pytest.mark.parametrize("splits", [True, False])
def test_a_space_that_is_a_special_token_is_text_where_it_is_not_allowed(tmp_path, backend, splits):
    tok = of_tokens(
        {b"a": 256, b"b": 257, b" ": 258}, [], backend, **FALLBACK, special_tokens={" ": 258}, pattern="none"
    )
    path = tmp_path / "tokenizer.json"
    tok.save(path, format="huggingface")
    assert minitok.load(path, backend=backend) == tok
    theirs = tokenizers.Tokenizer.from_file(str(path))
    theirs.encode_special_tokens = splits
    ids = tok.encode("a b", allowed_special=() if splits else "all")
    assert ids == theirs.encode("a b").ids == [256, 258, 257]
