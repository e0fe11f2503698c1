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
