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
FALLBACK = {"fallback": list(range(256))}
SYMBOLS = {"symbols": Symbols("characters", 300, False)}


def of_tokens(tokens, merges, backend, **options):
    return Tokenizer(Definition.from_tokens(tokens, merges, backend=backend, **options))


@pytest.mark.parametrize("prefix", ["never", "text", "segment", "first", "always"])
def test_a_space_that_byte_level_files_do_not_put(tmp_path, prefix, backend):
    tok = Tokenizer([(97, 98)], backend=backend).replace(prefix=prefix)
    with pytest.raises(VocabularyError, match=f"cannot express the prefix '{prefix}'"):
        tok.save(tmp_path / "tokenizer.json", format="huggingface")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("tokens", "options", "reason"),
    [
        (CHARACTERS, {**FALLBACK, "whole_pieces": True}, "byte_fallback and ignore_merges"),
        (
            {b"a": 300, b"b": 301},
            {**FALLBACK, "prefix": "never", "pattern": "none"},
            "spaces become '▁', which is not a token",
        ),
        (
            CHARACTERS,
            {"symbols": Symbols("characters", 300, False, joining=("spaces", b"")), "prefix": "first"},
            "how tokens are joined where spaces are markers",
        ),
        (CHARACTERS, {**SYMBOLS, "prefix": "first", "pattern": r"\w+|\s"}, "a pattern"),
        (
            {"▁".encode(): 300, b"a": 301},
            {**SYMBOLS, "prefix": "first", "pattern": "none"},
            "a marker that is not a space",
        ),
        (
            {bytes([byte]): byte for byte in range(256) if byte != 32},
            {"drops_bytes": True, "word_end": "</w>"},
            "end words",
        ),
    ],
)
def test_what_no_reader_would_read_is_not_written(tmp_path, tokens, options, reason, backend):
    tok = of_tokens(tokens, [], backend, **options)
    with pytest.raises(VocabularyError, match=rf"cannot express.*{reason}|{reason}.*cannot express"):
        tok.save(tmp_path / "tokenizer.json", format="huggingface")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [FALLBACK, SYMBOLS])
@pytest.mark.parametrize("char", ["e", "\t"])
def test_an_added_character_is_not_the_character_of_text(tmp_path, options, char, backend):
    # A file cannot hold it among the tokens, where text that it is not found in would have it.
    def made(token_id):
        flags = {char: {"single_word"}}
        return of_tokens(
            CHARACTERS, [], backend, added_tokens={char: token_id}, token_flags=flags, pattern="none", **options
        )

    size = len(CHARACTERS) + (256 if options is FALLBACK else 0)
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
